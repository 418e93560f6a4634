"""Reproducible chance: the same key gives the same invented world on every machine and Python version.

Only `random.Random.random()` is used, whose sequence Python promises to keep; every other draw is derived
from it here, because `choice` and `randrange` may change between versions.
"""

import math
import random
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Generic, TypeVar

T = TypeVar("T")


class Table(Generic[T]):
    """Values with weights, ready to be drawn from by `Chance.pick`."""

    __slots__ = ("sums", "total", "values")

    def __init__(self, weights: Mapping[T, float]) -> None:
        self.values = list(weights)
        self.sums = list(accumulate(weights.values()))
        self.total = self.sums[-1]


def ranked(values: Iterable[T]) -> Table[T]:
    """Weigh values by their rank, the first most frequent, as names are in life (1 / (rank + 4))."""
    return Table({value: 1 / (rank + 4) for rank, value in enumerate(dict.fromkeys(values))})


class Chance:
    """A stream of draws that depends on its key alone."""

    __slots__ = ("_next",)

    def __init__(self, *key: object) -> None:
        self._next = random.Random("/".join(map(str, key))).random

    def yes(self, share: float) -> bool:
        """Say yes in this share (0 to 1) of all draws."""
        return self._next() < share

    def of(self, items: Sequence[T]) -> T:
        """Draw one item, all equally likely."""
        return items[int(self._next() * len(items))]

    def between(self, low: int, high: int) -> int:
        """Draw a whole number from low to high, both included."""
        return low + int(self._next() * (high - low + 1))

    def pick(self, table: Table[T]) -> T:
        """Draw one value by its weight."""
        return table.values[bisect_right(table.sums, self._next() * table.total)]

    def days(self, mean: float, most: int) -> int:
        """Draw a long-tailed number of days: 1 to `most`, `mean` on average before the cut."""
        return min(most, 1 + int(-math.log(1.0 - self._next()) * mean))
