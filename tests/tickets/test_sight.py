"""Who sees which tickets: participants, private ones, and that lists and checks follow one rule."""

import random
import time
from threading import Event

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from adminops.db import db
from adminops.errors import DomainError, InvalidState, NotAllowed, NotFound
from adminops.identity.models import SYSTEM, Agency, User
from adminops.identity.permissions import Permission, Role
from adminops.outbox.models import OutboxMessage
from tests.browsing import Desk
from tests.make import make_agency, make_user
from tests.make_tickets import make_helper, make_kind, make_ticket
from tests.together import at_once
from tickets import emails, operations, policies, sharing
from tickets.exporting import export_tickets
from tickets.guarded import readers
from tickets.merging import merge, undo_merge
from tickets.models import Ticket, TicketMessage
from tickets.queries import (
    TicketFilter,
    View,
    count_tickets,
    count_views,
    find_tickets,
    get_ticket,
    list_requests,
    list_tickets,
    open_counted,
)
from tickets.sight import TicketParticipant, Why, participants_of, sees, visible_to
from tickets.timeline import Line, timeline

INCIDENT = make_kind(key="incident", title="Incident", private=True)


class House:
    """An agency with its people, and the team."""

    def __init__(self) -> None:
        self.agency: Agency = make_agency()
        self.user: User = make_user(agency=self.agency)
        self.colleague: User = make_user(agency=self.agency)
        self.lead: User = make_user(Role.AGENCY_LEAD, agency=self.agency)
        self.officer: User = make_user(Role.SECURITY_OFFICER, agency=self.agency)
        self.helper, self.other_helper = make_helper(), make_helper()
        self.admin, self.manager = make_helper(Role.SYSTEM_ADMIN), make_helper(Role.MANAGER)


def beside_tickets(person: User) -> int | None:
    """Return the number that the navigation shows beside the tickets."""
    counted = open_counted(person)
    return counted if isinstance(counted, int) else db.session.scalar(select(counted))


@pytest.fixture
def house(session: Session) -> House:
    """The people of these tests."""
    return House()


def told(kind: str, ticket: Ticket) -> set[int]:
    """Return who was sent a mail of that kind about `ticket`."""
    rows = db.session.scalars(select(OutboxMessage).where(OutboxMessage.kind == kind))
    return {row.recipient_id for row in rows if row.arguments["ticket_id"] == ticket.id}


def test_check_and_filter_agree_in_worlds_of_any_shape(session: Session) -> None:
    chance = random.Random(20)
    agencies = [make_agency() for _ in range(3)]
    roles = (Role.END_USER, Role.AGENCY_LEAD, Role.SECURITY_OFFICER)
    people = [make_user(role, agency=agency) for agency in agencies for role in roles]
    people += [make_helper(role) for role in (Role.HELP_DESK, Role.SYSTEM_ADMIN, Role.MANAGER, Role.VIEWER)]
    helpers = [person for person in people if person.agency_id is None][:2]
    for _ in range(40):
        ticket = make_ticket(chance.choice(people[:9]))
        ticket.is_private = chance.random() < 0.5
        ticket.agency_id = chance.choice([None, *(agency.id for agency in agencies)])
        ticket.assignee = chance.choice([None, *helpers])
        for person in chance.sample(people, chance.randrange(3)):
            if person.may(Permission.ASK_FOR_HELP):
                sharing.join(ticket, person, why=Why.ADDED, by=SYSTEM)
    tickets = db.session.scalars(select(Ticket)).all()
    for person in people:
        by_filter = set(db.session.scalars(visible_to(person).with_only_columns(Ticket.id)))
        assert by_filter == {ticket.id for ticket in tickets if sees(person, ticket)}, person.roles
    assert {ticket.is_private for ticket in tickets} == {True, False}


def test_incident_is_seen_by_who_reported_it_and_by_security_officers_alone(house: House) -> None:
    ticket = make_ticket(house.user, kind=INCIDENT, subject="A printout was left behind")
    assert ticket.is_private
    everybody = [p for p in vars(house).values() if isinstance(p, User)]
    seers = {person.id for person in everybody if sees(person, ticket)}
    assert seers == {house.user.id, house.officer.id, house.manager.id}
    assert told("tickets.private", ticket) == {house.officer.id, house.manager.id}
    elsewhere = make_user(Role.SECURITY_OFFICER, agency=make_agency())
    assert not sees(elsewhere, ticket)


