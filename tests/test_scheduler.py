"""The scheduler: one leader, each job once in its slot, nothing lost when a process dies."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from adminops import clock
from adminops.app import AdminOps
from adminops.db import db, transaction
from adminops.errors import Conflict, NotAllowed
from adminops.feature import Job
from adminops.identity.models import Agency, User
from adminops.identity.permissions import Role
from adminops.outbox.bell import WORK_WAITS
from adminops.scheduler import JobRun, Lease, RunState, ask_for_job, find_job, run_in_slot, run_job, slot_of
from adminops.scheduler import runs as scheduler_runs
from adminops.scheduler.clockwork import Scheduler
from adminops.scheduler.leader import TERM, LeaseRow, leadership_of
from tests.make import make_agency, make_user
from tests.outbox.post import Post
from tests.scheduling import EVERY_SECOND, add_agency, effects, job, runs, wait_until, with_job

ROOT = Path(__file__).resolve().parents[1]
QUICK = timedelta(seconds=0.05)
Start = Callable[[AdminOps], Scheduler]


@pytest.fixture
def start(app: AdminOps) -> Iterator[Start]:
    """A function that starts schedulers; they are stopped, and their connections closed, at the end."""
    with ExitStack() as running:

        def started(on: AdminOps) -> Scheduler:
            scheduler = Scheduler(on, beat=QUICK)
            scheduler.start()
            running.callback(_close, on)
            running.callback(scheduler.stop)
            return scheduler

        yield started


def _close(app: AdminOps) -> None:
    with app.app_context():
        db.engine.dispose()


class GaveWay(Exception):
    """What PostgreSQL says when it has ended one of two that wait for each other."""

    sqlstate = "40P01"


def _nothing() -> None:
    """Do nothing."""


# ---- one job, one slot ----------------------------------------------------------------------------------------------


def test_slots_are_counted_from_midnight_utc() -> None:
    nightly = job(_nothing)
    midnight = datetime(2026, 11, 24, tzinfo=UTC)
    assert slot_of(nightly, midnight) == slot_of(nightly, midnight + timedelta(hours=23, minutes=59))
    assert slot_of(nightly, midnight - timedelta(microseconds=1)) == slot_of(nightly, midnight) - 1
    elsewhere = midnight.astimezone(clock.ZoneInfo("America/New_York"))
    assert slot_of(nightly, elsewhere) == slot_of(nightly, midnight)


def test_a_job_runs_once_in_a_slot(app: AdminOps) -> None:
    work = job(add_agency)
    first, second = run_in_slot(app, work, 7), run_in_slot(app, work, 7)
    assert first is not None
    assert first.state is RunState.DONE
    assert second is None
    assert run_in_slot(app, work, 8) is not None
    assert effects(app) == 2
    assert [(run.slot, run.state) for run in runs(app)] == [(7, RunState.DONE), (8, RunState.DONE)]


def test_a_frozen_leader_that_wakes_up_late_stores_nothing(app: AdminOps) -> None:
    """It looked before it froze, so it believes that the slot is still free: the row with the effects is the fence."""
    with app.app_context(), transaction():
        db.session.add(JobRun(job="test-job", slot=7, state=RunState.DONE))
    assert run_in_slot(app, job(add_agency), 7) is None
    assert effects(app) == 0


def test_two_processes_in_one_slot_have_one_effect(app: AdminOps) -> None:
    apps = [with_job(app, None), with_job(app, None)]
    together, ended = threading.Barrier(2), []

    def run(on: AdminOps) -> None:
        together.wait(timeout=10)
        ended.append(run_in_slot(on, job(add_agency), 7))

    threads = [threading.Thread(target=run, args=(on,)) for on in apps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [ran is None for ran in sorted(ended, key=lambda ran: ran is None)] == [False, True]
    assert effects(app) == 1
    for on in apps:
        _close(on)


def test_a_failed_job_leaves_no_half_effects_and_no_words(app: AdminOps) -> None:
    def fail() -> None:
        make_agency()
        raise ValueError("078-05-1120")

    ran = run_in_slot(app, job(fail), 7)
    assert ran is not None
    assert (ran.state, ran.cause) == (RunState.FAILED, "ValueError")
    assert effects(app) == 0
    (kept,) = runs(app)
    assert (kept.state, kept.cause, kept.slot) == (RunState.FAILED, "ValueError", 7)
    assert kept.ended_at is not None
    assert run_in_slot(app, job(add_agency), 8) is not None
    assert effects(app) == 1


def test_a_job_with_its_own_transactions_is_on_record_while_it_runs(app: AdminOps) -> None:
    seen: list[RunState] = []

    def work() -> None:
        with transaction():
            make_agency()
        with transaction(writes=False) as session:
            seen.extend(session.scalars(select(JobRun.state)))

    assert run_in_slot(app, job(work, own_transactions=True), 7) is not None
    assert run_in_slot(app, job(work, own_transactions=True), 7) is None
    assert seen == [RunState.RUNNING]
    assert [run.state for run in runs(app)] == [RunState.DONE]


def test_a_job_in_steps_stores_each_and_ends_where_it_is_told(app: AdminOps, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler_runs, "PAUSE", 0)

    def step() -> bool:
        make_agency()
        return len(db.session.scalars(select(Agency.id)).all()) < 5

    def breaks() -> bool:
        if not step():
            raise ValueError
        return True

    def gives_way() -> bool:
        tries.append(make_agency().id)
        if len(tries) == 1:
            raise OperationalError("", {}, GaveWay())
        return False

    tries: list[int] = []
    stopped = run_in_slot(app, job(step, in_steps=True), 1, ends=lambda: effects(app) == 2)
    assert stopped is not None
    assert (stopped.state, effects(app)) == (RunState.DONE, 2)
    failed = run_in_slot(app, job(breaks, in_steps=True), 2)
    assert failed is not None
    assert (failed.state, effects(app)) == (RunState.FAILED, 4)
    assert run_in_slot(app, job(step, in_steps=True), 2) is None
    assert run_in_slot(app, job(step, in_steps=True), 3) is not None
    assert effects(app) == 5
    again = run_in_slot(app, job(gives_way, in_steps=True), 4)
    assert again is not None
    assert (again.state, len(tries), effects(app)) == (RunState.DONE, 2, 6)


def test_a_job_with_its_own_transactions_keeps_what_it_stored_before_it_failed(app: AdminOps) -> None:
    def work() -> None:
        with transaction():
            make_agency()
        raise OSError

    ran = run_in_slot(app, job(work, own_transactions=True), 7)
    assert ran is not None
    assert ran.cause == "OSError"
    assert [(run.state, run.cause) for run in runs(app)] == [(RunState.FAILED, "OSError")]
    assert effects(app) == 1


def test_a_job_runs_out_of_turn_as_often_as_one_likes(app: AdminOps) -> None:
    assert [run_job(app, job(add_agency)).state for _ in range(2)] == [RunState.DONE] * 2
    assert [run.slot for run in runs(app)] == [None, None]


def test_every_job_of_the_house_has_a_name_of_its_own_and_runs(app: AdminOps) -> None:
    from adminops.scheduler import jobs_of

    for work in jobs_of(app):
        assert find_job(app, work.name) is work
        assert run_job(app, work).cause == ""


# ---- one leader -----------------------------------------------------------------------------------------------------


def test_one_leads_and_the_next_takes_over(app: AdminOps) -> None:
    first, second = leadership_of(app), leadership_of(app)
    assert (first.hold(), second.hold(), first.hold()) == (True, False, True)
    first.give_up()
    assert (second.hold(), first.hold()) == (True, False)
    second.give_up()
    first.give_up()


def test_the_lease_tells_who_leads(app: AdminOps) -> None:
    lead = leadership_of(app)
    assert lead.hold()
    with app.app_context(), transaction(writes=False) as session:
        lease = session.get_one(Lease, "scheduler")
        assert lease.until > clock.now()
    lead.give_up()
    with app.app_context(), transaction(writes=False) as session:
        assert session.get(Lease, "scheduler") is None


def test_an_expired_lease_is_free_and_its_holder_notices(sqlite_app: AdminOps) -> None:
    frozen, awake = LeaseRow(sqlite_app), LeaseRow(sqlite_app)
    assert frozen.hold()
    with clock.frozen_at(clock.now() + TERM):
        assert awake.hold()
        assert not frozen.hold()


def test_a_clock_that_was_set_back_does_not_keep_a_dead_leader(sqlite_app: AdminOps) -> None:
    dead, alive = LeaseRow(sqlite_app), LeaseRow(sqlite_app)
    assert dead.hold()
    with clock.frozen_at(clock.now() - timedelta(hours=1)):
        assert alive.hold()


def test_a_lost_session_loses_the_lead(app_on_postgresql: AdminOps) -> None:
    first, second = leadership_of(app_on_postgresql), leadership_of(app_on_postgresql)
    assert first.hold()
    with app_on_postgresql.app_context(), db.engine.connect() as administrator:
        here = "database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        holder = f"SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND {here}"
        administrator.execute(text(f"SELECT pg_terminate_backend(({holder}), 5000)"))
    assert second.hold()
    assert not first.hold()
    for lead in (first, second):
        lead.give_up()


def test_a_frozen_leader_is_hung_up_on(app_on_postgresql: AdminOps) -> None:
    """The server ends a session of which nothing is heard; a process that stands still can't ask for that itself."""
    lead = leadership_of(app_on_postgresql, term=timedelta(seconds=0.05))
    waiting = leadership_of(app_on_postgresql)
    assert lead.hold()
    wait_until(waiting.hold)
    assert not lead.hold()
    waiting.give_up()
    lead.give_up()


