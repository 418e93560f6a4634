"""Answers that have not left yet, as rows; `tickets/sending.py` says what becomes of them."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, func, or_, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from adminops import clock
from adminops.db import NEVER_AGAIN, Code, Key, LongText, Model, Name, db
from adminops.identity.models import User
from tickets.models import Resolution, Then, Ticket, TicketMessage


class TicketSending(Model):
    """An answer of the team that has not left yet."""

    __tablename__ = "ticket_sending"
    __table_args__ = (
        UniqueConstraint("author_id", "nonce"),
        Index(None, "ticket_id"),
        Index(None, "sends_at"),
        NEVER_AGAIN,
    )

    id: Mapped[Key]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    body: Mapped[LongText]
    then: Mapped[Then] = mapped_column(default=Then.NOTHING)
    despite_parts: Mapped[bool] = mapped_column(default=False)
    resolution: Mapped[Resolution | None]
    confirmed_clean: Mapped[bool] = mapped_column(default=False)
    files: Mapped[list[str]] = mapped_column(default=list)
    """Numbers of the files that will come with it."""
    nonce: Mapped[Code | None]
    written_at: Mapped[datetime] = mapped_column(default=clock.now)
    sends_at: Mapped[datetime | None]
    """None: it was taken back, or could not be sent; `problem` says why not."""
    problem: Mapped[Name] = mapped_column(default="")

    author: Mapped[User] = relationship()


def was_written(nonce: str, by: User) -> bool:
    """Say whether the form of that number was stored before, as a message or as an answer that has not left."""
    tables = (TicketMessage, TicketSending)
    found = (select(each.id).where(each.author_id == by.id, each.nonce == nonce).exists() for each in tables)
    return bool(db.session.scalar(select(or_(*found))))


def planned_after(ticket: Ticket, moment: datetime) -> int:
    """Return how many answers on `ticket` are to be sent after `moment`."""
    chosen = select(func.count(TicketSending.id)).where(
        TicketSending.ticket_id == ticket.id, TicketSending.sends_at > moment
    )
    return db.session.scalar(chosen) or 0
