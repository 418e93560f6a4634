"""Webhooks and their calls as rows. A call is written with what it tells and made after it, as mails are."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column, relationship

from adminops import clock
from adminops.db import NEVER_AGAIN, Code, Key, LongText, Model, Name

TRIES = 9
"""How often a call is tried. The last try comes about a day after the first."""


class CallState(StrEnum):
    """Where a call stands."""

    PENDING = "pending"
    CALLING = "calling"
    """Claimed; when the claim runs out it is made once more, with the same number."""
    DONE = "done"
    GIVEN_UP = "given_up"


class Webhook(Model):
    """An address that is called when something happens."""

    __tablename__ = "webhook"

    id: Mapped[Key]
    code: Mapped[Code] = mapped_column(unique=True)
    """What its sealed secret is bound to."""
    name: Mapped[Name] = mapped_column(unique=True)
    address: Mapped[LongText]
    events: Mapped[list[str]] = mapped_column(default=list)
    secret_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    is_on: Mapped[bool] = mapped_column(default=True)
    failing_since: Mapped[datetime | None]
    """The first failure since a call last got through."""
    made_at: Mapped[datetime] = mapped_column(default=clock.now)


class WebhookCall(Model):
    """Something that an address is told."""

    __tablename__ = "webhook_call"
    __table_args__ = (
        Index(None, "state", "next_try_at"),
        Index(None, "webhook_id", "id"),
        Index(None, "made_at"),
        NEVER_AGAIN,
    )

    id: Mapped[Key]
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhook.id"))
    event: Mapped[Code]
    told: Mapped[dict[str, Any]]
    """Ids and codes; never a text or a name."""
    state: Mapped[CallState] = mapped_column(default=CallState.PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    """How often it was claimed. It only grows: the number also tells one claim from the next."""
    most_attempts: Mapped[int] = mapped_column(default=TRIES)
    """After so many it is given up; who has it sent again adds to it."""
    next_try_at: Mapped[datetime] = mapped_column(default=clock.now)
    status: Mapped[int | None]
    """What the address answered last."""
    problem: Mapped[Name] = mapped_column(default="")
    """Why it did not get through, in a few words of ours."""
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
    done_at: Mapped[datetime | None]

    webhook: Mapped[Webhook] = relationship()

    @property
    def tries(self) -> int:
        """How many tries it had since it was asked for, or last asked for again."""
        return self.attempts - (self.most_attempts - TRIES)
