"""The invented world as one stream of rows: set-up first, then household by household."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import combinations
from typing import TypeAlias

from adminops.demo.agencies import WORKER_IDS
from adminops.demo.chance import Chance
from adminops.demo.client_rows import client_line
from adminops.demo.coordination_rows import coordination_lines
from adminops.demo.duplicates import Record, Typing, type_record
from adminops.demo.enrollment_rows import enrollment_line, living_before
from adminops.demo.exit_rows import exit_line
from adminops.demo.health_rows import (
    disability_lines,
    education_lines,
    violence_and_health_lines,
    youth_education_lines,
)
from adminops.demo.income_rows import improve, income_line, means_of
from adminops.demo.journeys import Visit, Window, exit_late, forget_exit, plan_visits
from adminops.demo.people import HEAD, KINDS, Household, make_household
from adminops.demo.programs import DAY, HOUSING, NBN, RESIDENTIAL, SO, SSO
from adminops.demo.rows import Ledger, Lines
from adminops.demo.service_rows import bed_night_lines, contact_lines, partner_service_lines
from adminops.demo.setup_rows import setup_lines
from adminops.demo.stays import EXIT, Party, Stay, open_stay, sittings

Pair: TypeAlias = tuple[str, str]
# The records of a household's members at one visit, in the order of the members.
Records: TypeAlias = tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class Options:
    """What an invented world is made from; the same options give the same bytes."""

    clients: int
    seed: int
    today: date
    years: int = 3
    duplicates: float = 0.15  # about this share of client records is somebody's second, third… record
    faults: float = 1.0  # how often data-quality faults are put in, against real life; 0 for none
    sloppiness: float = 1.0  # how often typing faults are made in names, numbers and dates

    @property
    def window(self) -> Window:
        """Return the period of the export."""
        return Window(self.today - timedelta(days=365 * self.years), self.today)


@dataclass(slots=True)
class World:
    """Streams the rows and learns on the way which records are the same person, and which only look it."""

    options: Options
    ledger: Ledger = field(init=False)
    duplicate_pairs: list[Pair] = field(default_factory=list)
    look_alikes: list[Pair] = field(default_factory=list)
    _left: int = field(init=False)  # client records still to be made

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.options.today, self.options.faults)
        self._left = self.options.clients

    def lines(self) -> Lines:
        """Yield every row but Export.csv's: a (file name, filled columns) after the other."""
        yield from setup_lines(self.ledger)
        number = 0
        while self._left > 0:
            number += 1
            yield from self._household_lines(Chance(self.options.seed, number))

    def _household_lines(self, chance: Chance) -> Lines:
        kind = chance.pick(KINDS)
        again = chance.yes(self.options.duplicates / (1 - self.options.duplicates))
        visits = plan_visits(chance, kind, self.options.window, at_least=2 if again else 1)
        household = make_household(chance, kind, visits[0].entry, self._left)
        visits = self._spoil(chance, visits)
        casts = self._casts(chance, household, visits, again=again)
        for record in _distinct(casts):
            yield client_line(chance, self.ledger, record)
        for visit, later, cast in zip(visits, [*visits[1:], None], casts, strict=True):
            yield from self._visit_lines(chance, household, visit, later, cast)

    def _spoil(self, chance: Chance, visits: list[Visit]) -> list[Visit]:
        """Forget exits, and type others too late, as often as programs do; the stays themselves log it."""
        rate = self.options.faults
        spoiled: list[Visit] = []
        for visit, later in zip(visits, [*visits[1:], None], strict=True):
            if visit.exit is None:
                spoiled.append(visit)
            elif visit.project.type in (NBN, SO, DAY, SSO) and chance.yes(0.025 * rate):
                spoiled.append(forget_exit(visit))
            elif later and _both_shelter(visit, later) and chance.yes(0.04 * rate):
                spoiled.append(exit_late(chance, visit, later, self.options.today))
            else:
                spoiled.append(visit)
        return spoiled

    def _casts(self, chance: Chance, household: Household, visits: list[Visit], *, again: bool) -> list[Records]:
        """Decide under which client record every member is entered at every visit, and make the records.

        Whoever is not found is typed again: mostly the whole household, sometimes one member. Later workers
        find one or the other of the records.
        """
        casts = [self._typed(chance, household, visits[0], frozenset(range(len(household.members))), ())]
        retyped = chance.between(1, len(visits) - 1) if again and len(visits) > 1 else 0
        for place, visit in enumerate(visits[1:], start=1):
            if place == retyped or (again and place > retyped and chance.yes(0.15)):
                casts.append(self._typed(chance, household, visit, self._not_found(chance, household), casts[-1]))
            else:
                casts.append(chance.of(casts))
                self._touch(chance, visit, casts[-1])
        self._remember(household, casts)
        return casts

    def _not_found(self, chance: Chance, household: Household) -> frozenset[int]:
        everyone = range(len(household.members))
        missed = list(everyone) if chance.yes(0.8) else [chance.of(everyone)]
        return frozenset(missed[: self._left])

    def _typed(
        self, chance: Chance, household: Household, visit: Visit, places: frozenset[int], known: Records
    ) -> Records:
        """Type the members at these places anew; the others keep the records they have."""
        sloppy = self.options.sloppiness * visit.project.owner.sloppiness * chance.of((0.4, 0.8, 1.2, 1.6))
        parent = household.members[0].person.ssn
        records: list[Record] = []
        for place, member in enumerate(household.members):
            if place not in places:
                records.append(known[place])
                continue
            self._left -= 1
            typing = Typing(visit.entry, sloppy, bool(known), parent if place else None)
            record = type_record(chance, self.ledger.personal_id(), member.person, typing)
            record.audit = self.ledger.audit(chance, visit.entry, WORKER_IDS[visit.project.agency])
            records.append(record)
        return tuple(records)

    def _touch(self, chance: Chance, visit: Visit, cast: Records) -> None:
        """Let a worker who finds a record look it over: its date of update moves, its text does not."""
        for record in cast:
            if chance.yes(0.4):
                seen = self.ledger.audit(chance, visit.entry, WORKER_IDS[visit.project.agency])
                newest = max(str(record.audit["DateUpdated"]), str(seen["DateUpdated"]))
                record.audit = record.audit | {"DateUpdated": newest}

    def _remember(self, household: Household, casts: list[Records]) -> None:
        for place in range(len(household.members)):
            ids = dict.fromkeys(cast[place].personal_id for cast in casts)
            self.duplicate_pairs.extend(combinations(ids, 2))
        for one, other in household.look_alikes:
            self.look_alikes.append((casts[0][one].personal_id, casts[0][other].personal_id))

    def _visit_lines(
        self, chance: Chance, household: Household, visit: Visit, later: Visit | None, cast: Records
    ) -> Lines:
        number = self.ledger.number("Household")
        relations = _relations(chance, self.ledger, household, f"H{number}")
        before = living_before(chance, visit.project, visit.entry, minor=household.kind == "minor")
        party = Party(f"H{number}", visit, later, len(household.members), before)
        for record, relation in zip(cast, relations, strict=True):
            yield from _stay_lines(chance, open_stay(chance, self.ledger, party, record, relation))
        if self.ledger.spoils(chance, 0.003, "entered twice", "Enrollment", f"H{number}T"):
            twice = Party(f"H{number}T", visit, later, 1, before)
            yield from _stay_lines(chance, open_stay(chance, self.ledger, twice, cast[0], HEAD))


