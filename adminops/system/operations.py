"""Keeping the house in order: what is forgotten, and when."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, or_, select

from adminops import clock
from adminops.db import Model, db
from adminops.identity.models import SignInThrottle, UserSession
from adminops.identity.throttle import FORGET_AFTER
from adminops.outbox.models import MailboxMail, MessageState, OutboxMessage
from adminops.scheduler import JobRun, RunState

SESSIONS_KEPT = timedelta(days=30)
"""How long the end of a session can be looked up."""
MESSAGES_KEPT = timedelta(days=90)
MAILBOX_KEPT = timedelta(days=14)
RUNS_KEPT = timedelta(days=90)
LAST_RUNS_KEPT = 200
"""Runs of a job that are kept whatever their age; of a job that runs every few seconds no more than these."""
FREQUENT_RUNS_KEPT = timedelta(hours=1)


def tidy_up() -> None:
    """Forget what nobody needs any more: ended sessions, old failures at sign-in, mails that left, runs of jobs.

    Only rows that tell nothing which the audit trail does not tell are forgotten. What was given up stays until
    somebody has looked at it.
    """
    now = clock.now()
    over = now - SESSIONS_KEPT
    _forget(UserSession, or_(UserSession.ended_at < over, UserSession.ends_at < over))
    kept = func.coalesce(SignInThrottle.kept_until, SignInThrottle.last_failure_at)
    _forget(SignInThrottle, (SignInThrottle.last_failure_at < now - FORGET_AFTER) & (kept < now))
    settled = OutboxMessage.state.in_((MessageState.SENT, MessageState.DROPPED))
    _forget(OutboxMessage, settled & (OutboxMessage.created_at < now - MESSAGES_KEPT))
    _forget(MailboxMail, MailboxMail.caught_at < now - MAILBOX_KEPT)
    _forget_runs(now)


def _forget(model: type[Model], which: ColumnElement[bool]) -> None:
    db.session.execute(delete(model).where(which).execution_options(synchronize_session=False))


def _forget_runs(now: datetime) -> None:
    """Keep the last runs of each job; of the others the failed for as long as the audit is looked through."""
    rank = func.row_number().over(partition_by=JobRun.job, order_by=JobRun.id.desc())
    ranked = select(JobRun.id, rank.label("rank")).subquery()
    beyond = select(ranked.c.id).where(ranked.c.rank > LAST_RUNS_KEPT)
    done = (JobRun.state == RunState.DONE) & (JobRun.started_at < now - FREQUENT_RUNS_KEPT)
    _forget(JobRun, JobRun.id.in_(beyond) & or_(done, JobRun.started_at < now - RUNS_KEPT))
