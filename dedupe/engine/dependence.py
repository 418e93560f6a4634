"""What strangers who agree on a name have in common anyway.

Fields of strangers do not agree independently: two strangers called Maria are both women, two called Nguyen share
their ethnicity, and who is called Nguyen is more likely to be called Tuan. Counting such agreements in full would
make strangers of one name look like one person.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeVar

from dedupe.engine.compare import compare_races, level_of
from dedupe.engine.fields import Field, Level, Pattern
from dedupe.engine.prepare import Prepared

T = TypeVar("T", bound=Hashable)

# How many counted pairs the built-in chances are worth.
_WEIGHT = 500
_SURPLUS_WEIGHT = 40
_MOST_SURPLUS = 24.0
_AGREEING = frozenset(
    {
        Level.SAME,
        Level.SHORT_FORM,
        Level.SOUNDS_SAME,
        Level.NEARLY,
        Level.PART,
        Level.SWAPPED,
        Level.NEARLY_SWAPPED,
    }
)
_TWO_DATES = (Level.GENERATION, Level.DIFFERENT)


@dataclass(frozen=True, slots=True)
class Dependence:
    """How names of strangers draw other fields along.

    `full_name` tells how many times more often strangers share their last name once their first names agree;
    `sex` and `race` give the chances of each level among strangers whose first or last names agree.
    """

    full_name: float
    sex: Mapping[Level, float]
    race: Mapping[Level, float]

    def unrelated(self, pattern: Pattern, field: Field, level: Level, usual: float) -> float:
        """Give the chance of a level among strangers who agree on names as a pattern does; `usual` if they do not."""
        if field is Field.SEX and level_of(pattern, Field.FIRST) in _AGREEING:
            return self.sex[level]
        if level_of(pattern, Field.LAST) not in _AGREEING:
            return usual
        if field is Field.RACE:
            return self.race[level]
        if field is Field.LAST and level_of(pattern, Field.FIRST) in _AGREEING:
            return usual * self.full_name
        return usual


USUAL_DEPENDENCE = Dependence(
    full_name=2.0,
    sex={Level.SAME: 0.96, Level.DIFFERENT: 0.04},
    race={Level.SAME: 0.5, Level.OVERLAP: 0.12, Level.DIFFERENT: 0.38},
)


def _mixed(counted: Mapping[Level, float], usual: Mapping[Level, float]) -> dict[Level, float]:
    total = sum(counted.values()) + _WEIGHT
    return {level: (counted.get(level, 0.0) + _WEIGHT * chance) / total for level, chance in usual.items()}


def _pairs_within(groups: Iterable[Counter[T]], compare: Callable[[T, T], Level]) -> dict[Level, float]:
    """Count, over all pairs of records of one group, how often each level comes; groups hold values with counts."""
    counted: dict[Level, float] = defaultdict(float)
    for group in groups:
        for count in group.values():
            counted[Level.SAME] += count * (count - 1) / 2
        for (one, ones), (other, others) in combinations(group.items(), 2):
            counted[compare(one, other)] += ones * others
    return counted


def _compare_sexes(one: int, other: int) -> Level:
    return Level.SAME if one == other else Level.DIFFERENT


def _surplus(patterns: Sequence[Pattern], expected: float, mistaken: float) -> float:
    """Compare how many strangers share their full name with how many would by chance.

    Strangers are told by birth dates that cannot be one date typed wrong; `mistaken` pairs of those are expected to
    be one person or relatives all the same.
    """
    seen = sum(
        level_of(pattern, Field.FIRST) is level_of(pattern, Field.LAST) is Level.SAME
        and level_of(pattern, Field.DOB) in _TWO_DATES
        for pattern in patterns
    )
    surplus = (max(seen - mistaken, 0.0) + _SURPLUS_WEIGHT * USUAL_DEPENDENCE.full_name) / (expected + _SURPLUS_WEIGHT)
    return min(max(surplus, 1.0), _MOST_SURPLUS)


def learn_dependence(
    people: Sequence[Prepared], patterns: Sequence[Pattern], by_chance: float, mistaken: float
) -> Dependence:
    """Learn from a store how names draw other fields along.

    `by_chance` is the number of pairs expected to share their full name and differ in birth date if names were drawn
    independently, `mistaken` the number of such pairs that are no strangers.
    """
    sexes: dict[str, Counter[int]] = defaultdict(Counter)
    races: dict[str, Counter[frozenset[int | str]]] = defaultdict(Counter)
    for person in people:
        if person.first and person.sex is not None:
            sexes[person.first.joined][person.sex] += 1
        if person.last and person.races:
            races[person.last.joined][person.races] += 1
    return Dependence(
        full_name=_surplus(patterns, by_chance, mistaken),
        sex=_mixed(_pairs_within(sexes.values(), _compare_sexes), USUAL_DEPENDENCE.sex),
        race=_mixed(_pairs_within(races.values(), compare_races), USUAL_DEPENDENCE.race),
    )
