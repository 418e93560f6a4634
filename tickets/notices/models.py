"""Notices as rows: what people wish to be told of, and what they were told."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, false, text, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from adminops import clock
from adminops.db import Code, Key, Model
from adminops.identity.models import User
from tickets.models import Ticket
from tickets.notices.hours import Every
from tickets.notices.occasions import Occasion, Way

UNREAD = text("in_app AND read_at IS NULL")
COLLECTED = text("digest_at IS NOT NULL AND digest_id IS NULL")


class NoticeDefault(Model):
    """On which ways the house tells something of who has not chosen; what has no row is told as in `AT_FIRST`."""

    __tablename__ = "notice_default"

    cell: Mapped[Code] = mapped_column(primary_key=True)
    """A place of the matrix: "replied.mine"."""
    way: Mapped[Way]


class NoticeWishes(Model):
    """What a person wishes, as far as they have chosen."""

    __tablename__ = "notice_wishes"

    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), primary_key=True, autoincrement=False)
    ways: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Places of the matrix that were chosen, with their ways; the others go as the house has them."""
    is_wide: Mapped[bool] = mapped_column(default=False, index=True)
    """Whether any of them is about tickets of others: these people are looked at whatever happens."""
    queues: Mapped[list[str]] = mapped_column(default=list)
    """Numbers of the queues whose tickets count as the team's."""
    zone: Mapped[Code] = mapped_column(default="")
    """Time zone of the hours below; empty: that of the house."""
    quiet_from: Mapped[int | None]
    """Minutes after midnight."""
    quiet_until: Mapped[int | None]
    quiet_weekends: Mapped[bool] = mapped_column(default=False, server_default=false())
    urgent_passes: Mapped[bool] = mapped_column(default=True, server_default=true())
    """Whether mails about urgent tickets leave in quiet hours, too."""
    digest_every: Mapped[Every] = mapped_column(default=Every.DAY)
    digest_minute: Mapped[int] = mapped_column(default=480)
    digest_weekday: Mapped[int] = mapped_column(default=0)
    """Of a weekly one; 0 is Monday."""


class Digest(Model):
    """Notices that were gathered for one mail."""

    __tablename__ = "notice_digest"
    __table_args__ = (Index(None, "user_id", "id"),)

    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    made_at: Mapped[datetime] = mapped_column(default=clock.now)


class Notice(Model):
    """Something that a person is told: in the list in the app, in a digest, or both."""

    __tablename__ = "notice"
    __table_args__ = (
        Index(None, "user_id", "id"),
        Index(None, "at"),
        Index("ix_notice_unread", "user_id", sqlite_where=UNREAD, postgresql_where=UNREAD),
        Index("ix_notice_collected", "digest_at", sqlite_where=COLLECTED, postgresql_where=COLLECTED),
        Index(None, "digest_id"),
    )

    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    occasion: Mapped[Occasion]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    """None: AdminOps itself."""
    at: Mapped[datetime] = mapped_column(default=clock.now)
    in_app: Mapped[bool]
    read_at: Mapped[datetime | None]
    digest_at: Mapped[datetime | None]
    """When the digest is due that tells it; None: in no digest."""
    digest_id: Mapped[int | None] = mapped_column(ForeignKey("notice_digest.id"))
    """The digest that told it."""

    ticket: Mapped[Ticket] = relationship(viewonly=True)
    actor: Mapped[User | None] = relationship(foreign_keys=[actor_id], viewonly=True)
