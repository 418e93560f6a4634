"""How values of source rows are read: as they came, or with the repairs of their source.

The one place that knows how screens, checks, reports and exports read what a repair may change. Nothing is copied: a
value is read through to its repair in the statement that asks for it. `layers_of` asks first which columns have any,
so that the others cost nothing.

    layers = layers_of([source.id])
    select(layers.value(Enrollment, "household_id")).where(Enrollment.removed_at.is_(None), layers.there(Enrollment))

Who may see a client, and who is left out of matching by law, goes by the rows as they came: a switch must neither
open a record nor hide that it is protected.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Integer,
    ScalarSelect,
    Select,
    String,
    case,
    cast,
    exists,
    func,
    inspect,
    select,
    true,
    type_coerce,
)
from sqlalchemy.orm import aliased

from adminops.db import db
from adminops.hmis.keys import SourceKey, among
from adminops.hmis.models import FILE_MODELS, LEFT_OUT, HmisSource, Repair, SourceRow
from adminops.hmis.models.columns import Cents
from adminops.hmis.spec import current

FILES = {model: name for name, model in FILE_MODELS.items()}


@dataclass(frozen=True)
class Layers:
    """The cells that are read through repairs: (file, column). None: any may be."""

    cells: frozenset[tuple[str, str]] | None

    def touches(self, entity: Any, attribute: str) -> bool:
        """Tell whether values of a column ("household_id") may have repairs."""
        file = _file_of(entity)
        return self._has(file, _column_of(file, attribute))

    def value(self, entity: Any, attribute: str) -> ColumnElement[Any]:
        """Return a column of a model, or of an alias of one, as it is read."""
        own: ColumnElement[Any] = getattr(entity, attribute)
        if not self.touches(entity, attribute):
            return own
        file = _file_of(entity)
        repaired = _repaired(entity, file, _column_of(file, attribute))
        if isinstance(own.type, String):
            return cast(func.nullif(func.coalesce(repaired, own), ""), own.type)  # a cast, or SQLite finds no index
        return case((repaired.is_not(None), _typed(func.nullif(repaired, ""), own.type)), else_=own)

    def left_out(self, entity: Any) -> ColumnElement[bool]:
        """Return the condition that a row is read as if it were deleted."""
        return ~self.there(entity)

    def there(self, entity: Any) -> ColumnElement[bool]:
        """Return the condition that a row is not read as if it were deleted."""
        file = _file_of(entity)
        return ~exists().where(*_cell(entity, file, LEFT_OUT)) if self._has(file, LEFT_OUT) else true()

    def of_keys(self, entity: Any, attribute: str, keys: Iterable[SourceKey]) -> ColumnElement[bool]:
        """Return the condition that a column is read as one of `keys` (source, value), by its index.

        It may let rows through that came so and are read otherwise: compare with `value` where that matters.
        """
        wanted = list(keys)
        if not self.touches(entity, attribute):
            return among(entity.source_id, getattr(entity, attribute), wanted)
        file, row = _file_of(entity), _another(inspect(entity).mapper.class_)
        came_so = select(row.id).where(among(row.source_id, getattr(row, attribute), wanted))
        repaired = select(Repair.row_id).where(Repair.file == file, Repair.column == _column_of(file, attribute))
        # A union of numbers: neither database looks an "or" of these two up by their indexes.
        number: ColumnElement[int] = entity.id
        return number.in_(came_so.union_all(repaired.where(among(Repair.source_id, Repair.value, wanted))))

    def _has(self, file: str, column: str) -> bool:
        return self.cells is None or (file, column) in self.cells


AS_RECEIVED = Layers(frozenset())
"""Reads source rows as they came."""
THROUGH_ALL = Layers(None)
"""Reads through repairs without asking whether there are any: for few rows, where the question would cost more."""


def layers_of(source_ids: Iterable[int] | None = None) -> Layers:
    """Return how the rows of these sources, or of all, are read: one small read."""
    reading = select(HmisSource.repair_counts)
    if source_ids is not None:
        reading = reading.where(HmisSource.id.in_(list(source_ids)))
    cells = {cell for counts in db.session.scalars(reading) for columns in counts.values() for cell in columns}
    return Layers(frozenset((file, column) for file, _, column in (cell.partition(".") for cell in cells)))


def has_repairs(entity: Any) -> ColumnElement[bool]:
    """Return the condition that the source of a row has any repair: to be selected beside the row."""
    return exists().where(Repair.source_id == entity.source_id)


def repairs_on(file: str, row_ids: Iterable[int]) -> dict[int, dict[str, Repair]]:
    """Return the repairs of loaded rows of a file, by row and HUD's column (or `LEFT_OUT`)."""
    found: dict[int, dict[str, Repair]] = {}
    for repair in db.session.scalars(select(Repair).where(Repair.file == file, Repair.row_id.in_(list(row_ids)))):
        found.setdefault(repair.row_id, {})[repair.column] = repair
    return found


def whole_table(columns: Select[*tuple[Any, ...]], *, read_through: bool) -> Any:
    """Return a select to be joined with many rows.

    Where its keys are `read_through` repairs no index helps: then it is written out once, and joined as a table.
    """
    return columns.cte().prefix_with("MATERIALIZED") if read_through else columns.subquery()


@cache
def _another(model: type[SourceRow]) -> Any:
    """Return an alias of a model, made once: that copies all of its columns."""
    return aliased(model)


def _cell(entity: Any, file: str, column: str) -> list[ColumnElement[bool]]:
    return [Repair.file == file, Repair.row_id == entity.id, Repair.column == column]


def _repaired(entity: Any, file: str, column: str) -> ScalarSelect[str]:
    return select(Repair.value).where(*_cell(entity, file, column)).correlate(entity).scalar_subquery()


def _typed(value: ColumnElement[Any], kind: Any) -> ColumnElement[Any]:
    """Return a text of HUD's as its column's type."""
    if isinstance(kind, Cents):
        return type_coerce(cast(func.replace(value, ".", ""), BigInteger), kind)
    if isinstance(kind, Integer):
        return cast(value, Integer)
    # SQLite keeps dates as texts, and a cast to a date would make a number of the year.
    return type_coerce(cast(value, Date().with_variant(String(), "sqlite")), Date)


def _file_of(entity: Any) -> str:
    return FILES[inspect(entity).mapper.class_]


def _column_of(file: str, attribute: str) -> str:
    return next((each.name for each in current().by_name[file].columns if each.attribute == attribute), attribute)
