"""Reads that are remembered for a few seconds: the counts and choices that every page of a list shows.

Whatever this process stores makes it forget at once, so nobody misses the effect of what they did themselves; what
another process stored is seen after `SECONDS` at the latest. A key names the reader and the viewer, so nobody is shown
what somebody else may see.
"""

from collections.abc import Callable, Hashable
from time import monotonic
from typing import Any, TypeVar, cast

from flask import current_app

from adminops.db import writes_stored

T = TypeVar("T")
SECONDS = 5.0
MOST = 2_000


def remembered(key: Hashable, read: Callable[[], T]) -> T:
    """Return what `read` gave within the last seconds under `key`, or read anew."""
    memory: dict[Hashable, tuple[int, float, Any]] = current_app.extensions.setdefault("remembered", {})
    stored, now = writes_stored(), monotonic()
    found = memory.get(key)
    if found is not None and found[0] == stored and now - found[1] < SECONDS:
        return cast("T", found[2])
    if len(memory) >= MOST:
        memory.clear()
    value = read()
    memory[key] = (stored, now, value)
    return value
