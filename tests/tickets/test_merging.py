"""How tickets stand to each other: merges that can be undone, relations, parts, messages split off."""

import random
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminops import clock
from adminops.db import db
from adminops.errors import DomainError, Invalid, InvalidState, NotAllowed
from adminops.facts import AccountCreated, publish
from adminops.identity.models import User
from adminops.identity.permissions import Role
from adminops.outbox.models import OutboxMessage
from tests.browsing import Desk
from tests.make import make_agency, make_user
from tests.make_tickets import make_helper, make_kind, make_ticket
from tickets import merging, operations, policies, sharing
from tickets.models import Then, Ticket, TicketMessage, TicketState, Voice, WaitingOn
from tickets.relations import Kind, TicketMerge, candidates_for, open_parts_of, root_of, sources_of
from tickets.side import side_of
from tickets.sight import participants_of, sees
from tickets.timeline import Line, Message, timeline


class House:
    """Two colleagues of an agency who asked for the same, and the team."""

    def __init__(self) -> None:
        self.agency = make_agency()
        self.helper = make_helper()
        self.one: User = make_user(agency=self.agency)
        self.two: User = make_user(agency=self.agency)
        self.first = make_ticket(self.one, subject="Report stops", body="First words.")
        self.second = make_ticket(self.two, subject="Report stops as well", body="Second words.")


@pytest.fixture
def house(session: Session) -> House:
    """The people of these tests."""
    return House()


def stored(ticket: Ticket) -> dict[str, Any]:
    """Return the row of a ticket but for what a look at the clock changes."""
    db.session.flush()
    row = db.session.execute(select(Ticket.__table__).where(Ticket.id == ticket.id)).mappings().one()
    return {name: value for name, value in row.items() if name not in ("updated_at",)}


def words(ticket: Ticket) -> list[str]:
    """Return the messages that the page of `ticket` shows to the team."""
    told = timeline(ticket, team=True, sources=sources_of(ticket))
    return [item.body for item in told if isinstance(item, Message)]


def lines(ticket: Ticket, *, team: bool = True) -> list[str]:
    """Return the lines of a ticket."""
    return [f"{x.before}{x.thing or ''}{x.after}" for x in timeline(ticket, team=team) if isinstance(x, Line)]


def test_merged_ticket_is_shown_on_the_other_one_and_no_row_moves(house: House) -> None:
    rows = select(TicketMessage.id, TicketMessage.ticket_id).order_by(TicketMessage.id)
    before = db.session.execute(rows).all()
    assert merging.merge(house.second, into=house.first, by=house.helper) is house.first
    assert words(house.first) == ["First words.", "Second words."]
    assert words(house.second) == ["Second words."]
    assert db.session.execute(rows).all() == before
    assert (house.second.state, house.second.merged_into_id) == (TicketState.CLOSED, house.first.id)
    assert house.second.resolved_at is None
    assert lines(house.second) == [f"merged this into ticket:{house.first.id}"]
    assert lines(house.first)[-1] == f"merged ticket:{house.second.id} into this"
    assert side_of(house.first).sources == [house.second.id]


@pytest.mark.parametrize("state", ["new", "open", "waiting", "resolved", "closed"])
def test_undo_brings_back_exactly_what_was_there(house: House, state: str) -> None:
    source, helper = house.second, house.helper
    if state != "new":
        operations.assign(source, helper, by=helper)
    if state == "waiting":
        operations.wait_on(source, WaitingOn.VENDOR, by=helper)
    if state in ("resolved", "closed"):
        operations.resolve(source, by=helper)
    if state == "closed":
        operations.close(source, by=helper)
    before, sight = stored(source), {row.user_id for row in participants_of(house.first)}
    shown = words(house.first)
    merging.merge(source, into=house.first, by=helper)
    merging.undo_merge(source, by=helper)
    after = stored(source)
    assert {n: v for n, v in after.items() if v != before[n]} == {}
    assert {row.user_id for row in participants_of(house.first)} == sight
    assert words(house.first) == shown
    assert not sees(house.two, house.first)


