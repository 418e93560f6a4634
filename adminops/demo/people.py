"""Invented people and the households they live in: singles, couples, families, youth, veterans, look-alikes.

Nobody here exists. Social Security numbers are drawn at random from the numbers that HUD's rule calls valid
(area 001-665 or 667-899, group 01-99, serial 0001-9999), because matching needs valid ones; a number that is
also somebody's is so by chance alone and is joined to an invented name and birth date.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta

from adminops.demo.chance import Chance, Table
from adminops.demo.names import FEMALE, MALE, ORIGINS, Origin, first_name, last_name, middle_name
from adminops.demo.rows import age_on
from adminops.hmis.sealing import is_valid_ssn

HEAD, CHILD, PARTNER, RELATIVE, OTHER_MEMBER = 1, 2, 3, 4, 5
RACES = ("AmIndAKNative", "Asian", "BlackAfAmerican", "HispanicLatinao", "MidEastNAfrican", "NativeHIPacific", "White")

KINDS: Table[str] = Table(
    {
        "man": 37,
        "woman": 23,
        "couple": 4,
        "adults": 3,
        "family": 14,
        "youth": 6,
        "young-family": 2,
        "minor": 3,
        "veteran": 7,
        "veteran-family": 1,
    }
)
# Which of the groups that programs serve a kind of household belongs to.
GROUPS: dict[str, frozenset[str]] = {
    "man": frozenset({"single", "man"}), "woman": frozenset({"single", "woman"}), "couple": frozenset({"single"}),
    "adults": frozenset({"single"}), "family": frozenset({"family"}), "youth": frozenset({"youth"}),
    "young-family": frozenset({"young-family", "family"}), "minor": frozenset({"minor"}),
    "veteran": frozenset({"veteran"}), "veteran-family": frozenset({"veteran-family"}),
}  # fmt: skip
_ADULT_AGES = Table({(18, 24): 6, (25, 34): 21, (35, 44): 24, (45, 54): 22, (55, 64): 20, (65, 84): 7})
_VETERAN_AGES = Table({(23, 34): 12, (35, 44): 18, (45, 54): 18, (55, 64): 24, (65, 88): 28})
_RACE_COLUMN = {
    Origin.GENERAL: 6, Origin.BLACK: 2, Origin.LATIN: 3, Origin.HAITIAN: 2, Origin.ASIAN: 1,
    Origin.ARAB: 4, Origin.SLAVIC: 6, Origin.NATIVE: 0,
}  # fmt: skip
_DISABILITIES = {5: 0.19, 6: 0.06, 7: 0.24, 8: 0.02, 9: 0.36, 10: 0.24}  # HUD list 1.3: share of adults


@dataclass(slots=True)
class Person:
    """Somebody invented: what is true of them, however it is typed later. `sex` and codes are HUD's."""

    first: str
    middle: str
    last: str
    suffix: str
    sex: int
    born: date
    origin: Origin
    races: tuple[int, ...]
    ssn: str
    veteran: bool = False
    entered: int | None = None  # years of military service
    separated: int | None = None
    disabilities: frozenset[int] = frozenset()
    substance: int = 0  # HUD list 4.10.2
    survivor: bool = False  # of domestic violence


@dataclass(slots=True)
class Member:
    """A person's place in a household; `relation` is of HUD list 3.15.1."""

    person: Person
    relation: int


@dataclass(slots=True)
class Household:
    """People who come together; `look_alikes` are places of members who are easily taken for one another."""

    kind: str
    members: list[Member]
    look_alikes: list[tuple[int, int]] = field(default_factory=list)


def make_household(chance: Chance, kind: str, day: date, most: int) -> Household:
    """Invent a household as it is on a day, with at most so many members."""
    household = _MAKERS[kind](chance, day)
    del household.members[most:]
    household.look_alikes = [pair for pair in household.look_alikes if max(pair) < len(household.members)]
    return household


