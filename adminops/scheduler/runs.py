"""Running one job once: in its slot or out of turn, with its outcome on record."""

import os
import socket
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import structlog
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, OperationalError, SQLAlchemyError

from adminops import clock
from adminops.db import db, is_deadlock, transaction
from adminops.errors import DomainError
from adminops.feature import Job
from adminops.logs import place_of
from adminops.scheduler.models import JobRun, RunState

log = structlog.get_logger("adminops.scheduler")
T = TypeVar("T")

PAUSE = 0.15
"""Seconds between two steps, in which whoever waits to write on SQLite gets the lock."""
MOST_STEPS = 1_000
"""Of one run; the next one goes on."""
_ends: ContextVar[Callable[[], bool]] = ContextVar("adminops_run_ends", default=lambda: False)


class RunElsewhere(Exception):
    """Somebody else has run the job in this slot, or is just doing so."""


@dataclass(frozen=True)
class Ran:
    """How a run ended; `cause` is the sentence of a refusal, or the kind of another error."""

    job: str
    state: RunState
    seconds: float
    cause: str = ""


def slot_of(job: Job, moment: datetime) -> int:
    """Return the number of the period of `job.every` that `moment` lies in, counted from 1970 in UTC."""
    return int(moment.timestamp() // job.every.total_seconds())


def here() -> str:
    """Return this machine and process."""
    return f"{socket.gethostname()}:{os.getpid()}"


def run_job(app: Flask, job: Job) -> Ran:
    """Run `job` now, out of turn. A failure is recorded and returned, not raised."""
    with app.app_context():
        ran = _run(job, slot=None)
    if ran is None:
        raise AssertionError("A run without a slot can't have been run elsewhere.")
    return ran


def run_in_slot(app: Flask, job: Job, slot: int, *, ends: Callable[[], bool] = lambda: False) -> Ran | None:
    """Run `job` for `slot`; None when that was done already. A failure is recorded and returned, not raised.

    The row of job and slot is stored in the job's own transaction; a job with `own_transactions` or `in_steps` has it
    stored before it starts. Either way the slot is used up: what failed is tried again in the next one. Once `ends()`
    a job in steps takes no further one, and others hear of it by `is_told_to_end`.
    """
    told = _ends.set(ends)
    try:
        with app.app_context():
            return _run(job, slot)
    finally:
        _ends.reset(told)


def is_told_to_end() -> bool:
    """Tell a job that takes long whether its process is about to end: the next run goes on."""
    return _ends.get()()


def has_run(job: Job, slot: int) -> bool:
    """Say whether `job` was run in `slot` (a cheap look; the row itself is the fence)."""
    with transaction(writes=False):
        found = select(JobRun.id).where(JobRun.job == job.name, JobRun.slot == slot)
        return db.session.scalar(found) is not None


def _run(job: Job, slot: int | None) -> Ran | None:
    started = clock.now()
    try:
        if job.own_transactions or job.in_steps:
            _run_beside(job, slot)
        else:
            _run_within(job, slot)
    except RunElsewhere:
        return None
    except Exception as broken:
        kind, place = type(broken).__name__, place_of(broken.__traceback__)
        log.error("job failed", job=job.name, slot=slot, cause=kind, place=place)
        cause = broken.sentence if isinstance(broken, DomainError) else kind
        _note_failure(job, slot, started, cause)
        return Ran(job.name, RunState.FAILED, (clock.now() - started).total_seconds(), cause)
    return Ran(job.name, RunState.DONE, (clock.now() - started).total_seconds())


def _run_within(job: Job, slot: int | None) -> None:
    def step() -> None:
        run = _enter(job, slot)
        job.run()
        run.state, run.ended_at = RunState.DONE, clock.now()

    _stored(step)


def _run_beside(job: Job, slot: int | None) -> None:
    with transaction():
        entered = _enter(job, slot).id
    if job.in_steps:
        _take_steps(job)
    else:
        job.run()
    with transaction():
        run = db.session.get_one(JobRun, entered)
        run.state, run.ended_at = RunState.DONE, clock.now()


def _take_steps(job: Job) -> None:
    for _ in range(MOST_STEPS):
        more = _stored(job.run)
        if not more or is_told_to_end():
            break
        time.sleep(PAUSE)


def _stored(step: Callable[[], T]) -> T:
    """Run `step` in a transaction; once more where it was ended so that somebody else could go on."""
    try:
        with transaction():
            return step()
    except OperationalError as failed:
        if not is_deadlock(failed):
            raise
    with transaction():
        return step()


def _enter(job: Job, slot: int | None) -> JobRun:
    """Add the row that fences the slot. Raises `RunElsewhere` when it is there or about to be."""
    run = JobRun(job=job.name, slot=slot, host=here())
    on_postgresql = db.engine.dialect.name == "postgresql"
    try:
        if on_postgresql:  # a frozen leader's unfinished row would block us for as long as it is frozen
            db.session.execute(text("SET LOCAL lock_timeout = '5s'"))
        db.session.add(run)
        db.session.flush()
        if on_postgresql:
            db.session.execute(text("SET LOCAL lock_timeout TO DEFAULT"))
    except IntegrityError:
        raise RunElsewhere from None
    except OperationalError as failed:
        if getattr(failed.orig, "sqlstate", "") == "55P03":  # lock_not_available
            raise RunElsewhere from None
        raise
    return run


def _note_failure(job: Job, slot: int | None, started: datetime, cause: str) -> None:
    """Record the failure, in the row that is there already or a new one; a database that is down is only logged."""
    try:
        with transaction():
            mine = select(JobRun).where(
                JobRun.job == job.name,
                JobRun.slot.is_(None) if slot is None else JobRun.slot == slot,
                JobRun.host == here(),
                JobRun.state == RunState.RUNNING,
                JobRun.started_at >= started,
            )
            run = db.session.scalar(mine.order_by(JobRun.id.desc()).limit(1))
            if run is None:
                run = JobRun(job=job.name, slot=slot, started_at=started, host=here())
                db.session.add(run)
            run.state, run.ended_at, run.cause = RunState.FAILED, clock.now(), cause[:200]
    except SQLAlchemyError as broken:
        log.error("job's failure can't be stored", job=job.name, cause=type(broken).__name__)
