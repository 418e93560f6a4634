"""Surveys as rows: who was asked about which ticket, and what they said; and who does not want to be asked."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from adminops import clock
from adminops.db import Code, Key, LongText, Model
from adminops.identity.models import User
from adminops.refs import Ref
from tickets.models import Ticket

KIND = "ticket_survey"
_UNSENT = text("sent_at IS NULL")


class TicketSurvey(Model):
    """That the requester of a ticket is asked how it went, once. The word itself stands on the ticket (`rating`)."""

    __tablename__ = "ticket_survey"
    __table_args__ = (Index("ix_ticket_survey_unsent", "ask_at", sqlite_where=_UNSENT, postgresql_where=_UNSENT),)

    id: Mapped[Key]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    nonce: Mapped[Code]
    """What only this row's link was made of: who knows one link can't make another."""
    ask_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    """Until then the answer can be given and changed; None: not sent yet."""
    answered_at: Mapped[datetime | None]
    comment: Mapped[LongText] = mapped_column(default="")

    ticket: Mapped[Ticket] = relationship()
    person: Mapped[User] = relationship()

    @property
    def ref(self) -> Ref:
        """The reference to what was said."""
        return Ref.to(KIND, self.id)


class SurveyRefusal(Model):
    """Somebody who does not want to be asked."""

    __tablename__ = "ticket_survey_refusal"

    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), unique=True)
    at: Mapped[datetime] = mapped_column(default=clock.now)
