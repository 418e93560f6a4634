"""What a reviewer must look at before merging a pair: twins, father and son, two numbers, dates that cannot be."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedupe.matching.cleaning import is_rough
from dedupe.matching.columns import Columns, Key
from dedupe.matching.dates import read_dates
from dedupe.matching.fields import Field, Kind, Level
from dedupe.matching.numbers import read_ssns

Levels = Mapping[Field, Level]


@dataclass(frozen=True, slots=True)
class Stay:
    """One stay of a client in a project. `exit` is None while the stay is open."""

    project: str
    entry: date
    exit: date | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """What a warning has to know of one record. Printed, it tells its id only."""

    id: Key
    row: int
    number: int = field(repr=False)
    """The full SSN, 0 where it is not known."""
    written: str = field(repr=False)
    """The birth date as eight digits, "" for none."""
    rough: bool = field(repr=False)
    stays: Sequence[Stay] = field(repr=False)

    @property
    def born(self) -> date | None:
        """The birth date, unless it is only a guess."""
        return date.fromisoformat(self.written) if self.written and not self.rough else None


@dataclass(frozen=True, slots=True)
class Sides:
    """Both records of a pair."""

    one: Side
    other: Side


def sides_of(
    columns: Columns, one: NDArray[np.int32], other: NDArray[np.int32], stays: Mapping[Any, Sequence[Stay]]
) -> list[Sides]:
    """Read what warnings have to know of the records of some pairs, each record once."""
    rows = np.unique(np.concatenate((one, other))).tolist()
    number = read_ssns([columns.ssn[row] for row in rows])[1].tolist()
    born, first_day = read_dates([columns.dob[row] for row in rows])
    rough = is_rough(born, first_day, columns.dob_quality[rows]).tolist()
    written = [f"{digits:08x}" if digits else "" for digits in born.tolist()]
    known = {
        row: Side(columns.ids[row], row, number[at], written[at], rough[at], stays.get(columns.ids[row], ()))
        for at, row in enumerate(rows)
    }
    return [Sides(known[left], known[right]) for left, right in zip(one.tolist(), other.tolist(), strict=True)]


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

_SAME_NAME = frozenset({Level.SAME_COMMON, Level.SAME, Level.SAME_RARE})
_NAME_HOLDS = _SAME_NAME | {Level.SOUNDS_SAME, Level.NEARLY, Level.PART}
_FIRST_HOLDS = _NAME_HOLDS | {Level.SHORT_FORM, Level.INITIAL}
_TWO_DATES = frozenset({Level.GENERATION, Level.DIFFERENT, Level.YEAR_NEAR})
_OTHER_NAME = frozenset({Level.DIFFERENT, Level.NEARLY, Level.CLOSE, Level.ELSEWHERE})


def _maybe_twins(levels: Levels) -> bool:
    """Same last name and birth date, another first name, and one household or SSNs next to each other."""
    if levels.get(Field.DOB) is not Level.SAME or levels.get(Field.LAST) not in _NAME_HOLDS:
        return False
    close = levels.get(Field.HOUSEHOLD) is Level.SAME_ENTRY or levels.get(Field.SSN) is Level.NEAR_SERIAL
    return close and levels.get(Field.FIRST) in _OTHER_NAME


def _maybe_namesakes(levels: Levels) -> bool:
    """Same first and last name, and either suffixes that exclude each other or birth dates a generation apart."""
    names = levels.get(Field.FIRST) in _FIRST_HOLDS and levels.get(Field.LAST) in _NAME_HOLDS
    generation = levels.get(Field.DOB) is Level.GENERATION
    return names and (generation or levels.get(Field.SUFFIX) is Level.DIFFERENT)


def _maybe_one_number(levels: Levels) -> bool:
    same = levels.get(Field.SSN) in (Level.SAME, Level.PART_SAME)
    apart = levels.get(Field.DOB) in (Level.GENERATION, Level.DIFFERENT)
    return same and apart and levels.get(Field.FIRST) is Level.DIFFERENT


def _one_household(levels: Levels) -> bool:
    return levels.get(Field.HOUSEHOLD) is Level.SAME_ENTRY


_RULES: tuple[tuple[WarningKind, Kind | None, Callable[[Levels], bool]], ...] = (
    (WarningKind.TWINS, Kind.TWINS, _maybe_twins),
    (WarningKind.NAMESAKES, Kind.NAMESAKES, _maybe_namesakes),
    (WarningKind.SHARED_NUMBER, Kind.SHARED_NUMBER, _maybe_one_number),
    (WarningKind.BIRTH_DATES, None, lambda levels: levels.get(Field.DOB) in _TWO_DATES),
    (WarningKind.ONE_HOUSEHOLD, None, _one_household),
)


def _born_after_a_stay(born: Side, stayed: Side) -> bool:
    day = born.born
    return day is not None and any(stay.entry < day for stay in stayed.stays)


def overlap(one: Stay, other: Stay) -> tuple[date, date | None] | None:
    """Give the first and last day both stays have in common (None: both still open), or None if they only touch."""
    begins = max(one.entry, other.entry)
    ends = min((stay.exit for stay in (one, other) if stay.exit is not None), default=None)
    if ends is not None and ends <= begins:
        return None
    return begins, ends


def _overlaps(one: Side, other: Side) -> list[tuple[date, date | None]]:
    """List the days both records have a stay in one project, earliest first."""
    found = {
        common
        for left, right in product(one.stays, other.stays)
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


def warnings_of(levels: Levels, suspected: Kind, sides: Sides) -> tuple[PairWarning, ...]:
    """List what speaks against a quick merge of a pair, in a fixed order. `suspected` is what else they may be."""
    one, other = sides.one, sides.other
    kinds = [kind for kind, suspect, rule in _RULES if suspect is suspected or rule(levels)]
    if _born_after_a_stay(one, other) or _born_after_a_stay(other, one):
        kinds.append(WarningKind.NOT_BORN_YET)
    if one.number and other.number and one.number != other.number:
        kinds.append(WarningKind.TWO_NUMBERS)
    found = [PairWarning(kind, _SENTENCES[kind]) for kind in kinds]
    if overlaps := _overlaps(one, other):
        found.append(PairWarning(WarningKind.STAYS_OVERLAP, _overlap_sentence(overlaps)))
    return tuple(found)
