"""The level of each field, with the tricky cases of real records."""

from datetime import date
from typing import Any

import pytest

from dedupe.engine.compare import (
    Comparer,
    compare_dob,
    compare_partial_ssn,
    compare_races,
    compare_ssn,
    compare_suffix,
    level_of,
    with_household,
)
from dedupe.engine.fields import FIELDS, Field, Level
from tests.dedupe.engine.records import bare, prepared, record


def _levels(one: dict[str, Any], other: dict[str, Any]) -> dict[Field, Level]:
    """Compare two records that know only what is given, and check that the other way round gives the same."""
    left, right = prepared(bare(1, **one), bare(2, **other))
    pattern = Comparer().levels(left, right)
    assert Comparer().levels(right, left) == pattern
    return dict(zip(FIELDS, pattern, strict=True))


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("Katherine", "katherine", Level.SAME),
        ("José", "Jose", Level.SAME),
        ("Mary Ann", "Maryann", Level.SAME),
        ("Robert", "Bobby", Level.SHORT_FORM),
        ("Guillermo", "Memo", Level.SHORT_FORM),
        ("Jaszmine", "Jasmyne", Level.SOUNDS_SAME),
        ("Marcus", "Macrus", Level.NEARLY),
        ("Brianna", "Briana", Level.SOUNDS_SAME),
        ("Mary Ann", "Mary", Level.PART),
        ("Mary Ann", "Mary Lou", Level.PART),
        ("Mary Ann", "Maria", Level.PART),
        ("Alejandrina", "Aleja", Level.PART),
        ("M", "Maria", Level.INITIAL),
        ("K", "Maria", Level.DIFFERENT),
        ("Maria", "Thomas", Level.DIFFERENT),
        ("Lee", "Leo", Level.DIFFERENT),
        ("Baby Boy", "Thomas", Level.MISSING),
        ("Unknown", "Thomas", Level.MISSING),
        (None, "Thomas", Level.MISSING),
    ],
)
def test_first_names_are_compared(one: str | None, other: str, level: Level) -> None:
    assert _levels({"first": one}, {"first": other})[Field.FIRST] is level


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("Sandoval-Reyes", "Sandoval Reyes", Level.SAME),
        ("De La Croix", "Delacroix", Level.SAME),
        ("Smith Jr", "Smith", Level.SAME),
        ("Garcia Lopez", "Garcia", Level.PART),
        ("Garcia Lopez", "Lopez", Level.PART),
        ("De La Cruz", "Cruz", Level.PART),
        ("Gonzales", "Gonzalez", Level.SOUNDS_SAME),
        ("Delacroix", "Delacruz", Level.DIFFERENT),
        ("Whitlock", "Whitlok", Level.SOUNDS_SAME),
        ("Hutchinson", "Hutchisnon", Level.NEARLY),
        ("Garcia", "G", Level.INITIAL),
        ("Garcia", "Nguyen", Level.DIFFERENT),
        ("De La Cruz", "De La Rosa", Level.DIFFERENT),
        ("Le", "Li", Level.DIFFERENT),
    ],
)
def test_last_names_are_compared(one: str, other: str, level: Level) -> None:
    assert _levels({"last": one}, {"last": other})[Field.LAST] is level


def test_swapped_names_are_noticed() -> None:
    levels = _levels({"first": "Nguyen", "last": "Linh"}, {"first": "Linh", "last": "Nguyen"})
    assert levels[Field.FIRST] is levels[Field.LAST] is Level.SWAPPED


def test_swapped_names_are_noticed_with_a_slip_in_one_of_them() -> None:
    levels = _levels({"first": "Nguyem", "last": "Linh"}, {"first": "Linh", "last": "Nguyen"})
    assert levels[Field.FIRST] is levels[Field.LAST] is Level.NEARLY_SWAPPED


def test_swapped_names_are_noticed_when_a_particle_is_lost() -> None:
    levels = _levels({"first": "De La King", "last": "Jon"}, {"first": "Jon", "last": "King"})
    assert levels[Field.FIRST] is levels[Field.LAST] is Level.NEARLY_SWAPPED


