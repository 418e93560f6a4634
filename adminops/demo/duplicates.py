"""How a person becomes a client record, and how the same person becomes a second one: the faults of real life.

A record is what a worker typed. A person who is met again and not found is typed again, with other faults:
nicknames, typing slips, swapped days and months, names from before a marriage, half a Social Security number.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import TypeAlias

from adminops.demo.chance import Chance, Table
from adminops.demo.names import FEMALE, last_name, other_forms
from adminops.demo.people import Person
from adminops.demo.rows import Row, age_on
from adminops.demo.slips import plain, slip, transpose, truncated

FULL, PARTIAL, UNKNOWN, REFUSED, NOT_ASKED = 1, 2, 8, 9, 99


@dataclass(slots=True)
class Record:
    """One row of Client.csv to be: what was typed about a person. Qualities are of HUD lists 3.01.5 to 3.03.2."""

    personal_id: str
    person: Person
    first: str
    middle: str
    last: str
    suffix: str
    sex: int
    ssn: str
    born: date | None
    races: tuple[int, ...]
    name_quality: int = FULL
    ssn_quality: int = FULL
    born_quality: int = FULL
    race_none: int | None = None
    audit: Row = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Typing:
    """The circumstances of an intake: how sloppy, whether the person was typed before, whose SSN is at hand."""

    day: date
    sloppiness: float = 1.0
    again: bool = False
    parent_ssn: str | None = None


# Place of the race that is most often ticked by one worker and not by the other: White.
_OFTEN_ADDED = 6
# A fault changes the record and returns True, or finds nothing to change and returns False.
_Fault: TypeAlias = Callable[[Record, Chance, Typing], bool]
_COUNTS_AGAIN = Table({0: 30, 1: 40, 2: 21, 3: 9})
_COUNTS_FIRST = Table({0: 94, 1: 6})


def type_record(chance: Chance, personal_id: str, person: Person, typing: Typing) -> Record:
    """Type a person into the system: what they tell, what they keep to themselves, and the faults."""
    record = Record(
        personal_id, person, person.first, person.middle, person.last, person.suffix, person.sex, person.ssn,
        person.born, person.races,
    )  # fmt: skip
    faults = chance.pick(_COUNTS_AGAIN if typing.again else _COUNTS_FIRST)
    if chance.yes(0.12 * typing.sloppiness):
        faults += 1
    for _ in range(faults):
        _spoil(record, chance, typing)
    _leave_out(record, chance, typing)
    return record


def _spoil(record: Record, chance: Chance, typing: Typing) -> None:
    """Put one fault in; try others when the one drawn has nothing to change (no hyphen, no nickname)."""
    for _ in range(6):
        if chance.pick(_FAULTS)(record, chance, typing):
            return


def _leave_out(record: Record, chance: Chance, typing: Typing) -> None:
    """Leave out what clients do not know or refuse, as often as they do; children's numbers most."""
    _shorten(record, chance)
    share = (0.15 if record.person.born.year < typing.day.year - 18 else 0.26) * (0.6 + 0.4 * typing.sloppiness)
    if record.ssn and chance.yes(share):
        _no_ssn(record, chance, typing)
    if chance.yes(0.006):
        _no_birth_date(record, chance, typing)
    if chance.yes(0.02):
        record.race_none = chance.of((UNKNOWN, REFUSED, NOT_ASKED, NOT_ASKED))
    if typing.again and chance.yes(0.07):
        record.races = tuple(1 if place == _OFTEN_ADDED else race for place, race in enumerate(record.races))
    if chance.yes(0.003):
        _refuse_name(record, chance)


def _shorten(record: Record, chance: Chance) -> None:
    """Leave out middle names and suffixes, or type the initial."""
    if chance.yes(0.35):
        record.middle = record.middle[:1]
    if chance.yes(0.12):
        record.middle = ""
    if chance.yes(0.3):
        record.suffix = ""


def _refuse_name(record: Record, chance: Chance) -> None:
    record.name_quality = chance.of((PARTIAL, REFUSED))
    record.first, record.last = chance.of((("Refused", "Refused"), ("Anonymous", "Client"), ("Unknown", record.last)))
    record.middle = record.suffix = ""


def _nickname(record: Record, chance: Chance, _: Typing) -> bool:
    forms = other_forms(record.first)
    if not forms:
        return False
    record.first = chance.of(forms)
    return True


def _slip_in_first(record: Record, chance: Chance, _: Typing) -> bool:
    before, record.first = record.first, slip(chance, record.first)
    return record.first != before


def _slip_in_last(record: Record, chance: Chance, _: Typing) -> bool:
    before, record.last = record.last, slip(chance, record.last)
    return record.last != before


def _names_swapped(record: Record, _: Chance, __: Typing) -> bool:
    record.first, record.last = record.last, record.first
    return True


def _initial_for_first(record: Record, _: Chance, __: Typing) -> bool:
    record.first, record.name_quality = record.first[0], PARTIAL
    return True


