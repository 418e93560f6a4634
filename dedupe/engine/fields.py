"""The fields that are compared and the levels a comparison can reach."""

from __future__ import annotations

from enum import StrEnum


class Field(StrEnum):
    """One piece of evidence of a pair."""

    FIRST = "first"
    MIDDLE = "middle"
    LAST = "last"
    SUFFIX = "suffix"
    SSN = "ssn"
    SSN_PART = "ssn_part"
    DOB = "dob"
    SEX = "sex"
    RACE = "race"
    VETERAN = "veteran"
    HOUSEHOLD = "household"
    LOOKALIKE = "lookalike"


class Level(StrEnum):
    """How far two values agree. A field uses some of them; MISSING is no evidence either way."""

    MISSING = "missing"
    SAME = "same"
    SHORT_FORM = "short_form"
    SOUNDS_SAME = "sounds_same"
    NEARLY = "nearly"
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
    OVERLAP = "overlap"
    BOTH_YES = "both_yes"
    BOTH_NO = "both_no"
    SAME_ENTRY = "same_entry"
    MEMBERS_LINKED = "members_linked"
    MEMBERS_UNLINKED = "members_unlinked"
    BETTER_MATCH = "better_match"
    TWINS = "twins"
    NAMESAKES = "namesakes"
    SHARED_NUMBER = "shared_number"


class Kind(StrEnum):
    """What two records may be to each other: the classes of the model."""

    SAME = "same"
    UNRELATED = "unrelated"
    TWINS = "twins"
    NAMESAKES = "namesakes"
    SHARED_NUMBER = "shared_number"


# The place of each field in a pattern: what `compare` returns, one level a field.
FIELDS = (
    Field.FIRST,
    Field.MIDDLE,
    Field.LAST,
    Field.SUFFIX,
    Field.SSN,
    Field.SSN_PART,
    Field.DOB,
    Field.SEX,
    Field.RACE,
    Field.VETERAN,
    Field.HOUSEHOLD,
)
PLACE = {field: place for place, field in enumerate(FIELDS)}
LOOKALIKES = (Kind.TWINS, Kind.NAMESAKES, Kind.SHARED_NUMBER)

Pattern = tuple[Level, ...]