def make_person(chance: Chance, ages: tuple[int, int], day: date, like: Person | None = None, **known: int) -> Person:
    """Invent a person of an age (years, both ends included); `like` lends surname, origin and race."""
    sex = known.get("sex", MALE if chance.yes(0.6) else FEMALE)
    born = day - timedelta(days=int(chance.between(*ages) * 365.25) + chance.between(1, 364))
    origin = like.origin if like and chance.yes(0.93) else chance.pick(ORIGINS)
    first = first_name(chance, origin, sex, born)
    person = Person(
        first=first,
        middle=middle_name(chance, origin, sex, born, first),
        last=like.last if like and chance.yes(0.85) else last_name(chance, origin),
        suffix="",
        sex=sex,
        born=born,
        origin=origin,
        races=_races(chance, origin),
        ssn=_near(chance, like.ssn) if like and chance.yes(0.06) else make_ssn(chance),
    )
    _add_needs(chance, person, adult=ages[0] >= 18)
    return person


def make_ssn(chance: Chance) -> str:
    """Draw nine digits that HUD's rule takes for a valid Social Security number; see the head of this module."""
    while True:
        area = chance.between(1, 898)
        area += area >= 666
        ssn = f"{area:03d}{chance.between(1, 99):02d}{chance.between(1, 9999):04d}"
        if is_valid_ssn(ssn):
            return ssn


def _near(chance: Chance, ssn: str, step: int = 0) -> str:
    """Return the number of a brother or sister, given out a few serials further on."""
    serial = int(ssn[5:]) + (step or chance.between(1, 9))
    return ssn[:5] + f"{serial if serial <= 9999 else serial - 9999:04d}"


def _races(chance: Chance, origin: Origin) -> tuple[int, ...]:
    races = [0] * len(RACES)
    races[_RACE_COLUMN[origin]] = 1
    if chance.yes(0.07):
        races[chance.of((2, 3, 6, 6))] = 1
    return tuple(races)


def _add_needs(chance: Chance, person: Person, *, adult: bool) -> None:
    factor = 1.0 if adult else 0.12
    person.disabilities = frozenset(kind for kind, share in _DISABILITIES.items() if chance.yes(share * factor))
    person.substance = chance.of((1, 2, 2, 3)) if 10 in person.disabilities else 0
    person.survivor = adult and chance.yes(0.42 if person.sex == FEMALE else 0.09)


def _man(chance: Chance, day: date) -> Household:
    return Household("man", [Member(make_person(chance, chance.pick(_ADULT_AGES), day, sex=MALE), HEAD)])


def _woman(chance: Chance, day: date) -> Household:
    return Household("woman", [Member(make_person(chance, chance.pick(_ADULT_AGES), day, sex=FEMALE), HEAD)])


def _youth(chance: Chance, day: date) -> Household:
    return Household("youth", [Member(make_person(chance, (18, 24), day), HEAD)])


def _minor(chance: Chance, day: date) -> Household:
    return Household("minor", [Member(make_person(chance, (12, 17), day), HEAD)])


def _couple(chance: Chance, day: date) -> Household:
    head = make_person(chance, chance.pick(_ADULT_AGES), day)
    return Household("couple", [Member(head, HEAD), Member(_partner(chance, head, day), PARTNER)])


def _partner(chance: Chance, head: Person, day: date) -> Person:
    age = max(18, age_on(head.born, day) + chance.between(-6, 5))
    sex = 1 - head.sex if chance.yes(0.94) else head.sex
    partner = make_person(chance, (age, age), day, sex=sex)
    if chance.yes(0.55):
        partner.last = head.last
    return partner


def _adults(chance: Chance, day: date) -> Household:
    """Adult brothers and sisters, twins among them, or a parent with a grown child, Sr and Jr among them."""
    if chance.yes(0.5):
        head = make_person(chance, (22, 60), day)
        age = age_on(head.born, day)
        second = make_person(chance, (max(18, age - 6), age), day, like=head)
        if second.first == head.first:
            second.first = _first_like(chance, head)
        household = Household("adults", [Member(head, HEAD), Member(second, RELATIVE)])
        if chance.yes(0.3):
            _make_twins(chance, household, 0, 1)
        return household
    head = make_person(chance, (42, 70), day, sex=chance.of((MALE, MALE, FEMALE)))
    son = make_person(chance, (18, age_on(head.born, day) - 20), day, like=head, sex=head.sex)
    household = Household("adults", [Member(head, HEAD), Member(son, CHILD)])
    if head.sex == MALE and chance.yes(0.5):
        _make_namesakes(chance, household, 0, 1)
    return household


