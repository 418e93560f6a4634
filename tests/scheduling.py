"""The app with jobs of its own, for tests of the scheduler; as a program, a process that leads until it is killed.

`python -m tests.scheduling HOME DATABASE_URL` prints "leads" once it leads.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

import wsgi
from adminops.app import AdminOps, create_app
from adminops.db import transaction
from adminops.feature import Feature, Job
from adminops.identity.models import Agency
from adminops.scheduler import JobRun, start_scheduler
from adminops.settings import Settings
from tests.make import make_agency

DAILY, EVERY_SECOND = timedelta(days=1), timedelta(seconds=1)


def job(run: Callable[[], object], *, every: timedelta = DAILY, **over: Any) -> Job:
    """Return a job of a test."""
    return Job(name="test-job", title="Test", run=run, every=every, **over)


def with_job(app: AdminOps, work: Job | None) -> AdminOps:
    """Return an app on the same database that has `work` and no other job."""
    quiet = [replace(feature, jobs=()) for feature in wsgi.FEATURES]
    extra = Feature(name="clockwork", title="Clockwork", jobs=(work,) if work else ())
    return create_app(app.extensions["settings"], (*quiet, extra))


def add_agency() -> None:
    """Have an effect, inside the job's transaction."""
    make_agency()


def effects(app: AdminOps) -> int:
    """Return how often a job had its effect."""
    with app.app_context(), transaction(writes=False) as session:
        return len(session.scalars(select(Agency.id)).all())


def runs(app: AdminOps) -> list[JobRun]:
    """Return the runs on record, oldest first."""
    with app.app_context(), transaction(writes=False) as session:
        return list(session.scalars(select(JobRun).order_by(JobRun.id)))


def wait_until(ready: Callable[[], bool], *, seconds: float = 30) -> None:
    """Wait until `ready()`; fail after `seconds`, which is far more than it should take."""
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, "It did not happen."
        time.sleep(0.02)


def main(home: str, url: str) -> None:
    """Lead, and say so."""
    app = with_job(create_app(Settings(environment="test", home=Path(home), database_url=url), wsgi.FEATURES), None)
    scheduler = start_scheduler(app, beat=timedelta(seconds=0.1))
    wait_until(lambda: scheduler.leads)
    print("leads", flush=True)
    time.sleep(600)


if __name__ == "__main__":
    main(*sys.argv[1:])
