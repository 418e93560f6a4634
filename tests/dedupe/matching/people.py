"""Invented clients with the faults of real intake desks, and the truth about who is who. For tests only.

Whole households come again in episodes at projects of different care, and each time their data are typed in anew,
so that the duplicates of a family come together. Relatives who are easily taken for each other are remembered.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random
from typing import NamedTuple

from dedupe.matching.clusters import PairKey, pair_key
from dedupe.matching.warn import Stay
from tests.dedupe.matching.invented_names import SHORT_FORMS, NameBag
from tests.dedupe.matching.records import Record

_RACES = (frozenset({"White"}), frozenset({"BlackAfAmerican"}), frozenset({"HispanicLatinao"}),
          frozenset({"Asian"}), frozenset({"AmIndAKNative"}), frozenset({"White", "HispanicLatinao"}),
          frozenset({"BlackAfAmerican", "White"}))  # fmt: skip
_RACE_WEIGHTS = (40, 33, 14, 3, 3, 4, 3)
_NEIGHBOURS = {"a": "s", "e": "r", "i": "o", "o": "p", "n": "m", "m": "n", "s": "a", "r": "t", "t": "y", "l": "k"}
_TODAY = date(2026, 6, 30)


@dataclass
class Person:
    """A person who exists; records are what desks make of them."""

    number: int
    first: str
    middle: str
    last: str
    suffix: str
    sex: int
    born: date
    ssn: str
    races: frozenset[str]
    veteran: int
    has_ssn: bool = True


@dataclass
class People:
    """A made-up store: its records, who each record is, and which different people look alike and how."""

    records: list[Record] = field(default_factory=list)
    person_of: dict[int, int] = field(default_factory=dict)
    lookalikes: dict[PairKey, str] = field(default_factory=dict)

    def true_pairs(self) -> set[PairKey]:
        """List all pairs of records of one person."""
        by_person: dict[int, list[int]] = {}
        for key, person in self.person_of.items():
            by_person.setdefault(person, []).append(key)
        return {pair_key(a, b) for keys in by_person.values() for a in keys for b in keys if a < b}

    def lookalike(self, pair: PairKey) -> str | None:
        """Say how the two people of a pair of records look alike, if they are known to."""
        one, other = (self.person_of[int(key)] for key in pair)
        return None if one == other else self.lookalikes.get(pair_key(one, other))


class Desk(NamedTuple):
    """A project's intake desk: how often it slips, and how often it asks for no SSN."""

    slips: float
    skips_ssn: float


