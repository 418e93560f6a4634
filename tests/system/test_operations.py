"""Tidying up: what is forgotten, and what is not."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminops import clock
from adminops.demo.cast import Cast
from adminops.identity.models import SignInThrottle, UserSession
from adminops.outbox.messages import enqueue_mail
from adminops.outbox.models import MailboxMail, MessageState, OutboxMessage
from adminops.scheduler import JobRun, RunState
from adminops.system.demo import settle_history
from adminops.system.operations import LAST_RUNS_KEPT, tidy_up
from tests.make import make_user

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def _session(user_id: int, name: str, *, ends: datetime, ended: datetime | None = None) -> UserSession:
    return UserSession(
        token_hash=name.encode().ljust(32),
        user_id=user_id,
        device=name,
        started_at=ends - 12 * HOUR,
        last_seen_at=ends - 12 * HOUR,
        ends_at=ends,
        ended_at=ended,
    )


def test_old_sessions_are_forgotten_and_living_ones_stay(session: Session) -> None:
    now, user = clock.now(), make_user()
    session.add_all(
        [
            _session(user.id, "living", ends=now + HOUR),
            _session(user.id, "ended lately", ends=now + HOUR, ended=now - DAY),
            _session(user.id, "ended long ago", ends=now - 30 * DAY, ended=now - 31 * DAY),
            _session(user.id, "ran out long ago", ends=now - 31 * DAY),
        ]
    )
    session.flush()
    tidy_up()
    assert set(session.scalars(select(UserSession.device))) == {"living", "ended lately"}


def test_forgiven_failures_at_sign_in_are_forgotten(session: Session) -> None:
    now = clock.now()
    for name, age in (("new", HOUR), ("old", 2 * DAY)):
        session.add(SignInThrottle(key=name.encode().ljust(32), failures=3, last_failure_at=now - age))
    session.flush()
    tidy_up()
    assert [key.strip() for key in session.scalars(select(SignInThrottle.key))] == [b"new"]


def test_mails_that_left_long_ago_are_forgotten_and_no_others(session: Session) -> None:
    old, user = clock.now() - 91 * DAY, make_user()
    for number, state in enumerate(MessageState):
        message = enqueue_mail("tickets.replied", to=user, message_id=number)
        message.state, message.created_at = state, old
    enqueue_mail("tickets.replied", to=user, message_id=99).state = MessageState.SENT
    session.flush()
    tidy_up()
    left = session.execute(select(OutboxMessage.state, OutboxMessage.created_at)).all()
    assert {state for state, created_at in left if created_at == old} == {
        MessageState.PENDING,
        MessageState.SENDING,
        MessageState.DEAD,
    }
    assert len(left) == 4


def test_caught_mails_are_kept_for_two_weeks(session: Session) -> None:
    for name, age in (("new", DAY), ("old", 15 * DAY)):
        caught_at = clock.now() - age
        session.add(MailboxMail(message_id=name, recipient="", subject="", text="", html="", caught_at=caught_at))
    session.flush()
    tidy_up()
    assert list(session.scalars(select(MailboxMail.message_id))) == ["new"]


def test_the_last_runs_of_each_job_are_kept_and_failures_longer(session: Session) -> None:
    now = clock.now()
    many = LAST_RUNS_KEPT + 10
    for slot in range(many):
        state = RunState.FAILED if slot == 3 else RunState.DONE
        session.add(JobRun(job="busy", slot=slot, state=state, started_at=now - 2 * HOUR))
        session.add(JobRun(job="fresh", slot=slot, state=RunState.DONE, started_at=now))
    session.add(JobRun(job="rare", slot=1, state=RunState.DONE, started_at=now - 400 * DAY))
    session.flush()
    tidy_up()
    kept = session.execute(select(JobRun.job, JobRun.slot)).all()
    assert sorted(slot for job, slot in kept if job == "busy") == [3, *range(10, many)]
    assert sum(1 for job, _ in kept if job == "fresh") == many
    assert ("rare", 1) in kept


def test_the_demos_old_mails_have_left_and_its_fresh_ones_wait(session: Session) -> None:
    user, now = make_user(), clock.now()
    for number, age in enumerate((40 * DAY, 2 * DAY, HOUR)):
        with clock.frozen_at(now - age):
            enqueue_mail("tickets.replied", to=user, message_id=number)
    settle_history(Cast(seed=1, now=now, source_id=0, agencies=[], people={}))
    states = list(session.scalars(select(OutboxMessage.state).order_by(OutboxMessage.id)))
    assert states == [MessageState.SENT, MessageState.SENT, MessageState.PENDING]
