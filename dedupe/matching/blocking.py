"""Which pairs are looked at: records that share the key of a rule, every pair once.

A value that is missing gives no key, so blanks never bring records together. Records of one key are put side by side
and every pair is first judged by eight bytes a record, its lanes: which of the pair's names, dates and numbers are
equal. What could not be one person by those alone is dropped at once. In a block that is too large a record is
compared with its neighbours in the order of the records only, and the result says how much was left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import log2
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from dedupe.matching.cleaning import Clean
from dedupe.matching.columns import distinct
from dedupe.matching.dates import years_of
from dedupe.matching.kernels import kernels
from dedupe.matching.numbers import FIRST_FIVE, LAST_FOUR, has_first_five, has_last_four

BLOCK_LIMIT = 2_000
NEIGHBOURS = 60
Words = NDArray[np.uint64]
Places = NDArray[np.int32]
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xBF58476D1CE4E5B9)
_ROW_BITS = 21
T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class CappedBlock:
    """A block that was too large to compare everybody with everybody. It names the rule, never the value."""

    rule: str
    records: int
    pairs_left_out: int


@dataclass(frozen=True)
class Candidates:
    """Pairs worth comparing, as places of records, the lower first, in order."""

    one: Places
    other: Places
    capped: tuple[CappedBlock, ...]


def mixed(values: Words) -> Words:
    """Spread numbers evenly over 64 bits."""
    spread = (values + np.uint64(1)) * _GOLDEN
    spread ^= spread >> np.uint64(31)
    spread *= _MIX
    return spread ^ (spread >> np.uint64(29))


@dataclass(frozen=True)
class Parts:
    """What keys are made of, a number a record, 0 for missing."""

    columns: dict[str, Words]

    def key(self, names: Sequence[str]) -> Words:
        """Put columns together into one key, 0 where one of them is missing."""
        first = self.columns[names[0]]
        key, known = mixed(first), first > 0
        for name in names[1:]:
            column = self.columns[name]
            key = mixed(key ^ column)
            known &= column > 0
        return np.where(known, key | np.uint64(1 << 63), np.uint64(0))


Starts = dict[int, NDArray[np.int64]]


def parts_of(records: Clean, start: Starts | None = None) -> Parts:
    """Make the parts that keys are put together from. `start` saves working out how the names begin again."""
    names, ssn = records.names, records.ssn
    start = start or starts_of(names.text)
    born = records.born.astype(np.uint64)
    precise = np.where(records.rough, np.uint64(0), born)
    last_four = np.where(has_last_four(ssn), (ssn & LAST_FOUR) + np.uint64(1), np.uint64(0))
    first_five = np.where(has_first_five(ssn), (ssn & FIRST_FIVE) >> np.uint64(16), np.uint64(0))
    columns: dict[str, NDArray[np.generic]] = {
        "ssn": records.number,
        "last_four": last_four,
        "first_five": first_five,
        "first": records.first,
        "last": records.last,
        "names": _either_way(records.first, records.last),
        "born": born,
        "precise": precise,
        "day": precise & np.uint64(0xFFFF),
        "month": precise >> np.uint64(8),
        "year": years_of(records.born),
        "longest": names.longest[records.last],
        "first_sound": names.called[records.first],
        "last_sound": names.sound[records.last],
        "initials": _either_way(start[1][records.first], start[1][records.last]),
        "first_1": start[1][records.first],
        "first_2": start[2][records.first],
        "first_3": start[3][records.first],
        "last_1": start[1][records.last],
        "last_3": start[3][records.last],
    }
    return Parts({name: column.astype(np.uint64) for name, column in columns.items()})


def starts_of(texts: Sequence[str]) -> Starts:
    """Give the first letters of every name as a number, by how many letters."""
    found = {}
    for letters in (1, 2, 3):
        cut = np.array([text[:letters] for text in texts], dtype=f"U{letters}")
        signs = cut.view(np.uint32).reshape(-1, letters).astype(np.int64)
        value = np.zeros(len(texts), dtype=np.int64)
        for place in range(letters):
            value = (value << 21) | signs[:, place]
        found[letters] = value
    return found


def _either_way(one: NDArray[Any], other: NDArray[Any]) -> NDArray[np.int64]:
    """Number what two columns say together, the same whichever stands in front."""
    low, high = np.minimum(one, other).astype(np.int64), np.maximum(one, other).astype(np.int64)
    return np.where(low > 0, (low << 32) | high, 0)


TIGHT: dict[str, tuple[str, ...]] = {
    "same SSN": ("ssn",),
    "same names": ("names",),
    "same last name and birth date": ("last", "born"),
    "same first name and birth date": ("first", "born"),
    "same last four digits and birth date": ("last_four", "born"),
    "same last four digits and start of the first name": ("last_four", "first_3"),
    "same last four digits and start of the last name": ("last_four", "last_3"),
    "same birth date and initials": ("born", "first_1", "last_1"),
    "longest last name, start of the first name and birth year": ("longest", "first_2", "year"),
}
WIDE: dict[str, tuple[str, ...]] = TIGHT | {
    "same last four digits": ("last_four",),
    "starts of both names": ("last_3", "first_3"),
    "same last name and birth year": ("last", "year"),
    "same birth date and first initial": ("born", "first_1"),
    "same birth date and last initial": ("born", "last_1"),
}
USUAL: dict[str, tuple[str, ...]] = WIDE | {
    "same birth date and initials, either way": ("precise", "initials"),
    "same first five digits and last initial": ("first_five", "last_1"),
    "same first five digits and first initial": ("first_five", "first_1"),
    "names that sound the same": ("first_sound", "last_sound"),
    "last name, day and month of birth": ("last_sound", "day"),
    "first name, last initial, day and month of birth": ("first_sound", "last_1", "day"),
    "first name, last initial and month of birth": ("first_sound", "last_1", "month"),
}

# The lanes of a record: where they begin, how many bits they have, and what it says in bits that two are equal.
_LANES: dict[str, tuple[int, int, int]] = {
    "first_sound": (0, 12, 7),
    "last_sound": (12, 12, 9),
    "day": (24, 10, 8),
    "year": (34, 8, 5),
    "last_four": (42, 11, 13),
    "first_five": (53, 11, 12),
}
_MASKS = np.array([((1 << bits) - 1) << start for start, bits, _ in _LANES.values()], dtype=np.uint64)
_WORTH = np.array([worth for _, _, worth in _LANES.values()], dtype=np.uint8)
_UNJUDGED = ("same SSN", "same names", "same birth date and initials, either way")
"""Rules that are evidence enough by themselves: swapped names, for one, have no lane in common."""
_USUAL_BITS = 15
_SPARED = 6.5  # this many bits may be missing in the lanes: other fields and rare names bring them
_LEAST_BITS = 11


def lanes_of(parts: Parts, places: NDArray[np.generic] | None = None) -> Words:
    """Pack what is looked at first into eight bytes a record. A missing value is a number of its own record.

    `places` are those that the records have among all, where they are some of them.
    """
    count = len(parts.columns["first"])
    own = np.arange(count, dtype=np.uint64) if places is None else places.astype(np.uint64)
    rows = mixed(own + np.uint64(77))
    lanes = np.zeros(count, dtype=np.uint64)
    for name, (start, bits, _) in _LANES.items():
        column = parts.columns[name]
        value = np.where(column > 0, mixed(column), mixed(rows + np.uint64(start))) >> np.uint64(64 - bits)
        lanes |= value << np.uint64(start)
    return lanes


def bits_wanted(records: int) -> int:
    """Give the bits that the lanes of a pair must bring in a store of this size."""
    return max(_LEAST_BITS, min(_USUAL_BITS, round(log2(max(records, 2)) + 1.5 - _SPARED)))


def _bits(crossed: Words) -> NDArray[np.uint8]:
    total = np.zeros(len(crossed), dtype=np.uint8)
    for start, bits, worth in _LANES.values():
        mask = np.uint64(((1 << bits) - 1) << start)
        total += ((crossed & mask) == 0).view(np.uint8) * np.uint8(worth)
    return total


@dataclass(frozen=True)
class _Found:
    pairs: NDArray[np.int64]
    capped: tuple[CappedBlock, ...]


def shortened(key: Words, records: int) -> Words:
    """Give keys without the bits in which the places of up to two million records are carried while they are sorted."""
    return key if records > 1 << _ROW_BITS else key & ~np.uint64((1 << _ROW_BITS) - 1)


def _sorted_by(key: Words) -> tuple[Words, Places]:
    """Give the keys that are there, in order, and the records that have them; records of one key stay in order."""
    count = len(key)
    if count <= 1 << _ROW_BITS:
        low = np.uint64((1 << _ROW_BITS) - 1)
        packed = shortened(key, count) | np.arange(count, dtype=np.uint64)
        packed = np.sort(packed[key > 0])
        return packed & ~low, (packed & low).astype(np.int32)
    places = np.flatnonzero(key).astype(np.int32)
    places = places[np.argsort(key[places], kind="stable")]
    return key[places], places


def reach_in_blocks(sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give for every record of blocks that follow each other how many behind it it is compared with."""
    ends = np.repeat(np.cumsum(sizes), sizes)
    behind: NDArray[np.int64] = ends - np.arange(len(ends)) - 1
    large = sizes > BLOCK_LIMIT
    return np.where(np.repeat(large, sizes), np.minimum(behind, NEIGHBOURS), behind) if large.any() else behind


