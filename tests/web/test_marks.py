"""Character marks of two values."""

from hypothesis import given
from hypothesis import strategies as st

from adminops.web.marks import marked


def test_the_letter_that_differs_is_marked_on_each_side() -> None:
    assert marked("Katherine", "Catherine") == (
        [("K", True), ("atherine", False)],
        [("C", True), ("atherine", False)],
    )


def test_what_stands_on_one_side_only_is_marked_there() -> None:
    assert marked("Thuy Nguyen", "Thuy Linh Nguyen") == (
        [("Thuy Nguyen", False)],
        [("Thuy ", False), ("Linh ", True), ("Nguyen", False)],
    )


def test_a_blank_value_has_no_pieces_and_marks_nothing() -> None:
    assert marked("", "Ann") == ([], [("Ann", False)])


@given(st.text(), st.text())
def test_the_pieces_make_up_the_values(left: str, right: str) -> None:
    a, b = marked(left, right)
    assert "".join(text for text, _ in a) == left
    assert "".join(text for text, _ in b) == right


@given(st.text(min_size=1), st.text(min_size=1))
def test_what_is_not_marked_is_the_same_on_both_sides(left: str, right: str) -> None:
    a, b = marked(left, right)
    assert "".join(text for text, differs in a if not differs) == "".join(text for text, differs in b if not differs)
