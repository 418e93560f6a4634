"""Writing a source's rows as a HUD HMIS CSV export: a zip with the files, columns, order and formats of the spec.

Rows are written as the store reads them: with the repairs of their source where any switch is on, else (and whenever
it is asked for) as the source has them. Rows made here are among them; rows that were removed are left out. Merges and
what was chosen with them are written only when that is asked for (`adminops.hmis.merged_form`): otherwise an export
would say of one client what was said of two.
The bytes depend on the rows and on the moment of writing (ExportID, ExportDate) alone.
"""

import csv
import io
import os
import secrets
import zipfile
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, collate, func, select

from adminops import clock
from adminops.db import db
from adminops.errors import Invalid, NotFound
from adminops.hmis import sealing
from adminops.hmis.codes import ExportDirective, ExportPeriodType, HashStatus, SourceType
from adminops.hmis.hashing import hashed_name, hashed_ssn
from adminops.hmis.intake.progress import Progress, Tell, tell_nobody
from adminops.hmis.layers import AS_RECEIVED, Layers, layers_of
from adminops.hmis.merged_form import MergedForm, merged_form
from adminops.hmis.models import FILE_MODELS, Enrollment, Export, HmisSource, Project
from adminops.hmis.selection import Selection
from adminops.hmis.spec import ColumnSpec, FileSpec, current

ROWS_AT_ONCE = 2_000
ZIP_TIME = (1980, 1, 1, 0, 0, 0)
SOFTWARE = "AdminOps"
HASHED_NAMES = ("FirstName", "MiddleName", "LastName")


@dataclass(frozen=True)
class WrittenExport:
    """What was written: the ExportID, and the rows of each file ("Client.csv": 514)."""

    export_id: str
    rows: dict[str, int]


def write_export(
    target: Path,
    *,
    source: HmisSource,
    project_ids: Collection[str] | None = None,
    start: date | None = None,
    end: date | None = None,
    hashed: bool = False,
    tell: Tell = tell_nobody,
    as_received: bool = False,
    merged: bool = False,
) -> WrittenExport:
    """Write the rows of `source` to the zip `target`, replacing a file that is there once the new one is whole.

    With `project_ids`, what belongs to these projects: their stays and the clients and users of these. With `start`
    and `end`, what HUD puts into an export of that period: stays that overlap it, and what is dated by its end. What
    a row refers to is written, too, as far as the source has it. `hashed` writes names and SSNs as SHA-256. The file
    is readable by its owner alone. Repairs are read through unless `as_received`; `merged` writes the rows of merged
    records under the kept one. `tell` is told of the progress, counted in rows.

    Raises `Invalid` for a period that ends before it begins, and for a part of a source in the merged form, and
    `NotFound` for a project that the source does not have.
    """
    db.session.flush()
    check_selection(source, project_ids, start, end, merged=merged)
    layers = AS_RECEIVED if as_received else layers_of([source.id])
    chosen = None if project_ids is None else tuple(sorted(project_ids))
    selection = Selection(source.id, chosen, start, end, layers=layers)
    header = _header(source, start, end, hashed=hashed)
    form = merged_form(source) if merged else MergedForm()
    writing = _Writing(selection, header, hashed, Meter(tell, _count_rows(source)), form)
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    temporary.touch(mode=0o600)
    try:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
            rows = {
                file.file: _write_file(archive, file, writing.form.rewritten(file, _values(file, writing)))
                for file in _in_writing_order()
            }
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        os.replace(temporary, target)  # noqa: PTH105 - atomic, on one file system
    finally:
        temporary.unlink(missing_ok=True)
    writing.meter.finish()
    return WrittenExport(header["ExportID"], {file.file: rows[file.file] for file in current().files})


