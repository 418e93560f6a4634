"""People who come to shelters again and again, and what desks type about them: labelled duplicates for the benches.

Households come in episodes at projects of different care. A desk that does not find somebody types the whole family
in anew, with the slips of the trade, so that the duplicates of a family come together. Twins, Jr and Sr, siblings
with neighbouring numbers and relatives on one number are remembered as hard negatives. Same seed, same town.
"""

from __future__ import annotations

import csv
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import accumulate, combinations
from pathlib import Path
from random import Random

from adminops.hmis.nicknames import also_called

TODAY = date(2026, 9, 30)
RACES = ("AmIndAKNative", "Asian", "BlackAfAmerican", "HispanicLatinao", "MidEastNAfrican", "NativeHIPacific", "White")
CLIENT = (
    "PersonalID", "FirstName", "MiddleName", "LastName", "NameSuffix", "NameDataQuality", "SSN", "SSNDataQuality",
    "DOB", "DOBDataQuality", *RACES, "RaceNone", "Sex", "VeteranStatus", "DateCreated", "DateUpdated", "UserID",
    "DateDeleted", "ExportID",
)  # fmt: skip
ENROLLMENT = ("EnrollmentID", "PersonalID", "ProjectID", "EntryDate", "HouseholdID", "RelationshipToHoH")
_KEYS = dict(zip("qwertyuiopasdfghjklzxcvbnm", "wqretyuioaspdfghjkxzcvbnlk", strict=True))
_FAKE = ("111111111", "123456789", "999999999", "000000000", "555555555", "987654321", "000001234", "111223333")
_NO_NAME = ("Unknown", "Refused", "Anonymous", "Client", "X", "Unk", "Doe")
_PARTICLES = ("De La", "De", "Del", "Van", "La", "St")


@dataclass(frozen=True)
class Lists:
    """First names by sex and last names, each with how common it is."""

    men: tuple[Sequence[str], Sequence[float]]
    women: tuple[Sequence[str], Sequence[float]]
    families: tuple[Sequence[str], Sequence[float]]


@dataclass
class Person:
    """Somebody who exists."""

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
    married: str = ""
    alias: str = ""


@dataclass
class Town:
    """Rows as an export has them, who each row is, and which people are taken for each other."""

    clients: list[dict[str, str]] = field(default_factory=list)
    stays: list[tuple[str, str, str, str, str, str]] = field(default_factory=list)
    person_of: dict[str, int] = field(default_factory=dict)
    lookalikes: dict[tuple[int, int], str] = field(default_factory=dict)

    def true_pairs(self) -> set[tuple[str, str]]:
        """Return all pairs of records of one person, the lower id first."""
        records: dict[int, list[str]] = {}
        for record, person in self.person_of.items():
            records.setdefault(person, []).append(record)
        return {pair for ids in records.values() if len(ids) > 1 for pair in combinations(sorted(ids), 2)}

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Write Client.csv and Enrollment.csv."""
        folder.mkdir(parents=True, exist_ok=True)
        clients, stays = folder / "Client.csv", folder / "Enrollment.csv"
        with clients.open("w", newline="") as file:
            rows = csv.DictWriter(file, CLIENT, restval="")
            rows.writeheader()
            rows.writerows(self.clients)
        with stays.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(ENROLLMENT)
            writer.writerows(self.stays)
        return clients, stays


@dataclass(frozen=True)
class Habits:
    """How a project's desk works: how often it slips, asks for no number, and types a known client in anew."""

    slips: float
    no_ssn: float
    partial: float
    rough: float