def pairs_ahead(
    lanes: Words, reach: NDArray[np.int64], wanted: int | NDArray[np.uint8], step: int
) -> tuple[Places, Places]:
    """Compare each record with so many behind it by their lanes; give the pairs that may be one person."""
    if (own := kernels()) is not None:
        each = np.full(len(lanes), wanted, dtype=np.uint8) if isinstance(wanted, int) else wanted
        return own.pairs_ahead(lanes, reach, each, _MASKS, _WORTH)
    ones, others, at, left = [], [], np.flatnonzero(reach > 0), reach[reach > 0]
    distance = 1
    while len(at):
        for begin in range(0, len(at), step):
            here = at[begin : begin + step]
            least = wanted if isinstance(wanted, int) else wanted[here]
            good = here[_bits(lanes[here] ^ lanes[here + distance]) >= least]
            if len(good):
                ones.append(good)
                others.append(good + distance)
        distance += 1
        on = left >= distance
        if not on.all():
            at, left = at[on], left[on]
    none = [np.zeros(0, dtype=np.int64)]
    return np.concatenate(ones or none).astype(np.int32), np.concatenate(others or none).astype(np.int32)


def capped_block(rule: str, size: int) -> CappedBlock:
    """Tell of a block that was too large."""
    return CappedBlock(rule, size, size * (size - 1) // 2 - NEIGHBOURS * size + NEIGHBOURS * (NEIGHBOURS + 1) // 2)


def bits_of_rule(rule: str, wanted: int) -> int:
    """Give the bits that the lanes of a pair of a rule must bring."""
    return 0 if rule in _UNJUDGED else wanted


def _in_blocks(key: Words, lanes: Words, rule: str, wanted: int, step: int) -> _Found:
    keys, places = _sorted_by(key)
    if len(keys) < 2:
        return _Found(np.zeros(0, dtype=np.int64), ())
    starts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
    sizes = np.diff(np.append(starts, len(keys)))
    one, other = pairs_ahead(lanes[places], reach_in_blocks(sizes), wanted, step)
    pairs = distinct(places[one].astype(np.int64) << 32 | places[other])
    capped = tuple(capped_block(rule, size) for size in sizes[sizes > BLOCK_LIMIT].tolist())
    return _Found(pairs, capped)


def find_candidates(
    records: Clean, rules: dict[str, tuple[str, ...]], workers: int, *, store: int = 0, step: int = 1 << 16
) -> Candidates:
    """Give every pair that shares the key of a rule and may be one person by its lanes, once and in order.

    `store` is the size of the store that the records are of, without it their own number.
    """
    parts = parts_of(records)
    lanes, wanted = lanes_of(parts), bits_wanted(store or len(records))

    def look(rule: str) -> _Found:
        return _in_blocks(parts.key(rules[rule]), lanes, rule, bits_of_rule(rule, wanted), step)

    found = in_threads(look, list(rules), workers)
    pairs = _merged([each.pairs for each in found])
    return Candidates(
        one=(pairs >> 32).astype(np.int32),
        other=(pairs & 0xFFFFFFFF).astype(np.int32),
        capped=tuple(block for each in found for block in each.capped),
    )


def in_threads(work: Callable[[T], R], tasks: Sequence[T], workers: int) -> list[R]:
    """Do the same work on all tasks and give the results in their order."""
    if workers == 1 or len(tasks) < 2:
        return [work(task) for task in tasks]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(work, tasks))


def _merged(parts: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    together = np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)
    return distinct(together)
