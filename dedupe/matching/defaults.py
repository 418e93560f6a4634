"""What the engine knows before it has seen a store: how often each level comes in each kind of pair.

They are judgements about data typed in at shelters and day centres. For pairs of one person and for strangers a store
teaches better ones; what is said here counts as if it had been seen on a few pairs before.
"""

from __future__ import annotations

from collections.abc import Mapping

from dedupe.matching.fields import KINDS, LEVELS, Field, Kind, Level

Chances = Mapping[Level, tuple[float, ...]]
"""For each level how often it comes, by KINDS: same, unrelated, twins, namesakes, shared number, relatives."""

DEFAULTS: Mapping[Field, Chances] = {
    Field.FIRST: {
        Level.SAME_COMMON: (0.25, 0.0045, 0.001, 0.34, 0.004, 0.004),
        Level.SAME: (0.25, 0.0014, 0.0004, 0.32, 0.002, 0.002),
        Level.SAME_RARE: (0.25, 0.0001, 0.0002, 0.27, 0.0005, 0.0005),
        Level.SHORT_FORM: (0.05, 0.002, 0.003, 0.02, 0.004, 0.004),
        Level.SOUNDS_SAME: (0.02, 0.002, 0.02, 0.005, 0.004, 0.006),
        Level.NEARLY: (0.06, 0.004, 0.05, 0.015, 0.01, 0.015),
        Level.CLOSE: (0.01, 0.009, 0.03, 0.003, 0.01, 0.015),
        Level.PART: (0.02, 0.004, 0.02, 0.01, 0.01, 0.01),
        Level.INITIAL: (0.01, 0.003, 0.004, 0.006, 0.006, 0.004),
        Level.ELSEWHERE: (0.015, 0.002, 0.01, 0.003, 0.008, 0.006),
        Level.SWAPPED: (0.008, 0.0001, 0.00005, 0.006, 0.00005, 0.00005),
        Level.NEARLY_SWAPPED: (0.002, 0.00005, 0.00005, 0.001, 0.00005, 0.00005),
        Level.DIFFERENT: (0.045, 0.968, 0.86, 0.003, 0.94, 0.93),
    },
    Field.MIDDLE: {
        Level.SAME: (0.6, 0.015, 0.04, 0.35, 0.03, 0.03),
        Level.INITIAL: (0.3, 0.065, 0.08, 0.15, 0.07, 0.07),
        Level.DIFFERENT: (0.1, 0.92, 0.88, 0.5, 0.9, 0.9),
    },
    Field.LAST: {
        Level.SAME_COMMON: (0.25, 0.0007, 0.31, 0.31, 0.24, 0.22),
        Level.SAME: (0.25, 0.0002, 0.31, 0.31, 0.24, 0.22),
        Level.SAME_RARE: (0.25, 0.00003, 0.3, 0.3, 0.22, 0.2),
        Level.SHORT_FORM: (0.001, 0.0003, 0.0005, 0.0005, 0.0005, 0.0005),
        Level.SOUNDS_SAME: (0.02, 0.001, 0.01, 0.01, 0.01, 0.01),
        Level.NEARLY: (0.07, 0.002, 0.03, 0.03, 0.03, 0.03),
        Level.CLOSE: (0.01, 0.005, 0.005, 0.005, 0.005, 0.005),
        Level.PART: (0.04, 0.001, 0.02, 0.02, 0.04, 0.04),
        Level.INITIAL: (0.004, 0.001, 0.002, 0.002, 0.002, 0.002),
        Level.ELSEWHERE: (0.008, 0.001, 0.001, 0.001, 0.002, 0.002),
        Level.SWAPPED: (0.008, 0.00002, 0.003, 0.006, 0.003, 0.003),
        Level.NEARLY_SWAPPED: (0.002, 0.00003, 0.001, 0.001, 0.001, 0.001),
        Level.DIFFERENT: (0.08, 0.9886, 0.01, 0.005, 0.24, 0.27),
    },
    Field.SUFFIX: {
        Level.SAME: (0.45, 0.03, 0.1, 0.03, 0.05, 0.04),
        Level.ONE_ONLY: (0.53, 0.95, 0.88, 0.57, 0.9, 0.92),
        Level.DIFFERENT: (0.02, 0.02, 0.02, 0.4, 0.05, 0.04),
    },
    Field.SSN: {
        Level.SAME: (0.88, 0.0000005, 0.01, 0.01, 0.95, 0.004),
        Level.TRANSPOSED: (0.02, 0.000005, 0.003, 0.001, 0.01, 0.001),
        Level.DIGIT_DIFFERS: (0.04, 0.00002, 0.25, 0.005, 0.015, 0.01),
        Level.TWO_DIGITS: (0.008, 0.0003, 0.05, 0.005, 0.004, 0.03),
        Level.NEAR_SERIAL: (0.004, 0.00002, 0.25, 0.005, 0.002, 0.02),
        Level.DIFFERENT: (0.048, 0.99965, 0.437, 0.974, 0.019, 0.935),
        Level.PART_SAME: (0.93, 0.0002, 0.01, 0.01, 0.95, 0.01),
        Level.PART_DIGIT_DIFFERS: (0.03, 0.004, 0.4, 0.01, 0.02, 0.05),
        Level.PART_DIFFERENT: (0.04, 0.9958, 0.59, 0.98, 0.03, 0.94),
    },
    Field.DOB: {
        Level.SAME: (0.82, 0.00004, 0.93, 0.0005, 0.003, 0.001),
        Level.ROUGH_SAME: (0.02, 0.0002, 0.02, 0.001, 0.002, 0.001),
        Level.DAY_MONTH_SWAPPED: (0.01, 0.0001, 0.006, 0.0005, 0.0005, 0.0005),
        Level.DIGIT_DIFFERS: (0.045, 0.0015, 0.02, 0.003, 0.005, 0.005),
        Level.TWO_OF_THREE: (0.03, 0.003, 0.01, 0.003, 0.005, 0.006),
        Level.ABOUT_SAME: (0.04, 0.004, 0.01, 0.004, 0.008, 0.008),
        Level.YEAR_NEAR: (0.01, 0.07, 0.001, 0.01, 0.06, 0.24),
        Level.GENERATION: (0.01, 0.42, 0.001, 0.93, 0.68, 0.42),
        Level.DIFFERENT: (0.015, 0.501, 0.002, 0.048, 0.2365, 0.3185),
    },
    Field.SEX: {
        Level.SAME: (0.985, 0.52, 0.55, 0.98, 0.52, 0.5),
        Level.DIFFERENT: (0.015, 0.48, 0.45, 0.02, 0.48, 0.5),
    },
    Field.RACE: {
        Level.SAME: (0.86, 0.33, 0.88, 0.85, 0.82, 0.75),
        Level.OVERLAP: (0.07, 0.09, 0.07, 0.08, 0.1, 0.13),
        Level.DIFFERENT: (0.07, 0.58, 0.05, 0.07, 0.08, 0.12),
    },
    Field.VETERAN: {
        Level.BOTH_YES: (0.07, 0.008, 0.005, 0.02, 0.005, 0.01),
        Level.BOTH_NO: (0.91, 0.85, 0.97, 0.85, 0.93, 0.91),
        Level.DIFFERENT: (0.02, 0.142, 0.025, 0.13, 0.065, 0.08),
    },
    # Strangers hardly ever share a household. What stands under "unrelated" is the chance among people who look like
    # one person, so that one household counts against a match.
    Field.HOUSEHOLD: {
        Level.SAME_ENTRY: (0.01, 0.02, 0.75, 0.45, 0.7, 0.7),
        Level.MEMBERS_LINKED: (0.55, 0.02, 0.15, 0.3, 0.2, 0.25),
        Level.MEMBERS_UNLINKED: (0.43, 0.9, 0.04, 0.15, 0.05, 0.03),
        Level.BETTER_MATCH: (0.01, 0.06, 0.06, 0.1, 0.05, 0.02),
    },
    Field.PROJECT: {
        Level.SAME_PROJECT: (0.35, 0.04, 0.5, 0.35, 0.5, 0.5),
        Level.OTHER_PROJECTS: (0.65, 0.96, 0.5, 0.65, 0.5, 0.5),
    },
}

