"""What a person may do with jobs."""

from adminops.db import after_commit, db
from adminops.errors import Conflict, NotAllowed
from adminops.facts import JobAskedFor, publish
from adminops.feature import Job
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.outbox.bell import WORK_WAITS
from adminops.scheduler.models import JobOrder


def ask_for_job(job: Job, *, by: User) -> None:
    """Have `job` run now, out of its turn; the process that leads takes the wish up.

    Rules in the order checked: system.run; nobody asked already. Publishes `JobAskedFor`. Raises `NotAllowed`,
    `Conflict`.
    """
    if not by.may(Permission.RUN_SYSTEM):
        raise NotAllowed("Only a system administrator runs jobs.")
    if db.session.get(JobOrder, job.name) is not None:
        raise Conflict("This job is asked for already. It starts as soon as its turn comes.")
    db.session.add(JobOrder(job=job.name, asked_by_id=by.id))
    db.session.flush()
    after_commit(WORK_WAITS.ring)
    publish(JobAskedFor(job_name=job.name), by=by)
