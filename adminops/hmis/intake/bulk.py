"""Many rows to and from the database at once, on SQLite and on PostgreSQL.

Values come as the text that both databases read as the column's type, so nothing is converted on the way: SQLite gets
them by executemany, PostgreSQL by COPY. Keys of a batch travel as one JSON text (SQLite) or one array (PostgreSQL).
"""

# ruff: noqa: S608 - the names in these statements are of our tables and of the specification, never of the input

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection

SEEN = "intake_seen"
"""Temporary table: the keys that each file had, with their lines."""
STAYS = "intake_stays"
"""Temporary table: the stays that are in the scope of the export."""


class Stored(NamedTuple):
    """What the store has under a key."""

    id: int
    hash: bytes | None
    updated_on: str
    """Day of DateUpdated (2022-01-31), empty when it is not known."""
    is_removed: bool

    @property
    def is_emptied(self) -> bool:
        """Whether it is what an undone import left of a client record: nothing but the key that others point to."""
        return self.is_removed and self.hash is None


class Bulk:
    """The bulk statements of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._is_sqlite = connection.dialect.name == "sqlite"
        self._mark = "?" if self._is_sqlite else "%s"
        self._among = "IN (SELECT value FROM json_each(?))" if self._is_sqlite else "= ANY(%s)"

    def moment(self, at: datetime) -> str:
        """Return `at` as a column of moments takes it."""
        text = at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
        return text if self._is_sqlite else f"{text}+00:00"

    def make_tables(self) -> None:
        """Make the temporary tables of an import, empty: keys that were seen, and stays in scope."""
        self.drop_tables()
        options = " WITHOUT ROWID" if self._is_sqlite else " ON COMMIT DROP"
        self._run(
            f"CREATE TEMPORARY TABLE {SEEN} (file TEXT, key TEXT, line INTEGER, PRIMARY KEY (file, key)){options}"
        )
        self._run(f"CREATE TEMPORARY TABLE {STAYS} (key TEXT PRIMARY KEY){options}")

    def drop_tables(self) -> None:
        """Drop the temporary tables if they are there."""
        schema = "temp." if self._is_sqlite else "pg_temp."
        for table in (SEEN, STAYS):
            self._run(f"DROP TABLE IF EXISTS {schema}{table}")

    def add_seen(self, file: str, keys: Sequence[tuple[str, int]]) -> int:
        """Note (key, line) pairs as seen in `file`, each key with its first line; return how many are new."""
        if not keys:
            return 0
        if self._is_sqlite:
            sql = f"INSERT OR IGNORE INTO {SEEN} (file, key, line) VALUES (?, ?, ?)"
            return self._connection.exec_driver_sql(sql, [(file, key, line) for key, line in keys]).rowcount
        sql = f"INSERT INTO {SEEN} SELECT %s, * FROM unnest(%s::text[], %s::int[]) ON CONFLICT DO NOTHING"
        columns = (file, [key for key, _ in keys], [line for _, line in keys])
        return self._connection.exec_driver_sql(sql, columns).rowcount

    def seen_lines(self, file: str, keys: Sequence[str]) -> set[int]:
        """Return the lines in which `file` had `keys` first."""
        sql = f"SELECT line FROM {SEEN} WHERE file = {self._mark} AND key {self._among}"
        return {line for (line,) in self._connection.exec_driver_sql(sql, (file, self._listed(keys)))}

    def seen(self, file: str, keys: Sequence[str]) -> set[str]:
        """Return those of `keys` that `file` had."""
        sql = f"SELECT key FROM {SEEN} WHERE file = {self._mark} AND key {self._among}"
        return {key for (key,) in self._connection.exec_driver_sql(sql, (file, self._listed(keys)))}

    def learn_sizes(self, tables: Sequence[str]) -> None:
        """Let the planner know how the temporary tables and these `tables` have grown: it would guess wildly."""
        self._run("PRAGMA analysis_limit = 1000" if self._is_sqlite else f"ANALYZE {SEEN}")
        for table in tables:
            self._run(f"ANALYZE {table}")

    def stored(self, table: str, key: str, updated: str, source_id: int, keys: Sequence[str]) -> dict[str, Stored]:
        """Return what `table` has of `keys`. `key` and `updated` name its key column and that of DateUpdated."""
        sql = (
            f"SELECT {key}, id, row_hash, {updated}, removed_at FROM {table}"
            f" WHERE source_id = {self._mark} AND {key} {self._among}"
        )
        rows = self._connection.exec_driver_sql(sql, (source_id, self._listed(keys))).all()
        return {
            found: Stored(id_, row_hash, str(updated_at or "")[:10], removed_at is not None)
            for found, id_, row_hash, updated_at, removed_at in rows
        }

    def has_rows(self, table: str, source_id: int) -> bool:
        """Tell whether `table` has any row of the source."""
        sql = f"SELECT 1 FROM {table} WHERE source_id = {self._mark} LIMIT 1"
        return self._connection.exec_driver_sql(sql, (source_id,)).first() is not None

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Insert `rows`, each with a value for each of `columns`."""
        if not rows:
            return
        names = ", ".join(f'"{name}"' for name in columns)
        if self._is_sqlite:
            marks = ", ".join("?" * len(columns))
            self._connection.exec_driver_sql(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(map(tuple, rows)))
            return
        driver: Any = self._connection.connection.driver_connection
        with driver.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    def update(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Set `columns` of rows; each of `rows` has a value for each column and the row's id at its end."""
        assignments = ", ".join(f'"{name}" = {self._mark}' for name in columns)
        self.run_many(f"UPDATE {table} SET {assignments} WHERE id = {self._mark}", rows)

    def upsert(self, table: str, keys: Sequence[str], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Insert rows of `keys` and `columns`, or set those columns where the keys are there and the first differs."""
        names = ", ".join(f'"{name}"' for name in (*keys, *columns))
        marks = ", ".join([self._mark] * (len(keys) + len(columns)))
        unique = ", ".join(f'"{name}"' for name in keys)
        assigned = ", ".join(f'"{name}" = excluded."{name}"' for name in columns)
        self.run_many(
            f"INSERT INTO {table} ({names}) VALUES ({marks}) ON CONFLICT ({unique})"
            f' DO UPDATE SET {assigned} WHERE {table}."{columns[0]}" <> excluded."{columns[0]}"',
            rows,
        )

    def run_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run `sql`, which has this database's parameter marks, once for each of `rows`."""
        listed = [tuple(row) for row in rows]
        if listed:
            self._connection.exec_driver_sql(sql, listed)

    def delete_by_key(self, table: str, source_id: int, file: str, keys: Sequence[str]) -> None:
        """Delete what `table` keeps beside the rows `keys` of `file`."""
        sql = f"DELETE FROM {table} WHERE source_id = {self._mark} AND file = {self._mark} AND hud_key {self._among}"
        self._connection.exec_driver_sql(sql, (source_id, file, self._listed(keys)))

    def _listed(self, keys: Sequence[str]) -> str | list[str]:
        return json.dumps(keys) if self._is_sqlite else list(keys)

    def _run(self, sql: str) -> None:
        self._connection.exec_driver_sql(sql)