def test_private_ticket_is_in_no_list_search_count_or_export_of_others(house: House) -> None:
    ticket = make_ticket(house.user, kind=INCIDENT, subject="A printout was left behind")
    wanted = TicketFilter(view=View.ALL)
    for person in (house.helper, house.admin, house.lead, house.colleague):
        assert list_tickets(wanted, person).rows == []
        assert find_tickets("printout", person, 5) == []
        assert find_tickets(str(ticket.id), person, 5) == []
        assert (beside_tickets(person), count_tickets(wanted, person).number, sum(count_views(person).values())) == (
            0,
            0,
            0,
        )
        assert export_tickets(wanted, columns=(), topics={}, by=person)[1] == []
        assert list_requests(person, agency=True, only_open=False).rows == []
        assert emails.filed(to_id=person.id, ticket_id=ticket.id) is None
        with pytest.raises(NotFound):
            get_ticket(ticket.id, person)
    assert [row.id for row in list_tickets(wanted, house.manager).rows] == [ticket.id]
    assert [row.id for row in list_requests(house.officer, agency=True, only_open=True).rows] == [ticket.id]


@pytest.mark.parametrize("who", ["helper", "admin", "lead", "colleague"])
def test_nobody_acts_on_a_private_ticket_that_they_do_not_see(house: House, who: str) -> None:
    ticket, person = make_ticket(house.user, kind=INCIDENT), getattr(house, who)
    for verb in (
        lambda: operations.reply(ticket, body="Hello.", by=person),
        lambda: operations.write_note(ticket, body="Hello.", by=person),
        lambda: operations.assign(ticket, None, by=person),
        lambda: operations.resolve(ticket, by=person),
        lambda: sharing.add_participant(ticket, person, by=person),
        lambda: sharing.make_private(ticket, by=person),
    ):
        with pytest.raises(NotAllowed):
            verb()


def test_helper_who_is_given_a_private_ticket_works_on_it(house: House) -> None:
    ticket = make_ticket(house.user, kind=INCIDENT)
    operations.assign(ticket, house.helper, by=house.manager)
    assert operations.reply(ticket, body="We look into it.", by=house.helper).id
    assert not sees(house.other_helper, ticket)


def test_incident_is_seen_by_all_when_no_security_officer_is_there(session: Session) -> None:
    helper, user = make_helper(), make_user()
    ticket = make_ticket(user, kind=INCIDENT)
    assert not ticket.is_private
    assert sees(helper, ticket)
    with pytest.raises(InvalidState, match="no security officer"):
        sharing.make_private(ticket, by=helper)


def test_helper_who_makes_a_ticket_private_still_sees_it_and_only_an_officer_opens_it_up(house: House) -> None:
    ticket = make_ticket(house.user)
    sharing.make_private(ticket, by=house.helper)
    assert sees(house.helper, ticket)
    assert not sees(house.other_helper, ticket)
    with pytest.raises(InvalidState):
        sharing.make_private(ticket, by=house.helper)
    with pytest.raises(NotAllowed):
        sharing.open_up(ticket, by=house.helper)
    sharing.open_up(ticket, by=house.manager)
    assert sees(house.other_helper, ticket)
    with pytest.raises(InvalidState):
        sharing.open_up(ticket, by=house.manager)
    said = [line.before for line in timeline(ticket, team=True) if isinstance(line, Line)]
    assert said == ["made this private", "made this no longer private"]


def test_participant_sees_the_ticket_answers_and_is_told(house: House) -> None:
    ticket = make_ticket(house.user)
    assert not policies.may_reply(ticket, by=house.colleague)
    sharing.add_participant(ticket, house.colleague, by=house.user)
    assert get_ticket(ticket.id, house.colleague) is ticket
    assert [row.id for row in list_requests(house.colleague, only_open=True).rows] == [ticket.id]
    assert told("tickets.added", ticket) == {house.colleague.id}
    operations.reply(ticket, body="We look into it.", by=house.helper)
    assert told("tickets.replied", ticket) == {house.user.id, house.colleague.id}
    assert operations.reply(ticket, body="I have it, too.", by=house.colleague).voice == "requester"
    assert not policies.may_work(ticket, by=house.colleague)
    assert not policies.may_resolve(ticket, by=house.colleague)


def test_participant_is_there_once_and_can_leave(house: House) -> None:
    ticket = make_ticket(house.user)
    assert sharing.add_participant(ticket, house.user, by=house.user) is None
    assert sharing.add_participant(ticket, house.colleague, by=house.user) is not None
    assert sharing.add_participant(ticket, house.colleague, by=house.helper) is None
    sharing.remove_participant(ticket, house.colleague, by=house.colleague)
    assert participants_of(ticket) == []
    assert not sees(house.colleague, ticket)
    sharing.remove_participant(ticket, house.colleague, by=house.helper)
    sharing.add_participant(ticket, house.colleague, by=house.helper)
    mails = select(func.count(OutboxMessage.id)).where(OutboxMessage.kind == "tickets.added")
    assert db.session.scalar(mails) == 2, "each time they are told"


def test_requester_adds_colleagues_only_and_the_team_anybody(house: House) -> None:
    ticket, stranger = make_ticket(house.user), make_user()
    with pytest.raises(NotAllowed, match="colleagues of your agency"):
        sharing.add_participant(ticket, stranger, by=house.user)
    assert sharing.add_participant(ticket, stranger, by=house.helper)
    with pytest.raises(NotAllowed):
        sharing.add_participant(ticket, house.colleague, by=stranger)
    with pytest.raises(NotAllowed):
        sharing.remove_participant(ticket, stranger, by=house.user)
    gone = make_user(agency=house.agency, may_sign_in=False)
    with pytest.raises(DomainError, match="can't sign in"):
        sharing.add_participant(ticket, gone, by=house.user)