class Maker:
    """Makes one town."""

    def __init__(self, seed: int, lists: Lists, noise: float, fakes: float, first_days: float) -> None:
        self.random = Random(seed)
        self.noise, self.fakes, self.first_days = noise, fakes, first_days
        self.lists = [(names, list(accumulate(weights))) for names, weights in (lists.men, lists.women, lists.families)]
        self.town = Town()
        self.people: list[Person] = []
        chance = self.random
        self.desks = [
            Habits(
                chance.choice((0.3, 0.6, 1.0, 1.0, 1.8)) * noise,
                min(chance.choice((0.06, 0.1, 0.2, 0.45)) * noise, 0.7),
                chance.choice((0.01, 0.02, 0.08)) * noise,
                chance.choice((0.01, 0.02, 0.05)) * noise,
            )
            for _ in range(120)
        ]

    def hit(self, share: float) -> bool:
        return self.random.random() < share

    def name(self, which: int) -> str:
        names, sums = self.lists[which]
        return names[bisect(sums, self.random.random() * sums[-1])].capitalize()

    def ssn(self) -> str:
        while (area := self.random.randint(1, 772)) == 666:
            pass
        return f"{area:03d}{self.random.randint(1, 99):02d}{self.random.randint(1, 9999):04d}"

    def person(self, **known: object) -> Person:
        sex = int(self.hit(0.58))
        races = frozenset({self.random.choices(RACES, (3, 2, 34, 20, 1, 1, 39))[0]})
        if self.hit(0.08):
            races |= {self.random.choice(RACES)}
        last = self.name(2)
        if self.hit(0.05):
            last = f"{last}{self.random.choice('- ')}{self.name(2)}"
        elif self.hit(0.02):
            last = f"{self.random.choice(_PARTICLES)} {last}"
        made = Person(
            number=len(self.people), first=self.name(1 - sex), middle=self.name(1 - sex) if self.hit(0.7) else "",
            last=last, suffix="", sex=sex, born=TODAY - timedelta(days=self.random.randint(18 * 365, 78 * 365)),
            ssn=self.ssn(), races=races, veteran=int(self.hit(0.08)),
        )  # fmt: skip
        if known:
            made = replace(made, **known)  # type: ignore[arg-type]  # names of fields
        if made.sex == 0 and self.hit(0.06):
            made.married = self.name(2)
        if self.hit(0.01):
            made.alias = self.name(1 - sex)
        self.people.append(made)
        return made

    def alike(self, one: Person, other: Person, how: str) -> None:
        self.town.lookalikes[min(one.number, other.number), max(one.number, other.number)] = how

    def family(self) -> list[Person]:
        kind = self.random.random()
        head = self.person()
        if kind < 0.62:
            if self.hit(0.02):
                self._namesake(head)
            return [head]
        family = [head]
        if self.hit(0.4):
            family.append(self.person(last=head.last if self.hit(0.6) else self.name(2), sex=1 - head.sex))
        before: Person | None = None
        for _ in range(self.random.choices((0, 1, 2, 3, 4), (12, 35, 30, 16, 7))[0]):
            child = self._child(head, before)
            family.append(child)
            before = child
        return family

    def _namesake(self, father: Person) -> None:
        if father.sex != 1:
            return
        son = self.person(
            first=father.first, last=father.last, sex=1, races=father.races,
            middle=father.middle if self.hit(0.6) else self.name(0),
            born=father.born + timedelta(days=self.random.randint(18 * 365, 38 * 365)),
        )  # fmt: skip
        father.suffix, son.suffix = "Sr", "Jr"
        self.alike(father, son, "namesakes")
        self.episodes([son])

    def _child(self, parent: Person, before: Person | None) -> Person:
        born = TODAY - timedelta(days=self.random.randint(0, 17 * 365))
        child = self.person(last=parent.last, races=parent.races, veteran=0, born=born)
        if before is not None and self.hit(0.05):
            child.born = before.born
            while child.first == before.first or child.first.lower() in also_called(before.first.lower()):
                child.first = self.name(child.sex)  # nobody calls two children by one name
            child.ssn = f"{before.ssn[:5]}{min(int(before.ssn[5:]) + self.random.randint(1, 5), 9999):04d}"
            self.alike(before, child, "twins")
        elif before is not None and self.hit(0.1):
            child.ssn = f"{before.ssn[:5]}{min(int(before.ssn[5:]) + self.random.randint(1, 40), 9999):04d}"
        if self.hit(0.03):
            child.ssn = parent.ssn
            self.alike(parent, child, "one number")
        if parent.sex == 1 and child.sex == 1 and self.hit(0.06):
            child.first = parent.first
            self.alike(parent, child, "namesakes")
        return child

    def episodes(self, family: list[Person]) -> None:
        """Let a household come once or more; whoever a desk does not find is typed in anew."""
        known: dict[int, list[str]] = {}
        project = self.random.randrange(len(self.desks))
        entry = TODAY - timedelta(days=self.random.randint(30, 2_200))
        for again in range(self.random.choices((1, 2, 3, 4), (58, 25, 11, 6))[0]):
            if again and self.hit(0.55):
                project = self.random.randrange(len(self.desks))
            retyped = self.hit(0.33)
            household = f"h{len(self.town.stays)}"
            for place, person in enumerate(family):
                if again and place and self.hit(0.06):
                    continue
                anew = person.number not in known or self.hit(0.85 if retyped else 0.025)
                if anew:
                    known.setdefault(person.number, []).append(self.record(person, project, entry))
                record = self.random.choice(known[person.number])
                self.stay(record, project, entry, household, place)
                if self.hit(0.002):
                    twice = self.record(person, project, entry)
                    known[person.number].append(twice)
                    self.stay(twice, project, entry, household, place)
            entry += timedelta(days=self.random.randint(20, 700))

    def stay(self, record: str, project: int, entry: date, household: str, place: int) -> None:
        number = f"e{len(self.town.stays)}"
        head = "1" if place == 0 else "2" if place > 1 else "3"
        self.town.stays.append((number, record, f"p{project}", min(entry, TODAY).isoformat(), household, head))

    def record(self, person: Person, project: int, entry: date) -> str:
        """Type a person in as a desk does and return the new id."""
        desk = self.desks[project]
        number = len(self.town.clients)
        record = f"{(number * 2_654_435_761) % 2**32:08X}{number % 97:02d}"
        row = {
            "PersonalID": record, "Sex": self._code(str(person.sex), 0.015), "UserID": f"u{project}", "ExportID": "1",
            "VeteranStatus": self._code(str(person.veteran), 0.06),
            "DateCreated": f"{min(entry, TODAY)} 10:00:00", "DateUpdated": f"{min(entry, TODAY)} 10:00:00",
        }  # fmt: skip
        self._name(row, person, desk)
        self._number(row, person, desk)
        self._born(row, person, desk)
        races = person.races if not self.hit(0.05 * self.noise) else frozenset({self.random.choice(RACES)})
        none = self.hit(0.05)
        row.update({race: str(int(race in races and not none)) for race in RACES})
        row["RaceNone"] = "99" if none else ""
        self.town.clients.append(row)
        self.town.person_of[record] = person.number
        return record

    def _code(self, value: str, lost: float) -> str:
        chance = self.random.random()
        if chance < lost * self.noise:
            return self.random.choice(("8", "9", "99"))
        if chance < lost * self.noise * 1.2 + 0.004:
            return "1" if value == "0" else "0"
        return value

    # ---- names

    def _name(self, row: dict[str, str], person: Person, desk: Habits) -> None:
        slip, suffix = desk.slips, person.suffix
        first, middle = self._given(person, slip)
        last = self._family(person, slip)
        if self.hit(0.006 * slip):
            first, last = last, first
        if self.hit(0.006 * slip):
            first, last = first[:3] if self.hit(0.5) else first, last[:4]
        if suffix and self.hit(0.45):
            suffix = ""
        elif suffix and self.hit(0.2):
            last, suffix = f"{last} {suffix}", ""
        first, last, quality = self._unsure(person, first, last, slip)
        style = self.random.random()
        if style < 0.1:
            first, middle, last = first.upper(), middle.upper(), last.upper()
        elif style < 0.15:
            first, last = first.lower(), f"{last.lower()} "
        row.update(FirstName=first, MiddleName=middle, LastName=last, NameSuffix=suffix, NameDataQuality=quality)

    def _given(self, person: Person, slip: float) -> tuple[str, str]:
        first, middle = person.first, person.middle
        if person.alias and self.hit(0.5):
            first = person.alias
        elif self.hit(0.05 * slip) and (short := sorted(also_called(first.lower()))):
            first = self.random.choice(short).capitalize()
        elif middle and self.hit(0.012 * slip):
            first, middle = middle, "" if self.hit(0.6) else first
        if self.hit(0.05 * slip):
            first = self._typo(first)
        if self.hit(0.006 * slip):
            first = first[:1]
        return first, self._middle(middle, slip)

    def _family(self, person: Person, slip: float) -> str:
        last = person.last
        if person.married and self.hit(0.4):
            last = person.married if self.hit(0.7) else f"{last}-{person.married}"
        if self.hit(0.06 * slip):
            last = self._typo(last)
        parts = last.replace("-", " ").split(" ")
        if len(parts) > 1 and self.hit(0.3):
            last = self.random.choice((parts[0], parts[-1], "".join(parts), " ".join(parts), "-".join(parts)))
        return last

    def _unsure(self, person: Person, first: str, last: str, slip: float) -> tuple[str, str, str]:
        if self.hit(0.006 * slip):
            return self.random.choice(_NO_NAME), self.random.choice(_NO_NAME) if self.hit(0.7) else last, "9"
        if person.born.year >= 2025 and self.hit(0.2):
            first = "Baby Boy" if person.sex else "Baby Girl"
        return first, last, "2" if self.hit(0.012 * slip) else "1"

    def _middle(self, middle: str, slip: float) -> str:
        if not middle or self.hit(0.35):
            return ""
        if self.hit(0.4):
            return middle[:1]
        return self._typo(middle) if self.hit(0.04 * slip) else middle

    def _typo(self, name: str) -> str:
        if len(name) < 3:
            return name
        place, kind = self.random.randrange(1, len(name)), self.random.random()
        letter = name[place].lower()
        if kind < 0.3:
            return name[:place] + _KEYS.get(letter, "e") + name[place + 1 :]
        if kind < 0.55:
            return name[:place] + name[place + 1 :]
        if kind < 0.75:
            return name[:place] + letter + name[place:]
        if kind < 0.9 and place + 1 < len(name):
            return name[:place] + name[place + 1] + name[place] + name[place + 2 :]
        for written, other in (
            ("ie", "y"),
            ("ph", "f"),
            ("ck", "k"),
            ("y", "ie"),
            ("c", "k"),
            ("z", "s"),
            ("ei", "ie"),
        ):
            if written in name[1:]:
                return name[0] + name[1:].replace(written, other, 1)
        return name[:place] + self.random.choice("aeiou") + name[place:]

    # ---- numbers and dates

    def _number(self, row: dict[str, str], person: Person, desk: Habits) -> None:
        ssn, quality, chance = person.ssn, "1", self.random.random()
        if self.hit(self.fakes):
            row.update(SSN=self.random.choice(("112233445", "321547698", "219099998", "123451234")), SSNDataQuality="1")
            return
        if chance < desk.no_ssn:
            ssn, quality = (
                ("", self.random.choice(("8", "9", "99"))) if self.hit(0.85) else (_FAKE[person.number % 8], "99")
            )
        elif chance < desk.no_ssn + desk.partial:
            ssn, quality = f"{'xxxxx' if self.hit(0.7) else '00000'}{ssn[5:]}", "2"
        elif self.hit(0.035 * desk.slips):
            ssn = self._digit_slip(ssn)
        elif self.hit(0.002 * desk.slips):
            ssn = self.ssn()
        if len(ssn) == 9 and ssn.isdigit() and self.hit(0.06):
            ssn = f"{ssn[:3]}-{ssn[3:5]}-{ssn[5:]}"
        row.update(SSN=ssn, SSNDataQuality=quality)

    def _digit_slip(self, digits: str) -> str:
        place = self.random.randrange(len(digits) - 1)
        if self.hit(0.4):
            return digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :]
        return digits[:place] + str(self.random.randrange(10)) + digits[place + 1 :]

    def _born(self, row: dict[str, str], person: Person, desk: Habits) -> None:
        born, quality, slip = person.born, "1", desk.slips
        if self.hit(0.012 * slip):
            row.update(DOB="1900-01-01" if self.hit(0.2) else "", DOBDataQuality="99")
            return
        if self.hit(self.first_days):
            born = date(born.year + self.random.choice((-1, 0, 0, 0, 1)), 1, 1)
        elif self.hit(desk.rough):
            born, quality = date(born.year + self.random.choice((-2, -1, 0, 0, 0, 1)), 1, 1), "2"
        elif self.hit(0.012 * slip) and born.day <= 12:
            born = date(born.year, born.day, born.month)
        elif self.hit(0.04 * slip):
            born = self._date_slip(born)
        row.update(DOB=min(born, TODAY).isoformat(), DOBDataQuality=quality)

    def _date_slip(self, born: date) -> date:
        kind = self.random.random()
        if kind < 0.4:
            return born + timedelta(days=self.random.choice((-10, -2, -1, 1, 2, 10)))
        if kind < 0.75:
            year = born.year + self.random.choice((-10, -1, 1, 10))
            return date(year, born.month, min(born.day, 28))
        if kind < 0.95:
            return date(born.year, self.random.randint(1, 12), min(born.day, 28))
        return TODAY - timedelta(days=self.random.randint(18 * 365, 70 * 365))


def make_town(
    records: int, seed: int, lists: Lists, *, noise: float = 1.0, fakes: float = 0.0, first_days: float = 0.0
) -> Town:
    """Make a town of about so many client records."""
    maker = Maker(seed, lists, noise, fakes, first_days)
    while len(maker.town.clients) < records:
        maker.episodes(maker.family())
    return maker.town
