"""How the team answers: undo and later, canned replies, mentions, and who else is at a ticket."""

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adminops import clock
from adminops.app import AdminOps
from adminops.db import db, transaction
from adminops.errors import Invalid, InvalidState, NotAllowed, NotFound
from adminops.identity.models import User
from adminops.identity.permissions import Role
from adminops.outbox.models import OutboxMessage
from tests.browsing import Desk, Visitor
from tests.make import make_agency, make_user
from tests.make_tickets import make_helper, make_kind, make_ticket
from tickets import canned, emails, merging, operations, presence, sharing
from tickets.attached import TicketAttachment
from tickets.canned import fill, unknown_in, values_for
from tickets.jobs import send_planned
from tickets.mentioning import names_in
from tickets.models import Then, Ticket, TicketMessage, TicketState, WaitingOn
from tickets.presence import Present, in_words, note_presence, others_at, written_since
from tickets.sending import (
    TicketSending,
    Words,
    get_sending,
    plan_reply,
    send_due,
    send_now,
    take_back,
    throw_away,
    waiting_on,
)
from tickets.sight import Why, participants_of, sees
from tickets.spent.models import TicketTime

UNDO = timedelta(seconds=15)


@pytest.fixture
def helper(session: Session) -> User:
    """A member of the team."""
    return make_helper(username="grace", name="Grace Whitfield")


def planned(ticket: Ticket, by: User, *, after: timedelta = UNDO, **over: Any) -> TicketSending:
    """Return an answer that leaves in a while."""
    return plan_reply(ticket, Words(**{"body": "It is mended.", **over}), at=clock.now() + after, by=by)


def messages(ticket: Ticket) -> list[str]:
    """Return what stands on a ticket."""
    chosen = select(TicketMessage.body).where(TicketMessage.ticket_id == ticket.id).order_by(TicketMessage.id)
    return list(db.session.scalars(chosen))


def mails(kind: str) -> list[int]:
    """Return to whom mails of that kind go."""
    return list(db.session.scalars(select(OutboxMessage.recipient_id).where(OutboxMessage.kind == kind)))


# Undo and later


def test_answer_leaves_when_its_time_has_come_and_not_before(helper: User) -> None:
    ticket = make_ticket()
    planned(ticket, helper, then=Then.WAIT)
    assert send_due() == 0
    assert (ticket.state, ticket.first_reply_at, mails("tickets.replied")) == (TicketState.NEW, None, [])
    with clock.frozen_at(clock.now() + UNDO):
        assert send_due() == 1
        assert ticket.first_reply_at == clock.now()
    assert messages(ticket)[-1] == "It is mended."
    assert (ticket.state, ticket.waiting_on) == (TicketState.WAITING, WaitingOn.USER)
    assert mails("tickets.replied") == [ticket.requester_id]
    assert waiting_on(ticket) == []
    assert send_due() == 0


def test_answer_that_is_taken_back_never_leaves_and_is_kept(helper: User) -> None:
    ticket = make_ticket()
    row = planned(ticket, helper)
    with pytest.raises(NotAllowed):
        take_back(row, by=make_helper())
    take_back(row, by=helper)
    with clock.frozen_at(clock.now() + timedelta(days=1)):
        assert send_due() == 0
    assert [each.body for each in waiting_on(ticket)] == ["It is mended."]
    assert throw_away(row, by=helper) == []
    assert waiting_on(ticket) == []


def test_answer_that_has_left_can_not_be_taken_back(helper: User) -> None:
    ticket = make_ticket()
    row = planned(ticket, helper)
    with pytest.raises(InvalidState):
        throw_away(row, by=helper)
    number = row.id
    send_now(row, by=helper)
    with pytest.raises(NotFound, match="left already"):
        get_sending(ticket, number)