class Town:
    """Makes people, families and their episodes. The same seed gives the same town."""

    def __init__(self, seed: int, noise: float, cultures: int) -> None:
        self.random = Random(seed)
        self.names = NameBag(self.random, cultures)
        self.noise = noise
        self.desks = [
            Desk(self.random.choice((0.4, 0.7, 1.0, 1.6)) * noise, self.random.choice((0.05, 0.1, 0.25, 0.5)))
            for _ in range(25)
        ]
        self.people: list[Person] = []
        self.lookalikes: dict[PairKey, str] = {}

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def ssn(self) -> str:
        area = self.random.choice((self.random.randint(400, 424), self.random.randint(1, 665)))
        return f"{area:03d}{self.random.randint(1, 99):02d}{self.random.randint(1, 9999):04d}"

    def person(self, **known: object) -> Person:
        sex = self.random.randint(0, 1)
        days = self.random.randint(18 * 365, 75 * 365)
        races = self.random.choices(_RACES, weights=_RACE_WEIGHTS)[0]
        culture = _RACES.index(races)
        person = Person(
            number=len(self.people),
            first=self.names.first(sex, culture),
            middle=self.names.first(sex, culture) if self.chance(0.6) else "",
            last=self.names.family(culture),
            suffix="",
            sex=sex,
            born=_TODAY - timedelta(days=days),
            ssn=self.ssn(),
            races=races,
            veteran=int(self.chance(0.08)),
            has_ssn=not self.chance(0.04),
        )
        person = replace(person, **known)  # type: ignore[arg-type]  # names of fields, checked by replace itself
        self.people.append(person)
        return person

    def child(self, parent: Person) -> Person:
        age = self.random.randint(0, 17 * 365)
        child = self.person(last=parent.last, races=parent.races, veteran=0, born=_TODAY - timedelta(days=age))
        if self.chance(0.08):
            child.ssn = parent.ssn
            self.lookalikes[pair_key(parent.number, child.number)] = "parent's SSN"
        return child

    def twin(self, child: Person) -> Person:
        serial = min(int(child.ssn[5:]) + self.random.randint(1, 3), 9999)
        sex = child.sex if self.chance(0.65) else 1 - child.sex
        first = self.names.first(sex)
        if self.chance(0.15) and len(child.first) > 3:
            first = child.first[0] + self.names.first(sex)[1:]
        twin = self.person(
            first=first, sex=sex, last=child.last, races=child.races, veteran=0, born=child.born,
            ssn=f"{child.ssn[:5]}{serial:04d}",
        )  # fmt: skip
        if twin.first == child.first:
            twin.first = "q" + twin.first
        self.lookalikes[pair_key(child.number, twin.number)] = "twins"
        return twin

    def namesake(self, father: Person) -> Person:
        son = self.person(
            first=father.first, middle=father.middle, last=father.last, suffix="Jr", sex=father.sex,
            races=father.races, born=father.born + timedelta(days=self.random.randint(19 * 365, 32 * 365)),
        )  # fmt: skip
        father.suffix = "Sr" if self.chance(0.5) else ""
        self.lookalikes[pair_key(father.number, son.number)] = "Jr and Sr"
        return son

    def family(self) -> list[Person]:
        """Make a household: most are one adult."""
        head = self.person()
        draw = self.random.random()
        if draw < 0.66:
            if self.chance(0.012):
                head.born = min(head.born, date(1985, 1, 1))
                return [head, self.namesake(head)]
            return [head]
        members = [head]
        if self.chance(0.35):
            members.append(self.person(last=head.last if self.chance(0.6) else self.names.family()))
        for _ in range(self.random.choice((1, 1, 2, 2, 3))):
            members.append(self.child(head))
            if self.chance(0.04):
                members.append(self.twin(members[-1]))
        return members


