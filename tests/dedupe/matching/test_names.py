"""Names taken apart and compared."""

import numpy as np
import pytest

from dedupe.matching.fields import LEVELS, Field, Level
from dedupe.matching.namepairs import compare_names
from dedupe.matching.names import fold, make_names, sound_of


def level(one: str, other: str, *, first: bool = True) -> Level:
    names, number = make_names([fold(one), fold(other)])
    a, b = (np.array([number.get(fold(each), 0)], dtype=np.int32) for each in (one, other))
    there, back = (int(compare_names(names, *pair, first=first)[0]) for pair in ((a, b), (b, a)))
    assert there == back
    return LEVELS[Field.FIRST][there]


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("José", "jose"),
        ("O'Neil", "oneil"),
        ("  SMITH-JONES ", "smith jones"),
        ("Łukasz", "lukasz"),
        ("St. Clair", "st clair"),
        ("李", "李"),
    ],
)
def test_names_are_folded(typed: str, folded: str) -> None:
    assert fold(typed) == folded


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Maria", "MARIA", Level.SAME),
        ("De La Cruz", "Delacruz", Level.SAME),
        ("Robert", "Bob", Level.SHORT_FORM),
        ("Catherine", "Kathryn", Level.SHORT_FORM),
        ("Johnathan", "Jonathan", Level.NEARLY),
        ("Sharon", "Sahron", Level.NEARLY),
        ("Mary Ann", "Mary", Level.PART),
        ("Alexand", "Alexandria", Level.NEARLY),
        ("Ben", "Benoit", Level.PART),
        ("J", "James", Level.INITIAL),
        ("J", "Robert", Level.DIFFERENT),
        ("Linda", "Robert", Level.DIFFERENT),
        ("", "Robert", Level.MISSING),
    ],
)
def test_first_names_are_compared(one: str, other: str, expected: Level) -> None:
    assert level(one, other) is expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Garcia Lopez", "Lopez", Level.PART),
        ("Smith", "Smyth", Level.NEARLY),
        ("Phillips", "Filips", Level.SOUNDS_SAME),
        ("Bob", "Robert", Level.DIFFERENT),
        ("Lee", "Li", Level.DIFFERENT),
    ],
)
def test_last_names_are_compared(one: str, other: str, expected: Level) -> None:
    assert level(one, other, first=False) is expected


def test_numbers_of_names_do_not_depend_on_the_order_in_which_they_come() -> None:
    typed = ["ruiz", "adams", "de la cruz", "bo"]
    assert make_names(typed)[1] == make_names(reversed(typed))[1]


def test_words_of_other_alphabets_keep_their_letters() -> None:
    assert sound_of("Мария".lower()) == "мария"
    assert sound_of("catherine") == sound_of("katherin")