def test_who_wrote_a_call_down_goes_on_seeing_it(house: House) -> None:
    ticket = make_ticket(house.helper, requester=house.user, kind=INCIDENT)
    assert [(row.user_id, row.why) for row in participants_of(ticket)] == [(house.helper.id, Why.FILED)]
    assert sees(house.helper, ticket)


def test_readers_of_a_message_are_those_who_see_its_ticket(house: House) -> None:
    ticket = make_ticket(house.user, kind=INCIDENT)
    note = operations.write_note(ticket, body="For our eyes.", by=house.manager)
    first = db.session.scalars(select(TicketMessage.id).order_by(TicketMessage.id)).first()
    assert set(readers(first or 0)) == {house.user.id, house.officer.id, house.manager.id}
    assert readers(note.id) == [house.manager.id]


def test_message_of_a_merged_ticket_was_read_by_those_of_the_other_too(house: House) -> None:
    guest, target = make_user(), make_ticket(house.colleague)
    sharing.add_participant(target, guest, by=house.helper)
    ticket = make_ticket(house.user)
    first = db.session.scalars(select(TicketMessage.id).where(TicketMessage.ticket_id == ticket.id)).one()
    assert guest.id not in readers(first)
    merge(ticket, into=target, by=house.helper)
    assert {guest.id, house.colleague.id, house.user.id} <= set(readers(first))
    undo_merge(ticket, by=house.helper)
    assert guest.id in readers(first), "what was read stays read"


def test_people_are_added_and_taken_off_on_a_page(desk: Desk) -> None:
    with desk.work():
        house = House()
        ticket, stranger = make_ticket(house.user), make_user()
    visitor = desk.signed_in(house.user)
    page = visitor.get(f"/tickets/{ticket.id}")
    assert page.says("Taking part")
    assert page.link("Who sees this") == f"/tickets/{ticket.id}/people"
    page = visitor.post(f"/tickets/{ticket.id}/people", {"person": stranger.username}, status=422)
    assert page.says("nobody whom you could add")
    visitor.post(f"/tickets/{ticket.id}/people", {"person": house.colleague.username}, status=302)
    assert visitor.get(f"/tickets/{ticket.id}/people").says(house.colleague.name)
    colleague = desk.signed_in(house.colleague)
    assert colleague.get(f"/tickets/{ticket.id}").says("It ends in the middle.")
    left = colleague.post(f"/tickets/{ticket.id}/people/{house.colleague.id}/remove", status=302)
    assert left.goal == "/tickets/mine"
    colleague.get(f"/tickets/{ticket.id}", status=404)


def test_two_who_add_the_same_person_at_once_add_them_once(desk: Desk) -> None:
    with desk.work():
        helper, ticket, person = make_helper(), make_ticket(), make_user()

    held = Event()

    def add() -> None:
        ids = ((Ticket, ticket), (User, person), (User, helper))
        there, added, by = (db.session.get_one(kind, row.id) for kind, row in ids)
        sharing.add_participant(there, added, by=by)

    def first() -> None:
        add()
        held.set()
        time.sleep(0.5)  # the second has looked by then

    def second() -> None:
        assert held.wait(timeout=30)
        add()

    at_once(desk, first, second)
    with desk.look() as session:
        assert [row.user_id for row in session.scalars(select(TicketParticipant))] == [person.id]


def test_private_ticket_is_made_and_opened_on_a_page(desk: Desk) -> None:
    with desk.work():
        house = House()
        ticket = make_ticket(house.user)
    helper, manager = desk.signed_in(house.helper), desk.signed_in(house.manager)
    helper.post(f"/tickets/{ticket.id}/private", status=302)
    assert helper.get(f"/tickets/{ticket.id}").says("Only the people named on this ticket")
    desk.signed_in(house.other_helper).get(f"/tickets/{ticket.id}", status=404)
    manager.post(f"/tickets/{ticket.id}/open-up", status=302)
    desk.signed_in(house.other_helper).get(f"/tickets/{ticket.id}")


def test_lists_look_for_private_tickets_along_their_own_index(session: Session) -> None:
    helper = make_helper()
    chosen = visible_to(helper).with_only_columns(Ticket.id)
    words = str(chosen.compile(session.get_bind(), compile_kwargs={"literal_binds": True}))
    if session.get_bind().dialect.name == "postgresql":  # which reads a table without rows as a whole, else
        session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = session.execute(text(f"EXPLAIN {words}"))
    else:
        plan = session.execute(text(f"EXPLAIN QUERY PLAN {words}"))
    assert "ix_ticket_private" in str(plan.all())
