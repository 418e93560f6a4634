"""Policies: what is promised for how pressing a ticket, when its clock rests, and who is warned."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tickets.models import Priority, WaitingOn


class Told(StrEnum):
    """Who is warned by a step."""

    ASSIGNEE = "assignee"
    """Who the ticket is assigned to; the managers where that is nobody."""
    MANAGER = "manager"

    @property
    def label(self) -> str:
        """The words of the form."""
        return "the assignee" if self is Told.ASSIGNEE else "the managers"


@dataclass(frozen=True, slots=True)
class Target:
    """Minutes of the calendar within which something is promised. `resolution` None: what the request type says."""

    first: int
    next: int
    resolution: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A warning `minutes` of the calendar after a due time (below zero: before it)."""

    minutes: int
    told: Told

    @property
    def key(self) -> str:
        """The name under which it is remembered that this was done."""
        return f"{self.minutes:+d}:{self.told.value}"


@dataclass(frozen=True)
class Policy:
    """One version of a policy."""

    targets: Mapping[Priority, Target]
    pauses: frozenset[WaitingOn] = field(default_factory=frozenset)
    """Waiting on whom the clock of the solution rests. The clocks of replies never do: waiting is no answer."""
    steps: tuple[Step, ...] = ()
