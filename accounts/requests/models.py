"""A request for an account, and its gates: each open, met or waived, by whom and why."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.models import Account
from adminops import clock
from adminops.db import Code, Key, Model, Name
from adminops.errors import InvalidState
from adminops.identity.models import Agency, User
from adminops.identity.permissions import Role
from adminops.refs import Ref

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


class GateKind(StrEnum):
    """What has to be there before an account opens, with the words for screens and what to do about it."""

    def __new__(cls, value: str, title: str = "", advice: str = "") -> "GateKind":
        """Keep the words beside the value."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.title, member.advice = title, advice
        return member

    title: str  # type: ignore[assignment]
    advice: str

    AUTHORITY = "authority", "Asked for by somebody who may", "The agency lead has to send the request on."
    SUPERVISOR = "supervisor", "The supervisor agrees", "The supervisor confirms it on this page."
    MOU = "mou", "The agency agreement is current", "The Systems Team records the new agreement when it is signed."
    SEAT = "seat", "A license seat is free", "Order a seat, or close the account of somebody who has left."
    BACKGROUND = "background", "The background check is passed", "The agency lead confirms it on this page."
    AGREEMENT = "agreement", "The user agreement is signed", "The person signs by the link that was mailed to them."
    TRAINING = "training", "The required training is taken", "A trainer signs the person up for the next class."
    APPROVAL = "approval", "The HMIS lead approves", "The HMIS lead decides on the ticket."


ALWAYS = (GateKind.AUTHORITY, GateKind.APPROVAL)
"""Gates that every request has, and that nobody waives: words of people."""
OF_THE_WORLD = (GateKind.MOU, GateKind.SEAT, GateKind.AGREEMENT, GateKind.TRAINING)
"""Gates that are looked up anew: they may open and close by themselves until the account is approved."""


class GateState(StrEnum):
    """How a gate stands."""

    OPEN = "open"
    MET = "met"
    WAIVED = "waived"


class AccountRequest(Model):
    """That somebody asked for an account, by a ticket. The account is there from the start, and closed."""

    __tablename__ = "account_request"
    __table_args__ = (
        UniqueConstraint("ticket_kind", "ticket_id"),
        Index(None, "state", "moved_at"),
        Index(
            "uq_account_request_account_id_waiting",
            "account_id",
            unique=True,
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
    )

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True)
    ticket_kind: Mapped[Code]
    ticket_id: Mapped[Code]
    requester_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    supervisor_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    role: Mapped[Role]
    """What the person is to be once all gates are met; until then an end user who can't sign in."""
    state: Mapped[RequestState] = mapped_column(default=R.WAITING)
    asked_at: Mapped[datetime] = mapped_column(default=clock.now)
    moved_at: Mapped[datetime] = mapped_column(default=clock.now)
    """When anything last changed for the better."""
    ended_at: Mapped[datetime | None]
    account: Mapped[Account] = relationship(lazy="joined", innerjoin=True)
    agency: Mapped[Agency] = relationship()
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
        """When it is over unless something happens."""
        return self.moved_at + EXPIRES

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
    by: Mapped[User | None] = relationship(lazy="joined")