@pytest.mark.parametrize("why", ["closed", "left the team"])
def test_answer_that_can_not_be_sent_goes_back_to_its_author(helper: User, why: str) -> None:
    ticket, other = make_ticket(), make_helper()
    row = planned(ticket, helper, after=timedelta(days=2))
    fine = planned(make_ticket(), other, after=timedelta(days=2))
    if why == "closed":
        operations.resolve(ticket, by=ticket.requester)  # the team is asked to take it back first
        operations.close(ticket, by=other)
    else:
        helper.may_sign_in = False
    with clock.frozen_at(clock.now() + timedelta(days=2)):
        assert send_due() == 1
    assert db.session.get(TicketSending, fine.id) is None
    assert row.sends_at is None
    assert row.problem
    assert len(messages(ticket)) == 1
    assert mails("tickets.unsent") == [helper.id]
    assert emails.unsent(to_id=helper.id, ticket_id=ticket.id, sending_id=row.id) is not None
    number = row.id
    throw_away(row, by=helper)
    assert planned(make_ticket(), other, after=timedelta(days=2)).id > number, "its author is told of the next one, too"


def test_same_form_sent_twice_is_one_answer_before_and_after_it_left(helper: User) -> None:
    ticket = make_ticket()
    row = planned(ticket, helper, nonce="n1")
    assert planned(ticket, helper, nonce="n1") is row
    send_now(row, by=helper)
    send_now(planned(ticket, helper, nonce="n1"), by=helper)
    assert messages(ticket)[1:] == ["It is mended."]


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        ({"body": " "}, "Write a message"),
        ({"body": "The number is 219-09-9999."}, "seems to hold"),
        ({"after": timedelta(days=91)}, "within the next 90 days"),
        ({"after": timedelta(seconds=-5)}, "within the next 90 days"),
    ],
)
def test_what_could_not_be_sent_now_is_not_planned(helper: User, over: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        planned(make_ticket(), helper, **over)


def test_only_the_team_plans_answers_and_none_resolves_a_ticket_with_open_parts(helper: User) -> None:
    person = make_user()
    whole, part = make_ticket(person), make_ticket(person)
    with pytest.raises(NotAllowed):
        planned(whole, person)
    merging.relate(part, whole, merging.Kind.CHILD_OF, by=helper)
    with pytest.raises(InvalidState, match="still open"):
        planned(whole, helper, then=Then.RESOLVE)
    send_now(planned(whole, helper, then=Then.RESOLVE, despite_parts=True), by=helper)
    assert whole.state is TicketState.RESOLVED


def test_answer_planned_on_a_ticket_that_was_merged_meanwhile_goes_to_where_that_is(helper: User) -> None:
    person = make_user()
    source, target = make_ticket(person), make_ticket(person)
    planned(source, helper)
    merging.merge(source, into=target, by=helper)
    with clock.frozen_at(clock.now() + UNDO):
        assert send_due() == 1
    assert messages(target)[-1] == "It is mended."


# Canned replies


def test_variables_are_filled_in_and_what_is_put_in_is_not_read_again(helper: User) -> None:
    person = make_user(name="Ana {number} Ruiz")
    ticket = make_ticket(person)
    text = "Dear {First Name}, dear {name}: {number} of {agency}, {unknown}. {my_name}"
    assert ticket.agency is not None
    assert fill(text, values_for(ticket, helper)) == (
        f"Dear Ana, dear Ana {{number}} Ruiz: #{ticket.id} of {ticket.agency.name}, {{unknown}}. Grace Whitfield"
    )


@pytest.mark.parametrize(("body", "unknown"), [("{name} {due}", ["due"]), ("{ }", [" "]), ("a { b", []), ("{}", [""])])
def test_unknown_variables_are_found(body: str, unknown: list[str]) -> None:
    assert unknown_in(body) == unknown


def test_own_canned_replies_are_ones_own_and_shared_ones_everybodys(helper: User) -> None:
    admin, other = make_helper(Role.SYSTEM_ADMIN), make_helper()
    own = canned.save_reply(title="Mine", body="Hello {first name}.", shared=False, by=helper)
    shared = canned.save_reply(title="Ours", body="Hello.", shared=True, by=admin)
    assert [row.title for row in canned.replies_of(helper)] == ["Ours", "Mine"]
    assert [row.title for row in canned.replies_of(other)] == ["Ours"]
    with pytest.raises(NotFound):
        canned.get_reply(own.id, other)
    for verb in (
        lambda: canned.save_reply(title="Ours", body="Hello.", shared=True, by=helper),
        lambda: canned.change_reply(shared, title="x", body="y", shared=False, by=helper),
        lambda: canned.change_reply(own, title="x", body="y", shared=True, by=helper),
        lambda: canned.remove_reply(shared, by=helper),
        lambda: canned.save_reply(title="Mine", body="Hello.", shared=False, by=make_user()),
    ):
        with pytest.raises(NotAllowed):
            verb()
    canned.change_reply(own, title="Still mine", body="Bye.", shared=False, by=helper)
    canned.remove_reply(own, by=helper)
    assert [row.title for row in canned.replies_of(helper)] == ["Ours"]


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        ({"title": " "}, "title"),
        ({"body": " "}, "Write the text"),
        ({"body": "{due}"}, "Nothing is known as {due}"),
        ({"body": "Her number is 219-09-9999."}, "seems to hold"),
    ],
)
def test_canned_reply_that_can_not_be_is_refused(helper: User, over: dict[str, str], sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        canned.save_reply(**{"title": "A", "body": "B", **over}, shared=False, by=helper)


# Mentions


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@grace please look, and @Tomas.", ["grace", "tomas"]),
        ("Write to grace@example.org or x@y", []),
        ("@grace @grace (@maya-o) @a.b!", ["grace", "maya-o", "a.b"]),
        ("@ nobody, @@grace, //@grace", []),
        ("", []),
    ],
)
def test_mentions_are_read(text: str, names: list[str]) -> None:
    assert names_in(text) == names


