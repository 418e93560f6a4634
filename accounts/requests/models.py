"""A request about an account, and its gates: each open, met or waived, by whom and why."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.models import Account
from accounts.requests.kinds import GateKind, Mover, RequestKind
from adminops import clock
from adminops.db import Code, Key, Model, Name
from adminops.errors import InvalidState
from adminops.identity.models import Agency, User
from adminops.identity.permissions import Role
from adminops.refs import Ref
from adminops.settings import current_settings

EXPIRES = timedelta(days=15)
"""After so long without progress a request is over; what was proven counts again when it is taken up."""
REMINDED = (7, 12)
"""Days without progress after which who asked is reminded."""


class RequestState(StrEnum):
    """Where a request stands."""

    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


R = RequestState
REQUEST_TRANSITIONS: dict[RequestState, Sequence[RequestState]] = {
    R.WAITING: (R.DONE, R.REFUSED, R.EXPIRED, R.WITHDRAWN),
    R.DONE: (),
    R.REFUSED: (),
    R.EXPIRED: (R.WAITING,),
    R.WITHDRAWN: (R.WAITING,),
}


class GateState(StrEnum):
    """How a gate stands."""

    OPEN = "open"
    MET = "met"
    WAIVED = "waived"


class AccountRequest(Model):
    """That somebody asked for something about an account, by a ticket.

    A new account is there from the start, and closed.
    """

    __tablename__ = "account_request"
    __table_args__ = (
        UniqueConstraint("ticket_kind", "ticket_id"),
        Index(None, "state", "moved_at"),
        Index(
            "uq_account_request_account_id_kind_waiting",
            "account_id",
            "kind",
            unique=True,
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
    )

    id: Mapped[Key]
    kind: Mapped[RequestKind] = mapped_column(default=RequestKind.NEW)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True)
    ticket_kind: Mapped[Code]
    ticket_id: Mapped[Code]
    requester_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    supervisor_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    role: Mapped[Role | None]
    """What the person is to be once all gates are met, where that is asked for."""
    other_agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"), index=True)
    """The further agency, or the one that the person comes from."""
    acts_on: Mapped[date | None]
    """The day on which it is carried out at the earliest."""
    wanted: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What else the work needs to know, by kind (`accounts.requests.wishes`)."""
    trouble: Mapped[Name] = mapped_column(default="")
    """Why it could not be carried out although nothing was missing."""
    state: Mapped[RequestState] = mapped_column(default=R.WAITING)
    asked_at: Mapped[datetime] = mapped_column(default=clock.now)
    moved_at: Mapped[datetime] = mapped_column(default=clock.now)
    """When anything last changed for the better."""
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    """Who refused it or took it back; None: nobody, or AdminOps."""
    account: Mapped[Account] = relationship(lazy="joined", innerjoin=True)
    agency: Mapped[Agency] = relationship(foreign_keys=[agency_id])
    other_agency: Mapped[Agency | None] = relationship(foreign_keys=[other_agency_id])
    ended_by: Mapped[User | None] = relationship(foreign_keys=[ended_by_id])
    requester: Mapped[User] = relationship(foreign_keys=[requester_id])
    supervisor: Mapped[User] = relationship(foreign_keys=[supervisor_id])
    gates: Mapped[list["AccountGate"]] = relationship(
        back_populates="request", order_by="AccountGate.id", lazy="selectin"
    )

    @property
    def ticket(self) -> Ref:
        """The ticket that asked."""
        return Ref(self.ticket_kind, self.ticket_id)

    @property
    def expires_at(self) -> datetime:
        """When it is over unless something happens; what waits for its day only is not over before that."""
        return max(self.moved_at, self._begins_at) + EXPIRES

    @property
    def _begins_at(self) -> datetime:
        if self.acts_on is None:
            return self.moved_at
        return datetime.combine(self.acts_on, time(), tzinfo=ZoneInfo(current_settings().time_zone))

    @property
    def until(self) -> date | None:
        """The last day of what is asked for, if it ends again."""
        named = self.wanted.get("until")
        return date.fromisoformat(named) if named else None

    @property
    def place_id(self) -> int:
        """The agency at which the person is to work: its agreement and its seats count."""
        is_further = self.kind is RequestKind.FURTHER
        return self.other_agency_id if is_further and self.other_agency_id else self.agency_id

    @property
    def movers(self) -> list[Mover]:
        """Whose move it is, each once; nobody's once it is over."""
        waits = self.state is R.WAITING
        return list(dict.fromkeys(gate.mover for gate in self.open_gates)) if waits else []

    @property
    def open_gates(self) -> list["AccountGate"]:
        """What is still missing."""
        return [gate for gate in self.gates if gate.state is GateState.OPEN]

    def gate(self, kind: GateKind) -> "AccountGate | None":
        """Return one gate, or None where it is not asked for."""
        return next((gate for gate in self.gates if gate.kind is kind), None)

    def move(self, to: RequestState) -> None:
        """Change the state. Raises `InvalidState` for a move that is not in `REQUEST_TRANSITIONS`."""
        if to not in REQUEST_TRANSITIONS[self.state]:
            raise InvalidState(f"This request is {self.state.value}.")
        self.state = to
        self.ended_at = None if to is R.WAITING else clock.now()


class AccountGate(Model):
    """One thing that has to be there."""

    __tablename__ = "account_gate"
    __table_args__ = (UniqueConstraint("request_id", "kind"),)

    id: Mapped[Key]
    request_id: Mapped[int] = mapped_column(ForeignKey("account_request.id"))
    kind: Mapped[GateKind]
    state: Mapped[GateState] = mapped_column(default=GateState.OPEN)
    changed_at: Mapped[datetime | None]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    """Who met or waived it; None: AdminOps found it so."""
    proven_on: Mapped[date | None]
    """The day that is on record elsewhere: of a background check."""
    says: Mapped[Name] = mapped_column(default="")
    """What is lacking, until when it holds, or why it was waived."""
    request: Mapped[AccountRequest] = relationship(back_populates="gates")

    @property
    def mover(self) -> Mover:
        """Who has to do something about it; what a further agency needs, its lead sees to."""
        of_place = self.kind in (GateKind.MOU, GateKind.SEAT) and self.request.kind is RequestKind.FURTHER
        return Mover.OTHER if of_place else self.kind.mover

    by: Mapped[User | None] = relationship(lazy="joined")
