"""Learn the model from the store itself: what unrelated people share by chance, and what duplicates look like.

How often unrelated people agree is counted on pairs drawn evenly from the whole store. How often records of one
person agree is found by expectation–maximisation over the patterns of all candidate pairs; pairs that no rule
brought together count as unrelated. The built-in weights stand in as if they had been seen on some pairs before, so
that few data move them little; with very few likely pairs nothing is learned at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp, log

from dedupe.engine.compare import Comparer
from dedupe.engine.defaults import DEFAULTS, Chances, Table, default_priors
from dedupe.engine.dependence import learn_dependence
from dedupe.engine.fields import FIELDS, LOOKALIKES, PLACE, Field, Kind, Level, Pattern
from dedupe.engine.frequencies import Frequencies, count_values
from dedupe.engine.parameters import Parameters, default_parameters
from dedupe.engine.prepare import Prepared
from dedupe.engine.scoring import Scorer

LEAST_RECORDS = 200
LEAST_LIKELY_PAIRS = 40
_SAMPLE = 20_000
_SAMPLE_WEIGHT = 2_000  # how many sampled pairs the built-in chances of unrelated people are worth
_PAIR_WEIGHT = 120.0  # how many pairs of one person the built-in chances are worth
_PAIR_SHARE = 0.25  # and this share of the pairs found, so that learning cannot run away
_RARITY_STEP = 2.0  # bits; values are taken for equally rare within a step
_ROUNDS = 30
_SETTLED = 0.002  # a change of the expected number of duplicates this small ends the learning
# A weight a few odd pairs must not move: swapped names are a double level, set by hand.
_FIXED_LEVELS = frozenset({Level.SWAPPED, Level.NEARLY_SWAPPED})
# Chance agreement on these is too rare to be seen in a sample; one household is judged apart.
_NOT_SAMPLED = frozenset({Field.SSN, Field.SSN_PART, Field.HOUSEHOLD})
_PRIOR_RANGE = 8.0  # a share may become this many times larger or smaller than the built-in one
_SSN_CHANCE = (2e-7, 2e-5)
_HOPELESS = 1e-7

TOO_SMALL = "Built-in weights: the store is too small to learn from."
TOO_FEW_PAIRS = "Built-in weights: there are too few likely pairs to learn from."


def _even_pairs(count: int, size: int) -> list[tuple[int, int]]:
    """Draw pairs evenly over the store (an R2 sequence), without chance, so that every run learns the same."""
    pairs = []
    for draw in range(1, size + 1):
        one = int(draw * 0.7548776662466927 % 1 * count)
        other = int(draw * 0.5698402909980532 % 1 * count)
        if one != other:
            pairs.append((one, other))
    return pairs


def _sample(people: Sequence[Prepared], comparer: Comparer) -> dict[Field, Counter[Level]]:
    counts: dict[Field, Counter[Level]] = {field: Counter() for field in FIELDS}
    drawn = _even_pairs(len(people), min(_SAMPLE, len(people) * 5))
    patterns = Counter(comparer.levels(people[one], people[other]) for one, other in drawn)
    for pattern, seen in patterns.items():
        for field, level in zip(FIELDS, pattern, strict=True):
            if level is not Level.MISSING:
                counts[field][level] += seen
    return counts


def _chance_table(counts: Mapping[Field, Counter[Level]], frequencies: Frequencies) -> Table:
    """Mix the built-in chances of unrelated people with what the sample shows; exact agreement comes from counts."""
    exact = {
        Field.FIRST: frequencies.first.average,
        Field.LAST: frequencies.last.average,
        Field.DOB: frequencies.dob.average,
    }

    def by_chance(field: Field, level: Level, built_in: float) -> float:
        if level is Level.SAME and field in exact:
            return exact[field]
        if level is Level.SWAPPED:
            return exact[field] * DEFAULTS[field][level].same
        if field in _NOT_SAMPLED or level in _FIXED_LEVELS:
            return built_in
        return (counts[field][level] + _SAMPLE_WEIGHT * built_in) / (counts[field].total() + _SAMPLE_WEIGHT)

    return {
        field: {
            level: replace(chances, unrelated=by_chance(field, level, chances.unrelated))
            for level, chances in levels.items()
        }
        for field, levels in DEFAULTS.items()
    }


@dataclass(slots=True)
class _Model:
    """What is learned: the share of each kind, the levels of one person's pairs, strangers with one SSN."""

    priors: dict[Kind, float]
    same: dict[Field, dict[Level, float]]
    ssn_by_chance: float


