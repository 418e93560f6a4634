"""The invented world as one stream of rows: set-up first, then household by household."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import combinations

from adminops.demo.agencies import WORKER_IDS
from adminops.demo.chance import Chance
from adminops.demo.client_rows import client_line
from adminops.demo.coordination_rows import coordination_lines
from adminops.demo.duplicates import Record, Typing, type_record
from adminops.demo.enrollment_rows import Before, enrollment_line, living_before
from adminops.demo.exit_rows import exit_line
from adminops.demo.health_rows import (
    disability_lines,
    education_lines,
    violence_and_health_lines,
    youth_education_lines,
)
from adminops.demo.income_rows import improve, income_line, means_of
from adminops.demo.journeys import Visit, Window, plan_visits
from adminops.demo.people import HEAD, KINDS, Household, make_household
from adminops.demo.rows import Ledger, Lines
from adminops.demo.service_rows import bed_night_lines, contact_lines, partner_service_lines
from adminops.demo.setup_rows import setup_lines
from adminops.demo.stays import EXIT, Stay, open_stay, sittings

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Options:
    """What an invented world is made from; the same options give the same bytes."""

    clients: int
    seed: int
    today: date
    years: int = 3
    duplicates: float = 0.15  # share of client records that are somebody's second, third… record
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
        casts = self._casts(chance, household, visits, again=again)
        for record in _distinct(casts):
            yield client_line(chance, self.ledger, record)
        for place, (visit, cast) in enumerate(zip(visits, casts, strict=True)):
            later = visits[place + 1] if place + 1 < len(visits) else None
            yield from self._visit_lines(chance, household, visit, cast, later)

    def _casts(
        self, chance: Chance, household: Household, visits: list[Visit], *, again: bool
    ) -> list[tuple[Record, ...]]:
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
        self._remember(household, casts)
        return casts

    def _not_found(self, chance: Chance, household: Household) -> frozenset[int]:
        everyone = range(len(household.members))
        missed = list(everyone) if chance.yes(0.8) else [chance.of(everyone)]
        return frozenset(missed[: self._left])

    def _typed(
        self, chance: Chance, household: Household, visit: Visit, places: frozenset[int], known: tuple[Record, ...]
    ) -> tuple[Record, ...]:
        """Type the members at these places anew; the others keep the records they have."""
        workers = visit.project.owner
        sloppy = self.options.sloppiness * workers.sloppiness * chance.of((0.4, 0.8, 1.2, 1.6))
        parent = household.members[0].person.ssn
        records: list[Record] = []
        for place, member in enumerate(household.members):
            if place not in places:
                records.append(known[place])
                continue
            self._left -= 1
            typing = Typing(visit.entry, sloppy, bool(known), parent if place else None)
            record = type_record(chance, self.ledger.personal_id(), member.person, typing)
            record.audit = self.ledger.audit(chance, visit.entry, _workers(visit))
            records.append(record)
        return tuple(records)

    def _remember(self, household: Household, casts: list[tuple[Record, ...]]) -> None:
        for place in range(len(household.members)):
            ids = dict.fromkeys(cast[place].personal_id for cast in casts)
            self.duplicate_pairs.extend(combinations(ids, 2))
        for one, other in household.look_alikes:
            self.look_alikes.append((casts[0][one].personal_id, casts[0][other].personal_id))

    def _visit_lines(
        self, chance: Chance, household: Household, visit: Visit, cast: tuple[Record, ...], later: Visit | None
    ) -> Lines:
        household_id = f"H{self.ledger.number('Household')}"
        relations = _relations(chance, self.ledger, household, household_id)
        head = household.members[0].person
        before = living_before(chance, visit.project, visit.entry, minor=household.kind == "minor")
        for record, relation in zip(cast, relations, strict=True):
            stay = open_stay(
                chance, self.ledger, visit, household_id, record, relation, head, len(household.members)
            )  # fmt: skip
            yield from _stay_lines(chance, stay, before, later)


def _stay_lines(chance: Chance, stay: Stay, before: Before, later: Visit | None) -> Lines:
    yield enrollment_line(chance, stay, before)
    means = means_of(chance, stay)
    asked_about_means = stay.asked.income or stay.asked.insurance
    for sitting in sittings(chance, stay):
        if asked_about_means:
            yield income_line(chance, stay, sitting, means)
            improve(chance, means)
        yield from violence_and_health_lines(chance, stay, sitting)
        yield from disability_lines(chance, stay, sitting)
        yield from education_lines(chance, stay, sitting)
        yield from youth_education_lines(chance, stay, sitting)
        if sitting.stage == EXIT:
            yield exit_line(chance, stay, sitting)
    yield from bed_night_lines(chance, stay)
    yield from partner_service_lines(chance, stay)
    yield from contact_lines(chance, stay)
    yield from coordination_lines(chance, stay, later)


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


def _workers(visit: Visit) -> tuple[str, ...]:
    return WORKER_IDS[visit.project.agency]


def _distinct(casts: list[tuple[Record, ...]]) -> Iterator[Record]:
    return iter({record.personal_id: record for cast in casts for record in cast}.values())
