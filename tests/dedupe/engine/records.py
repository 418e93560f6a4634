"""Makers for the engine's tests: one complete invented client, and the same client as another desk wrote it down."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from dedupe.engine import MatchRecord
from dedupe.engine.normalise import Names
from dedupe.engine.prepare import Prepared, prepare

COMPLETE = MatchRecord(
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


def record(key: int | str = 1, **over: Any) -> MatchRecord:
    """Make a complete record, or one with other values."""
    return replace(COMPLETE, key=key, **over)


def bare(key: int | str = 1, **known: Any) -> MatchRecord:
    """Make a record that knows only what is given."""
    return MatchRecord(key, **known)


def prepared(*records: MatchRecord) -> list[Prepared]:
    """Prepare records with one set of names, so that they can be compared."""
    names = Names()
    return [prepare(one, names) for one in records]
