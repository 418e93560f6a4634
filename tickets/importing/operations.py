"""The verbs of taking tickets over: upload, name the columns, try, start, drop, take back.

The small steps that follow (trying the file, storing one ticket, removing one) are each for a transaction of their own:
a process that dies leaves whole tickets or none, and the next one goes on.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, insert, select

from adminops import clock
from adminops.db import db, savepoint
from adminops.errors import DomainError, InvalidState, NotAllowed
from adminops.facts import publish
from adminops.facts.taking_over import (
    TicketImportDropped,
    TicketImportEnded,
    TicketImportMapped,
    TicketImportStarted,
    TicketImportTried,
    TicketImportUndone,
    TicketImportUndoStarted,
    TicketImportUploaded,
)
from adminops.guard.looking import check
from adminops.hmis import sealing
from adminops.hmis.resealing import SealedColumn
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.settings import current_settings
from tickets.importing import queries
from tickets.importing.carried import Archive
from tickets.importing.images import image_now, take_back
from tickets.importing.judging import Judged, Problem, Taken
from tickets.importing.mapping import Plan, guess, guess_dates, settle
from tickets.importing.models import TRANSITIONS, ImportState, Outcome, TicketImport, TicketImportRow, move
from tickets.importing.records import Sheet, read
from tickets.importing.storing import store
from tickets.models import Ticket

UNDO_WITHIN = timedelta(days=7)
MOST_NOTED = 50
"""Problems of a ticket that its row keeps."""
S = ImportState


def upload(raw: bytes, *, name: str, by: User) -> TicketImport:
    """Keep a file of another desk, sealed; nothing of it is stored as a ticket yet.

    Raises `NotAllowed`, and `Invalid` (at "file") for one that can't be read. Publishes `TicketImportUploaded`.
    """
    _check_may(by)
    check(name.rpartition(".")[0].replace("_", " "), field="file", agency_id=None, by=by)
    sheet = read(raw)
    for column in (*sheet.columns, *sheet.message_columns):
        check(column, field="file", agency_id=None, by=by)  # a file without a line of names begins with data
    record = TicketImport(
        by_id=by.id,
        file_name=name[:200] or "tickets",
        size=len(raw),
        shape=sheet.shape,
        columns=list(sheet.columns),
        message_columns=list(sheet.message_columns),
    )
    db.session.add(record)
    db.session.flush()
    record.sealed = sealing.key_ring().encrypt(raw.decode("latin-1"), bound_to=cell(record.id))
    db.session.flush()
    publish(TicketImportUploaded(import_id=record.id), by=by)
    return record


def note_columns(record: TicketImport, said: Any, *, words: Iterable[str] = (), by: User) -> None:
    """Keep what was said of the columns so far; the meanings of the `words` in them come next.

    Raises as `map_columns`, and `Invalid` where the guard finds something in the words: it is another column.

    No fact: nothing came of it yet.
    """
    _lock(record, by)
    if S.CHECKING not in TRANSITIONS[record.state]:
        move(record, S.CHECKING)
    mapping = _settled(record, said, by)
    _check_words(words, by)
    record.source, record.mapping = mapping.source, mapping.as_dict()
    db.session.flush()


def map_columns(record: TicketImport, said: Any, *, by: User) -> None:
    """Settle what the columns of `record` are (see `mapping.settle`) and have it tried.

    Raises `NotAllowed`, `InvalidState`, `Invalid`. Publishes `TicketImportMapped`.
    """
    _lock(record, by)
    move(record, S.CHECKING)
    mapping = _settled(record, said, by)
    record.source, record.mapping, record.starts = mapping.source, mapping.as_dict(), 0
    _forget_trial(record)
    publish(TicketImportMapped(import_id=record.id), by=by)


def keep_trial(record: TicketImport, judged: Sequence[Judged], held: set[str], *, by: User) -> None:
    """Keep what a trial found: for each ticket of the file what would become of it. Publishes `TicketImportTried`."""
    db.session.refresh(record, with_for_update=True)
    move(record, S.CHECKED)
    _forget_trial(record)
    known = queries.known_numbers(record.source, [each.number for each in judged])
    rows = [_row(record, each, known, held) for each in judged]
    if rows:
        db.session.execute(insert(TicketImportRow), rows)
    strangers = Counter(each.stranger for each in judged if each.ticket and each.stranger)
    if strangers:
        text = json.dumps(strangers)
        record.strangers = sealing.key_ring().encrypt(text, bound_to=strangers_cell(record.id))
    record.found = dict(Counter(rule for row in rows for rule in {said.partition("|")[0] for said in row["problems"]}))
    db.session.flush()
    ready = sum(row["outcome"] is Outcome.READY for row in rows)
    publish(TicketImportTried(import_id=record.id, tickets=ready), by=by)


def fail(record: TicketImport, *, by: User) -> None:
    """Give up on trying a file. Publishes `TicketImportDropped`."""
    db.session.refresh(record, with_for_update=True)
    move(record, S.FAILED)
    db.session.flush()
    publish(TicketImportDropped(import_id=record.id), by=by)


def start(record: TicketImport, *, by: User) -> None:
    """Have the tickets of a file that was tried taken over. Started already is nothing.

    Raises `NotAllowed`, `InvalidState`. Publishes `TicketImportStarted`.
    """
    _lock(record, by)
    if record.state is S.RUNNING:
        return
    if record.state is not S.CHECKED:
        move(record, S.RUNNING)
    if not queries.counts_of(record)[Outcome.READY]:
        raise InvalidState("There is no ticket in it that could be taken over.")
    move(record, S.RUNNING)
    record.by_id = by.id
    db.session.flush()
    publish(TicketImportStarted(import_id=record.id), by=by)


def drop(record: TicketImport, *, by: User) -> None:
    """Decide against an import of which nothing is stored, and forget its file. Publishes `TicketImportDropped`.

    Raises `NotAllowed`, `InvalidState`.
    """
    _lock(record, by)
    move(record, S.DROPPED)
    record.sealed = record.strangers = None
    _forget_trial(record)
    db.session.flush()
    publish(TicketImportDropped(import_id=record.id), by=by)


def undo(record: TicketImport, *, by: User) -> None:
    """Have the tickets of `record` taken back that nobody has worked on, within a week. Begun already is nothing.

    Raises `NotAllowed`, `InvalidState`. Publishes `TicketImportUndoStarted`.
    """
    _lock(record, by)
    if record.state is S.UNDOING:
        return
    if why := why_not_undo(record):
        raise InvalidState(why)
    move(record, S.UNDOING)
    db.session.flush()
    publish(TicketImportUndoStarted(import_id=record.id), by=by)


def why_not_undo(record: TicketImport) -> str:
    """Return why `record` can't be taken back; "" when it can."""
    if record.state is not S.DONE or record.done_at is None:
        return "Nothing of it is stored, or it is not done yet."
    if clock.now() > record.done_at + UNDO_WITHIN:
        return "It is older than a week: by now people know these tickets."
    return ""


