"""The weights the engine starts from, and stays with where the data cannot teach better ones.

Each row tells how often a level is seen when the field is known on both records: among pairs of one person, among
unrelated people, among twins, among namesakes of two generations (Jr and Sr) and among relatives who use one social
security number. They are judgements of this project about data typed in at shelters and day centres; `learning`
replaces the first two columns by what the store itself shows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter

from dedupe.engine.fields import LOOKALIKES, Field, Kind, Level


@dataclass(frozen=True, slots=True)
class Chances:
    """How often one level is seen in each class of pairs, between 0 and 1."""

    same: float
    unrelated: float
    twins: float
    namesakes: float
    shared_number: float

    def of(self, kind: Kind) -> float:
        """Give the chance in one class."""
        return _CLASSES[kind](self)


_CLASSES: Mapping[Kind, Callable[[Chances], float]] = {
    Kind.SAME: attrgetter("same"),
    Kind.UNRELATED: attrgetter("unrelated"),
    Kind.TWINS: attrgetter("twins"),
    Kind.NAMESAKES: attrgetter("namesakes"),
    Kind.SHARED_NUMBER: attrgetter("shared_number"),
}

Table = Mapping[Field, Mapping[Level, Chances]]

# Swapped names stand twice, under the first and the last name: strangers of one name are as often swapped as the same
# person is, so that a swap says as much as the names say, and no more.
DEFAULTS: Table = {
    Field.FIRST: {
        Level.SAME: Chances(0.73, 0.006, 0.0006, 0.925, 0.005),
        Level.SHORT_FORM: Chances(0.05, 0.002, 0.004, 0.03, 0.005),
        Level.SOUNDS_SAME: Chances(0.035, 0.0015, 0.03, 0.005, 0.005),
        Level.NEARLY: Chances(0.05, 0.008, 0.08, 0.005, 0.02),
        Level.PART: Chances(0.03, 0.004, 0.04, 0.01, 0.02),
        Level.INITIAL: Chances(0.02, 0.003, 0.005, 0.01, 0.01),
        Level.ELSEWHERE: Chances(0.03, 0.0025, 0.02, 0.005, 0.01),
        Level.SWAPPED: Chances(0.01, 0.00006, 0.0001, 0.01, 0.0001),
        Level.NEARLY_SWAPPED: Chances(0.002, 0.00006, 0.0001, 0.002, 0.0001),
        Level.DIFFERENT: Chances(0.04, 0.9714, 0.8202, 0.0038, 0.9197),
    },
    Field.MIDDLE: {
        Level.SAME: Chances(0.7, 0.012, 0.06, 0.45, 0.03),
        Level.INITIAL: Chances(0.2, 0.065, 0.1, 0.1, 0.07),
        Level.DIFFERENT: Chances(0.1, 0.923, 0.84, 0.45, 0.9),
    },
    Field.LAST: {
        Level.SAME: Chances(0.77, 0.0015, 0.95, 0.96, 0.7),
        Level.SOUNDS_SAME: Chances(0.03, 0.0008, 0.01, 0.01, 0.01),
        Level.NEARLY: Chances(0.06, 0.003, 0.02, 0.01, 0.02),
        Level.PART: Chances(0.04, 0.002, 0.01, 0.01, 0.05),
        Level.INITIAL: Chances(0.008, 0.003, 0.004, 0.004, 0.004),
        Level.ELSEWHERE: Chances(0.01, 0.0015, 0.001, 0.001, 0.002),
        Level.SWAPPED: Chances(0.01, 0.000015, 0.01, 0.01, 0.01),
        Level.NEARLY_SWAPPED: Chances(0.002, 0.00002, 0.002, 0.002, 0.002),
        Level.DIFFERENT: Chances(0.07, 0.988, 0.005, 0.004, 0.213),
    },
    Field.SUFFIX: {
        Level.SAME: Chances(0.55, 0.03, 0.3, 0.05, 0.05),
        Level.ONE_ONLY: Chances(0.445, 0.95, 0.68, 0.6, 0.9),
        Level.DIFFERENT: Chances(0.005, 0.02, 0.02, 0.35, 0.05),
    },
    Field.SSN: {
        Level.SAME: Chances(0.87, 0.000002, 0.01, 0.02, 0.96),
        Level.NEAR_SERIAL: Chances(0.008, 0.00002, 0.4, 0.002, 0.002),
        Level.TRANSPOSED: Chances(0.02, 0.000005, 0.002, 0.001, 0.005),
        Level.DIGIT_DIFFERS: Chances(0.04, 0.00002, 0.01, 0.002, 0.01),
        Level.TWO_DIGITS: Chances(0.012, 0.0002, 0.03, 0.002, 0.003),
        Level.DIFFERENT: Chances(0.05, 0.999753, 0.546, 0.973, 0.02),
    },
    Field.SSN_PART: {
        Level.SAME: Chances(0.93, 0.0002, 0.01, 0.02, 0.96),
        Level.DIGIT_DIFFERS: Chances(0.03, 0.004, 0.4, 0.01, 0.02),
        Level.DIFFERENT: Chances(0.04, 0.9958, 0.59, 0.97, 0.02),
    },
    Field.DOB: {
        Level.SAME: Chances(0.8, 0.00006, 0.955, 0.0003, 0.002),
        Level.ROUGH_SAME: Chances(0.03, 0.0001, 0.02, 0.001, 0.001),
        Level.DAY_MONTH_SWAPPED: Chances(0.012, 0.00015, 0.003, 0.001, 0.001),
        Level.DIGIT_DIFFERS: Chances(0.055, 0.002, 0.01, 0.004, 0.004),
        Level.TWO_OF_THREE: Chances(0.03, 0.006, 0.004, 0.004, 0.01),
        Level.ABOUT_SAME: Chances(0.035, 0.004, 0.002, 0.002, 0.002),
        Level.YEAR_NEAR: Chances(0.012, 0.06, 0.0005, 0.005, 0.04),
        Level.GENERATION: Chances(0.008, 0.4, 0.0002, 0.9, 0.62),
        Level.DIFFERENT: Chances(0.018, 0.52769, 0.0003, 0.08, 0.311),
    },
    Field.SEX: {
        Level.SAME: Chances(0.985, 0.52, 0.68, 0.99, 0.55),
        Level.DIFFERENT: Chances(0.015, 0.48, 0.32, 0.01, 0.45),
    },
    Field.RACE: {
        Level.SAME: Chances(0.88, 0.38, 0.93, 0.88, 0.85),
        Level.OVERLAP: Chances(0.07, 0.12, 0.05, 0.08, 0.1),
        Level.DIFFERENT: Chances(0.05, 0.5, 0.02, 0.04, 0.05),
    },
    Field.VETERAN: {
        Level.BOTH_YES: Chances(0.07, 0.01, 0.02, 0.05, 0.005),
        Level.BOTH_NO: Chances(0.91, 0.82, 0.93, 0.8, 0.9),
        Level.DIFFERENT: Chances(0.02, 0.17, 0.05, 0.15, 0.095),
    },
    # Strangers hardly ever share a household, relatives do all the time. What stands under "unrelated" is therefore
    # the chance among people who look like the same person, so that one household counts against a match.
    Field.HOUSEHOLD: {
        Level.SAME_ENTRY: Chances(0.006, 0.1, 0.55, 0.4, 0.5),
        Level.MEMBERS_LINKED: Chances(0.45, 0.04, 0.15, 0.3, 0.2),
        Level.MEMBERS_UNLINKED: Chances(0.534, 0.7, 0.05, 0.15, 0.1),
        Level.BETTER_MATCH: Chances(0.01, 0.16, 0.25, 0.15, 0.2),
    },
}

# How many pairs of each kind there are for every record of a store.
PAIRS_PER_RECORD: Mapping[Kind, float] = {
    Kind.SAME: 0.15,
    Kind.TWINS: 0.008,
    Kind.NAMESAKES: 0.004,
    Kind.SHARED_NUMBER: 0.003,
}
# The size of store the prior is for when two records are scored without a store around them.
USUAL_RECORDS = 10_000


def default_priors(records: int) -> dict[Kind, float]:
    """Give the share of each kind among all pairs of a store with this many records; they add up to 1."""
    size = max(records, 20)
    priors = {kind: min(2 * rate / (size - 1), 0.05) for kind, rate in PAIRS_PER_RECORD.items()}
    priors[Kind.UNRELATED] = 1 - sum(priors.values())
    return priors


LOOKALIKE_LEVELS: Mapping[Kind, Level] = dict(
    zip(LOOKALIKES, (Level.TWINS, Level.NAMESAKES, Level.SHARED_NUMBER), strict=True)
)
