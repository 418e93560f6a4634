"""The fields that are compared, the levels a comparison can reach, and what two records may be to each other.

In arrays a level is its place in LEVELS of its field, 0 for MISSING: no evidence either way.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Field(StrEnum):
    """One piece of evidence of a pair."""

    FIRST = "first"
    MIDDLE = "middle"
    LAST = "last"
    SUFFIX = "suffix"
    SSN = "ssn"
    DOB = "dob"
    SEX = "sex"
    RACE = "race"
    VETERAN = "veteran"
    HOUSEHOLD = "household"
    PROJECT = "project"
    LOOKALIKE = "lookalike"
    OTHERS = "others"


class Level(StrEnum):
    """How far two values agree. A field uses some of them."""

    MISSING = "missing"
    SAME = "same"
    SAME_COMMON = "same_common"
    SAME_RARE = "same_rare"
    SHORT_FORM = "short_form"
    SOUNDS_SAME = "sounds_same"
    NEARLY = "nearly"
    CLOSE = "close"
    PART = "part"
    INITIAL = "initial"
    ELSEWHERE = "elsewhere"
    SWAPPED = "swapped"
    NEARLY_SWAPPED = "nearly_swapped"
    DIFFERENT = "different"
    ONE_ONLY = "one_only"
    ROUGH_SAME = "rough_same"
    DAY_MONTH_SWAPPED = "day_month_swapped"
    DIGIT_DIFFERS = "digit_differs"
    TWO_OF_THREE = "two_of_three"
    ABOUT_SAME = "about_same"
    YEAR_NEAR = "year_near"
    GENERATION = "generation"
    TRANSPOSED = "transposed"
    NEAR_SERIAL = "near_serial"
    TWO_DIGITS = "two_digits"
    PART_SAME = "part_same"
    PART_DIGIT_DIFFERS = "part_digit_differs"
    PART_DIFFERENT = "part_different"
    OVERLAP = "overlap"
    BOTH_YES = "both_yes"
    BOTH_NO = "both_no"
    SAME_ENTRY = "same_entry"
    MEMBERS_LINKED = "members_linked"
    MEMBERS_UNLINKED = "members_unlinked"
    BETTER_MATCH = "better_match"
    SAME_PROJECT = "same_project"
    OTHER_PROJECTS = "other_projects"
    TWINS = "twins"
    NAMESAKES = "namesakes"
    SHARED_NUMBER = "shared_number"
    RELATIVES = "relatives"
    THIRD_RECORD = "third_record"


class Kind(StrEnum):
    """What two records may be to each other: the classes of the model."""

    SAME = "same"
    UNRELATED = "unrelated"
    TWINS = "twins"
    NAMESAKES = "namesakes"
    SHARED_NUMBER = "shared_number"
    RELATIVES = "relatives"


KINDS = tuple(Kind)
LOOKALIKES = (Kind.TWINS, Kind.NAMESAKES, Kind.SHARED_NUMBER, Kind.RELATIVES)

_NAME = (
    Level.MISSING, Level.SAME_COMMON, Level.SAME, Level.SAME_RARE, Level.SHORT_FORM, Level.SOUNDS_SAME, Level.NEARLY,
    Level.CLOSE, Level.PART, Level.INITIAL, Level.ELSEWHERE, Level.SWAPPED, Level.NEARLY_SWAPPED, Level.DIFFERENT,
)  # fmt: skip
LEVELS: dict[Field, tuple[Level, ...]] = {
    Field.FIRST: _NAME,
    Field.MIDDLE: (Level.MISSING, Level.SAME, Level.INITIAL, Level.DIFFERENT),
    Field.LAST: _NAME,
    Field.SUFFIX: (Level.MISSING, Level.SAME, Level.ONE_ONLY, Level.DIFFERENT),
    Field.SSN: (
        Level.MISSING, Level.SAME, Level.TRANSPOSED, Level.DIGIT_DIFFERS, Level.TWO_DIGITS, Level.NEAR_SERIAL,
        Level.DIFFERENT, Level.PART_SAME, Level.PART_DIGIT_DIFFERS, Level.PART_DIFFERENT,
    ),
    Field.DOB: (
        Level.MISSING, Level.SAME, Level.ROUGH_SAME, Level.DAY_MONTH_SWAPPED, Level.DIGIT_DIFFERS, Level.TWO_OF_THREE,
        Level.ABOUT_SAME, Level.YEAR_NEAR, Level.GENERATION, Level.DIFFERENT,
    ),
    Field.SEX: (Level.MISSING, Level.SAME, Level.DIFFERENT),
    Field.RACE: (Level.MISSING, Level.SAME, Level.OVERLAP, Level.DIFFERENT),
    Field.VETERAN: (Level.MISSING, Level.BOTH_YES, Level.BOTH_NO, Level.DIFFERENT),
    Field.HOUSEHOLD: (
        Level.MISSING, Level.SAME_ENTRY, Level.MEMBERS_LINKED, Level.MEMBERS_UNLINKED, Level.BETTER_MATCH,
    ),
    Field.PROJECT: (Level.MISSING, Level.SAME_PROJECT, Level.OTHER_PROJECTS),
}  # fmt: skip
CODE: dict[Field, dict[Level, int]] = {
    field: {level: place for place, level in enumerate(levels)} for field, levels in LEVELS.items()
}


def are_among(codes: NDArray[Any], wanted: Sequence[int]) -> NDArray[np.bool_]:
    """Say which codes are among some. A look in a table: for a few pairs `np.isin` takes ten times as long."""
    found: NDArray[np.bool_] = _table(tuple(wanted))[codes]
    return found


@cache
def _table(codes: tuple[int, ...]) -> NDArray[np.bool_]:
    table = np.zeros(max(map(len, LEVELS.values())), dtype=np.bool_)
    table[list(codes)] = True
    return table


COMPARED = (
    Field.FIRST, Field.MIDDLE, Field.LAST, Field.SUFFIX, Field.SSN, Field.DOB, Field.SEX, Field.RACE, Field.VETERAN,
)  # fmt: skip
"""The fields of a pattern: what two records say by themselves."""
AROUND = (Field.HOUSEHOLD, Field.PROJECT)
"""The fields that speak of the people and the projects around them."""

#: Levels among which the chances add up to one. What is known in part is told apart from what is known in full.
GROUPS: dict[Field, tuple[tuple[Level, ...], ...]] = {
    field: (tuple(levels[1:]),) for field, levels in LEVELS.items()
} | {Field.SSN: (LEVELS[Field.SSN][1:7], LEVELS[Field.SSN][7:])}
