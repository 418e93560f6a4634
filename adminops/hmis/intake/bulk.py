"""Many rows to and from the database at once, on SQLite and on PostgreSQL.

Values come as the text that both databases read as the column's type, so that little is converted on the way: SQLite
gets them by executemany, PostgreSQL by COPY. Keys of a batch travel as one JSON text (SQLite) or one array
(PostgreSQL).
"""

# ruff: noqa: S608 - the names in these statements are of our tables and of the specification, never of the input

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection

from adminops.hmis.intake.columns import Column, InsertOnSqlite, copy_to_postgresql
from adminops.hmis.intake.indexes import UNIQUE_VIOLATION
from adminops.hmis.intake.streaming import Lines
from adminops.hmis.spec import FileSpec

SUSPECTS = "intake_suspects"
"""Temporary table: rows of files, with their lines, whose references may lead nowhere."""
PROJECTS = "intake_projects"
"""Temporary table: the keys that Project.csv had."""
STAYS = "intake_stays"
"""Temporary table: the stays that are in the scope of the export."""
ABSENT = "intake_absent"
"""Temporary table: ids of the rows that a file did not have."""
ROOM = {"cache_size": -80_000, "mmap_size": 0}
"""What SQLite may keep of its pages while it takes an import: more in its cache, for indexes in no order are written
all over; nothing of the file as memory, for an import goes through all of it."""

EMPTIED = "removed_at IS NOT NULL AND row_hash IS NULL AND import_id IS NOT NULL"
"""What client records are that an undone import had added. Others without a hash were made here; those of a rotation of
keys have one of zeros."""

DETAIL = 20
"""How much PostgreSQL is to learn of a table at once, a fifth of what it learns when it looks itself."""
HIGHEST_ID = 2**31 - 1
ASKED_AFTER = ("Client", "Project")
"""Files of which it is asked which rows they had once they were read."""


class Stored(NamedTuple):
    """What the store has under a key."""

    id: int
    key: str
    hash: bytes | None
    is_removed: bool
    is_emptied: bool
    """Whether it is what an undone import left of a client record: nothing but the key that others point to."""
    updated_at: Any
    """DateUpdated as the driver gives it, if it was asked for."""

    @property
    def updated_on(self) -> str:
        """Day of DateUpdated (2022-01-31), empty when it is not known."""
        return str(self.updated_at or "")[:10]


class Span(NamedTuple):
    """Where the rows of a source lie in a table."""

    first: int
    last: int
    """The lowest and the highest id; 1 and 0 when there are no rows."""
    rows: int
    """How many there are; as many as ids where the table has those of no other source."""


class Fingerprint(NamedTuple):
    """Some rows of the store that follow each other by their ids, but for removed ones."""

    first: int
    last: int
    rows: int
    """How many there are: as many as ids, where none between them is missing, removed or another source's."""
    hashes: str | bytes
    """Their hashes in this order, as `as_printed` writes them."""


