"""Mails as they came: kept before anything else is done with them."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from adminops import clock
from adminops.db import Code, Key, Model, Name
from adminops.refs import Ref


class MailState(StrEnum):
    """What became of a mail that came."""

    WAITING = "waiting"
    FILED = "filed"
    """It is a ticket, or a message or a line of one."""
    HELD = "held"
    """Somebody has to say whose it is."""
    IGNORED = "ignored"
    FAILED = "failed"
    """It could not be read, several times over."""

    @property
    def label(self) -> str:
        """The words of the badge."""
        return {"held": "Needs a decision"}.get(self.value, self.value.capitalize())


S = MailState
TRANSITIONS: dict[MailState, Sequence[MailState]] = {
    S.WAITING: (S.FILED, S.HELD, S.IGNORED, S.FAILED),
    S.HELD: (S.WAITING, S.FILED, S.IGNORED),
    S.FAILED: (S.WAITING, S.IGNORED),
    S.IGNORED: (S.WAITING, S.FILED),
    S.FILED: (),
}


class IncomingMail(Model):
    """A mail that came, sealed as it is. What is read of it is stored nowhere but in the ticket that it becomes."""

    __tablename__ = "incoming_mail"
    __table_args__ = (
        Index(None, "state", "next_try_at"),
        Index(None, "state", "id"),
        Index(None, "sender_id", "filed_at"),
    )

    id: Mapped[Key]
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of its Message-ID, or of all of it: the same mail is kept once, and an answer to it is known by it."""
    content_hash: Mapped[str] = mapped_column(String(64))
    """SHA-256 of what is below its headers: another mail under the same Message-ID is no double."""
    sealed: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    size: Mapped[int]
    received_at: Mapped[datetime] = mapped_column(default=clock.now)
    state: Mapped[MailState] = mapped_column(default=S.WAITING)
    why: Mapped[Name] = mapped_column(default="")
    """Why it was held, ignored or failed, in words of ours."""
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime] = mapped_column(default=clock.now)
    filed_at: Mapped[datetime | None]
    sender_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    """Who wrote it, once that is known."""
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), index=True)

    @property
    def ref(self) -> Ref:
        """The reference to this mail."""
        return Ref.to("incoming_mail", self.id)


class MailBounce(Model):
    """A mail of ours that came back."""

    __tablename__ = "mail_bounce"
    __table_args__ = (Index(None, "user_id", "at"),)

    id: Mapped[Key]
    mail_id: Mapped[int] = mapped_column(ForeignKey("incoming_mail.id"), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    outbox_id: Mapped[int] = mapped_column(ForeignKey("outbox_message.id"), index=True)
    address_hash: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the address it went to: another address is tried at once."""
    code: Mapped[Code]
    is_permanent: Mapped[bool]
    at: Mapped[datetime] = mapped_column(default=clock.now)
