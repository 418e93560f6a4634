"""The clocks against a simulation that knows nothing of spans: it goes through every minute and asks the wall clock.

Ten thousand random histories under random calendars: lunch, night shifts, weeks without a day, holidays, changes of
the clocks by an hour and by half of one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import holidays
import numpy as np
import pytest

from tickets.clocks import Calendar, Clock, Event, Policy, Target, run
from tickets.models import Happening, Priority, TicketState, WaitingOn

S = TicketState
MINUTE = timedelta(minutes=1)
DAYS = 60
CALENDARS, HISTORIES = 20, 500

ZONES = (
    "America/New_York",
    "America/Phoenix",  # never changes its clocks
    "America/St_Johns",  # half an hour aside
    "Australia/Lord_Howe",  # changes them by half an hour
    "Europe/London",
    "UTC",
)
#: Beginnings of stretches with something odd in them.
ODD_DAYS = (
    date(2026, 3, 1),  # clocks go forward on the 8th in America, on the 29th in Europe
    date(2026, 10, 20),  # back on the 25th in Europe, on 1 November in America; Veterans Day, Thanksgiving
    date(2026, 12, 10),
    date(2028, 2, 20),
    date(2027, 6, 10),  # Independence Day on a Sunday
    date(2026, 4, 1),
)
DAYS_OF_HOURS = (
    (),
    ((480, 1020),),
    ((480, 720), (780, 1020)),  # lunch
    ((0, 1440),),
    ((60, 150), (155, 600), (601, 602)),  # in the hour that is skipped, or comes twice
    ((0, 90), (1320, 1440)),  # a night shift
)


@dataclass(frozen=True)
class Minutes:
    """A calendar written out: for each minute from `origin` on whether it is open."""

    calendar: Calendar
    origin: datetime
    open: bytes

    def at(self, index: int) -> datetime:
        """Return the moment at which a minute begins."""
        return self.origin + index * MINUTE


def write_out(calendar: Calendar, origin: datetime) -> Minutes:
    """Ask the wall clock of the zone at every minute whether that is an hour at which people work."""
    zone, off = ZoneInfo(calendar.zone), {day for day, _ in calendar.days_off}
    state = calendar.region.partition("-")[2]
    public = holidays.country_holidays("US", subdiv=state, years=range(2025, 2030)) if calendar.region else {}
    off |= {day for day in public if day not in calendar.worked}
    hours = [
        [any(opens <= minute < closes for opens, closes in spans) for minute in range(1440)] for spans in calendar.week
    ]
    diary = bytearray()
    for index in range(DAYS * 1440):
        here = (origin + index * MINUTE).astimezone(zone)
        open_then = hours[here.weekday()][here.hour * 60 + here.minute]
        diary.append(open_then and here.date() not in off)
    return Minutes(calendar, origin, bytes(diary))


def some_calendar(chance: Random) -> Minutes:
    start = chance.choice(ODD_DAYS)
    days = [start + timedelta(days=n) for n in range(DAYS)]
    week = [chance.choice(DAYS_OF_HOURS) for _ in range(7)]
    week[chance.randrange(7)] = DAYS_OF_HOURS[1]
    calendar = Calendar(
        zone=chance.choice(ZONES),
        week=tuple(week),
        region=chance.choice(("", "US-FL", "US-TX")),
        days_off=tuple((day, "Retreat") for day in chance.sample(days, chance.randrange(4))),
        worked=tuple(chance.sample(days, chance.randrange(4))),
    )
    return write_out(calendar, datetime(start.year, start.month, start.day, tzinfo=UTC))


def some_policy(chance: Random) -> Policy:
    targets = {
        level: Target(
            chance.randrange(1, 600), chance.randrange(1, 600), chance.choice((None, chance.randrange(1, 2400)))
        )
        for level in Priority
    }
    return Policy(targets, frozenset(who for who in WaitingOn if chance.random() < 0.7))


def some_history(chance: Random, minutes: Minutes) -> tuple[list[Event], int]:
    """Return what happened to a ticket, and the minute at which one looks at it."""
    at = chance.randrange(20 * 1440)
    priority, state, waiting = chance.choice(list(Priority)), S.NEW, None
    events = [Event(minutes.at(at), Happening.FILED, state, None, priority, chance.randrange(1, 2400))]
    for _ in range(chance.randrange(12)):
        at += chance.choice((0, 1, chance.randrange(90), chance.randrange(4 * 1440)))
        happening = chance.choice(list(Happening)[1:])
        if happening is Happening.MOVED:
            state = chance.choice(list(S)[1:])
            waiting = chance.choice(list(WaitingOn)) if state is S.WAITING else None
        elif happening is Happening.PRIORITISED:
            priority = chance.choice(list(Priority))
        events.append(Event(minutes.at(at), happening, state, waiting, priority))
    return events, at + chance.choice((0, chance.randrange(1440), chance.randrange(8 * 1440)))


@dataclass(frozen=True)
class Simulated:
    """What the simulation says of a clock, in minutes from the origin."""

    since: int
    counted: int
    target: int
    due: int | None
    done: int | None


def simulate_solution(events: list[Event], minutes: Minutes, policy: Policy, now: int) -> Simulated:
    """Paint every minute with what the ticket's clock does in it, then count."""
    indices = [(event.at - minutes.origin) // MINUTE for event in events]
    runs = bytearray(DAYS * 1440)
    resolved = None
    level = events[0].priority
    for event, index in zip(events, indices, strict=True):
        over = event.state in (S.RESOLVED, S.CLOSED)
        if not over:
            resolved = None
        elif resolved is None:
            resolved = index
            level = event.priority
        rests = over or (event.state is S.WAITING and event.waiting_on in policy.pauses)
        runs[index:] = bytes([not rests]) * (len(runs) - index)
    level = level if resolved is not None else events[-1].priority
    target = policy.targets[level].resolution or events[0].promised
    if resolved is not None:
        runs[resolved:] = b"\1" * (len(runs) - resolved)  # as if it went on
    return counted_through(minutes, runs, indices[0], now if resolved is None else resolved, target, resolved)


def counted_through(
    minutes: Minutes, runs: bytearray, since: int, until: int, target: int, done: int | None
) -> Simulated:
    """Count the minutes that are open and in which the clock runs; the last one of the target ends when it is due."""
    opened, running = np.frombuffer(minutes.open, np.bool_), np.frombuffer(runs, np.bool_)
    both = since + np.flatnonzero(opened[since:] & running[since:])
    due = int(both[target - 1]) + 1 if target <= len(both) else None
    return Simulated(since, int(np.searchsorted(both, until)), target, due, done)


def simulate_replies(events: list[Event], minutes: Minutes, policy: Policy, now: int) -> Iterable[Simulated]:
    """Go through what happened with one question in mind: is the requester waiting for words?"""
    always = bytearray(b"\1" * (DAYS * 1440))
    asked: int | None = (events[0].at - minutes.origin) // MINUTE
    first = True
    for event in events[1:]:
        at = (event.at - minutes.origin) // MINUTE
        told = event.happening is Happening.ANSWERED or (
            event.happening is Happening.MOVED and event.state in (S.RESOLVED, S.CLOSED)
        )
        target = policy.targets[event.priority].first if first else policy.targets[event.priority].next
        if asked is not None and told:
            yield counted_through(minutes, always, asked, at, target, at)
            asked, first = None, False
        elif asked is None and event.happening is Happening.ASKED:
            asked = at
    if asked is not None:
        target = policy.targets[events[-1].priority].first if first else policy.targets[events[-1].priority].next
        yield counted_through(minutes, always, asked, now, target, None)


def assert_same(clock: Clock, said: Simulated, minutes: Minutes) -> None:
    assert clock.start == minutes.at(said.since)
    assert clock.target == said.target * MINUTE
    assert clock.counted == said.counted * MINUTE
    assert clock.done_at == (None if said.done is None else minutes.at(said.done))
    assert sum(span.minutes for span in clock.spans if span.counts) == said.counted
    if clock.due_at is None:
        assert not clock.runs
        assert said.counted < said.target
    elif said.due is None:
        assert clock.due_at > minutes.at(DAYS * 1440)
    elif clock.runs or said.done is not None or said.counted >= said.target:
        assert clock.due_at == minutes.at(said.due)


@pytest.mark.parametrize("seed", range(CALENDARS))
def test_clocks_say_what_a_simulation_of_every_minute_says(seed: int) -> None:
    chance = Random(seed)
    minutes = some_calendar(chance)
    for _ in range(HISTORIES):
        policy, (events, now) = some_policy(chance), some_history(chance, minutes)
        clocks = run(events, minutes.calendar, policy, minutes.at(now))
        assert_same(clocks.solution, simulate_solution(events, minutes, policy, now), minutes)
        replies = list(simulate_replies(events, minutes, policy, now))
        assert len(replies) == 1 + len(clocks.later)
        for clock, said in zip((clocks.first, *clocks.later), replies, strict=True):
            assert_same(clock, said, minutes)