def _middle_for_first(record: Record, _: Chance, __: Typing) -> bool:
    if len(record.middle) < 2:
        return False
    record.first, record.middle = record.middle, ""
    return True


def _cut_off(record: Record, chance: Chance, _: Typing) -> bool:
    before, record.last = record.last, truncated(chance, record.last)
    return record.last != before


def _other_surname(record: Record, chance: Chance, typing: Typing) -> bool:
    """Type the name of a marriage or of before one; only grown women are given one here."""
    if record.sex != FEMALE or age_on(record.person.born, typing.day) < 19:
        return False
    other = last_name(chance, record.person.origin)
    record.last = f"{record.last}-{other}" if chance.yes(0.2) else other
    return True


def _plain_letters(record: Record, chance: Chance, _: Typing) -> bool:
    """Drop accents, hyphens, apostrophes, or one part of a double name."""
    before = (record.first, record.last)
    parts = record.last.replace("-", " ").split()
    if len(parts) > 1 and chance.yes(0.5):
        record.last = chance.of(parts)
    else:
        record.first, record.last = plain(record.first), plain(record.last)
    return (record.first, record.last) != before


def _suffix_in_surname(record: Record, _: Chance, __: Typing) -> bool:
    if not record.suffix:
        return False
    record.last, record.suffix = f"{record.last} {record.suffix}", ""
    return True


def _day_month_swapped(record: Record, _: Chance, __: Typing) -> bool:
    born = record.born
    if born is None or born.day > 12 or born.day == born.month:
        return False
    record.born = born.replace(day=born.month, month=born.day)
    return True


def _birth_date_slip(record: Record, chance: Chance, typing: Typing) -> bool:
    """Mistype the year, month or day by a little, or by ten years."""
    born = record.born
    if born is None:
        return False
    year = born.year + chance.of((0, 0, 1, -1, 10, -10))
    month = born.month if year != born.year else 1 + (born.month + chance.of((0, 1, 8))) % 12
    wrong = date(year, month, min(born.day, 28) if chance.yes(0.6) else chance.between(1, 28))
    if wrong == born or wrong > typing.day or wrong.year < typing.day.year - 100:
        return False
    record.born = wrong
    return True


def _about_that_age(record: Record, chance: Chance, _: Typing) -> bool:
    """Type 1 January of about the right year, and say that it is approximate."""
    if record.born is None:
        return False
    record.born = date(record.born.year + chance.of((-2, -1, 0, 0)), 1, 1)
    record.born_quality = PARTIAL
    return True


def _no_birth_date(record: Record, chance: Chance, _: Typing) -> bool:
    record.born, record.born_quality = None, chance.of((UNKNOWN, REFUSED, NOT_ASKED))
    return True


def _ssn_transposed(record: Record, chance: Chance, _: Typing) -> bool:
    if "x" in record.ssn or not record.ssn:
        return False
    before, record.ssn = record.ssn, transpose(chance, record.ssn)
    return record.ssn != before


def _ssn_digit(record: Record, chance: Chance, _: Typing) -> bool:
    if "x" in record.ssn or not record.ssn:
        return False
    place = chance.between(1, 8)
    digit = str((int(record.ssn[place]) + chance.between(1, 9)) % 10)
    record.ssn = record.ssn[:place] + digit + record.ssn[place + 1 :]
    return True


def _ssn_partial(record: Record, _: Chance, __: Typing) -> bool:
    if not record.ssn or record.ssn_quality != FULL:
        return False
    record.ssn, record.ssn_quality = "xxxxx" + record.ssn[5:], PARTIAL
    return True


def _no_ssn(record: Record, chance: Chance, _: Typing) -> bool:
    if not record.ssn:
        return False
    record.ssn, record.ssn_quality = "", chance.of((UNKNOWN, UNKNOWN, REFUSED, REFUSED, NOT_ASKED))
    return True


def _ssn_made_up(record: Record, chance: Chance, _: Typing) -> bool:
    record.ssn, record.ssn_quality = chance.of(("999999999", "123456789", "000000000", "111111111")), FULL
    return True


def _parents_ssn(record: Record, _: Chance, typing: Typing) -> bool:
    if typing.parent_ssn is None:
        return False
    record.ssn, record.ssn_quality = typing.parent_ssn, FULL
    return True


def _other_sex(record: Record, _: Chance, __: Typing) -> bool:
    record.sex = 1 - record.sex
    return True


_FAULTS: Table[_Fault] = Table(
    {
        _nickname: 16, _slip_in_first: 10, _slip_in_last: 12, _names_swapped: 2.5, _initial_for_first: 1.5,
        _middle_for_first: 4, _cut_off: 2, _other_surname: 7, _plain_letters: 9, _suffix_in_surname: 4,
        _day_month_swapped: 5, _birth_date_slip: 9, _about_that_age: 3, _no_birth_date: 0.7, _ssn_transposed: 8,
        _ssn_digit: 7, _ssn_partial: 5, _no_ssn: 10, _ssn_made_up: 1.5, _parents_ssn: 1.5, _other_sex: 1,
    }
)  # fmt: skip
