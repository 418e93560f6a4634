"""Matching people whose truth is known: how many duplicates are found, how seldom it errs, and how long it takes.

The town is made anew with the seed of the run, of invented names; the engine was tuned on other seeds and other names.
Seconds are those of the process, so that they hold on a machine that does other things too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedupe.matching.blocking import TIGHT, USUAL
from dedupe.matching.columns import Columns, Key
from dedupe.matching.files import read_clients
from dedupe.matching.matching import Matched, match
from tests.bench.figures import Figure
from tests.bench.town import Lists, Town, make_town
from tests.dedupe.matching.invented_names import NameBag

RECORDS = 50_000
LARGE = 200_000
SEED = 4_711
_DRAWN = 60_000


def invented(seed: int) -> Lists:
    """Return invented names, each as common as it was drawn."""
    bag = NameBag(Random(seed))

    def counted(names: Iterator[str]) -> tuple[Sequence[str], Sequence[float]]:
        counts = Counter(names)
        ordered = sorted(counts)
        return ordered, [float(counts[name]) for name in ordered]

    return Lists(
        men=counted(bag.first(1) for _ in range(_DRAWN)),
        women=counted(bag.first(0) for _ in range(_DRAWN)),
        families=counted(bag.family() for _ in range(_DRAWN)),
    )


def run() -> Iterator[Figure]:
    """Match a town of 50,000 records."""
    return _measured(RECORDS)


def run_large() -> Iterator[Figure]:
    """Match a town of 200,000 records."""
    return _measured(LARGE)


def _measured(records: int) -> Iterator[Figure]:
    town, size = make_town(records, SEED, invented(SEED)), f"{records:,} records"
    with TemporaryDirectory(prefix="adminops-bench-") as folder:
        clients, stays = town.write(Path(folder))
        columns, alone = read_clients(clients, stays).columns, read_clients(clients).columns
    found, seconds = _timed(columns, USUAL)
    yield from _figures(size, Ranking(found.pairs.one, found.pairs.other, columns, town))
    pairs = _timed(alone, USUAL)[0].pairs
    without = Ranking(pairs.one, pairs.other, alone, town)
    yield Figure(
        f"{size}, without Enrollment.csv: recall at precision 0.99",
        100 * without.recall(0.99),
        "%",
        95.5,
        at_least=True,
    )
    yield Figure(
        f"{size}: decisions that stay when one in a hundred is added", _stay(columns), "%", 99.9, at_least=True
    )
    per_record = records / LARGE
    yield Figure(f"{size}: process seconds with the usual rules", seconds, "s", 14 * per_record)
    yield Figure(f"{size}: process seconds with tight rules", _timed(columns, TIGHT)[1], "s", 8 * per_record)
    odd = make_town(records, SEED + 1, invented(SEED), fakes=0.02, first_days=0.03)
    with TemporaryDirectory(prefix="adminops-bench-") as folder:
        columns = read_clients(*odd.write(Path(folder))).columns
    slower = _timed(columns, USUAL)[1] / seconds
    yield Figure(f"{size}, 3 % born on 1 January, 2 % with a made-up SSN: times as long", slower, "×", 1.5)


def _stay(columns: Columns) -> float:
    """Return the percentage of proposals that are the same without every hundredth record, of those of one or both."""
    added = np.arange(len(columns)) % 100 == 7
    with_them, without = _proposed(columns), _proposed(columns.without(added))
    new = {columns.ids[at] for at in np.flatnonzero(added).tolist()}
    known = {pair for pair in with_them if new.isdisjoint(pair)}
    return 100 * len(known & without) / len(known | without)


def _proposed(columns: Columns) -> set[frozenset[Key]]:
    pairs = match(columns).pairs
    sides = zip(pairs.one.tolist(), pairs.other.tolist(), strict=True)
    return {frozenset((columns.ids[one], columns.ids[other])) for one, other in sides}


def _timed(columns: Columns, rules: dict[str, tuple[str, ...]]) -> tuple[Matched, float]:
    began = process_time()
    found = match(columns, rules=rules, minimum=0.01)
    return found, process_time() - began


class Ranking:
    """The pairs of a run from the strongest down, and which of them are right."""

    def __init__(self, one: NDArray[Any], other: NDArray[Any], columns: Columns, town: Town) -> None:
        people = np.array([town.person_of[str(record)] for record in columns.ids])
        self.one, self.other = people[one], people[other]
        self.right: NDArray[np.bool_] = self.one == self.other
        size = np.bincount(people)
        self.true_pairs = int((size * (size - 1) // 2).sum())
        self.hits = np.cumsum(self.right)
        self.precision = self.hits / np.arange(1, len(self.hits) + 1)
        self.town = town

    def cut(self, precision: float) -> int:
        """Return how many pairs may be proposed at this precision."""
        good = np.flatnonzero(self.precision >= precision)
        return int(good[-1]) + 1 if len(good) else 0

    def recall(self, precision: float) -> float:
        """Return the share of true pairs that is found at this precision."""
        cut = self.cut(precision)
        return float(self.hits[cut - 1] / self.true_pairs) if cut else 0.0

    def best_f1(self) -> float:
        """Return the best mean of precision and recall."""
        recall = self.hits / self.true_pairs
        return float((2 * self.precision * recall / (self.precision + recall)).max())

    def taken_for_one(self, kind: str) -> float:
        """Return the percentage of the town's look-alikes of a kind that are proposed at precision 0.99."""
        cut = self.cut(0.99)
        wrong = np.flatnonzero(~self.right[:cut])
        pairs = {tuple(sorted((int(self.one[at]), int(self.other[at])))) for at in wrong}
        alike = {pair for pair, how in self.town.lookalikes.items() if how == kind}
        return 100 * len(pairs & alike) / max(len(alike), 1)


def _figures(size: str, ranking: Ranking) -> Iterator[Figure]:
    yield Figure(f"{size}: best F1", 100 * ranking.best_f1(), "%", 98.2, at_least=True)
    yield Figure(f"{size}: recall at precision 0.99", 100 * ranking.recall(0.99), "%", 97.4, at_least=True)
    yield Figure(f"{size}: recall at precision 0.995", 100 * ranking.recall(0.995), "%", 96.7, at_least=True)
    for kind in ("twins", "namesakes", "one number"):
        yield Figure(f"{size}: {kind} taken for one person", ranking.taken_for_one(kind), "%", None)
