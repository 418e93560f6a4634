"""The clock that calls: beats for the lead, a call in each slot of each job, and an ear for what can't wait."""

import concurrent.futures
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from adminops import clock
from adminops.db import db, transaction
from adminops.feature import Job
from adminops.outbox.bell import WORK_WAITS
from adminops.outbox.delivery import Courier, carry_due, deliver_due
from adminops.scheduler.leader import TERM, leadership_of
from adminops.scheduler.models import JobOrder, JobRun, RunState
from adminops.scheduler.runs import has_run, here, run_in_slot, run_job, slot_of

log = structlog.get_logger("adminops.scheduler")

BEAT = timedelta(seconds=2)
JOBS_AT_ONCE = 4
SLOTS_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)


def jobs_of(app: Flask) -> Sequence[Job]:
    """Return the jobs of the app's features."""
    return [job for feature in app.extensions["features"].features for job in feature.jobs]


def couriers_of(app: Flask) -> Sequence[Courier]:
    """Return what sees to messages that are no mails."""
    return [courier for feature in app.extensions["features"].features for courier in feature.couriers]


def find_job(app: Flask, name: str) -> Job | None:
    """Return the job of that name."""
    return next((job for job in jobs_of(app) if job.name == name), None)


def start_scheduler(app: Flask, *, beat: timedelta = BEAT, term: timedelta = TERM) -> "Scheduler":
    """Start to take part in running the app's jobs; end it with `.stop()`."""
    scheduler = Scheduler(app, beat=beat, term=term)
    scheduler.start()
    return scheduler


class Scheduler:
    """One process's part in running the jobs. It runs them only while it leads; new mails it delivers in any case."""

    def __init__(self, app: Flask, *, beat: timedelta = BEAT, term: timedelta = TERM) -> None:
        self._app, self._beat_every, self._term = app, beat, term
        self._lead = leadership_of(app, term=term)
        self._leads_until = 0.0
        self._stopping = threading.Event()
        self._alone = {job.name: threading.Lock() for job in jobs_of(app)}
        self._listener = threading.Thread(target=self._listen, name="adminops listener", daemon=True)
        # What is not due by the clock runs in a pool of our own: a call that adds calls to the clock would wait for
        # ever while the clock, on its way down, waits for it.
        self._pool = concurrent.futures.ThreadPoolExecutor(JOBS_AT_ONCE, thread_name_prefix="adminops job")
        self._clock = BackgroundScheduler(
            timezone=UTC,
            daemon=True,
            executors={"default": ThreadPoolExecutor(JOBS_AT_ONCE), "beat": ThreadPoolExecutor(1)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    @property
    def leads(self) -> bool:
        """Whether this process leads, as far as it can know."""
        return time.monotonic() < self._leads_until

    def start(self) -> None:
        """Start the clock and the listener."""
        self._clock.add_job(
            self._beat,
            IntervalTrigger(seconds=self._beat_every.total_seconds()),
            executor="beat",
            next_run_time=clock.now(),
        )
        for job in jobs_of(self._app):
            every = IntervalTrigger(seconds=job.every.total_seconds(), start_date=SLOTS_BEGIN, timezone=UTC)
            self._clock.add_job(self._run_due, every, args=[job])
        self._clock.start()
        self._listener.start()

    def stop(self) -> None:
        """Let what runs come to its end, start nothing more, and give up the lead. A second time does nothing."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        WORK_WAITS.ring()
        self._listener.join()
        self._clock.shutdown(wait=True)
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._leads_until = 0.0
        try:
            self._lead.give_up()
        except SQLAlchemyError as broken:
            log.warning("lead can't be given back", cause=type(broken).__name__)

    def _beat(self) -> None:
        """Take or keep the lead; with it, take up what people asked for."""
        asked_at, led = time.monotonic(), self.leads
        if not self._lead.hold():
            self._leads_until = 0.0
            return
        self._leads_until = asked_at + self._term.total_seconds()
        if not led:
            log.info("leads", leader=True)
            self._begin_to_lead()
        self._take_up_orders()

    def _begin_to_lead(self) -> None:
        """Close what a leader before left open, and catch up on slots in which nobody led."""
        with self._app.app_context(), transaction():
            open_runs = (JobRun.state == RunState.RUNNING, JobRun.slot.is_not(None), JobRun.host != here())
            left = select(JobRun).where(*open_runs)
            for run in db.session.scalars(left):
                run.state, run.ended_at, run.cause = RunState.FAILED, clock.now(), "ProcessEnded"
        for job in jobs_of(self._app):
            self._pool.submit(self._run_due, job)

    def _run_now(self, job: Job) -> None:
        """Run `job` out of turn, after a run of it that goes on; not any more once this process is to stop."""
        with self._alone[job.name]:
            if not self._stopping.is_set():
                run_job(self._app, job)

    def _take_up_orders(self) -> None:
        with self._app.app_context():
            with transaction(writes=False):
                is_asked = db.session.scalar(select(JobOrder.job).limit(1)) is not None
            if not is_asked:
                return
            with transaction():
                orders = list(db.session.scalars(select(JobOrder).with_for_update(skip_locked=True)))
                for order in orders:
                    db.session.delete(order)
        for job in (find_job(self._app, order.job) for order in orders):
            if job is not None:
                self._pool.submit(self._run_now, job)

    def _run_due(self, job: Job) -> None:
        """Run `job` in the present slot, if this process leads and it has not been run.

        One run of a job at a time: the first one of a new leader may go on into the next slot, and two of them would
        write the same rows.
        """
        with self._alone[job.name]:
            slot = slot_of(job, clock.now())  # first: who is frozen between the two lines wakes up with an old slot
            if not self.leads or self._stopping.is_set():
                return
            with self._app.app_context():
                done = has_run(job, slot)
            if not done:
                run_in_slot(self._app, job, slot, ends=self._stopping.is_set)

    def _listen(self) -> None:
        """Deliver as soon as something was stored, and hand on what was asked for."""
        heard = 0
        while not self._stopping.is_set():
            rings = WORK_WAITS.wait(heard, seconds=3600)
            if rings == heard or self._stopping.is_set():
                continue
            heard = rings
            self._react()

    def _react(self) -> None:
        try:
            with self._app.app_context():
                deliver_due()
                for courier in couriers_of(self._app):
                    carry_due(courier)
            if self.leads:
                self._take_up_orders()
        except Exception as broken:  # the clock calls again in a few seconds; the ear must stay open
            log.error("could not deliver at once", cause=type(broken).__name__)
