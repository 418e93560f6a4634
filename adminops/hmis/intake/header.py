"""What an export says about itself: who made it, of which time and by which specification."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from adminops import clock
from adminops.hmis.codes import ExportDirective, ExportPeriodType
from adminops.hmis.intake.layout import WrongHeader, choose_spec, lay_out
from adminops.hmis.intake.packages import Member, Package
from adminops.hmis.intake.problems import ERROR, ProblemLog, Refused
from adminops.hmis.intake.records import Records
from adminops.hmis.intake.rows import FileRows
from adminops.hmis.spec import Spec, current

REQUIRED = ("Export", "Organization", "Project")
AHEAD = timedelta(days=1)
"""No time zone is so far ahead of another: an export that says to be made later has a wrong clock behind it."""


@dataclass(frozen=True)
class Header:
    """What Export.csv says about an export; of one that was put together from several, what holds for the whole."""

    export_id: str
    export_ids: frozenset[str]
    """The ExportIDs that rows of its files may carry."""
    csv_version: str
    source_ids: tuple[str, ...]
    """SourceIDs that it names: one, as a rule."""
    export_date: datetime | None
    first: date
    last: date
    is_whole: bool
    """Whether it holds all rows of its period: only then does absence mean anything."""
    rows: int = 1
    """Rows of Export.csv: more than one when the vendor has merged several exports."""

    @property
    def is_ahead(self) -> bool:
        """Whether it says to be made at a time that is still to come."""
        return self.export_date is not None and self.export_date > _now() + AHEAD

    @property
    def made(self) -> datetime | None:
        """When it was made as far as that can be believed: else all later exports would be taken for older ones."""
        return _now() if self.is_ahead else self.export_date


def spec_of(package: Package, header: Header) -> Spec:
    """Return the specification that an export follows. Raises `Refused` when it is of a year that is not known here."""
    headers = {}
    for name, member in package.members.items():
        with _records(member) as records:
            headers[name] = records.header
    return choose_spec(header.csv_version, headers)


def read_header(package: Package) -> Header:
    """Return what Export.csv says.

    Raises `Refused` when a required file is missing, when Export.csv has no row or one that can't be read, or when it
    does not say for which period it is.
    """
    for name in REQUIRED:
        if name not in package.members:
            raise Refused("missing-file", f"{name}.csv is missing: without it an export can't be taken.")
    file = current().by_name["Export"]
    with _records(package.members["Export"]) as records:
        try:
            layout = lay_out(file, records.header, choose_spec("", {"Export": records.header}))
        except WrongHeader as wrong:
            raise Refused("missing-column", str(wrong), file=file.file) from None
        rows, log = FileRows(records, layout, ProblemLog(), export_ids=None), ProblemLog()
        found: list[tuple[str, ...]] = []
        for batch in rows.batches():
            batch.log_problems(log)
            found += zip(*batch.columns, strict=True)
    if not rows.read:
        raise Refused("export-rows", "Export.csv has no row; it must have one.", file=file.file)
    if rows.read != len(found):
        why = next(each for each in log if each.severity == ERROR and each.column is None)
        raise Refused("export-rows", f"Export.csv, line {why.line}: {why.text}", file=file.file, line=why.line)
    return _header([dict(zip(file.by_name, row, strict=True)) for row in found])


def _header(rows: list[dict[str, str]]) -> Header:
    """Return what the rows of Export.csv amount to: the whole of their periods, and the newest of them for the rest."""
    for row in rows:
        if not row["ExportStartDate"] or not row["ExportEndDate"] or row["ExportStartDate"] > row["ExportEndDate"]:
            raise Refused(
                "no-period",
                "Export.csv does not say from when to when the export is: it can't be taken.",
                file="Export.csv",
            )
    newest = max(rows, key=lambda row: row["ExportDate"])
    made = newest["ExportDate"]
    return Header(
        export_id=newest["ExportID"],
        export_ids=frozenset(row["ExportID"] for row in rows),
        csv_version=newest["CSVVersion"],
        source_ids=tuple(dict.fromkeys(row["SourceID"] for row in rows if row["SourceID"])),
        export_date=datetime.fromisoformat(made) if made else None,
        first=date.fromisoformat(min(row["ExportStartDate"] for row in rows)),
        last=date.fromisoformat(max(row["ExportEndDate"] for row in rows)),
        is_whole=all(_is_whole(row) for row in rows),
        rows=len(rows),
    )


def _now() -> datetime:
    """Return the time as exports have it, without a zone."""
    return clock.now().astimezone(UTC).replace(tzinfo=None)


def _is_whole(row: dict[str, str]) -> bool:
    return row["ExportPeriodType"] == str(ExportPeriodType.REPORTING_PERIOD.value) and row["ExportDirective"] == str(
        ExportDirective.FULL_REFRESH.value
    )


@contextmanager
def _records(member: Member) -> Iterator[Records]:
    with member.open_text() as (stream, _raw):
        try:
            records = Records(stream)
        except Refused as refused:
            raise refused.of(member.name) from None
        yield records
