"""Words of team notes in mails: only where the house wants them, only for the team, never what the guard finds odd."""

from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from adminops.app import AdminOps
from adminops.identity.models import User
from adminops.identity.operations import find_user
from tests.make import make_agency
from tests.make_tickets import make_helper, make_ticket
from tests.tickets.test_elsewhere import letters
from tickets.emails import happened, mentioned
from tickets.models import Ticket, TicketMessage
from tickets.noted import words_of_note
from tickets.operations import assign, reply, write_note

SAID = "The vendor has a form for this."


@pytest.fixture
def with_notes(app: AdminOps, session: Session, monkeypatch: pytest.MonkeyPatch) -> Session:
    """A house that wants words of notes in mails."""
    monkeypatch.setitem(app.extensions, "settings", replace(app.extensions["settings"], mail_notes=True))
    return session


def _noted(body: str = SAID) -> tuple[Ticket, TicketMessage, User]:
    helper, other, ticket = make_helper(), make_helper(), make_ticket(agency=make_agency())
    assign(ticket, other, by=helper)
    return ticket, write_note(ticket, body=body, confirmed_clean=True, by=helper), other


@pytest.mark.usefixtures("session")
def test_mails_hold_no_word_of_a_note_unless_the_house_wants_that() -> None:
    ticket, note, other = _noted()
    assert words_of_note(note.id, to_id=other.id) == ""
    mail = happened(to_id=other.id, ticket_id=ticket.id, occasion="noted", message_id=note.id)
    assert mail is not None
    assert "note" not in mail.values


@pytest.mark.usefixtures("with_notes")
def test_the_team_reads_the_words_and_nobody_else_does(app: AdminOps) -> None:
    ticket, note, other = _noted(f"@{make_helper(username='maya.okafor').username} {SAID}")
    for mail in (
        happened(to_id=other.id, ticket_id=ticket.id, occasion="noted", message_id=note.id),
        mentioned(to_id=other.id, ticket_id=ticket.id, message_id=note.id),
    ):
        assert mail is not None
        assert SAID in mail.values["note"]
    with app.test_request_context():
        maya = find_user("maya.okafor")
        assert maya is not None
        assert any(SAID in letter.text and SAID in letter.html for letter in letters(app, maya))
        assert not any(SAID in letter.text for letter in letters(app, ticket.requester))
    assert words_of_note(note.id, to_id=ticket.requester_id) == ""
    assert words_of_note(10_000, to_id=other.id) == words_of_note(note.id, to_id=10_000) == ""
    answer = reply(ticket, body="Here it is.", by=other)
    assert words_of_note(answer.id, to_id=other.id) == ""
    mail = happened(to_id=other.id, ticket_id=ticket.id, occasion="replied", message_id=answer.id)
    assert mail is not None
    assert "note" not in mail.values


@pytest.mark.usefixtures("with_notes")
def test_what_the_guard_finds_odd_and_private_tickets_stay_on_their_pages() -> None:
    ticket, odd, other = _noted("Call 407-555-0142 about it.")
    assert words_of_note(odd.id, to_id=other.id) == ""
    note = write_note(ticket, body=SAID, by=other)
    assert words_of_note(note.id, to_id=other.id) == SAID
    ticket.is_private = True
    assert words_of_note(note.id, to_id=other.id) == ""
