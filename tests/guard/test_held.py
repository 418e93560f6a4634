"""Texts that are held back: sealed, read by redactors only, settled once; and the nightly scan that finds more."""

import json
import time
from threading import Event

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from adminops.audit.models import AuditEntry
from adminops.db import db, transaction
from adminops.errors import Invalid, InvalidState, NotAllowed
from adminops.guard import operations
from adminops.guard.models import FoundBy, IncidentState, PiiIncident
from adminops.guard.operations import HELD_BACK
from adminops.identity.models import User
from adminops.identity.permissions import Role
from adminops.outbox.models import OutboxMessage
from adminops.privacy import emails
from adminops.privacy.jobs import PAUSE, rescan, scan_some
from adminops.privacy.queries import counts_by_agency
from tests.browsing import Desk
from tests.make import make_admin, make_agency, make_user
from tests.make_tickets import make_helper, make_ticket
from tests.together import at_once
from tickets.guarded import MESSAGES
from tickets.models import Ticket, TicketMessage
from tickets.operations import reply, write_note
from tickets.queries import find_tickets

SSN = "219-09-9999"


def held(by: User | None = None, **over: str) -> tuple[Ticket, PiiIncident]:
    """A request whose writer has sent it to the redactors."""
    values = {"subject": f"SSN {SSN}", "body": f"It is {SSN}, please.", **over}
    ticket = make_ticket(by, to_redactors=True, **values)
    return ticket, db.session.scalars(select(PiiIncident)).one()


def body_of(ticket: Ticket) -> str:
    chosen = select(TicketMessage.body).where(TicketMessage.ticket_id == ticket.id).order_by(TicketMessage.id)
    return db.session.scalars(chosen).first() or ""


def test_what_a_writer_sends_to_the_redactors_is_filed_without_it_and_sealed(session: Session) -> None:
    ticket, incident = held(answers={"report": f"APR {SSN}", "rows": "none"})  # type: ignore[arg-type]
    assert body_of(ticket) == HELD_BACK
    assert ticket.subject == HELD_BACK
    assert ticket.answers == {"report": HELD_BACK, "rows": "none"}
    assert (incident.found_by, incident.found_kinds, incident.seen_by) == (FoundBy.WRITER, ["ssn"], [])
    assert incident.sealed
    assert b"09-9999" not in incident.sealed
    for table in ("ticket", "ticket_message", "pii_incident", "pii_event", "audit_entry"):
        assert "09-9999" not in str(session.execute(text(f"SELECT * FROM {table}")).all())


def test_an_answer_at_the_moment_at_which_a_text_is_held_back_does_not_bring_its_words_back(desk: Desk) -> None:
    with desk.work() as session:
        ticket, helper = make_ticket(body="It is about a zebra."), make_helper()
        message_id = session.scalars(select(TicketMessage.id).where(TicketMessage.ticket_id == ticket.id)).one()
    is_held = Event()

    def hold_back() -> None:
        MESSAGES.rewrite(str(message_id), {"body": HELD_BACK})
        is_held.set()
        time.sleep(0.5)  # the answer is being written by then

    def answer() -> None:
        assert is_held.wait(timeout=30)
        reply(db.session.get_one(Ticket, ticket.id), body="Thank you.", by=db.session.get_one(User, helper.id))

    at_once(desk, hold_back, answer)
    with desk.look():
        assert [row.id for row in find_tickets("thank", helper, 9)] == [ticket.id]
        assert find_tickets("zebra", helper, 9) == []


def test_a_text_in_which_nothing_is_found_is_not_held_back(session: Session) -> None:
    ticket = make_ticket(to_redactors=True)
    assert body_of(ticket) == "It ends in the middle."
    assert session.scalars(select(PiiIncident)).all() == []


def test_only_a_redactor_reads_it_and_that_is_on_the_record(session: Session) -> None:
    _, incident = held()
    for role in (Role.HELP_DESK, Role.AGENCY_LEAD, Role.VIEWER, Role.TRAINER):
        with pytest.raises(NotAllowed):
            operations.open_held(incident, by=make_user(role))
    texts = operations.open_held(incident, by=make_admin())
    assert texts == {"subject": f"SSN {SSN}", "body": f"It is {SSN}, please."}
    facts = session.scalars(select(AuditEntry.fact).order_by(AuditEntry.id)).all()
    assert facts[-1] == "HeldTextOpened"
    assert "TextHeld" in facts