def test_a_killed_leader_is_followed(app: AdminOps) -> None:
    settings = app.extensions["settings"]
    command = [sys.executable, "-m", "tests.scheduling", str(settings.home), settings.database]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as leader:
        try:
            assert leader.stdout is not None
            assert leader.stdout.readline() == "leads\n"
            follower = leadership_of(app)
            assert not follower.hold()
        finally:
            leader.kill()
    with _when_leases_are_over(app):
        wait_until(follower.hold)
    follower.give_up()


@contextmanager
def _when_leases_are_over(app: AdminOps) -> Iterator[None]:
    with clock.frozen_at(clock.now() + TERM):
        yield


# ---- the clock ------------------------------------------------------------------------------------------------------


def test_f4_missed_slot_is_caught_up_once(app: AdminOps, start: Start) -> None:
    nightly = with_job(app, job(add_agency))
    with app.app_context(), transaction():
        db.session.add(JobRun(job="test-job", slot=slot_of(job(_nothing), clock.now()) - 5, state=RunState.DONE))
    for _ in range(2):  # a restart in the same slot finds it done
        scheduler = start(nightly)
        wait_until(lambda: effects(app) == 1)
        scheduler.stop()
    assert [run.state for run in runs(app)] == [RunState.DONE] * 2


def test_two_processes_run_each_slot_once(app: AdminOps, start: Start) -> None:
    apps = [with_job(app, job(add_agency, every=EVERY_SECOND)) for _ in range(2)]
    schedulers = [start(on) for on in apps]
    wait_until(lambda: len(runs(app)) >= 3)
    for scheduler in schedulers:
        scheduler.stop()
    done = runs(app)
    assert {run.state for run in done} == {RunState.DONE}
    assert effects(app) == len(done) == len({run.slot for run in done})