@dataclass(frozen=True, slots=True)
class _Row:
    """One pattern, how often it comes, and what does not change while learning."""

    pattern: Pattern
    count: int
    known: tuple[tuple[Field, Level], ...]
    fixed: dict[Kind, float]
    same_ssn: bool


def _rows(counted: Counter[tuple[Pattern, int]], start: Parameters) -> list[_Row]:
    rows = []
    for (pattern, rarer), count in sorted(counted.items()):
        known = tuple((f, level) for f, level in zip(FIELDS, pattern, strict=True) if level is not Level.MISSING)
        same_ssn = pattern[PLACE[Field.SSN]] is Level.SAME
        fixed: dict[Kind, float] = {
            kind: sum(log(start.chances[field][level].of(kind)) for field, level in known) for kind in LOOKALIKES
        }
        by_chance = (
            start.dependence.unrelated(pattern, field, level, start.chances[field][level].unrelated)
            for field, level in known
            if not (field is Field.SSN and same_ssn)
        )
        fixed[Kind.UNRELATED] = sum(map(log, by_chance)) - rarer * _RARITY_STEP * log(2)
        rows.append(_Row(pattern, count, known, fixed, same_ssn))
    return rows


def _shares(row: _Row, model: _Model, logs: Mapping[Kind, float]) -> dict[Kind, float]:
    """Give how likely each kind is for a pattern."""
    same = logs[Kind.SAME] + sum(log(model.same[field][level]) for field, level in row.known)
    values = {Kind.SAME: same}
    for kind, fixed in row.fixed.items():
        values[kind] = logs[kind] + fixed
    if row.same_ssn:
        values[Kind.UNRELATED] += log(model.ssn_by_chance)
    top = max(values.values())
    weights = {kind: exp(value - top) for kind, value in values.items()}
    total = sum(weights.values())
    return {kind: weight / total for kind, weight in weights.items()}


@dataclass(slots=True)
class _Seen:
    """The expected counts of one round."""

    kinds: dict[Kind, float]
    levels: dict[Field, dict[Level, float]]
    strangers_with_one_ssn: float
    hopeful: list[_Row]


def _expect(rows: Sequence[_Row], model: _Model) -> _Seen:
    seen = _Seen(dict.fromkeys(Kind, 0.0), {f: dict.fromkeys(DEFAULTS[f], 0.0) for f in FIELDS}, 0.0, [])
    logs = {kind: log(share) for kind, share in model.priors.items()}
    for row in rows:
        shares = _shares(row, model, logs)
        for kind, share in shares.items():
            seen.kinds[kind] += share * row.count
        expected = shares[Kind.SAME] * row.count
        for field, level in row.known:
            seen.levels[field][level] += expected
        if row.same_ssn:
            seen.strangers_with_one_ssn += shares[Kind.UNRELATED] * row.count
        if shares[Kind.UNRELATED] < 1 - _HOPELESS or row.same_ssn:
            seen.hopeful.append(row)
    return seen


