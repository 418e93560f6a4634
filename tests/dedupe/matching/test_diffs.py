"""Percentages and words for the side-by-side view."""

import pytest

from dedupe.matching.diffs import percent_alike, ssn_in_words


@pytest.mark.parametrize(
    ("left", "right", "percent"),
    [
        ("Katherine", "Catherine", 93),
        ("Sandoval-Reyes", "Sandoval Reyes", 97),
        ("11 March 1987", "17 March 1987", 95),
        ("ANN", "ann", 100),
        ("Ann", "", 0),
        ("Maria Guadalupe Hernandez-Lopez", "Maria Guadalupe Hernandez-Lopes", 99),
    ],
)
def test_names_and_dates_are_so_much_alike(left: str, right: str, percent: int) -> None:
    assert percent_alike(left, right) == percent
    assert percent_alike(right, left) == percent


@pytest.mark.parametrize(
    ("left", "right", "words"),
    [
        ("412-73-4471", "412734471", "same"),
        ("412734471", "xxx-xx-4471", "same"),
        ("412734471", "412738471", "1 digit differs"),
        ("412734471", "412743471", "two digits transposed"),
        ("412734471", "412734473", "a few numbers apart"),
        ("412734471", "538119026", "different"),
        ("412734471", "xxx-xx-4471x", None),
        ("412734471", None, None),
        ("999999999", "412734471", None),
        ("41273xxxx", "xxxxx4471", None),
    ],
)
def test_numbers_are_compared_in_words_that_show_no_digit(left: str, right: str | None, words: str | None) -> None:
    assert ssn_in_words(left, right) == words
    assert ssn_in_words(right, left) == words
