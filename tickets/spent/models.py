"""Times as rows. A correction is a row of its own that takes the place of an earlier one, which stays."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from adminops import clock
from adminops.db import Key, Model
from adminops.identity.models import User


class Activity(StrEnum):
    """What the time was spent on."""

    ANSWERING = "answering"
    RESEARCH = "research"
    RECORDS = "records"
    TALK = "talk"
    REPORT = "report"
    OTHER = "other"

    @property
    def label(self) -> str:
        """The words of the choice."""
        return {
            "answering": "Answering",
            "research": "Finding out",
            "records": "Work in the HMIS",
            "talk": "Call, visit or meeting",
            "report": "Reports and numbers",
        }.get(self.value, "Something else")


class TicketTime(Model):
    """Minutes that somebody worked on a ticket on a day."""

    __tablename__ = "ticket_time"
    __table_args__ = (Index(None, "ticket_id", "is_current"), Index(None, "worked_on"))

    id: Mapped[Key]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    """Whose time."""
    minutes: Mapped[int]
    """0: the correction takes the time back."""
    activity: Mapped[Activity]
    worked_on: Mapped[date]
    entered_by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    entered_at: Mapped[datetime] = mapped_column(default=clock.now)
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("ticket_time.id"), unique=True)
    """The row whose place this one takes."""
    is_current: Mapped[bool] = mapped_column(default=True)
    """Whether it counts: no other row has taken its place."""

    user: Mapped[User] = relationship(foreign_keys=[user_id])
    entered_by: Mapped[User] = relationship(foreign_keys=[entered_by_id])
