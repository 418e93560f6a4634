"""Looking clients up in a real browser, by each kind of thing one may type; the page of a client; the vendor's list."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from adminops.hmis import merging
from adminops.hmis.persons import found_person
from adminops.identity.models import User
from tests.browsing import Desk
from tests.make import make_admin
from tests.make_dedupe import make_client, make_exit, make_project, make_service, make_source, make_stay
from tests.services.browser import assert_usable_by_all
from tests.services.web import serving

OpenPage = Callable[..., Page]
BOX = "Name, client ID, birth date or SSN"


def _fill(desk: Desk) -> User:
    """Robert Núñez, who overlaps himself in two shelters, with a child; thirty others of his name; one merge."""
    with desk.work():
        source = make_source("North")
        robert = make_client(source, "48213", first_name="Robert", last_name="Núñez", ssn="219450817")
        child = make_client(source, "51907", first_name="Ana", last_name="Núñez", dob=date(2015, 3, 2))
        shelter, housing = (make_project(source, project_type=kind) for kind in (0, 3))
        stay = make_stay(robert, shelter, entry=date(2025, 3, 1), household_id="H")
        make_service(stay, date(2025, 4, 1))
        make_exit(stay, date(2026, 2, 1))
        make_stay(child, shelter, entry=date(2025, 3, 1), household_id="H", relationship_to_hoh=2)
        make_stay(robert, housing, entry=date(2025, 12, 1), move_in_date=date(2025, 12, 20))
        for number in range(30):
            found_person(make_client(source, f"M{number}", first_name=f"Maria{number}", dob=date(1990, 1, 1)))
        retired = make_client(source, "60001", first_name="Bob", last_name="Nunez")
        merging.merge_clients(retired, robert, {"name": "source"}, by_id=None)
        return make_admin()


@pytest.fixture
def room(sqlite_desk: Desk, open_page: OpenPage) -> Iterator[Callable[..., Page]]:
    """Open a path in a window of its own, signed in as an administrator."""
    cookie = sqlite_desk.signed_in(_fill(sqlite_desk)).client.get_cookie("adminops")
    assert cookie is not None
    with serving(sqlite_desk.app) as url:

        def at(path: str, **wishes: Any) -> Page:
            page = open_page(url, **wishes)
            page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": url}])
            page.goto(path)
            return page

        yield at


@pytest.mark.parametrize(
    "typed",
    ["48213", "nunez, robert", "Bob Núñez", "robert nu", "5/17/1985", "219-45-0817", "219450817", "Nunez 1985-05-17"],
)
def test_a_client_is_found_by_whatever_is_typed(room: Callable[..., Page], typed: str) -> None:
    page = room("/clients")
    page.get_by_label(BOX).fill(typed)
    page.keyboard.press("Enter")
    hit = page.get_by_role("link", name=re.compile("Robert Núñez"))
    expect(hit).to_be_visible()
    assert typed not in page.url
    hit.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bob Nunez")


def test_the_fields_of_their_own_find_too_without_a_script(room: Callable[..., Page]) -> None:
    page = room("/clients", javascript=False)
    page.get_by_text("Look for an SSN").click()
    page.locator("#ssn").fill("219 45 0817")
    page.get_by_role("button", name="Look for the SSN").click()
    expect(page.get_by_role("heading", name="With the SSN •••-••-0817")).to_be_visible()
    assert not re.search(r"219[ -]?45", page.content())
    page.get_by_text("Narrow a name by birth date").click()
    page.get_by_label(re.compile("^Birth date")).fill("3/2/2015")
    page.get_by_label(BOX).fill("nunez")
    page.get_by_role("button", name="Look up").click()
    expect(page.get_by_role("row")).to_have_count(2)
    expect(page.get_by_role("link", name="Ana Núñez")).to_be_visible()


def test_the_next_page_and_a_mistake(room: Callable[..., Page]) -> None:
    page = room("/clients")
    page.get_by_label(BOX).fill("maria")
    page.keyboard.press("Enter")
    expect(page.get_by_role("row")).to_have_count(26)
    page.get_by_role("button", name="Next page").click()
    expect(page.get_by_role("row")).to_have_count(6)
    page.get_by_label(BOX).fill("")
    page.get_by_role("button", name="Look up").click()
    expect(page.get_by_role("alert")).to_contain_text("Type a name, a client ID or a birth date.")


def test_every_page_is_accessible_and_fits(room: Callable[..., Page]) -> None:
    page = room("/clients")
    assert_usable_by_all(page)
    page.get_by_label(BOX).fill("bob")
    page.keyboard.press("Enter")
    page.get_by_text("Found by a nickname").first.wait_for()
    assert_usable_by_all(page)
    page.get_by_role("link", name=re.compile("Robert Núñez")).click()
    expect(page.get_by_text("overlaps").first).to_be_visible()
    assert_usable_by_all(page)
    for path in ("/duplicates/vendor", "/duplicates/vendor?state=all", "/duplicates/vendor?state=confirmed"):
        page.goto(path)
        assert_usable_by_all(page)


@pytest.mark.parametrize("wishes", [{}, {"size": "phone"}, {"javascript": False}])
def test_a_merge_is_ticked_and_taken_back(room: Callable[..., Page], wishes: dict[str, Any]) -> None:
    page = room("/duplicates/vendor", **wishes)
    page.get_by_role("button", name=re.compile("^Done ?: keep 48213, retire 60001")).click()
    expect(page.get_by_text("Ticked: merge 1 is done")).to_be_visible()
    expect(page.get_by_text("Nothing to do at the vendor’s")).to_be_visible()
    page.get_by_role("link", name=re.compile("Done at the vendor’s")).click()
    page.get_by_role("button", name=re.compile("^Not done ?: keep 48213, retire 60001")).click()
    expect(page.get_by_text("No merge in this state")).to_be_visible()
    page.wait_for_load_state("networkidle")  # what the page loads must not meet a server that has stopped


def test_the_list_is_downloaded(room: Callable[..., Page]) -> None:
    page = room("/duplicates/vendor")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").click()
    text = download.value.path().read_text()
    assert "48213,60001,take name from 60001" in text
    assert "Nunez" not in text


def test_the_list_is_walked_by_keys(room: Callable[..., Page]) -> None:
    page = room("/duplicates/vendor")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/duplicates/merges/1")
