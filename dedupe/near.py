"""Who may be the same persons as some: one walk through the store, whose keys are then joined in memory.

A join in the database would walk, for every record, all who bear its last name: with one in a hundred of a million
changed that takes longer than to compare everybody. The ways are those of the engine's rules, but not all of them, and
a name alone is a way only where few bear it: what else could be found has a date or a number that agrees.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from adminops.db import db
from adminops.hmis.models import Client
from dedupe.matching.sweeping import without_sweeping

CHUNK = 10_000
"""So many rows are held as rows at a time."""
PAIRS_AT_ONCE = 1_000_000
FEW = 15
"""As long as no more records than these bear a name it is a way by itself, whatever the birth dates say."""
_READING = (Client.id, Client.first_key, Client.last_key, Client.dob, Client.ssn_index, Client.ssn_last4_index)
_LETTERS = (1, 3)
Numbers = NDArray[np.int64]
Kept = NDArray[np.bool_]
Test = Callable[[Numbers, Numbers, Numbers], Kept]
"""Takes the places of records, those of others, and how many have their key; says which pairs are worth a look."""


def near_to(client_ids: Collection[int]) -> set[int]:
    """Return the records that may be the same persons as some, and these themselves as far as they are there."""
    keys = _read()
    wanted = np.fromiter(client_ids, dtype=np.int64, count=len(client_ids))
    mine = np.flatnonzero(np.isin(keys.ids, wanted))
    found = np.zeros(len(keys.ids), dtype=np.bool_)
    found[mine] = True
    for of_others, of_mine, is_worth in _ways(keys):
        for one, other, size in _joined(of_others, of_mine, mine):
            found[other[is_worth(one, other, size)]] = True
    return set(keys.ids[found].tolist())


@dataclass(frozen=True)
class _Keys:
    """What the records are joined by, numbers that stand for no more than being the same; 0 for missing."""

    ids: Numbers
    first: Numbers
    last: Numbers
    start: dict[int, Numbers]
    """By the number of a name, the number of its first letters; by how many letters."""
    born: Numbers
    """Year, month and day as eight digits."""
    number: Numbers
    last4: Numbers


@dataclass
class _Reader:
    """Columns that grow."""

    names: dict[str, int] = field(default_factory=lambda: {"": 0})
    days: dict[date | None, int] = field(default_factory=lambda: {None: 0})
    parts: list[Numbers] = field(default_factory=list)

    def add(self, rows: list[tuple[int, str, str, date | None, bytes | None, bytes | None]]) -> None:
        """Put rows of `_READING` behind the others."""
        ids, first, last, born, number, last4 = zip(*rows, strict=True)
        names = [[self.names.setdefault(name, len(self.names)) for name in column] for column in (first, last)]
        marks = [[hash(mark) if mark else 0 for mark in column] for column in (number, last4)]
        self.parts.append(np.array([ids, *names, [self._day(day) for day in born], *marks], dtype=np.int64))

    def _day(self, born: date | None) -> int:
        found = self.days.get(born)
        if found is None:
            found = self.days[born] = born.year * 10_000 + born.month * 100 + born.day if born else 0
        return found

    def keys(self) -> _Keys:
        """Return what was read."""
        ids, first, last, born, number, last4 = (
            np.concatenate(self.parts, axis=1) if self.parts else np.zeros((6, 0), dtype=np.int64)
        )
        start = {letters: self._starts(letters) for letters in _LETTERS}
        return _Keys(ids, first, last, start, born, number, last4)

    def _starts(self, letters: int) -> Numbers:
        known = {"": 0}
        return np.array([known.setdefault(name[:letters], len(known)) for name in self.names], dtype=np.int64)


@without_sweeping()
def _read() -> _Keys:
    reading = select(*_READING).where(Client.removed_at.is_(None)).execution_options(yield_per=CHUNK)
    reader = _Reader()
    for rows in db.session.execute(reading).partitions():
        reader.add(rows)  # type: ignore[arg-type]  # rows are tuples
    return reader.keys()


def _ways(keys: _Keys) -> Iterator[tuple[Numbers, Numbers, Test]]:
    """Yield the ways from a record to others: the keys of all, the keys that are looked for, and what has to hold."""
    letter, letters = keys.start[1], keys.start[3]
    first_1, last_1 = letter[keys.first], letter[keys.last]
    first_3, last_3 = letters[keys.first], letters[keys.last]
    born, form = keys.born, keys.born % 10_000 == 101

    def same(column: Numbers, one: Numbers, other: Numbers) -> Kept:
        found: Kept = (column[one] == column[other]) & (column[one] > 0)
        return found

    def near(one: Numbers, other: Numbers) -> Kept:
        """Year, day or month of birth agree."""
        left, right = born[one], born[other]
        agree = (left // 10_000 == right // 10_000) | (left % 10_000 == right % 10_000)
        found: Kept = (agree | (left // 100 == right // 100)) & (left > 0) & (right > 0)
        return found

    def by_number(one: Numbers, other: Numbers, _: Numbers) -> Kept:
        begins = same(first_1, one, other), same(last_1, one, other)
        return same(born, one, other) | (begins[0] & begins[1]) | ((begins[0] | begins[1]) & near(one, other))

    def by_names(one: Numbers, other: Numbers, _: Numbers) -> Kept:
        unknown = (born[one] == 0) | (born[other] == 0)
        found: Kept = near(one, other) | (unknown & same(first_3, one, other))
        return found

    def by_birth(one: Numbers, other: Numbers, _: Numbers) -> Kept:
        begins = same(first_1, one, other), same(last_1, one, other)
        crossed = (first_1[other] == last_1[one]) & (last_1[other] == first_1[one]) & (last_1[one] > 0)
        alike = same(first_3, one, other) | same(last_3, one, other)
        found: Kept = ~form[one] & ((begins[0] & begins[1]) | alike | crossed)
        return found

    def are_few(_: Numbers, __: Numbers, size: Numbers) -> Kept:
        found: Kept = size <= FEW
        return found

    full = _both(keys.last, keys.first)
    for key, is_worth in (
        (keys.number, lambda one, _, __: np.ones(len(one), dtype=np.bool_)),
        (keys.last4, by_number),
        (_both(keys.last, first_1), by_names),
        (_both(keys.last, first_3), are_few),
        (_both(keys.first, last_1), lambda one, other, _: near(one, other)),
        (keys.born, by_birth),
    ):
        yield key, key, is_worth
    yield full, _both(keys.first, keys.last), lambda one, other, size: near(one, other) | are_few(one, other, size)


def _both(one: Numbers, other: Numbers) -> Numbers:
    return np.where((one > 0) & (other > 0), (one << 32) | other, 0)


def _joined(of_others: Numbers, of_mine: Numbers, mine: Numbers) -> Iterator[tuple[Numbers, Numbers, Numbers]]:
    """Yield records of `mine`, others whose key is theirs, and how many have that key; a part at a time."""
    order = np.argsort(of_others, kind="stable")
    ordered = of_others[order]
    who = mine[of_mine[mine] != 0]
    begin, end = (np.searchsorted(ordered, of_mine[who], side=side) for side in ("left", "right"))
    size = end - begin
    part = np.cumsum(size) // PAIRS_AT_ONCE
    for at in np.split(np.arange(len(who)), np.flatnonzero(np.diff(part)) + 1) if len(who) else ():
        count = size[at]
        within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        yield np.repeat(who[at], count), order[np.repeat(begin[at], count) + within], np.repeat(count, count)
