"""Taking tickets over: what is stored, that nobody is told, twice is once, back again, and a process that dies."""

import io
import json
import os
import random
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import event, func, select

import wsgi
from adminops import clock
from adminops.app import AdminOps
from adminops.cli import command_line
from adminops.db import db
from adminops.errors import Invalid, InvalidState, NotAllowed
from adminops.guard.models import FoundBy, PiiIncident
from adminops.guard.operations import HELD_BACK
from adminops.identity.models import SYSTEM, User
from adminops.identity.permissions import Role
from adminops.outbox.models import OutboxMessage
from adminops.scheduler import RunState, run_job
from tests.browsing import Desk
from tests.make import make_user
from tests.make_tickets import make_helper
from tests.tickets.importing.test_records import OSTICKET, ZAMMAD
from tickets import feature
from tickets import operations as desk_verbs
from tickets.goals.operations import warn
from tickets.importing import jobs, operations, queries
from tickets.importing.mapping import MESSAGE, TICKET
from tickets.importing.models import ImportState, Outcome, TicketExternal, TicketImport
from tickets.models import (
    Channel,
    Happening,
    Tag,
    Ticket,
    TicketEntry,
    TicketEvent,
    TicketMessage,
    TicketState,
    Voice,
    WaitingOn,
)
from tickets.queries import find_tickets

SSN = "His SSN is 219-09-1234."


def _zammad(**over: object) -> bytes:
    return json.dumps([{**ZAMMAD, **over}]).encode()


def _csv(count: int) -> bytes:
    lines = (
        f"{n},Ticket number {n},closed,2025-01-02 10:00,2025-01-03 09:00,It stops at {n}.\n"
        for n in range(1, count + 1)
    )
    return f"Number,Subject,State,Created,Closed,Text\n{''.join(lines)}".encode()


def _go_on(desk: Desk) -> None:
    with desk.app.app_context():
        jobs.go_on()


def _tried(desk: Desk, raw: bytes, by: User, source: str = "Old desk") -> int:
    """Upload and try a file with its guessed mapping; return the number of the import."""
    with desk.work():
        record = operations.upload(raw, name="old.json", by=by)
        guessed = operations.guessed(operations.content(record))
        operations.map_columns(record, {**guessed, "source": source}, by=by)
        number = record.id
    _go_on(desk)
    return number


def _taken(desk: Desk, raw: bytes, by: User, source: str = "Old desk") -> int:
    number = _tried(desk, raw, by, source)
    with desk.work():
        operations.start(queries.get_import(number, by), by=by)
    _go_on(desk)
    return number


@pytest.fixture
def admin(desk: Desk) -> User:
    """Who may import, beside somebody who asked at the other desk."""
    with desk.work():
        make_user(Role.END_USER, email="Jo@Harbor.example", name="Jo Doe")
        return make_user(Role.SYSTEM_ADMIN)


def _outcomes(number: int) -> dict[str, int]:
    counts = queries.counts_of(db.session.get_one(TicketImport, number))
    return {outcome.value: count for outcome, count in counts.items() if count}


def _counts() -> list[int]:
    tables = (Ticket, TicketMessage, TicketEvent, TicketEntry, TicketExternal, PiiIncident)
    return [db.session.scalars(select(func.count()).select_from(table)).one() for table in tables]


def test_ticket_comes_whole_with_its_dates_and_nobody_is_told(desk: Desk, admin: User) -> None:
    number = _taken(desk, _zammad(), admin)
    with desk.work():
        ticket = db.session.scalars(select(Ticket)).one()
        assert (ticket.subject, ticket.state, ticket.channel) == ("Report stops", TicketState.WAITING, Channel.IMPORT)
        assert ticket.waiting_on is WaitingOn.USER
        assert (ticket.filed_at, ticket.updated_at) == (
            datetime(2025, 2, 3, 14, 5, tzinfo=UTC),
            datetime(2025, 2, 3, 15, tzinfo=UTC),
        )
        assert (ticket.requester.name, ticket.agency_id) == ("Jo Doe", ticket.requester.agency_id)
        told = db.session.scalars(select(TicketMessage).order_by(TicketMessage.id)).all()
        assert [(each.voice, each.body.splitlines()[-1]) for each in told] == [
            (Voice.REQUESTER, "It stops."),
            (Voice.NOTE, "Which one?"),
        ]
        assert sorted(db.session.scalars(select(Tag.name))) == ["vendor", "year-end"]
        entry = db.session.scalars(select(TicketEntry)).one()
        assert (entry.sentence, entry.for_team) == ("took this over from Old desk, where it was 31007", True)
        events = db.session.scalars(select(TicketEvent.happening).order_by(TicketEvent.id)).all()
        assert events == [Happening.FILED, Happening.MOVED, Happening.MOVED]
        assert [row.id for row in find_tickets("31007", admin, 5)] == [ticket.id]
        assert db.session.scalars(select(func.count(OutboxMessage.id))).one() == 0
        record = db.session.get_one(TicketImport, number)
        assert (record.state, record.sealed, _outcomes(number)) == (ImportState.DONE, None, {"done": 1})