class Typist:
    """Types a person into a record the way a desk does."""

    def __init__(self, town: Town, desk: Desk) -> None:
        self._town, self._desk, self._random = town, desk, town.random

    def slips(self, share: float) -> bool:
        return self._random.random() < share * self._desk.slips

    def typo(self, word: str) -> str:
        if len(word) < 3:
            return word
        place = self._random.randrange(1, len(word) - 1)
        kind = self._random.randrange(4)
        if kind == 0:
            return word[:place] + word[place + 1 :]
        if kind == 1:
            return word[:place] + word[place] + word[place:]
        if kind == 2:
            return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
        return word[:place] + _NEIGHBOURS.get(word[place], "e") + word[place + 1 :]

    def first(self, person: Person, age_days: int) -> str:
        if 0 <= age_days < 60 and self.slips(0.5):
            return "Baby Boy" if person.sex == 1 else "Baby Girl"
        first = person.first
        if self.slips(0.06):
            first = self._random.choice(SHORT_FORMS.get(first, [first]))
        elif person.middle and self.slips(0.02):
            first = person.middle
        elif self.slips(0.01):
            first = first[0]
        elif self.slips(0.01):
            first = first[:4]
        elif self.slips(0.012):
            first = self._town.names.first(person.sex)
        return self.typo(first) if self.slips(0.04) else first

    def last(self, person: Person) -> str:
        last = person.last
        if " " in last or "-" in last:
            last = self._double(last)
        if self.slips(0.05):
            last = self.typo(last)
        if person.suffix and self.slips(0.3):
            last = f"{last} {person.suffix}"
        return last

    def _double(self, last: str) -> str:
        parts = last.replace("-", " ").split()
        if self.slips(0.15):
            return parts[-1]
        if self.slips(0.1):
            return parts[0] if len(parts) == 2 else parts[-1]
        return self._random.choice((last, last.replace("-", " "), "".join(parts))) if self.slips(0.25) else last

    def names(self, person: Person, age_days: int) -> tuple[str, str, str]:
        if self.slips(0.012):
            return self._random.choice((("Anonymous", "", "Anonymous"), ("Refused", "", "Refused"), ("", "", "")))
        first, last = self.first(person, age_days), self.last(person)
        middle = person.middle if self._random.random() < 0.55 else ""
        if middle and self._random.random() < 0.45:
            middle = middle[0]
        return (last, middle, first) if self.slips(0.012) else (first, middle, last)

    def ssn(self, person: Person) -> tuple[str | None, int]:
        if not person.has_ssn or self._random.random() < self._desk.skips_ssn:
            if self.slips(0.1):
                return self._random.choice(("999999999", "123456789", "000000000", "111111111")), 2
            return None, self._random.choice((8, 9, 99))
        number = person.ssn
        if self.slips(0.05):
            return "xxxxx" + number[5:], 2
        place = self._random.randrange(9)
        if self.slips(0.025):
            number = number[:place] + str(self._random.randrange(10)) + number[place + 1 :]
        elif self.slips(0.012):
            place = min(place, 7)
            number = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
        elif self.slips(0.004):
            number = self._random.choice(self._town.people).ssn
        return number, 1

    def born(self, person: Person) -> tuple[date | None, int]:
        born = person.born
        if self.slips(0.012):
            return self._random.choice(((None, 99), (date(1900, 1, 1), 99)))
        if self.slips(0.02):
            return date(born.year + self._random.choice((0, 0, -1, 1)), 1, 1), 2
        if born.day <= 12 and self.slips(0.025):
            return date(born.year, born.day, born.month), 1
        if self.slips(0.035):
            return self._wrong(born), 1
        return born, 1

    def _wrong(self, born: date) -> date:
        kind = self._random.randrange(4)
        if kind == 0:
            return born + timedelta(days=self._random.choice((-1, 1, 10, -10)))
        if kind == 1:
            return date(born.year, self._random.randint(1, 12), min(born.day, 28))
        years = self._random.choice((-10, 10)) if kind == 2 else self._random.choice((-1, 1, 2))
        return date(born.year + years, born.month, min(born.day, 28))

    def record(self, key: int, person: Person, household: str, entry: date) -> Record:
        """Type one record."""
        first, middle, last = self.names(person, (entry - person.born).days)
        ssn, ssn_quality = self.ssn(person)
        born, born_quality = self.born(person)
        return Record(
            key=key,
            first=first.title(),
            middle=middle.title(),
            last=last.title(),
            suffix=person.suffix if person.suffix and not self.slips(0.6) else None,
            name_quality=1,
            ssn=ssn,
            ssn_quality=ssn_quality,
            dob=born,
            dob_quality=born_quality,
            sex=99 if self.slips(0.02) else (1 - person.sex if self.slips(0.006) else person.sex),
            races=self._random.choice(_RACES) if self.slips(0.05) else person.races,
            veteran=99 if self.slips(0.05) else person.veteran,
            household_keys=frozenset({household}),
            stays=(Stay(f"p{self._desk.slips:.2f}", entry, entry + timedelta(days=30)),),
        )


def _change_with_time(person: Person, town: Town) -> None:
    """Let years pass between two episodes: some marry, a few take another first name."""
    adult = (_TODAY - person.born).days > 18 * 365
    if adult and person.sex == 0 and town.chance(0.03):
        person.last = town.names.family()
    if adult and town.chance(0.004):
        person.sex = 1 - person.sex
        person.first = town.names.first(person.sex)


def make_people(size: int, *, seed: int, noise: float = 1.0, repeats: float = 0.16, cultures: int = 0) -> People:
    """Make a store of at least `size` records. `repeats` is the share of households that come again.

    With `cultures` people of one origin have their few names in common.
    """
    town = Town(seed, noise, cultures)
    made = People(lookalikes=town.lookalikes)
    episode = 0
    while len(made.records) < size:
        family = town.family()
        times = 1
        while times < 6 and town.chance(repeats if times == 1 else 0.3):
            times += 1
        for turn in range(times):
            episode += 1
            typist = Typist(town, town.random.choice(town.desks))
            entry = _TODAY - timedelta(days=town.random.randint(1, 900))
            for person in family:
                if turn and town.chance(0.15):
                    continue
                if turn:
                    _change_with_time(person, town)
                for _ in range(2 if town.chance(0.004) else 1):
                    key = 10_000 + len(made.records)
                    made.records.append(typist.record(key, person, f"h{episode}", entry))
                    made.person_of[key] = person.number
    town.random.shuffle(made.records)
    return made
