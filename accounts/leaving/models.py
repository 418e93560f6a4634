"""That somebody leaves: who said so, when access ends, and when it had ended in the HMIS, too."""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.models import Account, DisabledReason
from adminops import clock
from adminops.db import Code, Key, Model
from adminops.identity.models import Agency, User
from adminops.refs import Ref

CLOCK = timedelta(hours=24)
"""Within so long an agency says that somebody left, and within so long the HMIS is closed to them."""


class DepartureState(StrEnum):
    """How far it is."""

    COMING = "coming"
    OPEN = "open"
    """Access has ended here; in the HMIS it has not."""
    DONE = "done"
    WITHDRAWN = "withdrawn"


class Departure(Model):
    """Somebody leaves, or needs the HMIS no longer."""

    __tablename__ = "account_departure"
    __table_args__ = (
        Index(
            "uq_account_departure_account_id_open",
            "account_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(None, "ticket_kind", "ticket_id"),
        Index(None, "ended_at", "leaves_at"),
    )

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"), index=True)
    reason: Mapped[DisabledReason]
    leaves_at: Mapped[datetime]
    """When access ends: as it was said, even where that is past."""
    reported_at: Mapped[datetime] = mapped_column(default=clock.now)
    reported_by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    withdrawn: Mapped[bool] = mapped_column(default=False)
    source: Mapped[Code] = mapped_column(default="", server_default=text("''"))
    """What said so by itself, in the name of who reported it: an identity provider; empty: a person did."""
    ticket_kind: Mapped[Code | None]
    ticket_id: Mapped[Code | None]
    account: Mapped[Account] = relationship(lazy="joined", innerjoin=True)
    agency: Mapped[Agency | None] = relationship()
    reported_by: Mapped[User] = relationship(foreign_keys=[reported_by_id])
    ended_by: Mapped[User | None] = relationship(foreign_keys=[ended_by_id])

    @property
    def ticket(self) -> Ref | None:
        """The ticket that asked for it."""
        return Ref(self.ticket_kind, self.ticket_id) if self.ticket_kind and self.ticket_id else None

    @property
    def state(self) -> DepartureState:
        """How far it is now."""
        if self.ended_at is not None:
            return DepartureState.WITHDRAWN if self.withdrawn else DepartureState.DONE
        return DepartureState.COMING if self.leaves_at > clock.now() else DepartureState.OPEN

    @property
    def runs_from(self) -> datetime:
        """When the team's clock begins: at the end of access, or when it was told of one that was past."""
        return max(self.leaves_at, self.reported_at)

    @property
    def due_at(self) -> datetime:
        """Until when the HMIS has to be closed to the person."""
        return self.runs_from + CLOCK

    @property
    def told_late(self) -> bool:
        """Whether the agency said so more than 24 hours after the person had left."""
        return self.reported_at > self.leaves_at + CLOCK
