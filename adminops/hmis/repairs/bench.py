"""The bench on which the repairs of one source are worked out: temporary tables that rules change, one after another.

`STAYS` is a working copy of the source's stays with the columns that rules read and change; next to each of these
stands the rule that set it last. `MADE` is what the rules amount to: a row for each value that is to be read otherwise.
Dates are texts (2022-01-31) on both databases, so that they compare, and are computed with, in one way.
"""

# ruff: noqa: S608 - the names in these statements are of our tables and of the specification, never of the input

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cached_property
from itertools import islice
from typing import Any

from sqlalchemy import Connection, bindparam, text

from adminops.db import Moment
from adminops.hmis.codes import ProjectType
from adminops.hmis.models import LEFT_OUT
from adminops.hmis.spec import FileSpec, current

STAYS, MADE, DRAFT = "repair_stay", "repair_made", "repair_draft"
AT_ONCE = 10_000
THERE = "s.left_out_rule IS NULL"
"""Condition that a stay of the working copy has not been left out by an earlier rule."""

CELLS = {
    "household": ("HouseholdID", "household_id"),
    "relationship": ("RelationshipToHoH", "relationship_to_hoh"),
    "coc": ("EnrollmentCoC", "enrollment_coc"),
    "move_in": ("MoveInDate", "move_in_date"),
}
"""Columns of the working copy that rules change: HUD's column and ours."""

SHELTERS = (ProjectType.ES_ENTRY_EXIT, ProjectType.ES_NIGHT_BY_NIGHT)


def untouched(file: str, key: str) -> str:
    """Return the SQL condition that nobody took the rule back from the row of `file` whose key the SQL `key` gives."""
    return (
        "NOT EXISTS (SELECT 1 FROM hmis_repair_exception x WHERE x.source_id = :source AND x.rule = :rule"
        f" AND x.file = '{file}' AND x.hud_key = {key} AND x.withdrawn_at IS NULL)"
    )


def same(one: str, other: str) -> str:
    """Return the SQL condition that two nullable texts are the same."""
    return f"coalesce({one}, '') = coalesce({other}, '')"


def files_of_stays() -> list[FileSpec]:
    """Return the files whose rows belong to a stay."""
    return [
        file
        for file in current().files
        if file.name != "Enrollment" and any(column.ref == ("Enrollment", "EnrollmentID") for column in file.columns)
    ]


