"""How common each value is: agreeing on a rare name says more than agreeing on a common one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dedupe.matching.cleaning import Clean
from dedupe.matching.fields import CODE, Field, Level

_NAME = CODE[Field.FIRST]
_BANDS = {Field.FIRST: (0.004, 0.0006), Field.LAST: (0.001, 0.00015)}
"""From which share of the records on a name is common, and below which it is rare."""
_RAREST = {Field.FIRST: 1 / 8_000, Field.LAST: 1 / 30_000, Field.DOB: 1 / 40_000}
"""No value counts as rarer than this, however large the store is: a rare spelling may be a typing habit."""
_STEADY = 40


@dataclass(frozen=True)
class Values:
    """How common the values of a store are.

    `share` holds for first and last names, by number, how many of the records have each; `rank` the code of the level
    at which two records agree on it. `bits` is what agreeing on it is worth beyond the average of that level.
    """

    rank: dict[Field, NDArray[np.uint8]]
    bits: dict[Field, NDArray[np.float64]]
    same: dict[Field, dict[int, float]]
    """For each level of equal names how likely strangers agree at it."""
    ssn_holders: NDArray[np.int32]
    """How many records have the full number of each record."""


def count_values(records: Clean) -> Values:
    """Count the names and numbers of a store."""
    rank, bits, same = {}, {}, {}
    for name, column in ((Field.FIRST, records.first), (Field.LAST, records.last)):
        count = np.bincount(column, minlength=len(records.names.text)).astype(np.float64)
        count[0] = 0
        rank[name], bits[name], same[name] = _bands(name, count)
    return Values(rank, bits, same, holders_of(records.number))


def _bands(name: Field, count: NDArray[np.float64]) -> tuple[NDArray[np.uint8], NDArray[np.float64], dict[int, float]]:
    total = count.sum() + _STEADY
    share = np.maximum((count + _STEADY * _RAREST[name]) / total, _RAREST[name])
    common, rare = _BANDS[name]
    rank = np.full(len(count), _NAME[Level.SAME], dtype=np.uint8)
    rank[share >= common] = _NAME[Level.SAME_COMMON]
    rank[share < rare] = _NAME[Level.SAME_RARE]
    bits, same = np.zeros(len(count)), {}
    for code in (_NAME[Level.SAME_COMMON], _NAME[Level.SAME], _NAME[Level.SAME_RARE]):
        band = (rank == code) & (count > 0)
        weight = count[band] / total
        by_chance = float((weight * share[band]).sum())
        same[code] = by_chance
        if by_chance > 0:
            bits[band] = np.log2(by_chance / weight.sum() / share[band])
    return rank, bits, same


def holders_of(values: NDArray[np.int64]) -> NDArray[np.int32]:
    """Give for every record how many records have its value; 0 where it has none."""
    found = np.zeros(len(values), dtype=np.int32)
    known = np.flatnonzero(values)
    if len(known):
        _, place, count = np.unique(values[known], return_inverse=True, return_counts=True)
        found[known] = count[place]
    return found


def pairs_alike(values: NDArray[np.generic]) -> tuple[float, float]:
    """Give how many pairs of records have one value, and how many have a value both; 0 is missing."""
    known = values[values != 0]
    _, count = np.unique(known, return_counts=True)
    return float((count.astype(np.float64) * (count - 1) / 2).sum()), len(known) * (len(known) - 1) / 2
