"""Say in plain words why a pair has its score.

The words never hold a value of a client: "1 digit differs", not which.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from dedupe.engine.diffs import percent_alike
from dedupe.engine.fields import Field, Level
from dedupe.engine.prepare import Prepared
from dedupe.engine.scoring import Contribution

VERY_LIKELY, LIKELY, POSSIBLY, UNLIKELY = 90, 75, 50, 0


@dataclass(frozen=True, slots=True)
class Part:
    """One reason of a score: "SSN last four" + "same" + 40 points. `weight_bits` is the evidence behind the points."""

    field: Field
    level: Level
    title: str
    words: str
    weight_bits: float
    points: int

    @property
    def label(self) -> str:
        """Give the reason in plain words: "Last name 98% alike"."""
        return f"{self.title} {self.words}"


_TITLES = {
    Field.FIRST: "First name",
    Field.MIDDLE: "Middle name",
    Field.LAST: "Last name",
    Field.SUFFIX: "Name suffix",
    Field.SSN: "SSN",
    Field.SSN_PART: "SSN",
    Field.DOB: "Birth date",
    Field.SEX: "Sex",
    Field.RACE: "Race and ethnicity",
    Field.VETERAN: "Veteran status",
    Field.HOUSEHOLD: "Household",
    Field.LOOKALIKE: "Look-alikes",
}
_WORDS = {
    Level.SAME: "same",
    Level.SHORT_FORM: "is a short form or variant",
    Level.SOUNDS_SAME: "sounds the same",
    Level.PART: "same in part",
    Level.INITIAL: "starts with the same letter",
    Level.SWAPPED: "swapped with the other name",
    Level.NEARLY_SWAPPED: "nearly the same, swapped with the other name",
    Level.DIFFERENT: "different",
    Level.ONE_ONLY: "on one record only",
    Level.ROUGH_SAME: "same, but only estimated",
    Level.DAY_MONTH_SWAPPED: "day and month swapped",
    Level.DIGIT_DIFFERS: "1 digit differs",
    Level.TWO_OF_THREE: "two of day, month and year same",
    Level.ABOUT_SAME: "about the same, one is estimated",
    Level.YEAR_NEAR: "different, at most two years apart",
    Level.GENERATION: "a generation apart",
    Level.TRANSPOSED: "two digits transposed",
    Level.NEAR_SERIAL: "a few numbers apart",
    Level.TWO_DIGITS: "2 digits differ",
    Level.OVERLAP: "same in part",
    Level.BOTH_YES: "yes on both",
    Level.BOTH_NO: "no on both",
    Level.SAME_ENTRY: "both entered it together",
    Level.MEMBERS_LINKED: "other members match too",
    Level.MEMBERS_UNLINKED: "no other member matches",
    Level.BETTER_MATCH: "another member is the better match",
    Level.TWINS: "twins would agree as much",
    Level.NAMESAKES: "relatives of one name would agree as much",
    Level.SHARED_NUMBER: "relatives using one SSN would agree as much",
}


def band_of(score: int) -> str:
    """Say in words what a score means."""
    if score >= VERY_LIKELY:
        return "Very likely the same person"
    if score >= LIKELY:
        return "Likely the same person"
    return "Possibly the same person" if score >= POSSIBLY else "Probably not the same person"


def _raw_names(field: Field, one: Prepared, other: Prepared) -> tuple[str, str]:
    left, right = one.source, other.source
    if field is Field.FIRST:
        return left.first or "", right.first or ""
    if field is Field.LAST:
        return left.last or "", right.last or ""
    return left.middle or "", right.middle or ""


def _name_words(field: Field, level: Level, one: Prepared, other: Prepared) -> str:
    if level in (Level.SAME, Level.NEARLY):
        alike = percent_alike(*_raw_names(field, one, other))
        return "same" if alike == 100 else f"{alike}% alike"
    return "is the middle name of the other" if level is Level.ELSEWHERE else _WORDS[level]


def _written(born: date | None) -> str:
    return f"{born:%Y%m%d}" if born else ""


def _dob_words(level: Level, one: Prepared, other: Prepared) -> str:
    if level is Level.DIGIT_DIFFERS:
        wrong = sum(a != b for a, b in zip(_written(one.dob), _written(other.dob), strict=True))
        return "1 digit differs" if wrong == 1 else _WORDS[Level.TRANSPOSED]
    return _WORDS[level]


def _words(field: Field, level: Level, one: Prepared, other: Prepared) -> str:
    if field in (Field.FIRST, Field.MIDDLE, Field.LAST):
        return _name_words(field, level, one, other)
    return _dob_words(level, one, other) if field is Field.DOB else _WORDS[level]


def _title(field: Field, one: Prepared, other: Prepared) -> str:
    if field is not Field.SSN_PART:
        return _TITLES[field]
    last_four = "xxxxx" in ((one.ssn or "")[:5], (other.ssn or "")[:5])
    return "SSN last four" if last_four else "SSN known digits"


def parts_of(contributions: Iterable[Contribution], one: Prepared, other: Prepared) -> tuple[Part, ...]:
    """Put the contributions of a pair into words, in the order of the fields."""
    return tuple(
        Part(
            field=part.field,
            level=part.level,
            title=_title(part.field, one, other),
            words=_words(part.field, part.level, one, other),
            weight_bits=round(part.bits, 3),
            points=part.points,
        )
        for part in contributions
    )
