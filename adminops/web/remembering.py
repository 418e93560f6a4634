"""Reads that are remembered for a few seconds: the counts and choices that every page of a list shows.

Whatever this process stores makes it forget at once, so nobody misses the effect of what they did themselves; what
another process stored is seen after `SECONDS` at the latest. A key names the reader and the viewer, so nobody is shown
what somebody else may see.

Most of what is stored are tickets and clients, and settings of the house don't change by them. A read that says which
tables it is `of` is forgotten only when this process stores something in one of them. Inside of a transaction that has
changed one it is read anew each time: what is not stored yet is nobody else's.
"""

from collections.abc import Callable, Hashable, Sequence
from time import monotonic
from typing import Any, TypeVar, cast

from flask import current_app

from adminops.db import Model, writes_stored, writes_stored_in

T = TypeVar("T")
SECONDS = 5.0
MOST = 2_000


def remembered(key: Hashable, read: Callable[[], T], *, of: Sequence[type[Model]] = ()) -> T:
    """Return what `read` gave within the last seconds under `key`, or read anew."""
    stored = writes_stored_in(model.__tablename__ for model in of) if of else writes_stored()
    if stored is None:
        return read()
    memory, now = _memory(), monotonic()
    if (found := memory.get(key)) is not None and _holds(found, stored, now):
        return cast("T", found[2])
    if len(memory) >= MOST:
        memory.clear()
    value = read()
    memory[key] = (stored, now, value)
    return value


def recalled(key: Hashable) -> Any:
    """Return what is remembered under `key` (without `of`) this very moment, or None; reads nothing."""
    found = _memory().get(key)
    return found[2] if found is not None and _holds(found, writes_stored(), monotonic()) else None


def _holds(found: tuple[int, float, Any], stored: int, now: float) -> bool:
    return found[0] == stored and now - found[1] < SECONDS


def _memory() -> dict[Hashable, tuple[int, float, Any]]:
    memory: dict[Hashable, tuple[int, float, Any]] = current_app.extensions.setdefault("remembered", {})
    return memory
