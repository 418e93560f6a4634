"""Changing many tickets at once: the plan, what is left out and why, the receipt, the undo."""

from threading import Event
from time import sleep

import pytest
from sqlalchemy import select, update

from adminops.db import db
from adminops.errors import Invalid, InvalidState, NotAllowed, NotFound
from adminops.identity.models import User
from adminops.identity.permissions import Role
from tests.browsing import Desk
from tests.make import make_user
from tests.make_tickets import make_helper, make_ticket
from tests.together import at_once
from tickets import merging, operations, sharing, tagging
from tickets.bulk import jobs
from tickets.bulk import operations as bulk
from tickets.bulk.images import image_of
from tickets.bulk.models import Act, BulkAct, BulkItem, BulkState, Outcome
from tickets.bulk.queries import count_outcomes, get_act, list_items, matching_ids, reasons_of
from tickets.language import parse
from tickets.models import Priority, Then, Ticket, TicketEvent, TicketMessage, TicketState
from tickets.queries import TicketFilter

S = TicketState
STATE = {"state": "resolved", "waiting_on": None}


def _planned(tickets: list[Ticket], act: Act, by: User, body: str = "", **value: object) -> BulkAct:
    return bulk.plan([ticket.id for ticket in tickets], act, value=value, body=body, by=by)


@pytest.mark.usefixtures("session")
def test_plan_changes_nothing_and_says_what_is_left_out_and_why() -> None:
    helper = make_helper()
    taken, new, closed = (make_ticket() for _ in range(3))
    operations.assign(taken, helper, by=helper)
    operations.resolve(closed, by=helper)
    operations.close(closed, by=helper)
    act = _planned([taken, new, closed], Act.ASSIGN, helper, assignee=helper.id)
    assert [(row.ticket_id, row.outcome, row.why) for row in list_items(act, helper).rows] == [
        (taken.id, Outcome.LEFT, "It is so already."),
        (new.id, Outcome.PLANNED, ""),
        (closed.id, Outcome.LEFT, "This ticket is closed. Reopen it first."),
    ]
    assert new.assignee_id is None
    bulk.start(act, by=helper)
    bulk.start(act, by=helper)
    assert (act.state, new.assignee_id, new.state) == (BulkState.DONE, helper.id, S.OPEN)


@pytest.mark.usefixtures("session")
def test_preview_asks_the_guards_of_states() -> None:
    helper, asked, unasked, resolved = make_helper(), make_ticket(), make_ticket(), make_ticket()
    operations.reply(asked, body="Which one?", by=helper)
    operations.resolve(resolved, by=helper)
    act = _planned([asked, unasked, resolved], Act.STATE, helper, state="waiting", waiting_on="user")
    reasons = [row.why for row in list_items(act, helper).rows]
    assert reasons[0] == ""
    assert reasons[1].startswith("Nobody has asked the requester")
    assert reasons[2] == "A ticket that is resolved can't become waiting."
    merging.merge(unasked, into=make_ticket(agency=unasked.agency), by=helper)
    back = _planned([unasked, resolved], Act.STATE, helper, state="open", waiting_on=None)
    assert [row.why[:12] for row in list_items(back, helper).rows] == ["This is part", ""]
    shut = _planned([asked, resolved], Act.STATE, helper, state="closed", waiting_on=None)
    assert count_outcomes(shut)[Outcome.PLANNED] == 1
    assert len(reasons_of(shut)) == 1


@pytest.mark.parametrize(
    ("act", "value"),
    [
        (Act.ASSIGN, {"assignee": "helper"}),
        (Act.STATE, STATE),
        (Act.STATE, {"state": "waiting", "waiting_on": "vendor"}),
        (Act.PRIORITY, {"priority": "urgent"}),
        (Act.TAG, {"tag": "Year End"}),
        (Act.UNTAG, {"tag": "worn"}),
    ],
)
@pytest.mark.usefixtures("session")
def test_undo_puts_back_exactly_what_has_not_changed_since(act: Act, value: dict[str, object]) -> None:
    helper = make_helper()
    tickets = [make_ticket() for _ in range(3)]
    for ticket in tickets:
        tagging.tag(ticket, name="worn", by=helper)
    operations.reply(tickets[1], body="Which one?", then=Then.WAIT, by=helper)
    given = {name: helper.id if item == "helper" else item for name, item in value.items()}
    planned = _planned(tickets, act, helper, **given)
    word = planned.value.get("tag", "year-end")
    before = [image_of(ticket, word) for ticket in tickets]
    bulk.start(planned, by=helper)
    assert all(image_of(ticket, word) != image for ticket, image in zip(tickets, before, strict=True))
    operations.set_priority(tickets[2], Priority.LOW, by=helper)
    changed = image_of(tickets[2], word)
    bulk.undo(planned, by=helper)
    bulk.undo(planned, by=helper)
    assert [image_of(ticket, word) for ticket in tickets[:2]] == before[:2]
    assert image_of(tickets[2], word) == changed
    assert planned.state is BulkState.UNDONE
    assert count_outcomes(planned)[Outcome.UNDONE] == 2
    assert reasons_of(planned) == [("It has changed since, so it stays as it is.", 1)]


