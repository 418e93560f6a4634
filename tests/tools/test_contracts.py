"""The import contracts hold, and each of them bites: a violation planted in a copy of the tree is caught."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("adminops", "tickets", "accounts", "dedupe", "training", "manuals")

PLANTS = {
    "one feature imports another": ("features", {"tickets/__init__.py": "import accounts"}),
    "the core imports a feature": ("features", {"adminops/app.py": "def late():\n    import dedupe"}),
    "a lower layer of the core imports a higher one": ("core", {"adminops/identity/models.py": "import adminops.web"}),
    "a leaf imports the database": ("core", {"adminops/clock.py": "import adminops.db"}),
    "one of the core's features imports another": ("core", {"adminops/signin/__init__.py": "import adminops.clients"}),
    "the app imports a feature of the core": ("core", {"adminops/app.py": "import adminops.search"}),
    "a new module of the core has no place": ("core", {"adminops/odds_and_ends.py": ""}),
    "tables import verbs": (
        "inside",
        {"tickets/models.py": "import tickets.operations", "tickets/operations.py": ""},
    ),
    "verbs import a form through a helper": (
        "inside",
        {"training/operations.py": "import training.shapes", "training/shapes.py": "import training.forms"}
        | {"training/forms.py": ""},
    ),
    "rules import verbs in a feature of the core": (
        "inside",
        {"adminops/programs/policies.py": "import adminops.programs.operations", "adminops/programs/operations.py": ""},
    ),
    "verbs import flask": ("web-free", {"dedupe/operations.py": "from flask import request"}),
    "reads import werkzeug through a helper": (
        "web-free",
        {"manuals/queries.py": "import manuals.helper", "manuals/helper.py": "from werkzeug import exceptions"},
    ),
    "rules of the core import wtforms": ("web-free-core", {"adminops/agencies/policies.py": "import wtforms"}),
    "a feature imports the composition root": ("root", {"accounts/__init__.py": "import wsgi"}),
    "the core imports the tests": ("root", {"adminops/app.py": "from tests import make"}),
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The tree's Python files and its contracts, free to be spoiled."""
    for package in PACKAGES:
        for file in (ROOT / package).rglob("*.py"):
            target = tmp_path / file.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
    shutil.copyfile(ROOT / ".importlinter", tmp_path / ".importlinter")
    return tmp_path


def _broken(tree: Path) -> set[str]:
    """Return the keys of the contracts that `tree` breaks."""
    keys = [line.split(":")[2].rstrip("]\n") for line in _contract_headings(tree)]
    return {key for key in keys if _lint(tree, key).returncode}


def _contract_headings(tree: Path) -> list[str]:
    lines = (tree / ".importlinter").read_text().splitlines()
    return [line for line in lines if line.startswith("[importlinter:contract:")]


def _lint(tree: Path, contract: str) -> subprocess.CompletedProcess[str]:
    program = "from importlinter.cli import lint_imports_command as check; check()"
    command = [sys.executable, "-c", program, "--no-cache", "--no-logo", "--contract", contract]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    told = f"{done.stdout}{done.stderr}"
    assert ("BROKEN" in told) == bool(done.returncode), told  # it judged, and did not just give up
    return done


def test_the_tree_keeps_every_contract(copy: Path) -> None:
    assert _broken(copy) == set()


@pytest.mark.parametrize("violation", PLANTS)
def test_a_planted_violation_is_caught(copy: Path, violation: str) -> None:
    contract, files = PLANTS[violation]
    for name, text in files.items():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        with (copy / name).open("a") as file:
            file.write(f"\n{text}\n")
    assert _lint(copy, contract).returncode == 1


def test_an_import_for_types_alone_is_no_violation(copy: Path) -> None:
    with (copy / "tickets" / "__init__.py").open("a") as file:
        file.write("\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import accounts\n")
    assert _lint(copy, "features").returncode == 0
