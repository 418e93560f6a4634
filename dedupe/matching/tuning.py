"""What decisions teach on top of what a store teaches: by how many bits its evidence is off, and what to propose.

Reviewers decide on proposed pairs alone, so decisions say little about what is far from these: a few corrections are
learned, each held back by a penalty until many decisions ask for it. What they are worth is measured on people that the
corrections have not seen: all decisions about one person, and about whom it was compared with, lie in one part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from dedupe.matching.fields import AROUND, CODE, COMPARED, LEVELS, Field, Level
from dedupe.matching.model import SAME, Model, probabilities_of, weigh

Floats = NDArray[np.float64]
Codes = Mapping[Field, NDArray[np.int64]]
PARTS = 5
"""So many parts are held out, one after the other."""
LEAST_DECISIONS, LEAST_OF_A_KIND = 40, 8
MOST_DISPUTED = 0.1
LEAST_GAIN = 0.005
"""Bits a pair by which the corrections must tell pairs of unseen people better."""
MOST_LOST = 0.01
"""The share of the merged pairs that a higher threshold may lose."""
_THRESHOLDS = tuple(step / 100 for step in range(30, 95, 5))
_LEAST_SEEN = 5
_SHIFT_SPREAD, _BITS_SPREAD = 2.0, 1.0
_MOST_SHIFT, _MOST_BITS = 4.0, 3.0
_ROUNDS = 25
_Z = 1.96


@dataclass(frozen=True)
class Tuning:
    """Corrections in bits: of every pair, and of pairs at some levels; pairs are proposed from `threshold` on."""

    shift: float
    bits: Mapping[Field, Mapping[Level, float]]
    threshold: float

    def as_numbers(self) -> dict[str, object]:
        """Give it as plain numbers that JSON can hold."""
        told = {name.value: {level.value: worth for level, worth in own.items()} for name, own in self.bits.items()}
        return {"shift": self.shift, "bits": told, "threshold": self.threshold}


def tuning_of(numbers: Mapping[str, object]) -> Tuning:
    """Read what `as_numbers` gave."""
    told: Mapping[str, Mapping[str, float]] = numbers["bits"]  # type: ignore[assignment]
    bits = {Field(name): {Level(level): worth for level, worth in own.items()} for name, own in told.items()}
    return Tuning(float(str(numbers["shift"])), bits, float(str(numbers["threshold"])))


def tuned(model: Model, tuning: Tuning | None) -> Model:
    """Give a model with corrections."""
    if tuning is None:
        return model
    table, priors = dict(model.table), model.priors.copy()
    priors[SAME] = min(priors[SAME] * 2**tuning.shift, 0.5)
    for name, own in tuning.bits.items():
        rows = table[name].copy()
        for level, worth in own.items():
            rows[SAME, CODE[name][level]] *= 2**worth
        table[name] = rows
    return replace(model, table=table, priors=priors)


def untuned(model: Model, before: Model) -> Model:
    """Give a model as it was before corrections, with what was learned of households and projects since."""
    return replace(before, table={**before.table, **{name: model.table[name] for name in AROUND}})


@dataclass(frozen=True)
class Decided:
    """Pairs that somebody decided: log2 odds without corrections, levels, the verdict, and whom it is about."""

    weight: Floats
    codes: Codes
    same: NDArray[np.bool_]
    person: NDArray[np.int64]

    def take(self, at: NDArray[np.bool_]) -> Decided:
        """Give some of them."""
        codes = {name: column[at] for name, column in self.codes.items()}
        return Decided(self.weight[at], codes, self.same[at], self.person[at])


@dataclass(frozen=True)
class Share:
    """Part of a number, and between which percentages it lies in 95 of 100 samples (Wilson)."""

    part: int
    whole: int

    @property
    def percent(self) -> float | None:
        """The share, None of nothing."""
        return 100 * self.part / self.whole if self.whole else None

    @property
    def between(self) -> tuple[float, float] | None:
        """The interval, None of nothing."""
        if not self.whole:
            return None
        share, square = self.part / self.whole, _Z * _Z / self.whole
        middle = (share + square / 2) / (1 + square)
        reach = _Z * sqrt(share * (1 - share) / self.whole + square / self.whole / 4) / (1 + square)
        return 100 * max(middle - reach, 0.0), 100 * min(middle + reach, 1.0)


@dataclass(frozen=True)
class Estimate:
    """How well probabilities tell decided pairs: bits of surprise a pair, and what a threshold would have proposed."""

    surprise: float
    precision: Share
    recall: Share

    def as_numbers(self) -> dict[str, object]:
        """Give it as plain numbers."""
        return {
            "surprise": round(self.surprise, 4),
            "precision": [self.precision.part, self.precision.whole],
            "recall": [self.recall.part, self.recall.whole],
        }


@dataclass(frozen=True)
class Lesson:
    """Corrections, and how pairs of unseen people are told without and with them."""

    tuning: Tuning
    before: Estimate
    after: Estimate

    @property
    def is_better(self) -> bool:
        """Whether pairs of unseen people are told better."""
        return self.before.surprise - self.after.surprise >= LEAST_GAIN


def objection(same: NDArray[np.bool_], disputed: int) -> str:
    """Say why nothing can be learned from decisions, "" when it can. `disputed` pairs were left out of them."""
    count, merged = len(same), int(np.count_nonzero(same))
    if count < LEAST_DECISIONS:
        return f"There are {count} decisions to learn from; {LEAST_DECISIONS} are needed."
    if min(merged, count - merged) < LEAST_OF_A_KIND:
        few = "merged" if merged < count - merged else "kept apart"
        fewer = min(merged, count - merged)
        return f"The decisions are one-sided: {fewer} pairs were {few}, {LEAST_OF_A_KIND} are needed."
    if disputed > MOST_DISPUTED * (count + disputed):
        return f"Reviewers disagree on {disputed} of {count + disputed} pairs. Agree on these first."
    return ""


def learn_from(decided: Decided, threshold: float) -> Lesson:
    """Learn corrections from decisions; `threshold` is the present one.

    The new one, too, is judged on people it has not seen: each part by the threshold that the other parts ask for.
    """
    held_out, part = decided.weight.copy(), _parts(decided.person)
    for number in range(PARTS):
        out = part == number
        if out.any() and not out.all():
            learned = _corrections(decided.take(~out))
            held_out[out] = _corrected(decided.take(out), learned)
    probability = probabilities_of(held_out)
    tuning = replace(_corrections(decided), threshold=_threshold(probability, decided.same))
    before = estimate(probabilities_of(decided.weight), decided.same, threshold)
    unseen = np.full(len(part), threshold)
    for number in range(PARTS):
        out = part == number
        if out.any() and not out.all():
            unseen[out] = _threshold(probability[~out], decided.same[~out])
    return Lesson(tuning, before, estimate(probability, decided.same, unseen))


def estimate(probability: Floats, same: NDArray[np.bool_], threshold: float | Floats) -> Estimate:
    """Say how well probabilities tell decided pairs, by one threshold or one of each pair."""
    right = np.clip(np.where(same, probability, 1 - probability), 1e-6, 1)
    proposed = probability >= threshold
    hits = int(np.count_nonzero(proposed & same))
    surprise = float(-np.log2(right).mean()) if len(right) else 0.0
    merged = int(np.count_nonzero(same))
    return Estimate(surprise, Share(hits, int(np.count_nonzero(proposed))), Share(hits, merged))


def _parts(person: NDArray[np.int64]) -> NDArray[np.int64]:
    """Put people into parts, the same in every run."""
    spread = person.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    found: NDArray[np.int64] = ((spread >> np.uint64(40)) % np.uint64(PARTS)).astype(np.int64)
    return found


def _threshold(probability: Floats, same: NDArray[np.bool_]) -> float:
    """Give the highest threshold that would have lost no more than one in a hundred of the merged pairs."""
    merged = probability[same]
    kept = [each for each in _THRESHOLDS if np.count_nonzero(merged < each) <= MOST_LOST * len(merged)]
    return max(kept, default=_THRESHOLDS[0])


def _levels_seen(decided: Decided) -> list[tuple[Field, Level]]:
    found = []
    for name in COMPARED:
        counts = np.bincount(decided.codes[name], minlength=len(LEVELS[name]))
        found += [(name, LEVELS[name][code]) for code in range(1, len(counts)) if counts[code] >= _LEAST_SEEN]
    return found


def _design(decided: Decided, levels: Sequence[tuple[Field, Level]]) -> Floats:
    columns = [decided.codes[name] == CODE[name][level] for name, level in levels]
    return np.column_stack([np.ones(len(decided.weight)), *columns]).astype(np.float64)


def _corrections(decided: Decided) -> Tuning:
    """Find corrections by penalised logistic regression with the evidence as offset (Newton's steps)."""
    levels = _levels_seen(decided)
    design, target = _design(decided, levels) * np.log(2), decided.same.astype(np.float64)
    spread = np.array([_SHIFT_SPREAD] + [_BITS_SPREAD] * len(levels))
    penalty, found = np.diag(1 / spread**2), np.zeros(len(spread))
    offset = np.clip(decided.weight, -40, 40) * np.log(2)
    for _ in range(_ROUNDS):
        chance = 1 / (1 + np.exp(-np.clip(offset + design @ found, -40, 40)))
        slope = design.T @ (target - chance) - penalty @ found
        curve = design.T @ (design * (chance * (1 - chance))[:, None]) + penalty
        step = np.linalg.solve(curve, slope)
        found += np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-7:
            break
    shift = float(np.clip(found[0], -_MOST_SHIFT, _MOST_SHIFT))
    bits: dict[Field, dict[Level, float]] = {}
    for (name, level), worth in zip(levels, np.clip(found[1:], -_MOST_BITS, _MOST_BITS).tolist(), strict=True):
        if abs(worth) >= 0.05:
            bits.setdefault(name, {})[level] = round(worth, 3)
    return Tuning(round(shift, 3), bits, 0.5)


def _corrected(decided: Decided, tuning: Tuning) -> Floats:
    odds: Floats = decided.weight + tuning.shift
    for name, own in tuning.bits.items():
        for level, worth in own.items():
            odds = odds + worth * (decided.codes[name] == CODE[name][level])
    return odds


def level_bits(model: Model) -> dict[Field, list[tuple[Level, float]]]:
    """Give what each level of each field is worth in bits, one person against strangers."""
    found = {}
    for name in (*COMPARED, *AROUND):
        codes = np.arange(1, len(LEVELS[name]), dtype=np.int64)
        bits = weigh(model, {name: codes}).bits[name]
        found[name] = list(zip(LEVELS[name][1:], bits.tolist(), strict=True))
    return found