class Meter:
    """Counts the rows that were written and tells of them. A selection may end before all rows of the source."""

    def __init__(self, tell: Tell, total: int) -> None:
        self._tell, self._total, self._done = tell, total, 0

    def count(self, file: FileSpec, rows: int) -> None:
        """Take `rows` more rows of `file` into account."""
        self._done += rows
        self._tell(
            Progress("writing", file.file, rows=self._done, bytes_done=self._done, bytes=max(self._total, self._done))
        )

    def finish(self) -> None:
        """Tell that everything is written."""
        self._tell(Progress("done", rows=self._done))


@dataclass(frozen=True)
class _Writing:
    """One export that is being written. `users` gathers those whom its rows name."""

    selection: Selection
    header: dict[str, str]
    hashed: bool
    meter: Meter
    form: MergedForm
    users: set[str] = field(default_factory=set)

    def selection_for(self, file: FileSpec) -> Selection:
        """Return which rows of `file` belong to it; of users and clients no others than are referred to."""
        if self.selection.is_whole:
            return self.selection
        if file.name == "User":
            return self.selection.of_users(self.users)
        return self.selection.with_others() if file.name == "Client" else self.selection


def _count_rows(source: HmisSource) -> int:
    counts = (
        select(func.count()).where(model.source_id == source.id, model.removed_at.is_(None))
        for name, model in FILE_MODELS.items()
        if name != "Export"
    )
    return sum(db.session.scalar(count) or 0 for count in counts)


def _in_writing_order() -> list[FileSpec]:
    """Return the files, User.csv last: it holds those users whom the other files name."""
    return sorted(current().files, key=lambda file: file.name == "User")


def check_selection(
    source: HmisSource,
    project_ids: Collection[str] | None,
    start: date | None,
    end: date | None,
    *,
    merged: bool = False,
) -> None:
    """Raise `Invalid` for a period that ends before it begins and `NotFound` for a project `source` does not have.

    Raises `Invalid` also for a part of the source in the merged form: the kept record might not be in it.
    """
    if merged and (project_ids or start or end):
        raise Invalid("The merged form is written of a whole source: choose no projects and no period.")
    if start and end and start > end:
        raise Invalid("The period ends before it begins.", field="end")
    if project_ids is not None:
        _check_projects(source, project_ids)


def _check_projects(source: HmisSource, project_ids: Collection[str]) -> None:
    known = set(
        db.session.scalars(
            select(Project.project_id).where(
                Project.source_id == source.id, Project.project_id.in_(project_ids), Project.removed_at.is_(None)
            )
        )
    )
    if unknown := sorted(set(project_ids) - known):
        raise NotFound(f"{source.name} has no project {unknown[0]}.")


def _header(source: HmisSource, start: date | None, end: date | None, *, hashed: bool) -> dict[str, str]:
    """Return the row of Export.csv: what the source's last export said of itself, with what is ours."""
    now = clock.now().astimezone(ZoneInfo(source.time_zone))
    last = db.session.scalar(
        select(Export).where(Export.source_id == source.id).order_by(Export.import_id.desc(), Export.id.desc()).limit(1)
    )
    said = {
        column.name: _text_of(getattr(last, column.attribute, None)) for column in current().by_name["Export"].columns
    }
    ours = {
        "ExportID": f"{now:%Y%m%d%H%M%S}",
        "SourceType": said["SourceType"] or str(SourceType.OTHER.value),
        "SourceID": said["SourceID"] or (source.known_ids[-1] if source.known_ids else ""),
        "SourceName": said["SourceName"] or source.name[:50],
        "ExportDate": f"{now:%Y-%m-%d %H:%M:%S}",
        "ExportStartDate": (start or _first_day(source, now.date())).isoformat(),
        "ExportEndDate": (end or max(now.date(), start or now.date())).isoformat(),
        "SoftwareName": SOFTWARE,
        "SoftwareVersion": "",
        "CSVVersion": current().csv_version,
        "ExportPeriodType": str(ExportPeriodType.REPORTING_PERIOD.value),
        "ExportDirective": str(ExportDirective.FULL_REFRESH.value),
        "HashStatus": _hash_status(source, said["HashStatus"], hashed=hashed),
        "ImplementationID": said["ImplementationID"] or f"{SOFTWARE}-{source.id}",
    }
    return {**said, **ours}


