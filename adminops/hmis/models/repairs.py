"""Repairs: how single values of source rows are read while a source's switches are on. The rows stay as they came."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from adminops.db import Code, Key, LongText, Model, Name
from adminops.hmis.models.columns import Text32

LEFT_OUT = "*"
"""In place of a column: the whole row is read as if it were deleted."""


class Repair(Model):
    """One value of one source row, read otherwise than it came. All of them are worked out anew with every import.

    There is one for a cell: where several rules change it, the last one stands here with what all of them amount to.
    """

    __tablename__ = "hmis_repair"
    __table_args__ = (
        UniqueConstraint("file", "row_id", "column", name="uq_hmis_repair_cell"),
        Index("ix_hmis_repair_rule", "source_id", "rule"),
        Index("ix_hmis_repair_value", "source_id", "file", "column", "value"),
    )

    id: Mapped[Key]
    source_id: Mapped[int] = mapped_column(ForeignKey("hmis_source.id"))
    file: Mapped[Code]
    """HUD's name of the file, without ".csv"."""
    row_id: Mapped[int]
    """Number of the row in the table of its file."""
    hud_key: Mapped[Text32]
    column: Mapped[Code]
    """HUD's name of the column, or `LEFT_OUT`."""
    value: Mapped[Name]
    """The value as HUD's CSV has it, empty for blank. Of a stay that is left out: the stay that it became part of."""
    rule: Mapped[Code]
    follows: Mapped[Text32 | None]
    """EnrollmentID of the stay whose repair this one follows from; to take this back, that one is taken back."""
    import_id: Mapped[int | None] = mapped_column(ForeignKey("hmis_import.id"))
    """The import after which it was made; empty when it came with a switch."""
    made_at: Mapped[datetime]


class RepairException(Model):
    """A person's word that a rule must leave a row alone. It holds for every later import until it is withdrawn."""

    __tablename__ = "hmis_repair_exception"
    __table_args__ = (Index("ix_hmis_repair_exception_row", "source_id", "rule", "file", "hud_key"),)

    id: Mapped[Key]
    source_id: Mapped[int] = mapped_column(ForeignKey("hmis_source.id"))
    rule: Mapped[Code]
    file: Mapped[Code]
    hud_key: Mapped[Text32]
    reason: Mapped[LongText]
    by_id: Mapped[int | None]
    made_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by_id: Mapped[int | None]

    @property
    def is_active(self) -> bool:
        """Whether it holds: it has not been withdrawn."""
        return self.withdrawn_at is None