def test_a_failing_job_goes_on_in_the_next_slot(app: AdminOps, start: Start) -> None:
    def fail() -> None:
        raise ValueError

    failing = with_job(app, job(fail, every=EVERY_SECOND))
    start(failing)
    wait_until(lambda: len(runs(app)) >= 2)
    assert {run.cause for run in runs(app)} == {"ValueError"}


def test_what_a_dead_leader_left_running_is_closed(app: AdminOps, start: Start) -> None:
    with app.app_context(), transaction():
        db.session.add(JobRun(job="test-job", slot=7, state=RunState.RUNNING, host="desk9:1"))
    quiet = with_job(app, None)
    start(quiet)
    wait_until(lambda: runs(app)[0].state is RunState.FAILED)
    assert runs(app)[0].cause == "ProcessEnded"


def test_stopping_lets_a_job_come_to_its_end(app: AdminOps, start: Start) -> None:
    began, may_end = threading.Event(), threading.Event()

    def slow() -> None:
        began.set()
        may_end.wait(timeout=30)
        make_agency()

    busy = with_job(app, job(slow))
    scheduler = start(busy)
    assert began.wait(timeout=30)
    stopping = threading.Thread(target=scheduler.stop)
    stopping.start()
    may_end.set()
    stopping.join()
    assert effects(app) == 1


