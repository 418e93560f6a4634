"""Queues as rows. A ticket stands in the queue that its request type belongs to now."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from adminops import clock
from adminops.db import Key, Model, Name
from adminops.identity.models import User
from tickets.queues.rules import Rule


class TicketQueue(Model):
    """A line of tickets: "Accounts", "Data quality"."""

    __tablename__ = "ticket_queue"

    id: Mapped[Key]
    name: Mapped[Name] = mapped_column(unique=True)
    request_types: Mapped[list[str]] = mapped_column(default=list)
    """Keys of the request types that belong to it; one belongs to one queue at most."""
    untouched_hours: Mapped[int] = mapped_column(default=0)
    """Business hours after which an assigned ticket that nobody touched goes back; 0: never."""
    rule: Mapped[Rule] = mapped_column(default=Rule.MANUAL, server_default="manual")
    """Who is given a ticket that comes into it."""
    turns: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """How many tickets the rule has given out."""

    members: Mapped[list["QueueMember"]] = relationship(
        order_by="QueueMember.id", cascade="all, delete-orphan", back_populates="queue"
    )


class QueueMember(Model):
    """Somebody whom a queue gives its tickets to."""

    __tablename__ = "ticket_queue_member"
    __table_args__ = (UniqueConstraint("queue_id", "user_id"),)

    id: Mapped[Key]
    queue_id: Mapped[int] = mapped_column(ForeignKey("ticket_queue.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    last_turn: Mapped[int] = mapped_column(default=0)
    """Which of the queue's `turns` went to this person last."""

    queue: Mapped[TicketQueue] = relationship(back_populates="members")
    user: Mapped[User] = relationship()


class LeftInQueue(Model):
    """A ticket that the rule of its queue could give to nobody; it is tried again when somebody is back."""

    __tablename__ = "ticket_left_in_queue"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), primary_key=True, autoincrement=False)
    left_at: Mapped[datetime] = mapped_column(default=clock.now)
    """When that was tried last."""
