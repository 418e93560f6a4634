"""The front door: find pairs, score a pair, rank matches."""

from dataclasses import replace
from datetime import date

import pytest

from dedupe.engine import (
    MINIMUM_SCORE,
    Link,
    MatchRecord,
    default_parameters,
    find_pairs,
    make_clusters,
    rank_matches,
    score_pair,
)
from dedupe.engine.scan import ScanResult
from tests.dedupe.engine.people import make_people
from tests.dedupe.engine.records import bare, record

STRANGER = record(50, first="Tuan", middle="Minh", last="Nguyen", ssn="538119026", dob=date(1961, 8, 24), sex=1)


def _keys(result: ScanResult) -> list[tuple[int | str, int | str]]:
    return [(pair.left, pair.right) for pair in result.pairs]


def test_an_empty_store_has_no_pairs() -> None:
    result = find_pairs([])
    assert (result.pairs, result.skipped, result.clusters, result.capped) == ((), (), (), ())
    assert result.counts.records == 0


def test_one_record_has_no_pairs() -> None:
    assert find_pairs([record()]).pairs == ()


def test_a_duplicate_is_found_and_a_stranger_is_not() -> None:
    result = find_pairs([record(1), STRANGER, record(3, first="Kate", ssn="4471")])
    assert _keys(result) == [(1, 3)]
    assert result.clusters == ((1, 3),)
    assert (result.counts.records, result.counts.matchable) == (3, 3)


def test_keys_may_be_text() -> None:
    assert _keys(find_pairs([record("b"), record("a")])) == [("a", "b")]


def test_a_key_given_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="same key"):
        find_pairs([record(1), record(1)])


@pytest.mark.parametrize("minimum", [-1, 101])
def test_an_impossible_minimum_score_is_refused(minimum: int) -> None:
    with pytest.raises(ValueError, match="between 0 and 100"):
        find_pairs([], minimum_score=minimum)


def test_pairs_come_strongest_first_and_reach_the_minimum() -> None:
    result = find_pairs(make_people(600, seed=41).records)
    weights = [pair.weight for pair in result.pairs]
    assert len(weights) > 30
    assert weights == sorted(weights, reverse=True)
    assert all(pair.score >= MINIMUM_SCORE for pair in result.pairs)
    assert all(sum(part.points for part in pair.parts) == pair.score for pair in result.pairs)


def test_a_higher_minimum_gives_the_stronger_pairs_of_the_same_scan() -> None:
    records = make_people(600, seed=42).records
    parameters = find_pairs(records).parameters
    all_pairs = find_pairs(records, parameters=parameters, minimum_score=50)
    strong = find_pairs(records, parameters=parameters, minimum_score=80)
    assert {pair.left for pair in strong.pairs}
    assert set(_keys(strong)) == {(pair.left, pair.right) for pair in all_pairs.pairs if pair.score >= 80}


def test_a_pair_told_apart_is_not_proposed_again() -> None:
    records = [record(1), record(2), STRANGER]
    result = find_pairs(records, keep_apart={(2, 1)})
    assert result.pairs == ()
    assert result.clusters == ()
    assert result.counts.pairs_kept_apart == 1


def test_a_pair_that_is_one_person_already_is_not_proposed_again() -> None:
    result = find_pairs([record(1), record(2), record(3)], joined={(1, 2)})
    assert _keys(result) == [(1, 3), (2, 3)]
    assert result.clusters == ((1, 2, 3),)


def test_records_told_apart_are_not_brought_together_by_a_third() -> None:
    records = [record(1), record(2), record(3)]
    result = find_pairs(records, keep_apart={(1, 3)}, joined={(1, 2)})
    assert result.pairs == ()
    assert result.clusters == ()
    assert [conflict.records for conflict in result.conflicts] == [(1, 2, 3)]
    assert result.conflicts[0].apart == ((1, 3),)


