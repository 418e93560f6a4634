"""Learning the model from the store itself: what strangers share by chance, and what duplicates look like.

What strangers share is counted on pairs drawn evenly over the store, exact agreement from the counts of the values.
How often records of one person agree is found by expectation–maximisation over the patterns of all candidate pairs;
pairs that no rule brought together are strangers. The built-in chances count as if seen on some pairs before, so that
few data move them little; with very few likely pairs nothing is learned.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dedupe.matching.cleaning import Clean
from dedupe.matching.defaults import PRIOR_RANGE, default_priors
from dedupe.matching.fields import CODE, COMPARED, GROUPS, KINDS, LEVELS, Field, Level, are_among
from dedupe.matching.levels import Comparer, numbered, unpacked
from dedupe.matching.model import SAME, UNRELATED, Dependence, Model, default_model, default_table, weigh
from dedupe.matching.relatives import newest_year
from dedupe.matching.values import Values, pairs_alike

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
LEAST_RECORDS = 200
LEAST_LIKELY_PAIRS = 30
SEED = 0
"""Where the sequence begins that pairs of strangers are drawn by."""
_SAMPLE = 500_000
_SWAPPED_NAMES = 2.0  # names that serve as first and as last names are commoner than others
_SAMPLE_WEIGHT = 2_000.0  # how many sampled pairs the built-in chances of strangers are worth
_PAIR_WEIGHT = 60.0  # how many pairs of one person the built-in chances are worth
_ROUNDS = 40
_SETTLED = 1e-4
_SSN_CHANCE = (1e-9, 2e-6)
_NAME, _DOB, _SSN = CODE[Field.FIRST], CODE[Field.DOB], CODE[Field.SSN]
_EQUAL = tuple(_NAME[level] for level in (Level.SAME_COMMON, Level.SAME, Level.SAME_RARE))

TOO_SMALL = "Built-in weights: the store is too small to learn from."
TOO_FEW_PAIRS = "Built-in weights: there are too few likely pairs to learn from."


def even_pairs(count: int, size: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Draw pairs evenly over the store (an R2 sequence), without chance, so that every run learns the same."""
    if count * (count - 1) // 2 <= size:
        one, other = np.triu_indices(count, 1)
        return one.astype(np.int32), other.astype(np.int32)
    draw = np.arange(SEED + 1, SEED + size + 1, dtype=np.float64)
    one = (draw * 0.7548776662466927 % 1 * count).astype(np.int32)
    other = (draw * 0.5698402909980532 % 1 * count).astype(np.int32)
    different = one != other
    return one[different], other[different]


@dataclass(frozen=True)
class Patterns:
    """The distinct patterns of some pairs, the codes of each field, and how many pairs have each."""

    codes: dict[Field, NDArray[np.int64]]
    count: Counts

    @classmethod
    def of(cls, patterns: NDArray[np.int64]) -> Patterns:
        """Count patterns."""
        distinct, count, _ = numbered(patterns)
        return cls(unpacked(distinct), count)


def _seen(patterns: Patterns, name: Field, weights: Floats) -> Floats:
    """Sum weights by level."""
    return np.bincount(patterns.codes[name], weights=weights, minlength=len(LEVELS[name])).astype(np.float64)


@dataclass(frozen=True)
class Chance:
    """What is known of all pairs of a store: how many are known on both records, and how many agree at each level."""

    all_pairs: float
    levels: dict[Field, Floats]
    """For every field the number of pairs at each level, over the whole store."""
    steady: dict[Field, Floats]
    """What is added to those of strangers, so that a level that was never drawn is not impossible."""