def test_nothing_open_ends_with_a_ticket_that_is_over(house: House) -> None:
    operations.resolve(house.first, by=house.helper)
    with pytest.raises(InvalidState, match="Reopen it first"):
        merging.merge(house.second, into=house.first, by=house.helper)
    operations.reopen(house.first, by=house.helper)
    merging.merge(house.second, into=house.first, by=house.helper)
    assert house.second.merged_into_id == house.first.id


def test_merges_and_undos_in_any_order_leave_every_ticket_as_it_was(house: House) -> None:
    chance = random.Random(7)
    tickets = [house.first, house.second, *(make_ticket(house.one, body=f"Words {n}.") for n in range(4))]
    before = {ticket.id: stored(ticket) for ticket in tickets}
    shown = {ticket.id: words(ticket) for ticket in tickets}
    for _ in range(60):
        source, into = chance.sample(tickets, 2)
        try:
            if chance.random() < 0.6:
                merging.merge(source, into=into, by=house.helper)
            else:
                merging.undo_merge(source, by=house.helper)
        except InvalidState:
            continue
        assert all(root_of(ticket).merged_into_id is None for ticket in tickets)
    told = sorted(word for ticket in tickets if ticket.merged_into_id is None for word in words(ticket))
    assert told == sorted(word for each in shown.values() for word in each)  # each is shown once
    while merged := [ticket for ticket in tickets if ticket.merged_into_id is not None]:
        merging.undo_merge(chance.choice(merged), by=house.helper)
    assert {ticket.id: stored(ticket) for ticket in tickets} == before
    assert {ticket.id: words(ticket) for ticket in tickets} == shown
    assert [row.user_id for ticket in tickets for row in participants_of(ticket)] == []


def test_replies_to_a_merged_ticket_go_to_the_end_of_the_chain(house: House) -> None:
    third = make_ticket(house.one, body="Third words.")
    merging.merge(house.second, into=house.first, by=house.helper)
    merging.merge(house.first, into=third, by=house.helper)
    assert root_of(house.second) is third
    message = operations.reply(house.second, body="Is there any news?", by=house.two)
    note = operations.write_note(house.second, body="Asked twice.", by=house.helper)
    assert (message.ticket_id, note.ticket_id) == (third.id, third.id)
    assert sorted(words(third)) == sorted(
        ["First words.", "Second words.", "Third words.", "Is there any news?", "Asked twice."]
    )
    merging.undo_merge(house.first, by=house.helper)
    assert root_of(house.second) is house.first
    assert message.ticket_id == third.id
    assert not sees(house.two, third)
    assert sees(house.two, house.first)


def test_merging_into_a_merged_ticket_goes_to_where_that_is_part_of(house: House) -> None:
    third = make_ticket(house.one)
    merging.merge(house.second, into=house.first, by=house.helper)
    assert merging.merge(third, into=house.second, by=house.helper) is house.first
    assert third.merged_into_id == house.first.id


def test_merges_never_go_in_a_circle(house: House) -> None:
    merging.merge(house.second, into=house.first, by=house.helper)
    with pytest.raises(InvalidState, match="into itself"):
        merging.merge(house.first, into=house.second, by=house.helper)
    with pytest.raises(InvalidState, match="into itself"):
        merging.merge(house.first, into=house.first, by=house.helper)
    with pytest.raises(InvalidState, match="already"):
        merging.merge(house.second, into=make_ticket(house.one), by=house.helper)
    with pytest.raises(InvalidState, match="merged into no other"):
        merging.undo_merge(house.first, by=house.helper)


def test_merge_lets_the_people_of_the_source_in_and_its_undo_out(house: House) -> None:
    friend = make_user(agency=house.agency)
    sharing.add_participant(house.second, friend, by=house.two)
    merging.merge(house.second, into=house.first, by=house.helper)
    assert sees(house.two, house.first)
    assert sees(friend, house.first)
    mails = db.session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "tickets.merged")).all()
    assert [(mail.recipient_id, mail.arguments["ticket_id"]) for mail in mails] == [(house.two.id, house.first.id)]
    sharing.add_participant(house.first, friend, by=house.one)  # meant for good
    merging.undo_merge(house.second, by=house.helper)
    assert not sees(house.two, house.first)
    assert sees(friend, house.first)