def test_the_security_officer_of_the_agency_reads_it_and_hears_of_it_but_settles_nothing(desk: Desk) -> None:
    with desk.work() as session:
        caseworker = make_user()
        officer, other = make_user(Role.SECURITY_OFFICER, agency=caseworker.agency), make_user(Role.SECURITY_OFFICER)
        manager = make_user(Role.MANAGER)
        _, incident = held(caseworker)
        told = session.execute(select(OutboxMessage.recipient_id).where(OutboxMessage.kind == "privacy.held"))
        assert {row[0] for row in told} == {officer.id, manager.id}
        mail = emails.held(to_id=officer.id, incident_id=incident.id)
        assert mail is not None
        assert SSN not in f"{mail}"
        assert emails.held(to_id=other.id, incident_id=incident.id) is None
    person, stranger = desk.signed_in(officer), desk.signed_in(other)
    assert person.get(f"/agencies/{caseworker.agency_id}").says("1 text waits")
    assert person.get("/privacy").says("A Social Security number")
    assert SSN not in person.get(f"/privacy/{incident.id}").html
    assert SSN in person.post(f"/privacy/{incident.id}/text", {}, status=200).html
    assert stranger.get("/privacy").says("Nothing is held back")
    for way in ("", "/text"):
        (stranger.post if way else stranger.get)(f"/privacy/{incident.id}{way}", status=404)
    person.post(f"/privacy/{incident.id}/settle", {"how": "put_back"}, status=403)
    person.get("/privacy/counts", status=403)
    with desk.work():
        with pytest.raises(NotAllowed):
            operations.open_held(incident, by=other)
        with pytest.raises(NotAllowed):
            operations.drop(incident, guarded=MESSAGES, by=officer)
        operations.drop(db.session.get_one(PiiIncident, incident.id), guarded=MESSAGES, by=make_admin())
        assert emails.held(to_id=officer.id, incident_id=incident.id) is None, "settled by now"


def test_a_redacted_text_goes_back_where_it_was_and_nothing_of_the_other_is_left(session: Session) -> None:
    ticket, incident = held()
    redactor = make_admin()
    with pytest.raises(Invalid):
        operations.redact(incident, {"subject": "SSN", "body": f"It is {SSN}"}, guarded=MESSAGES, by=redactor)
    with pytest.raises(Invalid, match="Nothing would be left"):
        operations.redact(incident, {"subject": "An SSN", "body": " "}, guarded=MESSAGES, by=redactor)
    clean = {"subject": "An SSN", "body": "The older one is right."}
    operations.redact(incident, clean, guarded=MESSAGES, by=redactor)
    assert (ticket.subject, body_of(ticket)) == ("An SSN", "The older one is right.")
    assert (incident.state, incident.sealed, incident.settled_by_id) == (IncidentState.REDACTED, None, redactor.id)
    with pytest.raises(InvalidState):
        operations.drop(incident, guarded=MESSAGES, by=redactor)
    with pytest.raises(InvalidState):
        operations.open_held(incident, by=redactor)


def test_a_false_alarm_is_put_back_and_counted(session: Session) -> None:
    ticket, incident = held()
    operations.put_back(incident, guarded=MESSAGES, by=make_admin())
    assert body_of(ticket) == f"It is {SSN}, please."
    (line,) = counts_by_agency()
    assert (line.held, line.false_alarms) == (1, 1)


def test_a_dropped_text_leaves_a_line_that_says_so(session: Session) -> None:
    ticket, incident = held()
    operations.drop(incident, guarded=MESSAGES, by=make_admin())
    assert body_of(ticket) == "This text was deleted, for it held personal data of a client."


def stored(ticket: Ticket, body: str, *, note: bool = False) -> TicketMessage:
    """A message that was stored before the guard knew what it knows now."""
    helper = make_helper()
    message = (write_note if note else reply)(ticket, body="Hello.", by=helper)
    message.body = body
    db.session.flush()
    return message


