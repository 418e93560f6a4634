"""The stages in order: clean, admit, block, compare, learn, weigh, look around, and keep what is likely enough."""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from dedupe.matching.admission import admit
from dedupe.matching.blocking import USUAL, CappedBlock, find_candidates
from dedupe.matching.cleaning import Clean, clean, places_of
from dedupe.matching.columns import Columns
from dedupe.matching.fields import CODE, KINDS, Field, Kind, Level
from dedupe.matching.households import code_of, families_of, household_levels, learn_around, project_levels, within
from dedupe.matching.levels import Comparer, unpacked
from dedupe.matching.model import UNRELATED, Model, odds_of, probabilities_of, weigh
from dedupe.matching.training import counted, learn
from dedupe.matching.values import Values, count_values

Places = NDArray[np.int32]
Floats = NDArray[np.float64]
MINIMUM_PROBABILITY = 0.5
_HOPELESS_BITS = -16.0  # patterns below it are dropped before values and households are looked at
_PROMISING_BITS = -9.0  # household evidence cannot lift a pair from further below
_CROWDED_NUMBER = 1.5  # a number on many records says less: forms, desks and parents lend theirs
_NAME = CODE[Field.FIRST]
_EQUAL = tuple(_NAME[level] for level in (Level.SAME_COMMON, Level.SAME, Level.SAME_RARE))
_TWO_DATES = tuple(CODE[Field.DOB][level] for level in (Level.DIFFERENT, Level.GENERATION, Level.YEAR_NEAR))
_ONE_FIRST_NAME = (
    *_EQUAL,
    *(_NAME[level] for level in (Level.SHORT_FORM, Level.SOUNDS_SAME, Level.NEARLY, Level.PART)),
)
_MEMBERS_BITS = -6.0
_SURE_BITS = 5.0  # links to a third record count from these log2 odds on
_THIRD_COSTS = 1.5  # what a way over a third record is weaker than its weaker link
_THIRD_LIFTS = 9.0  # and by how many bits it lifts a pair at most, so that clear contradictions hold
_MOST_LINKS = 12
_BY_CHANCE = tuple(KINDS.index(kind) for kind in (Kind.UNRELATED, Kind.TWINS, Kind.SHARED_NUMBER, Kind.RELATIVES))
"""The kinds of which two share a first name by chance alone."""


@dataclass
class Clock:
    """The seconds that each stage took."""

    seconds: dict[str, float] = field(default_factory=dict)
    _began: float = field(default_factory=perf_counter)

    def ends(self, stage: str) -> None:
        """Note that a stage has ended; stages of one name add up."""
        now = perf_counter()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self._began
        self._began = now


@dataclass(frozen=True)
class Pairs:
    """Pairs as rows of the columns, strongest first, with the evidence of each in bits by field."""

    one: Places
    other: Places
    probability: Floats
    weight: Floats
    bits: Mapping[Field, Floats]
    levels: Mapping[Field, NDArray[np.int64]]
    suspected: NDArray[np.int64]
    """The kind that is the most likely one besides SAME, as its place in KINDS."""

    def __len__(self) -> int:
        """Give the number of pairs."""
        return len(self.one)


@dataclass(frozen=True)
class Matched:
    """What was found, and how much was looked at."""

    pairs: Pairs
    model: Model
    records: int
    matchable: int
    candidate_pairs: int
    capped: tuple[CappedBlock, ...]
    skipped: Mapping[str, NDArray[np.int32]]
    """The rows that took no part, by the sentence that says why."""
    seconds: Mapping[str, float]


def usual_workers() -> int:
    """Give the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def peak_mb() -> float:
    """Give the largest memory that this process has held, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024 / (1024 if sys.platform == "darwin" else 1)


