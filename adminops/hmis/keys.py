"""Keys of rows across sources: a number of a source and HUD's key there."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, and_, false, or_

T = TypeVar("T")
SourceKey = tuple[int, str]
"""A row of some file: number of the source, HUD's key."""


def padded(values: Sequence[T], to: int) -> list[T]:
    """Return values for an `IN (…)`, the last one repeated until there are so many; none stay none.

    A statement is another one for each number of values: compiled, and on PostgreSQL planned, anew for each.
    """
    return [*values, *[values[-1]] * (to - len(values))] if values else []


def among(source_column: Any, key_column: Any, keys: Iterable[SourceKey]) -> ColumnElement[bool]:
    """Return the condition that a row is one of `keys`.

    Written source by source: SQLite reads the whole table for `(source, key) IN (…)`, and the index for this.
    """
    by_source = groupby(sorted(keys), key=lambda key: key[0])
    parts = [
        and_(source_column == source_id, key_column.in_([key for _, key in group])) for source_id, group in by_source
    ]
    return or_(*parts) if parts else false()
