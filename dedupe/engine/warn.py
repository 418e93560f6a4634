"""What a reviewer must look at before merging a pair: twins, father and son, two numbers, dates that cannot be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import product

from dedupe.engine.compare import level_of
from dedupe.engine.fields import Field, Kind, Level, Pattern
from dedupe.engine.prepare import Prepared
from dedupe.engine.records import Stay


class WarningKind(StrEnum):
    """What may make a merge wrong."""

    TWINS = "twins"
    NAMESAKES = "namesakes"
    SHARED_NUMBER = "shared_number"
    TWO_NUMBERS = "two_numbers"
    BIRTH_DATES = "birth_dates"
    NOT_BORN_YET = "not_born_yet"
    ONE_HOUSEHOLD = "one_household"
    STAYS_OVERLAP = "stays_overlap"


@dataclass(frozen=True, slots=True)
class PairWarning:
    """Something to check before merging, as a sentence. Only STAYS_OVERLAP names dates, those of stays."""

    kind: WarningKind
    sentence: str


_SENTENCES = {
    WarningKind.TWINS: "These may be twins: same last name and birth date, but another first name.",
    WarningKind.NAMESAKES: "These may be two people of one name in one family, such as father and son.",
    WarningKind.SHARED_NUMBER: "These may be two relatives entered under one SSN, such as a parent and a child.",
    WarningKind.TWO_NUMBERS: "The two records have two different full SSNs.",
    WarningKind.BIRTH_DATES: "The two birth dates cannot be one date typed wrong.",
    WarningKind.NOT_BORN_YET: "One record has a stay that begins before the birth date on the other.",
    WarningKind.ONE_HOUSEHOLD: "Both records entered a project as members of one household.",
}
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip

_NAME_HOLDS = frozenset({Level.SAME, Level.SOUNDS_SAME, Level.NEARLY, Level.PART})
_FIRST_HOLDS = _NAME_HOLDS | {Level.SHORT_FORM, Level.INITIAL}
_TWO_DATES = frozenset({Level.GENERATION, Level.DIFFERENT, Level.YEAR_NEAR})


def _maybe_twins(pattern: Pattern) -> bool:
    """Same last name and birth date, another first name, and one household or SSNs next to each other."""
    if level_of(pattern, Field.DOB) is not Level.SAME or level_of(pattern, Field.LAST) not in _NAME_HOLDS:
        return False
    close = level_of(pattern, Field.HOUSEHOLD) is Level.SAME_ENTRY or level_of(pattern, Field.SSN) is Level.NEAR_SERIAL
    return close and level_of(pattern, Field.FIRST) in (Level.DIFFERENT, Level.NEARLY, Level.ELSEWHERE)


def _maybe_namesakes(pattern: Pattern) -> bool:
    """Same first and last name, and either suffixes that exclude each other or birth dates a generation apart."""
    names = level_of(pattern, Field.FIRST) in _FIRST_HOLDS and level_of(pattern, Field.LAST) in _NAME_HOLDS
    generation = level_of(pattern, Field.DOB) is Level.GENERATION
    return names and (generation or level_of(pattern, Field.SUFFIX) is Level.DIFFERENT)


def _maybe_one_number(pattern: Pattern) -> bool:
    same = Level.SAME in (level_of(pattern, Field.SSN), level_of(pattern, Field.SSN_PART))
    apart = level_of(pattern, Field.DOB) in (Level.GENERATION, Level.DIFFERENT)
    return same and apart and level_of(pattern, Field.FIRST) is Level.DIFFERENT


def _one_household(pattern: Pattern) -> bool:
    return level_of(pattern, Field.HOUSEHOLD) is Level.SAME_ENTRY


_RULES: tuple[tuple[WarningKind, Kind | None, Callable[[Pattern], bool]], ...] = (
    (WarningKind.TWINS, Kind.TWINS, _maybe_twins),
    (WarningKind.NAMESAKES, Kind.NAMESAKES, _maybe_namesakes),
    (WarningKind.SHARED_NUMBER, Kind.SHARED_NUMBER, _maybe_one_number),
    (WarningKind.BIRTH_DATES, None, lambda pattern: level_of(pattern, Field.DOB) in _TWO_DATES),
    (WarningKind.ONE_HOUSEHOLD, None, _one_household),
)


def _born_after_a_stay(born: Prepared, stayed: Prepared) -> bool:
    if born.dob is None or born.dob_rough:
        return False
    return any(stay.entry < born.dob for stay in stayed.source.stays)


def overlap(one: Stay, other: Stay) -> tuple[date, date | None] | None:
    """Give the first and last day both stays have in common (None: both still open), or None if they only touch."""
    begins = max(one.entry, other.entry)
    ends = min((stay.exit for stay in (one, other) if stay.exit is not None), default=None)
    if ends is not None and ends <= begins:
        return None
    return begins, ends


def _overlaps(one: Prepared, other: Prepared) -> list[tuple[date, date | None]]:
    """List the days both records have a stay in one project, earliest first."""
    found = {
        common
        for left, right in product(one.source.stays, other.source.stays)
        if left.project == right.project and (common := overlap(left, right)) is not None
    }
    return sorted(found, key=lambda days: (days[0], days[1] or date.max))


def _day(day: date, *, like: date | None = None) -> str:
    """Write a date; leave out what the date it leads to says again: 12 to 14 January 2026."""
    if like is not None and (day.year, day.month) == (like.year, like.month):
        return str(day.day)
    written = f"{day.day} {_MONTHS[day.month - 1]}"
    return written if like is not None and day.year == like.year else f"{written} {day.year}"


def _overlap_sentence(overlaps: Sequence[tuple[date, date | None]]) -> str:
    begins, ends = overlaps[0]
    days = f"since {_day(begins)}" if ends is None else f"from {_day(begins, like=ends)} to {_day(ends)}"
    more = "" if len(overlaps) == 1 else f", and {len(overlaps) - 1} more at the same time"
    return f"Both records have a stay in the same project {days}{more}. After merging, the stays overlap."


def warnings_of(pattern: Pattern, lookalike: Kind | None, one: Prepared, other: Prepared) -> tuple[PairWarning, ...]:
    """List what speaks against a quick merge of a pair, in a fixed order."""
    kinds = [kind for kind, suspect, rule in _RULES if (suspect and suspect is lookalike) or rule(pattern)]
    if _born_after_a_stay(one, other) or _born_after_a_stay(other, one):
        kinds.append(WarningKind.NOT_BORN_YET)
    if one.ssn_full and other.ssn_full and one.ssn != other.ssn:
        kinds.append(WarningKind.TWO_NUMBERS)
    found = [PairWarning(kind, _SENTENCES[kind]) for kind in kinds]
    if overlaps := _overlaps(one, other):
        found.append(PairWarning(WarningKind.STAYS_OVERLAP, _overlap_sentence(overlaps)))
    return tuple(found)
