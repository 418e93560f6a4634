"""Messages waiting to leave, and the development mailbox."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from adminops import clock
from adminops.db import Code, Key, LongText, Model, Name
from adminops.identity.models import User


class MessageState(StrEnum):
    """Where a message stands."""

    PENDING = "pending"
    SENDING = "sending"
    """Claimed; when the claim runs out, nobody knows whether it left."""
    SENT = "sent"
    DROPPED = "dropped"
    """No longer worth sending when its turn came (a newer reset link, an account disabled meanwhile)."""
    DEAD = "dead"
    """Given up; somebody has to look."""


S = MessageState
TRANSITIONS: dict[MessageState, Sequence[MessageState]] = {
    S.PENDING: (S.SENDING, S.DROPPED),
    S.SENDING: (S.SENT, S.PENDING, S.DROPPED, S.DEAD),
    S.DEAD: (S.PENDING, S.DROPPED),
    S.SENT: (),
    S.DROPPED: (),
}


class OutboxMessage(Model):
    """One message to deliver. It holds ids only: the text is made when it is sent."""

    __tablename__ = "outbox_message"
    __table_args__ = (Index(None, "state", "next_try_at"),)

    id: Mapped[Key]
    key: Mapped[str] = mapped_column(String(200), unique=True)
    """Says the same thing twice only once: "tickets.reply:message=12:user=7"."""
    way: Mapped[Code] = mapped_column(default="mail", server_default="mail")
    """How it leaves: "mail", or the way of a courier that a feature offers (a directory)."""
    kind: Mapped[Code]
    """Which mail of the features' catalogue this is."""
    arguments: Mapped[dict[str, Any]]
    recipient_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    ticket_id: Mapped[int | None] = mapped_column(index=True)
    """Number of the request it is about, as `arguments` name it: for looking up what was sent about one."""
    state: Mapped[MessageState] = mapped_column(default=MessageState.PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    """How often it was claimed; the number also tells one claim from the next."""
    unconfirmed: Mapped[int] = mapped_column(default=0)
    """How many tries ended without anybody knowing whether the message left."""
    next_try_at: Mapped[datetime] = mapped_column(default=clock.now)
    """When it is due; while it is being sent, when the claim runs out."""
    give_up_at: Mapped[datetime | None]
    """When trying ends; set by the first try."""
    problem: Mapped[Name] = mapped_column(default="")
    """Why it did not leave, in a few words of ours without addresses."""
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    sent_at: Mapped[datetime | None]
    recipient: Mapped[User] = relationship()


class MailboxMail(Model):
    """A mail caught by the development mailbox instead of being sent."""

    __tablename__ = "mailbox_mail"

    id: Mapped[Key]
    message_id: Mapped[Name] = mapped_column(unique=True)
    """The mail's Message-ID: the same mail is caught once."""
    recipient: Mapped[Name]
    subject: Mapped[Name]
    text: Mapped[LongText]
    html: Mapped[LongText]
    caught_at: Mapped[datetime] = mapped_column(default=clock.now, index=True)


def ticket_of(arguments: Mapping[str, Any]) -> int:
    """Return the number of the ticket that a message with these ids is about; zero for none."""
    about = arguments.get("ticket_id", 0)
    return about if isinstance(about, int) else 0
