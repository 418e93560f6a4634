"""Clocks in words: one sentence that says why a due time is what it is."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from tickets.clocks.calendars import DAY_MINUTES, Calendar
from tickets.clocks.engine import Clock, Why

_MINUTE = timedelta(minutes=1)


def length(minutes: int) -> str:
    """Say a length exactly: "45 min", "8 h", "2 h 30"."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest} min"
    return f"{hours} h {rest:02}" if rest else f"{hours} h"


def when(moment: datetime, calendar: Calendar) -> str:
    """Say a moment as the calendar's zone has it: "Mon 9 Nov, 2:05 pm"."""
    here = calendar.here(moment)
    return f"{day(here.date())}, {here.hour % 12 or 12}:{here:%M} {'am' if here.hour < 12 else 'pm'}"


def day(value: date) -> str:
    """Say a day: "Mon 9 Nov"."""
    return f"{value:%a} {value.day} {value:%b}"


def explain(clock: Clock) -> str:
    """Say why `clock` is due when it is: what was promised, from when on, and what was not counted."""
    since = when(clock.start, clock.calendar)
    promised = f"{length(clock.target // _MINUTE)} {_kind(clock.calendar)}"
    taken_out = _taken_out(clock)
    left_out = f" Not counted: {taken_out}." if taken_out else ""
    if clock.due_at is None:
        return (
            f"The clock rests. {length(clock.left // _MINUTE)} of {promised} from {since} are left, "
            f"and run on when nobody is waited for.{left_out}"
        )
    verb = "Was due" if clock.done_at or clock.due_at <= clock.now else "Due"
    return f"{verb} {when(clock.due_at, clock.calendar)}: {promised} from {since}.{left_out}"


def outcome(clock: Clock) -> str:
    """Say in a few words how a clock that was stopped did: "in 2 h 30, 5 h 30 before it was due"."""
    counted, target = clock.counted // _MINUTE, clock.target // _MINUTE
    gap = length(abs(target - counted))
    return f"in {length(counted)}, {gap} {'too late' if clock.missed else 'to spare'}"


def _kind(calendar: Calendar) -> str:
    whole = all(sum(closes - opens for opens, closes in hours) == DAY_MINUTES for hours in calendar.week)
    return "around the clock" if whole and not calendar.region else "of working time"


def _taken_out(clock: Clock) -> str:
    """Say what was left out between the start and the due time (or now): waits with their length, days off by name."""
    until = max(clock.due_at or clock.now, clock.start)
    waited: dict[str, int] = {}
    for phase in clock.phases:
        if phase.why is Why.WAITING and phase.start < until:
            minutes = clock.calendar.minutes(phase.start, min(phase.end, until))
            waited[phase.reason] = waited.get(phase.reason, 0) + minutes
    parts = [f"{length(minutes)} {reason[0].lower()}{reason[1:]}" for reason, minutes in waited.items() if minutes]
    return _joined([*parts, *_days_off(clock, until)])


def _days_off(clock: Clock, until: datetime) -> list[str]:
    """Return the days off between start and `until` by name; nights and free weekdays go without saying."""
    first, last = clock.calendar.here(clock.start).date(), clock.calendar.here(until).date()
    days = (first + timedelta(days=n) for n in range(min((last - first).days, 366) + 1))
    named = ((off, clock.calendar.day_off(off)) for off in days if clock.calendar.week[off.weekday()])
    return [f"{name} ({day(off)})" for off, name in named if name is not None]


def _joined(parts: Iterable[str]) -> str:
    *others, last = [*parts] or [""]
    return f"{', '.join(others)} and {last}" if others else last