def test_a_job_is_not_run_beside_itself_when_the_next_slot_begins(app: AdminOps, start: Start) -> None:
    together, most, may_end, lock = [], [], threading.Event(), threading.Lock()

    def slow() -> None:
        with lock:
            together.append(1)
            most.append(len(together))
        may_end.wait(timeout=2.5)
        with lock:
            together.pop()

    start(with_job(app, job(slow, every=timedelta(seconds=1), own_transactions=True)))
    wait_until(lambda: len(most) > 2)
    may_end.set()
    assert set(most) == {1}


# ---- people and mails -----------------------------------------------------------------------------------------------


def _ask(app: AdminOps, work: Job, by: User) -> None:
    with app.app_context(), transaction() as session:
        ask_for_job(work, by=session.get_one(User, by.id))


def test_an_administrator_has_a_job_run_now(app: AdminOps, start: Start) -> None:
    work = job(add_agency)
    busy = with_job(app, work)
    with app.app_context(), transaction():
        db.session.add(JobRun(job="test-job", slot=slot_of(work, clock.now()), state=RunState.DONE))
        admin = make_user(Role.SYSTEM_ADMIN)
    _ask(busy, work, admin)
    with pytest.raises(Conflict):
        _ask(busy, work, admin)
    start(busy)
    wait_until(lambda: effects(app) == 1)
    assert runs(app)[-1].slot is None
    _ask(busy, work, admin)  # it may be asked for again, and is taken up by a process that leads already
    wait_until(lambda: effects(app) == 2)


def test_only_an_administrator_has_jobs_run(app: AdminOps) -> None:
    with app.app_context(), transaction():
        helper = make_user(Role.HELP_DESK)
    with pytest.raises(NotAllowed):
        _ask(app, job(_nothing), helper)


def test_a_mail_leaves_at_once_even_where_nobody_leads(app: AdminOps, start: Start) -> None:
    other = leadership_of(app)
    assert other.hold()
    post = Post(app, mail_transport="mailbox")
    scheduler = start(post.app)
    number = post.ask()
    wait_until(lambda: post.state(number) == "sent")
    assert not scheduler.leads
    assert runs(app) == []
    other.give_up()


def test_a_listener_that_trips_goes_on_listening(app: AdminOps, start: Start) -> None:
    post = Post(app, mail_transport="mailbox")
    start(post.app)
    mails = post.app.extensions.pop("mails")
    del post.app.extensions["settings"]
    WORK_WAITS.ring()
    post.app.extensions.update(mails=mails, settings=app.extensions["settings"])
    number = post.ask()
    wait_until(lambda: post.state(number) == "sent")
