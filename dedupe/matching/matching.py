"""The stages in order: clean, admit, block, compare, learn, weigh, look around, and keep what is likely enough."""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from dedupe.matching.admission import admit
from dedupe.matching.blocking import USUAL, CappedBlock
from dedupe.matching.cleaning import Clean, clean
from dedupe.matching.columns import Columns
from dedupe.matching.fields import Field
from dedupe.matching.households import code_of, within
from dedupe.matching.judging import PROMISING_BITS, Judged, Pairs, joined, judge, look_around, pairs_of, strongest
from dedupe.matching.levels import Comparer
from dedupe.matching.looking import Look, Task, look_here
from dedupe.matching.model import SAME, Model, odds_of, weigh
from dedupe.matching.sweeping import without_sweeping
from dedupe.matching.training import learn
from dedupe.matching.tuning import Tuning, tuned, untuned
from dedupe.matching.values import Store, Values, count_values, values_within

Places = NDArray[np.int32]
Floats = NDArray[np.float64]
MINIMUM_PROBABILITY = 0.5
_HOPELESS_BITS = -16.0  # patterns below it are dropped before values and households are looked at
_SURE_BITS = 5.0  # links to a third record count from these log2 odds on
_THIRD_COSTS = 1.5  # what a way over a third record is weaker than its weaker link
_THIRD_LIFTS = 9.0  # and by how many bits it lifts a pair at most, so that clear contradictions hold
_MOST_LINKS = 12


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
class Matched:
    """What was found, and how much was looked at."""

    pairs: Pairs
    model: Model
    """With the corrections that it was used with."""
    base: Model
    """Without."""
    records: int
    matchable: int
    candidate_pairs: int
    """The pairs that were compared, each once: rules brought them together, and their lanes let them be one person.

    Those that the lanes tell to be two are dropped before they are pairs, and not counted: each rule meets them anew.
    Pairs that only a third record brought together come on top.
    """
    capped: tuple[CappedBlock, ...]
    skipped: Mapping[str, NDArray[np.int32]]
    """The rows that took no part, by the sentence that says why."""
    seconds: Mapping[str, float]


def usual_workers() -> int:
    """Give the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def peak_mb() -> float:
    """Give the largest memory that this process has held, in MB."""
    with suppress(OSError, StopIteration):  # what `getrusage` says begins with what its parent held when it was made
        lines = Path("/proc/self/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024 / (1024 if sys.platform == "darwin" else 1)


@without_sweeping()
def match(
    columns: Columns,
    *,
    model: Model | None = None,
    store: Store | None = None,
    minimum: float = MINIMUM_PROBABILITY,
    rules: dict[str, tuple[str, ...]] = USUAL,
    workers: int | None = None,
    clock: Clock | None = None,
    look: Look = look_here,
    tuning: Tuning | None = None,
) -> Matched:
    """Find pairs of records that may be one person, from probability `minimum` on.

    Without `model` it is learned from the records. With one, they may be a part of a `store` and are judged as in it;
    all of a household and all who share a number have to be there then. The result depends neither on the order of the
    rows nor on the number of workers, nor on where pairs are looked at. `tuning` corrects what the model says.
    """
    at_once, clock = workers or usual_workers(), clock or Clock()
    size = store.records if store else 0
    records, skipped = admit(clean(columns), size)
    clock.ends("read")
    if store and model:
        values = values_within(records, store.names, store.records, model.usual)
    else:
        values = count_values(records)
    comparer = Comparer(records, values.rank[Field.FIRST], values.rank[Field.LAST])
    looked = look(Task(records, values, comparer, rules, at_once, size), clock.ends)
    distinct, numbers = looked.counted()
    base = model or learn(records, values, distinct, comparer, workers=at_once)
    learned = tuned(base, tuning)
    clock.ends("em")
    alike = odds_of(weigh(learned, distinct.codes).kinds)
    one, other, patterns = looked.having(numbers[alike > _HOPELESS_BITS])
    promising = judge(learned, records, values, one, other, patterns, least=PROMISING_BITS)
    found, learned = look_around(promising, records, columns, learned, learn_more=model is None)
    clock.ends("score")
    found = _with_third_records(found, records, values, learned, comparer)
    clock.ends("cluster")
    return Matched(
        pairs=pairs_of(found, records, strongest(found, minimum)),
        model=learned,
        base=untuned(learned, base),
        records=len(columns),
        matchable=len(records),
        candidate_pairs=int(distinct.count.sum()),
        capped=looked.capped,
        skipped=skipped,
        seconds=clock.seconds,
    )


def _with_third_records(found: Judged, records: Clean, values: Values, model: Model, comparer: Comparer) -> Judged:
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
        patterns = comparer.patterns(one[fresh], other[fresh])
        found = joined(found, judge(model, records, values, one[fresh], other[fresh], patterns))
        known = code_of(found.one, found.other)
        order = np.argsort(known)
    at = order[np.searchsorted(known[order], wanted)]
    lifted = np.maximum(found.odds[at], np.minimum(bits - _THIRD_COSTS, found.odds[at] + _THIRD_LIFTS))
    through = np.zeros(len(found.odds))
    through[at] = lifted - found.odds[at]
    kinds = found.kinds.copy()
    kinds[:, SAME] += through
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
