"""Tallies: what is counted of a number of tickets, in a form that adds up. Pure functions and values."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

Spread = dict[int, int]
"""How often each length came up, in minutes as `rounded` gives them."""

_STEPS = ((30, 1), (240, 5), (540, 15), (5_400, 60))
_COARSEST = 270


def rounded(minutes: int) -> int:
    """Return a length as it is shown: exact below half an hour, then by 5 and 15 minutes, hours, half office days.

    Longer ones never come out below shorter ones, so a percentile of rounded lengths is the rounded percentile.
    """
    step = next((step for below, step in _STEPS if minutes < below), _COARSEST)
    return (minutes + step // 2) // step * step


@dataclass
class Tally:
    """What is counted of some tickets: those that came, those that were resolved, and how their clocks did."""

    opened: int = 0
    resolved: int = 0
    reopened: int = 0
    """Of those that came: how many were resolved and came back."""
    reply_met: int = 0
    reply_missed: int = 0
    solution_met: int = 0
    solution_missed: int = 0
    rated_good: int = 0
    rated_fair: int = 0
    rated_bad: int = 0
    replies: Spread = field(default_factory=dict)
    solutions: Spread = field(default_factory=dict)

    def open_one(self, *, reopened: bool, took: int | None, met: bool | None) -> None:
        """Count a ticket that came, with how its first reply did."""
        self.opened += 1
        self.reopened += reopened
        if took is not None:
            self.reply_met += bool(met)
            self.reply_missed += not met
            _put(self.replies, rounded(took), 1)

    def resolve_one(self, *, took: int | None, met: bool | None, rating: str | None = None) -> None:
        """Count a ticket that was resolved, with how that did and what its requester said."""
        self.resolved += 1
        self.rated_good += rating == "good"
        self.rated_fair += rating == "fair"
        self.rated_bad += rating == "bad"
        if took is not None:
            self.solution_met += bool(met)
            self.solution_missed += not met
            _put(self.solutions, rounded(took), 1)

    def add(self, other: "Tally") -> None:
        """Count what `other` counted, too."""
        self.opened += other.opened
        self.resolved += other.resolved
        self.reopened += other.reopened
        self.reply_met += other.reply_met
        self.reply_missed += other.reply_missed
        self.solution_met += other.solution_met
        self.solution_missed += other.solution_missed
        self.rated_good += other.rated_good
        self.rated_fair += other.rated_fair
        self.rated_bad += other.rated_bad
        for mine, theirs in ((self.replies, other.replies), (self.solutions, other.solutions)):
            for minutes, times in theirs.items():
                mine[minutes] = mine.get(minutes, 0) + times

    def written(self) -> list[Any]:
        """Return it fit for JSON."""
        spreads = (self.replies, self.solutions)
        flat = ([number for pair in one.items() for number in pair] for one in spreads)
        return [*(getattr(self, name) for name in _COUNTS), *flat]

    @property
    def reply_share(self) -> int | None:
        """Percent of first replies in time; None without any."""
        return share(self.reply_met, self.reply_missed)

    @property
    def solution_share(self) -> int | None:
        """Percent of solutions in time; None without any."""
        return share(self.solution_met, self.solution_missed)

    @property
    def rated(self) -> int:
        """How many said how it went."""
        return self.rated_good + self.rated_fair + self.rated_bad

    @property
    def good_share(self) -> int | None:
        """Percent of those who said so that were content; None where so few did that one could tell who."""
        return share(self.rated_good, self.rated_fair + self.rated_bad) if self.rated >= FEW else None


FEW = 5
"""Fewer answers than that are not shown: they would tell what single people said."""
_COUNTS = (
    "opened", "resolved", "reopened", "reply_met", "reply_missed", "solution_met", "solution_missed",
    "rated_good", "rated_fair", "rated_bad",
)  # fmt: skip


def read(written: list[Any]) -> Tally:
    """Return what `written` gave."""
    *counts, replies, solutions = written
    spreads = (dict(zip(one[::2], one[1::2], strict=True)) for one in (replies, solutions))
    return Tally(*counts, *spreads)


def total(tallies: Iterable[Tally]) -> Tally:
    """Return the sum of `tallies`."""
    summed = Tally()
    for tally in tallies:
        summed.add(tally)
    return summed


def percentile(spread: Spread, percent: int) -> int | None:
    """Return the shortest length within which `percent` of all lie; None without any."""
    rank = -(-sum(spread.values()) * percent // 100)
    for minutes in sorted(spread):
        rank -= spread[minutes]
        if rank <= 0:
            return minutes
    return None


def share(met: int, missed: int) -> int | None:
    """Return how many percent were met, rounded down: 100 % are all of them; None without any."""
    return met * 100 // (met + missed) if met + missed else None


def _put(spread: Spread, minutes: int, times: int) -> None:
    spread[minutes] = spread.get(minutes, 0) + times
