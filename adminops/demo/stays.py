"""One client's stay in one program, and the occasions at which its data is taken."""

from dataclasses import dataclass
from datetime import date, timedelta

from adminops.demo.agencies import WORKER_IDS
from adminops.demo.chance import Chance
from adminops.demo.duplicates import Record
from adminops.demo.elements import Asked, asked_by
from adminops.demo.journeys import Visit
from adminops.demo.people import HEAD, Person
from adminops.demo.programs import Project
from adminops.demo.rows import Fault, Ledger, Row, Sitting, age_on

START, UPDATE, EXIT, ANNUAL = 1, 2, 3, 5


@dataclass(frozen=True, slots=True)
class Party:
    """A household at one visit: its number there, its size, where it goes next, where it slept before (3.917)."""

    household_id: str
    visit: Visit
    later: Visit | None
    size: int
    before: Row


@dataclass(slots=True)
class Stay:
    """An enrollment to be: who, where, when. `record` is the client record it was typed under."""

    id: str
    party: Party
    record: Record
    relation: int
    project: Project
    entry: date
    exit: date | None
    age: int
    workers: tuple[str, ...]
    ledger: Ledger
    first: Sitting
    asked: Asked

    @property
    def person(self) -> Person:
        """Return who it is."""
        return self.record.person

    @property
    def head(self) -> bool:
        """Say whether this is the head of household."""
        return self.relation == HEAD

    @property
    def answers(self) -> bool:
        """Say whether the questions for adults and heads of household are asked."""
        return self.relation == HEAD or self.age >= 18

    @property
    def move_in(self) -> date | None:
        """Return the day on which the household moved into housing."""
        return self.party.visit.move_in

    @property
    def last_day(self) -> date:
        """Return the day of exit, today while the stay goes on; nothing is recorded after it."""
        return self.exit or self.party.visit.seen or self.ledger.today

    def row(self, key: str, number: str, sitting: Sitting) -> Row:
        """Return what rows of every child file begin with."""
        return {key: number, "EnrollmentID": self.id, "PersonalID": self.record.personal_id, **sitting.audit}


def open_stay(chance: Chance, ledger: Ledger, party: Party, record: Record, relation: int) -> Stay:
    """Enter a client into a program; one member in thirty leaves before the others."""
    visit = party.visit
    workers = WORKER_IDS[visit.project.agency]
    leaves = visit.exit
    if leaves and relation != HEAD and chance.yes(0.03):
        leaves = visit.entry + timedelta(days=chance.between(0, (leaves - visit.entry).days))
    number = ledger.number("Enrollment")
    if visit.seen:
        ledger.faults.append(Fault("exit forgotten", "Enrollment", number))
    if visit.overlaps:
        ledger.faults.append(Fault("overlaps the next stay", "Enrollment", number))
    return Stay(
        id=number,
        party=party,
        record=record,
        relation=relation,
        project=visit.project,
        entry=visit.entry,
        exit=leaves,
        age=age_on(record.person.born, visit.entry),
        workers=workers,
        ledger=ledger,
        first=Sitting(START, visit.entry, ledger.audit(chance, visit.entry, workers)),
        asked=asked_by(visit.project),
    )


def sittings(chance: Chance, stay: Stay) -> list[Sitting]:
    """Return start, annual assessments (within 30 days of the anniversary, some forgotten) and exit, in order."""
    found = [stay.first]
    for year in range(1, (stay.last_day - stay.entry).days // 365 + 1):
        day = stay.entry + timedelta(days=365 * year + chance.between(-14, 14))
        if day >= stay.last_day or _annual_forgotten(chance, stay, year):
            continue
        found.append(Sitting(ANNUAL, day, stay.ledger.audit(chance, day, stay.workers)))
    if stay.exit:
        found.append(Sitting(EXIT, stay.exit, stay.ledger.audit(chance, stay.exit, stay.workers)))
    return found


def _annual_forgotten(chance: Chance, stay: Stay, year: int) -> bool:
    if not stay.asked.income or not stay.answers:
        return False
    return stay.ledger.spoils(chance, 0.12, f"annual assessment {year} missing", "Enrollment", stay.id)
