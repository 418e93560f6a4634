"""What the clock does to tickets."""

from datetime import timedelta

from sqlalchemy import select

from adminops import clock
from adminops.db import db
from adminops.feature import Job
from adminops.identity.models import SYSTEM
from tickets.drafts import forget_old_drafts
from tickets.models import Ticket, TicketState
from tickets.operations import close
from tickets.policies import REOPEN_WITHIN
from tickets.presence import forget_stale
from tickets.sending import send_due

BATCH = 500


def close_resolved() -> None:
    """Close what was resolved so long ago that no answer reopens it any more."""
    overdue = (
        select(Ticket)
        .where(Ticket.state == TicketState.RESOLVED, Ticket.resolved_at < clock.now() - REOPEN_WITHIN)
        .order_by(Ticket.resolved_at)
        .limit(BATCH)
    )
    for ticket in db.session.scalars(overdue).all():
        close(ticket, by=SYSTEM)


def send_planned() -> None:
    """Send the answers whose time has come."""
    send_due()


JOBS = (
    Job(name="send-answers", title="Send answers that were planned", run=send_planned, every=timedelta(seconds=30)),
    Job(name="forget-presence", title="Forget who had tickets open", run=forget_stale, every=timedelta(hours=1)),
    Job(name="close-resolved", title="Close old tickets", run=close_resolved, every=timedelta(hours=1)),
    Job(name="forget-drafts", title="Forget old drafts", run=forget_old_drafts, every=timedelta(days=1)),
)
