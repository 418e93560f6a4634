"""Queues as rows. A ticket stands in the queue that its request type belongs to now."""

from sqlalchemy.orm import Mapped, mapped_column

from adminops.db import Key, Model, Name


class TicketQueue(Model):
    """A line of tickets: "Accounts", "Data quality"."""

    __tablename__ = "ticket_queue"

    id: Mapped[Key]
    name: Mapped[Name] = mapped_column(unique=True)
    request_types: Mapped[list[str]] = mapped_column(default=list)
    """Keys of the request types that belong to it; one belongs to one queue at most."""
    untouched_hours: Mapped[int] = mapped_column(default=0)
    """Business hours after which an assigned ticket that nobody touched goes back; 0: never."""
