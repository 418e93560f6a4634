"""What the writer of a message sees when the guard has found something, and what one click does."""

from datetime import date

from sqlalchemy import select

from adminops.db import db
from adminops.hmis.persons import found_person
from adminops.identity.models import AgencyOrganization, User
from adminops.identity.permissions import Role
from tests.browsing import Desk
from tests.make import make_agency, make_user
from tests.make_dedupe import make_client, make_project, make_source, make_stay
from tests.make_tickets import make_ticket
from tickets.models import Ticket, TicketMessage

TEXT = "Zoe Quintavera is in twice,\nher number is 904-555-0133. Thank you."


def filed(desk: Desk) -> Ticket:
    """A ticket of an agency whose client 48213 is Zoe Quintavera."""
    with desk.work():
        source = make_source()
        project, agency = make_project(source), make_agency()
        db.session.add(
            AgencyOrganization(agency_id=agency.id, source_id=source.id, organization_id=project.organization_id)
        )
        client = make_client(source, "48213", first_name="Zoe", last_name="Quintavera", dob=date(1984, 3, 17))
        found_person(client)
        make_stay(client, project)
        return make_ticket(make_user(agency=agency))


def last_message(desk: Desk) -> str:
    with desk.look() as session:
        return session.scalars(select(TicketMessage.body).order_by(TicketMessage.id.desc())).first() or ""


def test_findings_are_marked_in_the_writers_own_text_with_phrases_and_what_to_write_instead(desk: Desk) -> None:
    ticket = filed(desk)
    page = desk.signed_in(ticket.requester).post(f"/tickets/{ticket.id}/messages", {"body": TEXT}, status=422)
    assert "<mark>Zoe Quintavera</mark>" in page.html
    assert "<mark>904-555-0133</mark>" in page.html
    assert page.says("Write “client 48213” instead")
    assert page.says("The last name of the newer record is right.")
    assert not page.says("The older DOB is right.")
    assert "confirmed_clean" not in page.html


def test_one_click_writes_the_clients_id_and_sends_nothing_yet(desk: Desk) -> None:
    ticket = filed(desk)
    url, person = f"/tickets/{ticket.id}/messages", desk.signed_in(ticket.requester)
    page = person.post(url, {"body": TEXT, "replace": "body:0-14"}, status=200)
    assert "client 48213 is in twice," in page.html
    assert "<mark>904-555-0133</mark>" in page.html
    assert last_message(desk) != TEXT
    clean = person.post(url, {"body": TEXT, "replace": "all"}, status=200)
    assert "client 48213 is in twice,\nher number is [phone left out]. Thank you." in clean.html
    assert clean.says("It is taken out. Read it once more, then send it.")
    assert "<mark>" not in clean.html
    person.post(url, {"body": "client 48213 is in twice,\nher number is [phone left out]. Thank you."})
    assert "client 48213" in last_message(desk)


def test_a_place_that_nobody_can_read_replaces_nothing(desk: Desk) -> None:
    ticket = filed(desk)
    url, person = f"/tickets/{ticket.id}/messages", desk.signed_in(ticket.requester)
    page = person.post(url, {"body": TEXT, "replace": "body:7-x"}, status=200)
    assert "Zoe Quintavera" in page.html
    person.post(url, {"body": TEXT, "replace": "x" * 200}, status=422)


def test_a_new_request_is_marked_in_every_field_and_the_team_may_say_that_it_is_none(desk: Desk) -> None:
    ticket = filed(desk)
    with desk.work():
        helper: User = make_user(Role.HELP_DESK)
    team = desk.signed_in(helper)
    data = {"subject": "Zoe Quintavera", "body": TEXT, "about_agency": str(ticket.agency_id)}
    page = team.post("/help/new/something_else", data, status=422)
    assert page.html.count("<mark>Zoe Quintavera</mark>") == 2
    clean = team.post("/help/new/something_else", {**data, "replace": "all"}, status=200)
    assert 'value="client 48213"' in clean.html
    team.post("/help/new/something_else", {**data, "confirmed_clean": "y"})
    assert last_message(desk) == TEXT
