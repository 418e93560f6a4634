"""Rows of one file against the store: new ones added, known ones compared by hash and written when they differ."""

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

from adminops.hmis import sealing
from adminops.hmis.intake import indexes
from adminops.hmis.intake.bulk import ASKED_AFTER, Bulk, Stored
from adminops.hmis.intake.columns import Column, Kind
from adminops.hmis.intake.copying import with_hashes
from adminops.hmis.intake.history import History
from adminops.hmis.intake.problems import ERROR, Problem, ProblemLog
from adminops.hmis.intake.references import References
from adminops.hmis.intake.rows import OF_A_DUPLICATE, Batch
from adminops.hmis.intake.standing import StoredRows
from adminops.hmis.names import name_key
from adminops.hmis.spec import FileSpec

KINDS = {"int": Kind.NUMBER, "money": Kind.NUMBER, "datetime": Kind.TIME}
RETIRED = "hmis_retired_values"
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
    is_first_of_all: bool = False
    """Whether the store has no client yet, of any source, and the export is large: nobody misses an index then."""


class FileWriter:
    """Writes the rows of one file, and knows which of the store's rows it had."""

    def __init__(self, bulk: Bulk, file: FileSpec, occasion: Occasion, log: ProblemLog, references: References) -> None:
        self.file, self.counts = file, FileCounts()
        self._bulk, self._occasion, self._log, self._references = bulk, occasion, log, references
        self._now = bulk.moment(occasion.at)
        names = [column.name for column in file.columns]
        self._deleted = names.index("DateDeleted") if "DateDeleted" in names else None
        self._updated = names.index("DateUpdated") if "DateUpdated" in names else None
        self._stored = StoredRows(bulk, file, occasion.source_id, with_dates=not occasion.is_newest)
        self._has_aside = bulk.has_rows("hmis_unreadable", occasion.source_id)
        self._has_retired = bulk.has_rows(RETIRED, occasion.source_id)
        self._older = 0
        if file.name in ASKED_AFTER:
            bulk.will_know(file.name, self._stored.seen)
        if occasion.is_first_of_all and file.name in indexes.FILES and not (self._has_aside or self._has_retired):
            bulk.lines.leave_indexes_out(file)

    def write(self, batch: Batch) -> None:
        """Write a batch of the file's rows, and log what is wrong with its lines."""
        if self.file.name == "Project":
            self._bulk.add_projects(batch.keys)
        if not self._stored.is_empty:
            batch = with_hashes(batch)
        if self._is_unchanged(batch):
            self.counts.unchanged += len(batch.lines)
            self._references.look_at(self.file, batch)
            self._keep_retired(batch, passed_over=set())
        else:
            self._sort_in(batch)
        batch.log_problems(self._log)

    def absent(self) -> Iterable[list[int]]:
        """Yield the ids of the store's rows that the file did not have, once it has been read."""
        return self._stored.unmet()

    def finish(self, read: int, rejected: int) -> None:
        """Complete the counts once the file has been read. Raises `KeysRepeat` (see `indexes`)."""
        self._bulk.lines.build_indexes(self.file)
        self._stored.let_go()
        self.counts.read = read
        self.counts.rejected += rejected
        if self._older:
            text = f"{self._older:,} rows are older than what the store has and were passed over."
            self._log.note("older-rows", self.file.file, text)

    def _is_unchanged(self, batch: Batch) -> bool:
        """Tell whether the batch is just what the store has next: nearly all of them are when an export comes again."""
        if not batch.lines or self._stored.is_empty or self._deletes_any(batch):
            return False
        return self._stored.are_next(batch.hashes)

    def _deletes_any(self, batch: Batch) -> bool:
        return self._deleted is not None and any(batch.columns[self._deleted])

    def _sort_in(self, batch: Batch) -> None:
        """Write the rows that are new or have changed, but for lines whose key was there before."""
        if self._stored.is_empty:
            self._take_in(batch, list(range(len(batch.lines))), [], set(), set())
            return
        found, again = self._stored.match(batch.keys)
        new = [place for place, stored in enumerate(found) if stored is None]
        changed: list[tuple[int, int]] = []
        passed_over: set[int] = set()
        for place, stored in enumerate(found) if len(new) < len(found) else ():
            if stored is None or place in again:
                continue
            if stored.is_emptied:
                self.counts.added += 1
                changed.append((place, stored.id))
            elif self._is_older(batch, place, stored):
                passed_over.add(place)
            elif self._differs(batch, place, stored):
                changed.append((place, stored.id))
        self._take_in(batch, new, changed, again, passed_over)

    def _take_in(
        self, batch: Batch, new: list[int], changed: list[tuple[int, int]], again: set[int], passed_over: set[int]
    ) -> None:
        """Write the rows at the places `new` and `changed`; leave out those whose key was there `again`."""
        again |= self._flush(batch, new, changed)
        self._reject_duplicates(batch, again)
        added = len(new) - len(again.intersection(new))
        self.counts.added += added
        self.counts.unchanged += len(batch.lines) - added - len(again) - len(changed)
        self._older += len(passed_over)
        self._keep_unreadable(batch, new, changed, again)
        older = {batch.lines[place] for place in passed_over}
        if again:
            batch = batch.only([place for place in range(len(batch.lines)) if place not in again])
        self._references.look_at(self.file, batch, older | self._deleted_lines(batch))
        self._keep_retired(batch, passed_over=older)

    def _deleted_lines(self, batch: Batch) -> set[int]:
        if self._deleted is None or not self._deletes_any(batch):
            return set()
        return {line for line, text in zip(batch.lines, batch.columns[self._deleted], strict=True) if text}

    def _is_older(self, batch: Batch, place: int, stored: Stored) -> bool:
        if self._occasion.is_newest or self._updated is None or stored.hash == batch.hashes[place]:
            return False
        return batch.columns[self._updated][place][:10] < stored.updated_on

    def _differs(self, batch: Batch, place: int, stored: Stored) -> bool:
        """Tell whether a row is not what is stored, and count what becomes of it."""
        deleted = self._deleted is not None and batch.columns[self._deleted][place] != ""
        if stored.hash == batch.hashes[place] and stored.is_removed == deleted:
            return False
        if deleted and not stored.is_removed:
            self.counts.removed += 1
        elif stored.is_removed and not deleted:
            self.counts.restored += 1
        else:
            self.counts.updated += 1
        return True

    def _reject_duplicates(self, batch: Batch, places: Iterable[int]) -> None:
        for place in places:
            self.counts.rejected += 1
            line, key = batch.lines[place], batch.keys[place]
            text = f"{self.file.key} was there before in this file; the first line was kept, this one left out."
            problem = Problem("duplicate-key", ERROR, self.file.file, text, line, self.file.key, key)
            batch.found.append((line, OF_A_DUPLICATE, problem))

    def _flush(self, batch: Batch, new: list[int], changed: list[tuple[int, int]]) -> set[int]:
        """Insert the rows at the places `new`, update those of `changed` (place, id of the store's row).

        Returns the places of new rows whose key another new row of this file had before.
        """
        again: set[int] = set()
        if batch.copied:
            if self._bulk.lines.insert(self.file, batch.copied):
                return again
            batch = with_hashes(batch)
        if new:
            rows = batch.only(new)
            persons = self._bulk.new_persons(len(new)) if self.file.name == "Client" else []
            columns = [*self._columns(rows), *persons]
            repeated = self._bulk.insert_new(self.file, self._occasion.source_id, rows.keys, columns)
            self._bulk.forget_persons([column.only(sorted(repeated)) for column in persons])
            again = {new[place] for place in repeated}
        if changed:
            rows, ids = batch.only([place for place, _ in changed]), [row_id for _, row_id in changed]
            self._occasion.history.keep(self.file.name, ids)
            self._bulk.update(self.file.table, self._columns(rows), ids)
        return again

    def _columns(self, rows: Batch) -> list[Column]:
        """Return all columns of the table that an import writes."""
        occasion, count = self._occasion, len(rows.lines)
        removed = [""] * count if self._deleted is None else rows.columns[self._deleted]
        columns = [
            Column("source_id", [str(occasion.source_id)] * count, Kind.SAME),
            Column("import_id", [str(occasion.import_id)] * count, Kind.SAME),
            Column("row_hash", rows.hashes, Kind.BYTES),
            Column("removed_at", [self._now if deleted else "" for deleted in removed]),
        ]
        for column, values in zip(self.file.columns, rows.columns, strict=True):
            if column.name == "SSN":
                columns += _sealed_ssns(occasion.source_id, rows.keys, values)
            else:
                columns.append(Column(column.attribute, values, KINDS.get(column.type, Kind.TEXT)))
        if self.file.name == "Client":
            columns += _search_keys(self.file, rows)
        return columns

    def _keep_unreadable(
        self, batch: Batch, new: list[int], changed: list[tuple[int, int]], again: Collection[int]
    ) -> None:
        """Keep aside, sealed, what the columns of written rows can't hold; forget what they could not hold before."""
        if not (batch.aside or self._has_aside):
            return
        written = {*new, *(place for place, _ in changed)}.difference(again)
        if not written:
            return
        source_id, name = self._occasion.source_id, self.file.name
        rows = [(batch.lines[place], batch.keys[place]) for place in sorted(written)]
        if self._has_aside:
            keys = [key for _, key in rows]
            self._occasion.history.keep_aside("Unreadable", source_id, name, keys)
            self._bulk.delete_by_key("hmis_unreadable", source_id, name, keys)
        import_id = self._occasion.import_id
        sealed = [
            (source_id, name, key, column, sealing.seal_aside(source_id, name, key, column, raw), import_id)
            for line, key in rows
            for column, raw in batch.aside.get(line, ())
        ]
        self._bulk.upsert("hmis_unreadable", (*ASIDE_KEYS, "column"), ("raw_sealed", "import_id"), sealed)

    def _keep_retired(self, batch: Batch, passed_over: Collection[int]) -> None:
        """Keep what rows of an older export have in columns that are no more; also of rows that are else unchanged.

        A row with nothing in any of them keeps nothing. Lines that were `passed_over` say nothing.
        """
        if not (batch.retired or (batch.has_retired and self._has_retired)):
            return
        source_id, name = self._occasion.source_id, self.file.name
        lines = zip(batch.lines, batch.keys, strict=True)
        held = {key: batch.retired.get(line, "") for line, key in lines if line not in passed_over}
        news = {key for key, text in held.items() if text}
        if self._has_retired:
            news = self._occasion.history.keep_retired(source_id, name, held)
            self._bulk.delete_by_key(RETIRED, source_id, name, [key for key in news if not held[key]])
        import_id = self._occasion.import_id
        retired = [(source_id, name, key, text, import_id) for key, text in held.items() if text and key in news]
        self._bulk.upsert(RETIRED, ASIDE_KEYS, ("held", "import_id"), retired)


def _sealed_ssns(source_id: int, keys: Iterable[str], ssns: Iterable[str]) -> list[Column]:
    sealed = [sealing.seal_ssn(source_id, key, ssn) for key, ssn in zip(keys, ssns, strict=True)]
    names = ("ssn_sealed", "ssn_index", "ssn_last4_index")
    return [
        Column(name, [value or b"" for value in values], Kind.BYTES)
        for name, values in zip(names, zip(*sealed, strict=True), strict=True)
    ]


def _search_keys(file: FileSpec, rows: Batch) -> list[Column]:
    by_name = dict(zip(file.by_name, rows.columns, strict=True))
    parts = {"first_key": by_name["FirstName"], "last_key": by_name["LastName"]}
    return [Column(name, list(map(name_key, names)), Kind.NAME) for name, names in parts.items()]
