"""What a ticket's page shows of its goals: a picture, what each clock says, and a sentence why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import groupby

from tickets.clocks import Aim, Clock, Event, Span, Why
from tickets.clocks.calendars import OUTSIDE
from tickets.clocks.picture import Picture, draw
from tickets.clocks.words import explain, length, outcome
from tickets.goals.keeping import clocks_of
from tickets.models import Ticket

MOST_ROWS = 100
_TITLES = {Aim.FIRST: "First reply", Aim.NEXT: "Next reply", Aim.SOLUTION: "Solution"}


@dataclass(frozen=True)
class Row:
    """A span on the page of clocks, or several in a row in which nothing counted."""

    start: datetime
    end: datetime
    reason: str
    length: str
    """How much of it counted; "" for nothing."""


@dataclass(frozen=True)
class Goal:
    """A clock of the page, with its words."""

    clock: Clock

    @property
    def title(self) -> str:
        """What the clock counts down to."""
        return _TITLES[self.clock.aim]

    @cached_property
    def sentence(self) -> str:
        """Why it is due when it is."""
        return explain(self.clock)

    @property
    def outcome(self) -> str:
        """How it did, once it was stopped."""
        return outcome(self.clock) if self.clock.done_at else ""

    @property
    def standing(self) -> str:
        """What the clock does, as the kit's sign of a clock names it."""
        if self.clock.done_at is not None:
            return "late" if self.clock.missed else "done"
        return "running" if self.clock.runs or self.clock.due_at else "paused"

    @cached_property
    def all_rows(self) -> list[Row]:
        """Its spans in order; nights, weekends and holidays that follow each other are one."""
        groups = (list(group) for _, group in groupby(self.clock.spans, key=lambda span: span.why))
        return [row for spans in groups for row in ([_one(spans)] if spans[0].why is Why.CLOSED else map(_row, spans))]

    @property
    def rows(self) -> list[Row]:
        """The latest of them."""
        return self.all_rows[-MOST_ROWS:]

    @property
    def left_out(self) -> int:
        """So many of the earliest are not listed."""
        return max(len(self.all_rows) - MOST_ROWS, 0)


@dataclass(frozen=True)
class Goals:
    """The goals of a ticket, the solution last, and the picture of them."""

    shown: tuple[Goal, ...]
    picture: Picture

    @property
    def solution(self) -> Goal:
        """The goal of the whole ticket."""
        return self.shown[-1]


def goals_of(ticket: Ticket, events: Sequence[Event] = (), *, every: bool = False) -> Goals:
    """Return the goals of `ticket`: the first reply, the last one awaited (or `every` one), and the solution.

    `events` are what its clocks have heard of, where that was read already.
    """
    clocks, _ = clocks_of(ticket, events)
    shown = clocks.all if every else (clocks.first, *clocks.later[-1:], clocks.solution)
    return Goals(tuple(Goal(clock) for clock in shown), draw(shown))


def _row(span: Span) -> Row:
    return Row(span.start, span.end, span.reason, length(span.minutes) if span.counts else "")


def _one(spans: list[Span]) -> Row:
    """Return closed spans as one row, with the reasons that say more than the hour."""
    reasons = list(dict.fromkeys(span.reason for span in spans))
    named = [reason for reason in reasons if reason != OUTSIDE] or reasons
    return Row(spans[0].start, spans[-1].end, ", ".join(named), "")
