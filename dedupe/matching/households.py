"""Evidence from around a client: whether the rest of both households match each other, and whether projects are shared.

Families come again as a whole, so a child's two records gain from the mother's two records. Members of one household,
on the other hand, are several people; and who is clearly the same person as somebody else there is not this one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dedupe.matching.columns import Memberships, distinct
from dedupe.matching.defaults import DEFAULTS
from dedupe.matching.fields import AROUND, CODE, LEVELS, Field, Level
from dedupe.matching.model import SAME, UNRELATED, Model

Pairs = NDArray[np.int64]
Places = NDArray[np.int32]
Floats = NDArray[np.float64]

LARGEST_HOUSEHOLD = 12
"""A "household" with more members than this is an id that a form gives to everybody."""
CONFIDENT_BITS = 4.25
"""Pairs with such log2 odds, judged by themselves, count as evidence for the rest of the family (95 %)."""
_CLEARLY_BETTER = 4.0
_FITS = -3.0
"""Who fits less than this is no rival."""
_HOUSEHOLD, _PROJECT = CODE[Field.HOUSEHOLD], CODE[Field.PROJECT]
_WEIGHT = 60.0
_ODDS = {
    Level.SAME_ENTRY: (0.01, 0.5),
    Level.MEMBERS_LINKED: (2.0, 30.0),
    Level.MEMBERS_UNLINKED: (0.12, 0.9),
    Level.BETTER_MATCH: (0.02, 0.25),
    Level.SAME_PROJECT: (1.0, 12.0),
    Level.OTHER_PROJECTS: (0.4, 1.0),
}


def code_of(one: NDArray[np.generic], other: NDArray[np.generic]) -> Pairs:
    """Give pairs of places as one number each, the lower place first."""
    low, high = np.minimum(one, other).astype(np.int64), np.maximum(one, other).astype(np.int64)
    found: Pairs = (low << 32) | high
    return found


def within(pairs: Pairs, some: Pairs) -> NDArray[np.bool_]:
    """Say which of `pairs` are among `some`, which are in order."""
    if not len(some):
        return np.zeros(len(pairs), dtype=np.bool_)
    at = np.minimum(np.searchsorted(some, pairs), len(some) - 1)
    found: NDArray[np.bool_] = some[at] == pairs
    return found


@dataclass(frozen=True)
class Families:
    """Who entered with whom: for each record the places of the others, from `start` on in `mates`."""

    mates: Places
    start: NDArray[np.int64]
    together: Pairs
    """All pairs of records that entered together, in order."""

    @classmethod
    def of(cls, together: Pairs, records: int) -> Families:
        """Make them of pairs, each once and in order."""
        low, high = (together >> 32).astype(np.int32), (together & 0xFFFFFFFF).astype(np.int32)
        own, mates = np.concatenate((low, high)), np.concatenate((high, low))
        by_own = np.argsort(own, kind="stable")
        start = np.concatenate(([0], np.cumsum(np.bincount(own, minlength=records))))
        return cls(mates[by_own].astype(np.int32), start, together)

    def count(self, records: NDArray[np.generic]) -> NDArray[np.int64]:
        """Give how many others each record has."""
        found: NDArray[np.int64] = self.start[records + 1] - self.start[records]
        return found

    def spread(self, records: Places) -> tuple[NDArray[np.int64], Places]:
        """Give for each record every mate: the place in `records` and the mate, side by side."""
        count = self.count(records)
        at = np.repeat(np.arange(len(records)), count)
        first = np.repeat(self.start[records] - (np.cumsum(count) - count), count)
        return at, self.mates[first + np.arange(len(at))]


def families_of(memberships: Memberships, records: int) -> Families:
    """Read who entered with whom. Households that are too large are none."""
    if not len(memberships.group):
        return Families.of(np.zeros(0, dtype=np.int64), records)
    order = np.lexsort((memberships.record, memberships.group))
    group, record = memberships.group[order], memberships.record[order]
    if len(group):
        again = np.concatenate(([False], (group[1:] == group[:-1]) & (record[1:] == record[:-1])))
        group, record = group[~again], record[~again]
    _, place, size = np.unique(group, return_inverse=True, return_counts=True)
    good = (size[place] > 1) & (size[place] <= LARGEST_HOUSEHOLD)
    group, record = group[good], record[good]
    found = [np.zeros(0, dtype=np.int64)]
    for distance in range(1, min(LARGEST_HOUSEHOLD, max(len(group), 1))):
        same = group[distance:] == group[:-distance]
        found.append(code_of(record[distance:][same], record[:-distance][same]))
    together = distinct(np.concatenate(found))
    return Families.of(together, records)


def household_levels(families: Families, one: Places, other: Places, weight: Floats) -> NDArray[np.int64]:
    """Compare the households of pairs; `weight` holds their log2 odds judged without them."""
    if not len(families.together):
        return np.zeros(len(one), dtype=np.int64)
    pairs = code_of(one, other)
    known = (families.count(one) > 0) & (families.count(other) > 0)
    levels = np.where(known, _HOUSEHOLD[Level.MEMBERS_UNLINKED], 0)
    levels[known & within(pairs, _linked(families, one, other, weight))] = _HOUSEHOLD[Level.MEMBERS_LINKED]
    levels[known & _beaten(families, one, other, weight, pairs)] = _HOUSEHOLD[Level.BETTER_MATCH]
    levels[within(pairs, families.together)] = _HOUSEHOLD[Level.SAME_ENTRY]
    return levels


def _linked(families: Families, one: Places, other: Places, weight: Floats) -> Pairs:
    """Give the pairs of records of whose households other members are very likely one person, or one record."""
    sure = weight >= CONFIDENT_BITS
    at, left = families.spread(one[sure])
    right = other[sure][at]
    at, mates = families.spread(right)
    members = code_of(left[at], mates)[left[at] != mates]
    everybody = np.arange(len(families.start) - 1, dtype=np.int32)
    at, first = families.spread(everybody)
    again, second = families.spread(at.astype(np.int32))
    shared = code_of(first[again], second)[first[again] != second]
    return distinct(np.concatenate((members, shared)))


def _beaten(families: Families, one: Places, other: Places, weight: Floats, pairs: Pairs) -> NDArray[np.bool_]:
    """Say where a mate of one of the two is by far the better match for the other one."""
    best = rivals_of(families, one, other, weight, pairs)
    found: NDArray[np.bool_] = (best > 0) & (best >= weight + _CLEARLY_BETTER)
    return found


def rivals_of(families: Families, one: Places, other: Places, weight: Floats, pairs: Pairs | None = None) -> Floats:
    """Give for every pair how well a mate of one of the two fits the other one, -inf where none does at all."""
    low, high, odds = one[weight > _FITS], other[weight > _FITS], weight[weight > _FITS]
    codes, best = [], []
    for own, rival in ((low, high), (high, low)):
        at, mate = families.spread(rival)
        codes.append(code_of(own[at], mate))
        best.append(odds[at])
    rivals, bits = np.concatenate(codes), np.concatenate(best)
    found = np.full(len(one), -np.inf)
    if not len(rivals):
        return found
    order = np.lexsort((bits, rivals))
    rivals, bits = rivals[order], bits[order]
    last = np.concatenate((rivals[1:] != rivals[:-1], [True]))
    rivals, bits = rivals[last], bits[last]
    wanted = code_of(one, other) if pairs is None else pairs
    at = np.minimum(np.searchsorted(rivals, wanted), len(rivals) - 1)
    met = rivals[at] == wanted
    found[met] = bits[at[met]]
    return found


def project_levels(memberships: Memberships, records: int, one: Places, other: Places) -> NDArray[np.int64]:
    """Say for pairs whether both records have a stay in one project."""
    if not len(memberships.record):
        return np.zeros(len(one), dtype=np.int64)
    stays = distinct((memberships.record.astype(np.int64) << 32) | memberships.group)
    record, project = (stays >> 32).astype(np.int64), stays & 0xFFFFFFFF
    count = np.bincount(record, minlength=records)
    start = np.concatenate(([0], np.cumsum(count)))
    known = (count[one] > 0) & (count[other] > 0)
    shared = np.zeros(len(one), dtype=np.bool_)
    left = count[one]
    at = np.repeat(np.arange(len(one)), left)
    place = np.repeat(start[one] - (np.cumsum(left) - left), left) + np.arange(len(at))
    met = within((other[at].astype(np.int64) << 32) | project[place], stays) if len(at) else np.zeros(0, dtype=np.bool_)
    shared[at[met]] = True
    return np.where(known, np.where(shared, _PROJECT[Level.SAME_PROJECT], _PROJECT[Level.OTHER_PROJECTS]), 0)


def learn_around(model: Model, levels: dict[Field, NDArray[np.int64]], probability: Floats) -> Model:
    """Learn what households and projects say from pairs judged without them, within bounds."""
    table = dict(model.table)
    for name in AROUND:
        rows = table[name].copy()
        usual = DEFAULTS[name]
        seen = [
            np.bincount(levels[name], weights=weights, minlength=len(LEVELS[name]))
            for weights in (probability, 1 - probability)
        ]
        for level in LEVELS[name][1:]:
            code = CODE[name][level]
            same, unrelated = (
                (counts[code] + _WEIGHT * usual[level][kind]) / (counts[1:].sum() + _WEIGHT)
                for counts, kind in zip(seen, (SAME, UNRELATED), strict=True)
            )
            odds = float(np.clip(same / unrelated, *_ODDS[level]))
            rows[SAME, code], rows[UNRELATED, code] = same, same / odds
        table[name] = rows
    return replace(model, table=table)
