"""The help desk in a real browser: accessible, silent, as wide as its window, and quick under the hands."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from adminops.identity.models import User
from adminops.identity.permissions import Role
from tests.browsing import Desk
from tests.make import make_agency, make_user
from tests.make_tickets import make_helper, make_kind, make_ticket
from tests.services.browser import assert_no_sideways_scrolling, assert_usable_by_all
from tests.services.plugin import OpenPage
from tests.services.web import serving
from tickets import linking, operations
from tickets.models import Then, Ticket, TicketMessage, TicketState

SignIn = Callable[..., Page]


@pytest.fixture
def address(sqlite_desk: Desk) -> Iterator[str]:
    with serving(sqlite_desk.app) as running:
        yield running


@pytest.fixture
def sign_in(sqlite_desk: Desk, address: str, open_page: OpenPage) -> SignIn:
    """Return a function that opens a window in which a person is signed in."""

    def opened(user: User, **wishes: object) -> Page:
        cookie = sqlite_desk.signed_in(user).client.get_cookie("adminops")
        assert cookie is not None
        page = open_page(address, **wishes)
        page.context.add_cookies([{"name": "adminops", "value": cookie.value, "url": address}])
        return page

    return opened


@pytest.fixture
def ticket(sqlite_desk: Desk) -> Ticket:
    """A ticket with a conversation in all voices."""
    with sqlite_desk.work():
        agency = make_agency(name="Lakeview Supportive Housing")
        person, helper = (
            make_user(Role.AGENCY_LEAD, agency=agency, name="Alicia Kowalski"),
            make_helper(name="Tomás Lindqvist"),
        )
        kind = make_kind(key="wrong_number", priority="high", target_hours=3)
        ticket = make_ticket(
            person, kind=kind, subject="Report export stops at 10,000 rows", answers={"report": "Services, October"}
        )
        operations.assign(ticket, helper, by=helper)
        linking.link(ticket, make_ticket(person, subject="Printer is cut off").ref, by=helper)
        operations.write_note(ticket, body="Looks like the limit.", by=helper)
        operations.reply(ticket, body="Which report is it?", then=Then.WAIT, by=helper)
        operations.reply(ticket, body="The service report.", by=person)
        return ticket


def people(desk: Desk) -> dict[str, User]:
    """Return everybody by first name."""
    with desk.look() as session:
        return {user.name.partition(" ")[0]: user for user in session.scalars(select(User))}


@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("Tomás", "/tickets"),
        ("Tomás", "/tickets?q=nothing-like-it"),
        ("Tomás", "/tickets/1"),
        ("Tomás", "/tickets/1/links/new"),
        ("Tomás", "/help/new/wrong_number"),
        ("Alicia", "/help"),
        ("Alicia", "/help/new"),
        ("Alicia", "/help/new/new_account"),
        ("Alicia", "/tickets/mine?show=agency"),
        ("Alicia", "/tickets/1"),
    ],
)
def test_pages_have_no_accessibility_faults_at_any_width(
    sqlite_desk: Desk, ticket: Ticket, sign_in: SignIn, who: str, path: str
) -> None:
    page = sign_in(people(sqlite_desk)[who])
    page.goto(path)
    assert_usable_by_all(page)
    assert page.evaluate("document.querySelectorAll('*').length") <= 1200
    for width in (1000, 320):
        page.set_viewport_size({"width": width, "height": 800})
        assert_no_sideways_scrolling(page)


def test_property_saves_by_itself_and_a_reply_in_the_making_stays(
    sqlite_desk: Desk, ticket: Ticket, sign_in: SignIn
) -> None:
    page = sign_in(people(sqlite_desk)["Tomás"])
    page.goto(f"/tickets/{ticket.id}")
    page.get_by_label("Message", exact=True).fill("Half a sentence")
    status = page.get_by_label("Status")
    status.focus()
    status.select_option("waiting:vendor")
    expect(page.locator("#live")).to_have_text("Saved")
    expect(page.locator("#details .saved").last).to_contain_text("Saved")
    expect(page.locator("#page-meta")).to_contain_text("Waiting on vendor")
    expect(page.locator("#timeline")).to_contain_text("changed the status to Waiting on vendor")
    expect(page.get_by_label("Message", exact=True)).to_have_value("Half a sentence")
    expect(status).to_be_focused()
    page.get_by_label("Priority").select_option("low")
    expect(page.locator("#page-meta")).to_contain_text("Low")
    with sqlite_desk.look() as session:
        stored = session.get_one(Ticket, ticket.id)
        assert (stored.state, stored.priority.value) == (TicketState.WAITING, "low")


def test_properties_are_saved_by_a_button_without_a_script(sqlite_desk: Desk, ticket: Ticket, sign_in: SignIn) -> None:
    page = sign_in(people(sqlite_desk)["Tomás"], javascript=False)
    page.goto(f"/tickets/{ticket.id}")
    page.get_by_label("Assigned to").select_option("")
    page.get_by_label("Status").select_option("resolved")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#page-meta")).to_contain_text("Resolved")


def test_reply_is_sent_once_however_often_one_clicks(sqlite_desk: Desk, ticket: Ticket, sign_in: SignIn) -> None:
    page = sign_in(people(sqlite_desk)["Tomás"])
    page.goto(f"/tickets/{ticket.id}")
    page.keyboard.press("r")
    expect(page.get_by_label("Message", exact=True)).to_be_focused()
    page.keyboard.type("The limit is lifted.")
    page.get_by_role("button", name="Send reply").dblclick()
    expect(page.locator("#timeline")).to_contain_text("The limit is lifted.")
    with sqlite_desk.look() as session:
        written = select(func.count(TicketMessage.id)).where(TicketMessage.body == "The limit is lifted.")
        assert session.scalar(written) == 1


def test_stopped_text_is_still_in_its_field(sqlite_desk: Desk, ticket: Ticket, sign_in: SignIn) -> None:
    page = sign_in(people(sqlite_desk)["Alicia"])
    page.goto(f"/tickets/{ticket.id}")
    page.get_by_label("Message", exact=True).fill("It is 219-09-9999.")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_contain_text("This seems to hold a Social Security number.")
    expect(page.get_by_label("Message", exact=True)).to_have_value("It is 219-09-9999.")


def test_list_answers_while_one_types_and_by_keys(sqlite_desk: Desk, ticket: Ticket, sign_in: SignIn) -> None:
    page = sign_in(people(sqlite_desk)["Tomás"])
    page.goto("/tickets")
    expect(page.locator("[data-row]")).to_have_count(2)
    page.get_by_label("Find in this view").fill("export")
    expect(page.locator("[data-row]")).to_have_count(1)
    expect(page.locator("#live")).to_have_text("1 ticket for “export”")
    assert "q=export" in page.url
    assert "status=" not in page.url
    expect(page.get_by_label("Find in this view")).to_be_focused()
    page.get_by_role("combobox", name="Status").select_option("closed")
    expect(page.get_by_text("No tickets match")).to_be_visible()
    page.evaluate("history.back()")  # the page of before comes anew, so that nothing of it lies in the browser
    expect(page.locator("[data-row]")).to_have_count(1)
    page.evaluate("history.back()")
    expect(page.locator("[data-row]")).to_have_count(2)
    page.wait_for_load_state()  # its scripts too: keys that are pressed before them go nowhere
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/tickets/\d+$"))


def test_tickets_are_selected_on_a_phone(ticket: Ticket, sign_in: SignIn, sqlite_desk: Desk) -> None:
    with sqlite_desk.look() as session:
        helper = session.get_one(User, ticket.assignee_id)
    page = sign_in(helper, size="phone")
    page.goto("/tickets")
    box = page.get_by_label(f"Select ticket {ticket.id}")
    box.click()
    page.get_by_role("button", name="Change selected").click()
    expect(page.get_by_role("heading", name="Change 1 ticket")).to_be_visible()


def test_person_is_suggested_while_one_types(sqlite_desk: Desk, ticket: Ticket, sign_in: SignIn) -> None:
    page = sign_in(people(sqlite_desk)["Tomás"])
    page.goto("/help/new/wrong_number")
    page.get_by_label("On behalf of").fill("alicia")
    expect(page.locator("#suggested-people option")).to_have_count(1)


def test_draft_keeps_itself_and_a_question_follows_its_answer(sqlite_desk: Desk, sign_in: SignIn) -> None:
    with sqlite_desk.work():
        user = make_user()
    page = sign_in(user)
    page.goto("/help/new/training_session")
    expect(page.get_by_label("For how many people?")).to_be_hidden()
    page.get_by_label("What do you need?").select_option("class")
    expect(page.get_by_label("For how many people?")).to_be_visible()
    page.get_by_label("Your request in a few words").fill("Half a sentence")
    expect(page.locator("#draft-state")).to_contain_text("Draft kept")
    page.goto("/help/new/training_session")
    expect(page.get_by_label("Your request in a few words")).to_have_value("Half a sentence")
    expect(page.get_by_label("For how many people?")).to_be_visible()
