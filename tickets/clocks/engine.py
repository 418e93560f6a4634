"""The engine: `run(events, calendar, policy, now)` → three clocks with their spans. Nothing is counted elsewhere.

- *First reply*: from the filing to the team's first answer. Resolving a ticket answers it, too.
- *Next reply*: from the requester's first message after an answer to the team's next one. It does not run before the
  first reply, so a ticket never has two replies due.
- *Solution*: from the filing until it is resolved. It rests while the ticket waits on somebody whom the policy names,
  and goes on where it stood when the ticket comes back or is reopened.

A new priority brings its own target; what was counted so far stays counted.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import takewhile

from tickets.clocks.calendars import Calendar
from tickets.clocks.rules import Policy, Target
from tickets.models import Happening, Priority, TicketState, WaitingOn

_NOTHING, _MINUTE = timedelta(), timedelta(minutes=1)
_SOLVED = (TicketState.RESOLVED, TicketState.CLOSED)
_COUNTED = "Working time"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, with where the ticket stood after it.

    `promised` of the filing: minutes within which its request type is resolved, where the policy leaves that open.
    """

    at: datetime
    happening: Happening
    state: TicketState
    waiting_on: WaitingOn | None
    priority: Priority
    promised: int = 0


class Aim(StrEnum):
    """What a clock counts down to."""

    FIRST = "first"
    NEXT = "next"
    SOLUTION = "solution"


class Why(StrEnum):
    """Why a span counts or not."""

    COUNTED = "counted"
    CLOSED = "closed"
    WAITING = "waiting"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Span:
    """A span of a clock. `reason` says in words why it counts or not."""

    start: datetime
    end: datetime
    why: Why
    reason: str

    @property
    def counts(self) -> bool:
        """Whether it was taken off the target."""
        return self.why is Why.COUNTED

    @property
    def minutes(self) -> int:
        """Its length in whole minutes."""
        return (self.end - self.start) // _MINUTE


@dataclass(frozen=True, slots=True)
class _Phase:
    """A part of a ticket's life between two events; `rests` says why a clock stands still in it, if it does."""

    start: datetime
    end: datetime
    why: Why
    reason: str


@dataclass(frozen=True)
class Clock:
    """A clock as it stands at `now`."""

    aim: Aim
    start: datetime
    target: timedelta
    counted: timedelta
    due_at: datetime | None
    """When the target was or will be used up; None while it rests with something left."""
    done_at: datetime | None
    runs: bool
    now: datetime
    calendar: Calendar
    phases: tuple[_Phase, ...]

    @property
    def left(self) -> timedelta:
        """What is left of the target; zero when it is used up."""
        return max(self.target - self.counted, _NOTHING)

    @property
    def minutes_left(self) -> int:
        """Whole minutes of the calendar until it is due, below zero when it is late: pauses don't make that less."""
        return self.calendar.minutes(self.now, self.due_at) if self.due_at else self.left // _MINUTE

    @property
    def missed(self) -> bool:
        """Whether more was used than was promised."""
        return self.counted > self.target

    @property
    def spans(self) -> tuple[Span, ...]:
        """All of its time, without a gap: counted or not, and why."""
        return tuple(span for phase in self.phases for span in _spans(phase, self.calendar))

    @property
    def coarse(self) -> tuple[Span, ...]:
        """The same without what the calendar is closed for: one span a phase."""
        return tuple(Span(p.start, p.end, p.why, p.reason) for p in self.phases if p.start < p.end)


@dataclass(frozen=True)
class Clocks:
    """The clocks of a ticket. `later` holds the rounds of the next reply, the oldest first."""

    first: Clock
    later: tuple[Clock, ...]
    solution: Clock

    @property
    def all(self) -> tuple[Clock, ...]:
        """Every clock: the replies in their order, then the solution."""
        return (self.first, *self.later, self.solution)

    @property
    def reply(self) -> Clock | None:
        """The clock of the reply that is awaited now, if one is."""
        last = self.later[-1] if self.later else self.first
        return last if last.done_at is None else None


