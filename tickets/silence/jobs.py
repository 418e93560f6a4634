"""What the clock does to tickets whose requesters are silent."""

import time
from datetime import timedelta

from adminops import clock
from adminops.db import db, transaction
from adminops.feature import Job
from adminops.identity.models import SYSTEM
from adminops.scheduler.runs import PAUSE, is_told_to_end
from tickets.models import Ticket, TicketState, WaitingOn
from tickets.operations import close, lock
from tickets.silence.policies import silence_ends
from tickets.silence.queries import asked_in_vain, attempts_on
from tickets.silence.rules import BUSINESS_DAYS

BATCH = 200


def close_silent() -> None:
    """Close tickets whose requesters were asked often enough and long enough ago; they can come back for 14 days.

    They are looked for without a writer's lock, as all that wait are read for it, and closed one by one.
    """
    with transaction(writes=False):
        found = silent_for_long()
    for ticket_id in found[:BATCH]:
        with transaction():
            close_one(ticket_id)
        if is_told_to_end():
            break
        time.sleep(PAUSE)


def silent_for_long() -> list[int]:
    """Return the tickets that may be closed for silence now, the longest silent first."""
    begun = asked_in_vain(clock.now() - timedelta(days=BUSINESS_DAYS))
    return [ticket_id for ticket_id in begun if _is_over(ticket_id)]


def close_one(ticket_id: int) -> None:
    """Close a ticket unless somebody has answered on it or moved it meanwhile."""
    ticket = db.session.get_one(Ticket, ticket_id)
    lock(ticket)
    if ticket.state is TicketState.WAITING and ticket.waiting_on is WaitingOn.USER and _is_over(ticket_id):
        close(ticket, because="silence", by=SYSTEM)


def _is_over(ticket_id: int) -> bool:
    ends = silence_ends(attempts_on(ticket_id))
    return ends is not None and ends <= clock.now()


JOBS = (
    Job(
        name="close-silent",
        title="Close tickets nobody answers on",
        run=close_silent,
        every=timedelta(hours=1),
        own_transactions=True,
    ),
)