def test_one_name_in_the_other_place_is_no_swap() -> None:
    levels = _levels({"first": "Thomas", "last": "Reyes"}, {"first": "Latoya", "last": "Thomas"})
    assert levels[Field.FIRST] is levels[Field.LAST] is Level.DIFFERENT


def test_equal_first_and_last_name_is_no_swap() -> None:
    levels = _levels({"first": "James", "last": "Thomas"}, {"first": "James", "last": "Thomas"})
    assert levels[Field.FIRST] is levels[Field.LAST] is Level.SAME


def test_a_middle_name_used_as_first_name_is_noticed() -> None:
    levels = _levels(
        {"first": "Maria", "middle": "Guadalupe", "last": "Cruz"}, {"first": "Lupe", "middle": "X", "last": "Cruz"}
    )
    assert levels[Field.FIRST] is Level.ELSEWHERE
    assert levels[Field.MIDDLE] is Level.MISSING


def test_a_maiden_name_kept_as_middle_name_is_noticed() -> None:
    levels = _levels(
        {"first": "Maria", "middle": "Lopez", "last": "Keller"}, {"first": "Maria", "middle": "Jane", "last": "Lopez"}
    )
    assert levels[Field.LAST] is Level.ELSEWHERE


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [("Ann", "ann", Level.SAME), ("Anne", "Ann", Level.SAME), ("A.", "Ann", Level.INITIAL), ("A", "B", Level.DIFFERENT),
     ("Ann", "Marie", Level.DIFFERENT), ("NMN", "Ann", Level.MISSING), (None, None, Level.MISSING)],
)  # fmt: skip
def test_middle_names_are_compared(one: str | None, other: str | None, level: Level) -> None:
    assert _levels({"middle": one}, {"middle": other})[Field.MIDDLE] is level


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [("jr", "jr", Level.SAME), ("jr", "ii", Level.SAME), ("jr", "sr", Level.DIFFERENT), ("ii", "iii", Level.DIFFERENT),
     ("jr", None, Level.ONE_ONLY), (None, None, Level.MISSING)],
)  # fmt: skip
def test_suffixes_are_compared(one: str | None, other: str | None, level: Level) -> None:
    assert compare_suffix(one, other) is level
    assert compare_suffix(other, one) is level


@pytest.mark.parametrize(
    ("other", "level"),
    [
        ("412734471", Level.SAME),
        ("412734473", Level.NEAR_SERIAL),
        ("412734480", Level.NEAR_SERIAL),
        ("412734481", Level.DIGIT_DIFFERS),
        ("912734471", Level.DIGIT_DIFFERS),
        ("412743471", Level.TRANSPOSED),
        ("142734471", Level.TRANSPOSED),
        ("512734571", Level.TWO_DIGITS),
        ("127344717", Level.TWO_DIGITS),
        ("538119026", Level.DIFFERENT),
    ],
)
def test_full_numbers_are_compared(other: str, level: Level) -> None:
    assert compare_ssn("412734471", other) is level
    assert compare_ssn(other, "412734471") is level


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("xxxxx4471", "412734471", Level.SAME),
        ("xxxxx4471", "xxxxx4471", Level.SAME),
        ("412xx4471", "41273xx71", Level.SAME),
        ("xxxxx4472", "412734471", Level.DIGIT_DIFFERS),
        ("xxxxx4482", "412734471", Level.DIFFERENT),
        ("41273xxxx", "xxxxx4471", Level.MISSING),
        ("4127xxxxx", "xxx734471", Level.MISSING),
    ],
)
def test_partial_numbers_are_compared_place_by_place(one: str, other: str, level: Level) -> None:
    assert compare_partial_ssn(one, other) is level
    assert compare_partial_ssn(other, one) is level


