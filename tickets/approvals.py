"""Who must agree before the work on a request begins: the agency's lead, then an approver of the team."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, Select, UniqueConstraint, and_, or_, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from adminops import clock
from adminops.db import Key, Model, db
from adminops.errors import DomainError, InvalidState, NotAllowed
from adminops.feature import RequestType
from adminops.identity.models import RoleGrant, User
from adminops.identity.permissions import ROLE_PERMISSIONS, Permission
from tickets.authority import leads_of
from tickets.models import OPEN_STATES, Ticket, TicketState, WaitingOn
from tickets.notices.telling import mail_quietly
from tickets.sight import visible_to


class Step(StrEnum):
    """Whose word is asked for, in this order."""

    AGENCY = "agency"
    TEAM = "team"

    @property
    def label(self) -> str:
        """Who that is."""
        return "Agency lead" if self is Step.AGENCY else "HMIS lead"


class Verdict(StrEnum):
    """What was said."""

    APPROVED = "approved"
    REFUSED = "refused"


class TicketApproval(Model):
    """One word that a ticket waits for, or had: asked for when its turn came."""

    __tablename__ = "ticket_approval"
    __table_args__ = (UniqueConstraint("ticket_id", "step"), Index(None, "decided_at", "asked_at"))

    id: Mapped[Key]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    step: Mapped[Step]
    asked_at: Mapped[datetime | None]
    """None: another word is waited for first."""
    reminded: Mapped[int] = mapped_column(default=0)
    """How often those who may give it were reminded."""
    verdict: Mapped[Verdict | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    decided_at: Mapped[datetime | None]

    decided_by: Mapped[User | None] = relationship()


def steps_of(kind: RequestType, answers: Mapping[str, Any], *, through_lead: bool) -> list[Step]:
    """Return whose words a request of `kind` with these answers needs."""
    needs_team = kind.approval == "team" and not (kind.spares and kind.spares(answers))
    return [Step.AGENCY] * through_lead + [Step.TEAM] * needs_team


def open_steps(ticket: Ticket, steps: Sequence[Step]) -> None:
    """Store that `ticket` waits for these words, and ask for the first."""
    for step in steps:
        db.session.add(TicketApproval(ticket_id=ticket.id, step=step))
        db.session.flush()
    ask_next(ticket)


def ask_next(ticket: Ticket) -> bool:
    """Ask for the next word that is missing and tell who may give it; False when none is."""
    following = _missing(ticket)
    if following is None:
        return False
    following.asked_at = clock.now()
    db.session.flush()
    for person in approvers(following, ticket):
        mail_quietly("tickets.approval", to=person, about=ticket, approval_id=following.id)
    return True


def approvals_of(ticket: Ticket) -> list[TicketApproval]:
    """Return all words that `ticket` waits for or had, in their order."""
    chosen = select(TicketApproval).where(TicketApproval.ticket_id == ticket.id).order_by(TicketApproval.id)
    return list(db.session.scalars(chosen))


def asked_now(ticket: Ticket) -> TicketApproval | None:
    """Return the word that `ticket` waits for now, if it does."""
    return _missing(ticket) if ticket.waiting_on is WaitingOn.APPROVAL else None


def is_asked(approval_id: int) -> bool:
    """Say whether the word of this number is still waited for."""
    asked = db.session.get(TicketApproval, approval_id)
    if asked is None or asked.verdict is not None:
        return False
    return db.session.get_one(Ticket, asked.ticket_id).state in OPEN_STATES


def still_missing(ticket: Ticket) -> bool:
    """Say whether `ticket`, which was taken up again, ended before everybody had agreed."""
    return ticket.state is TicketState.OPEN and _missing(ticket) is not None


def _missing(ticket: Ticket) -> TicketApproval | None:
    return next((row for row in approvals_of(ticket) if row.verdict is None), None)


def check_not_held(ticket: Ticket, to: TicketState) -> None:
    """Raise `InvalidState` when the ticket would go on without a word it waits for, or after it was refused."""
    if to is not TicketState.RESOLVED and asked_now(ticket) is not None:
        raise InvalidState("This waits for an approval. It goes on when that is given; or resolve it with a reply.")
    over = ticket.state not in OPEN_STATES and to in OPEN_STATES
    if over and any(row.verdict is Verdict.REFUSED for row in approvals_of(ticket)):
        raise InvalidState("This was refused. Please ask anew, and say what has changed.")


def approvers(approval: TicketApproval, ticket: Ticket) -> list[User]:
    """Return who may give a word, but nobody for their own request."""
    own = (ticket.requester_id, ticket.filed_by_id)
    if approval.step is Step.AGENCY:
        return [user for user in leads_of(ticket.agency_id) if user.id not in own]
    return deciders(ticket)


def deciders(ticket: Ticket) -> list[User]:
    """Return who may give the team's word on `ticket`, but nobody for their own request."""
    own = (ticket.requester_id, ticket.filed_by_id)
    roles = [role for role, held in ROLE_PERMISSIONS.items() if Permission.APPROVE_REQUESTS in held]
    holds = select(RoleGrant.user_id).where(RoleGrant.role.in_(roles), RoleGrant.agency_id.is_(None))
    chosen = select(User).where(User.may_sign_in, User.id.in_(holds), User.id.not_in(own)).order_by(User.name, User.id)
    return list(db.session.scalars(chosen))


def check_may_decide(approval: TicketApproval, ticket: Ticket, *, by: User) -> None:
    """Raise `NotAllowed` for who may not give this word (nobody for their own), `InvalidState` when it was given."""
    needed = Permission.REQUEST_FOR_AGENCY if approval.step is Step.AGENCY else Permission.APPROVE_REQUESTS
    if not by.reach(needed).covers(ticket.agency_id):
        raise NotAllowed(f"Only the {approval.step.label} can decide on this.")
    if by.id in (ticket.requester_id, ticket.filed_by_id):
        raise NotAllowed("Nobody approves their own request.")
    if approval.verdict is not None or ticket.state not in OPEN_STATES:
        raise InvalidState("This was decided already.")


def may_decide(approval: TicketApproval, ticket: Ticket, *, by: User) -> bool:
    """Say whether `by` may give this word now."""
    try:
        check_may_decide(approval, ticket, by=by)
    except DomainError:
        return False
    return True


def waiting_for(viewer: User) -> Select[Ticket]:
    """Return the open tickets that wait for a word `viewer` may give."""
    leads, decides = viewer.reach(Permission.REQUEST_FOR_AGENCY), viewer.reach(Permission.APPROVE_REQUESTS)
    of_agency = and_(TicketApproval.step == Step.AGENCY, Ticket.agency_id.in_(sorted(leads.agency_ids)))
    mine = or_(of_agency, TicketApproval.step == Step.TEAM) if decides.everywhere else of_agency
    asked = select(TicketApproval.ticket_id).join(Ticket, Ticket.id == TicketApproval.ticket_id)
    now = asked.where(TicketApproval.decided_at.is_(None), TicketApproval.asked_at.is_not(None), mine)
    not_own = and_(Ticket.requester_id != viewer.id, Ticket.filed_by_id != viewer.id)
    return visible_to(viewer).where(Ticket.is_open, Ticket.id.in_(now), not_own)
