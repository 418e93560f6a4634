"""Which records take part, and why the others do not; and values that stand for nobody because they stand on everybody.

Vendors write one name for all when they take the identity out of an export, and desks one number when a field is
required. Such constants are taken for missing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedupe.matching.blocking import mixed
from dedupe.matching.cleaning import Clean
from dedupe.matching.values import holders_of

HASHED = "The names are hashed, so they cannot be compared."
NO_IDENTITY = "Name, birth date and social security number are all missing or made up."
TOO_LITTLE = "Only one of first name, last name, birth date and social security number is known."
CONSTANT = "The same full name stands on very many different records, so it is no real name."
VICTIM_SERVICES = "All stays are with victim service providers, whose clients the law protects."
LEFT_ITS_SOURCE = "The record was deleted in its source."

CONSTANT_NAME_RECORDS = 20
CONSTANT_NAME_SHARE = 0.005
"""A full name on more records than this, and on more than this share of all, is a constant."""
SHARED_NUMBER_RECORDS = 10
"""A number on more records than this belongs to a form, a desk or a habit."""
_PARTIAL_TIMES = 12.0
"""So many times more often than on average, a number of which only a part is known stands for nobody either."""

Words = NDArray[np.uint64]


def _key(*columns: NDArray[np.generic]) -> Words:
    key = np.zeros(len(columns[0]), dtype=np.uint64)
    for column in columns:
        key = mixed(key ^ column.astype(np.uint64))
    return key


def _crowded(values: NDArray[np.int64], rest: Words, unknown: NDArray[np.bool_], limit: float) -> NDArray[np.bool_]:
    """Say which records have a value that more than `limit` have whose holders, by all else, are many people.

    One client who was entered very often is no crowd: those records agree with each other. `unknown` marks records of
    which nothing else is known.
    """
    found = np.zeros(len(values), dtype=np.bool_)
    suspects = np.flatnonzero(holders_of(values) > limit)
    if not len(suspects):
        return found
    order = suspects[np.lexsort((rest[suspects], values[suspects]))]
    value, other = values[order], rest[order]
    new = np.concatenate(([True], value[1:] != value[:-1]))
    differs = new | np.concatenate(([True], other[1:] != other[:-1]))
    group = np.cumsum(new) - 1
    size, distinct = np.bincount(group), np.bincount(group, weights=differs)
    nothing = np.bincount(group, weights=unknown[order]) == size
    found[order] = ((distinct * 3 > size) | nothing)[group]
    return found


def without_crowds(records: Clean, store: int) -> tuple[Clean, NDArray[np.bool_]]:
    """Take constants for missing; give the records and which of them had a constant name.

    They are of a store of `store` records, by which it goes what is common.
    """
    both = (records.first > 0) & (records.last > 0)
    full = np.where(both, (records.last.astype(np.int64) << 32) | records.first, 0)
    nothing = (records.ssn == 0) & (records.born == 0)
    limit = max(CONSTANT_NAME_RECORDS, CONSTANT_NAME_SHARE * store)
    constant = _crowded(full, _key(records.ssn, records.born), nothing, limit)
    who, nobody = _key(records.first, records.last, records.born), np.zeros(len(records), dtype=np.bool_)
    shared = _crowded(records.number, who, nobody, SHARED_NUMBER_RECORDS)
    partial = np.where(records.number == 0, records.ssn, np.uint64(0)).astype(np.int64)
    usual = np.count_nonzero(partial) / 10_000 * store / max(len(records), 1)
    shared |= _crowded(partial, who, nobody, max(SHARED_NUMBER_RECORDS, _PARTIAL_TIMES * usual))
    cleaned = replace(
        records,
        first=np.where(constant, 0, records.first).astype(np.int32),
        last=np.where(constant, 0, records.last).astype(np.int32),
        ssn=np.where(shared, np.uint64(0), records.ssn),
        number=np.where(shared, 0, records.number),
    )
    return cleaned, constant


def known_fields(records: Clean) -> NDArray[np.int8]:
    """Say how many of first name, last name, birth date and SSN each record has; one alone can't be matched."""
    columns: tuple[NDArray[Any], ...] = (records.first, records.last, records.born, records.ssn)
    found = np.zeros(len(records), dtype=np.int8)
    for column in columns:
        found += column.astype(np.bool_)
    return found


def admit(records: Clean, store: int = 0) -> tuple[Clean, dict[str, NDArray[np.int32]]]:
    """Give the records that can be matched, constants taken off, and the rows of the others by the reason.

    `store` is the size of the store that they are of, without it their own number.
    """
    comparable = records.take(np.flatnonzero(~records.hashed))
    cleaned, constant = without_crowds(comparable, store or len(comparable))
    known = known_fields(cleaned)
    reasons = {
        HASHED: records.rows[records.hashed],
        CONSTANT: cleaned.rows[(known < 2) & constant],
        NO_IDENTITY: cleaned.rows[(known == 0) & ~constant],
        TOO_LITTLE: cleaned.rows[(known == 1) & ~constant],
    }
    return cleaned.take(np.flatnonzero(known >= 2)), {why: rows for why, rows in reasons.items() if len(rows)}