class Bench:
    """The temporary tables of one source's repairs. A context: they are gone at its end."""

    def __init__(self, connection: Connection, source_id: int) -> None:
        self._connection, self._source_id = connection, source_id
        self._is_sqlite = connection.dialect.name == "sqlite"

    def __enter__(self) -> "Bench":
        self._drop()
        cells = ", ".join(f"{name} TEXT, {name}_rule TEXT" for name in CELLS)
        self._make(
            STAYS,
            "id BIGINT PRIMARY KEY, enrollment_id TEXT, personal_id TEXT, project_id TEXT, project_type INTEGER,"
            f" entry_date TEXT, exit_date TEXT, {cells}, left_out_rule TEXT, left_follows TEXT,"
            " kept_as TEXT, exit_rule TEXT, exit_to TEXT, exit_follows TEXT",
        )
        self._make(
            MADE,
            'file TEXT, row_id BIGINT, hud_key TEXT, "column" TEXT, value TEXT, rule TEXT, follows TEXT,'
            ' PRIMARY KEY (file, row_id, "column")',
        )
        self._make(DRAFT, "row_id BIGINT PRIMARY KEY, a TEXT, b TEXT, c TEXT, d TEXT")
        return self

    def __exit__(self, *_: object) -> None:
        self._drop()

    def run(self, sql: str, **values: Any) -> int:
        """Run a statement and return how many rows it changed. `:source` is the source."""
        moments = [bindparam(name, type_=Moment()) for name, value in values.items() if isinstance(value, datetime)]
        return self._connection.execute(text(sql).bindparams(*moments), self._bound(sql, values)).rowcount

    def rows(self, sql: str, **values: Any) -> Iterator[Any]:
        """Yield the rows of a query, some at a time."""
        options = {"yield_per": AT_ONCE}
        yield from self._connection.execute(text(sql), self._bound(sql, values), execution_options=options)

    def day(self, column: str) -> str:
        """Return the SQL that gives a date of our tables as a text."""
        return column if self._is_sqlite else f"to_char({column}, 'YYYY-MM-DD')"

    def next_day(self, column: str) -> str:
        """Return the SQL that gives the day after a date of the working copy."""
        return f"date({column}, '+1 day')" if self._is_sqlite else self.day(f"(CAST({column} AS date) + 1)")

    @cached_property
    def stays(self) -> str:
        """The name of the working copy, which is made when the first rule asks for it."""
        self.run(
            f"INSERT INTO {STAYS} (id, enrollment_id, personal_id, project_id, project_type, entry_date, exit_date,"
            " household, relationship, coc, move_in)"
            " SELECT e.id, e.enrollment_id, e.personal_id, e.project_id, p.project_type,"
            f" {self.day('e.entry_date')}, (SELECT min({self.day('x.exit_date')}) FROM hmis_exit x"
            " WHERE x.source_id = e.source_id AND x.enrollment_id = e.enrollment_id AND x.removed_at IS NULL),"
            " e.household_id, CAST(e.relationship_to_hoh AS TEXT), e.enrollment_coc,"
            f" {self.day('e.move_in_date')} FROM hmis_enrollment e"
            " LEFT JOIN hmis_project p ON p.source_id = e.source_id AND p.project_id = e.project_id"
            " AND p.removed_at IS NULL WHERE e.source_id = :source AND e.removed_at IS NULL"
        )
        self.run(f"CREATE INDEX repair_stay_key ON {STAYS} (enrollment_id)")
        self.run(f"CREATE INDEX repair_stay_household ON {STAYS} (project_id, household)")
        self._learn(STAYS)
        return STAYS

    def change(self, cell: str, value: str, where: str, rule: str, *, of: str = "", **values: Any) -> int:
        """Set `cell` of the stays `s` that meet `where`, and that nobody took the rule back from, to the SQL `value`.

        `of` names what else the statement reads. Returns how many stays were changed.
        """
        return self.run(
            f"UPDATE {self.stays} AS s SET {cell} = {value}, {cell}_rule = :rule {'FROM ' + of if of else ''}"
            f" WHERE {THERE} AND ({where}) AND {untouched('Enrollment', 's.enrollment_id')}",
            rule=rule,
            **values,
        )

    def draft(self, rows: Iterable[Sequence[Any]]) -> None:
        """Fill the table of drafts anew: number of a row, and up to four texts for a statement to go by."""
        self.run(f"DELETE FROM {DRAFT}")
        padded = ((*row, None, None, None)[:5] for row in rows)
        while some := list(islice(padded, AT_ONCE)):
            self._write_drafts(some)
        self._learn(DRAFT)

    def _write_drafts(self, rows: list[tuple[Any, ...]]) -> None:
        if self._is_sqlite:
            self._connection.exec_driver_sql(f"INSERT INTO {DRAFT} VALUES (?, ?, ?, ?, ?)", rows)
        else:
            arrays = "%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[]"
            columns = tuple(map(list, zip(*rows, strict=True)))
            self._connection.exec_driver_sql(f"INSERT INTO {DRAFT} SELECT * FROM unnest({arrays})", columns)

    def taken_back(self, rule: str, file: str) -> frozenset[str]:
        """Return the keys of the rows of `file` that `rule` must leave alone."""
        sql = (
            "SELECT hud_key FROM hmis_repair_exception"
            " WHERE source_id = :source AND rule = :rule AND file = :file AND withdrawn_at IS NULL"
        )
        return frozenset(key for (key,) in self.rows(sql, rule=rule, file=file))

    def gather(self) -> None:
        """Write into `MADE` what the working copy and the source's rows differ in."""
        if "stays" in self.__dict__:
            self._gather_stays()
        self._learn(MADE)

    def _gather_stays(self) -> None:
        for cell, (column, ours) in CELLS.items():
            stored = {"relationship": f"CAST(e.{ours} AS TEXT)", "move_in": self.day(f"e.{ours}")}
            self.run(
                f"INSERT INTO {MADE} SELECT 'Enrollment', s.id, s.enrollment_id, '{column}',"
                f" coalesce(s.{cell}, ''), s.{cell}_rule, NULL FROM {STAYS} s JOIN hmis_enrollment e ON e.id = s.id"
                f" WHERE s.{cell}_rule IS NOT NULL AND {THERE}"
                f" AND NOT {same(f's.{cell}', stored.get(cell, f'e.{ours}'))}"
            )
        left_out = self.run(
            f"INSERT INTO {MADE} SELECT 'Enrollment', s.id, s.enrollment_id, '{LEFT_OUT}', coalesce(s.kept_as, ''),"
            f" s.left_out_rule, s.left_follows FROM {STAYS} s WHERE s.left_out_rule IS NOT NULL"
        )
        if left_out:
            self._gather_exits()
            self._gather_rows_of_stays()
            self.run(
                f"DELETE FROM {MADE} WHERE \"column\" NOT IN ('{LEFT_OUT}', 'EnrollmentID') AND EXISTS (SELECT 1 FROM"
                f" {MADE} o WHERE o.file = {MADE}.file AND o.row_id = {MADE}.row_id AND o.\"column\" = '{LEFT_OUT}')"
            )

    def _gather_exits(self) -> None:
        """Let the exits inside a stay that was put together go out, and its last one end the whole."""
        self.run(
            f"INSERT INTO {MADE} SELECT 'Exit', x.id, x.exit_id,"
            f" CASE WHEN s.exit_to IS NULL THEN '{LEFT_OUT}' ELSE 'EnrollmentID' END, coalesce(s.exit_to, ''),"
            f" s.exit_rule, s.exit_follows FROM {STAYS} s JOIN hmis_exit x ON x.source_id = :source"
            " AND x.enrollment_id = s.enrollment_id AND x.removed_at IS NULL WHERE s.exit_rule IS NOT NULL"
        )

    def _gather_rows_of_stays(self) -> None:
        """Let the rows of a stay go where the stay went: to the one it became part of, or out with it."""
        for file in files_of_stays():
            done = " AND s.exit_rule IS NULL" if file.name == "Exit" else ""
            self.run(
                f"INSERT INTO {MADE} SELECT '{file.name}', c.id, c.{file.key_column.attribute},"
                f" CASE WHEN s.kept_as IS NULL THEN '{LEFT_OUT}' ELSE 'EnrollmentID' END, coalesce(s.kept_as, ''),"
                f" s.left_out_rule, coalesce(s.left_follows, s.enrollment_id) FROM {STAYS} s"
                f" JOIN {file.table} c ON c.source_id = :source AND c.enrollment_id = s.enrollment_id"
                f" AND c.removed_at IS NULL WHERE s.left_out_rule IS NOT NULL{done}"
            )

    def _learn(self, table: str) -> None:
        if not self._is_sqlite:
            self.run(f"ANALYZE {table}")

    def _make(self, table: str, columns: str) -> None:
        options = "" if self._is_sqlite else " ON COMMIT DROP"
        self.run(f"CREATE TEMPORARY TABLE {table} ({columns}){options}")

    def _drop(self) -> None:
        schema = "temp." if self._is_sqlite else "pg_temp."
        for table in (STAYS, MADE, DRAFT):
            self.run(f"DROP TABLE IF EXISTS {schema}{table}")

    def _bound(self, sql: str, values: dict[str, Any]) -> dict[str, Any]:
        known = {"source": self._source_id, **values}
        return {name: value for name, value in known.items() if f":{name}" in sql}
