"""Reads of imports of tickets: their list, what became of each ticket, and what is here to match against."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from adminops import clock
from adminops.db import db
from adminops.errors import NotFound
from adminops.feature import RequestType
from adminops.identity.models import Agency, User
from adminops.identity.permissions import Permission
from adminops.web.listing import Page, fetch_page
from adminops.web.navigation import registry
from tickets.catalogue import SOMETHING_ELSE, all_types
from tickets.importing.judging import RULES, Person, Problem, World
from tickets.importing.mapping import word
from tickets.importing.models import ImportState, Outcome, TicketExternal, TicketImport, TicketImportRow

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class ImportRow:
    """A line of the list of imports."""

    id: int
    at: datetime
    file_name: str
    source: str
    state: ImportState
    by: str | None


@dataclass(frozen=True, slots=True)
class RowShown:
    """A ticket of an import, as the report shows it."""

    place: int
    number: str
    outcome: Outcome
    problems: list[Problem]
    ticket_id: int | None


def visible_to(viewer: User) -> Select[TicketImport]:
    """Return the imports that the viewer may know of."""
    chosen = select(TicketImport)
    may = viewer.is_system or viewer.may(Permission.IMPORT_TICKETS)
    return chosen if may else chosen.where(TicketImport.id.is_(None))


def get_import(import_id: int, viewer: User) -> TicketImport:
    """Return an import. Raises `NotFound`."""
    found = db.session.scalar(visible_to(viewer).where(TicketImport.id == import_id))
    if found is None:
        raise NotFound("There is no such import of tickets.")
    return found


def list_imports(viewer: User, *, after: str | None = None) -> Page[ImportRow]:
    """Return a page of imports, the newest first."""
    T = TicketImport  # noqa: N806 - short, for the columns
    chosen = visible_to(viewer).outerjoin(User, User.id == T.by_id)
    rows = chosen.with_only_columns(T.id, T.at, T.file_name, T.source, T.state, User.name)
    return fetch_page(rows, (T.id,), after=after, shape=lambda row: ImportRow(*row))


def counts_of(record: TicketImport) -> dict[Outcome, int]:
    """Return how many tickets of `record` came out how."""
    rows = TicketImportRow
    counted = select(rows.outcome, func.count()).where(rows.import_id == record.id).group_by(rows.outcome)
    return {**dict.fromkeys(Outcome, 0), **{row[0]: row[1] for row in db.session.execute(counted)}}


def rules_of(record: TicketImport) -> list[tuple[str, str, int]]:
    """Return rule, sentence and number of tickets for what was found, what refuses first and the most frequent."""
    order = sorted(record.found.items(), key=lambda item: (not RULES[item[0]].refuses, -item[1], item[0]))
    return [(rule, RULES[rule].sentence, count) for rule, count in order]


def list_rows(record: TicketImport, outcome: Outcome | None, *, after: str | None = None) -> Page[RowShown]:
    """Return a page of the tickets of `record`, those that came out as `outcome` alone where one is given."""
    rows = _shown_of(record)
    if outcome is not None:
        rows = rows.where(TicketImportRow.outcome == outcome)
    return fetch_page(rows, (TicketImportRow.place,), after=after, descending=False, shape=_shown)


def all_rows(record: TicketImport) -> Iterator[RowShown]:
    """Yield every ticket of `record`, for a file."""
    for row in db.session.execute(_shown_of(record).order_by(TicketImportRow.place)):
        yield _shown(row)


def next_rows(record: TicketImport, outcome: Outcome, *, after: int = 0) -> list[TicketImportRow]:
    """Return the next tickets of `record` behind a place that came out so."""
    rows = select(TicketImportRow).where(
        TicketImportRow.import_id == record.id, TicketImportRow.outcome == outcome, TicketImportRow.place > after
    )
    return list(db.session.scalars(rows.order_by(TicketImportRow.place).limit(AT_ONCE)))


def next_to_do() -> int | None:
    """Return the oldest import that something is to be done for."""
    waiting = (ImportState.CHECKING, ImportState.RUNNING, ImportState.UNDOING)
    chosen = select(TicketImport.id).where(TicketImport.state.in_(waiting))
    return db.session.scalar(chosen.order_by(TicketImport.id).limit(1))


def known_numbers(source: str, numbers: Iterable[str]) -> dict[str, int]:
    """Return the tickets that bear these numbers of `source` already."""
    there = select(TicketExternal.number, TicketExternal.ticket_id).where(TicketExternal.source == source)
    wanted = list(numbers)
    found: dict[str, int] = {}
    for start in range(0, len(wanted), AT_ONCE):
        chosen = there.where(TicketExternal.number.in_(wanted[start : start + AT_ONCE]))
        found.update((number, ticket_id) for number, ticket_id in db.session.execute(chosen))
    return found


def world() -> World:
    """Return what is here to match a file against."""
    types = kinds()
    people: dict[str, Person | None] = {}
    for user in db.session.scalars(select(User).where(User.email != "")):
        address = user.email.strip().lower()
        person = Person(user.id, user.agency_id, user.may(Permission.WORK_TICKETS))
        people[address] = None if address in people else person
    agencies = {word(name): id_ for id_, name in db.session.execute(select(Agency.id, Agency.name))}
    by_title = {word(kind.title): kind for kind in types.values()}
    by_key = {word(key): kind for key, kind in types.items()}
    return World(people, agencies, by_title | by_key, types[SOMETHING_ELSE], clock.now())


def kinds() -> dict[str, RequestType]:
    """Return the request types by their keys."""
    return {kind.key: kind for kind in all_types(registry().features)}


def titles() -> list[tuple[str, str]]:
    """Return keys and titles of the request types by title."""
    return sorted(((kind.key, kind.title) for kind in kinds().values()), key=lambda pair: pair[1])


def _shown_of(record: TicketImport) -> Select[int, str, Outcome, list[str], int | None]:
    row = TicketImportRow
    shown = select(row.place, row.number, row.outcome, row.problems, row.ticket_id)
    return shown.where(row.import_id == record.id)


def _shown(row: Any) -> RowShown:
    problems = []
    for said in row.problems:
        rule, line, column = said.split("|", 2)
        problems.append(Problem(int(line), column, rule))
    return RowShown(row.place, row.number, row.outcome, problems, row.ticket_id)
