"""A role of somebody at an agency that is not their own, or for a time only."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.models import Account
from adminops import clock
from adminops.db import Code, Key, Model
from adminops.identity.models import Agency, User
from adminops.identity.permissions import Role
from adminops.refs import Ref


class AccountSeat(Model):
    """One more place where somebody works: a seat of that agency, with a role that ends with it.

    The own agency is that of the account. A row for it is a role for a time, and takes up no further seat.
    """

    __tablename__ = "account_seat"
    __table_args__ = (
        Index(
            "uq_account_seat_open",
            "account_id",
            "agency_id",
            "role",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(None, "agency_id", "ended_at"),
        Index(None, "ended_at", "until"),
    )

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    role: Mapped[Role]
    began_at: Mapped[datetime] = mapped_column(default=clock.now)
    until: Mapped[datetime | None]
    """When it ends by itself; None: when somebody ends it."""
    ticket_kind: Mapped[Code | None]
    ticket_id: Mapped[Code | None]
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    account: Mapped[Account] = relationship(lazy="joined", innerjoin=True)
    agency: Mapped[Agency] = relationship()
    ended_by: Mapped[User | None] = relationship()

    @property
    def ticket(self) -> Ref | None:
        """The ticket that asked for it."""
        return Ref(self.ticket_kind, self.ticket_id) if self.ticket_kind and self.ticket_id else None
