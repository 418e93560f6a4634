"""What the clock does for insights: measure tickets of before, keep the books, write them anew now and then."""

import time
from datetime import timedelta

from adminops.db import transaction
from adminops.feature import Job
from adminops.scheduler.runs import PAUSE, is_told_to_end
from tickets.goals import keeping
from tickets.insights import books

AT_ONCE = 10
"""Tickets that are measured in one transaction."""
MONTHS = 6
"""Of which the books are written in one run."""


def measure() -> bool:
    """Measure a few tickets that were not measured yet; say whether there may be more."""
    return keeping.measure_older(AT_ONCE) == AT_ONCE


def keep_books() -> None:
    """Write the books that are missing or wrong, month by month: counted first, while others write, and then kept."""
    for _ in range(MONTHS):
        with transaction(writes=False):
            counted = books.count_month()
        if counted is None or is_told_to_end():
            break
        with transaction():
            books.keep(counted)
        time.sleep(PAUSE)


JOBS = (
    Job(
        name="measure-tickets",
        title="Measure tickets of before",
        run=measure,
        every=timedelta(minutes=5),
        in_steps=True,
    ),
    Job(
        name="ticket-books",
        title="Keep the numbers of tickets",
        run=keep_books,
        every=timedelta(minutes=1),
        own_transactions=True,
    ),
    Job(
        name="ticket-books-anew",
        title="Count all tickets anew",
        run=books.forget_books,
        every=timedelta(days=7),
    ),
)
