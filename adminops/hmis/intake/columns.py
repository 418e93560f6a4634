"""Columns of rows that are to be written, and the quickest ways into SQLite and PostgreSQL.

Most columns of most files are blank, and most values are codes. What a driver does for each value is what costs: so
blank columns are left out, and a blank is made null by the database rather than here.
"""

# ruff: noqa: S608 - the names in these statements are of our tables and of the specification, never of the input

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any, NamedTuple

from adminops.hmis.spec import FileSpec

PARTED_BY, QUOTED_BY = "\x1f", "\x01"
"""How lines of COPY are written: with characters that next to no text holds, so that next to none is quoted."""


class Kind(Enum):
    """What the values of a column are."""

    TEXT = "text that the column's type is read from; a blank is null"
    TIME = "date and time as 2022-01-31 14:05:00; a blank is null"
    NUMBER = "a whole number as text; a blank is null"
    NAME = "text; a blank is an empty text"
    SAME = "a whole number as text, the same in all rows of an import"
    BYTES = "bytes; empty ones are null"


class Column(NamedTuple):
    """A column of some rows that are to be written."""

    name: str
    values: Sequence[Any]
    kind: Kind = Kind.TEXT

    @property
    def is_blank(self) -> bool:
        """Whether all values are null."""
        return self.kind not in (Kind.NAME, Kind.SAME) and not any(self.values)

    def bound(self) -> Sequence[Any]:
        """Return the values as parameters of a statement."""
        if self.kind in (Kind.NUMBER, Kind.SAME):
            return [int(value) if value else None for value in self.values]
        if self.kind is Kind.TIME:
            return [f"{value}.000000" if value else None for value in self.values]
        return self.values if self.kind is Kind.NAME else [value or None for value in self.values]

    def only(self, places: Sequence[int]) -> "Column":
        """Return the column with the values at `places`."""
        return self._replace(values=[self.values[place] for place in places])


class _Numbers(dict[str, int | str]):
    """Numbers by their text: nearly all are codes, and come again. A blank stays one."""

    def __missing__(self, text: str) -> int | str:
        number = int(text) if text else text
        if len(self) < 10_000:
            self[text] = number
        return number


_NUMBERS = _Numbers()


_MARKS = {
    Kind.TEXT: ("?", "nullif(?, '')"),
    Kind.TIME: ("? || '.000000'", "nullif(?, '') || '.000000'"),  # SQLAlchemy writes it so, and so it compares
    Kind.NUMBER: ("?", "nullif(?, '')"),
    Kind.NAME: ("?", "?"),
    Kind.BYTES: ("?", "nullif(?, x'')"),
}
"""How a value stands in a statement on SQLite: while no value was blank, and since."""


class InsertOnSqlite:
    """The statement that inserts rows of one file; rows whose key is there are passed over.

    A parameter that is None or bytes takes the driver a search for an adapter, longer than all else that it does for
    the value. So there are none: a blank becomes null in the statement, and bytes are lent as a bytearray.
    """

    def __init__(self, file: FileSpec) -> None:
        self._table, self._key = file.table, file.key_column.attribute
        self._marks: dict[str, str] = {}
        """What stands for each column that was ever filled: it only changes a few times, and so does the statement."""

    def run(self, cursor: Any, columns: Sequence[Column]) -> int:
        """Insert the rows; return how many were not there."""
        filled = [column for column in columns if self._is_needed(column)]
        bound = (_for_sqlite(column) for column in filled if column.kind is not Kind.SAME)
        cursor.executemany(self._sql(filled), zip(*bound, strict=True))
        inserted: int = cursor.rowcount
        return inserted

    def _is_needed(self, column: Column) -> bool:
        if column.kind is Kind.SAME:
            self._marks[column.name] = str(int(column.values[0]))
            return True
        known = self._marks.get(column.name)
        if known is None and column.is_blank:
            return False
        plain, or_null = _MARKS[column.kind]
        if known != or_null:
            self._marks[column.name] = plain if all(column.values) else or_null
        return True

    def _sql(self, columns: Sequence[Column]) -> str:
        # One row with each: a statement of many rows is undone by itself when it fails. What SQLite does for that
        # takes the longer the larger the database is.
        marks = ", ".join(self._marks[column.name] for column in columns)
        return (
            f"INSERT INTO {self._table} ({_names(columns)}) VALUES ({marks})"
            f" ON CONFLICT (source_id, {self._key}) DO NOTHING"
        )


def copy_to_postgresql(cursor: Any, table: str, columns: Sequence[Column]) -> None:
    """Send rows to `table` by COPY."""
    filled = [column for column in columns if not column.is_blank]
    never_null = [column for column in filled if column.kind is Kind.NAME]
    force = f", FORCE_NOT_NULL ({_names(never_null)})" if never_null else ""
    form = f"FORMAT csv, DELIMITER '{PARTED_BY}', QUOTE '{QUOTED_BY}'{force}"
    with cursor.copy(f"COPY {table} ({_names(filled)}) FROM STDIN ({form})") as copy:
        copy.write(_lines([_for_postgresql(column) for column in filled]))


def _for_sqlite(column: Column) -> Iterable[Any]:
    if column.kind is Kind.NUMBER:
        return map(_NUMBERS.__getitem__, column.values)
    return map(bytearray, column.values) if column.kind is Kind.BYTES else column.values


def _for_postgresql(column: Column) -> Sequence[str]:
    if column.kind is not Kind.BYTES:
        return column.values
    return [f"\\x{value.hex()}" if value else "" for value in column.values]


def _lines(texts: Sequence[Sequence[str]]) -> str:
    count, width = len(texts[0]), len(texts)
    lines = "\n".join(map(PARTED_BY.join, zip(*texts, strict=True))) + "\n"
    is_plain = lines.count("\n") == count and lines.count(PARTED_BY) == count * (width - 1)
    if is_plain and "\r" not in lines and QUOTED_BY not in lines:
        return lines
    quoted = (list(map(_quoted, column)) for column in texts)
    return "\n".join(map(PARTED_BY.join, zip(*quoted, strict=True))) + "\n"


def _quoted(text: str) -> str:
    return f"{QUOTED_BY}{text.replace(QUOTED_BY, QUOTED_BY * 2)}{QUOTED_BY}" if text else ""


def _names(columns: Iterable[Column]) -> str:
    return ", ".join(f'"{column.name}"' for column in columns)