@pytest.mark.usefixtures("session")
def test_undo_leaves_what_somebody_else_changed_while_the_act_was_on_its_way() -> None:
    helper, ticket = make_helper(), make_ticket()
    act = _planned([ticket], Act.ASSIGN, helper, assignee=helper.id)
    db.session.execute(update(Ticket.__table__).values(priority="high"))  # as another process: this one has not seen it
    bulk.start(act, by=helper)
    bulk.undo(act, by=helper)
    assert (ticket.assignee_id, ticket.priority) == (None, Priority.HIGH)


@pytest.mark.usefixtures("session")
def test_what_can_not_be_put_back_holds_up_neither_its_undo_nor_other_acts(monkeypatch: pytest.MonkeyPatch) -> None:
    helper, full, hidden, free = make_helper(), make_ticket(), make_ticket(), make_ticket()
    make_user(Role.SECURITY_OFFICER, agency=hidden.agency)
    for ticket in (full, hidden, free):
        tagging.tag(ticket, name="vendor", by=helper)
    act = _planned([full, hidden, free], Act.UNTAG, helper, tag="vendor")
    bulk.start(act, by=helper)
    monkeypatch.setattr(tagging, "MOST_TAGS", 1)
    tagging.tag(full, name="another", by=helper)
    assert sharing.close_off(hidden, by=hidden.requester)
    bulk.undo(act, by=helper)
    assert act.state is BulkState.UNDONE
    assert [image_of(ticket, "vendor")["tagged"] for ticket in (full, hidden, free)] == [False, False, True]
    kept = {row.why for row in db.session.scalars(select(BulkItem)) if row.outcome is Outcome.KEPT}
    assert kept == {"A ticket bears at most 1 tags. Take one off first.", "Only the Systems Team can do this."}


@pytest.mark.usefixtures("session")
def test_clocks_hear_of_what_is_done_and_of_what_is_undone() -> None:
    helper, ticket = make_helper(), make_ticket()
    due = ticket.due_at
    act = _planned([ticket], Act.STATE, helper, **STATE)
    bulk.start(act, by=helper)
    assert ticket.due_at is None
    bulk.undo(act, by=helper)
    events = select(TicketEvent.state).where(TicketEvent.ticket_id == ticket.id).order_by(TicketEvent.id)
    assert list(db.session.scalars(events)) == [S.NEW, S.RESOLVED, S.NEW]
    assert ticket.due_at is not None
    assert due is not None
    assert ticket.due_at >= due


@pytest.mark.usefixtures("session")
def test_messages_reach_each_ticket_once_and_are_not_taken_back() -> None:
    helper, tickets = make_helper(), [make_ticket(), make_ticket()]
    act = _planned(tickets, Act.REPLY, helper, body="The vendor has mended it.")
    bulk.start(act, by=helper)
    said = select(TicketMessage).where(TicketMessage.body == "The vendor has mended it.")
    assert {message.ticket_id for message in db.session.scalars(said)} == {ticket.id for ticket in tickets}
    assert act.body == ""
    with pytest.raises(InvalidState, match="can't be taken back"):
        bulk.undo(act, by=helper)
    with pytest.raises(Invalid, match="Social Security"):
        _planned(tickets, Act.NOTE, helper, body="It is 219-09-9999.")
    with pytest.raises(Invalid, match="Write a message first"):
        _planned(tickets, Act.NOTE, helper, body=" ")


@pytest.mark.usefixtures("session")
def test_ticket_that_changed_after_the_plan_is_left_and_the_others_go_on() -> None:
    helper, tickets = make_helper(), [make_ticket(), make_ticket()]
    act = _planned(tickets, Act.PRIORITY, helper, priority="high")
    operations.resolve(tickets[0], by=helper)
    operations.close(tickets[0], by=helper)
    bulk.start(act, by=helper)
    assert [row.outcome for row in list_items(act, helper).rows] == [Outcome.LEFT, Outcome.DONE]
    assert tickets[0].priority is Priority.NORMAL


@pytest.mark.usefixtures("session")
def test_long_acts_go_on_in_the_background_and_so_does_their_undo(monkeypatch: pytest.MonkeyPatch) -> None:
    helper, tickets = make_helper(), [make_ticket() for _ in range(5)]
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    monkeypatch.setattr(bulk.go_on, "__kwdefaults__", {"limit": 2})
    monkeypatch.setattr(jobs, "STEP", 2)
    act = _planned(tickets, Act.PRIORITY, helper, priority="high")
    bulk.start(act, by=helper)
    assert (act.state, count_outcomes(act)[Outcome.DONE]) == (BulkState.RUNNING, 2)
    with pytest.raises(InvalidState, match="not done yet"):
        bulk.undo(act, by=helper)
    for _ in range(3):
        jobs.go_on_with_acts()
    assert (act.state, count_outcomes(act)[Outcome.DONE]) == (BulkState.DONE, 5)
    bulk.undo(act, by=helper)
    for _ in range(3):
        jobs.go_on_with_acts()
    assert {ticket.priority for ticket in tickets} == {Priority.NORMAL}
    assert act.state is BulkState.UNDONE