def test_mention_lets_a_colleague_take_part_and_tells_them(helper: User) -> None:
    ticket, other = make_ticket(), make_helper(username="tomas")
    operations.write_note(ticket, body="@tomas, can you look? @nobody-here can't.", by=helper)
    assert [(row.user_id, row.why) for row in participants_of(ticket)] == [(other.id, Why.MENTIONED)]
    operations.reply(ticket, body="@tomas will look.", by=helper)
    assert mails("tickets.mentioned") == [other.id, other.id]
    assert len(participants_of(ticket)) == 1


def test_note_that_mentions_who_does_not_read_notes_is_refused(helper: User) -> None:
    ticket = make_ticket()
    with pytest.raises(Invalid, match="does not read team notes"):
        operations.write_note(ticket, body=f"@{ticket.requester.username} should not see this.", by=helper)


def test_requester_mentions_colleagues_and_nobody_elsewhere(helper: User) -> None:
    agency = make_agency()
    person, colleague, stranger = make_user(agency=agency), make_user(agency=agency), make_user()
    ticket = make_ticket(person)
    operations.reply(ticket, body=f"@{colleague.username} and @{stranger.username} know.", by=person)
    assert sees(colleague, ticket)
    assert not sees(stranger, ticket)


# Who else is there


def test_others_are_told_who_looks_and_who_writes_until_they_leave(helper: User) -> None:
    ticket, one, two = make_ticket(), make_helper(name="Ana Ruiz"), make_helper(name="Bo Lee")
    note_presence(ticket, writes=False, by=one)
    note_presence(ticket, writes=True, by=two)
    note_presence(ticket, writes=False, by=two)
    note_presence(make_ticket(), writes=True, by=make_helper())
    there = others_at(ticket, but=helper)
    assert in_words(there) == "Bo Lee is writing. Ana Ruiz is looking at this."
    assert [each.name for each in others_at(ticket, but=two)] == ["Ana Ruiz"]
    with clock.frozen_at(clock.now() + timedelta(minutes=1)):
        assert others_at(ticket, but=helper) == []
        presence.forget_stale()
    assert db.session.scalar(select(func.count()).select_from(presence.TicketPresence)) == 0


def test_several_people_are_said_in_one_sentence() -> None:
    people = [Present(number, name, writes=True) for number, name in enumerate(("Ana", "Bo", "Cy"))]
    assert in_words(people) == "Ana, Bo and Cy are writing."
    assert in_words([]) == ""


def test_what_was_written_since_is_what_the_viewer_may_read(helper: User) -> None:
    ticket, other = make_ticket(), make_helper(name="Ana Ruiz")
    seen = presence.newest_message(ticket, notes=True)
    operations.write_note(ticket, body="A note.", by=other)
    assert written_since(ticket, seen, notes=False, but=ticket.requester) == []
    assert written_since(ticket, seen, notes=True, but=helper) == ["Ana Ruiz"]
    assert written_since(ticket, seen, notes=True, but=other) == []


# Pages


