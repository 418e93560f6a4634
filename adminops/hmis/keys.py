"""Keys of rows across sources: a number of a source and HUD's key there."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, TypeVar

from sqlalchemy import ARRAY, Boolean, ColumnElement, and_, any_, bindparam, false, or_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

T = TypeVar("T")
SourceKey = tuple[int, str]
"""A row of some file: number of the source, HUD's key."""


def padded(values: Sequence[T], to: int) -> list[T]:
    """Return values for an `IN (…)`, the last one repeated until there are so many; none stay none.

    A statement is another one for each number of values: compiled anew for each.
    """
    return [*values, *[values[-1]] * (to - len(values))] if values else []


class IsListed(FunctionElement[bool]):
    """The condition that a column is one of the values that a parameter will list.

    On PostgreSQL the list is one parameter: the driver remembers no statement with more than fifty, so that one with
    sixty numbers was taken apart and planned anew each time.
    """

    inherit_cache = True
    type = Boolean()

    def __init__(self, column: Any, name: str) -> None:
        super().__init__(column, bindparam(name, expanding=True, type_=column.type))

    def self_group(self, against: Any = None) -> "IsListed":
        """Return itself: as any other truth SQLite would get it as `… = 1`, and use no index for it."""
        return self


@compiles(IsListed)
def _one_by_one(element: IsListed, compiler: SQLCompiler, **kwargs: Any) -> str:
    column, values = element.clauses
    return compiler.process(column.in_(values), **kwargs)


@compiles(IsListed, "postgresql")
def _as_an_array(element: IsListed, compiler: SQLCompiler, **kwargs: Any) -> str:
    column, values = element.clauses
    return compiler.process(column == any_(bindparam(values.key, type_=ARRAY(column.type))), **kwargs)


def among(source_column: Any, key_column: Any, keys: Iterable[SourceKey]) -> ColumnElement[bool]:
    """Return the condition that a row is one of `keys`.

    Written source by source: SQLite reads the whole table for `(source, key) IN (…)`, and the index for this.
    """
    by_source = groupby(sorted(keys), key=lambda key: key[0])
    parts = [
        and_(source_column == source_id, key_column.in_([key for _, key in group])) for source_id, group in by_source
    ]
    return or_(*parts) if parts else false()