def _family(chance: Chance, day: date) -> Household:
    head = make_person(chance, (20, 52), day, sex=FEMALE if chance.yes(0.78) else MALE)
    household = Household("family", [Member(head, HEAD)])
    if chance.yes(0.27):
        household.members.append(Member(_partner(chance, head, day), PARTNER))
    _add_children(chance, household, day, chance.of((1, 1, 2, 2, 2, 3, 3, 4, 5)))
    if chance.yes(0.06):
        grandmother = make_person(chance, (58, 80), day, like=head, sex=FEMALE)
        household.members.append(Member(grandmother, RELATIVE))
    return household


def _young_family(chance: Chance, day: date) -> Household:
    head = make_person(chance, (18, 23), day, sex=FEMALE if chance.yes(0.9) else MALE)
    household = Household("young-family", [Member(head, HEAD)])
    _add_children(chance, household, day, chance.of((1, 1, 1, 2)))
    return household


def _add_children(chance: Chance, household: Household, day: date, number: int) -> None:
    head = household.members[0].person
    oldest = max(0, min(17, age_on(head.born, day) - 17))
    first = len(household.members)
    for _ in range(number):
        sex = FEMALE if chance.yes(0.5) else MALE
        child = make_person(chance, (0, oldest), day, like=head, sex=sex)
        if child.first in {member.person.first for member in household.members}:
            child.first = _first_like(chance, child)
        household.members.append(Member(child, CHILD if chance.yes(0.96) else RELATIVE))
    if number > 1 and chance.yes(0.05):
        _make_twins(chance, household, first, first + 1)
    if head.sex == MALE and household.members[first].person.sex == MALE and chance.yes(0.15):
        _make_namesakes(chance, household, 0, first)


def _veteran(chance: Chance, day: date) -> Household:
    head = make_person(chance, chance.pick(_VETERAN_AGES), day, sex=MALE if chance.yes(0.88) else FEMALE)
    _serve(chance, head, day)
    return Household("veteran", [Member(head, HEAD)])


def _veteran_family(chance: Chance, day: date) -> Household:
    head = make_person(chance, (25, 54), day, sex=MALE if chance.yes(0.8) else FEMALE)
    _serve(chance, head, day)
    household = Household("veteran-family", [Member(head, HEAD)])
    if chance.yes(0.6):
        household.members.append(Member(_partner(chance, head, day), PARTNER))
    _add_children(chance, household, day, chance.of((1, 1, 2, 3)))
    return household


def _serve(chance: Chance, person: Person, day: date) -> None:
    """Give a person years of service that began at 18 to 22 and lie wholly before the day."""
    person.veteran = True
    person.entered = person.born.year + chance.between(18, 22)
    person.separated = min(day.year - 1, person.entered + chance.of((2, 3, 4, 4, 4, 6, 8, 20)))


def _make_twins(chance: Chance, household: Household, one: int, other: int) -> None:
    elder, younger = household.members[one].person, household.members[other].person
    younger.born, younger.last, younger.races, younger.origin = elder.born, elder.last, elder.races, elder.origin
    if chance.yes(0.6):
        younger.sex = elder.sex
    if younger.sex == elder.sex:
        younger.first = _first_like(chance, elder)
    younger.ssn = _near(chance, elder.ssn, 1)
    household.look_alikes.append((one, other))


def _first_like(chance: Chance, person: Person) -> str:
    """Return another first name, of the same initial when a few draws bring one, as parents of twins like it."""
    drawn = [first_name(chance, person.origin, person.sex, person.born) for _ in range(12)]
    others = [name for name in drawn if name != person.first]
    alike = [name for name in others if name[0] == person.first[0]]
    return (alike or others or [person.first + "a"])[0]


def _make_namesakes(chance: Chance, household: Household, one: int, other: int) -> None:
    father, son = household.members[one].person, household.members[other].person
    son.first, son.last, son.middle = father.first, father.last, father.middle
    father.suffix, son.suffix = "Sr", "Jr"
    if chance.yes(0.15):
        father.suffix, son.suffix = "II", "III"
    household.look_alikes.append((one, other))


_MAKERS = {
    "man": _man, "woman": _woman, "couple": _couple, "adults": _adults, "family": _family, "youth": _youth,
    "young-family": _young_family, "minor": _minor, "veteran": _veteran, "veteran-family": _veteran_family,
}  # fmt: skip