def test_clocks_of_old_tickets_warn_nobody_of_what_is_past(desk: Desk, admin: User) -> None:
    closed = {"number": "1", "state": "closed", "close_at": "2025-02-03T16:00:00Z"}
    raw = json.dumps([{**ZAMMAD, "number": "2", "state": "open"}, {**ZAMMAD, **closed}]).encode()
    _taken(desk, raw, admin)
    with desk.work():
        late = db.session.scalars(select(Ticket).where(Ticket.is_open)).one()
        over = db.session.scalars(select(Ticket).where(Ticket.state == TicketState.CLOSED)).one()
        assert (late.next_step_at, over.next_step_at, over.due_at) == (None, None, None)
        assert over.resolved_at == datetime(2025, 2, 3, 16, tzinfo=UTC)
        assert (over.measured, over.solution_met) == (True, True)
        warn(late, by=SYSTEM)
        assert db.session.scalars(select(func.count(OutboxMessage.id))).one() == 0


def test_no_job_moves_or_closes_what_was_taken_over(desk: Desk, admin: User) -> None:
    asked = {**ZAMMAD["articles"][0], "sender": "Agent", "body": "Are you there?"}  # type: ignore[index]
    _taken(desk, _zammad(articles=[asked, asked, asked]), admin)
    over = {**OSTICKET, "status": {"name": "Resolved"}}
    _taken(desk, json.dumps(over).encode(), admin)
    with desk.look():
        before = _counts()
    for name in ("close-silent", "close-resolved", "warn-of-goals", "untouched-tickets"):
        assert run_job(desk.app, next(each for each in feature.jobs if each.name == name)).state is RunState.DONE
    with desk.look():
        assert _counts() == before
        assert db.session.scalars(select(func.count(OutboxMessage.id))).one() == 0


def test_what_names_a_client_is_held_back_and_said_before(desk: Desk, admin: User) -> None:
    articles = [{**ZAMMAD["articles"][0], "body": SSN}]  # type: ignore[index]
    raw = _zammad(articles=articles, tags=["219-09-1234"])
    number = _tried(desk, raw, admin)
    with desk.look():
        assert [
            each.rule for row in queries.all_rows(db.session.get_one(TicketImport, number)) for each in row.problems
        ] == ["held-back"]
        assert _counts()[0] == 0
    with desk.work():
        operations.start(queries.get_import(number, admin), by=admin)
    _go_on(desk)
    with desk.look():
        assert db.session.scalars(select(TicketMessage.body)).one() == HELD_BACK
        incident = db.session.scalars(select(PiiIncident)).one()
        assert (incident.found_by, incident.seen_by) == (FoundBy.IMPORT, [])
        assert find_tickets("219", admin, 5) == []


def test_the_same_file_again_changes_nothing_and_another_source_is_another_desk(desk: Desk, admin: User) -> None:
    _taken(desk, _zammad(), admin)
    with desk.look():
        before = _counts()
    again = _tried(desk, _zammad(title="Another title"), admin)
    with desk.work():
        assert _outcomes(again) == {"known": 1}
        with pytest.raises(InvalidState, match="no ticket in it"):
            operations.start(queries.get_import(again, admin), by=admin)
        assert _counts() == before
    other = _taken(desk, _zammad(), admin, source="Older desk")
    with desk.look():
        assert _outcomes(other) == {"done": 1}


def test_wrong_tickets_are_named_and_the_good_ones_come(desk: Desk, admin: User) -> None:
    raw = b"Number;Subject;Status;Created\n1;Good;open;2025-01-02\n;No number;open;2025-01-02\n3;x;asleep;2025-01-02\n"
    number = _taken(desk, raw, admin)
    with desk.look():
        rows = list(queries.all_rows(db.session.get_one(TicketImport, number)))
        assert [(row.place, row.outcome, [each.rule for each in row.problems]) for row in rows] == [
            (2, Outcome.DONE, ["no-text"]),
            (3, Outcome.REFUSED, ["no-number"]),
            (4, Outcome.REFUSED, ["unknown-state"]),
        ]