@pytest.mark.parametrize(
    ("other", "level"),
    [
        (date(1987, 3, 11), Level.SAME),
        (date(1987, 11, 3), Level.DAY_MONTH_SWAPPED),
        (date(1987, 3, 17), Level.DIGIT_DIFFERS),
        (date(1978, 3, 11), Level.DIGIT_DIFFERS),
        (date(1977, 3, 11), Level.DIGIT_DIFFERS),
        (date(1957, 3, 11), Level.DIGIT_DIFFERS),
        (date(1987, 3, 28), Level.TWO_OF_THREE),
        (date(1995, 3, 11), Level.TWO_OF_THREE),
        (date(1986, 8, 24), Level.YEAR_NEAR),
        (date(1990, 8, 24), Level.DIFFERENT),
        (date(1962, 8, 24), Level.GENERATION),
        (date(1920, 8, 24), Level.DIFFERENT),
    ],
)
def test_birth_dates_are_compared(other: date, level: Level) -> None:
    born = date(1987, 3, 11)
    assert compare_dob(born, other, False, False) is level
    assert compare_dob(other, born, False, False) is level


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        (date(1987, 1, 1), date(1987, 1, 1), Level.ROUGH_SAME),
        (date(1987, 1, 1), date(1987, 3, 11), Level.ABOUT_SAME),
        (date(1986, 1, 1), date(1987, 3, 11), Level.ABOUT_SAME),
        (date(1985, 1, 1), date(1987, 3, 11), Level.YEAR_NEAR),
        (date(1980, 1, 1), date(1987, 3, 11), Level.DIFFERENT),
        (date(1957, 1, 1), date(1987, 3, 11), Level.GENERATION),
    ],
)
def test_estimated_birth_dates_agree_with_dates_of_about_their_year(one: date, other: date, level: Level) -> None:
    assert _levels({"dob": one}, {"dob": other})[Field.DOB] is level


def test_an_estimate_that_hits_the_very_day_is_the_same_date() -> None:
    levels = _levels({"dob": date(1987, 3, 11), "dob_quality": 2}, {"dob": date(1987, 3, 11), "dob_quality": 1})
    assert levels[Field.DOB] is Level.SAME


def test_races_are_compared_as_sets() -> None:
    white, both, asian = frozenset({"White"}), frozenset({"White", "Asian"}), frozenset({"Asian"})
    assert compare_races(both, both) is Level.SAME
    assert compare_races(white, both) is Level.OVERLAP
    assert compare_races(white, asian) is Level.DIFFERENT
    assert compare_races(frozenset(), asian) is Level.MISSING


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [(1, 1, Level.BOTH_YES), (0, 0, Level.BOTH_NO), (0, 1, Level.DIFFERENT), (99, 1, Level.MISSING)],
)
def test_veteran_status_is_compared(one: int, other: int, level: Level) -> None:
    assert _levels({"veteran": one}, {"veteran": other})[Field.VETERAN] is level


def test_sex_without_an_answer_says_nothing() -> None:
    assert _levels({"sex": 99}, {"sex": 1})[Field.SEX] is Level.MISSING
    assert _levels({"sex": 0}, {"sex": 1})[Field.SEX] is Level.DIFFERENT


def test_two_empty_records_agree_on_nothing() -> None:
    assert set(_levels({}, {}).values()) == {Level.MISSING}


def test_a_street_name_that_differs_says_nothing_and_one_that_agrees_counts() -> None:
    assert _levels({"first": "Smokey", "name_quality": 2}, {"first": "James"})[Field.FIRST] is Level.MISSING
    assert _levels({"first": "James", "name_quality": 2}, {"first": "James"})[Field.FIRST] is Level.SAME


def test_an_approximate_number_that_differs_says_nothing() -> None:
    levels = _levels({"ssn": "412734471", "ssn_quality": 2}, {"ssn": "538119026"})
    assert levels[Field.SSN] is Level.MISSING


def test_a_full_and_a_partial_number_are_one_comparison_only() -> None:
    levels = _levels({"ssn": "412734471"}, {"ssn": "4471"})
    assert (levels[Field.SSN], levels[Field.SSN_PART]) == (Level.MISSING, Level.SAME)


def test_members_of_one_household_are_noticed() -> None:
    one, other = prepared(record(1, household_keys=frozenset({"a", "b"})), record(2, household_keys=frozenset({"b"})))
    pattern = Comparer().levels(one, other)
    assert level_of(pattern, Field.HOUSEHOLD) is Level.SAME_ENTRY
    changed = with_household(pattern, Level.MEMBERS_LINKED)
    assert level_of(changed, Field.HOUSEHOLD) is Level.MEMBERS_LINKED
    assert changed[:-1] == pattern[:-1]
