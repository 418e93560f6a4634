"""Marks and percentages for the side-by-side view."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.engine import Segment, differences, percent_alike, ssn_in_words


def test_the_letters_that_differ_are_marked_on_both_sides() -> None:
    assert differences("Katherine", "Catherine") == (
        (Segment("K", True), Segment("atherine", False)),
        (Segment("C", True), Segment("atherine", False)),
    )


def test_a_letter_that_one_side_lacks_is_marked_on_the_other_only() -> None:
    left, right = differences("Whitlock", "Whitlok")
    assert left == (Segment("Whitlo", False), Segment("c", True), Segment("k", False))
    assert right == (Segment("Whitlok", False),)


def test_equal_and_empty_texts_have_no_marks() -> None:
    assert differences("Ann", "Ann") == ((Segment("Ann", False),), (Segment("Ann", False),))
    assert differences("", "") == ((), ())
    assert differences("Ann", "") == ((Segment("Ann", True),), ())


@settings(deadline=None, database=None)
@given(st.text(), st.text())
def test_the_stretches_of_a_side_are_its_text(left: str, right: str) -> None:
    lefts, rights = differences(left, right)
    assert "".join(piece.text for piece in lefts) == left
    assert "".join(piece.text for piece in rights) == right
    assert [piece.text for piece in lefts if not piece.differs] or left != right or not left
    kept = "".join(piece.text for piece in lefts if not piece.differs)
    assert kept == "".join(piece.text for piece in rights if not piece.differs)


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
