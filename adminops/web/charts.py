"""The arithmetic behind the pictures: every place is a percent of the drawing, so that text keeps its size.

Templates draw what these functions return (`ui/line_chart.html`, `ui/stacked_bars.html`, `ui/sparkline.html`,
`ui/stays.html`, `ui/history.html`); they know nothing of SVG and the templates nothing of numbers. In templates they
are the global `chart`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from typing import Final

# Round numbers an axis may step by, times a power of ten.
_STEPS: Final = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a line: `x` and `y` in percent of the drawing, from the left and from the top."""

    x: float
    y: float
    value: float


@dataclass(frozen=True, slots=True)
class Line:
    """One series: its name, its points and the same as an SVG `points` attribute in a box of 100 × 100."""

    name: str
    points: tuple[Point, ...]

    @property
    def path(self) -> str:
        """The points as SVG wants them: "4.2,54.0 12.5,48.0"."""
        return " ".join(f"{point.x:.2f},{point.y:.2f}" for point in self.points)


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of the grid: its value and its place in percent from the top."""

    value: float
    y: float


@dataclass(frozen=True, slots=True)
class Lines:
    """A line chart: column labels with their middles and left edges in percent, ticks from the top down, lines."""

    labels: tuple[str, ...]
    middles: tuple[float, ...]
    width: float
    ticks: tuple[Tick, ...]
    lines: tuple[Line, ...]


def lines(labels: Sequence[str], series: Sequence[tuple[str, Sequence[float]]]) -> Lines:
    """Place one or two series over the same columns on an axis that starts at zero."""
    count = max(len(labels), 1)
    width = 100 / count
    middles = tuple((index + 0.5) * width for index in range(len(labels)))
    top = max((value for _, values in series for value in values), default=0)
    step = _step(top)
    highest = step * max(1, -(-top // step))
    return Lines(
        labels=tuple(labels),
        middles=middles,
        width=width,
        ticks=_ticks(step, highest),
        lines=tuple(_line(name, values, middles, highest) for name, values in series),
    )


def _line(name: str, values: Sequence[float], middles: Sequence[float], highest: float) -> Line:
    points = (Point(x, 100 - value * 100 / highest, value) for x, value in zip(middles, values, strict=True))
    return Line(name, tuple(points))


def _ticks(step: float, highest: float) -> tuple[Tick, ...]:
    count = round(highest / step)
    return tuple(Tick(index * step, 100 - index * 100 / count) for index in range(count, -1, -1))


def _step(top: float) -> float:
    """Pick the distance of grid lines so that four or five of them reach the highest value."""
    if top <= 0:
        return 1
    power = 1.0
    while top / (power * 10) > 4:
        power *= 10
    steps = (step * power for step in _STEPS)
    # Counts have no halves: below ten the step is whole.
    return next(step for step in steps if top / step <= 4 and (power > 1 or step == int(step)))


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a bar: which state it is, the number it stands for, its left edge and its width in percent."""

    index: int
    value: float
    x: float
    width: float