def test_the_scan_holds_back_what_is_stored_and_says_who_could_have_seen_it(session: Session) -> None:
    ticket = make_ticket()
    lead = make_user(Role.AGENCY_LEAD, agency=ticket.requester.agency)
    stranger, auditor, manager = make_user(Role.AGENCY_LEAD), make_user(Role.VIEWER), make_user(Role.MANAGER)
    message, note = stored(ticket, f"SSN {SSN}"), stored(ticket, f"SSN {SSN}", note=True)
    assert not scan_some(MESSAGES)
    assert (message.body, note.body) == (HELD_BACK, HELD_BACK)
    first, second = session.scalars(select(PiiIncident).order_by(PiiIncident.id))
    assert first.found_by is FoundBy.RESCAN
    team = {str(message.author_id), str(note.author_id), str(manager.id)}
    assert set(first.seen_by) == {str(ticket.requester_id), str(lead.id), *team}
    assert set(second.seen_by) == team
    assert not {str(stranger.id), str(auditor.id)} & set(first.seen_by)
    assert json.loads(json.dumps(first.found_kinds)) == ["ssn"]
    told = session.execute(
        select(OutboxMessage.kind, OutboxMessage.recipient_id).where(OutboxMessage.kind.like("privacy%"))
    )
    assert [tuple(row) for row in told] == [("privacy.found", manager.id)], "once a night, however much it found"


def test_the_scan_passes_over_what_somebody_has_decided_about(session: Session) -> None:
    helper, redactor = make_helper(), make_admin()
    ticket, incident = held()
    operations.put_back(incident, guarded=MESSAGES, by=redactor)
    reply(ticket, body=f"Grant {SSN}", confirmed_clean=True, by=helper)
    scan_some(MESSAGES)
    assert session.scalars(select(PiiIncident)).all() == [incident]
    (line,) = counts_by_agency()
    assert line.false_alarms == 2


def test_the_scan_goes_on_where_it_was_and_begins_anew_at_the_end(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adminops.privacy.jobs.AT_ONCE", 1)
    ticket = make_ticket()
    message = stored(ticket, f"SSN {SSN}")
    assert scan_some(MESSAGES)
    assert message.body != HELD_BACK
    assert scan_some(MESSAGES)
    assert message.body == HELD_BACK
    assert not scan_some(MESSAGES)
    message.body = "Clean now."
    assert scan_some(MESSAGES)


def test_the_scan_lets_others_write_between_its_transactions(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with desk.work():
        ticket = make_ticket()
        stored(ticket, "Hello again.")
    pauses: list[float] = []

    def another_writes(seconds: float) -> None:
        with transaction():
            make_agency()
        pauses.append(seconds)

    monkeypatch.setattr("adminops.privacy.jobs.AT_ONCE", 1)
    monkeypatch.setattr("time.sleep", another_writes)
    with desk.app.app_context():
        rescan()
    assert pauses == [PAUSE, PAUSE]


def test_a_redactor_works_through_the_pages_and_nobody_else_sees_them(desk: Desk) -> None:
    with desk.work():
        _, incident = held()
        redactor, helper = make_admin(), make_helper()
    for address in ("/privacy", "/privacy/counts", f"/privacy/{incident.id}"):
        desk.signed_in(helper).get(address, status=403)
    person = desk.signed_in(redactor)
    assert person.get("/privacy").says("A Social Security number")
    page = person.get(f"/privacy/{incident.id}")
    assert SSN not in page.html
    assert page.says("Nobody but its writer")
    shown = person.post(f"/privacy/{incident.id}/text", {}, status=200)
    assert SSN in shown.html
    still = {"how": "redact", "text_0": "An SSN", "text_1": f"It is {SSN}"}
    assert person.post(f"/privacy/{incident.id}/settle", still, status=422).says("Please take it out")
    person.post(f"/privacy/{incident.id}/settle", {"how": "?"}, status=422)
    assert person.post(f"/privacy/{incident.id}/settle", {"how": "drop"}, status=422).says("Tick this to delete")
    person.post(f"/privacy/{incident.id}/settle", {**still, "text_1": "The older one is right."})
    assert person.get("/privacy").says("Nothing is held back")
    assert person.get("/privacy?show=all").says("Redacted")
    assert person.get("/privacy/counts").says("Harbor House")
    person.post(f"/privacy/{incident.id}/settle", {"how": "drop", "sure": "y"}, status=409)
    person.get("/privacy/9999", status=404)


def test_what_is_stopped_is_counted_for_the_agency(desk: Desk) -> None:
    with desk.work():
        ticket = make_ticket()
    person = desk.signed_in(ticket.requester)
    person.post(f"/tickets/{ticket.id}/messages", {"body": f"SSN {SSN}"}, status=422)
    person.post(f"/tickets/{ticket.id}/messages", {"body": f"SSN {SSN}", "to_redactors": "y"})
    with desk.look():
        (line,) = counts_by_agency()
        assert (line.stopped, line.held) == (1, 1)
