"""Who asked to have a person's second step taken away, how they made sure that it is that person, and who approved."""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.models import Account
from adminops import clock
from adminops.db import Key, Model
from adminops.identity.models import User
from adminops.titled import Titled

WAITS_FOR = timedelta(days=3)
_WAITING = text("outcome = 'waiting'")


class Proof(Titled):
    """How somebody made sure who the person is, with the words for it."""

    CALLED_BACK = "called_back", "I called back at the number on file, and know the voice or asked what is on file"
    LEAD_CONFIRMED = "lead_confirmed", "The agency's lead, called at the number on file, confirmed it"
    IN_PERSON = "in_person", "The person stands before me, and I know them or saw a picture ID"


class Outcome(StrEnum):
    """What became of it."""

    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"
    EXPIRED = "expired"


class LostStep(Model):
    """That a person's second step is to be taken away. Nothing happens before a second member of the team agrees."""

    __tablename__ = "lost_step"
    __table_args__ = (
        Index(
            "uq_lost_step_account_id_waiting",
            "account_id",
            unique=True,
            sqlite_where=_WAITING,
            postgresql_where=_WAITING,
        ),
    )

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    proof: Mapped[Proof]
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    asked_at: Mapped[datetime] = mapped_column(default=clock.now)
    outcome: Mapped[Outcome] = mapped_column(default=Outcome.WAITING)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    decided_at: Mapped[datetime | None]
    account: Mapped[Account] = relationship()
    asked_by: Mapped[User] = relationship(foreign_keys=[asked_by_id])

    @property
    def expires_at(self) -> datetime:
        """Until when somebody can agree."""
        return self.asked_at + WAITS_FOR

    @property
    def is_waiting(self) -> bool:
        """Whether somebody can still agree."""
        return self.outcome is Outcome.WAITING and self.expires_at > clock.now()