def match(
    columns: Columns,
    *,
    model: Model | None = None,
    minimum: float = MINIMUM_PROBABILITY,
    rules: dict[str, tuple[str, ...]] = USUAL,
    workers: int | None = None,
    clock: Clock | None = None,
) -> Matched:
    """Find pairs of records that may be one person, from probability `minimum` on.

    Without `model` it is learned from the records. The result depends neither on the order of the rows nor on the
    number of workers.
    """
    at_once, clock = workers or usual_workers(), clock or Clock()
    records, skipped = admit(clean(columns))
    clock.ends("read")
    candidates = find_candidates(records, rules, at_once)
    clock.ends("block")
    values = count_values(records)
    comparer = Comparer(records, values.rank[Field.FIRST], values.rank[Field.LAST])
    patterns = comparer.patterns(candidates.one, candidates.other, at_once)
    clock.ends("score")
    distinct, numbers = counted(patterns)
    learned = model or learn(records, values, distinct, comparer, workers=at_once)
    clock.ends("em")
    alike = odds_of(weigh(learned, distinct.codes).kinds)
    keep = np.flatnonzero(alike[np.searchsorted(numbers, patterns)] > _HOPELESS_BITS)
    one, other = candidates.one[keep], candidates.other[keep]
    judged = _judge(learned, records, values, one, other, unpacked(patterns[keep]))
    found, learned = _look_around(judged, records, columns, learned, learn_more=model is None)
    clock.ends("score")
    found = _with_third_records(found, records, values, learned, comparer)
    clock.ends("cluster")
    return Matched(
        pairs=_strongest(found, records, minimum),
        model=learned,
        records=len(columns),
        matchable=len(records),
        candidate_pairs=candidates.looked_at,
        capped=candidates.capped,
        skipped=skipped,
        seconds=clock.seconds,
    )


@dataclass(frozen=True)
class _Judged:
    """Pairs on their way, as places of records, with the codes of their fields."""

    one: Places
    other: Places
    codes: dict[Field, NDArray[np.int64]]
    bits: dict[Field, Floats]
    kinds: Floats
    odds: Floats

    def take(self, places: NDArray[np.generic]) -> _Judged:
        return _Judged(
            self.one[places],
            self.other[places],
            {name: codes[places] for name, codes in self.codes.items()},
            {name: bits[places] for name, bits in self.bits.items()},
            self.kinds[places],
            self.odds[places],
        )


def _judge(
    model: Model,
    records: Clean,
    values: Values,
    one: Places,
    other: Places,
    codes: dict[Field, NDArray[np.int64]],
) -> _Judged:
    """Weigh pairs one by one: by their levels, and by how rare the values are that they agree on."""
    weighed = weigh(model, codes)
    kinds, bits = weighed.kinds.copy(), dict(weighed.bits)
    for name, column in ((Field.FIRST, records.first), (Field.LAST, records.last)):
        equal = np.isin(codes[name], _EQUAL)
        rarer = np.where(equal, values.bits[name][column[one]], 0.0)
        bits[name] = bits[name] + rarer
        for kind in _BY_CHANCE if name is Field.FIRST else (UNRELATED,):
            kinds[:, kind] -= rarer
    same_number = codes[Field.SSN] == CODE[Field.SSN][Level.SAME]
    crowded = np.where(same_number, _CROWDED_NUMBER * np.log2(np.maximum(values.ssn_holders[one] - 1, 1)), 0.0)
    bits[Field.SSN] = bits[Field.SSN] - crowded
    kinds[:, UNRELATED] += crowded
    return _Judged(one, other, codes, bits, kinds, odds_of(kinds))


def _look_around(
    judged: _Judged, records: Clean, columns: Columns, model: Model, *, learn_more: bool
) -> tuple[_Judged, Model]:
    """Add what households and projects say to the promising pairs."""
    some = judged.take(np.flatnonzero(judged.odds > _PROMISING_BITS))
    count = len(records)
    families = families_of(places_of(columns.households, records, len(columns)), count)
    projects = places_of(columns.projects, records, len(columns))
    around = {
        Field.HOUSEHOLD: household_levels(families, some.one, some.other, some.odds),
        Field.PROJECT: project_levels(projects, count, some.one, some.other),
    }
    if learn_more and model.learned:
        model = learn_around(model, around, probabilities_of(some.odds))
    weighed = weigh(model, around)
    kinds = some.kinds + weighed.kinds - np.log2(model.priors)
    codes, bits = {**some.codes, **around}, {**some.bits, **weighed.bits}
    apart = _two_members(codes)
    bits[Field.HOUSEHOLD] = bits[Field.HOUSEHOLD] + apart
    kinds[:, KINDS.index(Kind.SAME)] += apart
    return _Judged(some.one, some.other, codes, bits, kinds, odds_of(kinds)), model


def _two_members(codes: Mapping[Field, NDArray[np.int64]]) -> Floats:
    """Give the bits against pairs who entered together as two people: told apart by birth dates, or as twins are."""
    together = codes[Field.HOUSEHOLD] == CODE[Field.HOUSEHOLD][Level.SAME_ENTRY]
    dates = np.isin(codes[Field.DOB], _TWO_DATES)
    twins = ~np.isin(codes[Field.FIRST], _ONE_FIRST_NAME) & (codes[Field.SSN] != CODE[Field.SSN][Level.SAME])
    return np.where(together & (dates | twins), _MEMBERS_BITS, 0.0)


