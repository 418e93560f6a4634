"""Invented clients: a complete one, the same as another desk wrote it down, and one of whom little is known."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from dedupe.matching.warn import Stay


@dataclass(frozen=True)
class Record:
    """One client, in HUD's codes; `races` holds the names of Client.csv's columns."""

    key: int
    first: str | None = None
    middle: str | None = None
    last: str | None = None
    suffix: str | None = None
    name_quality: int | None = None
    ssn: str | None = None
    ssn_quality: int | None = None
    dob: date | None = None
    dob_quality: int | None = None
    sex: int | None = None
    races: frozenset[str] = field(default=frozenset())
    veteran: int | None = None
    household_keys: frozenset[str] = field(default=frozenset())
    stays: tuple[Stay, ...] = ()


COMPLETE = Record(
    key=1,
    first="Katherine",
    middle="Ann",
    last="Sandoval-Reyes",
    name_quality=1,
    ssn="412734471",
    ssn_quality=1,
    dob=date(1987, 3, 11),
    dob_quality=1,
    sex=0,
    races=frozenset({"HispanicLatinao"}),
    veteran=0,
)


def record(key: int = 1, **over: Any) -> Record:
    """Make a complete record, or one with other values."""
    return replace(COMPLETE, key=key, **over)


def bare(key: int = 1, **known: Any) -> Record:
    """Make a record that knows only what is given."""
    return Record(key, **known)
