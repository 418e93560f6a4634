"""Looking at pairs: which are compared, and how they compare. It is what takes long, and is done here or on Spark."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dedupe.matching.blocking import Candidates, CappedBlock, find_candidates
from dedupe.matching.cleaning import Clean
from dedupe.matching.households import within
from dedupe.matching.levels import Comparer, numbered, unpacked
from dedupe.matching.training import Patterns
from dedupe.matching.values import Values

Places = NDArray[np.int32]
Numbers = NDArray[np.int64]
Rules = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Task:
    """The records to look at, of a store of `store` records, and by which rules."""

    records: Clean
    values: Values
    comparer: Comparer
    rules: Rules
    workers: int
    store: int


class Looked(Protocol):
    """Pairs that were compared. They are had by their patterns, for most of them are of patterns without a chance."""

    @property
    def capped(self) -> tuple[CappedBlock, ...]:
        """The blocks that were too large."""

    def counted(self) -> tuple[Patterns, Numbers]:
        """Count the patterns; give them and their numbers, in order."""

    def having(self, wanted: Numbers) -> tuple[Places, Places, Numbers]:
        """Give the pairs whose pattern is among `wanted`, which are in order: the lower place first, in order."""


Look = Callable[[Task, Callable[[str], None]], Looked]
"""Looks at pairs; it tells the second one which stage has ended."""


@dataclass(frozen=True)
class _Here:
    candidates: Candidates
    distinct: Numbers
    counts: Numbers
    number: NDArray[np.integer]
    """Which of the distinct patterns each pair has."""

    @property
    def capped(self) -> tuple[CappedBlock, ...]:
        return self.candidates.capped

    def counted(self) -> tuple[Patterns, Numbers]:
        return Patterns(unpacked(self.distinct), self.counts), self.distinct

    def having(self, wanted: Numbers) -> tuple[Places, Places, Numbers]:
        keep = np.flatnonzero(within(self.distinct, wanted)[self.number])
        return self.candidates.one[keep], self.candidates.other[keep], self.distinct[self.number[keep]]


def look_here(task: Task, ends: Callable[[str], None]) -> Looked:
    """Look at pairs in this process, on all its cores."""
    candidates = find_candidates(task.records, dict(task.rules), task.workers, store=task.store)
    ends("block")
    patterns = task.comparer.patterns(candidates.one, candidates.other, task.workers)
    ends("score")
    return _Here(candidates, *numbered(patterns))
