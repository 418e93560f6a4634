"""What a store teaches the model, and when it teaches nothing."""

import json
from datetime import date

import pytest

from dedupe.engine import MatchRecord, default_parameters
from dedupe.engine.admission import admit
from dedupe.engine.blocking import find_candidates
from dedupe.engine.compare import Comparer
from dedupe.engine.defaults import DEFAULTS, default_priors
from dedupe.engine.fields import Field, Kind, Level
from dedupe.engine.frequencies import count_values
from dedupe.engine.learning import TOO_FEW_PAIRS, TOO_SMALL, learn
from dedupe.engine.parameters import Parameters
from dedupe.engine.records import in_order
from tests.dedupe.engine.people import make_people
from tests.dedupe.engine.records import prepared, record


def _learned(records: list[MatchRecord]) -> Parameters:
    people, _ = admit(in_order(records))
    comparer = Comparer()
    compared = [(a, b, comparer.levels(people[a], people[b])) for a, b in find_candidates(people).pairs]
    return learn(people, compared, comparer)


def test_a_small_store_keeps_the_built_in_weights() -> None:
    parameters = _learned(make_people(100, seed=31).records)
    assert not parameters.learned
    assert parameters.note == TOO_SMALL
    assert parameters.chances == DEFAULTS


def test_a_store_with_hardly_any_likely_pair_keeps_the_built_in_weights() -> None:
    parameters = _learned(make_people(1_000, seed=32, repeats=0.0).records)
    assert not parameters.learned
    assert parameters.note == TOO_FEW_PAIRS
    assert parameters.chances == DEFAULTS
    assert parameters.priors == default_priors(parameters.records)


def test_a_large_store_teaches_its_share_of_duplicates() -> None:
    made = make_people(3_000, seed=33)
    parameters = _learned(made.records)
    true_share = len(made.true_pairs()) / (3_000 * 2_999 / 2)
    assert parameters.learned
    assert parameters.priors[Kind.SAME] == pytest.approx(true_share, rel=0.15)
    assert sum(parameters.priors.values()) == pytest.approx(1)


def test_a_store_of_careless_desks_learns_that_equal_values_are_rarer() -> None:
    careful, careless = (_learned(make_people(3_000, seed=34, noise=noise).records) for noise in (0.3, 3.0))
    for field in (Field.FIRST, Field.LAST, Field.DOB):
        assert careful.chances[field][Level.SAME].same > careless.chances[field][Level.SAME].same + 0.03


def test_a_field_that_never_varies_counts_for_nothing() -> None:
    made = make_people(2_000, seed=35).records
    plain = _learned([record(one.key, first=one.first, last=one.last, ssn=one.ssn, dob=one.dob) for one in made])
    sex = plain.chances[Field.SEX][Level.SAME]
    assert sex.same / sex.unrelated < 1.1


def test_every_chance_lies_between_nothing_and_certainty() -> None:
    for parameters in (default_parameters(), _learned(make_people(1_500, seed=36).records)):
        for levels in parameters.chances.values():
            for chances in levels.values():
                assert all(0 < chances.of(kind) < 1 for kind in Kind)


@pytest.mark.parametrize("field", list(DEFAULTS))
@pytest.mark.parametrize("kind", list(Kind))
def test_the_built_in_chances_of_a_field_add_up_to_one(field: Field, kind: Kind) -> None:
    assert sum(chances.of(kind) for chances in DEFAULTS[field].values()) == pytest.approx(1, abs=0.012)


@pytest.mark.parametrize("records", [0, 1, 2, 100, 10_000, 5_000_000])
def test_built_in_shares_of_any_store_are_shares(records: int) -> None:
    priors = default_priors(records)
    assert sum(priors.values()) == pytest.approx(1)
    assert all(share > 0 for share in priors.values())
    assert 9 <= default_parameters(records).bits_needed <= 24


def test_rare_values_agree_by_chance_less_often_than_common_ones() -> None:
    people = prepared(*(record(key, last="Garcia") for key in range(50)), record(99, last="Quillfeather"))
    last = count_values(people).last
    assert last.chance("garcia") > last.chance("quillfeather") >= last.floor
    assert last.chance("neverseen") >= last.floor


def test_the_stored_numbers_of_a_model_hold_no_value_of_a_client() -> None:
    parameters = _learned(
        [*make_people(300, seed=37).records, record("zz", last="Quillfeather", dob=date(1987, 3, 11))]
    )
    stored = json.dumps(parameters.as_numbers()) + repr(parameters)
    assert json.loads(json.dumps(parameters.as_numbers()))["records"] == parameters.records
    for value in ("quillfeather", "katherine", "412734471", "1987-03-11", "1987, 3"):
        assert value not in stored.lower()
