"""Names, social security numbers and dates as they come from desks."""

from datetime import date, datetime

import pytest

from dedupe.engine.normalise import (
    Names,
    dob_of,
    fold,
    is_hash,
    is_rough,
    is_valid_ssn,
    split_suffix,
    ssn_of,
    suffix_of,
)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("José", "jose"),
        ("  O’Brien ", "obrien"),
        ("O'Brien", "obrien"),
        ("Sandoval-Reyes", "sandoval reyes"),
        ("Muñoz  Peña", "munoz pena"),
        ("Łukasz", "lukasz"),
        ("Groß", "gross"),
        ("SØREN", "soren"),
        ("Đặng", "dang"),
        ("St. James", "st james"),
        ("N/A", "n a"),
        ("Иван", "иван"),
        ("", ""),
        ("---", ""),
    ],
)
def test_names_are_folded_to_plain_small_letters(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_a_name_is_the_same_with_and_without_spaces_and_hyphens() -> None:
    names = Names()
    spaced, joined = names.name(names.words("De La Croix")), names.name(names.words("Delacroix"))
    assert spaced is not None
    assert joined is not None
    assert spaced.spelling == joined.spelling
    assert spaced.number != joined.number
    assert spaced.core == "croix"


def test_a_spelling_is_taken_apart_once() -> None:
    names = Names()
    assert names.name(names.words("JOSÉ")) is names.name(names.words("jose"))
    assert names.name(names.words(None)) is None


@pytest.mark.parametrize(
    ("text", "suffix"),
    [("Jr.", "jr"), ("JR", "jr"), ("Junior", "jr"), ("Sr", "sr"), ("II", "ii"), ("2nd", "ii"), ("III", "iii"),
     ("IV", "iv"), ("V", "v"), ("", None), (None, None), ("MD", None)],
)  # fmt: skip
def test_suffixes_are_read_in_every_notation(text: str | None, suffix: str | None) -> None:
    assert suffix_of(text) == suffix


def test_a_suffix_inside_a_name_is_taken_off() -> None:
    assert split_suffix(("smith", "jr")) == (("smith",), "jr")
    assert split_suffix(("smith", "iii")) == (("smith",), "iii")


def test_a_name_that_is_only_a_suffix_word_stays_a_name() -> None:
    assert split_suffix(("junior",)) == (("junior",), None)


@pytest.mark.parametrize("number", ["412734471", "001010001", "665999998", "772118833"])
def test_possible_social_security_numbers_are_valid(number: str) -> None:
    assert is_valid_ssn(number)


@pytest.mark.parametrize(
    "number",
    ["000123456", "666123456", "900123456", "987654321", "412003456", "412120000", "111111111", "078051120",
     "219099999", "123456789", "41273447", "4127344711", "41273447x", "٤١٢٧٣٤٤٧١"],
)  # fmt: skip
def test_numbers_that_no_person_can_have_are_not_valid(number: str) -> None:
    assert not is_valid_ssn(number)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("412-73-4471", "412734471"),
        ("412 73 4471", "412734471"),
        ("4471", "xxxxx4471"),
        ("xXx-Xx-4471", "xxxxx4471"),
        ("***-**-4471", "xxxxx4471"),
        ("412xx4471", "412xx4471"),
        ("41273xxxx", "41273xxxx"),
        ("000004471", "xxxxx4471"),
        ("999994471", "xxxxx4471"),
        ("1234471", "001234471"),
        ("41234471", "041234471"),
    ],
)
def test_social_security_numbers_are_read_in_every_notation(text: str, read: str) -> None:
    assert ssn_of(text) == read


@pytest.mark.parametrize(
    "text",
    [None, "", "unknown", "xxxxxxxxx", "xxxxxx471", "xxxxx0000", "xxxxx9999", "000000000", "999999999", "123456789",
     "12", "4127344712345", "a" * 64],
)  # fmt: skip
def test_a_number_that_tells_nothing_is_no_number(text: str | None) -> None:
    assert ssn_of(text) is None


@pytest.mark.parametrize("born", [date(1900, 1, 1), date(1899, 12, 30), date(1904, 5, 5), date(1911, 11, 11), None])
def test_default_birth_dates_are_no_birth_dates(born: date | None) -> None:
    assert dob_of(born) is None


def test_a_birth_date_with_a_time_is_a_plain_date() -> None:
    assert type(dob_of(datetime(1987, 3, 11, 8, 30))) is date  # noqa: DTZ001  a date column read as a datetime


def test_first_of_january_and_approximate_dates_are_rough() -> None:
    assert is_rough(date(1980, 1, 1), 1)
    assert is_rough(date(1980, 5, 9), 2)
    assert is_rough(date(1980, 5, 9), 99)
    assert not is_rough(date(1980, 5, 9), 1)
    assert not is_rough(date(1980, 5, 9), None)


def test_digests_are_told_from_names() -> None:
    assert is_hash("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")
    assert is_hash("5D41402ABC4B2A76B9719D911017C592")
    assert not is_hash("Abe")
    assert not is_hash("a" * 33)
    assert not is_hash(None)