def run(events: Sequence[Event], calendar: Calendar, policy: Policy, now: datetime) -> Clocks:
    """Return the clocks at `now` of a ticket to which `events` happened: the filing first, then in order."""
    now, filed = max(now, events[-1].at), events[0]

    def clock(aim: Aim, last: Event, phases: Sequence[_Phase], done_at: datetime | None) -> Clock:
        length = _promised(aim, policy.targets[last.priority], filed)
        counted = sum((calendar.between(p.start, p.end) for p in phases if p.why is Why.COUNTED), _NOTHING)
        runs = done_at is None and phases[-1].why is Why.COUNTED
        goes_on = runs or done_at is not None
        due_at = _due(phases, length, calendar, goes_on)
        return Clock(aim, phases[0].start, length, counted, due_at, done_at, runs, now, calendar, tuple(phases))

    replies = [
        clock(aim, last, [_Phase(start, done_at or now, Why.COUNTED, _COUNTED)], done_at)
        for aim, start, last, done_at in _replies(events)
    ]
    phases = _phases(events, policy, now)
    last, done_at = events[-1], None
    if phases[-1].why is Why.DONE:
        done_at = phases.pop().start
        *_, last = takewhile(lambda event: event.state in _SOLVED, reversed(events))
    return Clocks(replies[0], tuple(replies[1:]), clock(Aim.SOLUTION, last, phases, done_at))


def _promised(aim: Aim, target: Target, filed: Event) -> timedelta:
    if aim is Aim.SOLUTION:
        return _MINUTE * (target.resolution or filed.promised)
    return _MINUTE * (target.first if aim is Aim.FIRST else target.next)


def _replies(events: Sequence[Event]) -> Iterator[tuple[Aim, datetime, Event, datetime | None]]:
    """Yield the rounds in which a reply was awaited: since when, the last event of it, and when it came."""
    aim, since = Aim.FIRST, events[0].at
    awaited = True
    for event in events[1:]:
        if awaited:
            solved = event.happening is Happening.MOVED and event.state in _SOLVED
            if solved or event.happening is Happening.ANSWERED:
                awaited = False
                yield aim, since, event, event.at
        elif event.happening is Happening.ASKED:
            aim, since, awaited = Aim.NEXT, event.at, True
    if awaited:
        yield aim, since, events[-1], None


def _phases(events: Sequence[Event], policy: Policy, now: datetime) -> list[_Phase]:
    """Return the phases of the solution's clock, at least one; each ends where the next begins."""
    phases: list[_Phase] = []
    for event, end in zip(events, [*(event.at for event in events[1:]), now], strict=True):
        why, reason = _standing(event, policy)
        if phases and (phases[-1].why, phases[-1].reason) == (why, reason):
            phases[-1] = replace(phases[-1], end=end)
        else:
            phases.append(_Phase(event.at, end, why, reason))
    return phases


def _standing(event: Event, policy: Policy) -> tuple[Why, str]:
    """Return what the solution's clock does after `event`, and why."""
    if event.state in _SOLVED:
        return Why.DONE, "Resolved"
    if event.state is TicketState.WAITING and event.waiting_on in policy.pauses:
        return Why.WAITING, event.waiting_on.label
    return Why.COUNTED, _COUNTED


def _due(phases: Sequence[_Phase], target: timedelta, calendar: Calendar, goes_on: bool) -> datetime | None:
    """Return when `target` is used up; None when the clock stands still before that."""
    left = target
    for phase in phases:
        if phase.why is Why.COUNTED:
            counted = calendar.between(phase.start, phase.end)
            if counted >= left:
                return calendar.add(phase.start, left)
            left -= counted
    return calendar.add(phases[-1].end, left) if goes_on else None


def _spans(phase: _Phase, calendar: Calendar) -> Iterator[Span]:
    if phase.start >= phase.end:
        return
    if phase.why is not Why.COUNTED:
        yield Span(phase.start, phase.end, phase.why, phase.reason)
        return
    for stretch in calendar.stretches(phase.start, phase.end):
        if stretch.open:
            yield Span(stretch.start, stretch.end, Why.COUNTED, phase.reason)
        else:
            yield Span(stretch.start, stretch.end, Why.CLOSED, stretch.why)
