"""One export, read from its package and written into the store of one source, in the order of the specification.

Works on a plain connection, so that the same code fills the store of the app and the throwaway store of a check.
"""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from typing import BinaryIO

from sqlalchemy import Connection

from adminops.hmis import sealing
from adminops.hmis.confirming import note_merges
from adminops.hmis.intake.ahead import one_ahead
from adminops.hmis.intake.apart import Reader
from adminops.hmis.intake.bulk import Bulk
from adminops.hmis.intake.header import REQUIRED, read_header, spec_of
from adminops.hmis.intake.history import History
from adminops.hmis.intake.layout import WrongHeader, lay_out
from adminops.hmis.intake.packages import Member, Package
from adminops.hmis.intake.problems import ERROR, NOTE, WARNING, Problem, ProblemLog, Refused
from adminops.hmis.intake.progress import Progress, Tell
from adminops.hmis.intake.records import BLOCK, Records
from adminops.hmis.intake.references import References
from adminops.hmis.intake.rows import Batch, FileRows
from adminops.hmis.intake.scope import Scope
from adminops.hmis.intake.writing import FileCounts, FileWriter, Occasion
from adminops.hmis.spec import FileSpec, Spec, current, declared_year

MANY = 500
"""Rows added to a table from which on the planner is told of them."""


@dataclass(frozen=True)
class Target:
    """The source that an export goes to, as far as taking it depends on it."""

    source_id: int
    import_id: int
    at: datetime
    known_ids: tuple[str, ...] = ()
    names_hashed: bool | None = None
    """Whether names must be hashed (or must not); None when either will do."""
    newest_export: datetime | None = None
    file_name: str = ""
    """What it was called when it was handed in; it may wait under another name."""