def test_tickets_of_two_agencies_or_one_private_are_not_merged(house: House) -> None:
    with pytest.raises(InvalidState, match="two agencies"):
        merging.merge(house.first, into=make_ticket(), by=house.helper)
    make_user(Role.SECURITY_OFFICER, agency=house.agency)
    sharing.make_private(house.second, by=house.helper)
    with pytest.raises(InvalidState, match="private"):
        merging.merge(house.first, into=house.second, by=house.helper)
    asked = make_ticket(house.one, kind=make_kind(key="fault", approval="team"))
    with pytest.raises(InvalidState, match="approval"):
        merging.merge(asked, into=house.first, by=house.helper)


def test_only_the_team_merges_and_undoes(house: House) -> None:
    with pytest.raises(NotAllowed):
        merging.merge(house.second, into=house.first, by=house.one)
    merging.merge(house.second, into=house.first, by=house.helper)
    with pytest.raises(NotAllowed):
        merging.undo_merge(house.second, by=house.two)
    with pytest.raises(InvalidState, match="part of"):
        policies.check_may_reopen(house.second, by=house.helper)


def test_nothing_is_expected_of_a_merged_ticket_and_its_undo_leaves_no_gap(house: House) -> None:
    before = (house.second.due_at, house.second.next_step_at)
    assert None not in before
    with clock.frozen_at(clock.now() + timedelta(hours=1)):
        merging.merge(house.second, into=house.first, by=house.helper)
    assert (house.second.due_at, house.second.next_step_at) == (None, None)
    with clock.frozen_at(clock.now() + timedelta(days=1)):
        merging.undo_merge(house.second, by=house.helper)
    assert (house.second.due_at, house.second.next_step_at) == before


def test_work_that_is_done_for_a_merged_ticket_resolves_what_it_is_part_of(house: House) -> None:
    merging.merge(house.second, into=house.first, by=house.helper)
    publish(AccountCreated(account_id=1, agency_id=house.agency.id, request=house.second.ref), by=house.helper)
    assert house.first.state is TicketState.RESOLVED
    assert lines(house.first)[-2:] == ["created account:1", "resolved this: the work is done"]


# Relations


def test_relation_is_told_at_both_ends_and_taken_off_at_either(house: House) -> None:
    relation = merging.relate(house.first, house.second, Kind.DEPENDS_ON, by=house.helper)
    assert merging.relate(house.first, house.second, Kind.DEPENDS_ON, by=house.helper) is relation
    assert [row.says for row in side_of(house.first).related] == ["This depends on it"]
    assert [row.says for row in side_of(house.second).related] == ["It depends on this"]
    assert lines(house.first) == [f"noted that this depends on ticket:{house.second.id}"]
    assert lines(house.second) == [f"noted that ticket:{house.first.id} depends on this"]
    assert lines(house.first, team=False) == []
    merging.unrelate(house.second, relation, by=house.helper)
    assert side_of(house.first).related == []


def test_related_to_is_the_same_from_both_sides(house: House) -> None:
    relation = merging.relate(house.first, house.second, Kind.RELATES, by=house.helper)
    assert merging.relate(house.second, house.first, Kind.RELATES, by=house.helper) is relation


@pytest.mark.parametrize("kind", [Kind.DEPENDS_ON, Kind.CHILD_OF])
def test_no_way_of_relations_leads_back_to_where_it_began(house: House, kind: Kind) -> None:
    third = make_ticket(house.one)
    merging.relate(house.first, house.second, kind, by=house.helper)
    merging.relate(house.second, third, kind, by=house.helper)
    with pytest.raises(Invalid, match="circle"):
        merging.relate(third, house.first, kind, by=house.helper)
    with pytest.raises(Invalid, match="itself"):
        merging.relate(third, third, kind, by=house.helper)