def _over_all(records: Clean, values: Values, sample: Patterns) -> Chance:
    """Estimate the number of pairs at each level in the whole store: drawn ones scaled up, equal values counted."""
    count = len(records)
    all_pairs = count * (count - 1) / 2
    scale = all_pairs / max(float(sample.count.sum()), 1.0)
    built_in, levels, steady = default_table(), {}, {}
    for name in COMPARED:
        drawn = _seen(sample, name, sample.count.astype(np.float64)) * scale
        drawn[0] = 0
        levels[name] = drawn
        steady[name] = _SAMPLE_WEIGHT * scale * built_in[name][UNRELATED]
    for name, column in ((Field.FIRST, records.first), (Field.LAST, records.last)):
        known = pairs_alike(column)[1]
        for code in _EQUAL:
            levels[name][code] = values.same[name].get(code, 0.0) * known
            steady[name][code] = max(values.same[name].get(code, 0.0), 1e-9) * _SAMPLE_WEIGHT * scale
    precise = np.where(records.rough, 0, records.born)
    levels[Field.DOB][_DOB[Level.SAME]] = pairs_alike(precise)[0]
    rough = np.where(records.rough, records.born, 0)
    levels[Field.DOB][_DOB[Level.ROUGH_SAME]] = pairs_alike(rough)[0]
    for level in (Level.SAME, Level.ROUGH_SAME):
        steady[Field.DOB][_DOB[level]] = built_in[Field.DOB][UNRELATED, _DOB[level]] * _SAMPLE_WEIGHT * min(scale, 50.0)
    levels[Field.SSN][_SSN[Level.SAME]] = 0.0
    return Chance(all_pairs, levels, steady)


def _strangers(chance: Chance, expected: dict[Field, Floats], table: dict[Field, Floats]) -> None:
    """Set the chances of strangers: all pairs without those that are expected to be one person or relatives."""
    for name in COMPARED:
        left = np.maximum(chance.levels[name] - expected[name], 0.0) + chance.steady[name]
        for group in GROUPS[name]:
            codes = [CODE[name][level] for level in group]
            table[name][UNRELATED, codes] = left[codes] / left[codes].sum()
    for name in (Field.FIRST, Field.LAST):
        _let_swaps_say_what_names_say(table[name])


def _let_swaps_say_what_names_say(rows: Floats) -> None:
    """Let names be swapped as often in all kinds of pairs: a swap is worth its names, and no more."""
    equal = rows[:, list(_EQUAL)].sum(axis=1)
    close = equal + rows[:, _NAME[Level.NEARLY]] + rows[:, _NAME[Level.SOUNDS_SAME]]
    for level, share in ((Level.SWAPPED, equal), (Level.NEARLY_SWAPPED, close)):
        code = _NAME[level]
        same = rows[SAME, code]
        rows[:, code] = _SWAPPED_NAMES * share * same
        rows[SAME, code] = same


def _with_ssn(table: dict[Field, Floats], by_chance: float) -> None:
    table[Field.SSN][UNRELATED, _SSN[Level.SAME]] = by_chance


def _shares(model: Model, patterns: Patterns) -> Floats:
    """Give for each pattern how likely each kind is."""
    kinds = weigh(model, patterns.codes).kinds
    raised = np.exp2(kinds - kinds.max(axis=1, keepdims=True))
    shares: Floats = raised / raised.sum(axis=1, keepdims=True)
    return shares


def _relearned(seen: Floats, built_in: Floats, name: Field, kind: int, weight: float) -> Floats:
    """Mix what was seen at each level in a kind with the built-in chances."""
    row: Floats = built_in[kind].copy()
    for group in GROUPS[name]:
        codes = [CODE[name][level] for level in group]
        usual = built_in[kind, codes] / built_in[kind, codes].sum()
        row[codes] = (seen[codes] + weight * usual) / (seen[codes].sum() + weight)
    return row


@dataclass
class _Learning:
    """The state of the learning between two rounds."""

    priors: Floats
    table: dict[Field, Floats]
    dependence: Dependence
    likely: float = 0.0


