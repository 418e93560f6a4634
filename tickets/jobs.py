"""What the clock does to tickets."""

from contextlib import suppress
from datetime import timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from adminops import clock
from adminops.db import db, transaction
from adminops.errors import InvalidState
from adminops.feature import Job
from adminops.identity.models import SYSTEM
from tickets.drafts import forget_old_drafts
from tickets.models import Ticket, TicketState
from tickets.operations import close
from tickets.policies import REOPEN_WITHIN
from tickets.presence import forget_stale
from tickets.sending import due_now, give_back, send_if_due
from tickets.unsent import TicketSending

log = structlog.get_logger("adminops.tickets")

AT_ONCE = 20
BROKE = "Something went wrong on our side. Look at it and send it again; if it stays, tell your administrator."


def close_resolved() -> bool:
    """Close what was resolved so long ago that no answer reopens it any more; say whether there may be more."""
    overdue = (
        select(Ticket)
        .where(
            Ticket.is_open.is_(False),  # the index begins with it
            Ticket.state == TicketState.RESOLVED,
            Ticket.resolved_at < clock.now() - REOPEN_WITHIN,
        )
        .order_by(Ticket.resolved_at)
        .limit(AT_ONCE)
    )
    tickets = db.session.scalars(overdue).all()
    for ticket in tickets:
        with suppress(InvalidState):  # taken up again at this very moment: `close` has looked again
            close(ticket, by=SYSTEM)
    return len(tickets) == AT_ONCE


def send_planned() -> None:
    """Send the answers whose time has come, each in a transaction of its own: one that breaks holds up no other."""
    with transaction(writes=False):
        due = due_now()
    for sending_id in due:
        try:
            with transaction():
                send_if_due(sending_id)
        except OperationalError:  # somebody else's lock: in half a minute it is tried again
            log.warning("a planned answer waits", sending=sending_id)
        except Exception as broken:  # nobody can do more about it than its author
            log.error("a planned answer can't be sent", sending=sending_id, cause=type(broken).__name__)
            with transaction():
                give_back(db.session.get_one(TicketSending, sending_id), BROKE)


JOBS = (
    Job(
        name="send-answers",
        title="Send answers that were planned",
        run=send_planned,
        every=timedelta(seconds=30),
        own_transactions=True,
    ),
    Job(name="forget-presence", title="Forget who had tickets open", run=forget_stale, every=timedelta(hours=1)),
    Job(name="close-resolved", title="Close old tickets", run=close_resolved, every=timedelta(hours=1), in_steps=True),
    Job(name="forget-drafts", title="Forget old drafts", run=forget_old_drafts, every=timedelta(days=1)),
)
