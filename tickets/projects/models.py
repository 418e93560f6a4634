"""Projects as rows. Its parts stand to the ticket as `Kind.CHILD_OF`; what it is for stands in its conversation."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from adminops import clock
from adminops.db import Key, Model
from adminops.identity.models import User
from tickets.models import Ticket


class TicketProject(Model):
    """That a ticket is a project: time-limited work with an owner and parts; without a row it is a plain ticket."""

    __tablename__ = "ticket_project"
    __table_args__ = (Index(None, "due_on"),)

    id: Mapped[Key]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), unique=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    """Who answers for it; the single parts may be worked on by others."""
    due_on: Mapped[date]
    made: Mapped[list[str]] = mapped_column(default=list)
    """Numbers of the tickets that were made as its parts; others may have become parts of it since."""
    told: Mapped[bool] = mapped_column(default=False)
    """Whether its owner was told that its day comes."""
    promoted_by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    promoted_at: Mapped[datetime] = mapped_column(default=clock.now)

    ticket: Mapped[Ticket] = relationship()
    owner: Mapped[User] = relationship(foreign_keys=[owner_id])
