"""Steps that were ticked on tickets."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from adminops import clock
from adminops.db import Key, LongText, Model
from adminops.identity.models import User


class TicketStep(Model):
    """A step that was done. Known by its words, so that it stays ticked when the list around it changes."""

    __tablename__ = "ticket_step"
    __table_args__ = (UniqueConstraint("ticket_id", "step"),)

    id: Mapped[Key]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    step: Mapped[LongText]
    """The words of the checklist that the ticket was filed with."""
    ticked_by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    ticked_at: Mapped[datetime] = mapped_column(default=clock.now)

    ticked_by: Mapped[User] = relationship()
