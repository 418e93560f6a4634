"""What the clock does to tickets whose requesters are silent."""

from contextlib import suppress
from datetime import timedelta

from adminops import clock
from adminops.db import db
from adminops.errors import InvalidState
from adminops.feature import Job
from adminops.identity.models import SYSTEM
from tickets.models import Ticket
from tickets.operations import close
from tickets.silence.policies import silence_ends
from tickets.silence.queries import asked_in_vain, attempts_on

BATCH = 200


def close_silent() -> None:
    """Close tickets whose requesters were asked often enough and long enough ago; they can come back for 14 days."""
    closed = 0
    for ticket_id in asked_in_vain():
        ends = silence_ends(attempts_on(ticket_id))
        if ends is not None and ends <= clock.now() and closed < BATCH:
            with suppress(InvalidState):  # answered at this very moment: `close` has looked again, and the others wait
                close(db.session.get_one(Ticket, ticket_id), because="silence", by=SYSTEM)
                closed += 1


JOBS = (Job(name="close-silent", title="Close tickets nobody answers on", run=close_silent, every=timedelta(hours=1)),)
