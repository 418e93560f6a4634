"""What the engine is given: client records as columns, in HUD's codes (HMIS Data Standards FY2026, 3.01 to 3.07)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

Key = int | str
NO_CODE = 99
AS_GIVEN = 1
"""The quality of a value of which no quality is known: a blank code is no reason to doubt a date."""
_NOBODY: NDArray[np.int32] = np.zeros(0, dtype=np.int32)


@dataclass(frozen=True)
class Memberships:
    """Which record belongs to what: places of records and numbers of households (or projects), side by side."""

    record: NDArray[np.int32] = field(default_factory=lambda: _NOBODY)
    group: NDArray[np.int32] = field(default_factory=lambda: _NOBODY)

    def moved(self, place: NDArray[np.int32]) -> Memberships:
        """Give them with the places that records have now; those of records at -1 are left out."""
        now = place[self.record] if len(self.record) else self.record
        return Memberships(now[now >= 0], self.group[now >= 0])


@dataclass(frozen=True)
class Columns:
    """Client records, one place a record in every column. Printed, it never shows a value.

    Names, suffix and SSN are texts as they were typed, "" for none; `dob` is written 1987-03-11. Quality codes, sex
    and veteran status are HUD's, 99 where there is none. `races` has a bit for each race and ethnicity answered yes.
    """

    ids: Sequence[Key] = field(repr=False)
    first: Sequence[str] = field(repr=False)
    middle: Sequence[str] = field(repr=False)
    last: Sequence[str] = field(repr=False)
    suffix: Sequence[str] = field(repr=False)
    name_quality: NDArray[np.int16] = field(repr=False)
    ssn: Sequence[str] = field(repr=False)
    ssn_quality: NDArray[np.int16] = field(repr=False)
    dob: Sequence[str] = field(repr=False)
    dob_quality: NDArray[np.int16] = field(repr=False)
    sex: NDArray[np.int16] = field(repr=False)
    races: NDArray[np.uint8] = field(repr=False)
    veteran: NDArray[np.int16] = field(repr=False)
    households: Memberships = field(default_factory=Memberships, repr=False)
    projects: Memberships = field(default_factory=Memberships, repr=False)

    def __len__(self) -> int:
        """Give the number of records."""
        return len(self.ids)

    def without(self, left_out: NDArray[np.bool_]) -> Columns:
        """Give the records that are not left out."""
        if not left_out.any():
            return self
        kept = np.flatnonzero(~left_out)
        rows, place = kept.tolist(), np.full(len(self), -1, dtype=np.int32)
        place[kept] = np.arange(len(kept), dtype=np.int32)
        values: dict[str, Any] = {}
        for name in (each.name for each in fields(self)):
            column = getattr(self, name)
            if isinstance(column, Memberships):
                values[name] = column.moved(place)
            else:
                values[name] = column[kept] if isinstance(column, np.ndarray) else [column[row] for row in rows]
        return Columns(**values)

    def followed_by(self, others: Columns) -> Columns:
        """Give these records and others behind them, with no word of households and projects."""
        values: dict[str, Any] = {}
        for name in (each.name for each in fields(self)):
            mine, theirs = getattr(self, name), getattr(others, name)
            if isinstance(mine, np.ndarray):
                values[name] = np.concatenate((mine, theirs))
            elif not isinstance(mine, Memberships):
                values[name] = [*mine, *theirs]
        return Columns(**values)


def one_record(id_: Key, *, first: str, last: str, ssn: str, dob: str) -> Columns:
    """Give a single record of which nothing else is known."""
    return of_identities(
        [id_], first=[first], middle=[""], last=[last], suffix=[""], ssn=[ssn], dob=[dob], qualities=[[AS_GIVEN]] * 3
    )


def of_identities(
    ids: Sequence[Key],
    *,
    first: Sequence[str],
    middle: Sequence[str],
    last: Sequence[str],
    suffix: Sequence[str],
    ssn: Sequence[str],
    dob: Sequence[str],
    qualities: Sequence[Sequence[int]],
) -> Columns:
    """Give records of which nothing else is known. `qualities` are those of names, SSNs and birth dates."""
    name_quality, ssn_quality, dob_quality = (np.array(codes, dtype=np.int16) for codes in qualities)
    nothing = np.full(len(ids), NO_CODE, dtype=np.int16)
    return Columns(
        ids=ids,
        first=first,
        middle=middle,
        last=last,
        suffix=suffix,
        name_quality=name_quality,
        ssn=ssn,
        ssn_quality=ssn_quality,
        dob=dob,
        dob_quality=dob_quality,
        sex=nothing,
        races=np.zeros(len(ids), dtype=np.uint8),
        veteran=nothing,
    )


def encode(values: Sequence[str], count: int) -> tuple[NDArray[np.int32], list[str]]:
    """Number the distinct values of a column in the order in which they come; give the numbers and the values."""
    distinct = list(dict.fromkeys(values))
    index = dict(zip(distinct, range(len(distinct)), strict=True))
    return np.fromiter(map(index.__getitem__, values), dtype=np.int32, count=count), distinct


def as_codes(values: Sequence[str], otherwise: int = NO_CODE) -> NDArray[np.int16]:
    """Read a column of HUD's codes; what is no number of up to three digits is `otherwise`."""
    codes, distinct = encode(values, len(values))
    read = [int(text) if text.isascii() and text.isdigit() and len(text) <= 3 else otherwise for text in distinct]
    return np.asarray(read, dtype=np.int16)[codes] if read else np.zeros(0, dtype=np.int16)


def are_any_of(values: NDArray[Any], some: Sequence[int]) -> NDArray[np.bool_]:
    """Say which values are among a few. One after the other: `np.isin` thinks longer about how than that takes."""
    found = np.zeros(len(values), dtype=np.bool_)
    for each in some:
        found |= values == each
    return found


def distinct(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give the distinct values in order. Sorting numbers is faster than `np.unique`, which looks each up."""
    ordered = np.sort(values)
    if not len(ordered):
        return ordered
    new = np.ones(len(ordered), dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    return ordered[new]
