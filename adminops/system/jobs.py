"""The jobs that keep the house in order, and their hours."""

from datetime import timedelta

from adminops.feature import Job
from adminops.files import sweep_files
from adminops.outbox.delivery import deliver_due
from adminops.system.operations import tidy_up


def deliver() -> None:
    """Let what waits in the outbox leave."""
    deliver_due()


def sweep() -> None:
    """Remove files that belong to nothing."""
    sweep_files()


JOBS = (
    Job(
        name="deliver-outbox",
        title="Send the mails that wait",
        run=deliver,
        every=timedelta(seconds=5),
        own_transactions=True,
    ),
    Job(name="tidy-up", title="Forget old sessions, runs and sent mails", run=tidy_up, every=timedelta(hours=1)),
    Job(name="sweep-files", title="Remove files that belong to nothing", run=sweep, every=timedelta(days=1)),
)
