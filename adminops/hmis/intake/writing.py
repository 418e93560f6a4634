"""Rows of one file against the store: new ones added, known ones compared by hash and written when they differ."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from adminops.hmis import sealing
from adminops.hmis.intake.bulk import Bulk, Stored
from adminops.hmis.intake.history import History
from adminops.hmis.intake.problems import ERROR, Problem, ProblemLog
from adminops.hmis.intake.rows import Batch, Row
from adminops.hmis.names import name_key
from adminops.hmis.spec import FileSpec

MARKS = ("source_id", "import_id", "row_hash", "removed_at")
ASIDE_KEYS = ("source_id", "file", "hud_key")


@dataclass
class FileCounts:
    """What happened to the rows of a file.

    Each line that was read is rejected, or its row is added, updated, restored (it had left and is back), unchanged,
    or removed (its DateDeleted is set). `removed` also counts rows that are no longer in the file.
    """

    read: int = 0
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    restored: int = 0
    rejected: int = 0

    @property
    def changes(self) -> int:
        """Rows of the store that were written."""
        return self.added + self.updated + self.removed + self.restored

    def as_dict(self) -> dict[str, int]:
        """Return the counts as JSON shows them."""
        return asdict(self)


@dataclass(frozen=True)
class Occasion:
    """What all writing of one import has in common."""

    source_id: int
    import_id: int
    at: datetime
    is_newest: bool
    """Whether no newer export of the source was applied: then this one is right even where its rows look older."""
    history: History
    """Keeps what rows were before they are written."""


class FileWriter:
    """Writes the rows of one file, and notes their keys as seen."""

    def __init__(self, bulk: Bulk, file: FileSpec, occasion: Occasion, log: ProblemLog) -> None:
        self.file, self.counts = file, FileCounts()
        self._bulk, self._occasion, self._log = bulk, occasion, log
        self._now = bulk.moment(occasion.at)
        names = [column.name for column in file.columns]
        self._deleted = names.index("DateDeleted") if "DateDeleted" in names else None
        self._updated = names.index("DateUpdated") if "DateUpdated" in names else None
        self._columns = (*MARKS, *_store_columns(file))
        self._values = _store_values(file, occasion.source_id)
        self._has_rows = bulk.has_rows(file.table, occasion.source_id)
        self._has_aside = bulk.has_rows("hmis_unreadable", occasion.source_id)
        self._has_retired = bulk.has_rows("hmis_retired_values", occasion.source_id)
        self._older = 0
        self._new: list[Row] = []
        self._changed: list[tuple[Row, int]] = []

    def write(self, batch: Batch) -> None:
        """Write a batch of the file's rows."""
        rows = self._without_duplicates(batch.rows)
        self._bulk.add_seen(self.file.name, batch.rejected_keys)
        if not rows:
            return
        stored = self._stored([row.key for row in rows])
        written = [row for row in rows if self._place(row, stored.get(row.key))]
        self._flush()
        self._keep_unreadable(written)
        self._keep_retired(rows)

    def finish(self, read: int, rejected: int) -> None:
        """Complete the counts once the file has been read."""
        self.counts.read = read
        self.counts.rejected += rejected
        if self._older:
            text = f"{self._older:,} rows are older than what the store has and were passed over."
            self._log.note("older-rows", self.file.file, text)

    def _without_duplicates(self, rows: list[Row]) -> list[Row]:
        new = self._bulk.add_seen(self.file.name, [(row.key, row.line) for row in rows])
        if new == len(rows):
            return rows
        kept = self._bulk.seen_lines(self.file.name, [row.key for row in rows])
        for row in rows:
            if row.line not in kept:
                self.counts.rejected += 1
                text = f"{self.file.key} was there before in this file; the first line was kept, this one left out."
                where = (self.file.file, text, row.line, self.file.key, row.key)
                self._log.add(Problem("duplicate-key", ERROR, *where))
        return [row for row in rows if row.line in kept]

    def _stored(self, keys: list[str]) -> dict[str, Stored]:
        if not self._has_rows:
            return {}
        updated = "date_updated" if self._updated is not None else "NULL"
        key = self.file.key_column.attribute
        return self._bulk.stored(self.file.table, key, updated, self._occasion.source_id, keys)

    def _place(self, row: Row, stored: Stored | None) -> bool:
        """Decide what becomes of a row; tell whether it is written."""
        deleted = self._deleted is not None and row.values[self._deleted] != ""
        if stored is None:
            self._new.append(row)
            self.counts.added += 1
            return True
        if stored.is_emptied:
            self._changed.append((row, stored.id))
            self.counts.added += 1
            return True
        if self._is_older(row, stored):
            self._older += 1
            self.counts.unchanged += 1
            return False
        if stored.hash == row.hash and stored.is_removed == deleted:
            self.counts.unchanged += 1
            return False
        self._changed.append((row, stored.id))
        self._count_change(stored.is_removed, deleted)
        return True

    def _count_change(self, was_removed: bool, deleted: bool) -> None:
        if deleted and not was_removed:
            self.counts.removed += 1
        elif was_removed and not deleted:
            self.counts.restored += 1
        else:
            self.counts.updated += 1

    def _is_older(self, row: Row, stored: Stored) -> bool:
        if self._occasion.is_newest or self._updated is None or stored.hash == row.hash:
            return False
        return row.values[self._updated][:10] < stored.updated_on

    def _tuple(self, row: Row) -> tuple[Any, ...]:
        deleted = self._deleted is not None and row.values[self._deleted] != ""
        removed_at = self._now if deleted else None
        occasion = self._occasion
        return (occasion.source_id, occasion.import_id, row.hash, removed_at, *self._values(row))

    def _flush(self) -> None:
        self._bulk.insert(self.file.table, self._columns, [self._tuple(row) for row in self._new])
        self._occasion.history.keep(self.file.name, [row_id for _, row_id in self._changed])
        self._bulk.update(
            self.file.table, self._columns, [(*self._tuple(row), row_id) for row, row_id in self._changed]
        )
        self._new.clear()
        self._changed.clear()

    def _keep_unreadable(self, written: list[Row]) -> None:
        """Keep aside, sealed, what the columns of written rows can't hold; forget what they could not hold before."""
        source_id, name = self._occasion.source_id, self.file.name
        if self._has_aside:
            self._occasion.history.keep_aside("Unreadable", source_id, name, [row.key for row in written])
            self._bulk.delete_by_key("hmis_unreadable", source_id, name, [row.key for row in written])
        import_id = self._occasion.import_id
        sealed = [
            (source_id, name, row.key, column, sealing.seal_aside(source_id, name, row.key, column, raw), import_id)
            for row in written
            for column, raw in row.aside
        ]
        self._bulk.upsert("hmis_unreadable", (*ASIDE_KEYS, "column"), ("raw_sealed", "import_id"), sealed)

    def _keep_retired(self, rows: list[Row]) -> None:
        """Keep what rows of an older export have in columns that are no more; also of rows that are else unchanged."""
        source_id, name = self._occasion.source_id, self.file.name
        held = {row.key: row.retired for row in rows if row.retired}
        news = self._occasion.history.keep_retired(source_id, name, held) if self._has_retired else held.keys()
        retired = [(source_id, name, key, held[key], self._occasion.import_id) for key in held if key in news]
        self._bulk.upsert("hmis_retired_values", ASIDE_KEYS, ("held", "import_id"), retired)


def _store_columns(file: FileSpec) -> tuple[str, ...]:
    names: list[str] = []
    for column in file.columns:
        if column.name == "SSN":
            names += ["ssn_sealed", "ssn_index", "ssn_last4_index"]
        else:
            names.append(column.attribute)
    return (*names, "first_key", "last_key") if file.name == "Client" else tuple(names)


def _store_values(file: FileSpec, source_id: int) -> Callable[[Row], Sequence[Any]]:
    """Return what turns a row into the values of `_store_columns`."""
    if file.name != "Client":
        return lambda row: [value or None for value in row.values]
    names = [column.name for column in file.columns]
    first, last, ssn = names.index("FirstName"), names.index("LastName"), names.index("SSN")

    def client(row: Row) -> Sequence[Any]:
        values: list[Any] = [value or None for value in row.values]
        keys = (name_key(row.values[first]), name_key(row.values[last]))
        return (*values[:ssn], *sealing.seal_ssn(source_id, row.key, row.values[ssn]), *values[ssn + 1 :], *keys)

    return client
