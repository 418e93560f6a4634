"""What rows were before an import changed them, kept in the import's own transaction so that it can be undone.

Rows that an import adds need nothing: they are those that bear its number and have no image. So a first import, and one
that changes nothing, cost nothing. Images are made by the database itself and never leave it.
"""

# ruff: noqa: S608 - the names in these statements are of our tables, never of the input

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, LargeBinary, text

from adminops.db import Model
from adminops.hmis.models import Merge, RetiredValues, Unreadable
from adminops.hmis.spec import current

BEFORE = "hmis_import_before"
ASIDE = {"Unreadable": Unreadable.__tablename__, "RetiredValues": RetiredValues.__tablename__}
TABLES = {**{file.name: file.table for file in current().files}, **ASIDE}
"""The tables that imports write, by the name under which their images are kept."""
ASIDE_KEYS = {
    "Unreadable": ("source_id", "file", "hud_key", "column"),
    "RetiredValues": ("source_id", "file", "hud_key"),
}
"""What names a row of a table of `ASIDE` for good. Its id does not: SQLite gives one that was freed to the next row."""
MERGE = "Merge"
"""Name of the images of merges: of what exports say about them, and of nothing else that a merge is."""
SAID_OF_MERGES = ("confirmed_at", "confirmed_import_id", "came_back_at", "came_back_import_id")
ABOVE = frozenset({"person_id"})
"""Columns that belong to a layer above the rows: a merge that was made since is not for an import to undo."""
MOST_ARGUMENTS = 60
"""Pairs in one json_object: SQLite takes 127 arguments at most."""


def image_columns(table: str) -> list[Column[Any]]:
    """Return the columns of `table` that an image is of."""
    return [column for column in Model.metadata.tables[table].columns if column.name not in {"id", *ABOVE}]


def is_bytes(column: Column[Any]) -> bool:
    """Tell whether a column holds bytes."""
    return isinstance(column.type, LargeBinary)


def image_of(table: str, *, is_sqlite: bool) -> str:
    """Return the SQL for the image of a row `t` of `table`: a JSON object of its columns, bytes in hexadecimal."""
    if not is_sqlite:
        return " - ".join(["to_jsonb(t)", "'id'", *(f"'{name}'" for name in sorted(ABOVE))])
    pairs = [f"'{column.name}', {_as_text(column)}" for column in image_columns(table)]
    parts = [pairs[start : start + MOST_ARGUMENTS] for start in range(0, len(pairs), MOST_ARGUMENTS)]
    objects = [f"json_object({', '.join(part)})" for part in parts]
    opened = [objects[0], *(f"ltrim({each}, '{{')" for each in objects[1:])]
    return " || ',' || ".join([*(f"rtrim({each}, '}}')" for each in opened[:-1]), opened[-1]])


def _as_text(column: Column[Any]) -> str:
    value = f't."{column.name}"'
    return f"CASE WHEN {value} IS NOT NULL THEN hex({value}) END" if is_bytes(column) else value


def forget_hashes_in_images(connection: Connection, written: bytes) -> None:
    """Let all images have `written` where they have the hash of a row."""
    if connection.dialect.name == "sqlite":
        shown, put = written.hex(), "json_set(before, '$.row_hash', :hash)"
        has_one = "json_extract(before, '$.row_hash') IS NOT NULL"
    else:
        shown, put = (
            f"\\x{written.hex()}",
            "jsonb_set(before, '{row_hash}', to_jsonb(CAST(:hash AS text)))",
        )
        has_one = "before ->> 'row_hash' IS NOT NULL"
    connection.execute(text(f"UPDATE {BEFORE} SET before = {put} WHERE {has_one}"), {"hash": shown})


