"""What the clock does to queues: tickets that nobody touches go back."""

from datetime import timedelta

from adminops.feature import Job
from adminops.identity.models import SYSTEM
from tickets.operations import assign
from tickets.queues.queries import all_queues, untouched

BATCH = 100


def give_back_untouched() -> None:
    """Give tickets back to their queues that were assigned and then left alone; waiting ones rest with reason."""
    for queue in all_queues():
        for ticket in untouched(queue, BATCH) if queue.untouched_hours else ():
            assign(ticket, None, by=SYSTEM)


JOBS = (
    Job(
        name="untouched-tickets",
        title="Give untouched tickets back to their queues",
        run=give_back_untouched,
        every=timedelta(minutes=15),
    ),
)
