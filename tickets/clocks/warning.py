"""Warnings: when somebody is to be told that a goal is close, or was passed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tickets.clocks.engine import Aim, Clocks
from tickets.clocks.rules import Policy, Step


@dataclass(frozen=True, slots=True)
class Warned:
    """A step of a policy, for one clock of a ticket. `round` counts the replies that were awaited before."""

    at: datetime
    aim: Aim
    round: int
    step: Step

    @property
    def key(self) -> str:
        """The name under which a ticket remembers that it was given."""
        return f"{self.aim.value}{self.round}{self.step.key}"


def warnings_of(clocks: Clocks, policy: Policy) -> list[Warned]:
    """Return the warnings of the clocks that run now, the earliest first.

    A clock at rest warns nobody, and none warns of a goal before it has begun to run: so much was not promised.
    """
    numbered = [*enumerate((clocks.first, *clocks.later)), (0, clocks.solution)]
    found = [
        Warned(clock.calendar.add(clock.due_at, timedelta(minutes=step.minutes)), clock.aim, number, step)
        for number, clock in numbered
        if clock.runs and clock.due_at is not None
        for step in policy.steps
        if clock.target + timedelta(minutes=step.minutes) > timedelta()
    ]
    return sorted(found, key=lambda warning: (warning.at, warning.step.minutes))
