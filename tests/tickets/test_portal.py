"""What people meet who need help: the first page, the forms of requests, their own requests."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select

from adminops import clock
from adminops.feature import RequestType
from adminops.identity.models import User
from adminops.identity.permissions import Role
from adminops.web.navigation import Registry
from tests.browsing import Desk, Page, Visitor
from tests.make import make_agency, make_user
from tests.make_tickets import make_helper, make_ticket
from tickets import operations
from tickets.models import Then, Ticket, TicketMessage

REQUEST = {
    "subject": "Report stops at 10,000 rows",
    "body": "It ends in the middle.",
    "report": "Services, October",
    "expected": "All rows",
    "nonce": "form-1",
}


def person_of(desk: Desk, role: Role = Role.END_USER, **over: Any) -> tuple[User, Visitor]:
    """Return a person and their browser."""
    with desk.work():
        user = make_user(role, **over)
    return user, desk.signed_in(user)


def tickets(desk: Desk) -> list[Ticket]:
    """Return all tickets, in order."""
    with desk.look() as session:
        return list(session.scalars(select(Ticket).order_by(Ticket.id)))


def nonce_of(page: Page) -> str:
    """Return the number of the page's form."""
    found = re.search(r'name="nonce"[^>]* value="([^"]+)"', page.html)
    assert found
    return found[1]


# The first page


def test_person_starts_at_the_help_page_and_the_team_does_not(desk: Desk) -> None:
    _, visitor = person_of(desk, name="Alicia Kowalski")
    page = visitor.get("/", follow=True)
    assert page.heading == "Hi Alicia, what do you need help with?"
    assert page.link("A number looks wrong") == "/help/new/wrong_number"
    assert page.link("Write to us in your own words") == "/help/new/something_else"
    _, helper = person_of(desk, Role.HELP_DESK)
    assert "/help" not in helper.get("/", status=302).goal


def test_first_page_shows_open_requests_and_where_they_stand(desk: Desk) -> None:
    with desk.work():
        user, helper = make_user(), make_helper()
        waiting, done = make_ticket(user, subject="Printer is cut off"), make_ticket(user, subject="Long done")
        make_ticket(subject="Of somebody else")
        operations.reply(waiting, body="Which printer?", then=Then.WAIT, by=helper)
        operations.resolve(done, by=helper)
    page = desk.signed_in(user).get("/help")
    assert page.says("Printer is cut off")
    assert page.says("Waiting on you")
    assert not page.says("Long done")
    assert not page.says("Of somebody else")


def test_first_page_offers_at_most_six_choices_and_the_way_to_all(desk: Desk) -> None:
    _, visitor = person_of(desk, Role.AGENCY_LEAD)
    first, everything = visitor.get("/help"), visitor.get("/help/new")
    assert len(set(re.findall(r'href="(/[^"]+)"><svg[^>]*><use[^>]*/></svg><span><strong>', first.html))) <= 6
    for title in ("A number looks wrong", "Correct data that I can't change", "Something else"):
        assert everything.says(title), title


def test_pages_of_the_portal_cost_few_statements(desk: Desk, counted: Callable[[], int]) -> None:
    with desk.work():
        agency = make_agency()
        lead, user = make_user(Role.AGENCY_LEAD, agency=agency), make_user(agency=agency)
        for _ in range(30):
            make_ticket(user)
    visitor = desk.signed_in(lead)
    for url in ("/help", "/help/new", "/help/new/wrong_number", "/tickets/mine", "/tickets/mine?show=agency"):
        counted()
        visitor.get(url)
        assert counted() <= 12, url


# Asking


def test_request_is_filed_with_its_answers(desk: Desk) -> None:
    user, visitor = person_of(desk)
    page = visitor.get("/help/new/wrong_number")
    assert page.says("no names, birth dates or SSNs")
    answer = visitor.post("/help/new/wrong_number", {**REQUEST, "nonce": nonce_of(page)})
    (ticket,) = tickets(desk)
    assert answer.goal == f"/tickets/{ticket.id}"
    assert ticket.answers == {"report": "Services, October", "expected": "All rows"}
    assert (ticket.requester_id, ticket.request_type) == (user.id, "wrong_number")
    shown = visitor.get(answer.goal)
    for words in ("Report or page", "Services, October", "It ends in the middle."):
        assert shown.says(words), words


