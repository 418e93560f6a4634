"""From a record to its comparable form: names taken apart, numbers and dates checked, codes without answer dropped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from dedupe.engine.normalise import (
    Name,
    Names,
    dob_of,
    is_hash,
    is_rough,
    split_suffix,
    ssn_of,
    suffix_of,
)
from dedupe.engine.placeholders import is_doe, is_infant, is_placeholder
from dedupe.engine.records import Key, MatchRecord

_NO_ANSWER = frozenset({8, 9, 99})
_PARTIAL = 2  # HUD's code for a partial, street or code name and for an approximate or partial SSN

HASHED = "The names are hashed, so they cannot be compared."
NO_IDENTITY = "Name, birth date and social security number are all missing or made up."
TOO_LITTLE = "Only one of first name, last name, birth date and social security number is known."


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """The comparable form of one record. A field that is missing, made up or unusable is None.

    A loose name or number is marked as partial or approximate by the desk: it may agree, but differing says nothing.
    """

    key: Key
    first: Name | None
    middle: Name | None
    last: Name | None
    name_loose: bool
    suffix: str | None
    ssn: str | None
    ssn_full: bool
    ssn_loose: bool
    dob: date | None
    dob_rough: bool
    sex: int | None
    races: frozenset[int | str]
    veteran: int | None
    households: frozenset[str]
    source: MatchRecord

    @property
    def last_four(self) -> str | None:
        """Give the last four digits of the SSN when all four are known."""
        return self.ssn[5:] if self.ssn is not None and self.ssn[5:].isdigit() else None


def _answered(code: int | None) -> int | None:
    return None if code in _NO_ANSWER else code


def _name_words(record: MatchRecord, names: Names) -> tuple[tuple[str, ...], tuple[str, ...], str | None]:
    first, first_suffix = split_suffix(names.words(record.first))
    last, last_suffix = split_suffix(names.words(record.last))
    if is_doe(" ".join(first), " ".join(last)):
        first, last = (), ()
    if is_placeholder(" ".join(first)) or is_infant(" ".join(first)):
        first = ()
    if is_placeholder(" ".join(last)):
        last = ()
    return first, last, suffix_of(record.suffix) or last_suffix or first_suffix


def _middle(record: MatchRecord, names: Names) -> Name | None:
    words, _ = split_suffix(names.words(record.middle))
    return None if is_placeholder(" ".join(words)) else names.name(words)


def prepare(record: MatchRecord, names: Names) -> Prepared:
    """Make the comparable form of a record. `names` collects the spellings of one scan."""
    first, last, suffix = _name_words(record, names)
    ssn = ssn_of(record.ssn)
    born = dob_of(record.dob)
    return Prepared(
        key=record.key,
        first=names.name(first),
        middle=_middle(record, names),
        last=names.name(last),
        name_loose=record.name_quality == _PARTIAL,
        suffix=suffix,
        ssn=ssn,
        ssn_full=ssn is not None and "x" not in ssn,
        ssn_loose=record.ssn_quality == _PARTIAL,
        dob=born,
        dob_rough=born is not None and is_rough(born, record.dob_quality),
        sex=_answered(record.sex),
        races=record.races,
        veteran=_answered(record.veteran),
        households=record.household_keys,
        source=record,
    )


def too_little(person: Prepared) -> str | None:
    """Say in a sentence that a record does not know enough of its person, or None."""
    known = sum(value is not None for value in (person.first, person.last, person.dob, person.ssn))
    if known == 0:
        return NO_IDENTITY
    return TOO_LITTLE if known == 1 else None


def why_not_matchable(record: MatchRecord) -> str | None:
    """Say in a sentence why a record can never be matched: hashed, made up or too little is known. None if it can.

    A constant name of a whole export shows only beside the other records: a scan finds those.
    """
    if is_hash(record.first) or is_hash(record.last):
        return HASHED
    return too_little(prepare(record, Names()))
