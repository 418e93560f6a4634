"""The picture of clocks: the spans of each on one line of time, in percent from the left."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tickets.clocks.calendars import Calendar
from tickets.clocks.engine import Clock, Span, Why
from tickets.clocks.words import day

NARROWEST = 0.4
"""Nothing is drawn narrower: a minute must be seen, too."""
BROADEST = timedelta(days=120)
"""In what is longer, nights and weekends are too narrow to be told apart: waits alone interrupt what is drawn."""
MARKS = 3
"""At most so many days are named: their names must not touch in a narrow card."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A span in the picture."""

    why: Why
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Row:
    """A clock in the picture; `due` and `done` are places, None where there is none or it lies outside."""

    clock: Clock
    bars: tuple[Bar, ...]
    due: float | None
    done: float | None


@dataclass(frozen=True, slots=True)
class Mark:
    """The beginning of a day."""

    label: str
    x: float


@dataclass(frozen=True, slots=True)
class Picture:
    """Clocks on one line of time; `now` is the present, None when it lies outside."""

    rows: tuple[Row, ...]
    marks: tuple[Mark, ...]
    now: float | None


def draw(clocks: Sequence[Clock]) -> Picture:
    """Place the spans of `clocks` from the earliest start to the last due time, end, or now."""
    first = min(clock.start for clock in clocks)
    last = max(max(clock.done_at or clock.now, clock.due_at or clock.start) for clock in clocks)
    whole = max(last - first, timedelta(minutes=1))

    def place(moment: datetime) -> float:
        return (moment - first) * 100 / whole

    rows = tuple(
        Row(
            clock,
            tuple(_bars(clock.spans if whole <= BROADEST else clock.coarse, place)),
            place(clock.due_at) if clock.due_at else None,
            place(clock.done_at) if clock.done_at else None,
        )
        for clock in clocks
    )
    runs = any(clock.done_at is None for clock in clocks)
    return Picture(rows, tuple(_marks(clocks[0].calendar, first, last, place)), place(clocks[0].now) if runs else None)


def _bars(spans: Sequence[Span], place: Callable[[datetime], float]) -> Iterator[Bar]:
    """Yield what is drawn: counted time and waits; nights and days off are the bare ground."""
    joined: list[tuple[Why, float, float]] = []
    for span in spans:
        why, left, right = span.why, place(span.start), place(span.end)
        if why is Why.CLOSED:
            continue
        if joined and joined[-1][0] is why and left - joined[-1][2] < NARROWEST / 4:
            joined[-1] = (why, joined[-1][1], right)
        else:
            joined.append((why, left, right))
    for why, left, right in joined:
        yield Bar(why, min(left, 100 - NARROWEST), max(right - left, NARROWEST))


def _marks(calendar: Calendar, first: datetime, last: datetime, place: Callable[[datetime], float]) -> Iterator[Mark]:
    start, end = calendar.here(first).date(), calendar.here(last).date()
    days = (end - start).days
    every = max(1, -(-days // MARKS))
    for n in range(every, days + 1, every):
        midnight = calendar.midnight(start + timedelta(days=n))
        if 14 < place(midnight) < 86:
            yield Mark(day(start + timedelta(days=n)), place(midnight))
