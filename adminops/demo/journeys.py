"""Where a household goes: which programs it enters, when, for how long, and when it moves into housing."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from adminops.demo.chance import Chance, Table
from adminops.demo.people import GROUPS
from adminops.demo.programs import (
    CE,
    DAY,
    ES,
    HOUSING,
    HP,
    NBN,
    OPH,
    OTHER,
    PH,
    PROJECTS,
    PSH,
    RRH,
    SH,
    SO,
    SSO,
    TH,
    Project,
)  # fmt: skip

# A program that is older than this (days) was open whenever a household may come.
LONG_AGO = 2500
# Mean and greatest length of a stay in days, by project type.
_LENGTH = {
    ES: (48, 420), NBN: (40, 300), TH: (190, 720), PSH: (900, 3600), SO: (130, 700), SSO: (100, 500),
    OTHER: (60, 300), SH: (160, 900), PH: (600, 2400), OPH: (600, 2400), DAY: (60, 400), HP: (85, 380),
    RRH: (230, 720), CE: (85, 400),
}  # fmt: skip
_ALONE = Table({NBN: 24, ES: 20, SO: 20, DAY: 9, CE: 12, SSO: 4, HP: 5, SH: 1, TH: 4, PSH: 3, OTHER: 2})
_ALONE_NEXT = Table({RRH: 24, PSH: 14, TH: 8, OPH: 4, PH: 2, NBN: 16, ES: 15, CE: 9, SO: 5, SH: 2, SSO: 3})
_ADULTS = ("man", "woman", "couple", "adults")
_FIRST_DOOR: dict[str, Table[int]] = dict.fromkeys(_ADULTS, _ALONE) | {
    "family": Table({ES: 36, HP: 27, CE: 16, SSO: 6, RRH: 9, TH: 4, PSH: 2, OTHER: 1}),
    "youth": Table({SO: 24, TH: 18, CE: 16, RRH: 14, NBN: 12, DAY: 16}),
    "young-family": Table({TH: 30, CE: 20, RRH: 20, ES: 20, HP: 10}),
    "minor": Table({ES: 70, HP: 22, SO: 12}),
    "veteran": Table({TH: 20, ES: 13, NBN: 10, SO: 12, RRH: 14, HP: 13, PSH: 8, SH: 3, CE: 7}),
    "veteran-family": Table({RRH: 40, HP: 40, CE: 12, PSH: 8}),
}
_NEXT_DOOR: dict[str, Table[int]] = dict.fromkeys(_ADULTS, _ALONE_NEXT) | {
    "family": Table({RRH: 42, PSH: 8, TH: 8, PH: 5, ES: 18, CE: 10, SSO: 6, HP: 3}),
    "youth": Table({RRH: 35, TH: 30, CE: 20, NBN: 15}),
    "young-family": Table({RRH: 45, TH: 25, ES: 15, CE: 15}),
    "minor": Table({ES: 60, HP: 20, SO: 20}),
    "veteran": Table({PSH: 26, RRH: 28, TH: 20, ES: 8, CE: 6, SH: 5, NBN: 7}),
    "veteran-family": Table({RRH: 45, PSH: 45, HP: 10}),
}
_NUMBER = Table({1: 47, 2: 28, 3: 15, 4: 7, 5: 3})
# Days between the start in a housing program and the move into a home, and who never gets that far.
_SEARCH = {RRH: (38, 0.16), PSH: (50, 0.07), PH: (14, 0.03), OPH: (10, 0.02)}


@dataclass(frozen=True, slots=True)
class Visit:
    """A household's stay in one program; the last day and the move-in may be open."""

    project: Project
    entry: date
    exit: date | None
    move_in: date | None = None
    seen: date | None = None  # the last day anybody saw a household whose exit was forgotten
    overlaps: bool = False  # the exit was typed too late: the stay runs into the next one


@dataclass(frozen=True, slots=True)
class Window:
    """The period of the export: its first day, and today, which is its last."""

    start: date
    today: date


