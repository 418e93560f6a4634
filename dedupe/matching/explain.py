"""Say in plain words why a pair has its score.

The words never hold a value of a client: "1 digit differs", not which.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dedupe.matching.columns import Columns, Key
from dedupe.matching.diffs import percent_alike
from dedupe.matching.fields import CODE, KINDS, LEVELS, LOOKALIKES, Field, Kind, Level
from dedupe.matching.judging import Pairs
from dedupe.matching.model import Model
from dedupe.matching.numbers import shows_last_four_only
from dedupe.matching.scores import band_of, bits_needed, curve, share_points
from dedupe.matching.warn import PairWarning, Sides, Stay, sides_of, warnings_of

_TITLES = {
    Field.FIRST: "First name",
    Field.MIDDLE: "Middle name",
    Field.LAST: "Last name",
    Field.SUFFIX: "Name suffix",
    Field.SSN: "SSN",
    Field.DOB: "Birth date",
    Field.SEX: "Sex",
    Field.RACE: "Race and ethnicity",
    Field.VETERAN: "Veteran status",
    Field.HOUSEHOLD: "Household",
    Field.PROJECT: "Projects",
    Field.OTHERS: "Other records",
    Field.LOOKALIKE: "Look-alikes",
}
_WORDS = {
    Level.SAME: "same",
    Level.SHORT_FORM: "is a short form or variant",
    Level.SOUNDS_SAME: "sounds the same",
    Level.PART: "same in part",
    Level.INITIAL: "starts with the same letter",
    Level.ELSEWHERE: "is the middle name of the other",
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
    Level.PART_SAME: "same",
    Level.PART_DIGIT_DIFFERS: "1 digit differs",
    Level.PART_DIFFERENT: "different",
    Level.OVERLAP: "same in part",
    Level.BOTH_YES: "yes on both",
    Level.BOTH_NO: "no on both",
    Level.SAME_ENTRY: "both entered it together",
    Level.MEMBERS_LINKED: "other members match too",
    Level.MEMBERS_UNLINKED: "no other member matches",
    Level.BETTER_MATCH: "another member is the better match",
    Level.SAME_PROJECT: "one in common",
    Level.OTHER_PROJECTS: "none in common",
    Level.THIRD_RECORD: "both match a third one",
    Level.TWINS: "twins would agree as much",
    Level.NAMESAKES: "relatives of one name would agree as much",
    Level.SHARED_NUMBER: "relatives using one SSN would agree as much",
    Level.RELATIVES: "relatives would agree as much",
}
_LOOKALIKE = {
    Kind.TWINS: Level.TWINS,
    Kind.NAMESAKES: Level.NAMESAKES,
    Kind.SHARED_NUMBER: Level.SHARED_NUMBER,
    Kind.RELATIVES: Level.RELATIVES,
}
_BY_PERCENT = (Level.SAME_COMMON, Level.SAME, Level.SAME_RARE, Level.NEARLY, Level.CLOSE)
_PARTIAL = (Level.PART_SAME, Level.PART_DIGIT_DIFFERS, Level.PART_DIFFERENT)
_NAMES = (Field.FIRST, Field.MIDDLE, Field.LAST)
_NOTABLE_BITS = 0.05


_OF_EQUAL_NAMES = {
    Level.SAME_COMMON: "same, a common name",
    Level.SAME_RARE: "same, a rare name",
    Level.NEARLY: "nearly the same",
    Level.CLOSE: "close",
}


def title_of(name: Field) -> str:
    """Say what a field is called."""
    return _TITLES[name]


def words_of(name: Field, level: Level) -> str:
    """Say what a level means, whatever the values are."""
    said = _OF_EQUAL_NAMES.get(level) or _WORDS[level]
    return f"known digits {said}" if name is Field.SSN and level in _PARTIAL else said


@dataclass(frozen=True, slots=True)
class Part:
    """One reason of a score: "SSN last four" + "same" + 40 points. `bits` is the evidence behind the points."""

    field: Field
    level: Level
    title: str
    words: str
    bits: float
    points: int

    @property
    def label(self) -> str:
        """Give the reason in plain words: "Last name 98% alike"."""
        return f"{self.title} {self.words}"


@dataclass(frozen=True, slots=True)
class ScoredPair:
    """Two records, how likely they are one person, and why.

    `score` runs from 0 to 100; the points of `parts` add up to it. `probability` is the model's own, `weight` its log2
    odds. Parts and warnings name no value of a client, except for the days of stays that overlap.
    """

    left: Key
    right: Key
    score: int
    probability: float
    weight: float
    parts: tuple[Part, ...]
    warnings: tuple[PairWarning, ...]

    @property
    def band(self) -> str:
        """Say in words what the score means."""
        return band_of(self.score)


def explain(
    columns: Columns, pairs: Pairs, model: Model, stays: Mapping[Any, Sequence[Stay]] | None = None
) -> list[ScoredPair]:
    """Put pairs into words, in their order. `stays` are those of the records, by their ids."""
    needed = bits_needed(model)
    levels = {name: codes.tolist() for name, codes in pairs.levels.items()}
    bits = {name: numbers.tolist() for name, numbers in pairs.bits.items()}
    weights, chances = pairs.weight.tolist(), pairs.probability.tolist()
    sides = sides_of(columns, pairs.one, pairs.other, stays or {})
    found = []
    for at, (both, kind) in enumerate(zip(sides, pairs.suspected.tolist(), strict=True)):
        seen = {name: LEVELS[name][codes[at]] for name, codes in levels.items() if codes[at]}
        said = _said(seen, {name: numbers[at] for name, numbers in bits.items()}, KINDS[kind])
        score = round(curve(weights[at] + needed, needed))
        points = share_points([worth for _, _, worth in said], score, needed)
        parts = tuple(
            _part(name, level, worth, number, columns, both)
            for (name, level, worth), number in zip(said, points, strict=True)
        )
        warnings = warnings_of(seen, KINDS[kind], both)
        found.append(ScoredPair(both.one.id, both.other.id, score, chances[at], weights[at], parts, warnings))
    return found


def _said(
    seen: Mapping[Field, Level], bits: Mapping[Field, float], suspected: Kind
) -> list[tuple[Field, Level, float]]:
    return list(_each_said(seen, bits, suspected))


def _each_said(
    seen: Mapping[Field, Level], bits: Mapping[Field, float], suspected: Kind
) -> Iterator[tuple[Field, Level, float]]:
    """Give what is said of a pair, and what it is worth."""
    for name in CODE:
        if name in seen:
            yield name, seen[name], bits[name]
    if bits.get(Field.OTHERS, 0.0) > _NOTABLE_BITS:
        yield Field.OTHERS, Level.THIRD_RECORD, bits[Field.OTHERS]
    if suspected in LOOKALIKES and bits[Field.LOOKALIKE] < -_NOTABLE_BITS:
        yield Field.LOOKALIKE, _LOOKALIKE[suspected], bits[Field.LOOKALIKE]


def _part(name: Field, level: Level, bits: float, points: int, columns: Columns, sides: Sides) -> Part:
    title = _TITLES[name]
    if name is Field.SSN and level in _PARTIAL:
        rows = (sides.one.row, sides.other.row)
        title = "SSN last four" if any(shows_last_four_only(columns.ssn[row]) for row in rows) else "SSN known digits"
    if name in _NAMES and level in _BY_PERCENT:
        texts = getattr(columns, name.value)
        alike = percent_alike(texts[sides.one.row], texts[sides.other.row])
        return Part(name, level, title, "same" if alike == 100 else f"{alike}% alike", bits, points)
    if name is Field.DOB and level is Level.DIGIT_DIFFERS:
        wrong = sum(a != b for a, b in zip(sides.one.written, sides.other.written, strict=True))
        return Part(name, level, title, _WORDS[level if wrong == 1 else Level.TRANSPOSED], bits, points)
    return Part(name, level, title, _WORDS[level], bits, points)
