"""Who gets the next ticket of a queue, read without a database.

Deterministic: the same people in the same standing give the same answer, whatever order they are looked at in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Rule(StrEnum):
    """How a queue gives its tickets out."""

    MANUAL = "manual"
    IN_TURN = "in_turn"
    LEAST_LOADED = "least_loaded"

    @property
    def label(self) -> str:
        """The words of the choice."""
        return {
            "manual": "Nobody by itself: people take them, or are given them",
            "in_turn": "In turn: to who has waited longest for a new one",
        }.get(self.value, "By load: to who has the fewest open tickets that wait on nobody")


@dataclass(frozen=True)
class Candidate:
    """Somebody who could be given a ticket: a member of the queue, or who stands in for one."""

    member: int
    """Number of the membership that it goes by."""
    person: int
    last_turn: int
    """Which giving of the queue went to this member last; 0: none yet."""
    load: int = 0
    """Open tickets with this person that wait on nobody."""
    instead_of: int | None = None
    """The absent member that this person stands in for."""


def first_of(rule: Rule, candidates: Sequence[Candidate]) -> Candidate | None:
    """Return whom `rule` chooses: the member longest without one, or the one with the least; None for nobody."""
    if rule is Rule.MANUAL or not candidates:
        return None
    if rule is Rule.IN_TURN:
        return min(candidates, key=lambda each: (each.last_turn, each.member))
    return min(candidates, key=lambda each: (each.load, each.last_turn, each.member))
