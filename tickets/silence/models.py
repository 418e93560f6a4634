"""Attempts to reach a requester that left no message on the ticket: calls, voicemails, visits."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from adminops import clock
from adminops.db import Key, Model


class ContactWay(StrEnum):
    """How somebody tried."""

    PHONE = "phone"
    VOICEMAIL = "voicemail"
    MAIL = "mail"
    IN_PERSON = "in_person"

    @property
    def label(self) -> str:
        """The words of the select box, and of the timeline after "tried to reach the requester: "."""
        return {"phone": "called, nobody answered", "voicemail": "left a voicemail", "mail": "wrote an e-mail"}.get(
            self.value, "looked in, nobody was there"
        )


class ContactAttempt(Model):
    """An attempt. Replies on the ticket count as attempts by themselves and are not stored again."""

    __tablename__ = "ticket_contact_attempt"
    __table_args__ = (Index(None, "ticket_id", "at"),)

    id: Mapped[Key]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    at: Mapped[datetime] = mapped_column(default=clock.now)
    by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    way: Mapped[ContactWay]
