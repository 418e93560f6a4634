"""Weights, scores and points."""

from dataclasses import replace
from datetime import date
from math import log2

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.engine import Field, Level, MatchRecord, ScoredPair, default_parameters, score_pair
from dedupe.engine.fields import Kind
from dedupe.engine.frequencies import count_values
from dedupe.engine.scoring import curve, probability_of, share_points
from tests.dedupe.engine.records import bare, prepared, record


def _part(pair: ScoredPair, field: Field) -> float:
    return next(part.weight_bits for part in pair.parts if part.field is field)


def test_two_equal_records_are_very_likely_one_person() -> None:
    pair = score_pair(record(1), record(2))
    assert pair.score >= 98
    assert pair.probability > 0.999999
    assert pair.band == "Very likely the same person"
    assert pair.warnings == ()


def test_two_strangers_score_nothing() -> None:
    other = record(2, first="Tuan", middle="Minh", last="Nguyen", ssn="538119026", dob=date(1961, 8, 24), sex=1)
    pair = score_pair(record(1), other)
    assert pair.score == 0
    assert pair.probability < 1e-9


def test_records_that_know_nothing_in_common_have_no_parts() -> None:
    pair = score_pair(bare(1, first="Ann"), bare(2, last="Boyd"))
    assert pair.parts == ()
    assert pair.score == 0


@pytest.mark.parametrize(
    "other",
    [
        record(2, first="Catherine", last="Sandoval Reyes", ssn="xxxxx4471", dob=date(1987, 3, 17)),
        record(2, first="Kate", middle=None, dob=date(1987, 11, 3), ssn=None),
        record(2, ssn="538119026"),
        record(2, dob=date(1961, 8, 24), ssn=None),
        record(2, first="Maria", last="Lopez"),
        bare(2, first="Katherine", last="Sandoval"),
    ],
)
def test_the_points_add_up_to_the_score(other: MatchRecord) -> None:
    pair = score_pair(record(1), other)
    assert sum(part.points for part in pair.parts) == pair.score
    for part in pair.parts:
        assert part.points == 0 or (part.points > 0) == (part.weight_bits > 0)


def test_each_agreeing_field_adds_to_the_score() -> None:
    name_and_birth = {"first": "Katherine", "last": "Sandoval-Reyes", "dob": date(1987, 3, 11)}
    known = ({"first": "Katherine"}, {"first": "Katherine", "last": "Sandoval-Reyes"}, name_and_birth)
    pairs = [score_pair(record(1), bare(2, **one)) for one in (*known, {**name_and_birth, "ssn": "4471"})]
    assert [pair.score for pair in pairs] == sorted({pair.score for pair in pairs})


def test_a_full_number_is_more_evidence_than_its_last_four_digits() -> None:
    full, part = score_pair(record(1), record(2)), score_pair(record(1), record(2, ssn="4471"))
    assert _part(full, Field.SSN) > _part(part, Field.SSN_PART) + 4


def test_a_shared_number_alone_is_never_enough() -> None:
    pair = score_pair(
        record(1, middle=None), bare(2, first="Tuan", last="Nguyen", ssn="412734471", dob=date(1961, 8, 24))
    )
    assert pair.score < 50


def test_a_rare_name_counts_more_than_a_common_one() -> None:
    rare_names = (record(key, last=f"Qu{chr(97 + key % 26)}l{chr(97 + key // 26)}feather") for key in range(200))
    crowd = prepared(*rare_names, *(record(key + 500, last="Garcia") for key in range(40)), record(600), record(601))
    parameters = default_parameters(242, count_values(crowd))
    common = score_pair(record(1, last="Garcia"), record(2, last="Garcia"), parameters)
    rare = score_pair(record(1), record(2), parameters)
    assert _part(rare, Field.LAST) > _part(common, Field.LAST) + 3


def test_a_number_on_many_records_counts_less() -> None:
    crowd = prepared(*(record(key) for key in range(9)), record(50, ssn="538119026"), record(51, ssn="538119026"))
    parameters = default_parameters(11, count_values(crowd))
    crowded = score_pair(record(1), record(2), parameters)
    own = score_pair(record(1, ssn="538119026"), record(2, ssn="538119026"), parameters)
    assert _part(own, Field.SSN) > _part(crowded, Field.SSN) + 3


def test_twins_are_taken_for_twins() -> None:
    twin = record(2, first="Rosalind", middle=None, ssn="412734472", household_keys=frozenset({"h"}))
    pair = score_pair(record(1, household_keys=frozenset({"h"})), twin)
    assert pair.score < 50
    lookalike = next(part for part in pair.parts if part.field is Field.LOOKALIKE)
    assert lookalike.level is Level.TWINS
    assert lookalike.points < 0


def test_a_father_and_son_of_one_name_are_not_taken_for_one() -> None:
    father = bare(1, first="Darnell", last="Whitlock", suffix="Sr", dob=date(1961, 8, 24), sex=1)
    son = bare(2, first="Darnell", last="Whitlock", suffix="Jr", dob=date(1987, 3, 11), sex=1)
    assert score_pair(father, son).score < 30


def test_a_rare_name_without_dates_is_weaker_when_suffixes_exclude_each_other() -> None:
    senior = bare(1, first="Darnell", last="Whitlock", suffix="Sr")
    junior = bare(2, first="Darnell", last="Whitlock", suffix="Jr")
    pair, plain = score_pair(senior, junior), score_pair(replace(senior, suffix=None), replace(junior, suffix=None))
    assert pair.weight < plain.weight - 2
    assert any(part.level is Level.NAMESAKES for part in pair.parts)


def test_a_child_with_the_parents_number_is_not_the_parent() -> None:
    parent = record(1, dob=date(1987, 3, 11))
    child = record(2, first="Leo", middle=None, dob=date(2019, 6, 2), sex=1)
    assert score_pair(parent, child).score < 50


def test_the_score_of_even_odds_is_fifty_in_any_store() -> None:
    for records in (500, 10_000, 1_000_000):
        needed = default_parameters(records).bits_needed
        assert round(curve(needed, needed)) == 50
        assert curve(0, needed) == curve(-5, needed) == 0
        assert 99 < curve(4 * needed, needed) <= 100


@settings(deadline=None, database=None)
@given(st.floats(-200, 400), st.floats(0, 50), st.floats(9, 24))
def test_more_evidence_never_lowers_the_score(evidence: float, more: float, needed: float) -> None:
    assert 0 <= curve(evidence, needed) <= curve(evidence + more, needed) <= 100


@settings(deadline=None, database=None)
@given(st.lists(st.floats(-14, 21), max_size=12), st.floats(9, 24))
def test_points_always_add_up(bits: list[float], needed: float) -> None:
    score = round(curve(sum(bits), needed))
    points = share_points(bits, score, 50 / needed)
    assert sum(points) == score
    assert len(points) == len(bits)


def test_probability_follows_the_odds() -> None:
    assert probability_of(0) == 0.5
    assert probability_of(log2(3)) == pytest.approx(0.75)
    assert probability_of(1e6) == 1
    assert probability_of(-1e6) == 0


def test_probability_and_weight_agree_with_the_shares_of_the_model() -> None:
    parameters = default_parameters()
    pair = score_pair(bare(1, sex=1), bare(2, sex=1), parameters)
    sex = parameters.chances[Field.SEX][Level.SAME]
    same = parameters.priors[Kind.SAME] * sex.same
    others = sum(parameters.priors[kind] * sex.of(kind) for kind in Kind if kind is not Kind.SAME)
    assert pair.probability == pytest.approx(same / (same + others), rel=0.01)
