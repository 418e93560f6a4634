"""What the clock does for agencies: it reminds of agreements that run out."""

from datetime import timedelta

from adminops.agencies.queries import people_for, running_out, today
from adminops.feature import Job
from adminops.outbox.messages import enqueue_mail

STEPS = (7, 14, 30, 60)
"""Days before the end at which people are told, each once."""


def remind_of_agreements() -> None:
    """Tell the agency's lead and the team at each step; a renewal ends it."""
    for agreement in running_out(timedelta(days=STEPS[-1])):
        left = (agreement.last_on - today()).days if agreement.last_on else 0
        step = next(days for days in STEPS if left <= days)
        for person in people_for(agreement.agency_id):
            enqueue_mail("agencies.runs_out", to=person, agreement_id=agreement.id, days=step)


JOBS = (
    Job(
        name="remind-of-agreements",
        title="Tell of agreements that run out",
        run=remind_of_agreements,
        every=timedelta(days=1),
    ),
)