def plan_visits(chance: Chance, kind: str, window: Window, *, at_least: int = 1) -> list[Visit]:
    """Return the stays of a household in order; every one touches the period, none begins after today."""
    number = max(at_least, chance.pick(_NUMBER))
    span = (window.today - window.start).days
    early = chance.between(0, 200)
    visits = _walk(chance, kind, window, window.start + timedelta(days=chance.between(-early, span - 1)), number)
    if len(visits) < at_least or not visits:
        start = window.start + timedelta(days=chance.between(0, max(1, span // 3)))
        visits = _walk(chance, kind, window, start, number + 2)
    return visits


def _walk(chance: Chance, kind: str, window: Window, day: date, number: int) -> list[Visit]:
    visits: list[Visit] = []
    doors = _FIRST_DOOR[kind]
    for _ in range(number):
        project = _door(chance, kind, chance.pick(doors), day, window.today)
        visit = _stay(chance, project, day, window.today)
        if visit.exit is None or visit.exit >= window.start:
            visits.append(visit)
        after = _next_day(chance, visit)
        if after is None or after >= window.today:
            break
        day, doors = after, _NEXT_DOOR[kind]
    return visits


def _next_day(chance: Chance, visit: Visit) -> date | None:
    """Say when the household comes to its next program: before it leaves, on that day, or after a while away."""
    if visit.project.type in (CE, SO, DAY, SSO, OTHER):  # non-residential: the next stay overlaps
        return visit.entry + timedelta(days=chance.days(20, 120))
    if visit.exit is None:
        return None
    return visit.exit + timedelta(days=0 if chance.yes(0.3) else chance.days(110, 700))


def _stay(chance: Chance, project: Project, day: date, today: date) -> Visit:
    mean, most = _LENGTH[project.type]
    entry = max(day, project.opening(today))
    leaves = entry + timedelta(days=chance.days(mean, most) - (1 if chance.yes(0.1) else 0))
    closing = project.closing(today)
    if closing is not None:
        leaves = min(leaves, closing)
    exit_day = leaves if leaves < today else None
    return Visit(project, entry, exit_day, _move_in(chance, project, entry, exit_day or today))


def _move_in(chance: Chance, project: Project, entry: date, last: date) -> date | None:
    if project.type not in HOUSING:
        return None
    mean, never = _SEARCH[project.type]
    day = entry + timedelta(days=0 if chance.yes(0.15) else chance.days(mean, 200))
    return None if day > last or chance.yes(never) else day


def forget_exit(visit: Visit) -> Visit:
    """Return a stay that is still open in the system though the household left."""
    return replace(visit, exit=None, seen=visit.exit)


def exit_late(chance: Chance, visit: Visit, later: Visit, today: date) -> Visit:
    """Return a stay whose exit was dated some days after the household came to its next shelter."""
    late = later.entry + timedelta(days=chance.between(3, 9))
    return replace(visit, exit=min(late, today), overlaps=True)


def _door(chance: Chance, kind: str, wanted: int, day: date, today: date) -> Project:
    """Return an open program of the wanted type for the kind of household, of any type when there is none."""
    table = _DOORS.get((kind, wanted), _ANY[kind])
    for _ in range(8):
        project = chance.pick(table)
        closing = project.closing(today)
        if project.opening(today) <= day and (closing is None or day < closing):
            return project
    return chance.pick(_LASTING[kind])


def _doors(kind: str, suits: Callable[[Project], bool]) -> Table[Project] | None:
    found = {
        project: project.size
        for project in PROJECTS
        if project.takes_clients and GROUPS[kind] & project.groups and suits(project)
    }
    return Table(found) if found else None


def _all_doors(suits: Callable[[Project], bool]) -> dict[str, Table[Project]]:
    return {kind: table for kind in GROUPS if (table := _doors(kind, suits))}


def _of_type(wanted: int) -> Callable[[Project], bool]:
    return lambda project: project.type == wanted


_TYPES = sorted({project.type for project in PROJECTS})
_DOORS = {(kind, type_): table for type_ in _TYPES for kind, table in _all_doors(_of_type(type_)).items()}
_ANY = _all_doors(lambda _: True)
# Programs that were open all the time that an export may look back on.
_LASTING = _all_doors(lambda project: project.closed is None and project.opened >= LONG_AGO)