def test_same_form_sent_twice_is_one_request(desk: Desk) -> None:
    _, visitor = person_of(desk)
    first = visitor.post("/help/new/wrong_number", REQUEST)
    assert visitor.post("/help/new/wrong_number", REQUEST).goal == first.goal
    assert len(tickets(desk)) == 1


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        ({"subject": ""}, "Say in a few words what it is about."),
        ({"subject": "   "}, "Say in a few words what it is about."),
        ({"subject": "x" * 201}, "200"),
        ({"body": ""}, "Tell us what happened or what you need."),
        ({"body": "x" * 20_001}, "20000"),
        ({"report": ""}, "Say which report it is."),
        ({"subject": "SSN 219-09-9999"}, "This seems to hold a Social Security number."),
        ({"body": "Her DOB is 3/17/1984."}, "This seems to hold a birth date."),
        ({"expected": "Client 219-09-9999"}, "This seems to hold a Social Security number."),
    ],
)
def test_missing_or_hostile_fields_are_refused_and_nothing_typed_is_lost(
    desk: Desk, over: dict[str, str], sentence: str
) -> None:
    _, visitor = person_of(desk)
    page = visitor.post("/help/new/wrong_number", {**REQUEST, **over}, status=422)
    assert page.says(sentence)
    assert "It ends in the middle." in page.html or "body" in over
    assert "Services, October" in page.html or "report" in over
    assert "confirmed_clean" not in page.html
    assert tickets(desk) == []


def test_markup_in_a_request_stays_text(desk: Desk) -> None:
    _, visitor = person_of(desk)
    data = {**REQUEST, "subject": "<script>alert(1)</script>", "body": "<b>bold</b>\n\n{{ 7*7 }}"}
    page = visitor.post("/help/new/wrong_number", data, follow=True)
    assert "<script>alert" not in page.html
    assert page.says("<b>bold</b>")
    assert page.says("{{ 7*7 }}")


def test_team_files_for_a_person_and_may_say_that_a_text_is_clean(desk: Desk) -> None:
    with desk.work():
        person, agency = make_user(username="akowalski"), make_agency()
    _, helper = person_of(desk, Role.HELP_DESK)
    data = {**REQUEST, "body": "Grant code 219-09-9999", "on_behalf_of": "AKowalski", "about_agency": str(agency.id)}
    page = helper.post("/help/new/wrong_number", data, status=422)
    assert page.says("I looked again")
    helper.post("/help/new/wrong_number", {**data, "confirmed_clean": "y"})
    (ticket,) = tickets(desk)
    assert (ticket.requester_id, ticket.agency_id) == (person.id, agency.id)


@pytest.mark.parametrize(
    "over",
    [{"on_behalf_of": "nobody-here"}, {"about_agency": "999"}, {"about_agency": "x"}, {"on_behalf_of": "x" * 300}],
)
def test_unknown_person_or_agency_is_refused_at_the_field(desk: Desk, over: dict[str, str]) -> None:
    _, helper = person_of(desk, Role.HELP_DESK)
    helper.post("/help/new/wrong_number", {**REQUEST, **over}, status=422)
    assert tickets(desk) == []


def test_two_people_with_one_address_are_told_apart_by_user_name(desk: Desk) -> None:
    with desk.work():
        make_user(email="front.desk@example.org")
        make_user(email="front.desk@example.org")
        make_user(email="alone@example.org")
    _, helper = person_of(desk, Role.HELP_DESK)
    page = helper.post("/help/new/wrong_number", {**REQUEST, "on_behalf_of": "front.desk@example.org"}, status=422)
    assert page.says("Try the user name.")
    helper.post("/help/new/wrong_number", {**REQUEST, "on_behalf_of": "alone@example.org"})


def test_person_can_not_file_for_another_by_sending_more_fields(desk: Desk) -> None:
    with desk.work():
        other = make_user(username="other", agency=make_agency())
    user, visitor = person_of(desk)
    data = {**REQUEST, "on_behalf_of": "other", "about_agency": str(other.agency_id), "requester": str(other.id)}
    visitor.post("/help/new/wrong_number", data)
    (ticket,) = tickets(desk)
    assert (ticket.requester_id, ticket.agency_id) == (user.id, user.agency_id)


def test_people_are_suggested_to_the_team(desk: Desk) -> None:
    with desk.work():
        make_user(name="Keiko Nguyen", username="knguyen", agency=make_agency(name="Northside Family Center"))
    _, helper = person_of(desk, Role.HELP_DESK)
    page = helper.get("/help/people?on_behalf_of=keiko")
    assert 'value="knguyen"' in page.html
    assert page.says("Northside Family Center")
    assert not helper.get("/help/people?on_behalf_of=k").says("Keiko")


def kinds(desk: Desk) -> list[RequestType]:
    """Return every request type of the app."""
    registry: Registry = desk.app.extensions["features"]
    return [kind for feature in registry.features for kind in feature.request_types]


