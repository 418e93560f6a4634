"""What a ticket's page shows of its goals: a picture, what each clock says, and a sentence why."""

from dataclasses import dataclass
from functools import cached_property

from tickets.clocks import Aim, Clock, Span
from tickets.clocks.picture import Picture, draw
from tickets.clocks.words import explain, length, outcome
from tickets.goals.keeping import clocks_of
from tickets.models import Ticket

MOST_SPANS = 100
_TITLES = {Aim.FIRST: "First reply", Aim.NEXT: "Next reply", Aim.SOLUTION: "Solution"}


@dataclass(frozen=True)
class Row:
    """A span on the page of clocks."""

    span: Span

    @property
    def length(self) -> str:
        """How much of it counted; a dash for nothing."""
        return length(self.span.minutes) if self.span.counts else "–"


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
    def rows(self) -> list[Row]:
        """Return its spans, in order: the latest `MOST_SPANS`."""
        return [Row(span) for span in self.clock.spans[-MOST_SPANS:]]

    @property
    def left_out(self) -> int:
        """So many of the earliest spans are not listed."""
        return max(len(self.clock.spans) - MOST_SPANS, 0)


@dataclass(frozen=True)
class Goals:
    """The goals of a ticket, the solution last, and the picture of them."""

    shown: tuple[Goal, ...]
    picture: Picture

    @property
    def solution(self) -> Goal:
        """The goal of the whole ticket."""
        return self.shown[-1]


def goals_of(ticket: Ticket, *, every: bool = False) -> Goals:
    """Return the goals of `ticket`: the first reply, the last one awaited (or `every` one), and the solution."""
    clocks, _ = clocks_of(ticket)
    shown = clocks.all if every else (clocks.first, *clocks.later[-1:], clocks.solution)
    return Goals(tuple(Goal(clock) for clock in shown), draw(shown))
