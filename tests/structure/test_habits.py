"""Habits of the house that no tool checks by itself."""

import ast
import re
from pathlib import Path

import pytest

from adminops.facts import all_facts
from tests.structure.tree import PACKAGES, ROOT, called_name, calls, modules, tracked_files

LIMIT = 450
VERB_MODULES = re.compile(r"(^|/)operations(/\w+)?\.py$")


def test_only_one_place_commits() -> None:
    sites = [name for name, tree in modules().items() for call in calls(tree) if called_name(call) == "commit"]
    assert sites == ["adminops/db.py"]


def test_only_the_clock_reads_the_time() -> None:
    readers = {
        name
        for name, tree in modules().items()
        for call in calls(tree)
        if called_name(call) in ("now", "utcnow", "today")
        and isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id in ("datetime", "date")
    }
    assert readers <= {"adminops/clock.py"}


def _verbs() -> list[tuple[str, ast.FunctionDef]]:
    return [
        (name, node)
        for name, tree in modules().items()
        if VERB_MODULES.search(name)
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    ]


def test_every_verb_that_publishes_takes_its_actor_by_keyword() -> None:
    without = [
        f"{name}:{verb.name}"
        for name, verb in _verbs()
        if any(called_name(call) == "publish" for call in calls(verb))
        and "by" not in [argument.arg for argument in verb.args.kwonlyargs]
        and verb.name != "sign_in"  # nobody is signed in yet
    ]
    assert without == []


def test_every_verb_has_a_docstring() -> None:
    assert [f"{name}:{verb.name}" for name, verb in _verbs() if not ast.get_docstring(verb)] == []


def test_every_fact_is_published_somewhere() -> None:
    used = (name for name in modules() if "/facts/" not in name)
    built = {node.id for name in used for node in ast.walk(modules()[name]) if isinstance(node, ast.Name)}
    families = {fact.__name__ for fact in all_facts() if fact.__subclasses__()}
    assert sorted(fact.__name__ for fact in all_facts() if fact.__name__ not in built | families) == []


def test_no_file_has_outgrown_its_room() -> None:
    long = {
        name: count
        for name in modules()
        if (count := len((ROOT / name).read_text(encoding="utf-8").splitlines())) > LIMIT
    }
    assert long == {}


@pytest.mark.parametrize("package", PACKAGES)
def test_templates_escape_what_they_print(package: str) -> None:
    unescaped = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / package).rglob("*.html"))
        if re.search(r"\|\s*safe\b|autoescape\s+false", path.read_text(encoding="utf-8"))
    ]
    assert unescaped == []


def test_nothing_is_left_for_later() -> None:
    marks = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX")) + r")\b")
    sources = [name for name in tracked_files() if Path(name).suffix in {".py", ".html", ".js", ".css"}]
    left = [name for name in sources if marks.search((ROOT / name).read_text(encoding="utf-8"))]
    assert left == []
