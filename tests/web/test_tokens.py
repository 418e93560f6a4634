"""The colours of the house, measured: every pair of tokens that meets on a screen, light and dark."""

import re

import pytest

from adminops.web.assets import STATIC

Colours = dict[str, str]

# What is written on what: 4.5:1 (WCAG 2.2, 1.4.3).
TEXT = {
    "ink": (
        "bg surface sunk hover note brand-soft info-soft warn-soft bad-soft good-soft mute-soft diff-a-tint diff-b-tint"
    ),
    "ink-2": "bg surface sunk hover note brand-soft mute-soft diff-a-tint diff-b-tint",
    "ink-3": "bg surface sunk hover diff-a-tint diff-b-tint",
    "brand-ink": "bg surface sunk hover note brand-soft info-soft warn-soft bad-soft good-soft",
    "on-brand": "brand brand-hover",
    "on-bad": "bad bad-hover",
    "on-side": "side side-2",
    "on-gold": "gold",
    "side-ink": "side side-2",
    "side-ink-2": "side",
    "info": "surface bg info-soft",
    "warn": "surface bg hover warn-soft brand-soft",
    "bad": "surface bg hover bad-soft brand-soft sunk",
    "good": "surface bg hover good-soft brand-soft",
    "diff-a": "diff-a-soft",
    "diff-b": "diff-b-soft",
}

# Borders of controls, icons, rings and marks that say something by themselves: 3:1 (1.4.11).
MARKS = {
    "edge": "surface bg",
    "brand": "surface bg sunk brand-soft diff-a-tint diff-b-tint",
    "focus": "bg surface sunk brand-soft note",
    "gold": "side side-2",
    "bad": "surface bg",
    "good": "good-soft",
    "warn": "warn-soft",
    "diff-a": "surface sunk",
    "diff-b": "surface sunk",
    "chart-a": "surface",
    "chart-b": "surface",
    "chart-late": "surface",
    "chart-soon-2": "chart-soon",
}


def declared(file: str) -> Colours:
    """Return the tokens of a file that are plain colours."""
    css = (STATIC / "css" / file).read_text("utf-8")
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-fA-F]{6});", css))


LIGHT = declared("tokens.css")
DARK = LIGHT | declared("tokens-dark.css")
THEMES = {"light": LIGHT, "dark": DARK}


def luminance(colour: str) -> float:
    """Return the relative luminance of "#rrggbb" (WCAG 2.2)."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def pairs(table: dict[str, str]) -> list[tuple[str, str]]:
    return [(front, back) for front, backs in table.items() for back in backs.split()]


def test_contrast_is_measured_as_the_standard_does() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("front", "back"), pairs(TEXT))
def test_text_can_be_read(theme: str, front: str, back: str) -> None:
    colours = THEMES[theme]
    assert contrast(colours[front], colours[back]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("front", "back"), pairs(MARKS))
def test_marks_can_be_seen(theme: str, front: str, back: str) -> None:
    colours = THEMES[theme]
    assert contrast(colours[front], colours[back]) >= 3


def test_dark_answers_every_colour_but_those_of_the_navigation() -> None:
    assert set(LIGHT) - set(declared("tokens-dark.css")) == {"on-side", "gold", "on-gold"}
    assert set(declared("tokens-dark.css")) <= set(LIGHT)


def test_every_colour_that_carries_meaning_is_measured() -> None:
    # Hairlines and grids; and what a bar has left when late and soon are drawn: its number stands beside it.
    decoration = {"line", "note-line", "chart-grid", "chart-ok", "chart-soon"}
    measured = {name for table in (TEXT, MARKS) for pair in pairs(table) for name in pair}
    assert set(LIGHT) - measured - decoration == set()
