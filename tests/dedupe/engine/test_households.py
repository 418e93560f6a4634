"""Evidence from the rest of the family."""

from datetime import date

import pytest

from dedupe.engine import Field, Level, MatchRecord, ScoredPair, find_pairs
from dedupe.engine.defaults import DEFAULTS
from dedupe.engine.households import HouseholdCounts, Likely, household_level, learn_households, others_of
from tests.dedupe.engine.records import bare, prepared, record


def _household(pair: ScoredPair) -> Level:
    return next(part.level for part in pair.parts if part.field is Field.HOUSEHOLD)


def _mother(key: int, household: str) -> MatchRecord:
    return record(key, household_keys=frozenset({household}))


def _child(key: int, household: str, first: str = "Leo") -> MatchRecord:
    return bare(
        key, first=first, last="Reyes", dob=date(2019, 6, 2), sex=1, household_keys=frozenset({household})
    )  # fmt: skip


def test_a_childs_records_gain_from_the_mothers_records() -> None:
    family = [_mother(1, "a"), _child(2, "a"), _mother(3, "b"), _child(4, "b")]
    by_keys = {(pair.left, pair.right): pair for pair in find_pairs(family).pairs}
    alone = {(pair.left, pair.right): pair for pair in find_pairs([family[1], family[3]]).pairs}
    assert _household(by_keys[2, 4]) is Level.MEMBERS_LINKED
    assert by_keys[2, 4].weight > alone[2, 4].weight


def test_a_mother_who_is_one_record_in_both_households_counts_too() -> None:
    mother = record(1, household_keys=frozenset({"a", "b"}))
    (pair,) = find_pairs([mother, _child(2, "a"), _child(4, "b")]).pairs
    assert _household(pair) is Level.MEMBERS_LINKED


def test_a_record_with_other_people_around_loses_a_little() -> None:
    stranger = bare(3, first="Tuan", last="Nguyen", dob=date(1961, 8, 24), household_keys=frozenset({"b"}))
    (pair,) = find_pairs([_mother(1, "a"), _child(2, "a"), _child(4, "b"), stranger]).pairs
    assert _household(pair) is Level.MEMBERS_UNLINKED


def test_two_members_of_one_household_are_two_people_until_proven_otherwise() -> None:
    apart = find_pairs([_child(2, "a"), _child(4, "b")]).pairs
    together = find_pairs([_child(2, "a"), _child(4, "a")], minimum_score=0).pairs
    assert together[0].weight < apart[0].weight - 3


def test_a_twin_loses_to_the_brother_who_is_the_better_match() -> None:
    twins = [
        _mother(1, "a"), _child(2, "a", "Leo"), _child(3, "a", "Max"),
        _mother(4, "b"), _child(5, "b", "Leo"), _child(6, "b", "Max"),
    ]  # fmt: skip
    scores = {(pair.left, pair.right): pair for pair in find_pairs(twins).pairs}
    assert set(scores) == {(1, 4), (2, 5), (3, 6)}
    crossed = {(pair.left, pair.right): pair for pair in find_pairs(twins, minimum_score=5).pairs}
    for pair in ((2, 6), (3, 5)):
        assert pair not in crossed or _household(crossed[pair]) is Level.BETTER_MATCH


def test_without_households_there_is_no_household_part() -> None:
    (pair,) = find_pairs([record(1), record(2)]).pairs
    assert Field.HOUSEHOLD not in {part.field for part in pair.parts}


def test_a_person_alone_in_a_household_tells_nothing() -> None:
    people = prepared(_mother(1, "a"), _mother(2, "b"))
    assert others_of(people) == [frozenset(), frozenset()]
    assert household_level(0, 1, others_of(people), Likely([(0, 1, 9.0)])) is Level.MISSING


@pytest.mark.parametrize("level", [Level.MEMBERS_LINKED, Level.MEMBERS_UNLINKED, Level.BETTER_MATCH])
def test_what_households_teach_stays_within_bounds(level: Level) -> None:
    counts = HouseholdCounts.empty()
    for _ in range(5_000):
        counts.add(level, 1.0)
    learned = learn_households(DEFAULTS, counts)[Field.HOUSEHOLD]
    assert learned[Level.MEMBERS_LINKED].same >= 2 * learned[Level.MEMBERS_LINKED].unrelated
    assert learned[Level.MEMBERS_UNLINKED].same < learned[Level.MEMBERS_UNLINKED].unrelated
    assert learned[Level.BETTER_MATCH].same <= 0.2 * learned[Level.BETTER_MATCH].unrelated
    assert all(0 < chance < 1 for row in learned.values() for chance in (row.same, row.unrelated))