def segments(values: Sequence[float], longest: float) -> tuple[Segment, ...]:
    """Lay the pieces of one bar side by side; a bar as long as `longest` fills the row."""
    placed: list[Segment] = []
    x = 0.0
    for index, value in enumerate(values):
        width = value * 100 / longest if longest > 0 else 0.0
        placed.append(Segment(index, value, x, width))
        x += width
    return tuple(placed)


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a waterfall: what it adds, its left edge and width in percent, and where it leads to."""

    value: float
    x: float
    width: float
    end: float


def waterfall(values: Sequence[float]) -> tuple[Step, ...]:
    """Lay steps one after the other, each from where the last one ended; the furthest they reach fills the row."""
    ends = list(accumulate(values))
    low, high = min([0.0, *ends]), max([0.0, *ends])
    span = (high - low) or 1
    steps = []
    for value, end in zip(values, ends, strict=True):
        left = min(end - value, end)
        steps.append(Step(value, (left - low) * 100 / span, abs(value) * 100 / span, (end - low) * 100 / span))
    return tuple(steps)


def sparkline(values: Sequence[float]) -> str:
    """Return the points of a small line in a box of 100 × 30, the lowest value at its bottom."""
    if not values:
        return ""
    low, high = min(values), max(values)
    span = (high - low) or 1
    step = 100 / max(len(values) - 1, 1)
    places = ((index * step, 28 - (value - low) * 26 / span) for index, value in enumerate(values))
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)


@dataclass(frozen=True, slots=True)
class Stay:
    """A stay in a project: who it stands under, what it is, from and to (None: still there)."""

    side: str
    label: str
    kind: str
    start: date
    end: date | None = None


@dataclass(frozen=True, slots=True)
class Bar:
    """A stay in the picture: its left edge and width in percent."""

    stay: Stay
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Mark:
    """The first day of a year in the picture."""

    label: str
    x: float


@dataclass(frozen=True, slots=True)
class Stays:
    """Stays over time: one row for each stay, year marks, and the first and last day shown."""

    bars: tuple[Bar, ...]
    marks: tuple[Mark, ...]
    first: date
    last: date


def stays(rows: Sequence[Stay], today: date) -> Stays:
    """Place stays on one line of time from the first start to today (or the last end, if that is later)."""
    first = min((stay.start for stay in rows), default=today)
    last = max([today, *(stay.end for stay in rows if stay.end)])
    span = max((last - first).days, 1)

    def place(day: date) -> float:
        return (day - first).days * 100 / span

    bars = tuple(_bar(stay, place(stay.start), place(stay.end or last)) for stay in rows)
    marks = tuple(Mark(str(year), place(date(year, 1, 1))) for year in _years(first, last))
    return Stays(bars, marks, first, last)


@dataclass(frozen=True, slots=True)
class Span:
    """A stay in the picture of one person: under which heading, from and to, and what happened in it."""

    lane: str
    label: str
    start: date
    end: date | None = None
    moved_in: date | None = None
    days: tuple[date, ...] = ()
    """Days with a service."""
    clashes: tuple[tuple[date, date], ...] = ()
    """First and last night of times in which the person was somewhere else, too."""


@dataclass(frozen=True, slots=True)
class SpanBar:
    """A span in the picture, in percent from the left; `ticks` is an SVG path in a box of 100 × 20."""

    span: Span
    x: float
    width: float
    move_in: float | None
    ticks: str
    clashes: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Lane:
    """Spans under one heading."""

    title: str
    bars: tuple[SpanBar, ...]


@dataclass(frozen=True, slots=True)
class History:
    """The spans of one person by lane on one line of time, with year marks."""

    lanes: tuple[Lane, ...]
    marks: tuple[Mark, ...]


def history(spans: Sequence[Span], today: date) -> History:
    """Place spans from the first start to today (or the last end), by lane in the order in which these come."""
    first = min((span.start for span in spans), default=today)
    last = max([today, *(span.end for span in spans if span.end)])
    length = max((last - first).days, 1)

    def place(day: date) -> float:
        return min(max((day - first).days * 100 / length, 0), 100)

    lanes: dict[str, list[SpanBar]] = {}
    for span in spans:
        lanes.setdefault(span.lane, []).append(_span_bar(span, place, last))
    marks = tuple(Mark(str(year), place(date(year, 1, 1))) for year in _years(first, last))
    return History(tuple(Lane(title, tuple(bars)) for title, bars in lanes.items()), marks)


def _span_bar(span: Span, place: Callable[[date], float], last: date) -> SpanBar:
    left, right = place(span.start), place(span.end or last)
    # Days that would lie on top of each other are one line: three years of bed nights are hundreds, not a thousand.
    ticks = sorted({round(place(day) * 4) / 4 for day in span.days})
    clashes = ((place(begin), max(place(end) - place(begin), 0.5)) for begin, end in span.clashes)
    return SpanBar(
        span=span,
        x=min(left, 99.5),
        width=max(right - left, 0.5),
        move_in=place(span.moved_in) if span.moved_in else None,
        ticks=" ".join(f"M{x:g} 13V19" for x in ticks),
        clashes=tuple(clashes),
    )


def _bar(stay: Stay, left: float, right: float) -> Bar:
    # One night must be seen too: nothing is drawn thinner than half a percent.
    return Bar(stay, min(left, 99.5), max(right - left, 0.5))


def _years(first: date, last: date) -> Sequence[int]:
    every = max(1, (last.year - first.year) // 6)
    return range(first.year + 1, last.year + 1, every)