# Steps, each for a transaction of its own


def take_one(
    record: TicketImport, row: TicketImportRow, taken: Taken, *, archive: Archive | None = None, by: User
) -> None:
    """Store the ticket of `row`, unless its number came with another import meanwhile. Publishes `TicketImported`."""
    known = queries.known_numbers(record.source, [taken.number])
    if known:
        row.outcome, row.ticket_id = Outcome.KNOWN, known[taken.number]
        db.session.flush()
        return
    with savepoint():
        ticket, found = store(taken, record, archive=archive, by=by)
    noted = [_written(replace(problem, line=problem.line or row.place)) for problem in found][:MOST_NOTED]
    row.problems = [each for each in row.problems if not each.startswith("held-back|")] + noted
    row.outcome, row.ticket_id, row.image = Outcome.DONE, ticket.id, image_now(ticket)
    db.session.flush()


def leave_one(row: TicketImportRow) -> None:
    """Leave the ticket of `row` as it is, out or in, for it broke what was to be done with it."""
    row.outcome = Outcome.KEPT if row.outcome is Outcome.DONE else Outcome.REFUSED
    row.problems = [*row.problems, _written(Problem(row.place, "", "broken"))]
    db.session.flush()


def undo_one(row: TicketImportRow, *, by: User) -> None:
    """Remove the ticket of `row` where nothing has happened to it since. Publishes `TicketTakenBack`."""
    ticket = db.session.get(Ticket, row.ticket_id or 0, with_for_update=True)
    try:
        if ticket is not None:
            take_back(row, ticket, by=by)
        row.outcome = Outcome.UNDONE
    except DomainError:
        row.outcome = Outcome.KEPT
    db.session.flush()