def test_people_without_an_account_are_listed_and_their_tickets_have_a_stand_in(desk: Desk, admin: User) -> None:
    number = _taken(
        desk, json.dumps({**OSTICKET, "user": {"name": "Ann Other", "email": "ann@x.example"}}).encode(), admin
    )
    with desk.work():
        ticket = db.session.scalars(select(Ticket)).one()
        assert (ticket.requester.name, ticket.requester.may_sign_in) == ("No account (Old desk)", False)
        record = db.session.get_one(TicketImport, number)
        assert operations.strangers_of(record) == {"ann@x.example": 1}
        helper = make_helper()
        desk_verbs.reopen(ticket, by=helper)
        desk_verbs.reply(ticket, body="Are you still there?", by=helper)
        assert db.session.scalars(select(OutboxMessage)).all() == []
        with clock.frozen_at(clock.now() + timedelta(days=8)):
            operations.forget_old()
        assert record.strangers is None


def test_import_is_taken_back_but_for_what_somebody_worked_on(desk: Desk, admin: User) -> None:
    articles = [{**ZAMMAD["articles"][0], "body": SSN}]  # type: ignore[index]
    with desk.look():
        before = _counts()
    raw = json.dumps([{**ZAMMAD, "number": str(n), "articles": articles} for n in range(3)]).encode()
    number = _taken(desk, raw, admin)
    again = _tried(desk, raw, admin)
    with desk.work():
        assert _outcomes(again) == {"known": 3}
        touched = db.session.scalars(select(Ticket).order_by(Ticket.id)).first()
        assert touched is not None
        desk_verbs.write_note(touched, body="Ours now.", by=admin)
        record = queries.get_import(number, admin)
        with clock.frozen_at(clock.now() + timedelta(days=8)), pytest.raises(InvalidState, match="older than a week"):
            operations.undo(record, by=admin)
        operations.undo(record, by=admin)
    _go_on(desk)
    with desk.look():
        assert _outcomes(number) == {"undone": 2, "kept": 1}
        assert db.session.scalars(select(Ticket.id)).all() == [touched.id]
        assert _counts()[4:] == [before[4] + 1, before[5] + 1]
        assert [row.id for row in find_tickets("report", admin, 5)] == [touched.id]
    back = _taken(desk, raw, admin)
    with desk.look():
        assert _outcomes(back) == {"done": 2, "known": 1}


def test_words_that_name_a_client_are_those_of_another_column(desk: Desk, admin: User) -> None:
    with desk.work():
        record = operations.upload(b"No,Title,Made,State\n1,A,2025-01-02,219-09-1234\n", name="old.csv", by=admin)
        said = {"source": "Old", "ticket": {"number": "No", "subject": "Title", "created": "Made", "state": "State"}}
        with pytest.raises(Invalid):
            operations.note_columns(record, said, words=["219-09-1234"], by=admin)
        with pytest.raises(Invalid):
            operations.map_columns(record, {**said, "states": {"219-09-1234": "open"}}, by=admin)
        with pytest.raises(Invalid):
            operations.upload(b"219-09-1234,Jo\n1,A\n", name="old.csv", by=admin)


def test_who_may_not_import_is_refused(desk: Desk, admin: User) -> None:
    with desk.work():
        for by in (make_helper(), make_user()):
            with pytest.raises(NotAllowed):
                operations.upload(_zammad(), name="old.json", by=by)
        assert operations.upload(_zammad(), name="old.json", by=admin).size > 100


def test_process_that_dies_leaves_whole_tickets_and_the_next_one_goes_on(desk: Desk, admin: User) -> None:
    number = _tried(desk, _csv(12), admin)
    with desk.work():
        operations.start(queries.get_import(number, admin), by=admin)
    dice, kills = random.Random(7), 0
    for _ in range(3):
        kills += _killed_after(desk.app, dice.randint(40, 120))
        with desk.look():
            tickets, messages, _, entries, numbers, _ = _counts()
            assert tickets == messages == entries == numbers == _outcomes(number).get("done", 0)
    assert kills == 3, "each was at work when it was killed"
    _go_on(desk)
    with desk.look():
        assert _outcomes(number) == {"done": 12}
        assert _counts()[:2] == [12, 12]


