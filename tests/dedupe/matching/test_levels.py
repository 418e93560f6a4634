"""Pairs of records compared field by field."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from dedupe.matching.cleaning import clean
from dedupe.matching.fields import CODE, LEVELS, Field, Level
from dedupe.matching.levels import Comparer, packed, unpacked
from tests.dedupe.matching.columns import columns_of
from tests.dedupe.matching.records import Record

BASE = Record(1, "Dolores", "Ana", "Whitaker", "", 1, "219450817", 1, date(1987, 3, 11), 1, 0, frozenset({"White"}), 0)


def level(field: Field, one: dict[str, object], other: dict[str, object]) -> Level:
    """Compare two variants of one record, both ways round."""
    found = set()
    for left, right in ((one, other), (other, one)):
        people = [replace(BASE, key=1, **left), replace(BASE, key=2, **right)]
        records = clean(columns_of(people))
        usual = np.full(len(records.names.text), CODE[Field.FIRST][Level.SAME], dtype=np.uint8)
        pair = (np.array([0], dtype=np.int32), np.array([1], dtype=np.int32))
        found.add(int(Comparer(records, usual, usual).levels(*pair)[field][0]))
    assert len(found) == 1
    return LEVELS[field][found.pop()]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("219450817", "219450817", Level.SAME),
        ("219450817", "219450871", Level.TRANSPOSED),
        ("219450817", "919450817", Level.PART_DIGIT_DIFFERS),
        ("412339054", "919450817", Level.MISSING),
        ("219450817", "219850817", Level.DIGIT_DIFFERS),
        ("219450817", "219450819", Level.NEAR_SERIAL),
        ("219450817", "219850819", Level.TWO_DIGITS),
        ("219450817", "412339054", Level.DIFFERENT),
        ("219450817", "xxxxx0817", Level.PART_SAME),
        ("219450817", "xxxxx0871", Level.PART_DIGIT_DIFFERS),
        ("219450817", "xxxxx9054", Level.PART_DIFFERENT),
        ("21945xxxx", "xxxxx0817", Level.MISSING),
        ("219450817", "", Level.MISSING),
    ],
)
def test_numbers_are_compared_by_place(one: str, other: str, expected: Level) -> None:
    assert level(Field.SSN, {"ssn": one}, {"ssn": other}) is expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (date(1987, 3, 11), date(1987, 3, 11), Level.SAME),
        (date(1987, 3, 11), date(1987, 11, 3), Level.DAY_MONTH_SWAPPED),
        (date(1987, 3, 11), date(1978, 3, 11), Level.DIGIT_DIFFERS),
        (date(1987, 3, 11), date(1987, 3, 12), Level.DIGIT_DIFFERS),
        (date(1987, 3, 11), date(1987, 9, 11), Level.DIGIT_DIFFERS),
        (date(1987, 3, 11), date(1987, 3, 29), Level.TWO_OF_THREE),
        (date(1987, 3, 11), date(1988, 1, 1), Level.ABOUT_SAME),
        (date(1987, 1, 1), date(1987, 1, 1), Level.ROUGH_SAME),
        (date(1987, 3, 11), date(1989, 8, 24), Level.YEAR_NEAR),
        (date(1987, 3, 11), date(2009, 8, 24), Level.GENERATION),
        (date(1987, 3, 11), date(1996, 8, 24), Level.DIFFERENT),
        (date(1987, 3, 11), None, Level.MISSING),
    ],
)
def test_birth_dates_are_compared(one: date, other: date | None, expected: Level) -> None:
    assert level(Field.DOB, {"dob": one}, {"dob": other}) is expected


def test_swapped_names_are_seen() -> None:
    swapped = {"first": "Whitaker", "last": "Dolores"}
    assert level(Field.FIRST, {}, swapped) is level(Field.LAST, {}, swapped) is Level.SWAPPED
    nearly = {"first": "Whitakr", "last": "Dolores"}
    assert level(Field.LAST, {}, nearly) is Level.NEARLY_SWAPPED


def test_a_middle_name_may_be_used_as_the_first_one() -> None:
    assert level(Field.FIRST, {}, {"first": "Ana", "middle": ""}) is Level.ELSEWHERE


def test_what_the_desk_marks_as_partial_may_agree_but_never_speaks_against() -> None:
    assert level(Field.FIRST, {}, {"first": "Kim", "name_quality": 2}) is Level.MISSING
    assert level(Field.SSN, {}, {"ssn": "412339054", "ssn_quality": 2}) is Level.MISSING
    assert level(Field.SSN, {}, {"ssn_quality": 2}) is Level.SAME


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("Jr", "II", Level.SAME), ("Jr", "Sr", Level.DIFFERENT), ("Jr", "", Level.ONE_ONLY), ("", "", Level.MISSING)],
)
def test_suffixes_are_compared(one: str, other: str, expected: Level) -> None:
    assert level(Field.SUFFIX, {"suffix": one}, {"suffix": other}) is expected
    assert level(Field.SUFFIX, {"last": f"Whitaker {one}"}, {"last": f"Whitaker {other}"}) is expected


def test_answers_in_codes_are_compared() -> None:
    assert level(Field.SEX, {}, {"sex": 1}) is Level.DIFFERENT
    assert level(Field.SEX, {}, {"sex": 99}) is Level.MISSING
    assert level(Field.RACE, {}, {"races": frozenset({"White", "Asian"})}) is Level.OVERLAP
    assert level(Field.VETERAN, {"veteran": 1}, {"veteran": 1}) is Level.BOTH_YES


def test_patterns_hold_the_levels_of_all_fields() -> None:
    codes = {field: np.array([len(levels) - 1, 0], dtype=np.uint8) for field, levels in LEVELS.items()}
    read = unpacked(packed(codes))
    assert all(read[field].tolist() == codes[field].tolist() for field in read)
