"""What every part of the generator emits: rows of HUD files, stamped and numbered, and the faults put into them."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from typing import TypeAlias

from adminops.demo.chance import Chance, Table

Value: TypeAlias = str | int | date | None
Row: TypeAlias = dict[str, Value]  # only the columns that are filled
Line: TypeAlias = tuple[str, Row]  # (file name without .csv, row)
Lines: TypeAlias = Iterator[Line]

_FIRST_NUMBER = 100_001
# A prime: steps modulo a prime visit every number once, so that ids look unrelated and are unique.
_PERSON_PRIME, _PERSON_STEP = 8_999_993, 3_670_913
_LAG = Table({0: 56, 1: 14, 2: 8, 3: 5, 5: 6, 8: 5, 14: 4, 45: 2})


@dataclass(frozen=True, slots=True)
class Fault:
    """A deliberate data-quality fault: what is wrong, in which file, at which key."""

    kind: str
    file: str
    key: str


@dataclass(slots=True)
class Ledger:
    """Numbers the rows of one export and remembers the faults that were put into it on purpose."""

    today: date
    fault_rate: float = 1.0
    faults: list[Fault] = field(default_factory=list)
    _numbers: defaultdict[str, "count[int]"] = field(default_factory=lambda: defaultdict(lambda: count(_FIRST_NUMBER)))

    def number(self, file: str) -> str:
        """Return the next key of a file."""
        return str(next(self._numbers[file]))

    def personal_id(self) -> str:
        """Return the next PersonalID: unique, and telling nothing about which records belong together."""
        step = next(self._numbers["Client"]) * _PERSON_STEP
        return str(1_000_000 + step % _PERSON_PRIME)

    def spoils(self, chance: Chance, share: float, kind: str, file: str, key: str) -> bool:
        """Say whether this row gets a fault that this share of rows has in real life, and remember it."""
        if not chance.yes(share * self.fault_rate):
            return False
        self.faults.append(Fault(kind, file, key))
        return True

    def audit(self, chance: Chance, day: date, workers: tuple[str, ...]) -> Row:
        """Say who typed a row and when: on the day or some days later, never after today."""
        lag = chance.pick(_LAG)
        typed = min(self.today, day + timedelta(days=lag)) if lag else day
        stamp = stamped(chance, typed)
        return {"DateCreated": stamp, "DateUpdated": stamp, "UserID": chance.of(workers)}


@dataclass(frozen=True, slots=True)
class Sitting:
    """One occasion at which data is taken (HUD list 5.03.1: 1 start, 2 update, 3 exit, 5 annual)."""

    stage: int
    day: date
    audit: Row


def stamped(chance: Chance, day: date) -> str:
    """Return a date-time of HUD's format within office hours of a day."""
    second = chance.between(8 * 3600, 17 * 3600)
    return f"{day} {second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"


def age_on(born: date, day: date) -> int:
    """Return a person's age in whole years on a day."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