def end(record: TicketImport, *, by: User) -> None:
    """Note that all is done, and forget the file. Publishes `TicketImportEnded` or `TicketImportUndone`."""
    counts = queries.counts_of(record)
    if record.state is S.RUNNING:
        move(record, S.DONE)
        record.done_at, record.sealed = clock.now(), None
        publish(TicketImportEnded(import_id=record.id, tickets=counts[Outcome.DONE]), by=by)
    else:
        move(record, S.UNDONE)
        publish(TicketImportUndone(import_id=record.id, tickets=counts[Outcome.UNDONE]), by=by)
    db.session.flush()


def forget_old() -> None:
    """Forget the files that nobody went on with for a week, and the addresses of those that are done as long."""
    old = clock.now() - UNDO_WITHIN
    waiting = (S.UPLOADED, S.CHECKED, S.FAILED, S.DONE, S.UNDONE)
    held = TicketImport.sealed.is_not(None) | TicketImport.strangers.is_not(None)
    chosen = select(TicketImport).where(TicketImport.state.in_(waiting), TicketImport.at < old, held)
    for record in db.session.scalars(chosen).all():
        if record.state not in (S.DONE, S.UNDONE):
            record.state = S.DROPPED
            _forget_trial(record)
        record.sealed = record.strangers = None
    db.session.flush()


# What is sealed


def content(record: TicketImport) -> Sheet:
    """Return the file of `record`, read. Raises `InvalidState` when it is forgotten, `CannotDecrypt`."""
    if record.sealed is None:
        raise InvalidState("The file is not kept any more. Upload it again.")
    return read(sealing.open_cell(record.sealed, bound_to=cell(record.id)).encode("latin-1"))


def strangers_of(record: TicketImport) -> dict[str, int]:
    """Return the addresses that have no account, with the number of their tickets."""
    if record.strangers is None:
        return {}
    found: dict[str, int] = json.loads(sealing.open_cell(record.strangers, bound_to=strangers_cell(record.id)))
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def guessed(sheet: Sheet) -> dict[str, Any]:
    """Return the mapping that a file suggests, without its source."""
    said = guess(sheet)
    column = said["ticket"].get("created", "")
    return {**said, "dates": guess_dates(record.fields.get(column, "") for record in sheet.records)}


def cell(import_id: int) -> str:
    """Return what a sealed file is bound to."""
    return f"ticket_import|sealed|{import_id}"


def strangers_cell(import_id: int) -> str:
    """Return what sealed addresses are bound to."""
    return f"ticket_import|strangers|{import_id}"


SEALED_FILES = (
    SealedColumn(TicketImport, "sealed", ("id",), cell),
    SealedColumn(TicketImport, "strangers", ("id",), strangers_cell),
)
"""What a rotation of keys seals anew."""


def _settled(record: TicketImport, said: Any, by: User) -> Plan:
    sheet = Sheet(record.shape, tuple(record.columns), tuple(record.message_columns))
    mapping = settle(said, sheet, queries.kinds().keys(), current_settings().time_zone)
    check(mapping.source, field="source", agency_id=None, by=by)
    _check_words((*mapping.states, *mapping.priorities, *mapping.types), by)
    return mapping


def _check_words(words: Iterable[str], by: User) -> None:
    for each in words:
        check(each, agency_id=None, by=by)


def _row(record: TicketImport, judged: Judged, known: dict[str, int], held: set[str]) -> dict[str, Any]:
    outcome = Outcome.REFUSED if judged.ticket is None else Outcome.READY
    outcome = Outcome.KNOWN if judged.ticket and judged.number in known else outcome
    problems = [*judged.problems]
    if judged.number in held and outcome is Outcome.READY:
        problems.append(Problem(judged.place, "", "held-back"))
    return {
        "import_id": record.id,
        "place": judged.place,
        "number": judged.number,
        "outcome": outcome,
        "problems": [_written(problem) for problem in problems[:MOST_NOTED]],
        "ticket_id": known.get(judged.number) if judged.ticket else None,
        "image": {},
    }


def _written(problem: Problem) -> str:
    return f"{problem.rule}|{problem.line}|{problem.column}"


def _forget_trial(record: TicketImport) -> None:
    db.session.execute(delete(TicketImportRow).where(TicketImportRow.import_id == record.id))
    record.strangers, record.found = None, {}


def _lock(record: TicketImport, by: User) -> None:
    _check_may(by)
    db.session.refresh(record, with_for_update=True)


def _check_may(by: User) -> None:
    if not (by.is_system or by.may(Permission.IMPORT_TICKETS)):
        raise NotAllowed("Your role does not include taking tickets over from another desk.")