PAIRS_PER_RECORD: Mapping[Kind, float] = {
    Kind.SAME: 0.15,
    Kind.TWINS: 0.008,
    Kind.NAMESAKES: 0.01,
    Kind.SHARED_NUMBER: 0.008,
    Kind.RELATIVES: 0.5,
}
"""How many pairs of each kind there are for every record of a store."""
PRIOR_RANGE: Mapping[Kind, float] = {
    Kind.SAME: 20.0,
    Kind.TWINS: 6.0,
    Kind.NAMESAKES: 6.0,
    Kind.SHARED_NUMBER: 6.0,
    Kind.RELATIVES: 8.0,
}
"""So many times more or fewer than that may be learned."""
USUAL_RECORDS = 10_000
"""The size of store the shares are for when two records are compared without a store around them."""

MOST_BITS: Mapping[Field, tuple[float, float]] = {
    Field.FIRST: (-7.0, 13.0),
    Field.MIDDLE: (-3.5, 6.0),
    Field.LAST: (-7.0, 15.0),
    Field.SUFFIX: (-4.0, 4.5),
    Field.SSN: (-6.5, 20.0),
    Field.DOB: (-7.5, 14.5),
    Field.SEX: (-5.5, 1.2),
    Field.RACE: (-3.5, 2.5),
    Field.VETERAN: (-3.0, 3.5),
    Field.HOUSEHOLD: (-6.0, 5.0),
    Field.PROJECT: (-1.5, 3.5),
}
"""No single field decides alone, for or against, whatever was learned."""


def check() -> None:
    """Raise ValueError when a level has no chances, or a field's chances in a kind are not positive."""
    for field, levels in DEFAULTS.items():
        if set(levels) != set(LEVELS[field][1:]) or any(len(row) != len(KINDS) for row in levels.values()):
            raise ValueError(f"The chances of {field} do not fit its levels.")


def default_priors(records: int) -> dict[Kind, float]:
    """Give the share of each kind among all pairs of a store with this many records; they add up to 1."""
    size = max(records, 20)
    priors = {kind: min(2 * rate / (size - 1), 0.05) for kind, rate in PAIRS_PER_RECORD.items()}
    priors[Kind.UNRELATED] = 1 - sum(priors.values())
    return priors
