"""Where client records come from, and the log of every import: kept for ever, problem by problem."""

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, false, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from adminops.db import Code, Key, LongText, Model, Name
from adminops.hmis.models.columns import HudTime, Text32, Text50, Text64, Text350


class HmisSource(Model):
    """One HMIS implementation whose exports we take. HUD's keys are unique inside a source and nowhere else."""

    __tablename__ = "hmis_source"
    __table_args__ = (UniqueConstraint("name"), Index("ix_hmis_source_drop_folder", "drop_folder", unique=True))

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
    repairs: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    """Keys of the repair rules that are on."""
    repair_counts: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    """Values that they change: {"sole-member-head": {"Enrollment.RelationshipToHoH": 214}}. Empty: nothing."""
    created_at: Mapped[datetime]
    brakes: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    """What its brakes differ in from the usual ones (`intake.brakes.Brakes`)."""
    drop_folder: Mapped[Code | None]
    """Name of its folder below the drop folder. Given once: it stays when the source gets another name."""
    is_watched: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether exports that are put into its drop folder are taken."""
    is_known: Mapped[bool] = mapped_column(default=True, server_default=true())
    """Whether it is more than a name, perhaps a mistyped one, that somebody gave with an export. It is once an export
    was taken or somebody has set it up; until then only the log of imports knows it."""


class ImportStatus(enum.Enum):
    """What became of an import."""

    QUEUED = "queued"
    RUNNING = "running"
    APPLIED = "applied"
    UNCHANGED = "unchanged"
    HELD = "held"
    REFUSED = "refused"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNDONE = "undone"


class ImportWay(enum.Enum):
    """How an export came: by the page, by a command, or through a drop folder."""

    PAGE = "page"
    COMMAND = "command"
    FOLDER = "folder"


class HmisImport(Model):
    """One upload into one source: who, when, which file, what was in it and what was done."""

    __tablename__ = "hmis_import"
    __table_args__ = (
        Index("ix_hmis_import_source", "source_id", "queued_at"),
        Index("ix_hmis_import_turn", "source_id", "turn"),
    )

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
    way: Mapped[ImportWay] = mapped_column(default=ImportWay.PAGE, server_default="page")
    turn: Mapped[int | None]
    """The how-manieth of its source to be taken. Undoing goes backwards through these."""
    is_whole: Mapped[bool | None]
    """Whether the export held all rows of its period; a delta is not compared with whole ones."""
    held: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    """The brakes that held it and what it would have changed: row keys and column names, never a value."""
    held_after: Mapped[int | None]
    """The turn of its source that was the last one when it was held: approval is of a change to that state."""
    approved_at: Mapped[datetime | None]
    approved_by_id: Mapped[int | None]
    interrupted_at: Mapped[datetime | None]
    """When it was found that the process that ran it had ended before it was done."""
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[int | None]
    undo_asked_at: Mapped[datetime | None]
    """When somebody asked for an undo that is still to be done."""
    undo_asked_by_id: Mapped[int | None]
    undo_refused: Mapped[str | None] = mapped_column(Text)
    """Why the undo that was asked for last could not be done."""
    dropped: Mapped[Name | None]
    """Name of the file or folder in the drop folder that it came as."""
    drop_mark: Mapped[Code | None]
    """Size and time of what was dropped, so that it is known again after a crash."""
    filed_at: Mapped[datetime | None]
    """When what was dropped was last moved beside, with its report."""

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


class ImportBefore(Model):
    """What a row was before an import changed it, kept until the import can no longer be undone.

    A row that the import added has none. Sealed values stay sealed in it.
    """

    __tablename__ = "hmis_import_before"

    import_id: Mapped[int] = mapped_column(ForeignKey("hmis_import.id"), primary_key=True)
    file: Mapped[Code] = mapped_column(primary_key=True)
    """HUD's name of the file, or the class of the table."""
    row_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    before: Mapped[dict[str, Any]]
    """Column → value, of all columns or of those that were changed; bytes in hexadecimal."""


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
    import_id: Mapped[int | None]
    """The import that wrote it."""


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
    import_id: Mapped[int | None]
    """The import that wrote it."""


class LocalNumber(Model):
    """The last number that was given to a row made here, by source and file, so that no key is given twice."""

    __tablename__ = "hmis_local_number"
    __table_args__ = (UniqueConstraint("source_id", "file", name="uq_hmis_local_number_file"),)

    id: Mapped[Key]
    source_id: Mapped[int] = mapped_column(ForeignKey("hmis_source.id"))
    file: Mapped[Code]
    last: Mapped[int] = mapped_column(default=0)
