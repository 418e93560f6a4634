"""Trying files, storing their tickets and taking them back: step by step, each whole or not at all."""

from collections.abc import Callable
from datetime import timedelta

import structlog
from sqlalchemy.exc import OperationalError

from adminops.db import db, transaction
from adminops.feature import Job
from adminops.identity.models import SYSTEM, User
from tickets.importing import operations, queries
from tickets.importing.carried import Archive
from tickets.importing.judging import Judged, Taken, judge_all
from tickets.importing.mapping import Plan
from tickets.importing.models import ImportState, Outcome, TicketImport, TicketImportRow
from tickets.importing.storing import found_in

log = structlog.get_logger("adminops.ticket_imports")

Step = Callable[[TicketImport, TicketImportRow], None]
MOST_STARTS = 3
LOOKED_AT_ONCE = 200


def go_on() -> None:
    """Do what is to be done for the imports of tickets, one after the other, the oldest first."""
    last = None
    while True:
        with transaction(writes=False):
            import_id = queries.next_to_do()
        if import_id is None or import_id == last:
            return
        last = import_id
        advance(import_id)


def advance(import_id: int) -> None:
    """Try the file of one import, or store its tickets, or take them back, as its state says."""
    with transaction(writes=False):
        state = queries.get_import(import_id, SYSTEM).state
    steps = {ImportState.CHECKING: _try, ImportState.RUNNING: _take, ImportState.UNDOING: _take_back}
    if (step := steps.get(state)) is not None:
        step(import_id)


def judged_of(record: TicketImport) -> list[Judged]:
    """Return what becomes of each ticket of the file of `record`."""
    mapping = Plan(**record.mapping)
    return list(judge_all(operations.content(record), mapping, queries.world()))


def held_in(judged: list[Judged], by: User) -> set[str]:
    """Return the numbers of those tickets that the guard would hold something back of."""
    held: set[str] = set()
    for start in range(0, len(judged), LOOKED_AT_ONCE):
        with transaction(writes=False):
            part = judged[start : start + LOOKED_AT_ONCE]
            held |= {each.number for each in part if each.ticket and found_in(each.ticket, by)}
    return held


def _try(import_id: int) -> None:
    if not _begin(import_id):
        return
    try:
        with transaction(writes=False):
            record = queries.get_import(import_id, SYSTEM)
            mapping, by = record.mapping, _by(record)
            judged = judged_of(record)
        held = held_in(judged, by)
    except Exception as broken:  # whatever it is, the next import gets its turn
        log.error("tickets can't be tried", import_id=import_id, cause=type(broken).__name__)
        with transaction():
            operations.fail(queries.get_import(import_id, SYSTEM), by=SYSTEM)
        return
    with transaction():
        record = queries.get_import(import_id, SYSTEM)
        if record.state is ImportState.CHECKING and record.mapping == mapping:
            operations.keep_trial(record, judged, held, by=_by(record))


def _begin(import_id: int) -> bool:
    """Count the start before anything is done: a file that kills its process must not do so for ever."""
    with transaction():
        record = queries.get_import(import_id, SYSTEM)
        record.starts += 1
        if record.starts > MOST_STARTS:
            operations.fail(record, by=SYSTEM)
            return False
    return True


def _take(import_id: int) -> None:
    with transaction(writes=False):
        record = queries.get_import(import_id, SYSTEM)
        sheet = operations.content(record)
        judged = judge_all(sheet, Plan(**record.mapping), queries.world())
        tickets, archive = {each.place: each.ticket for each in judged}, sheet.archive
    _each(import_id, Outcome.READY, lambda record, row: _take_one(record, row, tickets.get(row.place), archive))


def _take_one(record: TicketImport, row: TicketImportRow, taken: Taken | None, archive: Archive | None) -> None:
    if taken is None:
        operations.leave_one(row)
    else:
        operations.take_one(record, row, taken, archive=archive, by=_by(record))


def _take_back(import_id: int) -> None:
    _each(import_id, Outcome.DONE, lambda record, row: operations.undo_one(row, by=_by(record)))


def _each(import_id: int, outcome: Outcome, do: Step) -> None:
    """Do something with each ticket that came out as `outcome`, in a transaction of its own; then end the import."""
    place = 0
    while True:
        with transaction(writes=False):
            rows = [(row.id, row.place) for row in queries.next_rows(_import(import_id), outcome, after=place)]
        if not rows:
            break
        for row_id, place in rows:  # noqa: B007 - the last one is where the next ones begin
            _one(import_id, row_id, outcome, do)
    with transaction():
        record = db.session.get_one(TicketImport, import_id, with_for_update=True)
        if record.state in (ImportState.RUNNING, ImportState.UNDOING):
            operations.end(record, by=_by(record))


def _one(import_id: int, row_id: int, outcome: Outcome, do: Step) -> None:
    try:
        with transaction():
            row = db.session.get_one(TicketImportRow, row_id, with_for_update=True)
            if row.outcome is outcome:  # else another process was here
                do(_import(import_id), row)
    except OperationalError:  # the database is busy or away: later
        raise
    except Exception as broken:  # a ticket must not stop the others
        log.error("ticket can't be imported", import_id=import_id, row_id=row_id, cause=type(broken).__name__)
        with transaction():
            operations.leave_one(db.session.get_one(TicketImportRow, row_id))


def _import(import_id: int) -> TicketImport:
    return db.session.get_one(TicketImport, import_id)


def _by(record: TicketImport) -> User:
    return (db.session.get(User, record.by_id) if record.by_id else None) or SYSTEM


JOBS = (
    Job(
        name="import-tickets",
        title="Take tickets of another desk over, or back",
        run=go_on,
        every=timedelta(seconds=5),
        own_transactions=True,
    ),
    Job(
        name="forget-ticket-files",
        title="Forget files of tickets that nobody goes on with",
        run=operations.forget_old,
        every=timedelta(days=1),
    ),
)
