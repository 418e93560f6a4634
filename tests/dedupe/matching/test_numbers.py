"""SSNs and birth dates as bits."""

import pytest

from dedupe.matching.dates import read_dates, years_of
from dedupe.matching.numbers import are_doubtful, has_first_five, has_last_four, read_ssns


def shown(text: str) -> str:
    packed, _ = read_ssns([text])
    return "".join("x" if sign == "f" else sign for sign in f"{int(packed[0]):09x}") if packed[0] else ""


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("219450817", "219450817"),
        ("219-45-0817", "219450817"),
        (" 219 45 0817", "219450817"),
        ("19450817", "019450817"),
        ("xxxxx0817", "xxxxx0817"),
        ("X" * 3 + "-XX-0817", "xxxxx0817"),
        ("0817", "xxxxx0817"),
        ("000000817", "xxxxx0817"),
        ("21945xxxx", "21945xxxx"),
        ("999990817", "xxxxx0817"),
    ],
)
def test_notations_of_a_number_are_read(typed: str, read: str) -> None:
    assert shown(typed) == read


@pytest.mark.parametrize(
    "typed",
    ["", "unknown", "078051120", "219099999", "123456789", "111111111", "000123456", "219450000", "xxxxxx817",
     "xxxxx1111", "2194508171", "²19450817"],
)  # fmt: skip
def test_what_nobody_has_is_no_number(typed: str) -> None:
    assert shown(typed) == ""


def test_only_whole_numbers_are_full() -> None:
    packed, number = read_ssns(["219450817", "xxxxx0817", "21945xxxx"])
    assert number.tolist() == [219450817, 0, 0]
    assert has_last_four(packed).tolist() == [True, True, False]
    assert has_first_five(packed).tolist() == [True, False, True]
    assert are_doubtful(packed, number).tolist() == [False] * 3


@pytest.mark.parametrize("typed", ["666123456", "912345678", "219000817"])
def test_a_number_that_was_never_issued_is_doubtful_and_not_full(typed: str) -> None:
    packed, number = read_ssns([typed])
    assert (shown(typed), number.tolist(), are_doubtful(packed, number).tolist()) == (typed, [0], [True])


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("1987-03-11", "19870311"),
        ("03/11/1987", "19870311"),
        ("1987-03-11 00:00:00", "19870311"),
        ("1900-01-01", ""),
        ("1911-11-11", ""),
        ("1987-02-30", ""),
        ("1987-13-01", ""),
        ("soon", ""),
        ("", ""),
    ],
)
def test_dates_are_read(typed: str, read: str) -> None:
    born, _ = read_dates([typed])
    assert (f"{int(born[0]):x}" if born[0] else "") == read


def test_the_first_of_january_is_known_for_a_guess() -> None:
    born, first = read_dates(["1987-01-01", "1987-01-02"])
    assert first.tolist() == [True, False]
    assert years_of(born).tolist() == [1987, 1987]
    assert not len(read_dates([])[0])
