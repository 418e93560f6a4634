"""Nothing is left out silently: proved by running pytest on small files with the hooks loaded."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.services.requirements import in_ci, is_required

ROOT = Path(__file__).resolve().parents[2]
SKIPS = """
import pytest
from tests.services.requirements import require_or_skip, skip_optional

@pytest.fixture
def server():
    require_or_skip("postgres", "no PostgreSQL on this machine")

def test_needs_it(server): pass
def test_needs_it_too(server): pass
def test_is_optional(): skip_optional("no sample exports beside this checkout")
def test_works(): pass
"""
SKIPS_ALL = 'import pytest\npytest.importorskip("no_such_module")\ndef test_never_runs(): pass\n'


def _pytest(folder: Path, text: str, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_small.py").write_text(text)
    (folder / "pytest.ini").write_text("[pytest]\n")
    clean = {name: value for name, value in os.environ.items() if name not in {"CI", "ADMINOPS_REQUIRE"}}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.services.requirements", "-p", "no:cacheprovider", *options],
        cwd=folder,
        env={**clean, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_on_a_laptop_a_missing_component_is_skipped_and_said_loudly(tmp_path: Path) -> None:
    done = _pytest(tmp_path, SKIPS)
    assert done.returncode == 0
    assert "NOT TESTED HERE" in done.stdout
    assert "2 × postgres: no PostgreSQL on this machine; install PostgreSQL" in done.stdout
    assert "1 passed, 3 skipped" in done.stdout.splitlines()[-1]


@pytest.mark.parametrize("options", [(), ("-n", "2")])
def test_in_ci_a_missing_component_fails_and_hides_no_other_test(tmp_path: Path, options: tuple[str, ...]) -> None:
    done = _pytest(tmp_path, SKIPS, *options, CI="true")
    assert done.returncode == 1
    assert "may not be skipped here. postgres: no PostgreSQL" in done.stdout
    assert "1 passed, 1 skipped, 2 errors" in done.stdout.splitlines()[-1]


def test_a_named_component_has_to_be_there(tmp_path: Path) -> None:
    assert _pytest(tmp_path, SKIPS, ADMINOPS_REQUIRE="ldap, postgres").returncode == 1
    assert _pytest(tmp_path, SKIPS, ADMINOPS_REQUIRE="ldap").returncode == 0


def test_in_ci_a_skipped_module_fails(tmp_path: Path) -> None:
    done = _pytest(tmp_path, SKIPS_ALL, CI="1")
    assert done.returncode != 0
    assert "may not be skipped here" in done.stdout


def test_a_module_may_be_skipped_on_a_laptop(tmp_path: Path) -> None:
    assert "1 skipped" in _pytest(tmp_path, SKIPS_ALL).stdout.splitlines()[-1]


def test_ci_requires_every_component_and_a_laptop_none() -> None:
    assert is_required("browser", {"CI": "true"})
    assert is_required("browser", {"ADMINOPS_REQUIRE": "browser"})
    assert not is_required("browser", {"CI": "false"})
    assert not in_ci({})