@pytest.mark.parametrize("role", [Role.END_USER, Role.AGENCY_LEAD, Role.HELP_DESK, Role.SYSTEM_ADMIN])
def test_every_request_type_has_a_form_for_who_may_ask_and_for_nobody_else(desk: Desk, role: Role) -> None:
    user, visitor = person_of(desk, role)
    for kind in kinds(desk):
        may_ask = kind.audience is None or user.may(kind.audience) or role is Role.HELP_DESK
        offered = may_ask or (kind.through_lead and user.agency_id is not None)
        if kind.start:
            visitor.get(f"/help/new/{kind.key}", status=302 if offered else 404)
        else:
            visitor.get(f"/help/new/{kind.key}", status=200 if offered else 404)
            if offered:
                visitor.post(f"/help/new/{kind.key}", {}, status=422)
    assert tickets(desk) == []


def test_help_desk_takes_down_for_a_lead_what_it_may_not_ask_for_itself(desk: Desk) -> None:
    kind = next(kind for kind in kinds(desk) if kind.key == "close_program")
    with desk.work():
        lead, user = make_user(Role.AGENCY_LEAD), make_user()
    _, helper = person_of(desk, Role.HELP_DESK)
    data = {"subject": "The shelter closes", "body": "The grant ends.", "program": "other", "on": "2026-12-31"}
    data |= {"why": "The grant ends", "still_in": "0", "moving": "no"}
    for name, sentence in (("", "Your role does not include asking for this."), (user.username, "has no lead")):
        page = helper.post(f"/help/new/{kind.key}", {**data, "on_behalf_of": name}, status=422)
        assert page.says(sentence)
    helper.post(f"/help/new/{kind.key}", {**data, "on_behalf_of": lead.username})
    assert [ticket.requester_id for ticket in tickets(desk)] == [lead.id]


def test_two_clicks_at_the_same_moment_file_one_request(desk: Desk) -> None:
    user, first = person_of(desk)
    visitors, gate = [first, desk.signed_in(user)], Barrier(2)

    def click(visitor: Visitor) -> str:
        gate.wait(timeout=30)
        return visitor.post("/help/new/wrong_number", REQUEST).goal

    with ThreadPoolExecutor(max_workers=2) as clicks:
        goals = set(clicks.map(click, visitors))
    assert goals == {f"/tickets/{ticket.id}" for ticket in tickets(desk)}
    assert len(goals) == 1


def test_unknown_request_type_is_not_there(desk: Desk) -> None:
    _, visitor = person_of(desk)
    visitor.get("/help/new/nonsense", status=404)
    visitor.post("/help/new/nonsense", REQUEST, status=404)


# One's own requests


def test_requests_are_ones_own_and_the_leads_agency(desk: Desk) -> None:
    with desk.work():
        agency = make_agency()
        user, lead = make_user(agency=agency), make_user(Role.AGENCY_LEAD, agency=agency)
        make_ticket(user, subject="Printer is cut off")
        operations.resolve(make_ticket(user, subject="Long done"), by=user)
        make_ticket(subject="Of another agency")
    visitor = desk.signed_in(user)
    assert visitor.get("/tickets/mine").says("Printer is cut off")
    assert not visitor.get("/tickets/mine").says("Long done")
    assert visitor.get("/tickets/mine?show=all").says("Long done")
    assert not visitor.get("/tickets/mine?show=agency").says("My agency")
    leads = desk.signed_in(lead)
    assert leads.get("/tickets/mine").says("Nothing is open")
    page = leads.get("/tickets/mine?show=agency")
    assert page.says("Printer is cut off")
    assert not page.says("Of another agency")
    assert leads.get("/tickets/mine?show=nonsense&after=x").says("Nothing is open")


def test_requester_answers_and_is_told_when_it_is_over(desk: Desk) -> None:
    with desk.work():
        user, helper = make_user(), make_helper()
        ticket = make_ticket(user)
    visitor = desk.signed_in(user)
    visitor.post(f"/tickets/{ticket.id}/messages", {"body": "One more thing.", "nonce": "a"})
    with desk.work() as session:
        ticket = session.get_one(Ticket, ticket.id)
        operations.resolve(ticket, by=helper)
        ticket.resolved_at = clock.now() - timedelta(days=15)
        operations.close(ticket, by=helper)
        assert session.scalars(select(TicketMessage.body).order_by(TicketMessage.id)).all()[-1] == "One more thing."
    assert visitor.get(f"/tickets/{ticket.id}").says("This request is over.")
    page = visitor.post(f"/tickets/{ticket.id}/messages", {"body": "And another.", "nonce": "b"}, status=422)
    assert page.says("Please ask again: the new request names this one.")


def test_request_is_found_by_the_search_box_of_those_who_may_see_it(desk: Desk) -> None:
    with desk.work():
        user, stranger = make_user(), make_user()
        ticket = make_ticket(user, subject="Printer is cut off")
    for words in ("printer", str(ticket.id)):
        assert desk.signed_in(user).get(f"/search?q={words}").says("Printer is cut off")
        assert not desk.signed_in(stranger).get(f"/search?q={words}").says("Printer is cut off")