@pytest.mark.usefixtures("session")
def test_only_the_team_changes_many_and_only_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    helper, other, ticket = make_helper(), make_helper(), make_ticket()
    with pytest.raises(NotAllowed):
        _planned([ticket], Act.PRIORITY, ticket.requester, priority="high")
    with pytest.raises(Invalid, match="at least one"):
        _planned([], Act.PRIORITY, helper, priority="high")
    act = _planned([ticket], Act.PRIORITY, helper, priority="high")
    with pytest.raises(NotAllowed):
        bulk.start(act, by=other)
    with pytest.raises(NotFound):
        get_act(act.id, other)
    tagging.tag(ticket, name="vendor", by=helper)
    make_ticket()
    assert matching_ids(TicketFilter(query=parse("tag:vendor")), helper, 9) == [ticket.id]
    monkeypatch.setattr(bulk, "MOST_TICKETS", 0)
    with pytest.raises(Invalid, match="Narrow the list"):
        _planned([ticket], Act.PRIORITY, helper, priority="high")


def test_many_tickets_are_changed_and_put_back_on_the_pages(desk: Desk) -> None:
    with desk.work():
        helper, lead = make_helper(), make_user(Role.AGENCY_LEAD)
        one, two, other = (make_ticket(subject=f"Printer {n}") for n in range(3))
    visitor = desk.signed_in(helper)
    assert visitor.get("/tickets").says("Change selected")
    assert visitor.get("/tickets/bulk").says("Nothing is selected")
    assert visitor.get(f"/tickets/bulk?id=x&id=99999999999999999&id={'9' * 5000}").says("Nothing is selected")
    assert visitor.get("/tickets/bulk?all=yes&q=printer").heading == "Change 3 tickets"
    url = f"/tickets/bulk?id={one.id}&id={two.id}"
    visitor.post(url, {"act": "nonsense"}, status=422)
    sent = {"act": "priority", "priority": "urgent", "state": "open", "assignee": ""}
    assert visitor.post(url, {**sent, "act": "tag", "tag": "a,b"}, status=422).says("letters and digits")
    page = visitor.post(url, {**sent, "act": "note", "body": "Call 904-555-0133."}, status=422)
    assert "<mark>904-555-0133</mark>" in page.html
    assert "to_redactors" not in page.html, "many notes are not held back"
    page = visitor.post(url, sent, follow=True)
    assert page.says("2 will change, 0 will be left out. Nothing is changed yet.")
    with desk.look() as session:
        act_id = session.scalars(select(BulkAct.id)).one()
        assert session.get_one(Ticket, one.id).priority is Priority.NORMAL
    assert visitor.post(f"/tickets/bulk/{act_id}/start", follow=True).says("2 changed, 0 left out.")
    with desk.look() as session:
        assert [session.get_one(Ticket, t.id).priority.value for t in (one, two, other)] == ["urgent"] * 2 + ["normal"]
    assert visitor.post(f"/tickets/bulk/{act_id}/undo", follow=True).says("2 put back")
    with desk.look() as session:
        assert session.get_one(Ticket, one.id).priority is Priority.NORMAL
        assert set(session.scalars(select(BulkItem.outcome))) == {Outcome.UNDONE}
    desk.signed_in(make_stranger(desk)).get(f"/tickets/bulk/{act_id}", status=404)
    visit = desk.signed_in(lead)
    visit.get("/tickets/bulk", status=403)
    assert not visit.get("/tickets").says("Change selected")


def test_a_reply_by_hand_and_replies_to_many_never_wait_for_each_other(desk: Desk) -> None:
    with desk.work():
        helper, first, second = make_helper(), make_ticket(), make_ticket()
        act = _planned([first, second], Act.REPLY, helper, body="It works again.", then="")
    holds = Event()

    def by_hand() -> None:
        person, ticket = db.session.get_one(User, helper.id), db.session.get_one(Ticket, second.id)
        operations.lock(ticket)
        holds.set()
        sleep(0.3)  # the others come as far as they can
        operations.reply(ticket, body="I look into it.", nonce="one-form", by=person)

    def to_many() -> None:
        holds.wait()
        bulk.start(get_act(act.id, helper), by=db.session.get_one(User, helper.id))

    at_once(desk, by_hand, to_many)
    with desk.look() as session:
        written = session.scalars(select(TicketMessage.body).order_by(TicketMessage.ticket_id, TicketMessage.id))
        assert list(written)[-2:] == ["I look into it.", "It works again."]


def make_stranger(desk: Desk) -> User:
    """Make another member of the team."""
    with desk.work():
        return make_helper()


@pytest.mark.usefixtures("session")
def test_what_bears_no_such_tag_is_left_out_when_one_is_taken_off() -> None:
    helper, tagged, other = make_helper(), make_ticket(), make_ticket()
    tagging.tag(tagged, name="vendor", by=helper)
    act = _planned([tagged, other], Act.UNTAG, helper, tag="Vendor")
    assert reasons_of(act) == [("It is so already.", 1)]
    bulk.start(act, by=helper)
    assert image_of(tagged, "vendor")["tagged"] is False
