"""What the clock does to goals: warn of those that are close or passed, count anew what a calendar changed."""

from datetime import timedelta

from sqlalchemy import select

from adminops import clock
from adminops.db import db
from adminops.feature import Job
from adminops.identity.models import SYSTEM
from tickets.goals import keeping, queries
from tickets.goals.operations import warn
from tickets.models import Ticket

AT_ONCE = 20


def warn_of_goals() -> bool:
    """Warn of goals, but only while the office is open: a mail at midnight helps nobody, and comes in the morning.

    Says whether there may be more.
    """
    if not queries.office_calendar().is_open(clock.now()):
        return False
    due = select(Ticket).where(Ticket.next_step_at <= clock.now()).order_by(Ticket.next_step_at).limit(AT_ONCE)
    tickets = db.session.scalars(due.with_for_update(key_share=True, skip_locked=True)).all()
    for ticket in tickets:
        warn(ticket, by=SYSTEM)
    return len(tickets) == AT_ONCE


def count_anew() -> bool:
    """Count the clocks of open tickets anew whose calendar has changed; see to it that there are policies at all.

    Says whether there may be more.
    """
    keeping.policies_there()
    return keeping.count_anew() == keeping.BATCH


JOBS = (
    Job(
        name="warn-of-goals",
        title="Warn of goals that are close",
        run=warn_of_goals,
        every=timedelta(minutes=5),
        in_steps=True,
    ),
    Job(
        name="count-clocks",
        title="Count clocks by changed calendars",
        run=count_anew,
        every=timedelta(minutes=1),
        in_steps=True,
    ),
)