@pytest.fixture
def waiting(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The desk of a team that can take answers back."""
    settings = desk.app.extensions["settings"]
    monkeypatch.setitem(desk.app.extensions, "settings", _with_undo(settings))
    return desk


def _with_undo(settings: Any) -> Any:
    return replace(settings, undo_send_seconds=15)


def test_answer_is_taken_back_changed_and_sent_on_the_page(waiting: Desk) -> None:
    desk = waiting
    with desk.work():
        helper, ticket = make_helper(name="Grace Whitfield"), make_ticket()
        person = ticket.requester
    visitor, requester = desk.signed_in(helper), desk.signed_in(person)
    page = f"/tickets/{ticket.id}"
    sent = visitor.post(f"{page}/messages", {"kind": "reply", "body": "It is mended.", "nonce": "a", "then": "resolve"})
    assert sent.goal.endswith("#unsent")
    assert visitor.get(page).says("Your answer goes out")
    assert not requester.get(page).says("It is mended.")
    with desk.look() as session:
        row = session.scalars(select(TicketSending)).one()
    visitor.post(f"{page}/unsent/{row.id}/take-back")
    again = visitor.get(page)
    assert again.says("It was not sent")
    assert "It is mended.</textarea>" in again.html
    changed = {"kind": "reply", "body": "It is mended now.", "nonce": "b", "held": str(row.id)}
    visitor.post(f"{page}/messages", changed)
    assert visitor.post(f"{page}/unsent/due", status=200).says("Your answer goes out")
    with clock.frozen_at(clock.now() + timedelta(seconds=16)):
        assert not visitor.post(f"{page}/unsent/due", status=200).says("goes out")
    assert requester.get(page).says("It is mended now.")
    with desk.look() as session:
        assert session.scalars(select(TicketSending)).all() == []
    visitor.post(f"{page}/unsent/{row.id}/take-back", status=404)


def test_two_clicks_at_the_same_moment_plan_one_answer_and_note_its_time_once(waiting: Desk) -> None:
    with waiting.work():
        helper, ticket = make_helper(), make_ticket()
    visitors, gate = [waiting.signed_in(helper), waiting.signed_in(helper)], Barrier(2)
    sent = {"kind": "reply", "body": "It is mended.", "nonce": "a", "minutes": "5"}

    def click(visitor: Visitor) -> str:
        gate.wait(timeout=30)
        return visitor.post(f"/tickets/{ticket.id}/messages", sent).goal

    with ThreadPoolExecutor(max_workers=2) as clicks:
        assert set(clicks.map(click, visitors)) == {f"/tickets/{ticket.id}#unsent"}
    with waiting.look() as session:
        assert len(session.scalars(select(TicketSending)).all()) == 1
        assert session.scalars(select(TicketTime.minutes)).all() == [5]


def test_answer_is_planned_for_a_time_of_the_office(desk: Desk) -> None:
    with desk.work():
        helper, ticket = make_helper(), make_ticket()
    visitor, page = desk.signed_in(helper), f"/tickets/{ticket.id}"
    zone = ZoneInfo("America/New_York")
    tomorrow = (clock.now().astimezone(zone) + timedelta(days=1)).replace(second=0, microsecond=0)
    data = {"kind": "reply", "body": "Good morning.", "nonce": "a", "send_at": tomorrow.strftime("%Y-%m-%dT%H:%M")}
    visitor.post(f"{page}/messages", data)
    with desk.look() as session:
        row = session.scalars(select(TicketSending)).one()
        assert row.sends_at == tomorrow.astimezone(row.sends_at.tzinfo if row.sends_at else None)
    assert visitor.post(f"{page}/messages", {**data, "nonce": "b", "send_at": "2001-01-01T09:00"}, status=422).says(
        "Choose a time"
    )
    assert visitor.post(f"{page}/messages", {**data, "nonce": "b", "send_at": "soon"}, status=422).says("Enter a date")
    visitor.post(f"{page}/unsent/{row.id}/send")
    assert desk.signed_in(ticket.requester).get(page).says("Good morning.")


def test_files_leave_with_a_planned_answer_and_go_with_one_that_is_thrown_away(waiting: Desk) -> None:
    desk = waiting
    with desk.work():
        helper, ticket = make_helper(), make_ticket()
        person = ticket.requester
    visitor, page = desk.signed_in(helper), f"/tickets/{ticket.id}"
    data = {"kind": "reply", "body": "See the list.", "nonce": "a"}
    visitor.post(f"{page}/messages", {**data, "file": (io.BytesIO(b"one"), "list.txt")})
    visitor.post(f"{page}/messages", {**data, "file": (io.BytesIO(b"one"), "list.txt")})
    assert visitor.get(page).says("1 file with it")
    with desk.look() as session:
        (row,) = session.scalars(select(TicketSending)).all()
        (file,) = session.scalars(select(TicketAttachment)).all()
    desk.signed_in(person).get(f"{page}/files/{file.id}", status=404)
    visitor.post(f"{page}/unsent/{row.id}/send")
    assert desk.signed_in(person).get(f"{page}/files/{file.id}").body == b"one"
    visitor.post(f"{page}/messages", {**data, "nonce": "b", "file": (io.BytesIO(b"two"), "two.txt")})
    with desk.look() as session:
        other = session.scalars(select(TicketSending)).one()
    visitor.post(f"{page}/unsent/{other.id}/take-back")
    visitor.post(f"{page}/unsent/{other.id}/discard")
    with desk.look() as session:
        assert session.scalars(select(TicketAttachment.name)).all() == ["list.txt"]


def test_canned_reply_is_kept_and_put_into_an_answer(desk: Desk) -> None:
    with desk.work():
        admin, ticket = make_helper(Role.SYSTEM_ADMIN, name="Maya Okafor"), make_ticket(kind=make_kind(key="fault"))
    visitor, page = desk.signed_in(admin), f"/tickets/{ticket.id}"
    assert visitor.get("/canned-replies/").says("No canned replies yet")
    assert visitor.get("/canned-replies/new").says("What the ticket fills in")
    refused = visitor.post("/canned-replies/new", {"title": "Hello", "body": "{due}"}, status=422)
    assert refused.says("Nothing is known as")
    visitor.post("/canned-replies/new", {"title": "Hello", "body": "Dear {name}: {number}.", "shared": "y"})
    visitor.post("/canned-replies/new", {"title": "Zebra text", "body": "Merged.", "request_types": "merge_clients"})
    with desk.look() as session:
        hello, merges = session.scalars(select(canned.CannedReply).order_by(canned.CannedReply.id)).all()
    shown = visitor.get(page)
    assert shown.says("Hello")
    assert not shown.says("Zebra text")
    data = {"kind": "reply", "body": "First.", "insert": "y", "canned": str(hello.id)}
    filled = visitor.post(f"{page}/messages", data, status=200)
    assert f"First.\n\nDear {ticket.requester.name}: #{ticket.id}.</textarea>" in filled.html.replace("\r", "")
    gone = visitor.post(f"{page}/messages", {**data, "canned": "99"}, status=422)
    assert gone.says("There is no such canned reply")
    assert "First.</textarea>" in gone.html, "what was written stays"
    visitor.post(f"{page}/messages", {**data, "canned": ""}, status=200)
    visitor.post(f"/canned-replies/{merges.id}", {"title": "Zebra text", "body": "They are merged."})
    assert visitor.get(f"/canned-replies/{merges.id}/remove").says("Remove")
    visitor.post(f"/canned-replies/{merges.id}/remove")
    visitor.get(f"/canned-replies/{merges.id}", status=404)
    with desk.work():
        helper = make_helper()
    desk.signed_in(helper).get(f"/canned-replies/{hello.id}", status=403)


def test_page_says_who_else_is_there_and_asks_no_more_after_a_while(desk: Desk) -> None:
    with desk.work():
        one, two, ticket = make_helper(name="Ana Ruiz"), make_helper(name="Bo Lee"), make_ticket()
    first, second, here = desk.signed_in(one), desk.signed_in(two), f"/tickets/{ticket.id}/here"
    assert not first.post(here, status=200).says("Lee")
    assert second.post(f"{here}?writes=yes", status=200).says("Ana Ruiz is looking at this.")
    since = int((clock.now() - timedelta(minutes=11)).timestamp())
    assert first.post(f"{here}?since={since}", status=286).says("Bo Lee is writing.")
    first.post(f"{here}?since=99999999999999", status=200)
    desk.signed_in(ticket.requester).post(here, status=403)


def test_answer_that_somebody_overtook_is_shown_with_theirs_and_goes_through_when_sent_again(desk: Desk) -> None:
    with desk.work():
        one, two, ticket = make_helper(name="Ana Ruiz"), make_helper(name="Bo Lee"), make_ticket()
    first, second, url = desk.signed_in(one), desk.signed_in(two), f"/tickets/{ticket.id}/messages"
    with desk.look() as session:
        seen = session.scalar(select(func.max(TicketMessage.id)))
    second.post(url, {"kind": "reply", "body": "I have it.", "nonce": "a", "seen": str(seen)})
    page = first.post(url, {"kind": "reply", "body": "Mended.", "nonce": "b", "seen": str(seen)}, status=409)
    assert page.says("Bo Lee wrote meanwhile")
    assert page.says("I have it.")
    newest = page.html.partition('name="seen"')[2].partition('value="')[2].partition('"')[0]
    first.post(url, {"kind": "reply", "body": "Mended.", "nonce": "b", "seen": newest})


def test_properties_that_somebody_changed_meanwhile_are_not_set_back_unseen(desk: Desk) -> None:
    with desk.work():
        one, two, ticket = make_helper(name="Ana Ruiz"), make_helper(name="Bo Lee"), make_ticket()
    url, was = f"/tickets/{ticket.id}/properties", "new||normal"
    desk.signed_in(two).post(url, {"state": "new", "assignee": str(two.id), "priority": "normal", "was": was})
    first = desk.signed_in(one)
    first.post(url, {"state": "new", "assignee": "", "priority": "high", "was": was})  # the page of before, all fields
    with desk.look() as session:
        stored = session.get_one(Ticket, ticket.id)
        assert (stored.assignee_id, stored.priority, stored.state) == (two.id, "high", "open")
    clash = {"state": "new", "assignee": str(one.id), "priority": "normal", "was": was}
    page = first.post(url, clash, status=409)
    assert page.says("Somebody set this to “Bo Lee” meanwhile")


def test_rows_of_talk_are_few_statements(desk: Desk, counted: Any) -> None:
    with desk.work():
        helper, person = make_helper(), make_user()
        ticket, source = make_ticket(person), make_ticket(person)
        merging.merge(source, into=ticket, by=helper)
        merging.relate(ticket, make_ticket(person), merging.Kind.DEPENDS_ON, by=helper)
        sharing.add_participant(ticket, make_user(), by=helper)
        canned.save_reply(title="Hello", body="Hello.", shared=False, by=helper)
    visitor = desk.signed_in(helper)
    visitor.get(f"/tickets/{ticket.id}")
    counted()
    visitor.get(f"/tickets/{ticket.id}")
    assert counted() <= 10


def send_and_die() -> None:
    """Send what is due and die after all was done, before it was stored."""
    with clock.frozen_at(clock.now() + UNDO), transaction():
        assert send_due() == 1
        raise KeyboardInterrupt


def test_waiting_answers_survive_a_process_that_dies(app: AdminOps) -> None:
    with app.app_context():
        with transaction():
            helper, ticket = make_helper(), make_ticket()
            planned(ticket, helper, nonce="kept")
        with pytest.raises(KeyboardInterrupt):
            send_and_die()
        with clock.frozen_at(clock.now() + UNDO), transaction():
            assert send_due() == 1
        with transaction(writes=False):
            assert messages(ticket)[1:] == ["It is mended."]


def test_answer_that_breaks_goes_back_to_its_author_and_others_leave(app: AdminOps) -> None:
    with app.app_context():
        with transaction():
            helper, ticket, other = make_helper(), make_ticket(), make_ticket()
            broken, fine = planned(ticket, helper, then=Then.RESOLVE), planned(other, helper)
            broken.files = ["nonsense"]
        with clock.frozen_at(clock.now() + UNDO):
            send_planned()
        with transaction(writes=False):
            assert (messages(ticket)[1:], messages(other)[1:]) == ([], ["It is mended."])
            assert db.session.get_one(Ticket, ticket.id).state is TicketState.NEW
            assert db.session.get(TicketSending, fine.id) is None
            kept = db.session.get_one(TicketSending, broken.id)
            assert (kept.sends_at, kept.body) == (None, "It is mended.")
            assert kept.problem.startswith("Something went wrong")
            assert mails("tickets.unsent") == [helper.id]