def _both_shelter(visit: Visit, later: Visit) -> bool:
    """Say whether one cannot sleep in both: neither is housing that is still being looked for."""
    kinds = {visit.project.type, later.project.type}
    return kinds <= set(RESIDENTIAL) and not kinds & set(HOUSING) and visit.project != later.project


def _stay_lines(chance: Chance, stay: Stay) -> Lines:
    yield enrollment_line(chance, stay)
    means = means_of(chance, stay)
    asked_about_means = stay.asked.income or stay.asked.insurance
    for sitting in sittings(chance, stay):
        if asked_about_means:
            yield income_line(chance, stay, sitting, means)
        yield from violence_and_health_lines(chance, stay, sitting)
        yield from disability_lines(chance, stay, sitting)
        yield from education_lines(chance, stay, sitting, means)
        yield from youth_education_lines(chance, stay, sitting)
        if sitting.stage == EXIT:
            yield exit_line(chance, stay, sitting)
        improve(chance, means)
    yield from bed_night_lines(chance, stay)
    yield from partner_service_lines(chance, stay)
    yield from contact_lines(chance, stay)
    yield from coordination_lines(chance, stay)


def _relations(chance: Chance, ledger: Ledger, household: Household, household_id: str) -> list[int]:
    """Return who is what to the head, with the faults of households in real exports."""
    relations = [member.relation for member in household.members]
    if ledger.spoils(chance, 0.003, "household without head", "Enrollment", household_id):
        relations[0] = 99
    elif len(relations) > 1 and ledger.spoils(chance, 0.006, "household with two heads", "Enrollment", household_id):
        relations[1] = HEAD
    elif len(relations) > 1 and ledger.spoils(chance, 0.008, "relationship missing", "Enrollment", household_id):
        relations[-1] = 99
    return relations


def _distinct(casts: list[Records]) -> Iterator[Record]:
    return iter({record.personal_id: record for cast in casts for record in cast}.values())
