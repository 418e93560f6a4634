"""What the clock does for insights: measure tickets of before, keep the books, write them anew now and then."""

from datetime import timedelta

from adminops.feature import Job
from tickets.goals import keeping
from tickets.insights import books


def keep_books() -> None:
    """Measure tickets that were not measured yet, and write the books that are missing or wrong."""
    keeping.measure_older()
    books.write_books()


JOBS = (
    Job(name="ticket-books", title="Keep the numbers of tickets", run=keep_books, every=timedelta(minutes=1)),
    Job(
        name="ticket-books-anew",
        title="Count all tickets anew",
        run=books.forget_books,
        every=timedelta(days=7),
    ),
)
