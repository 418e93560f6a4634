"""Files that came with messages: which there are, and who may have them."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from adminops import clock
from adminops.db import Code, Key, Model, Name, db
from adminops.errors import NotFound
from adminops.files import StoredFile
from adminops.identity.models import User
from tickets import policies
from tickets.models import Ticket, TicketMessage, Voice
from tickets.relations import sources_of

NOT_THERE = "This file is not there (any more)."


class TicketAttachment(Model):
    """A file that came with a message. One that was removed leaves this row without name and content."""

    __tablename__ = "ticket_attachment"
    __table_args__ = (Index(None, "ticket_id"), Index(None, "message_id"))

    id: Mapped[Key]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("ticket_message.id"))
    """None: its message has not left yet."""
    file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    name: Mapped[Name]
    kind: Mapped[Code]
    size: Mapped[int]
    """Bytes."""
    is_read: Mapped[bool]
    """Whether the guard could look at what is written in it: it can't at a picture."""
    added_by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    added_at: Mapped[datetime] = mapped_column(default=clock.now)
    removed_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    removed_at: Mapped[datetime | None]

    file: Mapped[StoredFile | None] = relationship()


def get_attachment(ticket: Ticket, attachment_id: int, viewer: User) -> TicketAttachment:
    """Return a file of `ticket`, which `viewer` sees. Raises `NotFound`, also for one of a note unless of the team.

    One that was removed is returned, for its page says so.
    """
    found = db.session.get(TicketAttachment, attachment_id)
    message = db.session.get(TicketMessage, found.message_id or 0) if found else None
    if found is None or message is None or found.ticket_id not in (ticket.id, *sources_of(ticket)):
        raise NotFound(NOT_THERE)
    if message.voice is Voice.NOTE and not policies.is_team(viewer, ticket):
        raise NotFound(NOT_THERE)
    return found


def size_in_words(size: int) -> str:
    """Return how large a file is, as people read it: "340 KB", "2.4 MB"."""
    if size >= 1_000_000:
        return f"{size / 1_000_000:.1f} MB"
    return f"{max(1, round(size / 1_000))} KB"