def test_undecided_records_between_two_told_apart_are_proposed_and_reported() -> None:
    result = find_pairs([record(1), record(2), record(3)], keep_apart={(1, 3)})
    assert _keys(result) == [(1, 2), (2, 3)]
    assert result.clusters == ()
    assert [conflict.records for conflict in result.conflicts] == [(1, 2, 3)]


def test_decisions_about_unknown_records_do_no_harm() -> None:
    result = find_pairs([record(1), record(2)], keep_apart={("gone", 1)}, joined={(8, 9)})
    assert _keys(result) == [(1, 2)]
    assert result.clusters == ((1, 2), (8, 9))


def test_given_parameters_are_used_and_given_back() -> None:
    parameters = default_parameters(500)
    result = find_pairs([record(1), record(2)], parameters=parameters)
    assert result.parameters is parameters
    assert result.pairs[0] == score_pair(record(2), record(1), parameters)


def test_every_candidate_pair_is_counted_at_one_rule() -> None:
    counts = find_pairs(make_people(400, seed=43).records).counts
    assert sum(counts.pairs_by_rule.values()) == counts.pairs_compared > 0


def test_a_record_is_no_pair_with_itself() -> None:
    with pytest.raises(ValueError, match="two different records"):
        score_pair(record(1), record(1))


def test_two_records_that_know_nothing_can_still_be_scored() -> None:
    pair = score_pair(bare(1), bare(2, first="Unknown", last="Unknown", ssn="999999999"))
    assert (pair.score, pair.parts, pair.warnings) == (0, (), ())


def test_the_person_asked_for_comes_first() -> None:
    stored = [record(1), STRANGER, record(3, first="Ann", middle=None, ssn=None), record(4, ssn="412734417")]
    found = rank_matches(bare("new", first="Kathy", last="Sandoval", dob=date(1987, 3, 11), ssn="4471"), stored)
    assert [pair.left for pair in found] == [1]
    assert found[0].right == "new"
    closest = rank_matches(record("new"), stored)
    assert [pair.left for pair in closest][:2] == [1, 4]
    assert 50 not in [pair.left for pair in closest]


def test_the_record_itself_is_not_among_its_matches() -> None:
    found = rank_matches(record(1), [record(1), record(2)])
    assert [(pair.left, pair.right) for pair in found] == [(1, 2)]


def test_no_more_matches_than_asked_for() -> None:
    stored = [record(key) for key in range(2, 30)]
    assert len(rank_matches(record(1), stored)) == 10
    assert len(rank_matches(record(1), stored, limit=3)) == 3
    assert rank_matches(record(1), stored, limit=0) == ()


def test_a_query_that_knows_too_little_finds_nothing() -> None:
    assert rank_matches(bare("new", first="Katherine"), [record(1)]) == ()


def test_ranking_and_pair_scores_agree() -> None:
    parameters = default_parameters(1_000)
    other = record(2, first="Kate")
    assert rank_matches(record(1), [other], parameters=parameters) == (score_pair(record(1), other, parameters),)


@pytest.mark.parametrize(
    "odd",
    [
        record(2, first="", last="", middle="", suffix="", ssn=""),
        record(2, first="\x00", last="🙂", ssn="not a number"),
        record(2, first="a" * 5_000, last="-" * 200),
        record(2, first="Иван", last="李"),
        record(2, dob=date(9999, 12, 31), sex=-5, veteran=77, dob_quality=1234),
        record(2, dob=date(1, 1, 1), races=frozenset({1, "White"})),
    ],
)
def test_odd_values_are_taken_without_an_error(odd: MatchRecord) -> None:
    find_pairs([record(1), odd, replace(odd, key=3)])
    score_pair(record(1), odd)
    rank_matches(odd, [record(1)])


def test_clusters_of_a_scan_are_the_clusters_of_its_pairs() -> None:
    result = find_pairs(make_people(500, seed=44).records)
    links = [Link(pair.left, pair.right, pair.weight) for pair in result.pairs]
    assert result.clusters == make_clusters(links).groups
