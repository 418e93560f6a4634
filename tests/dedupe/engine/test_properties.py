"""What must hold for any records at all."""

from dataclasses import replace
from datetime import date
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.engine import MatchRecord, default_parameters, find_pairs, make_clusters, pair_key, score_pair

_FIRSTS = [None, "", "Ann", "Anne", "Annie", "Maria", "Maria Jose", "M", "Baby Boy", "Unknown", "José", "Leo", "Smith"]
_LASTS = [
    None,
    "",
    "Smith",
    "Smyth",
    "Smith Jr",
    "De La Cruz",
    "Cruz",
    "Smith-Cruz",
    "Ann",
    "Refused",
    "O'Neil",
    "Oneil",
]
_SSNS = [None, "412734471", "412734472", "412743471", "xxxxx4471", "4471", "538119026", "999999999", "412xx4471"]
_DATES = [None, date(1987, 3, 11), date(1987, 11, 3), date(1987, 1, 1), date(1900, 1, 1), date(1961, 8, 24),
          date(1987, 3, 17), date(2019, 6, 2)]  # fmt: skip
_HOUSEHOLDS = [frozenset(), frozenset({"a"}), frozenset({"b"}), frozenset({"a", "b"})]

_RECORDS = st.builds(
    MatchRecord,
    key=st.just(0),
    first=st.sampled_from(_FIRSTS),
    middle=st.sampled_from(_FIRSTS),
    last=st.sampled_from(_LASTS),
    suffix=st.sampled_from([None, "Jr", "Sr", "III", "?"]),
    name_quality=st.sampled_from([None, 1, 2, 99]),
    ssn=st.sampled_from(_SSNS),
    ssn_quality=st.sampled_from([None, 1, 2, 99]),
    dob=st.sampled_from(_DATES),
    dob_quality=st.sampled_from([None, 1, 2, 99]),
    sex=st.sampled_from([None, 0, 1, 99]),
    races=st.sampled_from([frozenset(), frozenset({"White"}), frozenset({"White", "Asian"})]),
    veteran=st.sampled_from([None, 0, 1, 99]),
    household_keys=st.sampled_from(_HOUSEHOLDS),
)


def _numbered(records: list[MatchRecord]) -> list[MatchRecord]:
    return [replace(one, key=key) for key, one in enumerate(records)]


_STORES = st.lists(_RECORDS, max_size=9).map(_numbered)
_DECISIONS = st.sets(st.tuples(st.integers(0, 8), st.integers(0, 8)).filter(lambda pair: pair[0] < pair[1]), max_size=4)
_PARAMETERS = default_parameters(300)


@settings(deadline=None, database=None, max_examples=300)
@given(_RECORDS, _RECORDS)
def test_a_score_is_the_same_from_either_side(one: MatchRecord, other: MatchRecord) -> None:
    left, right = replace(one, key=1), replace(other, key=2)
    assert score_pair(left, right) == score_pair(right, left)
    turned = score_pair(replace(one, key=2), replace(other, key=1))
    pair = score_pair(left, right)
    assert (turned.score, turned.weight, turned.parts, turned.warnings) == (
        pair.score,
        pair.weight,
        pair.parts,
        pair.warnings,
    )


@settings(deadline=None, database=None, max_examples=300)
@given(_RECORDS, _RECORDS)
def test_points_add_up_and_everything_lies_in_its_range(one: MatchRecord, other: MatchRecord) -> None:
    pair = score_pair(replace(one, key=1), replace(other, key=2))
    assert sum(part.points for part in pair.parts) == pair.score
    assert 0 <= pair.score <= 100
    assert 0 <= pair.probability <= 1
    assert (pair.score >= 50) == (pair.weight >= -0.15) or abs(pair.weight) < 0.2


@settings(deadline=None, database=None, max_examples=100)
@given(_STORES, st.data())
def test_the_result_does_not_depend_on_the_order_of_the_rows(store: list[MatchRecord], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(store))
    assert find_pairs(store, minimum_score=20) == find_pairs(shuffled, minimum_score=20)


@settings(deadline=None, database=None, max_examples=150)
@given(_STORES, _DECISIONS, _DECISIONS)
def test_no_pair_comes_twice_and_none_that_was_decided(
    store: list[MatchRecord], apart: set[tuple[int, int]], joined: set[tuple[int, int]]
) -> None:
    result = find_pairs(store, keep_apart=apart, joined=joined, parameters=_PARAMETERS, minimum_score=10)
    pairs = [pair_key(pair.left, pair.right) for pair in result.pairs]
    assert len(pairs) == len(set(pairs))
    assert set(pairs).isdisjoint(apart)
    assert set(pairs).isdisjoint(joined)
    assert all(pair.left != pair.right for pair in result.pairs)


@settings(deadline=None, database=None, max_examples=150)
@given(_STORES, _DECISIONS, _DECISIONS)
def test_no_cluster_holds_records_told_apart_not_even_through_a_third(
    store: list[MatchRecord], apart: set[tuple[int, int]], joined: set[tuple[int, int]]
) -> None:
    result = find_pairs(store, keep_apart=apart, joined=joined, parameters=_PARAMETERS, minimum_score=10)
    for group in result.clusters:
        assert set(combinations(group, 2)).isdisjoint(apart)


@settings(deadline=None, database=None, max_examples=150)
@given(_STORES, _DECISIONS, _DECISIONS)
def test_accepting_a_proposed_pair_never_contradicts_what_was_decided(
    store: list[MatchRecord], apart: set[tuple[int, int]], joined: set[tuple[int, int]]
) -> None:
    result = find_pairs(store, keep_apart=apart, joined=joined, parameters=_PARAMETERS, minimum_score=10)
    before = make_clusters([], must_link=joined, cannot_link=apart)
    torn = {key for conflict in before.conflicts for key in conflict.records}
    for pair in result.pairs:
        after = make_clusters([], must_link={*joined, (pair.left, pair.right)}, cannot_link=apart)
        new = [conflict for conflict in after.conflicts if torn.isdisjoint(conflict.records)]
        assert new == []


@settings(deadline=None, database=None, max_examples=100)
@given(_STORES)
def test_every_record_is_matchable_or_skipped_with_a_sentence(store: list[MatchRecord]) -> None:
    result = find_pairs(store)
    assert result.counts.matchable + len(result.skipped) == result.counts.records == len(store)
    assert all(one.reason.endswith(".") for one in result.skipped)
    left_out = {one.key for one in result.skipped}
    assert all(pair.left not in left_out and pair.right not in left_out for pair in result.pairs)
