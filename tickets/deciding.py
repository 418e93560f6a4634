"""The verbs of who must agree: approve, refuse."""

from sqlalchemy import select

from adminops import clock
from adminops.db import db
from adminops.errors import Invalid, InvalidState
from adminops.facts import TicketApproved, TicketRefused, publish
from adminops.identity.models import SYSTEM, User
from tickets.approvals import TicketApproval, Verdict, ask_next, asked_now, check_may_decide
from tickets.models import Resolution, Ticket
from tickets.operations import give_out, lock, reply, resolve, set_open


def approve(ticket: Ticket, *, by: User) -> None:
    """Say yes to what `ticket` asks for: the next word is asked for, or the work can begin.

    Raises `NotAllowed` (see `check_may_decide`), `InvalidState` when nothing is asked. Publishes `TicketApproved`.
    """
    approval = _asked(ticket, by)
    _say(approval, Verdict.APPROVED, by)
    publish(TicketApproved(ticket_id=ticket.id, agency_id=ticket.agency_id, step=approval.step.value), by=by)
    if not ask_next(ticket):
        set_open(ticket, by=SYSTEM)
        give_out(ticket)


def refuse(
    ticket: Ticket,
    *,
    reason: str,
    nonce: str | None = None,
    confirmed_clean: bool = False,
    to_redactors: bool = False,
    by: User,
) -> None:
    """Say no, with a reason that the requester reads; the ticket is resolved with it.

    Raises as `approve`, and `Invalid` for no reason or one with personal data of a client (see `reply`). Publishes
    `TicketRefused`.
    """
    if not reason.strip():
        raise Invalid("Say why, so that the person knows what to do.", field="body")
    approval = _asked(ticket, by)
    reply(ticket, body=reason, nonce=nonce, confirmed_clean=confirmed_clean, to_redactors=to_redactors, by=by)
    _say(approval, Verdict.REFUSED, by)
    publish(TicketRefused(ticket_id=ticket.id, agency_id=ticket.agency_id, step=approval.step.value), by=by)
    resolve(ticket, because="refused", resolution=Resolution.NOT_POSSIBLE, by=SYSTEM)


def check_may_refuse(ticket: Ticket, *, by: User) -> None:
    """Raise as `refuse` does for who may not, or may no more. Reads only."""
    _check(asked_now(ticket), ticket, by)


def _asked(ticket: Ticket, by: User) -> TicketApproval:
    lock(ticket)  # its requester may be taking it back at this moment
    # Two verdicts at the same moment: the second meets what the first said.
    rows = select(TicketApproval).where(TicketApproval.ticket_id == ticket.id).with_for_update()
    db.session.execute(rows.execution_options(populate_existing=True)).all()
    return _check(asked_now(ticket), ticket, by)


def _check(approval: TicketApproval | None, ticket: Ticket, by: User) -> TicketApproval:
    if approval is None:
        raise InvalidState("This waits for no approval.")
    check_may_decide(approval, ticket, by=by)
    return approval


def _say(approval: TicketApproval, verdict: Verdict, by: User) -> None:
    approval.verdict, approval.decided_by_id, approval.decided_at = verdict, by.id, clock.now()
    db.session.flush()
