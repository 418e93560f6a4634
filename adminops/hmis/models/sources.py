"""Where client records come from, and the log of every import: kept for ever, problem by problem."""

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from adminops.db import Code, Key, LongText, Model, Name
from adminops.hmis.models.columns import HudTime, Text32, Text50, Text64, Text350


class HmisSource(Model):
    """One HMIS implementation whose exports we take. HUD's keys are unique inside a source and nowhere else."""

    __tablename__ = "hmis_source"
    __table_args__ = (UniqueConstraint("name"),)

    id: Mapped[Key]
    name: Mapped[Name]
    vendor: Mapped[Name] = mapped_column(default="")
    known_ids: Mapped[list[str]] = mapped_column(default=list)
    """The SourceIDs its exports may carry; the first export fills it. An export that carries another is refused."""
    cocs: Mapped[list[str]] = mapped_column(default=list)
    time_zone: Mapped[Code] = mapped_column(default="America/New_York")
    names_hashed: Mapped[bool] = mapped_column(default=False)
    """Whether its exports hold hashes in place of names and SSNs."""
    newest_export: Mapped[HudTime | None]
    """ExportDate of the newest export that was applied: an older one neither overwrites nor removes newer rows."""
    created_at: Mapped[datetime]


class ImportStatus(enum.Enum):
    """What became of an import."""

    QUEUED = "queued"
    RUNNING = "running"
    APPLIED = "applied"
    UNCHANGED = "unchanged"
    HELD = "held"
    REFUSED = "refused"
    FAILED = "failed"


class HmisImport(Model):
    """One upload into one source: who, when, which file, what was in it and what was done."""

    __tablename__ = "hmis_import"
    __table_args__ = (Index("ix_hmis_import_source", "source_id", "queued_at"),)

    id: Mapped[Key]
    source_id: Mapped[int] = mapped_column(ForeignKey("hmis_source.id"))
    status: Mapped[ImportStatus] = mapped_column(default=ImportStatus.QUEUED)
    file_name: Mapped[Name]
    content_hash: Mapped[Text64 | None]
    """SHA-256 over the names and contents of the files: the same for an export as a zip and as a folder."""
    by_id: Mapped[int | None]
    queued_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    csv_version: Mapped[Text50 | None]
    export_id: Mapped[Text32 | None]
    hud_source_id: Mapped[Text350 | None]
    export_date: Mapped[HudTime | None]
    period_start: Mapped[date | None]
    period_end: Mapped[date | None]
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """{"Client.csv": {"read": 514, "added": 514, "updated": 0, …}}"""
    problem_count: Mapped[int] = mapped_column(default=0)
    starts: Mapped[int] = mapped_column(default=0)
    """How often it was begun; one that never ends must not be begun for ever."""
    sentence: Mapped[str | None] = mapped_column(Text)
    """Why it was refused, held or failed, or what it amounts to."""

    source: Mapped[HmisSource] = relationship()


class ImportProblem(Model):
    """Something that an import found wrong, at one place of one file. Values of persons are masked in it."""

    __tablename__ = "hmis_import_problem"
    __table_args__ = (Index("ix_hmis_import_problem_import", "import_id", "file", "line"),)

    id: Mapped[Key]
    import_id: Mapped[int] = mapped_column(ForeignKey("hmis_import.id"))
    rule: Mapped[Code]
    severity: Mapped[Code]
    """error (a line or a value was left out), warning (kept as it is, to be looked at) or note."""
    file: Mapped[Code]
    line: Mapped[int | None]
    """Number of the line in the file, the header being 1; empty when the problem is the file's."""
    column: Mapped[Code | None]
    value_masked: Mapped[str | None] = mapped_column(Text)
    text: Mapped[LongText]


class Unreadable(Model):
    """A value that its column can't hold, as it stood in the file: nothing is lost. Sealed, for it may be an SSN."""

    __tablename__ = "hmis_unreadable"
    __table_args__ = (UniqueConstraint("source_id", "file", "hud_key", "column", name="uq_hmis_unreadable_cell"),)

    id: Mapped[Key]
    source_id: Mapped[int] = mapped_column(ForeignKey("hmis_source.id"))
    file: Mapped[Code]
    hud_key: Mapped[Text32]
    column: Mapped[Code]
    raw_sealed: Mapped[bytes]


class RetiredValues(Model):
    """What a row of an older export had in columns that the current specification no longer has."""

    __tablename__ = "hmis_retired_values"
    __table_args__ = (UniqueConstraint("source_id", "file", "hud_key", name="uq_hmis_retired_values_row"),)

    id: Mapped[Key]
    source_id: Mapped[int] = mapped_column(ForeignKey("hmis_source.id"))
    file: Mapped[Code]
    hud_key: Mapped[Text32]
    held: Mapped[LongText]
    """A JSON object, column → text, of those that were filled; keys sorted, so that equal means equal."""


class LocalNumber(Model):
    """The last number that was given to a row made here, by source and file, so that no key is given twice."""

    __tablename__ = "hmis_local_number"
    __table_args__ = (UniqueConstraint("source_id", "file", name="uq_hmis_local_number_file"),)

    id: Mapped[Key]
    source_id: Mapped[int] = mapped_column(ForeignKey("hmis_source.id"))
    file: Mapped[Code]
    last: Mapped[int] = mapped_column(default=0)
