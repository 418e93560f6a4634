"""What decisions teach: corrections that hold on people they have not seen, or nothing."""

import numpy as np
import pytest

from dedupe.matching.fields import CODE, COMPARED, Field, Level
from dedupe.matching.matching import match
from dedupe.matching.model import default_model
from dedupe.matching.tuning import Decided, Share, Tuning, learn_from, level_bits, objection, tuned, tuning_of
from tests.dedupe.matching.columns import columns_of
from tests.dedupe.matching.people import make_people

SUFFIXES = CODE[Field.SUFFIX]


def decided(count: int, *, off: float = 0.0, persons: int | None = None) -> Decided:
    """Make decisions of which half agree on a suffix; reviewers think these `off` bits likelier than the model."""
    chance = np.random.default_rng(4)
    weight = chance.normal(1.0, 2.0, count)
    same_suffix = np.arange(count) % 2 == 0
    codes = {name: np.zeros(count, dtype=np.int64) for name in COMPARED}
    codes[Field.SUFFIX] = np.where(same_suffix, SUFFIXES[Level.SAME], SUFFIXES[Level.DIFFERENT])
    odds = weight + np.where(same_suffix, off, -off)
    same = chance.random(count) < 1 / (1 + np.exp2(-odds))
    return Decided(weight, codes, same, np.arange(count) % (persons or count))


def test_weights_that_are_off_are_put_right() -> None:
    lesson = learn_from(decided(800, off=3.0), 0.5)
    bits = lesson.tuning.bits[Field.SUFFIX]
    assert bits[Level.SAME] > 1.5
    assert bits[Level.DIFFERENT] < -1.5
    assert lesson.is_better
    assert lesson.after.surprise < lesson.before.surprise


def test_weights_that_are_right_are_left() -> None:
    lesson = learn_from(decided(800), 0.5)
    assert not lesson.is_better
    assert abs(lesson.tuning.shift) < 0.5


def test_what_is_known_of_the_same_people_is_no_estimate() -> None:
    """Every decision is about one of five people, who are each in one part: a part is never learned from itself."""
    made = decided(300, off=3.0, persons=1)
    lesson = learn_from(made, 0.5)
    assert lesson.after.surprise == pytest.approx(lesson.before.surprise)


def test_the_threshold_rises_only_as_far_as_merged_pairs_allow() -> None:
    made = decided(600)
    certain = Decided(np.where(made.same, 6.0, -1.0), made.codes, made.same, made.person)
    assert learn_from(certain, 0.5).tuning.threshold == 0.9
    doubtful = Decided(np.where(made.same, -0.5, -1.0), made.codes, made.same, made.person)
    assert learn_from(doubtful, 0.5).tuning.threshold < 0.9


def test_the_threshold_is_judged_on_people_who_did_not_choose_it() -> None:
    """One person's three pairs ask for a low threshold, and would be lost by the one that all others ask for."""
    made = decided(100)
    same = made.same.copy()
    same[:3] = True
    weight = np.where(same, 8.0, -8.0)
    weight[:3] = -1.0
    person = made.person.copy()
    person[:3] = 0
    lesson = learn_from(Decided(weight, made.codes, same, person), 0.5)
    assert lesson.tuning.threshold < 0.5
    merged = int(np.count_nonzero(same))
    assert (lesson.after.recall.part, lesson.after.recall.whole) == (merged - 3, merged)


@pytest.mark.parametrize(
    ("merged", "apart", "disputed", "said"),
    [
        (20, 10, 0, "There are 30 decisions to learn from; 40 are needed."),
        (60, 3, 0, "The decisions are one-sided: 3 pairs were kept apart, 8 are needed."),
        (3, 60, 0, "The decisions are one-sided: 3 pairs were merged, 8 are needed."),
        (40, 20, 10, "Reviewers disagree on 10 of 70 pairs. Agree on these first."),
        (40, 20, 2, ""),
    ],
)
def test_too_little_or_contradictory_decisions_teach_nothing(merged: int, apart: int, disputed: int, said: str) -> None:
    assert objection(np.array([True] * merged + [False] * apart), disputed) == said


def test_corrections_are_kept_as_numbers_and_change_the_weights() -> None:
    tuning = Tuning(0.5, {Field.SUFFIX: {Level.SAME: 0.25}}, 0.6)
    assert tuning_of(tuning.as_numbers()) == tuning
    model = default_model(1_000)
    before, after = (dict(level_bits(each)[Field.SUFFIX]) for each in (model, tuned(model, tuning)))
    assert after[Level.SAME] - before[Level.SAME] == pytest.approx(0.25)
    assert after[Level.DIFFERENT] == before[Level.DIFFERENT]
    assert tuned(model, None) is model


def test_a_scan_with_corrections_learns_the_same_of_the_store() -> None:
    columns = columns_of(make_people(400, seed=3).records)
    plain = match(columns)
    moved = match(columns, tuning=Tuning(-2.0, {}, 0.5))
    assert moved.pairs.weight.max() < plain.pairs.weight.max()
    assert {name: moved.base.as_numbers()[name] for name in ("priors", "usual")} == {
        name: plain.model.as_numbers()[name] for name in ("priors", "usual")
    }


def test_an_interval_of_a_share_is_wider_where_less_is_known() -> None:
    few, many = Share(9, 10).between, Share(900, 1_000).between
    assert few is not None
    assert many is not None
    assert few[0] < many[0] < 90 < many[1] < few[1]
    assert (Share(0, 0).percent, Share(0, 0).between) == (None, None)