def _killed_after(app: AdminOps, statements: int) -> bool:
    """Go on in another process, which kills itself before a statement; return whether it did."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    pid = os.fork()
    if pid == 0:
        with app.app_context():
            left = iter(range(statements))
            event.listen(
                db.engine,
                "before_cursor_execute",
                lambda *_: None if next(left, None) is not None else os.kill(os.getpid(), signal.SIGKILL),
            )
            jobs.go_on()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL


def test_pages_lead_from_the_file_to_the_tickets_and_back(desk: Desk, admin: User) -> None:
    browser = desk.signed_in(admin)
    assert browser.get("/ticket-imports").says("No tickets were imported")
    raw = b"Number;Subject;Status;Created;Text;From\n1;A;in limbo;1/2/2025;Help.;ann@x.example\n2;B;open;soon;x;\n"
    columns = browser.post("/ticket-imports/new", {"file": (io.BytesIO(raw), "old.csv")}).goal
    page = browser.get(columns)
    assert page.says("Which column is what?")
    fields = [*(f"ticket_{name}" for name in TICKET), *(f"message_{name}" for name in MESSAGE)]
    chosen = {**dict.fromkeys(fields, ""), "source": "Old desk", "dates": "month-first", "ticket_number": "Number",
              "ticket_subject": "Subject", "ticket_created": "Created", "ticket_state": "Status",
              "ticket_requester": "From", "message_body": "Text"}  # fmt: skip
    assert browser.post(columns, {**chosen, "ticket_number": ""}, status=422).says("Choose the column.")
    words = browser.post(columns, chosen).goal
    assert browser.get(words).says("in limbo")
    report = browser.post(words, {"states_0": "waiting:vendor", "states_1": "open"}).goal
    assert browser.get(report).says("Being tried")
    _go_on(desk)
    page = browser.get(report)
    assert page.says("1 ticket would be taken over, 1 left out")
    assert page.says("ann@x.example")
    assert "3,2,refused,,Created,bad-date" in browser.get(f"{report}/report.csv").html
    browser.post(f"{report}/start")
    _go_on(desk)
    assert browser.get(f"{report}?outcome=done").says("1 ticket taken over")
    assert browser.get(f"{report}/undo").says("Take 1 ticket back?")
    browser.post(f"{report}/undo")
    _go_on(desk)
    assert browser.get(report).says("1 ticket taken back")
    assert browser.get("/ticket-imports").says("Taken back")
    browser.post("/ticket-imports/new", {"file": (io.BytesIO(b"nothing"), "old.csv")}, status=422)
    dropped = browser.post("/ticket-imports/new", {"file": (io.BytesIO(raw), "old.csv")}).goal.removesuffix("/columns")
    browser.post(f"{dropped}/drop")
    browser.get(dropped)
    browser.get(f"{dropped}/columns", status=409)


def _run(app: AdminOps, *words: str) -> Result:
    return CliRunner().invoke(command_line(wsgi.FEATURES, lambda: app), ["tickets", "import", *words])


def test_command_line_tries_and_takes_over(desk: Desk, tmp_path: Path) -> None:
    file, mapping = tmp_path / "old.csv", tmp_path / "mapping.json"
    file.write_bytes(_csv(2) + b"3,Third,asleep,2025-01-02,,\n")
    ticket = {"number": "Number", "subject": "Subject", "state": "State", "created": "Created"}
    mapping.write_text(json.dumps({"source": "Old desk", "ticket": ticket, "message": {"body": "Text"}}))
    tried = _run(desk.app, str(file), "--mapping", str(mapping), "--dry-run", "--json")
    assert tried.exit_code == 0, tried.output
    said = json.loads(tried.stdout)
    assert {name: count for name, count in said["counts"].items() if count} == {"ready": 2, "refused": 1}
    assert {"line": 4, "column": "State", "rule": "unknown-state", "refused": True,
            "what": "Nobody has said what this status means."} in said["problems"]  # fmt: skip
    with desk.look():
        assert _counts()[0] == 0
    done = _run(desk.app, str(file), "--source", "Old desk")
    assert "2 tickets taken over, 1 left out, 0 here already." in done.output
    again = _run(desk.app, str(file), "--source", "Old desk")
    assert "0 tickets taken over, 1 left out, 2 here already." in again.output
    mapping.write_text("{")
    wrong = _run(desk.app, str(file), "--mapping", str(mapping))
    assert (wrong.exit_code, "no JSON" in wrong.output) == (1, True)
