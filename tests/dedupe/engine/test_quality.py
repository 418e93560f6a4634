"""How much a scan finds and how seldom it errs, on stores whose truth is known.

The seeds were not used to choose any weight.
"""

from collections import Counter
from dataclasses import replace
from itertools import combinations

import pytest

from dedupe.engine import ScanResult, find_pairs
from dedupe.engine.scan import ScoredPair
from tests.dedupe.engine.people import People, make_people

FRESH_SEED = 770_021


@pytest.fixture(scope="module")
def made() -> People:
    return make_people(5_000, seed=FRESH_SEED)


@pytest.fixture(scope="module")
def result(made: People) -> ScanResult:
    return find_pairs(made.records)


def _recall_at(precision: float, pairs: tuple[ScoredPair, ...], made: People) -> float:
    """Give the largest share of true pairs that a cut through the ranking reaches at this precision."""
    truth = made.true_pairs()
    right, best = 0, 0
    for place, pair in enumerate(pairs, 1):
        right += (pair.left, pair.right) in truth
        if right / place >= precision:
            best = right
    return best / len(truth)


def _precision(pairs: tuple[ScoredPair, ...], made: People) -> float:
    truth = made.true_pairs()
    return sum((pair.left, pair.right) in truth for pair in pairs) / len(pairs)


def test_nine_of_ten_duplicates_are_found_with_one_error_in_a_hundred(made: People, result: ScanResult) -> None:
    assert len(made.true_pairs()) > 800
    assert _recall_at(0.99, result.pairs, made) >= 0.93


def test_proposals_at_the_default_threshold_are_nearly_all_right(made: People, result: ScanResult) -> None:
    assert _precision(result.pairs, made) >= 0.985


def test_very_likely_pairs_are_right(made: People, result: ScanResult) -> None:
    assert _precision(tuple(pair for pair in result.pairs if pair.score >= 90), made) >= 0.999


def test_twins_and_namesakes_are_hardly_ever_proposed(made: People, result: ScanResult) -> None:
    chances = Counter(
        made.lookalike((one, other)) for one, other in combinations(sorted(made.person_of), 2) if abs(one - other) < 60
    )
    proposed = Counter(made.lookalike((pair.left, pair.right)) for pair in result.pairs)
    for kind in ("twins", "Jr and Sr", "parent's SSN"):
        assert chances[kind] > 15
        assert proposed[kind] <= 0.05 * chances[kind]


def test_the_probability_can_be_taken_at_its_word(made: People, result: ScanResult) -> None:
    truth = made.true_pairs()
    unsure = [pair for pair in find_pairs(made.records, minimum_score=30).pairs if pair.probability < 0.98]
    expected = sum(pair.probability for pair in unsure)
    right = sum((pair.left, pair.right) in truth for pair in unsure)
    assert len(unsure) > 30
    assert abs(right - expected) / len(unsure) < 0.2


def test_clusters_are_nearly_all_right(made: People, result: ScanResult) -> None:
    truth = made.true_pairs()
    joined = {pair for group in result.clusters for pair in combinations(group, 2)}
    assert len(joined & truth) / len(joined) >= 0.985
    assert len(joined & truth) / len(truth) >= 0.93


def test_careless_desks_cost_recall_but_not_precision() -> None:
    made = make_people(5_000, seed=FRESH_SEED + 1, noise=2.0)
    result = find_pairs(made.records)
    assert _recall_at(0.99, result.pairs, made) >= 0.87
    assert _precision(result.pairs, made) >= 0.98


def test_where_a_few_names_are_shared_by_many_strangers_they_are_not_taken_for_one() -> None:
    made = make_people(5_000, seed=FRESH_SEED + 5, cultures=6)
    result = find_pairs(made.records)
    assert _recall_at(0.99, result.pairs, made) >= 0.93
    assert _precision(result.pairs, made) >= 0.975


@pytest.mark.parametrize(
    ("missing", "recall"),
    [
        ({"household_keys": frozenset()}, 0.9),
        ({"ssn": None}, 0.87),
        ({"ssn": None, "household_keys": frozenset()}, 0.85),
    ],
)
def test_a_field_that_is_missing_everywhere_costs_little(missing: dict[str, object], recall: float) -> None:
    made = make_people(5_000, seed=FRESH_SEED + 2)
    poorer = replace(made, records=[replace(one, **missing) for one in made.records])  # type: ignore[arg-type]
    assert _recall_at(0.99, find_pairs(poorer.records).pairs, poorer) >= recall


def test_a_store_without_duplicates_is_left_in_peace() -> None:
    made = make_people(3_000, seed=FRESH_SEED + 3, repeats=0.0)
    wrong = [pair for pair in find_pairs(made.records).pairs if (pair.left, pair.right) not in made.true_pairs()]
    assert len(wrong) <= 12


def test_a_small_store_is_scanned_with_the_built_in_weights() -> None:
    made = make_people(150, seed=FRESH_SEED + 4)
    result = find_pairs(made.records)
    assert not result.parameters.learned
    assert _recall_at(0.99, result.pairs, made) >= 0.85