def _hash_status(source: HmisSource, said: str, *, hashed: bool) -> str:
    """Return what the names of the export are. What came as hashes can't leave as anything else."""
    if source.names_hashed:
        return said or str(HashStatus.SHA256.value)
    return str((HashStatus.SHA256 if hashed else HashStatus.UNHASHED).value)


def _first_day(source: HmisSource, today: date) -> date:
    """Return the day on which the first stay or the first project began: with it a whole export has a period."""
    firsts = (
        select(func.min(Enrollment.entry_date)).where(Enrollment.source_id == source.id),
        select(func.min(Project.operating_start_date)).where(Project.source_id == source.id),
    )
    return min((first for reading in firsts if (first := db.session.scalar(reading))), default=today)


def _values(file: FileSpec, writing: _Writing) -> Iterator[list[str]]:
    """Yield the texts of a file's rows, and gather the users whom they name."""
    if file.name == "Export":
        yield [writing.header[column.name] for column in file.columns]
        return
    writers = [_writer(column, hashed=writing.hashed) for column in file.columns]
    export_id = [column.name for column in file.columns].index("ExportID")
    user_id = next((place for place, column in enumerate(file.columns) if column.ref == ("User", "UserID")), None)
    count = 0
    for row in _rows(file, writing.selection_for(file)):
        texts = [write(value) for write, value in zip(writers, row, strict=True)]
        texts[export_id] = writing.header["ExportID"]
        if user_id is not None:
            writing.users.add(texts[user_id])
        yield texts
        count += 1
        if count % ROWS_AT_ONCE == 0:
            writing.meter.count(file, ROWS_AT_ONCE)
    writing.meter.count(file, count % ROWS_AT_ONCE)


def _rows(file: FileSpec, selection: Selection) -> Iterator[Sequence[Any]]:
    model = FILE_MODELS[file.name]
    columns = [_column(model, column, selection.layers) for column in file.columns]
    key = getattr(model, file.key_column.attribute)
    by_bytes: ColumnElement[str] = collate(key, "C") if db.engine.dialect.name == "postgresql" else key
    reading = select(*columns).where(*selection.conditions(file)).order_by(by_bytes)
    place = next((place for place, column in enumerate(file.columns) if column.name == "SSN"), None)
    for row in db.session.execute(reading.execution_options(yield_per=ROWS_AT_ONCE)):
        if place is None:
            yield row
        else:
            ssn = sealing.open_ssn(selection.source_id, row[0], row[place])
            yield (*row[:place], ssn, *row[place + 1 :])


def _column(model: type[Any], column: ColumnSpec, layers: Layers) -> Any:
    return model.ssn_sealed if column.name == "SSN" else layers.value(model, column.attribute)


def _writer(column: ColumnSpec, *, hashed: bool) -> Callable[[Any], str]:
    if hashed and column.name in HASHED_NAMES:
        return lambda value: hashed_name(value or "")
    if hashed and column.name == "SSN":
        return hashed_ssn
    if column.type == "money":
        return lambda value: "" if value is None else f"{value:.2f}"
    return _text_of


def _text_of(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    return value.isoformat() if isinstance(value, date) else str(value)


def _write_file(archive: zipfile.ZipFile, file: FileSpec, rows: Iterator[list[str]]) -> int:
    entry = zipfile.ZipInfo(file.file, ZIP_TIME)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    count = 0
    with archive.open(entry, "w", force_zip64=True) as raw, io.TextIOWrapper(raw, "utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\r\n")
        writer.writerow([column.name for column in file.columns])
        for row in rows:
            writer.writerow(row)
            count += 1
    return count
