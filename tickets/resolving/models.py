"""What shows that something was done: a note of the team, guarded and kept like any other, with a mark."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from adminops.db import Key, Model


class TicketEvidence(Model):
    """A note that says what shows that the ticket's work was done."""

    __tablename__ = "ticket_evidence"

    id: Mapped[Key]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("ticket_message.id"), unique=True)
