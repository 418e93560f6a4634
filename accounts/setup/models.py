"""A sheet, and what was ticked off on it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.models import Account
from accounts.setup.steps import Purpose, Step, steps_for
from adminops import clock
from adminops.db import Code, Key, Model, Name
from adminops.identity.models import User
from adminops.refs import Ref


class SetupSheet(Model):
    """That an account is set up in the HMIS, or changed there."""

    __tablename__ = "setup_sheet"
    __table_args__ = (
        Index(
            "uq_setup_sheet_account_id_purpose_open",
            "account_id",
            "purpose",
            unique=True,
            sqlite_where=text("finished_at IS NULL"),
            postgresql_where=text("finished_at IS NULL"),
        ),
        Index(None, "finished_at", "opened_at"),
    )

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    purpose: Mapped[Purpose] = mapped_column(default=Purpose.OPENING)
    ticket_kind: Mapped[Code | None]
    ticket_id: Mapped[Code | None]
    opened_at: Mapped[datetime] = mapped_column(default=clock.now)
    finished_at: Mapped[datetime | None]
    account: Mapped[Account] = relationship(lazy="joined", innerjoin=True)
    ticks: Mapped[list["SetupTick"]] = relationship(
        back_populates="sheet", order_by="SetupTick.id", cascade="all, delete-orphan"
    )

    @property
    def ticket(self) -> Ref | None:
        """The ticket that asked for it."""
        return Ref(self.ticket_kind, self.ticket_id) if self.ticket_kind and self.ticket_id else None

    @property
    def steps(self) -> list[Step]:
        """What is to be entered on it."""
        return steps_for(self.purpose)

    def tick(self, step: str) -> "SetupTick | None":
        """Return what was ticked off at a step, or None."""
        return next((each for each in self.ticks if each.step == step), None)


class SetupTick(Model):
    """One step that is done."""

    __tablename__ = "setup_tick"
    __table_args__ = (UniqueConstraint("sheet_id", "step"),)

    id: Mapped[Key]
    sheet_id: Mapped[int] = mapped_column(ForeignKey("setup_sheet.id"))
    step: Mapped[Code]
    evidence: Mapped[Name] = mapped_column(default="")
    at: Mapped[datetime] = mapped_column(default=clock.now)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    """None: a list of the HMIS shows it."""
    sheet: Mapped[SetupSheet] = relationship(back_populates="ticks")
    by: Mapped[User | None] = relationship()