def _within(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


def _new_priors(seen: _Seen, start: Mapping[Kind, float], all_pairs: int) -> dict[Kind, float]:
    priors = {
        kind: _within(seen.kinds[kind] / all_pairs, start[kind] / _PRIOR_RANGE, start[kind] * _PRIOR_RANGE)
        for kind in (Kind.SAME, *LOOKALIKES)
    }
    priors[Kind.UNRELATED] = 1 - sum(priors.values())
    return priors


def _new_same(seen: _Seen) -> dict[Field, dict[Level, float]]:
    """Mix what was seen among pairs of one person with the built-in chances. Household evidence stays as it is."""
    weight = _PAIR_WEIGHT + _PAIR_SHARE * seen.kinds[Kind.SAME]
    learned: dict[Field, dict[Level, float]] = {}
    for field, levels in DEFAULTS.items():
        if field is Field.HOUSEHOLD:
            learned[field] = {level: chances.same for level, chances in levels.items()}
            continue
        total = sum(seen.levels[field].values()) + weight
        learned[field] = {
            level: chances.same
            if level in _FIXED_LEVELS
            else (seen.levels[field][level] + weight * chances.same) / total
            for level, chances in levels.items()
        }
    return learned


def _maximise(rows: list[_Row], model: _Model, records: int, full_ssns: int) -> _Model | None:
    """Repeat expectation and maximisation until the number of duplicates settles; None when there are too few."""
    all_pairs = records * (records - 1) // 2
    ssn_pairs = max(full_ssns * (full_ssns - 1) // 2, 1)
    start = dict(model.priors)
    before = 0.0
    for turn in range(_ROUNDS):
        seen = _expect(rows, model)
        rows = seen.hopeful
        duplicates = seen.kinds[Kind.SAME]
        if turn == 0 and duplicates < LEAST_LIKELY_PAIRS:
            return None
        by_chance = _within(seen.strangers_with_one_ssn / ssn_pairs, *_SSN_CHANCE)
        model = _Model(_new_priors(seen, start, all_pairs), _new_same(seen), by_chance)
        if abs(duplicates - before) <= _SETTLED * duplicates:
            break
        before = duplicates
    return model


def _with_model(table: Table, model: _Model) -> Table:
    learned: dict[Field, dict[Level, Chances]] = {}
    for field, levels in table.items():
        learned[field] = {level: replace(chances, same=model.same[field][level]) for level, chances in levels.items()}
    number = learned[Field.SSN]
    number[Level.SAME] = replace(number[Level.SAME], unrelated=model.ssn_by_chance)
    return learned


def _before_learning(
    people: Sequence[Prepared], patterns: Sequence[Pattern], comparer: Comparer, frequencies: Frequencies
) -> Parameters:
    """Put together what is known of strangers before duplicates are looked at."""
    records = len(people)
    table = _chance_table(_sample(people, comparer), frequencies)
    priors = default_priors(records)
    pairs = records * (records - 1) / 2
    dates_differ = {level: table[Field.DOB][level] for level in (Level.GENERATION, Level.DIFFERENT)}
    named = sum(bool(person.first and person.last and person.dob) for person in people)
    by_chance = named * (named - 1) / 2 * table[Field.FIRST][Level.SAME].unrelated
    by_chance *= table[Field.LAST][Level.SAME].unrelated * sum(row.unrelated for row in dates_differ.values())
    mistaken = pairs * sum(
        priors[kind] * sum(row.of(kind) for row in dates_differ.values()) for kind in (Kind.SAME, Kind.NAMESAKES)
    )
    dependence = learn_dependence(people, patterns, by_chance, mistaken)
    start = default_parameters(records, frequencies)
    return replace(start, chances=table, dependence=dependence)


def learn(people: Sequence[Prepared], compared: Sequence[tuple[int, int, Pattern]], comparer: Comparer) -> Parameters:
    """Learn the model of a store from its records and its compared candidate pairs (two places and a pattern)."""
    records = len(people)
    frequencies = count_values(people)
    if records < LEAST_RECORDS:
        return default_parameters(records, frequencies, TOO_SMALL)
    start = _before_learning(people, [pattern for _, _, pattern in compared], comparer, frequencies)
    scorer = Scorer(start)
    counted = Counter(
        (pattern, round(scorer.rarer_bits(pattern, people[one]) / _RARITY_STEP)) for one, _, pattern in compared
    )
    model = _Model(
        priors=dict(start.priors),
        same={field: {level: row.same for level, row in levels.items()} for field, levels in start.chances.items()},
        ssn_by_chance=start.chances[Field.SSN][Level.SAME].unrelated,
    )
    learned = _maximise(_rows(counted, start), model, records, sum(person.ssn_full for person in people))
    if learned is None:
        return default_parameters(records, frequencies, TOO_FEW_PAIRS)
    return replace(
        start,
        priors=learned.priors,
        chances=_with_model(start.chances, learned),
        learned=True,
        note=f"Learned from {records:,} records and {len(compared):,} candidate pairs.",
    )
