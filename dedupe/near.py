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
from dedupe.gathering import CHUNK
from dedupe.matching.sweeping import without_sweeping

PAIRS_AT_ONCE = 1_000_000
FEW = 15
"""As long as no more records than these bear a name or a number it is a way by itself, whatever else they say."""
_READING = (Client.id, Client.first_key, Client.last_key, Client.dob, Client.ssn_index, Client.ssn_last4_index)
_LETTERS = (1, 3)
Numbers = NDArray[np.int64]
Kept = NDArray[np.bool_]
Test = Callable[[Numbers, Numbers, Numbers], Kept]
"""Takes the places of records, those of others, and how many have their key; says which pairs are worth a look."""


def near_to(client_ids: Collection[int], some: Collection[int]) -> tuple[set[int], set[int]]:
    """Return who may be the same persons as `client_ids`, and who as `some` of these.

    Both with these themselves, as far as they are there.
    """
    keys = _read()
    is_mine, is_some = (np.isin(keys.ids, np.array(list(ids), dtype=np.int64)) for ids in (client_ids, some))
    mine, near, near_some = np.flatnonzero(is_mine), is_mine.copy(), is_some.copy()
    for of_others, of_mine, is_worth in _Ways(keys):
        for one, other, size in _joined(of_others, of_mine, mine):
            kept = is_worth(one, other, size)
            near[other[kept]] = True
            near_some[other[kept & is_some[one]]] = True
    return set(keys.ids[near].tolist()), set(keys.ids[near_some].tolist())


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


class _Ways:
    """The ways from a record to others, and what has to hold of two that one of them brings together."""

    def __init__(self, keys: _Keys) -> None:
        letter, letters = keys.start[1], keys.start[3]
        self.keys, self.born, self.form = keys, keys.born, keys.born % 10_000 == 101
        self.first_1, self.last_1 = letter[keys.first], letter[keys.last]
        self.first_3, self.last_3 = letters[keys.first], letters[keys.last]

    def __iter__(self) -> Iterator[tuple[Numbers, Numbers, Test]]:
        """Yield the keys of all, the keys that are looked for, and the test."""
        keys = self.keys
        for key, is_worth in (
            (keys.number, self._by_number),
            (keys.last4, self._by_last_digits),
            (_both(keys.last, self.first_1), self._by_last_name),
            (_both(keys.last, self.first_3), lambda _, __, size: size <= FEW),
            (_both(keys.first, self.last_1), lambda one, other, _: self._near(one, other, self.last_3)),
            (keys.born, self._by_birth),
        ):
            yield key, key, is_worth
        yield _both(keys.last, keys.first), _both(keys.first, keys.last), self._swapped

    def _near(self, one: Numbers, other: Numbers, start: Numbers) -> Kept:
        """Day or month of birth agree, or the year does and another name begins alike."""
        left, right = self.born[one], self.born[other]
        year = (left // 10_000 == right // 10_000) & _same(start, one, other)
        agree = (left % 10_000 == right % 10_000) | (left // 100 == right // 100) | year
        found: Kept = agree & (left > 0) & (right > 0)
        return found

    def _by_number(self, one: Numbers, other: Numbers, size: Numbers) -> Kept:
        """Whoever has the number, unless so many do that it is nobody's: then something else has to agree too."""
        names = _same(self.first_3, one, other) | _same(self.last_3, one, other)
        found: Kept = (size <= FEW) | names | self._near(one, other, self.first_1)
        return found

    def _by_last_digits(self, one: Numbers, other: Numbers, _: Numbers) -> Kept:
        first, last = _same(self.first_1, one, other), _same(self.last_1, one, other)
        near = self._near(one, other, self.first_1)
        return _same(self.born, one, other) | (first & last) | ((first | last) & near)

    def _by_last_name(self, one: Numbers, other: Numbers, _: Numbers) -> Kept:
        unknown = (self.born[one] == 0) | (self.born[other] == 0)
        found: Kept = self._near(one, other, self.first_3) | (unknown & _same(self.first_3, one, other))
        return found

    def _by_birth(self, one: Numbers, other: Numbers, _: Numbers) -> Kept:
        initials = _same(self.first_1, one, other) & _same(self.last_1, one, other)
        crossed = (self.first_1[other] == self.last_1[one]) & (self.last_1[other] == self.first_1[one])
        alike = _same(self.first_3, one, other) | _same(self.last_3, one, other)
        found: Kept = ~self.form[one] & (initials | alike | (crossed & (self.last_1[one] > 0)))
        return found

    def _swapped(self, one: Numbers, other: Numbers, size: Numbers) -> Kept:
        found: Kept = self._near(one, other, self.last_1) | (size <= FEW)
        return found


def _same(column: Numbers, one: Numbers, other: Numbers) -> Kept:
    found: Kept = (column[one] == column[other]) & (column[one] > 0)
    return found


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
