"""Exports that somebody asked for: what shall be in them, and what became of them."""

import enum
from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from adminops.db import Key, Model


class OrderStatus(enum.Enum):
    """What became of an ordered export."""

    WAITING = "waiting"
    READY = "ready"
    FAILED = "failed"
    GONE = "gone"
    """Written, and removed from the disk again."""


class ExportOrder(Model):
    """A HUD CSV export that is to be written, for the person who asked for it."""

    __tablename__ = "hmis_export_order"
    __table_args__ = (Index("ix_hmis_export_order_by", "by_id", "id"),)

    id: Mapped[Key]
    source_id: Mapped[int] = mapped_column(ForeignKey("hmis_source.id"))
    by_id: Mapped[int]
    project_ids: Mapped[list[str]] = mapped_column(default=list)
    """HUD's keys of the projects; none of them means all."""
    period_start: Mapped[date | None]
    period_end: Mapped[date | None]
    hashed: Mapped[bool] = mapped_column(default=False)
    as_received: Mapped[bool] = mapped_column(default=False)
    """Whether repairs are left out."""
    merged: Mapped[bool] = mapped_column(default=False)
    """Whether rows of merged records are written under the kept one."""
    status: Mapped[OrderStatus] = mapped_column(default=OrderStatus.WAITING)
    asked_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    starts: Mapped[int] = mapped_column(default=0)
    """How often it was begun; one that kills its process must not be begun for ever."""
    rows: Mapped[int] = mapped_column(default=0)
    sentence: Mapped[str | None] = mapped_column(Text)
    """Why it failed."""
