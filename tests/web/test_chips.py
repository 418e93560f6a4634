"""The chips: what they say, and that they escape and forget what is data."""

from enum import Enum
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from adminops.web.assets import Assets
from adminops.web.chips import PRIORITIES, STATUSES, TONES, Chips, duration, initials
from adminops.web.icons import ICONS


class State(Enum):
    WAITING = "waiting"
    ON_LOAN = "on_loan"


@pytest.fixture(scope="module")
def chip(tmp_path_factory: pytest.TempPathFactory) -> Chips:
    return Chips(Assets(tmp_path_factory.mktemp("home")))


def words(markup: Markup) -> str:
    return str(markup.striptags())


def test_a_state_has_a_word_a_shape_and_a_tone(chip: Chips) -> None:
    badge = chip.status("resolved")
    assert words(badge) == "Resolved"
    assert "tone-good" in badge
    assert "#circle-check" in badge


def test_a_state_may_be_an_enum_and_have_another_word(chip: Chips) -> None:
    assert words(chip.status(State.WAITING, "Waiting on agency")) == "Waiting on agency"


def test_a_state_nobody_drew_shows_its_name_in_words(chip: Chips) -> None:
    badge = chip.status(State.ON_LOAN)
    assert words(badge) == "On loan"
    assert "tone-neutral" in badge


def test_every_look_uses_icons_and_tones_that_exist() -> None:
    looks = [*STATUSES.values(), *PRIORITIES.values()]
    assert [look for look in looks if look.icon not in ICONS or look.tone not in TONES] == []


def test_only_urgent_and_high_are_coloured() -> None:
    assert {key for key, look in PRIORITIES.items() if look.tone != "neutral"} == {"urgent", "high"}


@pytest.mark.parametrize(
    ("minutes", "state", "says", "kind"),
    [
        (149, "running", "2 h 29 left", "due-soon"),
        (0, "running", "0 min left", "due-soon"),
        (239, "running", "3 h 59 left", "due-soon"),
        (240, "running", "4 h left", "due-ok"),
        (1212, "running", "20 h left", "due-ok"),
        (-1, "running", "1 min late", "due-late"),
        (-300, "running", "5 h late", "due-late"),
        (None, "running", "No goal", "due-none"),
        (-300, "paused", "Clock paused", "due-paused"),
        (-300, "done", "Done", "due-done"),
    ],
)
def test_a_clock_says_how_long_is_left(chip: Chips, minutes: int | None, state: str, says: str, kind: str) -> None:
    clock = chip.due(minutes, state)  # type: ignore[arg-type]
    assert words(clock) == says
    assert kind in clock


@pytest.mark.parametrize(
    ("minutes", "says"), [(39, "39 min"), (60, "1 h"), (149, "2 h 29"), (600, "10 h"), (2879, "47 h"), (2880, "2 days")]
)
def test_a_span_is_said_as_people_do(minutes: int, says: str) -> None:
    assert duration(minutes) == says


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Maya Okafor", "MO"),
        ("Ana María de la Cruz", "AC"),
        ("Prince", "P"),
        ("  ", "?"),
        ("– (–)", "?"),
        ("élan vital", "ÉV"),
    ],
)
def test_initials_are_first_and_last(name: str, letters: str) -> None:
    assert initials(name) == letters


@given(st.text())
def test_initials_never_fail(name: str) -> None:
    assert initials(name)


def test_a_name_is_escaped(chip: Chips) -> None:
    person = chip.person(1, "<b>Maya</b> & Co")
    assert "&lt;b&gt;Maya&lt;/b&gt; &amp; Co" in person
    assert "<b>" not in person


def test_a_name_is_not_kept(chip: Chips) -> None:
    before = (chip.icon.cache_info().currsize, chip.badge.cache_info().currsize)
    chip.person(1, "Somebody Nobody-Else Knows")
    assert (chip.icon.cache_info().currsize, chip.badge.cache_info().currsize) == before


def test_a_persons_colour_stays_the_same(chip: Chips) -> None:
    assert chip.avatar(7, "Ann Lee") == chip.avatar(7, "Ann Lee")
    assert chip.avatar("u-1", "Ann Lee") == chip.avatar("u-1", "Ann Lee")


def test_an_icon_that_is_not_listed_is_refused_with_a_sentence(chip: Chips) -> None:
    with pytest.raises(LookupError, match="no icon named 'unicorn'; add it to ICONS"):
        chip.icon("unicorn")


def test_a_tone_that_does_not_exist_is_refused_with_a_sentence(chip: Chips) -> None:
    with pytest.raises(LookupError, match="no tone 'pink'"):
        chip.badge("Hello", None, "pink")  # type: ignore[arg-type]


def test_an_icon_is_decoration_from_the_sprite_of_this_build(tmp_path: Path) -> None:
    assets = Assets(tmp_path)
    drawn = Chips(assets).icon("check", "large")
    assert drawn == f'<svg class="icon large" aria-hidden="true"><use href="{assets.url("icons.svg")}#check"/></svg>'