class History:
    """Keeps the images of one import."""

    def __init__(self, connection: Connection, import_id: int) -> None:
        self._connection, self._import_id = connection, import_id
        self._is_sqlite = connection.dialect.name == "sqlite"
        self._mark = "?" if self._is_sqlite else "%s"
        self._among = "IN (SELECT value FROM json_each(?))" if self._is_sqlite else "= ANY(%s)"

    def keep(self, name: str, ids: Sequence[int]) -> None:
        """Keep whole images of the rows `ids` of a file (or of a table of `ASIDE`) that are about to be written."""
        if ids:
            self._keep(name, f"t.id {self._among}", (self._listed(ids),))

    def keep_aside(self, name: str, source_id: int, file: str, keys: Sequence[str]) -> None:
        """Keep what the table `name` of `ASIDE` has beside the rows `keys` of `file`."""
        if keys:
            chosen = f"t.source_id = {self._mark} AND t.file = {self._mark} AND t.hud_key {self._among}"
            self._keep(name, chosen, (source_id, file, self._listed(keys)))

    def keep_retired(self, source_id: int, file: str, held: Mapping[str, str]) -> set[str]:
        """Keep retired values that are about to become those of `held`, by key; return the keys that change.

        A row that has an empty text in `held` is about to have none.
        """
        if not held:
            return set()
        sql = (
            f"SELECT hud_key, held FROM {ASIDE['RetiredValues']}"
            f" WHERE source_id = {self._mark} AND file = {self._mark} AND hud_key {self._among}"
        )
        rows = self._connection.exec_driver_sql(sql, (source_id, file, self._listed(list(held))))
        stored = {key: was for key, was in rows}  # noqa: C416 - rows are no pairs to dict()
        changed = {key for key in held if stored.get(key, "") != held[key]}
        self.keep_aside("RetiredValues", source_id, file, [key for key in changed if key in stored])
        return changed

    def keep_absent(self, name: str, condition: str, values: Mapping[str, object]) -> int:
        """Keep the marks of the rows `t` of a file that `condition` chooses, which are about to go; count them."""
        image = (
            "json_object('import_id', t.import_id, 'removed_at', NULL)"
            if self._is_sqlite
            else "jsonb_build_object('import_id', t.import_id, 'removed_at', NULL)"
        )
        sql = (
            f"INSERT INTO {BEFORE} (import_id, file, row_id, before)"
            f" SELECT :kept_import, :kept_file, t.id, {image} FROM {TABLES[name]} t WHERE {condition}"
        )
        bound = {**values, "kept_import": self._import_id, "kept_file": name}
        return self._connection.execute(
            text(sql), {key: value for key, value in bound.items() if f":{key}" in sql}
        ).rowcount

    def keep_merges(self, ids: Sequence[int]) -> None:
        """Keep what exports had said so far about the merges `ids`, about which this one is to say something."""
        if ids:
            build = "json_object" if self._is_sqlite else "jsonb_build_object"
            pairs = ", ".join(f"'{name}', t.{name}" for name in SAID_OF_MERGES)
            self._insert(MERGE, f"{build}({pairs})", Merge.__tablename__, f"t.id {self._among}", (self._listed(ids),))

    def keep_source(
        self, source_id: int, *, newest_export: datetime | None, learnt: Sequence[str], hashes: bool
    ) -> None:
        """Keep which was the newest export, and what the source is about to learn: SourceIDs, that it `hashes`."""
        sql = f"INSERT INTO {BEFORE} (import_id, file, row_id, before) VALUES ({', '.join([self._mark] * 4)})"
        newest = newest_export.isoformat() if newest_export else None
        before = json.dumps({"newest_export": newest, "learnt": list(learnt), "learnt_hashes": hashes})
        self._connection.exec_driver_sql(sql, (self._import_id, "HmisSource", source_id, before))

    def _keep(self, name: str, chosen: str, values: tuple[object, ...]) -> None:
        image = image_of(TABLES[name], is_sqlite=self._is_sqlite)
        self._insert(name, image, TABLES[name], chosen, values)

    def _insert(self, name: str, image: str, table: str, chosen: str, values: tuple[object, ...]) -> None:
        # The first image of a row is the one that counts: what it was before the import, not in the midst of it.
        sql = (
            f"INSERT INTO {BEFORE} (import_id, file, row_id, before)"
            f" SELECT {self._mark}, {self._mark}, t.id, {image} FROM {table} t WHERE {chosen} ON CONFLICT DO NOTHING"
        )
        self._connection.exec_driver_sql(sql, (self._import_id, name, *values))

    def _listed(self, values: Sequence[object]) -> str | list[object]:
        return json.dumps(list(values)) if self._is_sqlite else list(values)