class Intake:
    """The taking in of one export."""

    def __init__(
        self,
        connection: Connection,
        package: Package,
        target: Target,
        log: ProblemLog,
        tell: Tell,
        *,
        block: int = BLOCK,
        reader: Reader | None = None,
        leaves_indexes_out: bool = False,
    ) -> None:
        self.counts: dict[str, FileCounts] = {}
        self.not_read: list[str] = []
        self.log, self._block, self._reader = log, block, reader
        self._connection, self._bulk = connection, Bulk(connection)
        self._package, self._target, self._tell = package, target, tell
        self.brings_hashes = False
        """Whether its names are hashed and the source, which has no clients yet, has not been said to hold hashes."""
        self._progress = Progress("checking", files=len(package.members), bytes=package.size)
        self.header = read_header(package)
        self._spec = spec_of(package, self.header)
        self._refuse_foreign_source()
        self._is_first = not self._bulk.has_clients(target.source_id)
        history = History(connection, target.import_id)
        is_first_of_all = leaves_indexes_out and reader is not None and not self._bulk.has_any_client()
        self.occasion = Occasion(
            target.source_id, target.import_id, target.at, self._is_newest(), history, is_first_of_all
        )
        self._references = References(connection, self._bulk)
        self._scope = Scope(connection, self._bulk, self.occasion, self.header.first, self.header.last)

    @property
    def spec(self) -> Spec:
        """The specification that the export follows."""
        return self._spec

    def run(self) -> None:
        """Read and write all files.

        Raises `Refused` when the export can't be taken; what was written until then must then be rolled back.
        """
        self._note_what_is_odd()
        with self._bulk.at_work():
            self._take_files()
            self._tell(replace(self._progress, step="comparing"))
            grown = [file for file in current().files if self._added(file) >= MANY]
            self._bulk.learn_sizes(grown)
            filled = [file for file in current().files if self.counts.get(file.file, FileCounts()).read]
            self._references.check(filled, self._target.source_id, self.log)
        self._tell(replace(self._progress, step="done", bytes_done=self._package.size))

    def _take_files(self) -> None:
        if self._reader is not None and not self._reader.has(self._package):
            self._reader = None
        for file in current().files:
            if file.name == "Enrollment":
                self._scope.begin()
            if file.name in self._package.members:
                self._take_file(file, self._package.members[file.name])

    def _added(self, file: FileSpec) -> int:
        return self.counts.get(file.file, FileCounts()).added

    def _take_file(self, file: FileSpec, member: Member) -> None:
        self._progress = replace(self._progress, step="reading", file=file.file)
        with member.open_text() as (stream, raw):
            records = Records(stream)
            try:
                layout = lay_out(file, records.header, self._spec)
            except WrongHeader as wrong:
                self._refuse_file(file, str(wrong))
                return
            rows = FileRows(records, layout, self.log, export_ids=self.header.export_ids)
            writer = FileWriter(self._bulk, file, self.occasion, self.log, self._references)
            self._note_file(file, member, layout.unknown)
            hashed = _HashedNames()
            for batch, place in self._batches(rows, raw):
                hashed.look_at(file, batch.columns)
                writer.write(batch)
                self._report(place, len(batch.lines))
            rows.note_forms()
            writer.finish(rows.read, rows.rejected)
        self._finish_file(writer, rows, hashed)
        self._progress = replace(
            self._progress,
            files_done=self._progress.files_done + 1,
            bytes_done=sum(self._package.members[name].size for name in self._names_until(file)),
        )

    def _batches(self, rows: FileRows, raw: BinaryIO) -> Generator[tuple[Batch, int], None, None]:
        """Return what yields the batches of a file, each with how many bytes had been read by then."""
        batches = _with_places(rows.batches(self._block), raw) if self._reader is None else self._reader.batches(rows)
        return one_ahead(batches) if self._bulk.is_served else batches

    def _names_until(self, file: FileSpec) -> Iterator[str]:
        for name in (each.name for each in current().files):
            if name in self._package.members:
                yield name
            if name == file.name:
                return

    def _report(self, place: int, rows: int) -> None:
        self._progress = replace(self._progress, rows=self._progress.rows + rows)
        self._tell(replace(self._progress, bytes_done=self._progress.bytes_done + place))

    def _finish_file(self, writer: FileWriter, rows: FileRows, hashed: "_HashedNames") -> None:
        file = writer.file
        if file.name == "Client":
            self._refuse_wrong_names(hashed)
            self._note_merges(is_complete=not rows.lines_lost)
        if file.name == "Project" and not rows.read:
            text = "It has no row, so nothing is in the scope of the export: no row is removed for being absent."
            self.log.add(Problem("no-projects", WARNING, file.file, text))
        if rows.lines_lost:
            self._note(
                "absence-ignored", file.file, "Lines could not be identified, so no row was removed for being absent."
            )
        elif self.header.is_whole and self.occasion.is_newest:
            writer.counts.removed += self._scope.remove_absent(file, writer.absent())
        self.counts[file.file] = writer.counts

    def _note_merges(self, *, is_complete: bool) -> None:
        """Note which merges this export confirms at the vendor's, and which retired clients are back."""
        if not self.occasion.is_newest:
            return
        period = (self.header.first, self.header.last) if self.header.is_whole and is_complete else None
        target = self._target
        confirmed, back = note_merges(
            self._connection,
            self._bulk,
            self.occasion.history,
            source_id=target.source_id,
            import_id=target.import_id,
            at=target.at,
            period=period,
        )
        if confirmed:
            self._note("merges-confirmed", "Client.csv", f"Merges that the export confirms: {confirmed:,}.")
        if back:
            self._note("merges-back", "Client.csv", f"Retired clients that the export has again: {back:,}.")

    def _refuse_file(self, file: FileSpec, sentence: str) -> None:
        if file.name in REQUIRED:
            raise Refused("missing-column", sentence, file=file.file)
        self.log.add(Problem("missing-column", ERROR, file.file, sentence))
        self.not_read.append(file.file)
        self._progress = replace(self._progress, files_done=self._progress.files_done + 1)

    def _refuse_foreign_source(self) -> None:
        known = self._target.known_ids
        foreign = [each for each in self.header.source_ids if each not in known]
        if known and foreign:
            raise Refused(
                "wrong-source",
                f"The export is of source {', '.join(foreign)}; so far this source has had {', '.join(known)}."
                " It was not taken.",
                file="Export.csv",
            )

    def _refuse_wrong_names(self, hashed: "_HashedNames") -> None:
        wanted = self._target.names_hashed
        if wanted is None or hashed.found is None or hashed.found == wanted:
            return
        if hashed.found and self._is_first:
            self.brings_hashes = True
        elif hashed.found:
            sentence = "Names are hashed in this export, but this source needs them in clear."
            raise Refused("hashed-names", sentence, file="Client.csv")
        else:
            sentence = "Names are in clear in this export, but this source must hold hashes only."
            raise Refused("plain-names", sentence, file="Client.csv")

    def _is_newest(self) -> bool:
        newest, made = self._target.newest_export, self.header.made
        return newest is None or (made is not None and made >= newest)

    def _note_what_is_odd(self) -> None:
        for file in current().files:
            if file.name not in self._package.members:
                self._note("missing-file", file.file, f"{file.file} is not in the export; its rows stay as they are.")
        for name in self._package.unknown:
            self._note("unknown-file", name, f"{name} is no file of an HMIS CSV export; it was not read.")
        if self._spec != current():
            self._note(
                "converted",
                "Export.csv",
                f"The export is of FY{self._spec.year}; it was converted to FY{current().year}.",
            )
        if declared_year(self.header.csv_version) != self._spec.year:
            said = f"CSVVersion is “{self.header.csv_version}”" if self.header.csv_version else "CSVVersion is blank"
            self._note("version-by-columns", "Export.csv", f"{said}; the columns are those of FY{self._spec.year}.")
        self._note_of_when_it_is()

    def _note_of_when_it_is(self) -> None:
        if not self.header.is_whole:
            self._note(
                "partial-export", "Export.csv", "The export holds changes only: no row is removed for being absent."
            )
        if not self.occasion.is_newest:
            why = "A newer export was taken before" if self.header.made else "It does not say when it was made"
            self._note("older-export", "Export.csv", f"{why}: newer rows stay, and none is removed.")
        if self.header.is_ahead:
            said = f"ExportDate {self.header.export_date:%Y-%m-%d} is still to come: the export counts as made today."
            self.log.add(Problem("export-date-ahead", WARNING, "Export.csv", said, None, "ExportDate"))

    def _note_file(self, file: FileSpec, member: Member, unknown: tuple[str, ...]) -> None:
        if not member.encoding.title.startswith("UTF-8"):
            self._note("encoding", file.file, f"{file.file} is written in {member.encoding.title}; it was understood.")
        if member.zeros:
            text = f"{member.zeros:,} bytes in it are zero, which no text has: they were left out."
            self.log.add(Problem("zero-bytes", WARNING, file.file, text))
        for name in unknown:
            self.log.add(
                Problem("unknown-column", NOTE, file.file, "HUD has no such column; it was not read.", 1, name[:60])
            )

    def _note(self, rule: str, file: str, sentence: str) -> None:
        self.log.note(rule, file[:60], sentence)


class _HashedNames:
    """Finds out whether the names of Client.csv are hashes. HashStatus can't be trusted: vendors set it wrongly."""

    def __init__(self) -> None:
        self._names = self._hashes = 0

    def look_at(self, file: FileSpec, columns: Sequence[Sequence[str]]) -> None:
        """Take some rows of `file` into account, given column by column."""
        if file.name == "Client" and columns:
            place = [column.name for column in file.columns].index("LastName")
            names = [name for name in columns[place] if name]
            self._names += len(names)
            self._hashes += sum(1 for name in names if sealing.is_hash(name))

    @property
    def found(self) -> bool | None:
        """Whether they are; None when there are no names."""
        return self._hashes * 2 > self._names if self._names else None


def _with_places(batches: Generator[Batch, None, None], raw: BinaryIO) -> Generator[tuple[Batch, int], None, None]:
    """Yield batches, each with how many bytes of `raw` had been read by then: only who reads it may ask it that."""
    with closing(batches):
        for batch in batches:
            yield batch, raw.tell()
