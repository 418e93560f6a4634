"""The style guide: every component of the UI kit, how it looks and how it is written. Development only.

A component is a file in `templates/ui/`; its usage is the comment on top of that file, its sample the file of
the same name in `templates/style_guide/`. A few whole pages show how components stand together.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any, Final

from flask import Blueprint, abort, render_template, request, url_for

from adminops.web import chips, style_guide_samples
from adminops.web.access import PUBLIC, access
from adminops.web.icons import ICONS
from adminops.web.navigation import NavGroup, NavLink

TEMPLATES: Final = Path(__file__).parent.parent / "templates"
THEMES: Final = ("light", "dark", "auto")

# Whole pages and the shell each stands in.
PAGES: Final[dict[str, str]] = {
    "dashboard": "desk",
    "tickets": "desk",
    "no_tickets": "desk",
    "ticket": "desk",
    "merge": "desk",
    "form": "desk",
    "portal": "portal",
    "sign_in": "plain",
    "error": "plain",
}

_COMMENT = re.compile(r"\{#(.*?)#\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Component:
    """A component as the guide shows it: where it is written, its usage, the template of its sample."""

    name: str
    file: str
    usage: str

    @property
    def title(self) -> str:
        """The name in words."""
        return self.name.replace("_", " ").capitalize()

    @property
    def sample(self) -> str:
        """The template that shows it."""
        return f"style_guide/{self.name}.html"


@dataclass(frozen=True, slots=True)
class Guest:
    """Who the sample pages are shown to."""

    id: int
    name: str
    title: str


def components() -> list[Component]:
    """Return every component of the kit by name, the chips (which need no import) first."""
    files = sorted((TEMPLATES / "ui").glob("*.html"))
    drawn = [Component(file.stem, f"ui/{file.name}", usage_of(file)) for file in files]
    return [Component("chips", "adminops/web/chips.py", dedent(chips.__doc__ or "").strip()), *drawn]


def usage_of(file: Path) -> str:
    """Return the comment on top of a component's file, or "" where it has none."""
    found = _COMMENT.match(file.read_text("utf-8"))
    return dedent(found.group(1)).strip() if found else ""


def style_guide_blueprint() -> Blueprint:
    """Return the blueprint of `/style-guide`; the app registers it outside production."""
    blueprint = Blueprint("style_guide", __name__)

    @blueprint.get("/style-guide")
    @access(PUBLIC)
    def show() -> str:
        shown = components()
        links = [_link(part.title, f"#{part.name}") for part in shown]
        frame = _frame("desk", [NavGroup("Components", links)])
        return render_template("style_guide/index.html", components=shown, pages=PAGES, **frame)

    @blueprint.get("/style-guide/<name>")
    @access(PUBLIC)
    def page(name: str) -> str:
        if name not in PAGES:
            abort(404)
        return render_template(f"style_guide/pages/{name}.html", **_frame(PAGES[name], _places(PAGES[name], name)))

    return blueprint


def _frame(shell: str, groups: list[NavGroup]) -> dict[str, Any]:
    """What the frame of a page needs, as if somebody had signed in to that shell."""
    theme = request.args.get("theme", "light")
    samples = style_guide_samples.samples()
    return {
        "shell": shell,
        "theme": theme if theme in THEMES else "light",
        "viewer": _viewer(shell),
        "navigation": groups,
        "primary_action": _link("New ticket", "#", "plus") if shell == "desk" else None,
        "samples": samples | {"icons": ICONS, "states": list(chips.STATUSES)},
        "status": 404,
        "title": "There is no such page",
        "sentence": None,
        "next_step": "It may have moved, or it is not yours to see. Search for it, or start over.",
        "reference": "0000SAMPLE",
        "typed": [("Text", "We looked at the report, and it stops at 10,000 rows.")],
        "came_from": "/style-guide",
    }


def _viewer(shell: str) -> Guest | None:
    if shell == "plain":
        return None
    return Guest(1, "Maya Okafor", "Systems administrator") if shell == "desk" else Guest(6, "Alicia Kowalski", "")


def _places(shell: str, current: str) -> list[NavGroup]:
    if shell == "plain":
        return []
    if shell == "portal":
        names = [("Get help", "life-buoy"), ("My requests", "inbox"), ("Training", "graduation-cap")]
        return [NavGroup("", [_link(label, "#", icon, current=label == "Get help") for label, icon in names])]
    links = [
        _link(name.replace("_", " ").capitalize(), url_for("style_guide.page", name=name), icon, name == current, count)
        for name, icon, count in (
            ("dashboard", "layout-dashboard", None),
            ("tickets", "inbox", 320),
            ("merge", "merge", 6),
            ("form", "users", None),
            ("ticket", "message-square", None),
        )
    ]
    return [
        NavGroup("Work", links),
        NavGroup("Learn", [_link("Style guide", url_for("style_guide.show"), "book-open")]),
    ]


def _link(
    label: str, url: str, icon: str = "chevron-right", current: bool = False, count: int | None = None
) -> NavLink:
    return NavLink(label=label, icon=icon, url=url, count=count, current=current, key=label[0].lower())
