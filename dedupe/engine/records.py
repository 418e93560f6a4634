"""What the engine is given: one frozen record per client, and when such a record cannot be matched at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

Key = int | str
PairKey = tuple[Key, Key]


@dataclass(frozen=True, slots=True)
class Stay:
    """One stay of a client in a project. `exit` is None while the stay is open."""

    project: str
    entry: date
    exit: date | None = None


@dataclass(frozen=True, slots=True)
class MatchRecord:
    """One client as the store has it, in HUD's codes (HMIS Data Standards FY2026, 3.01 to 3.07).

    `ssn` has nine characters, digits or `x` where a digit is not known; punctuation is allowed.
    `races` holds the names or codes of the race and ethnicity answers that are 1.
    `household_keys` names each household the client entered with: one key per source and HouseholdID.
    Codes 8, 9 and 99 (does not know, prefers not to answer, not collected) count as no answer for sex and veteran
    status. A name or SSN of quality 2 (partial, street name, approximate) may agree, but differing says nothing; a
    birth date of quality 2, 8, 9 or 99 is taken for about right.
    The printed form shows the key only, so that a log line or a traceback never tells who it is.
    """

    key: Key
    first: str | None = field(default=None, repr=False)
    middle: str | None = field(default=None, repr=False)
    last: str | None = field(default=None, repr=False)
    suffix: str | None = field(default=None, repr=False)
    name_quality: int | None = field(default=None, repr=False)
    ssn: str | None = field(default=None, repr=False)
    ssn_quality: int | None = field(default=None, repr=False)
    dob: date | None = field(default=None, repr=False)
    dob_quality: int | None = field(default=None, repr=False)
    sex: int | None = field(default=None, repr=False)
    races: frozenset[int | str] = field(default=frozenset(), repr=False)
    veteran: int | None = field(default=None, repr=False)
    household_keys: frozenset[str] = field(default=frozenset(), repr=False)
    stays: tuple[Stay, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Skipped:
    """A record that took no part in the scan, and the sentence that says why."""

    key: Key
    reason: str


def key_order(key: Key) -> tuple[int, int, str]:
    """Give the place of a key in the one order that everything is sorted by: numbers first, then text."""
    return (0, key, "") if isinstance(key, int) else (1, 0, key)


def pair_key(one: Key, other: Key) -> PairKey:
    """Put two different keys in order, so that a pair has one name only.

    Raises ValueError when both are the same key.
    """
    if one == other:
        raise ValueError("A pair needs two different records.")
    return (one, other) if key_order(one) < key_order(other) else (other, one)


def pair_keys(pairs: Iterable[tuple[Key, Key]]) -> frozenset[PairKey]:
    """Put every pair of a collection in order."""
    return frozenset(pair_key(one, other) for one, other in pairs)


def in_order(records: Iterable[MatchRecord]) -> list[MatchRecord]:
    """Sort records by key, so that no result depends on the order of the rows.

    Raises ValueError when a key comes twice.
    """
    ordered = sorted(records, key=lambda record: key_order(record.key))
    for before, after in pairwise(ordered):
        if before.key == after.key:
            raise ValueError("Two records have the same key; every client may be given once only.")
    return ordered