def _with_third_records(found: _Judged, records: Clean, values: Values, model: Model, comparer: Comparer) -> _Judged:
    """Raise pairs of which both records are very likely one person with the same third one, if little speaks against.

    Pairs that no rule brought together are compared here.
    """
    sure = np.flatnonzero(found.odds >= _SURE_BITS)
    one, other, bits = _by_third(found.one[sure], found.other[sure], found.odds[sure])
    if not len(one):
        return found
    known, wanted = code_of(found.one, found.other), code_of(one, other)
    order = np.argsort(known)
    fresh = ~within(wanted, known[order])
    if fresh.any():
        codes = unpacked(comparer.patterns(one[fresh], other[fresh]))
        judged = _judge(model, records, values, one[fresh], other[fresh], codes)
        found = _joined(found, judged)
        known = code_of(found.one, found.other)
        order = np.argsort(known)
    at = order[np.searchsorted(known[order], wanted)]
    lifted = np.maximum(found.odds[at], np.minimum(bits - _THIRD_COSTS, found.odds[at] + _THIRD_LIFTS))
    through = np.zeros(len(found.odds))
    through[at] = lifted - found.odds[at]
    kinds = found.kinds.copy()
    kinds[:, KINDS.index(Kind.SAME)] += through
    return replace(found, bits={**found.bits, Field.OTHERS: through}, kinds=kinds, odds=found.odds + through)


def _by_third(one: Places, other: Places, odds: Floats) -> tuple[Places, Places, Floats]:
    """Give the pairs of records that are both linked to a third one, and the weaker of the two links."""
    middle, ends, bits = np.concatenate((one, other)), np.concatenate((other, one)), np.concatenate((odds, odds))
    order = np.lexsort((ends, middle))
    middle, ends, bits = middle[order], ends[order], bits[order]
    lows, highs, weaker = [], [], []
    for distance in range(1, _MOST_LINKS):
        same = middle[distance:] == middle[:-distance]
        lows.append(ends[:-distance][same])
        highs.append(ends[distance:][same])
        weaker.append(np.minimum(bits[:-distance][same], bits[distance:][same]))
    low, high, weak = np.concatenate(lows), np.concatenate(highs), np.concatenate(weaker)
    order = np.lexsort((weak, high, low))
    low, high, weak = low[order], high[order], weak[order]
    last = np.ones(len(low), dtype=np.bool_)
    last[:-1] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    return low[last], high[last], weak[last]


def _joined(found: _Judged, more: _Judged) -> _Judged:
    """Put pairs behind others; of the people around them nothing is said."""
    nothing = np.zeros(len(more.one))
    return _Judged(
        np.concatenate((found.one, more.one)),
        np.concatenate((found.other, more.other)),
        {
            name: np.concatenate((codes, more.codes.get(name, nothing.astype(np.int64))))
            for name, codes in found.codes.items()
        },
        {name: np.concatenate((bits, more.bits.get(name, nothing))) for name, bits in found.bits.items()},
        np.concatenate((found.kinds, more.kinds)),
        np.concatenate((found.odds, more.odds)),
    )


def _strongest(found: _Judged, records: Clean, minimum: float) -> Pairs:
    probability = probabilities_of(found.odds)
    good = np.flatnonzero(probability >= minimum)
    good = good[np.lexsort((found.other[good], found.one[good], -found.odds[good]))]
    kept = found.take(good)
    others = kept.kinds.copy()
    others[:, KINDS.index(Kind.SAME)] = -np.inf
    all_kinds = _lookalike_bits(kept.kinds)
    return Pairs(
        one=records.rows[kept.one],
        other=records.rows[kept.other],
        probability=probability[good],
        weight=kept.odds,
        bits={**kept.bits, Field.LOOKALIKE: all_kinds},
        levels=kept.codes,
        suspected=others.argmax(axis=1) if len(others) else np.zeros(0, dtype=np.int64),
    )


def _lookalike_bits(kinds: Floats) -> Floats:
    """Give what look-alikes take off the odds against strangers, at most zero."""
    against = odds_of(kinds)
    by_strangers: Floats = kinds[:, KINDS.index(Kind.SAME)] - kinds[:, UNRELATED]
    return np.minimum(against - by_strangers, 0.0)
