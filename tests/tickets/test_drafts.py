"""Drafts keep what was typed for its owner alone; calls and walk-ins are taken down on somebody's behalf."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adminops import clock
from adminops.crypto import KeyRing
from adminops.db import db
from adminops.errors import Invalid
from adminops.hmis import sealing
from adminops.hmis.resealing import SEALED, reseal_some
from adminops.identity.models import User
from tests.browsing import Desk
from tests.make import make_user
from tests.make_tickets import make_helper, make_kind, make_ticket
from tickets.calls import list_calls
from tickets.drafts import KEPT_FOR, RequestDraft, draft_of, drafts_of, drop_draft, forget_old_drafts, save_draft
from tickets.models import Channel, Ticket, TicketState

KIND = make_kind()
TYPED = {"subject": ["Half a sentence"], "body": ["Maria, SSN 219-09-9999"], "report": ["", ""], "csrf_token": ["x"]}
URL = "/help/new/wrong_number"


# Drafts


def test_draft_is_kept_sealed_for_its_owner_alone(session: Session) -> None:
    owner, other = make_user(), make_user()
    assert save_draft(KIND, TYPED, by=owner)
    assert draft_of(KIND, owner) == {"subject": ["Half a sentence"], "body": ["Maria, SSN 219-09-9999"]}
    assert draft_of(KIND, other) is None
    assert draft_of(make_kind(key="other"), owner) is None
    row = db.session.scalars(select(RequestDraft)).one()
    assert b"Maria" not in row.sealed
    row.owner_id = other.id
    db.session.flush()
    assert draft_of(KIND, other) is None, "a sealed draft opens in its own row only"


def test_next_draft_takes_the_place_of_the_one_before(session: Session) -> None:
    owner = make_user()
    save_draft(KIND, TYPED, by=owner)
    save_draft(KIND, {"subject": ["Whole sentence"]}, by=owner)
    assert draft_of(KIND, owner) == {"subject": ["Whole sentence"]}
    assert [row.request_type for row in drafts_of(owner)] == [KIND.key]
    drop_draft(KIND, by=owner)
    assert drafts_of(owner) == []


@pytest.mark.parametrize("values", [{}, {"subject": [""]}, {"csrf_token": ["x"], "nonce": ["y"]}])
def test_nothing_typed_is_no_draft(session: Session, values: dict[str, list[str]]) -> None:
    owner = make_user()
    assert not save_draft(KIND, values, by=owner)
    assert drafts_of(owner) == []


def test_letters_of_any_language_count_as_one(session: Session) -> None:
    owner, typed = make_user(), {"body": ["ñ" * 20_000]}
    assert save_draft(KIND, typed, by=owner)
    assert draft_of(KIND, owner) == typed


def test_draft_beyond_all_measure_is_refused(session: Session) -> None:
    with pytest.raises(Invalid, match="too long"):
        save_draft(KIND, {"body": ["x" * 60_001]}, by=make_user())


def test_draft_whose_key_is_gone_is_no_draft(session: Session) -> None:
    owner = make_user()
    save_draft(KIND, TYPED, by=owner)
    with sealing.using(KeyRing.generate()):
        assert draft_of(KIND, owner) is None


def test_draft_goes_along_when_the_key_changes(session: Session) -> None:
    owner = make_user()
    save_draft(KIND, TYPED, by=owner)
    (column,) = [column for column in SEALED if column.title == "request_draft.sealed"]
    with sealing.using(sealing.key_ring().with_new_key()):
        assert reseal_some(column, after=0).written == 1
        newest = sealing.key_ring()
        assert newest.key_of(db.session.scalars(select(RequestDraft.sealed)).one()) == newest.current
        assert draft_of(KIND, owner) is not None


def test_begun_answer_is_there_again_until_it_is_sent_and_seen_by_its_writer_alone(desk: Desk) -> None:
    with desk.work():
        helper, other, person = make_helper(), make_helper(), make_user()
        ticket = make_ticket(by=person).id
    path = f"/tickets/{ticket}"
    for writer in (helper, person):
        visitor = desk.signed_in(writer)
        kept = visitor.post(f"{path}/draft", {"body": "The report is nearly", "kind": "reply"}, status=200)
        assert "Draft kept" in kept.html
        again = desk.signed_in(writer).get(path)  # after signing in anew, elsewhere
        assert again.says("The report is nearly")
        assert again.says("This is your draft")
        assert not desk.signed_in(other).get(path).says("The report is nearly")
        sent = {"body": "The report is mended.", "kind": "reply", "nonce": writer.username}
        visitor.post(f"{path}/messages", sent, status=302)
        assert not visitor.get(path).says("This is your draft")
    visitor = desk.signed_in(helper)
    visitor.post(f"{path}/draft", {"body": "Ours", "kind": "note"}, status=200)
    assert not visitor.get("/help").says("ticket:")
    visitor.post(f"{path}/draft/discard", {"body": "Ours"}, status=302)
    assert not visitor.get(path).says("This is your draft")
    visitor.post(f"{path}/draft", {"body": "Ours"}, status=200)
    assert "Draft kept" not in visitor.post(f"{path}/draft", {"body": " "}, status=200).html
    with desk.look() as session:
        assert session.scalar(select(func.count(RequestDraft.id))) == 0
    desk.signed_in(_stranger(desk)).post(f"{path}/draft", {"body": "x"}, status=404)


def _stranger(desk: Desk) -> User:
    with desk.work():
        return make_user()


def test_drafts_are_forgotten_when_nobody_touches_them(session: Session) -> None:
    owner = make_user()
    with clock.frozen_at(clock.now() - KEPT_FOR - timedelta(minutes=1)):
        save_draft(KIND, TYPED, by=owner)
    save_draft(make_kind(key="newer"), TYPED, by=owner)
    forget_old_drafts()
    assert [row.request_type for row in drafts_of(owner)] == ["newer"]


def test_draft_survives_signing_out_and_ends_with_the_request(desk: Desk, counted: Callable[[], int]) -> None:
    with desk.work():
        user = make_user()
    visitor = desk.signed_in(user)
    typed = {"subject": "Report stops", "report": "APR", "body": ""}
    kept = visitor.post("/help/drafts/wrong_number", typed, headers={"HX-Request": "true"}, status=200)
    assert kept.says("Draft kept at")
    visitor.post("/sign-out", {})
    again = desk.signed_in(user)
    counted()
    start = again.get("/help")
    assert counted() <= 12
    assert start.says("Not sent yet")
    page = again.get(URL)
    assert page.says("This is your draft")
    assert 'value="Report stops"' in page.html
    assert 'value="APR"' in page.html
    again.post(URL, {**typed, "body": "In the middle.", "nonce": "n"})
    assert not again.get("/help").says("Not sent yet")
    assert not again.get(URL).says("This is your draft")


def test_button_keeps_a_draft_without_a_script_and_another_forgets_it(desk: Desk) -> None:
    with desk.work():
        user = make_user()
    visitor = desk.signed_in(user)
    assert visitor.post("/help/drafts/wrong_number", {"subject": "Half"}, follow=True).says("Your draft is kept.")
    visitor.post("/help/drafts/wrong_number/discard", {})
    assert not visitor.get(URL).says("This is your draft")
    visitor.post("/help/drafts/nonsense", {"subject": "x"}, status=404)
    visitor.post("/help/drafts/wrong_number", {"subject": "x" * 70_000}, status=422)


def test_refused_request_keeps_its_draft(desk: Desk) -> None:
    with desk.work():
        user = make_user()
    visitor = desk.signed_in(user)
    visitor.post("/help/drafts/wrong_number", {"subject": "Half"})
    visitor.post(URL, {"subject": "Half", "body": ""}, status=422)
    assert visitor.get("/help").says("Not sent yet")


# Calls and walk-ins


def test_call_is_taken_down_for_the_caller_and_may_be_solved_at_once(desk: Desk) -> None:
    with desk.work():
        caller, helper = make_user(username="akowalski", name="Alicia Kowalski"), make_helper(name="Grace Whitfield")
    visitor = desk.signed_in(helper)
    assert visitor.get("/tickets/calls").says("No calls yet")
    data = {"subject": "Where is the APR?", "body": "Shown on the phone.", "report": "APR", "on_behalf_of": "akowalski"}
    visitor.post(URL, {**data, "channel": "phone", "solved": "y", "nonce": "1"})
    visitor.post(URL, {**data, "channel": "walk_in", "nonce": "2"})
    visitor.post(URL, {**data, "channel": "nonsense", "nonce": "3"}, status=422)
    with desk.look() as session:
        solved, brought = session.scalars(select(Ticket).order_by(Ticket.id)).all()
    assert (solved.channel, solved.state, solved.requester_id) == (Channel.PHONE, TicketState.RESOLVED, caller.id)
    assert (brought.channel, brought.state, brought.filed_by_id) == (Channel.WALK_IN, TicketState.NEW, helper.id)
    log = visitor.get("/tickets/calls")
    for words in ("1 by phone, 1 in person in the last 7 days", "Alicia Kowalski", "Grace Whitfield"):
        assert log.says(words), words
    assert desk.signed_in(caller).get(f"/tickets/{solved.id}").says("by phone")
    desk.signed_in(caller).get("/tickets/calls", status=403)


def test_person_can_not_say_how_it_came_by_sending_more_fields(desk: Desk) -> None:
    with desk.work():
        user = make_user()
    data = {"subject": "APR", "body": "It ends.", "report": "APR", "channel": "phone", "solved": "y"}
    desk.signed_in(user).post(URL, data)
    with desk.look() as session:
        ticket = session.scalars(select(Ticket)).one()
    assert (ticket.channel, ticket.state) == (Channel.PORTAL, TicketState.NEW)


def test_log_shows_what_was_spoken_the_latest_first(session: Session) -> None:
    helper = make_helper()
    for channel in (Channel.PHONE, Channel.PORTAL, Channel.WALK_IN):
        make_ticket(helper, channel=channel, subject=channel.value)
    assert [row.subject for row in list_calls(helper).rows] == ["walk_in", "phone"]
