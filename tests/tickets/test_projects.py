"""A ticket that is larger than a ticket: an owner, a day, parts, and back again."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminops import clock
from adminops.errors import Invalid, InvalidState, NotAllowed, NotFound
from adminops.identity.models import User
from adminops.identity.permissions import Role
from adminops.outbox.models import OutboxMessage
from tests.api.asking import program_of
from tests.browsing import Desk
from tests.make import make_agency, make_user
from tests.make_tickets import make_helper, make_kind, make_ticket
from tickets import operations, relations
from tickets.goals.keeping import clocks_of
from tickets.language import parse
from tickets.models import Resolution, Ticket, TicketState, WaitingOn
from tickets.projects import operations as projects
from tickets.projects.jobs import take_up_finished, tell_of_days
from tickets.projects.models import TicketProject
from tickets.projects.queries import find_project, list_projects, office_day
from tickets.queries import TicketFilter, list_tickets

DAY = timedelta(days=1)
SSN = "Look up 219-09-9999"


def make_project(*parts: str, days: int = 30, **over: object) -> tuple[Ticket, User]:
    """Make a ticket of somebody a project of a helper, and return both."""
    helper = make_helper()
    ticket = make_ticket(**over)
    projects.promote(ticket, owner=helper, due_on=office_day() + days * DAY, parts=parts, by=helper)
    return ticket, helper


def parts_of(ticket: Ticket, session: Session) -> list[Ticket]:
    ids = relations.open_parts_of(ticket)
    return list(session.scalars(select(Ticket).where(Ticket.id.in_(ids)).order_by(Ticket.id)))


def test_a_ticket_becomes_a_project_that_waits_on_its_parts(session: Session) -> None:
    ticket, helper = make_project("Ask the agencies", "  Build the report ", "", "Ask the agencies")
    assert (ticket.state, ticket.waiting_on, ticket.assignee_id) == (TicketState.WAITING, WaitingOn.PROJECT, helper.id)
    assert ticket.due_at is None
    first, second = parts_of(ticket, session)
    assert [first.subject, second.subject] == ["Ask the agencies", "Build the report"]
    assert (first.requester_id, first.agency_id, first.assignee_id) == (helper.id, ticket.agency_id, None)
    assert (first.waiting_on, first.due_at, first.next_step_at) == (WaitingOn.PROJECT, None, None)
    found = list_tickets(TicketFilter(query=parse("is:project")), helper).rows
    assert [row.id for row in found] == [ticket.id]


def test_its_clock_rests_whatever_the_policy_says_and_goes_on_afterwards(session: Session) -> None:
    ticket, helper = make_project("Build the report")
    with clock.frozen_at(clock.now() + 20 * DAY):
        clocks, _ = clocks_of(ticket)
        assert (clocks.solution.runs, clocks.solution.due_at) == (False, None)
        projects.demote(ticket, by=helper)
        assert ticket.due_at is not None
        assert ticket.due_at > clock.now()
    assert session.scalar(select(TicketProject)) is None


def test_nobody_gets_a_mail_for_each_part(session: Session) -> None:
    ticket, _ = make_project("One", "Two", "Three")
    about = session.scalars(select(OutboxMessage.ticket_id).where(OutboxMessage.kind == "tickets.filed")).all()
    assert list(about) == [ticket.id]


def test_parts_of_a_private_ticket_are_private(session: Session) -> None:
    agency, officer = make_agency(), make_user(Role.MANAGER)
    ticket = make_ticket(agency=agency, kind=make_kind(private=True))
    assert ticket.is_private
    projects.promote(ticket, owner=officer, due_on=office_day(), parts=["Ask"], by=officer)
    assert [part.is_private for part in parts_of(ticket, session)] == [True]
    with pytest.raises(Invalid):
        projects.change_project(ticket, owner=make_helper(), due_on=office_day(), by=officer)


def test_a_plain_ticket_again_keeps_what_was_begun_and_calls_the_rest_off(session: Session) -> None:
    ticket, helper = make_project("Begun", "Talked about", "Not begun")
    begun, talked, idle = parts_of(ticket, session)
    operations.assign(begun, helper, by=helper)
    operations.write_note(talked, body="The vendor has a form for this.", by=helper)
    assert projects.demote(ticket, by=helper) == (1, 2)
    assert (ticket.state, ticket.waiting_on) == (TicketState.OPEN, None)
    assert (idle.state, idle.resolution) == (TicketState.RESOLVED, Resolution.NOT_NEEDED)
    assert relations.open_parts_of(ticket) == [begun.id, talked.id]
    with pytest.raises(NotFound):
        projects.demote(ticket, by=helper)
    projects.promote(ticket, owner=helper, due_on=office_day(), by=helper)
    assert find_project(ticket) is not None


def test_it_is_taken_up_when_all_parts_are_done_and_its_owner_hears(session: Session) -> None:
    ticket, helper = make_project("One", "Two")
    one, two = parts_of(ticket, session)
    take_up_finished()
    operations.resolve(one, by=helper)
    take_up_finished()
    assert ticket.waiting_on is WaitingOn.PROJECT
    operations.resolve(two, resolution=Resolution.NOT_POSSIBLE, by=helper)
    take_up_finished()
    take_up_finished()
    assert ticket.state is TicketState.OPEN
    mails = session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "tickets.project")).all()
    assert [mail.recipient_id for mail in mails] == [helper.id]


def test_its_owner_is_told_once_before_the_day_and_again_when_that_moves(session: Session) -> None:
    ticket, helper = make_project(days=30)

    def told() -> int:
        tell_of_days()
        kinds = session.scalars(select(OutboxMessage.id).where(OutboxMessage.kind == "tickets.project"))
        return len(kinds.all())

    assert told() == 0
    with clock.frozen_at(clock.now() + 25 * DAY):
        assert (told(), told()) == (1, 1)
        projects.change_project(ticket, owner=helper, due_on=office_day() + 3 * DAY, by=helper)
        assert told() == 2


def test_it_can_not_be_resolved_by_accident_while_parts_are_open(session: Session) -> None:
    ticket, helper = make_project("One")
    with pytest.raises(InvalidState):
        operations.resolve(ticket, by=helper)
    operations.resolve(ticket, despite_parts=True, by=helper)
    assert ticket.state is TicketState.RESOLVED


@pytest.mark.usefixtures("session")
def test_who_and_what_is_refused() -> None:
    ticket, helper = make_project("One")
    plan = {"owner": helper, "due_on": office_day()}
    with pytest.raises(InvalidState):
        projects.promote(ticket, **plan, by=helper)
    other = make_ticket()
    with pytest.raises(NotAllowed):
        projects.promote(other, **plan, by=other.requester)
    for wrong in (
        {"owner": make_user()},
        {"due_on": office_day() - DAY},
        {"due_on": date(2999, 1, 1)},
        {"parts": ["x" * 201]},
        {"parts": [str(n) for n in range(31)]},
        {"parts": [SSN]},
    ):
        with pytest.raises(Invalid):
            projects.promote(other, **{**plan, **wrong}, by=helper)
    with pytest.raises(InvalidState):
        operations.wait_on(make_ticket(), WaitingOn.PROJECT, by=helper)
    now = make_ticket(kind=make_kind(around_the_clock=True))
    with pytest.raises(InvalidState, match="never rests"):
        projects.promote(now, **plan, by=helper)
    done = make_ticket()
    operations.resolve(done, by=helper)
    with pytest.raises(InvalidState):
        projects.promote(done, **plan, by=helper)


def test_the_list_shows_those_one_sees_with_how_far_they_are(session: Session) -> None:
    late, helper = make_project("One", "Two", days=5)
    soon, _ = make_project(days=2)
    operations.resolve(parts_of(late, session)[0], by=helper)
    rows = list_projects(helper).rows
    assert [(row.ticket_id, row.done, row.parts, row.percent) for row in rows] == [
        (soon.id, 0, 0, 0),
        (late.id, 1, 2, 50),
    ]
    assert [row.is_late(office_day() + 3 * DAY) for row in rows] == [True, False]
    assert list_projects(make_user()).rows == []
    operations.resolve(soon, by=helper)
    assert [row.ticket_id for row in list_projects(helper, done=True).rows] == [soon.id]


def test_the_pages_make_a_project_and_take_it_back(desk: Desk) -> None:
    with desk.work():
        helper, person = make_helper(), make_user()
        number = make_ticket(by=person, kind=make_kind(key="merge_clients", checklist=("Compare", "Merge"))).id
    browser, path = desk.signed_in(helper), f"/tickets/{number}"
    assert browser.get(path).link("Make it a project") == f"{path}/project"
    due = (clock.now() + 40 * DAY).date()
    sent = {"owner": str(helper.id), "due_on": due.isoformat(), "parts": f"Ask\n{SSN}", "message": "By spring."}
    refused = browser.post(f"{path}/project", sent, status=422)
    assert refused.says("What should not be sent")
    assert browser.post(f"{path}/project", {**sent, "parts": "Ask\nBuild"}, status=302).goal.endswith("#project")
    page = browser.get(path)
    assert page.says("0 of 2 parts")
    assert page.says("By spring.")
    assert browser.get("/tickets/projects").says("0 of 2 parts")
    theirs = desk.signed_in(person).get(path)
    assert theirs.says("answers for it")
    assert not theirs.says("Plain ticket")
    later = (clock.now() + 50 * DAY).date().isoformat()
    browser.post(f"{path}/project/plan", {"owner": str(helper.id), "due_on": later}, status=302)
    browser.post(f"{path}/project/plan", {"owner": str(helper.id), "due_on": "1999-01-01"}, status=422)
    browser.post(f"{path}/project/parts", {"parts": "Tell everybody"}, status=302)
    browser.post(f"{path}/project/parts", {"parts": SSN}, status=422)
    assert browser.get(path).says("0 of 3 parts")
    assert browser.get(f"{path}/project/end").says("Of its 3 parts")
    browser.post(f"{path}/project/end", {}, status=302)
    assert browser.get(path).link("Make it a project")
    browser.get(f"{path}/project/end", status=404)
    desk.signed_in(person).get(f"{path}/project", status=403)


def test_a_program_keeps_projects(desk: Desk) -> None:
    with desk.work():
        helper, number = make_helper(), make_ticket().id
    program, path = program_of(desk, helper), f"/tickets/{number}/project"
    due = (clock.now() + 40 * DAY).date().isoformat()
    plan = {"owner_id": helper.id, "due_on": due}
    program.ask("GET", path, status=404)
    assert program.ask("POST", path, {**plan, "parts": ["Ask", "Build"]})["waiting_on"] == "project"
    shown = program.ask("GET", path)
    assert (shown["owner_id"], shown["due_on"], shown["parts"], shown["done"]) == (helper.id, due, 2, 0)
    program.ask("POST", f"{path}/parts", {"parts": ["Tell"]})
    (row,) = program.ask("GET", "/projects")["projects"]
    assert (row["ticket_id"], row["parts"]) == (number, 3)
    assert program.ask("GET", "/projects?show=done")["projects"] == []
    program.ask("PUT", path, {**plan, "owner_id": 10_000}, status=422)
    assert program.ask("POST", f"{path}/parts", {"parts": [SSN]}, status=422)["errors"][0]["field"] == "parts"
    assert program.ask("DELETE", path)["state"] == "open"
