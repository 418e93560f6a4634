"""Compiled templates are kept: the next process takes them, and none is kept for another text."""

import shutil
from pathlib import Path
from types import CodeType
from typing import Any

import pytest
from jinja2 import DictLoader, Environment

from adminops.web import templating

PAGES = {
    "macros.html": "{% macro greet(name) %}\n  <p>{{ hello }} {{ name }}</p>{% endmacro %}",
    "page.html": '{% from "macros.html" import greet %}\n  {{ greet("Ann") }}',
}


class Counting(Environment):
    """Writes down what it compiles."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.compiled: list[str | None] = []

    def compile(self, source: Any, name: str | None = None, *args: Any, **kwargs: Any) -> CodeType:  # type: ignore[override]
        """Compile a template."""
        self.compiled.append(name)
        code: CodeType = super().compile(source, name, *args, **kwargs)
        return code


def _drawn(home: Path, pages: dict[str, str]) -> tuple[str, list[str | None]]:
    env = Counting(loader=DictLoader(pages))
    templating.set_up(env, home)
    env.globals["hello"] = "Hello"
    drawn = [env.get_template("page.html").render() for _ in range(2)]
    assert drawn[0] == drawn[1]
    return drawn[0], env.compiled


def test_a_template_is_compiled_once_for_all_processes_until_it_changes(tmp_path: Path) -> None:
    first = _drawn(tmp_path, PAGES)
    assert first == ("<p>Hello Ann</p>", ["page.html", "macros.html"])
    assert _drawn(tmp_path, PAGES) == (first[0], [])
    changed = {**PAGES, "macros.html": PAGES["macros.html"].replace("p>", "b>")}
    assert _drawn(tmp_path, changed) == ("<b>Hello Ann</b>", ["macros.html"])


def test_what_another_version_of_the_house_compiled_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _drawn(tmp_path, PAGES)
    monkeypatch.setattr(templating, "_MADE_BY", "another")
    assert _drawn(tmp_path, PAGES)[1] == ["page.html", "macros.html"]


def test_a_folder_that_is_gone_or_damaged_costs_no_page(tmp_path: Path) -> None:
    drawn, _ = _drawn(tmp_path, PAGES)
    for kept in (tmp_path / "cache" / "templates").iterdir():
        kept.write_bytes(b"damaged")
    assert _drawn(tmp_path, PAGES) == (drawn, ["page.html", "macros.html"])
    env = Counting(loader=DictLoader(PAGES))
    templating.set_up(env, tmp_path)
    env.globals["hello"] = "Hello"
    shutil.rmtree(tmp_path / "cache")
    assert env.get_template("page.html").render() == drawn
    (tmp_path / "cache").write_text("no folder")
    assert _drawn(tmp_path, PAGES)[0] == drawn
