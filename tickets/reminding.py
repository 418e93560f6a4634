"""Reminding who may give a word that a request waits for, and telling the team when an agency says nothing.

While a request waits for an approval its clock stands still: without this it could lie for ever.
"""

from datetime import timedelta

from sqlalchemy import Select, select

from adminops import clock
from adminops.db import db
from adminops.feature import Job
from adminops.identity.models import User
from tickets.approvals import Step, TicketApproval, approvers, deciders
from tickets.goals.queries import office_calendar
from tickets.models import Ticket, TicketState, WaitingOn
from tickets.notices.telling import mail_quietly
from tickets.silence.rules import after_days

REMINDED = (2, 5, 10)
"""Business days after which those who may give the word are reminded."""
TEAM_TOLD = 2
"""From this reminder on the HMIS lead hears that an agency says nothing; at once, where nobody there may say it."""
AT_ONCE = 20


def remind_approvers() -> bool:
    """Remind of words that were asked for long enough ago; say whether there may be more."""
    due = [approval for approval in db.session.scalars(_waiting()) if _is_due(approval)]
    for approval in due[:AT_ONCE]:
        _remind(approval)
    return len(due) > AT_ONCE


def _waiting() -> Select[TicketApproval]:
    return (
        select(TicketApproval)
        .join(Ticket, Ticket.id == TicketApproval.ticket_id)
        .where(
            TicketApproval.decided_at.is_(None),
            TicketApproval.asked_at < clock.now() - timedelta(days=1),
            TicketApproval.reminded < len(REMINDED),
            Ticket.state == TicketState.WAITING,
            Ticket.waiting_on == WaitingOn.APPROVAL,
        )
        .order_by(TicketApproval.asked_at, TicketApproval.id)
    )


def _is_due(approval: TicketApproval) -> bool:
    after = REMINDED[approval.reminded]
    return approval.asked_at is not None and after_days(approval.asked_at, after, office_calendar()) <= clock.now()


def _remind(approval: TicketApproval) -> None:
    approval.reminded += 1
    ticket = db.session.get_one(Ticket, approval.ticket_id)
    asked = approvers(approval, ticket)
    for person in asked:
        _mail("tickets.approval", person, approval, ticket)
    if approval.step is Step.AGENCY and (not asked or approval.reminded >= TEAM_TOLD):
        for person in deciders(ticket):
            _mail("tickets.approval_late", person, approval, ticket)
    db.session.flush()


def _mail(kind: str, to: User, approval: TicketApproval, ticket: Ticket) -> None:
    mail_quietly(kind, to=to, about=ticket, approval_id=approval.id, reminder=approval.reminded)


JOBS = (
    Job(
        name="remind-approvers",
        title="Remind of approvals that are waited for",
        run=remind_approvers,
        every=timedelta(hours=1),
        in_steps=True,
    ),
)
