"""Whole stores matched: how much is found, how seldom it errs, and that nothing depends on order or workers.

The people come from another generator than those the engine was tuned on, and from seeds not used for anything else.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from random import Random

import numpy as np
import pytest

from dedupe.matching.admission import CONSTANT, HASHED, NO_IDENTITY, TOO_LITTLE
from dedupe.matching.matching import Matched, match
from dedupe.matching.model import default_model, model_of
from tests.dedupe.matching.columns import columns_of
from tests.dedupe.matching.people import People, make_people
from tests.dedupe.matching.records import Record

PairOfKeys = tuple[int, int]


def found_in(records: Sequence[Record], **how: object) -> tuple[Matched, dict[PairOfKeys, float]]:
    """Match records; the probability of each pair by its two keys, strongest first."""
    found = match(columns_of(records), **how)  # type: ignore[arg-type]
    keys = [int(record.key) for record in records]
    pairs = zip(found.pairs.one.tolist(), found.pairs.other.tolist(), found.pairs.probability.tolist(), strict=True)
    return found, {(min(keys[a], keys[b]), max(keys[a], keys[b])): chance for a, b, chance in pairs}


@pytest.fixture(scope="module")
def made() -> People:
    return make_people(4_000, seed=880_031)


@pytest.fixture(scope="module")
def likely(made: People) -> dict[PairOfKeys, float]:
    return found_in(made.records, minimum=0.01, workers=1)[1]


def person(key: int, **known: object) -> Record:
    values = {"first": "Dolores", "last": "Whitaker", "ssn": "219450817", "dob": date(1987, 3, 11), **known}
    return Record(key, **values)  # type: ignore[arg-type]


def test_duplicates_are_found_with_one_error_in_a_hundred(made: People, likely: dict[PairOfKeys, float]) -> None:
    truth = made.true_pairs()
    assert len(truth) > 600
    right = best = 0
    for place, pair in enumerate(likely, 1):
        right += pair in truth
        if right / place >= 0.99:
            best = right
    assert best / len(truth) >= 0.96


def test_proposals_are_right_and_relatives_are_hardly_ever_among_them(
    made: People, likely: dict[PairOfKeys, float]
) -> None:
    truth = made.true_pairs()
    proposed = [pair for pair, chance in likely.items() if chance >= 0.5]
    wrong = [pair for pair in proposed if pair not in truth]
    assert len(wrong) <= 0.02 * len(proposed)
    assert max(Counter(map(made.lookalike, wrong)).values(), default=0) <= 10


def test_neither_the_order_of_the_rows_nor_the_number_of_workers_changes_anything(
    made: People, likely: dict[PairOfKeys, float]
) -> None:
    shuffled = list(made.records)
    Random(5).shuffle(shuffled)
    assert found_in(shuffled, minimum=0.01, workers=3)[1] == likely


def test_a_stored_model_gives_the_same_probabilities(made: People, likely: dict[PairOfKeys, float]) -> None:
    learned = found_in(made.records, minimum=0.01, workers=1)[0].model
    assert learned.learned
    stored = model_of(learned.as_numbers())
    assert stored is not None
    again = found_in(made.records, minimum=0.01, workers=1, model=stored)[1]
    assert again == pytest.approx(likely)
    assert model_of({**learned.as_numbers(), "version": 0}) is None


def test_two_records_are_enough() -> None:
    assert found_in([person(1), person(2)])[1][1, 2] > 0.99
    assert not found_in([person(1), person(2, first="Kim", ssn="412339054", dob=date(2003, 5, 6))])[1]
    assert not found_in([])[1]


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        ({"first": "a" * 64}, HASHED),
        ({"first": "Refused", "last": "Unknown", "ssn": "", "dob": None}, NO_IDENTITY),
        ({"first": "Jane", "last": "Doe", "ssn": "999999999"}, TOO_LITTLE),
    ],
)
def test_who_cannot_be_matched_is_told_with_the_reason(odd: dict[str, object], reason: str) -> None:
    found, pairs = found_in([person(1), person(2), person(3, **odd)])
    assert {why: rows.tolist() for why, rows in found.skipped.items()} == {reason: [2]}
    assert set(pairs) == {(1, 2)}


def test_a_name_on_everybody_is_no_name() -> None:
    crowd = [person(key, ssn="", dob=date(1950, 1, 2 + key % 28)) for key in range(1, 29)]
    found, pairs = found_in(crowd)
    assert {why: len(rows) for why, rows in found.skipped.items()} == {CONSTANT: 28}
    assert not pairs


def test_a_pair_is_counted_once_by_however_many_rules_it_is_found() -> None:
    assert found_in([person(1), person(2)])[0].candidate_pairs == 1
    assert found_in([person(key) for key in range(1, 6)])[0].candidate_pairs == 5 * 4 // 2
    assert found_in([])[0].candidate_pairs == 0


def test_a_number_on_many_people_says_nothing() -> None:
    names = ["Ada", "Bruno", "Clara", "Dmitri", "Esther", "Farid", "Grace", "Hugo", "Ines", "Jonas", "Karin", "Levi"]
    crowd = [
        person(key, first=name, last=f"{name}sen", dob=date(1940 + 3 * key, key % 12 + 1, 9))
        for key, name in enumerate(names)
    ]
    assert not found_in(crowd)[1]


def test_a_swap_of_names_is_worth_the_names_and_no_more() -> None:
    swapped = {"first": "Whitaker", "last": "Dolores"}
    other = {"ssn": "412339054", "dob": date(2003, 5, 6)}
    as_given = found_in([person(1), person(2, **other)], minimum=0.0)[1]
    turned = found_in([person(1), person(2, **swapped, **other)], minimum=0.0)[1]
    assert turned.get((1, 2), 0.0) < 0.5
    assert as_given.get((1, 2), 0.0) < 0.5
    assert found_in([person(1), person(2, **swapped)])[1][1, 2] > 0.99


def test_a_blank_quality_is_no_reason_to_doubt_a_date() -> None:
    sure = found_in([person(1, dob_quality=1, ssn=""), person(2, dob_quality=1, ssn="")])[1][1, 2]
    assert found_in([person(1, ssn=""), person(2, ssn="")])[1][1, 2] == sure


def test_a_third_record_brings_two_together_that_share_little() -> None:
    early = person(1, ssn="")
    late = person(3, last="Castellanos", dob=None)
    both = person(2)
    alone = found_in([early, late], minimum=0.0)[1]
    assert alone.get((1, 3), 0.0) < found_in([early, both, late], minimum=0.0)[1].get((1, 3), 0.0)


def test_the_bits_of_a_pair_name_no_value() -> None:
    found, _ = found_in([person(1), person(2)])
    assert "Whitaker" not in repr(found)
    assert {field.value for field in found.pairs.bits} >= {"first", "last", "ssn", "dob", "lookalike"}
    assert np.isfinite(np.concatenate(list(found.pairs.bits.values()))).all()


def test_built_in_weights_serve_a_store_that_is_too_small_to_learn_from() -> None:
    found, _ = found_in([person(1), person(2)])
    assert not found.model.learned
    assert found.model.priors.tolist() == default_model(2).priors.tolist()
