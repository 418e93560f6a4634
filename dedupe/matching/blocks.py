"""The part of looking at pairs that many machines do: keys for records, and the pairs of blocks of records.

Records come as columns of numbers, some thousands at a time. Those of one key follow each other, so that a block is
made into pairs where it lies; one that goes on in the next part is carried over. Spark is one way to bring them here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedupe.matching.blocking import (
    BLOCK_LIMIT,
    NEIGHBOURS,
    Starts,
    bits_of_rule,
    lanes_of,
    mixed,
    pairs_ahead,
    parts_of,
    reach_in_blocks,
    shortened,
)
from dedupe.matching.cleaning import Clean
from dedupe.matching.fields import Field
from dedupe.matching.levels import Comparer
from dedupe.matching.looking import Rules
from dedupe.matching.names import Names
from dedupe.matching.values import Values

Part = dict[str, NDArray[Any]]
RECORD = {
    "first": "int32", "middle": "int32", "last": "int32", "suffix": "uint8", "name_loose": "bool", "ssn": "uint64",
    "number": "int64", "ssn_loose": "bool", "born": "uint32", "rough": "bool", "sex": "uint8", "races": "uint8",
    "veteran": "uint8",
}  # fmt: skip
"""The columns of a record and their kinds. Outside of numpy they travel as whole numbers."""
CAPPED = -1
"""In the place of a record: what follows is a rule, and the size of a block of it that was too large."""
_STEP = 1 << 16
_LARGE_PART = 4 * BLOCK_LIMIT


@dataclass(frozen=True)
class Kit:
    """What every machine needs besides records: the names by number, how common they are, and the rules."""

    names: Names = field(repr=False)
    ranks: Mapping[Field, NDArray[np.uint8]] = field(repr=False)
    starts: Starts = field(repr=False)
    rules: Rules
    records: int
    wanted: int

    def clean(self, part: Part) -> Clean:
        """Give records as the engine has them."""
        columns = {name: part[name].astype(kind) for name, kind in RECORD.items()}
        rows, hashed = part["place"].astype(np.int32), np.zeros(len(part["place"]), dtype=np.bool_)
        return Clean(names=self.names, rows=rows, hashed=hashed, **columns)


def kit_of(values: Values, names: Names, starts: Starts, rules: Rules, records: int, wanted: int) -> Kit:
    """Put together what every machine needs."""
    ranks = {name: values.rank[name] for name in (Field.FIRST, Field.LAST)}
    return Kit(names, ranks, starts, rules, records, wanted)


def part_of(records: Clean, begin: int, end: int) -> Part:
    """Give some of the records as whole numbers with their places."""
    part: Part = {"place": np.arange(begin, min(end, len(records)), dtype=np.int32)}
    for name in RECORD:
        column = getattr(records, name)[begin:end]
        part[name] = column.view(np.int64) if column.dtype == np.uint64 else column.astype(np.int64)
    return part


def keyed(kit: Kit, part: Part) -> Iterator[Part]:
    """Give the records once for each rule that has a key for them."""
    parts = parts_of(kit.clean(part), kit.starts)
    lanes = lanes_of(parts, part["place"]).view(np.int64)
    for number, names in enumerate(kit.rules.values()):
        key = parts.key(names)
        there = np.flatnonzero(key > 0)
        block = mixed(shortened(key[there], kit.records) ^ np.uint64(number)).view(np.int64)
        rule = np.full(len(there), number, dtype=np.int32)
        yield {"rule": rule, "block": block, "lanes": lanes[there], **{name: part[name][there] for name in part}}


def paired(kit: Kit, parts: Iterable[Part]) -> Iterator[Part]:
    """Give the pairs of blocks with their patterns, and what is to be told of blocks.

    Records come in order: those of a rule, of a block, by their places.
    """
    open_ = _Open(kit)
    for part in parts:
        yield from open_.add(part)
    yield from open_.close()


class _Open:
    """The block that is not known to be at its end."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self._rest: Part | None = None
        self._passed = 0
        """How many records of it have been compared with all they are compared with."""

    def add(self, part: Part) -> Iterator[Part]:
        """Take more records, and give the pairs of the blocks that end among them."""
        if not len(part["place"]):
            return
        rows = _joined(self._rest, part) if self._rest else part
        edges = _edges(rows)
        last = int(edges[-1])
        if last:
            yield from self._blocks(_cut(rows, 0, last), edges)
            self._passed = 0
        self._rest = _cut(rows, last, None)
        if len(self._rest["place"]) > _LARGE_PART:
            yield from self._hand_on(self._rest)

    def close(self) -> Iterator[Part]:
        """Give the pairs of the last block."""
        if self._rest:
            yield from self._blocks(self._rest, np.array([0, len(self._rest["place"])]))
            self._rest = None

    def _hand_on(self, rows: Part) -> Iterator[Part]:
        """Compare what can be compared of a block that is too large already, and keep the neighbours of what comes."""
        count = len(rows["place"])
        ready = count - NEIGHBOURS
        reach = np.where(np.arange(count) < ready, NEIGHBOURS, 0)
        yield from self._compared(rows, reach)
        self._rest, self._passed = _cut(rows, ready, None), self._passed + ready

    def _blocks(self, rows: Part, edges: NDArray[np.int64]) -> Iterator[Part]:
        sizes = np.diff(edges)
        whole = sizes.copy()
        whole[0] += self._passed
        reach = reach_in_blocks(sizes)
        if whole[0] > BLOCK_LIMIT:
            reach[: sizes[0]] = np.minimum(reach[: sizes[0]], NEIGHBOURS)
        yield from self._compared(rows, reach)
        large = np.flatnonzero(whole > BLOCK_LIMIT)
        if len(large):
            yield _told(rows["rule"][edges[large]], whole[large])

    def _compared(self, rows: Part, reach: NDArray[np.int64]) -> Iterator[Part]:
        wanted = np.array([bits_of_rule(rule, self._kit.wanted) for rule in self._kit.rules], dtype=np.uint8)
        lanes, rule = rows["lanes"].view(np.uint64), rows["rule"]
        one, other = pairs_ahead(lanes, reach, wanted[rule], _STEP)
        if not len(one):
            return
        one, other = _each_once(rows["place"], one, other)
        comparer = Comparer(self._kit.clean(rows), self._kit.ranks[Field.FIRST], self._kit.ranks[Field.LAST])
        yield {
            "one": rows["place"][one].astype(np.int32),
            "other": rows["place"][other].astype(np.int32),
            "pattern": comparer.patterns(one, other),
        }