def test_ticket_is_part_of_one_other_only(house: House) -> None:
    merging.relate(house.first, house.second, Kind.CHILD_OF, by=house.helper)
    with pytest.raises(Invalid, match="part of"):
        merging.relate(house.first, make_ticket(house.one), Kind.CHILD_OF, by=house.helper)


def test_ticket_is_not_resolved_before_its_parts_unless_said_so(house: House) -> None:
    whole, part, helper = house.first, house.second, house.helper
    merging.relate(part, whole, Kind.CHILD_OF, by=helper)
    assert open_parts_of(whole) == [part.id]
    with pytest.raises(InvalidState, match=f"#{part.id} is part of this"):
        operations.resolve(whole, by=helper)
    with pytest.raises(InvalidState):
        operations.reply(whole, body="Done.", then=Then.RESOLVE, by=helper)
    operations.resolve(part, by=helper)
    assert lines(whole)[-1] == f"resolved ticket:{part.id}, a part of this"
    operations.resolve(whole, by=helper)
    operations.reopen(part, by=helper)
    operations.reopen(whole, by=helper)
    operations.reply(whole, body="Done.", then=Then.RESOLVE, despite_parts=True, by=helper)
    assert whole.state is TicketState.RESOLVED


def test_who_asked_may_say_that_it_is_solved_whatever_is_open(house: House) -> None:
    merging.relate(house.second, house.first, Kind.CHILD_OF, by=house.helper)
    operations.resolve(house.first, by=house.one)
    assert house.first.state is TicketState.RESOLVED


# Split


def test_message_becomes_a_ticket_of_its_author_and_stays_where_it_is(house: House) -> None:
    message = operations.reply(house.first, body="And my printer is cut off.", by=house.one)
    values: dict[str, Any] = {"kind": make_kind(key="fault"), "subject": "Printer", "body": message.body, "nonce": "n1"}
    new = merging.split_off(house.first, message, **values, by=house.helper)
    assert (new.requester_id, new.agency_id, new.filed_by_id) == (house.one.id, house.agency.id, house.helper.id)
    assert message.ticket_id == house.first.id
    assert [row.says for row in side_of(new).related] == ["This was split off it"]
    assert merging.split_off(house.first, message, **values, by=house.helper) is new
    texts = select(TicketMessage.voice).where(TicketMessage.ticket_id == new.id)
    assert list(db.session.scalars(texts)) == [Voice.REQUESTER]
    with pytest.raises(NotAllowed):
        merging.split_off(house.first, message, **values, by=house.one)


def test_team_note_is_not_made_a_request(house: House) -> None:
    note = operations.write_note(house.first, body="Says the same every month.", by=house.helper)
    with pytest.raises(Invalid, match="not for who asked"):
        merging.split_off(house.first, note, kind=make_kind(), subject="Report", body=note.body, by=house.helper)


def test_tickets_are_merged_though_who_asked_holds_no_role_any_more(house: House) -> None:
    house.two.grants.clear()
    house.two.forget_reach()
    db.session.flush()
    merging.merge(house.second, into=house.first, by=house.helper)
    assert participants_of(house.first) == []


def test_what_was_merged_becomes_private_and_is_opened_up_with_the_whole(house: House) -> None:
    officer, lead = (
        make_user(Role.SECURITY_OFFICER, agency=house.agency),
        make_user(Role.AGENCY_LEAD, agency=house.agency),
    )
    third = make_ticket(house.two)
    merging.merge(third, into=house.second, by=house.helper)
    merging.merge(house.second, into=house.first, by=house.helper)
    with pytest.raises(InvalidState, match=f"part of #{house.first.id} now"):
        sharing.make_private(third, by=house.helper)
    sharing.make_private(house.first, by=house.helper)
    whole = (house.first, house.second, third)
    assert [sees(lead, ticket) for ticket in whole] == [False] * 3
    assert [sees(house.helper, ticket) for ticket in whole] == [True] * 3, "who made it so can still undo the merges"
    assert lines(third)[-1] == "made this private"
    with pytest.raises(InvalidState, match="part of"):
        sharing.open_up(house.second, by=officer)
    sharing.open_up(house.first, by=officer)
    assert [sees(lead, ticket) for ticket in whole] == [True] * 3


