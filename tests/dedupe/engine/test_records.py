"""Keys, pairs and the order everything is sorted by."""

import pytest

from dedupe.engine.records import in_order, key_order, pair_key, pair_keys
from tests.dedupe.engine.records import bare, record


def test_a_pair_has_one_name_whichever_way_round_it_is_given() -> None:
    assert pair_key(7, 3) == pair_key(3, 7) == (3, 7)
    assert pair_key("b", "a") == ("a", "b")
    assert pair_keys([(7, 3), (3, 7)]) == frozenset({(3, 7)})


def test_numbers_sort_as_numbers_and_come_before_text() -> None:
    keys: list[int | str] = ["10", 10, "9", 9]
    assert sorted(keys, key=key_order) == [9, 10, "10", "9"]


def test_a_record_is_no_pair_with_itself() -> None:
    with pytest.raises(ValueError, match="two different records"):
        pair_key(5, 5)


def test_the_same_key_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="same key"):
        in_order([record(1), record(2), record(1)])


def test_records_are_put_in_the_order_of_their_keys() -> None:
    assert [one.key for one in in_order([bare(3), bare(1), bare(2)])] == [1, 2, 3]


def test_a_printed_record_shows_no_name_date_or_number() -> None:
    shown = repr(record(77))
    assert "77" in shown
    for secret in ("Katherine", "Ann", "Sandoval", "412734471", "1987", "Hispanic"):
        assert secret not in shown