def _step(state: _Learning, patterns: Patterns, chance: Chance, records: int, ssn_pairs: float) -> _Learning:
    model = Model(state.priors, state.table, state.dependence, {}, records, 0, learned=True, note="")
    weights = _shares(model, patterns) * patterns.count[:, None]
    built_in, start = default_table(), default_priors(records)
    table, related = {}, weights.copy()
    related[:, UNRELATED] = 0
    by_level = {name: [_seen(patterns, name, weights[:, kind]) for kind in range(len(KINDS))] for name in COMPARED}
    for name in COMPARED:
        rows = state.table[name].copy()
        rows[SAME] = _relearned(by_level[name][SAME], built_in[name], name, SAME, _PAIR_WEIGHT)
        table[name] = rows
    gone = {name: sum(by_level[name][kind] for kind in range(len(KINDS)) if kind != UNRELATED) for name in COMPARED}
    _strangers(chance, gone, table)  # type: ignore[arg-type]
    same_ssn = by_level[Field.SSN][UNRELATED][_SSN[Level.SAME]]
    _with_ssn(table, float(np.clip((same_ssn + 1) / max(ssn_pairs, 1.0), *_SSN_CHANCE)))
    priors = np.array(
        [
            np.clip(
                weights[:, place].sum() / chance.all_pairs,
                start[kind] / PRIOR_RANGE.get(kind, 1.0),
                start[kind] * PRIOR_RANGE.get(kind, 1.0),
            )
            for place, kind in enumerate(KINDS)
        ]
    )
    priors[UNRELATED] = 1 - (priors.sum() - priors[UNRELATED])
    return _Learning(priors, table, _dependence(patterns, weights, table, chance), float(weights[:, SAME].sum()))


def _dependence(patterns: Patterns, weights: Floats, table: dict[Field, Floats], chance: Chance) -> Dependence:
    """See how strangers of one name agree on the rest. Strangers of one full name tell themselves by their dates."""
    usual = Dependence()
    first, last = (are_among(patterns.codes[name], _EQUAL) for name in (Field.FIRST, Field.LAST))
    apart = are_among(patterns.codes[Field.DOB], [_DOB[Level.DIFFERENT], _DOB[Level.GENERATION]])
    strangers = weights[:, UNRELATED]
    seen = float(strangers[first & last & apart].sum())
    by_name = table[Field.FIRST][UNRELATED, list(_EQUAL)].sum() * table[Field.LAST][UNRELATED, list(_EQUAL)].sum()
    by_date = table[Field.DOB][UNRELATED, [_DOB[Level.DIFFERENT], _DOB[Level.GENERATION]]].sum()
    expected = chance.all_pairs * float(by_name * by_date)
    full_name = float(np.clip((seen + 40 * usual.full_name) / (expected + 40), 1.0, 24.0))
    return replace(usual, full_name=full_name)


def learn(records: Clean, values: Values, candidates: Patterns, comparer: Comparer, *, workers: int = 1) -> Model:
    """Learn the model of a store from its records and the patterns of its candidate pairs."""
    count = len(records)
    if count < LEAST_RECORDS:
        return default_model(count, TOO_SMALL)
    one, other = even_pairs(count, _SAMPLE)
    sample = Patterns.of(comparer.patterns(one, other, workers))
    chance = _over_all(records, values, sample)
    start = default_model(count)
    state = _Learning(start.priors, {name: rows.copy() for name, rows in start.table.items()}, start.dependence)
    ssn_pairs = pairs_alike(records.number)[1]
    for _ in range(_ROUNDS):
        before = state.likely
        after = _step(state, candidates, chance, count, ssn_pairs)
        state = replace_around(after, start)
        if abs(state.likely - before) <= _SETTLED * max(state.likely, 1.0):
            break
    if state.likely < LEAST_LIKELY_PAIRS:
        return default_model(count, TOO_FEW_PAIRS)
    note = f"Learned from {count:,} records and {int(candidates.count.sum()):,} candidate pairs."
    return Model(
        state.priors, state.table, state.dependence, values.usual, count, newest_year(records), learned=True, note=note
    )


def replace_around(state: _Learning, start: Model) -> _Learning:
    """Keep what is said of households and projects: it is learned afterwards."""
    for name in (Field.HOUSEHOLD, Field.PROJECT):
        state.table[name] = start.table[name]
    return state