def _each_once(place: NDArray[Any], one: NDArray[np.int32], other: NDArray[np.int32]) -> tuple[Any, Any]:
    """Leave out pairs that two rules have found among the same rows."""
    codes = place[one].astype(np.int64) << 32 | place[other]
    _, first = np.unique(codes, return_index=True)
    return one[first], other[first]


def _told(rules: NDArray[Any], numbers: NDArray[np.int64]) -> Part:
    marks = np.full(len(rules), CAPPED, dtype=np.int32)
    return {"one": marks, "other": rules.astype(np.int32), "pattern": numbers.astype(np.int64)}


def _edges(rows: Part) -> NDArray[np.int64]:
    """Give where blocks begin."""
    new = (rows["block"][1:] != rows["block"][:-1]) | (rows["rule"][1:] != rows["rule"][:-1])
    return np.flatnonzero(np.concatenate(([True], new)))


def _cut(rows: Part, begin: int, end: int | None) -> Part:
    return {name: column[begin:end] for name, column in rows.items()}


def _joined(rows: Part, more: Part) -> Part:
    return {name: np.concatenate((column, more[name])) for name, column in rows.items()}


def pairs_in_order(part: Part) -> Part:
    """Give pairs in the order of their places, each once."""
    codes = part["one"].astype(np.int64) << 32 | part["other"]
    order = np.argsort(codes, kind="stable")
    kept = order[np.concatenate(([True], codes[order][1:] != codes[order][:-1]))] if len(order) else order
    return {name: column[kept] for name, column in part.items()}
