"""Which pairs are looked at."""

from datetime import date
from typing import Any

import pytest

from dedupe.engine.blocking import BLOCK_LIMIT, NEIGHBOURS, RULES, find_candidates
from tests.dedupe.engine.records import bare, prepared, record

_BORN: dict[str, Any] = {"dob": date(1987, 3, 11), "first": "Ann", "last": "Boyd"}


def _is_candidate(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return find_candidates(prepared(bare(1, **one), bare(2, **other))).pairs == [(0, 1)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"ssn": "412734471"}, {"ssn": "412734471"}),
        ({"ssn": "412734471", "first": "Ann"}, {"ssn": "4471", "last": "Abbot"}),
        ({"ssn": "412734471", "first": "Ann"}, {"ssn": "412734417", "first": "Alma"}),
        ({"ssn": "412734471", "dob": date(1987, 3, 11)}, {"ssn": "421734471", "dob": date(1987, 9, 9)}),
        ({"first": "Linh", "last": "Nguyen"}, {"first": "Nguyen", "last": "Linh"}),
        ({"first": "Robert", "last": "Gonzales"}, {"first": "Bob", "last": "Gonzalez"}),
        ({"first": "Maria", "last": "Garcia Lopez"}, {"first": "Maria", "last": "Lopez"}),
        (_BORN, {**_BORN, "first": "Ana", "last": "Cole", "dob": date(1987, 11, 3)}),
        (_BORN, {**_BORN, "last": "Cole", "dob": date(1978, 3, 11)}),
        (_BORN, {**_BORN, "last": "Cole", "dob": date(1987, 3, 28)}),
        (_BORN, {**_BORN, "first": "A", "dob": date(1987, 1, 1)}),
    ],
)
def test_pairs_with_one_fault_are_looked_at(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert _is_candidate(one, other)
    assert _is_candidate(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {}),
        ({"first": "Unknown", "last": "Unknown"}, {"first": "Unknown", "last": "Unknown"}),
        ({"ssn": "999999999", "first": "Ann"}, {"ssn": "999999999", "first": "Ann"}),
        ({"dob": date(1900, 1, 1), "first": "Ann"}, {"dob": date(1900, 1, 1), "first": "Ann"}),
        ({"dob": date(1980, 1, 1), "last": "Boyd"}, {"dob": date(1980, 1, 1), "last": "Bates"}),
        ({"first": "Ann", "last": "Boyd"}, {"first": "Ann", "last": "Keller"}),
    ],
)
def test_blanks_placeholders_and_first_of_january_bring_nobody_together(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert not _is_candidate(one, other)


def test_a_pair_that_many_rules_find_comes_once() -> None:
    people = prepared(record(1), record(2), record(3))
    found = find_candidates(people)
    assert found.pairs == [(0, 1), (0, 2), (1, 2)]
    assert sum(found.by_rule.values()) == 3
    assert list(found.by_rule) == [name for name, _ in RULES]


def test_a_huge_block_is_compared_with_neighbours_only_and_reported() -> None:
    size = BLOCK_LIMIT + 40
    people = prepared(*(bare(key, ssn="412734471", dob=date(1950, 1, 1)) for key in range(size)))
    found = find_candidates(people)
    compared = NEIGHBOURS * size - NEIGHBOURS * (NEIGHBOURS + 1) // 2
    assert len(found.pairs) == len(set(found.pairs)) == compared
    block = next(one for one in found.capped if one.rule == "same social security number")
    assert (block.records, block.pairs_compared) == (size, compared)
    assert block.pairs_compared + block.pairs_left_out == size * (size - 1) // 2


def test_a_capped_block_names_no_value() -> None:
    people = prepared(*(bare(key, ssn="412734471", dob=date(1950, 1, 1)) for key in range(BLOCK_LIMIT + 1)))
    assert all("4127" not in repr(block) for block in find_candidates(people).capped)
