"""What the clock does to queues: tickets that nobody touches go back, and what nobody was there for is given out."""

from datetime import timedelta

from adminops.feature import Job
from adminops.identity.models import SYSTEM
from tickets.operations import assign, give_out
from tickets.queues.giving import left_over
from tickets.queues.queries import all_queues, untouched

BATCH = 100


def give_back_untouched() -> None:
    """Give tickets back to their queues that were assigned and then left alone; waiting ones rest with reason."""
    for queue in all_queues():
        for ticket in untouched(queue, BATCH) if queue.untouched_hours else ():
            assign(ticket, None, by=SYSTEM)


def give_left_over() -> None:
    """Give out what stayed in its queue because nobody was present, to whom the rule finds now."""
    for ticket in left_over(BATCH):
        give_out(ticket)


JOBS = (
    Job(
        name="untouched-tickets",
        title="Give untouched tickets back to their queues",
        run=give_back_untouched,
        every=timedelta(minutes=15),
    ),
    Job(
        name="left-in-queues",
        title="Give out what nobody was present for",
        run=give_left_over,
        every=timedelta(minutes=5),
    ),
)
