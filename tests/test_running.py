"""Six processes on one PostgreSQL: each slot once, whoever leads, is killed, or stands still for a while."""

import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from adminops import clock
from adminops.app import AdminOps
from adminops.db import db
from adminops.scheduler import JobRun, RunState
from tests.running import PROCESSES, SLOT, six_processes
from tests.scheduling import effects, runs, wait_until

SLOTS = 60


@dataclass(frozen=True)
class Story:
    """What the rows say after a leader was killed, and the next one stood still and woke up again."""

    first: list[JobRun]
    """The runs until the first leader was killed."""
    killed_at: datetime
    after_kill: list[JobRun]
    frozen: str
    after_waking: list[JobRun]
    """Of the slots since the frozen one was woken up again, until all were told to end; somebody else leads by then."""
    all: list[JobRun]
    effects: int


def _pid(host: str) -> int:
    return int(host.rpartition(":")[2])


@pytest.fixture(scope="module")
def story(app_on_postgresql: AdminOps, empty_postgresql: Callable[[], None]) -> Iterator[Story]:
    """Live it once, for the tests to read."""
    app = app_on_postgresql
    empty_postgresql()
    with six_processes(app) as numbers:
        assert len(set(numbers)) == PROCESSES
        wait_until(lambda: len(runs(app)) >= SLOTS, seconds=180)
        leader = runs(app)[-1].host
        killed_at = clock.now()
        os.kill(_pid(leader), signal.SIGKILL)
        first = runs(app)
        wait_until(lambda: runs(app)[-1].host != leader, seconds=60)
        frozen = runs(app)[-1].host
        os.kill(_pid(frozen), signal.SIGSTOP)
        after_kill = runs(app)[len(first) :]
        wait_until(lambda: runs(app)[-1].host != frozen, seconds=120)
        known, woken_in = len(runs(app)), clock.now().timestamp() // SLOT.total_seconds()
        os.kill(_pid(frozen), signal.SIGCONT)
        wait_until(lambda: len(runs(app)) >= known + 10, seconds=60)
        after_waking = [run for run in runs(app) if run.slot is not None and run.slot >= woken_in]
    yield Story(first, killed_at, after_kill, frozen, after_waking, runs(app), effects(app))
    with app.app_context():
        db.engine.dispose()


def _each_slot_once(rows: list[JobRun]) -> bool:
    return max(Counter(run.slot for run in rows).values()) == 1


def test_f1_six_processes_run_sixty_slots_each_once_and_one_leads(story: Story) -> None:
    assert len(story.first) >= SLOTS
    assert {run.host for run in story.first} == {story.first[0].host}
    assert _each_slot_once(story.first)
    assert _each_slot_once(story.all)
    assert {run.state for run in story.all} == {RunState.DONE}
    assert story.effects == len(story.all)


def test_f2_killed_leader_is_followed_within_five_seconds(story: Story) -> None:
    [*_, last], [next_, *_] = story.first, story.after_kill
    assert next_.host != last.host
    assert next_.started_at - story.killed_at <= timedelta(seconds=5)


def test_f3_frozen_leader_that_wakes_up_runs_no_slot_that_another_has_run(story: Story) -> None:
    """The run that it stood still in it may end: nobody else has that slot."""
    assert story.after_waking
    assert story.frozen not in {run.host for run in story.after_waking}
    assert _each_slot_once(story.all)
    assert story.effects == len(story.all)
