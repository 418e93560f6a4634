"""Evidence from the people around a client: do the other members of both households match each other?

Families come again as a whole, so a child's two records gain from the mother's two records. Members of one
household, on the other hand, are several people: `compare` marks those as SAME_ENTRY.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from dedupe.engine.defaults import Chances, Table
from dedupe.engine.fields import Field, Level
from dedupe.engine.prepare import Prepared

_PAIR_WEIGHT = 60.0  # how many pairs the built-in chances are worth
# The odds that household evidence may be worth, whatever a store shows.
_ODDS = {
    Level.MEMBERS_LINKED: (2.0, 24.0),
    Level.MEMBERS_UNLINKED: (0.35, 0.9),
    Level.BETTER_MATCH: (0.02, 0.2),
}

# By so many bits another member must match better before a pair is taken for relatives.
_CLEARLY_BETTER = 4.0
# Pairs with such log2 odds, judged without their households, count as evidence for the rest of the family (95 %).
_CONFIDENT_BITS = 4.25

Others = list[frozenset[int]]


class Likely:
    """The weights of the pairs of a scan, judged without their households, to be looked up by person."""

    def __init__(self, weights: Iterable[tuple[int, int, float]]) -> None:
        self._weights: dict[int, dict[int, float]] = {}
        for one, other, weight in weights:
            self._weights.setdefault(one, {})[other] = weight
            self._weights.setdefault(other, {})[one] = weight

    def weight(self, one: int, other: int) -> float:
        """Give the log2 odds of a pair of the scan."""
        return self._weights[one][other]

    def confident(self, person: int) -> list[int]:
        """List those who are very likely this person."""
        return [other for other, weight in self._weights.get(person, {}).items() if weight >= _CONFIDENT_BITS]

    def is_beaten(self, person: int, rivals: Iterable[int], weight: float) -> bool:
        """Say whether one of the rivals is more likely than not this person, and clearly more so than `weight`."""
        known = self._weights[person]
        needed = max(0.0, weight + _CLEARLY_BETTER)
        return any(known[rival] >= needed for rival in rivals if rival in known)


def others_of(people: Sequence[Prepared]) -> Others:
    """Give for every person, by place, the places of those who shared a household with them."""
    members: dict[str, set[int]] = {}
    for place, person in enumerate(people):
        for key in person.households:
            members.setdefault(key, set()).add(place)
    families = {key: places for key, places in members.items() if len(places) > 1}
    nobody: frozenset[int] = frozenset()
    return [
        frozenset().union(*(families.get(key, nobody) for key in person.households)) - {place}
        for place, person in enumerate(people)
    ]


def household_level(one: int, other: int, others: Others, likely: Likely) -> Level:
    """Compare the households of two people who never entered together.

    Whoever entered with one of them is another person; if that person is by far the better match for the other one,
    these two are relatives. Someone who is in both households counts as a match of the households.
    """
    left, right = others[one], others[other]
    if not left or not right:
        return Level.MISSING
    weight = likely.weight(one, other)
    if likely.is_beaten(one, right, weight) or likely.is_beaten(other, left, weight):
        return Level.BETTER_MATCH
    met = not left.isdisjoint(right) or any(not right.isdisjoint(likely.confident(member)) for member in left)
    return Level.MEMBERS_LINKED if met else Level.MEMBERS_UNLINKED


@dataclass(slots=True)
class HouseholdCounts:
    """How often household evidence was seen on pairs that are the same person anyway, and on others."""

    same: dict[Level, float]
    unrelated: dict[Level, float]

    @classmethod
    def empty(cls) -> HouseholdCounts:
        """Start with nothing seen."""
        return cls(dict.fromkeys(_ODDS, 0.0), dict.fromkeys(_ODDS, 0.0))

    def add(self, level: Level, probability: float) -> None:
        """Count one pair whose probability was worked out without its household."""
        if level in _ODDS:
            self.same[level] += probability
            self.unrelated[level] += 1 - probability


def learn_households(table: Table, counts: HouseholdCounts) -> Table:
    """Give the table with household chances as the store shows them, within bounds."""
    levels = dict(table[Field.HOUSEHOLD])
    for level, (low, high) in _ODDS.items():
        levels[level] = _learned(levels[level], level, counts, low, high)
    return {**table, Field.HOUSEHOLD: levels}


def _learned(built_in: Chances, level: Level, counts: HouseholdCounts, low: float, high: float) -> Chances:
    def mixed(seen: Mapping[Level, float], usual: float) -> float:
        return (seen[level] + _PAIR_WEIGHT * usual) / (sum(seen.values()) + _PAIR_WEIGHT)

    same, unrelated = mixed(counts.same, built_in.same), mixed(counts.unrelated, built_in.unrelated)
    odds = min(max(same / unrelated, low), high)
    if odds < 1:
        return replace(built_in, same=odds * unrelated, unrelated=unrelated)
    return replace(built_in, same=same, unrelated=same / odds)
