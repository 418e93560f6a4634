"""Which pairs are looked at."""

from datetime import date

import pytest

from dedupe.matching import blocking
from dedupe.matching.blocking import TIGHT, USUAL, WIDE, bits_wanted, find_candidates
from dedupe.matching.cleaning import clean
from tests.dedupe.matching.columns import columns_of
from tests.dedupe.matching.records import Record


def pairs_of(one: Record, other: Record, rules: dict[str, tuple[str, ...]] = USUAL) -> int:
    return len(find_candidates(clean(columns_of([one, other])), rules, 1).one)


def person(key: int, **known: object) -> Record:
    values = {"first": "Dolores", "last": "Whitaker", "ssn": "219450817", "dob": date(1987, 3, 11), **known}
    return Record(key, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "other",
    [
        {"ssn": "", "dob": None},
        {"first": "Whitaker", "last": "Dolores", "ssn": ""},
        {"first": "Whitker", "last": "Dolores", "ssn": ""},
        {"first": "Lola", "last": "Whitacker", "dob": None},
        {"last": "Castellanos", "ssn": ""},
        {"first": "Dolly", "ssn": "xxxxx0817", "dob": date(1978, 3, 11)},
        {"last": "Witaker", "ssn": "219850817", "dob": date(1987, 11, 3)},
    ],
)
def test_records_of_one_person_meet(other: dict[str, object]) -> None:
    assert pairs_of(person(1), person(2, **other)) == 1


def test_what_is_missing_brings_nobody_together() -> None:
    assert pairs_of(Record(1, "Kim", "Abel"), Record(2, "Ida", "Ross")) == 0


def test_the_rules_grow_from_tight_to_usual() -> None:
    assert set(TIGHT) < set(WIDE) < set(USUAL)
    assert bits_wanted(2) < bits_wanted(200_000) < bits_wanted(1_000_000)


def test_a_block_that_is_too_large_is_capped_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocking, "BLOCK_LIMIT", 100)
    many = [person(key, ssn="", first=f"Dolores {chr(97 + key % 26)}") for key in range(120)]
    found = find_candidates(clean(columns_of(many)), {"same last name": ("last",)}, 1)
    assert [(block.rule, block.records) for block in found.capped] == [("same last name", 120)]
    assert len(found.one) + found.capped[0].pairs_left_out == 120 * 119 // 2


def test_every_pair_comes_once_and_the_lower_place_first() -> None:
    found = find_candidates(clean(columns_of([person(key) for key in range(9)])), USUAL, 2)
    pairs = list(zip(found.one.tolist(), found.other.tolist(), strict=True))
    assert pairs == sorted(set(pairs))
    assert len(pairs) == 9 * 8 // 2
    assert (found.one < found.other).all()


def test_nothing_is_found_among_nobody() -> None:
    assert not len(find_candidates(clean(columns_of([])), USUAL, 1).one)