class Bulk:
    """The bulk statements of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._is_sqlite = connection.dialect.name == "sqlite"
        self._mark = "?" if self._is_sqlite else "%s"
        self._among = "IN (SELECT value FROM json_each(?))" if self._is_sqlite else "= ANY(%s)"
        self._inserts: dict[str, InsertOnSqlite] = {}
        self._seen: dict[str, Callable[[Sequence[str]], set[str]]] = dict.fromkeys(ASKED_AFTER, _none)
        self.lines = Lines(self._cursor)
        """For rows that come as lines of COPY. Whatever else this does ends the COPY that is open."""

    @property
    def is_served(self) -> bool:
        """Whether a server works for us while we do something else."""
        return not self._is_sqlite

    @property
    def takes_lines(self) -> bool:
        """Whether rows may come as lines of COPY: they are written in UTF-8."""
        return self.is_served and self._driver.info.encoding == "utf-8"

    def moment(self, at: datetime) -> str:
        """Return `at` as a column of moments takes it."""
        text = at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
        return text if self._is_sqlite else f"{text}+00:00"

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Give the block the temporary tables of an import, empty, and room in memory."""
        usual = {}
        if self._is_sqlite:
            for name, size in ROOM.items():
                usual[name] = self._connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
                self._run(f"PRAGMA {name} = {size}")
        try:
            self._make_tables()
            yield
            self._drop_tables()
        except BaseException:
            self.lines.break_off()
            raise
        finally:
            for name, size in usual.items():
                self._run(f"PRAGMA {name} = {size}")

    def _make_tables(self) -> None:
        self._drop_tables()
        options = " WITHOUT ROWID" if self._is_sqlite else " ON COMMIT DROP"
        key = "key TEXT PRIMARY KEY"
        self._run(
            f"CREATE TEMPORARY TABLE {SUSPECTS} (file TEXT, key TEXT, line INTEGER, PRIMARY KEY (file, key)){options}"
        )
        self._run(f"CREATE TEMPORARY TABLE {PROJECTS} ({key}){options}")
        self._run(f"CREATE TEMPORARY TABLE {STAYS} ({key}){options}")
        self._run(f"CREATE TEMPORARY TABLE {ABSENT} (id BIGINT PRIMARY KEY){options}")

    def _drop_tables(self) -> None:
        schema = "temp." if self._is_sqlite else "pg_temp."
        for table in (SUSPECTS, PROJECTS, STAYS, ABSENT):
            self._run(f"DROP TABLE IF EXISTS {schema}{table}")

    def will_know(self, file: str, seen: Callable[[Sequence[str]], set[str]]) -> None:
        """Have `seen` answer which keys were in `file`, one of `ASKED_AFTER`."""
        self._seen[file] = seen

    def seen(self, file: str, keys: Sequence[str]) -> set[str]:
        """Return those of `keys` that this import had in `file`, one of `ASKED_AFTER`."""
        return self._seen[file](keys)

    def add_suspects(self, file: str, rows: Iterable[tuple[str, int]]) -> None:
        """Note (key, line) of rows of `file` whose references are to be checked."""
        sql = f"INSERT INTO {SUSPECTS} VALUES ({self._mark}, {self._mark}, {self._mark}) ON CONFLICT DO NOTHING"
        self.run_many(sql, ((file, key, line) for key, line in rows))

    def suspected_files(self) -> set[str]:
        """Return the files that have suspects."""
        return {file for (file,) in self._all(f"SELECT DISTINCT file FROM {SUSPECTS}")}

    def add_projects(self, keys: Iterable[str]) -> None:
        """Note keys that Project.csv had."""
        self.run_many(f"INSERT INTO {PROJECTS} VALUES ({self._mark}) ON CONFLICT DO NOTHING", ((key,) for key in keys))

    def set_absent(self, ids: Iterable[Sequence[int]]) -> bool:
        """Let the temporary table of absent rows hold `ids` and no others; tell whether there are any."""
        self._run(f"DELETE FROM {ABSENT}")
        are_any = False
        for some in ids:
            self.run_many(f"INSERT INTO {ABSENT} VALUES ({self._mark})", ((row_id,) for row_id in some))
            are_any = are_any or bool(some)
        return are_any

    def learn_sizes(self, files: Sequence[FileSpec]) -> None:
        """Let the planner know how the temporary tables and those of `files` have grown: it would guess wildly.

        PostgreSQL looks only at columns that rows are found or joined by; at the others it looks itself, later.
        """
        if self._is_sqlite:
            self._run("PRAGMA analysis_limit = 1000")
        else:
            self._run(f"SET LOCAL default_statistics_target = {DETAIL}")
            self._run(f"ANALYZE {SUSPECTS}")
        for file in files:
            self._run(f"ANALYZE {file.table}" if self._is_sqlite else f"ANALYZE {file.table} ({_joined_by(file)})")
        if not self._is_sqlite:
            self._run("SET LOCAL default_statistics_target TO DEFAULT")

    def has_rows(self, table: str, source_id: int) -> bool:
        """Tell whether `table` has any row of the source."""
        return bool(self._all(f"SELECT 1 FROM {table} WHERE source_id = {self._mark} LIMIT 1", source_id))

    def has_any_client(self) -> bool:
        """Tell whether the store has any client, of whatever source, removed or not."""
        return bool(self._all("SELECT 1 FROM hmis_client LIMIT 1"))

    def has_clients(self, source_id: int) -> bool:
        """Tell whether the source has any client who is not removed."""
        return bool(
            self._all(
                f"SELECT 1 FROM hmis_client WHERE source_id = {self._mark} AND removed_at IS NULL LIMIT 1", source_id
            )
        )

    def span(self, table: str, source_id: int) -> Span:
        """Return where the rows of the source lie."""
        ends = f"(SELECT min(source_id) FROM {table}), (SELECT max(source_id) FROM {table})"
        if self._all(f"SELECT {ends}") == [(source_id, source_id)]:
            ((first, last),) = self._all(f"SELECT (SELECT min(id) FROM {table}), (SELECT max(id) FROM {table})")
            return Span(first, last, last - first + 1)
        sql = f"SELECT min(id), max(id), count(*) FROM {table} WHERE source_id = {self._mark}"
        ((first, last, rows),) = self._all(sql, source_id)
        return Span(first, last, rows) if rows else Span(1, 0, 0)

    def following(
        self, file: FileSpec, source_id: int, after: int, last: int, limit: int, *, with_dates: bool
    ) -> list[Stored]:
        """Return the next rows of the source that are not removed, by ids over `after` and up to `last`."""
        sql = f"{self._select(file, with_dates)} WHERE {self._next(limit)}"
        return list(map(Stored._make, self._all(sql, source_id, after, last)))

    def fingerprint(self, file: FileSpec, source_id: int, after: int, last: int, limit: int) -> Fingerprint | None:
        """Return what says whether the next `limit` rows are as a file has them; None when there are no such rows.

        The hashes come as one text: to make a row of each would take as long as all else that is done to it.
        """
        # PostgreSQL takes them as they come, in the order below; told this order once more it would sort them anew.
        hashes = "group_concat(hex(row_hash), '')" if self._is_sqlite else "string_agg(row_hash, '')"
        ((first, final, rows, joined),) = self._all(
            f"SELECT min(id), max(id), count(*), {hashes} FROM"
            f" (SELECT id, row_hash FROM {file.table} WHERE {self._next(limit)}) AS next_rows",
            source_id,
            after,
            last,
        )
        return None if first is None else Fingerprint(first, final, rows, joined or "")

    def as_printed(self, hashes: Sequence[bytes]) -> str | bytes:
        """Return `hashes` as a fingerprint has them."""
        joined = b"".join(hashes)
        return joined.hex().upper() if self._is_sqlite else joined

    def ids_between(self, table: str, source_id: int, first: int, last: int, limit: int) -> Iterator[list[int]]:
        """Yield the ids of the source's rows from `first` to `last` that are not removed, `limit` at a time."""
        sql = f"SELECT id FROM {table} WHERE {self._next(limit)}"
        while ids := [row_id for (row_id,) in self._all(sql, source_id, first - 1, last)]:
            yield ids
            first = ids[-1] + 1

    def ids_by_key(self, file: FileSpec, source_id: int, last: int, limit: int) -> Iterator[list[int]]:
        """Yield the ids of the source's rows up to `last` that are not removed, `limit` at a time, by their keys."""
        key = file.key_column.attribute
        sql = (
            f"SELECT {key}, id FROM {file.table} WHERE source_id = {self._mark} AND {key} > {self._mark}"
            f" AND removed_at IS NULL AND id <= {self._mark} ORDER BY {key} LIMIT {limit}"
        )
        after = ""
        while rows := self._all(sql, source_id, after, last):
            yield [row_id for _, row_id in rows]
            after = rows[-1][0]

    def _next(self, limit: int) -> str:
        """Return the condition for the next rows of a source, between two ids, that are not removed."""
        # Rows are to be gone through by their ids. The plus keeps SQLite from sorting all rows of the source instead;
        # PostgreSQL, which knows that most rows are the source's, would take them for few with it, and sort them.
        source = "+source_id" if self._is_sqlite else "source_id"
        return (
            f"{source} = {self._mark} AND id > {self._mark} AND id <= {self._mark} AND removed_at IS NULL"
            f" ORDER BY id LIMIT {limit}"
        )

    def stored(self, file: FileSpec, source_id: int, keys: Sequence[str], *, with_dates: bool) -> dict[str, Stored]:
        """Return what the store has of `keys` of `file`."""
        key = file.key_column.attribute
        sql = f"{self._select(file, with_dates)} WHERE source_id = {self._mark} AND {key} {self._among}"
        return {row[1]: Stored._make(row) for row in self._all(sql, source_id, self._listed(keys))}

    def insert_new(self, file: FileSpec, source_id: int, keys: Sequence[str], columns: Sequence[Column]) -> set[int]:
        """Insert rows, each with a value in each of `columns`; return the places of rows whose key was there already.

        Of rows with the same key the first is inserted.
        """
        if self._is_sqlite:
            return self._insert_on_sqlite(file, source_id, keys, columns)
        return self._copy_on_postgresql(file, source_id, keys, columns)

    def new_persons(self, number: int) -> list[Column]:
        """Make a person for each of so many new client records, with the number of the record; return both as columns.

        To set the person later would write each record anew, on PostgreSQL with all its indexes.
        """
        if self._is_sqlite:
            ((top,),) = self._all("SELECT coalesce(max(id), 0) FROM hmis_client")
            ids = [str(top + each) for each in range(1, number + 1)]
            self.run_many("INSERT INTO hmis_person (id) VALUES (?)", ((int(row_id),) for row_id in ids))
        else:
            made = self._all(
                "WITH ids AS MATERIALIZED (SELECT nextval(pg_get_serial_sequence('hmis_client', 'id')) AS id"
                " FROM generate_series(1, %s)), persons AS (INSERT INTO hmis_person (id) SELECT id FROM ids)"
                " SELECT id FROM ids ORDER BY id",
                number,
            )
            ids = [str(row_id) for (row_id,) in made]
        return [Column("id", ids), Column("person_id", ids)]

    def forget_persons(self, columns: Sequence[Column]) -> None:
        """Take persons back that were made for client records which the store had already."""
        if columns and columns[0].values:
            ids = ((int(row_id),) for row_id in columns[0].values)
            self.run_many(f"DELETE FROM hmis_person WHERE id = {self._mark}", ids)

    def _insert_on_sqlite(
        self, file: FileSpec, source_id: int, keys: Sequence[str], columns: Sequence[Column]
    ) -> set[int]:
        inserted = self._inserts.setdefault(file.name, InsertOnSqlite(file)).run(self._driver.cursor(), columns)
        if inserted == len(keys):
            return set()
        ((last,),) = self._all(f"SELECT max(id) FROM {file.table}")
        numbered = next((column.values for column in columns if column.name == "id"), None)
        before = int(numbered[0]) - 1 if numbered else last - inserted
        return _repeated(keys, self._keys_up_to(file, source_id, keys, before))

    def _copy_on_postgresql(
        self, file: FileSpec, source_id: int, keys: Sequence[str], columns: Sequence[Column]
    ) -> set[int]:
        with self._driver.cursor() as cursor:
            cursor.execute(f"SAVEPOINT {SUSPECTS}")
            again: set[int] = set()
            try:
                copy_to_postgresql(cursor, file.table, columns)
            except Exception as error:
                if getattr(error, "sqlstate", None) != UNIQUE_VIOLATION:
                    raise
                cursor.execute(f"ROLLBACK TO SAVEPOINT {SUSPECTS}")
                again = _repeated(keys, self._keys_up_to(file, source_id, keys, HIGHEST_ID))
                rest = [place for place in range(len(keys)) if place not in again]
                if rest:
                    copy_to_postgresql(cursor, file.table, [column.only(rest) for column in columns])
            cursor.execute(f"RELEASE SAVEPOINT {SUSPECTS}")
        return again

    def _keys_up_to(self, file: FileSpec, source_id: int, keys: Sequence[str], last: int) -> set[str]:
        """Return those of `keys` that the store has under an id up to `last`."""
        key = file.key_column.attribute
        sql = (
            f"SELECT {key} FROM {file.table} WHERE source_id = {self._mark} AND {key} {self._among}"
            f" AND id <= {self._mark}"
        )
        return {found for (found,) in self._all(sql, source_id, self._listed(keys), last)}

    def update(self, table: str, columns: Sequence[Column], ids: Sequence[int]) -> None:
        """Set `columns` of the rows `ids`."""
        assignments = ", ".join(f'"{column.name}" = {self._mark}' for column in columns)
        rows = zip(*(column.bound() for column in columns), ids, strict=True)
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
            self.lines.end()
            self._connection.exec_driver_sql(sql, listed)

    def delete_by_key(self, table: str, source_id: int, file: str, keys: Sequence[str]) -> None:
        """Delete what `table` keeps beside the rows `keys` of `file`."""
        self.lines.end()
        sql = f"DELETE FROM {table} WHERE source_id = {self._mark} AND file = {self._mark} AND hud_key {self._among}"
        self._connection.exec_driver_sql(sql, (source_id, file, self._listed(keys)))

    @property
    def _driver(self) -> Any:
        """The driver's own connection, free for a statement: what goes through it is not copied on the way."""
        self.lines.end()
        return self._connection.connection.driver_connection

    def _cursor(self) -> Any:
        driver: Any = self._connection.connection.driver_connection
        return driver.cursor()

    def _all(self, sql: str, *values: Any) -> list[Any]:
        cursor = self._driver.cursor()
        # PostgreSQL is to plan for these very values: a plan for any would sort all rows between two ids.
        anew = {} if self._is_sqlite else {"prepare": False}
        try:
            found: list[Any] = cursor.execute(sql, values, **anew).fetchall()
        finally:
            cursor.close()
        return found

    def _select(self, file: FileSpec, with_dates: bool) -> str:
        updated = "date_updated" if with_dates else "NULL"
        emptied = EMPTIED if file.name == "Client" else "1 = 0"
        return (
            f"SELECT id, {file.key_column.attribute}, row_hash, removed_at IS NOT NULL, {emptied}, {updated}"
            f" FROM {file.table}"
        )

    def _listed(self, keys: Sequence[str]) -> str | list[str]:
        return json.dumps(keys) if self._is_sqlite else list(keys)

    def _run(self, sql: str) -> None:
        self.lines.end()
        self._connection.exec_driver_sql(sql)


def _joined_by(file: FileSpec) -> str:
    found_by = (column.attribute for column in file.columns if column.is_key or column.ref or column.type == "date")
    return ", ".join(f'"{name}"' for name in ("id", "source_id", "import_id", "removed_at", *found_by))


def _none(_keys: Sequence[str]) -> set[str]:
    """Return which keys a file had that is not in the export."""
    return set()


def _repeated(keys: Sequence[str], there: set[str]) -> set[int]:
    """Return the places of keys that are `there` or were there before in `keys`."""
    known, again = set(there), set()
    for place, key in enumerate(keys):
        if key in known:
            again.add(place)
        known.add(key)
    return again
