"""How common each value is: agreeing on a rare name says more than agreeing on a common one."""

from __future__ import annotations

from collections.abc import Mapping
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
EQUAL = (_NAME[Level.SAME_COMMON], _NAME[Level.SAME], _NAME[Level.SAME_RARE])
Usual = Mapping[Field, Mapping[int, float]]
"""For the first and the last name: how likely strangers agree on the names of each level of equal names."""
Bands = tuple[NDArray[np.float64], NDArray[np.uint8]]


@dataclass(frozen=True)
class Values:
    """How common the values of a store are.

    `rank` holds for first and last names, by number, the code of the level at which two records agree on each. `bits`
    is what agreeing on it is worth beyond the average of that level, which `usual` has.
    """

    rank: dict[Field, NDArray[np.uint8]]
    bits: dict[Field, NDArray[np.float64]]
    same: dict[Field, dict[int, float]]
    """For each level of equal names how likely strangers agree at it."""
    usual: dict[Field, dict[int, float]]
    ssn_holders: NDArray[np.int32]
    """How many records have the full number of each record."""


def count_values(records: Clean) -> Values:
    """Count the names and numbers of a store."""
    rank, bits, same, usual = {}, {}, {}, {}
    for name, column in ((Field.FIRST, records.first), (Field.LAST, records.last)):
        count = np.bincount(column, minlength=len(records.names.text)).astype(np.float64)
        count[0] = 0
        share, rank[name] = _bands(name, count, count.sum())
        same[name], usual[name] = _averages(count / (count.sum() + _STEADY), share, rank[name])
        bits[name] = _beyond(share, rank[name], usual[name])
    return Values(rank, bits, same, usual, holders_of(records.number))


@dataclass(frozen=True)
class Store:
    """The store that some records are of, for judging them as it would: how many it has, and how common names are."""

    records: int
    names: Mapping[Field, Mapping[str, int]]
    """By first and last name, as `Names.text` has them, how many records have each."""


def values_within(records: Clean, known: Mapping[Field, Mapping[str, int]], store: int, usual: Usual) -> Values:
    """Give what agreement is worth among a few records of a store of `store` records.

    `known` has how many of these have each name, as it is in `records.names`; other names count as the rarest.
    """
    rank, bits = {}, {}
    for name in (Field.FIRST, Field.LAST):
        count = np.array([known[name].get(text, 0) for text in records.names.text], dtype=np.float64)
        share, rank[name] = _bands(name, count, store)
        bits[name] = _beyond(share, rank[name], usual[name])
    return Values(rank, bits, {}, {}, holders_of(records.number))


def _bands(name: Field, count: NDArray[np.float64], records: float) -> Bands:
    """Give the share of records that have each name, and the code of its level."""
    share = np.maximum((count + _STEADY * _RAREST[name]) / (records + _STEADY), _RAREST[name])
    common, rare = _BANDS[name]
    rank = np.full(len(count), _NAME[Level.SAME], dtype=np.uint8)
    rank[share >= common] = _NAME[Level.SAME_COMMON]
    rank[share < rare] = _NAME[Level.SAME_RARE]
    return share, rank


def _averages(
    weight: NDArray[np.float64], share: NDArray[np.float64], rank: NDArray[np.uint8]
) -> tuple[dict[int, float], dict[int, float]]:
    """Give for each level how likely strangers agree at it, and how likely on a name of it."""
    same, usual = {}, {}
    for code in EQUAL:
        band = (rank == code) & (weight > 0)
        same[code] = float((weight[band] * share[band]).sum())
        if same[code] > 0:
            usual[code] = same[code] / float(weight[band].sum())
    return same, usual


def _beyond(share: NDArray[np.float64], rank: NDArray[np.uint8], usual: Mapping[int, float]) -> NDArray[np.float64]:
    bits = np.zeros(len(share))
    for code, average in usual.items():
        band = rank == code
        bits[band] = np.log2(average / share[band])
    return bits


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