def test_what_is_split_off_a_private_ticket_is_private(house: House) -> None:
    make_user(Role.SECURITY_OFFICER, agency=house.agency)
    sharing.make_private(house.first, by=house.helper)
    message = db.session.scalars(select(TicketMessage).where(TicketMessage.ticket_id == house.first.id)).one()
    new = merging.split_off(house.first, message, kind=make_kind(), subject="More", body="More of it.", by=house.helper)
    assert new.is_private


def test_candidates_are_open_tickets_of_the_agency_and_of_who_asked_first(house: House) -> None:
    make_ticket(agency=make_agency())
    own = make_ticket(house.two)
    assert [row.id for row in candidates_for(house.second, house.helper)] == [own.id, house.first.id]


# Pages


def test_merge_relation_and_split_on_their_pages(desk: Desk) -> None:
    with desk.work():
        house = House()
        first, second, helper, one = house.first, house.second, house.helper, house.one
        message = operations.reply(first, body="And my printer is cut off.", by=one)
        elsewhere = make_ticket()
    visitor = desk.signed_in(helper)
    page = visitor.get(f"/tickets/{second.id}/merge")
    assert page.says(first.subject)
    page = visitor.post(f"/tickets/{second.id}/merge", {"other": str(elsewhere.id)}, status=422)
    assert page.says("two agencies")
    assert visitor.post(f"/tickets/{second.id}/merge", {"other": "99999999999"}, status=422).says("no such ticket")
    assert visitor.post(f"/tickets/{second.id}/merge", {"other": "x"}, status=422).says("Enter a")
    done = visitor.post(f"/tickets/{second.id}/merge", {"other": str(first.id)})
    page = visitor.get(done.goal)
    assert page.says("Second words.")
    assert page.says(f"on #{second.id}")
    assert visitor.get(f"/tickets/{second.id}").says(f"This is part of #{first.id} now")
    asked = desk.signed_in(house.two).get(f"/tickets/{second.id}")
    assert asked.says("The conversation goes on there.")
    assert desk.signed_in(house.two).get(f"/tickets/{first.id}").says("First words.")
    visitor.post(f"/tickets/{second.id}/merge/undo")
    assert not visitor.get(f"/tickets/{first.id}").says("Second words.")
    assert visitor.get(f"/tickets/{first.id}/relations").says("How does")
    data = {"other": str(second.id), "kind": "child_of"}
    visitor.post(f"/tickets/{first.id}/relations", {**data, "other": str(first.id)}, status=422)
    visitor.post(f"/tickets/{first.id}/relations", data)
    page = visitor.get(f"/tickets/{second.id}")
    assert page.says("It is part of this")
    refused = {"body": "Done.", "then": "resolve", "kind": "reply"}
    assert visitor.post(f"/tickets/{second.id}/messages", refused, status=422).says("still open")
    visitor.post(f"/tickets/{second.id}/messages", {**refused, "despite_parts": "y"})
    page = visitor.get(f"/tickets/{first.id}/messages/{message.id}/split")
    assert page.says("Make a ticket of its own")
    values = {"request_type": "fault", "subject": "Printer", "body": "The printer is cut off.", "nonce": "n2"}
    new = visitor.post(f"/tickets/{first.id}/messages/{message.id}/split", values)
    assert visitor.get(new.goal).says("This was split off it")
    visitor.get(f"/tickets/{second.id}/messages/{message.id}/split", status=404)
    desk.signed_in(one).get(f"/tickets/{first.id}/merge", status=403)


def test_undone_merge_is_kept_on_record(house: House) -> None:
    merging.merge(house.second, into=house.first, by=house.helper)
    merging.undo_merge(house.second, by=house.helper)
    row = db.session.scalars(select(TicketMerge)).one()
    assert (row.merged_by_id, row.undone_by_id) == (house.helper.id, house.helper.id)
    assert row.undone_at is not None
    with pytest.raises(DomainError):
        merging.undo_merge(house.second, by=house.helper)
