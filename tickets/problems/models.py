"""Known problems as rows, and what single people said about them."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from adminops import clock
from adminops.db import Key, LongText, Model, Name
from adminops.identity.models import User
from adminops.refs import Ref

KIND = "known_problem"


class ProblemState(StrEnum):
    """Where a known problem stands."""

    OPEN = "open"
    SOLVED = "solved"


TRANSITIONS = {ProblemState.OPEN: (ProblemState.SOLVED,), ProblemState.SOLVED: (ProblemState.OPEN,)}


class KnownProblem(Model):
    """Something that is broken for many. The tickets about it are linked to it (`TicketLink`)."""

    __tablename__ = "known_problem"
    __table_args__ = (Index(None, "state", "id"),)

    id: Mapped[Key]
    title: Mapped[Name]
    body: Mapped[LongText]
    """What people see, and what they can do meanwhile: plain text."""
    state: Mapped[ProblemState] = mapped_column(default=ProblemState.OPEN)
    since: Mapped[date]
    until: Mapped[date | None]
    """When it should be over, as far as somebody has said so."""
    request_types: Mapped[list[str]] = mapped_column(default=list)
    """Keys of the request types that people would file about it; none: any."""
    agency_ids: Mapped[list[str]] = mapped_column(default=list)
    """Numbers of the agencies concerned; none: all."""
    on_banner: Mapped[bool] = mapped_column(default=False)
    written_by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    changed_at: Mapped[datetime] = mapped_column(default=clock.now)
    solved_at: Mapped[datetime | None]

    @property
    def ref(self) -> Ref:
        """The reference to this problem."""
        return Ref.to(KIND, self.id)

    def concerns(self, user: User | None) -> bool:
        """Say whether people like `user` (None: whom nobody knows yet) have it."""
        return not self.agency_ids or (user is not None and str(user.agency_id) in self.agency_ids)


class ProblemPerson(Model):
    """What a person said about a known problem: has it, too, or has read the banner."""

    __tablename__ = "known_problem_person"
    __table_args__ = (UniqueConstraint("problem_id", "user_id"), Index(None, "user_id"))

    id: Mapped[Key]
    problem_id: Mapped[int] = mapped_column(ForeignKey("known_problem.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    has_it: Mapped[bool] = mapped_column(default=False)
    put_away: Mapped[bool] = mapped_column(default=False)
