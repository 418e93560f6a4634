"""The page of a pair in a real browser: keys, focus, the dialog, phones, no scripts."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Request, expect

from adminops.hmis.models import Client, Merge
from adminops.identity.models import User
from dedupe.learning import NO_BETTER
from dedupe.models import Lesson, LessonState, Pair, PairState
from tests.browsing import Desk
from tests.make import make_admin
from tests.make_dedupe import make_client, make_pair, make_project, make_service, make_source, make_stay
from tests.make_tickets import make_ticket
from tests.services.browser import assert_no_sideways_scrolling, assert_usable_by_all
from tests.services.web import serving

OpenPage = Callable[..., Page]


@dataclass
class Room:
    """A served merge desk with thirty pairs; the first of Katherine and Catherine, with two warnings."""

    desk: Desk
    url: str
    pairs: list[int]
    cookies: list[Any]

    def open(self, open_page: OpenPage, at: int = 0, **wishes: Any) -> Page:
        """Open a pair in a window of its own, signed in."""
        page = open_page(self.url, **wishes)
        page.context.add_cookies(self.cookies)
        page.goto(f"/duplicates/pairs/{self.pairs[at]}")
        return page

    def state(self, at: int = 0) -> PairState:
        with self.desk.look() as session:
            return session.get_one(Pair, self.pairs[at]).state


def _fill(desk: Desk) -> tuple[User, list[int]]:
    with desk.work():
        source = make_source()
        project = make_project(source, project_name="Harbor Shelter")
        left = make_client(
            source, "48213", first_name="Katherine", middle_name="Ann", last_name="Sandoval-Reyes", white=1
        )
        right = make_client(source, "51907", first_name="Catherine", last_name="Sandoval Reyes", sex=1, white=1)
        make_service(make_stay(right, project))
        make_stay(left, project)
        warnings = ["These may be twins.", "The two records have two different full SSNs."]
        pairs = [make_pair(left, right, score=95, warnings=warnings)]
        for number in range(29):
            one, other = (make_client(source, first_name=f"Robin {number}") for _ in range(2))
            pairs.append(make_pair(one, other, score=90 - number))
        return make_admin(), [pair.id for pair in pairs]


@pytest.fixture
def room(sqlite_desk: Desk, open_page: OpenPage) -> Iterator[Room]:
    """A served merge desk, and the cookies of a reviewer."""
    reviewer, pairs = _fill(sqlite_desk)
    cookie = sqlite_desk.signed_in(reviewer).client.get_cookie("adminops")
    assert cookie is not None
    with serving(sqlite_desk.app) as url:
        yield Room(sqlite_desk, url, pairs, [{"name": cookie.key, "value": cookie.value, "url": url}])


def chosen(page: Page, unit: str) -> str:
    return page.locator(f"input[name={unit}]:checked").get_attribute("value") or ""


def current(page: Page) -> str:
    return page.locator(".is-current").get_attribute("data-label") or ""


def test_every_page_is_accessible_and_fits(room: Room, open_page: OpenPage) -> None:
    page = room.open(open_page)
    assert_usable_by_all(page)
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("button", name="Merge", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert_usable_by_all(page)
    page.get_by_role("dialog").get_by_role("button", name="Merge records").click()
    page.wait_for_url(f"**/pairs/{room.pairs[1]}")
    assert_usable_by_all(page)
    for path in (f"pairs/{room.pairs[0]}", "merges", "merges/1", "scan", "apart", "seconds", "figures", "queue"):
        page.goto(f"/duplicates/{path}")
        assert_usable_by_all(page)


def test_both_values_of_a_pair_of_a_batch_are_in_sight_on_a_phone(room: Room, open_page: OpenPage) -> None:
    page = room.open(open_page, at=5, size="phone")
    page.goto("/duplicates/batch?evidence=close")
    right = page.locator(".batch-pair tbody td:nth-of-type(2)").first
    expect(right).to_be_visible()
    box = right.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= 390
    assert_usable_by_all(page)


def test_versions_and_requests_fit_on_a_phone(room: Room, open_page: OpenPage) -> None:
    with room.desk.work() as session:
        for state in LessonState:
            session.add(Lesson(state=state, sentence=NO_BETTER))
        answers = {"first_client": "48213", "second_client": "51907"}
        ticket = make_ticket(answers=answers).id
    page = room.open(open_page, size="phone")
    for number, _ in enumerate(LessonState, start=1):
        page.goto(f"/duplicates/model/versions/{number}")
        assert_no_sideways_scrolling(page)
    page.goto(f"/duplicates/requested/{ticket}/48213/51907")
    assert_usable_by_all(page)
    page.get_by_role("button", name="Compare").click()
    page.wait_for_url(f"**/pairs/{room.pairs[0]}")


def test_keys_choose_values_and_find_differences(room: Room, open_page: OpenPage) -> None:
    page = room.open(open_page)
    assert (current(page), chosen(page, "name"), chosen(page, "sex")) == ("Name", "left", "left")
    page.keyboard.press("2")
    assert chosen(page, "name") == "right"
    expect(page.locator("#live")).to_have_text("Name: right value kept")
    expect(page.locator("[data-taken]")).to_have_text("1 field")
    page.keyboard.press("d")
    assert current(page) == "Sex"
    page.keyboard.press("2")
    expect(page.locator("[data-taken]")).to_have_text("2 fields")
    page.keyboard.press("1")
    assert (chosen(page, "name"), chosen(page, "sex")) == ("right", "left")
    page.keyboard.press("d")
    assert current(page) == "Name", "after the last difference the first one comes again"
    page.keyboard.press("ArrowDown")
    assert current(page) == "Date of birth"
    page.keyboard.press("ArrowUp")
    assert (current(page), chosen(page, "name")) == ("Name", "right")


def test_the_chosen_values_are_merged(room: Room, open_page: OpenPage) -> None:
    page = room.open(open_page)
    page.keyboard.press("2")
    page.keyboard.press("m")
    page.get_by_role("dialog").get_by_role("button", name="Merge records").click()
    page.wait_for_url(f"**/pairs/{room.pairs[1]}")
    with room.desk.look() as session:
        merge = session.get_one(Merge, 1)
        kept = session.get_one(Client, merge.destination_client_id)
        given = {choice.unit: session.get_one(Client, choice.client_id).personal_id for choice in merge.choices}
        assert (kept.personal_id, given) == ("48213", {"name": "51907", "sex": "48213"})


@pytest.mark.parametrize(("key", "state"), [("n", PairState.APART), ("s", PairState.DEFERRED)])
def test_a_key_decides_and_one_request_brings_the_next_pair(
    room: Room, open_page: OpenPage, key: str, state: PairState
) -> None:
    page = room.open(open_page)
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if request.is_navigation_request() else None)
    page.keyboard.press(key)
    page.wait_for_url(f"**/pairs/{room.pairs[1]}")
    assert [(request.method, request.redirected_from is not None) for request in sent] == [
        ("POST", False),
        ("GET", True),
    ]
    assert room.state() is state
    expect(page.get_by_role("status").first).to_contain_text("See the pair")


def test_keys_go_to_the_next_and_the_previous_pair(room: Room, open_page: OpenPage) -> None:
    page = room.open(open_page, at=5)
    page.keyboard.press("j")
    page.wait_for_url(f"**/pairs/{room.pairs[6]}")
    page.keyboard.press("k")
    page.wait_for_url(f"**/pairs/{room.pairs[5]}")
    assert room.state(5) is PairState.OPEN


def test_a_key_leads_on_from_a_decided_pair(room: Room, open_page: OpenPage) -> None:
    page = room.open(open_page)
    page.keyboard.press("n")
    page.wait_for_url(f"**/pairs/{room.pairs[1]}")
    page.goto(f"/duplicates/pairs/{room.pairs[0]}")
    page.keyboard.press("j")
    page.wait_for_url(f"**/pairs/{room.pairs[1]}")


@pytest.mark.parametrize("held", ["Control", "Meta"])
def test_a_merge_is_decided_by_keys_alone(room: Room, open_page: OpenPage, held: str) -> None:
    page = room.open(open_page)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_contain_text("Merge, in the review")
    page.keyboard.press("Escape")
    page.keyboard.press("m")
    page.keyboard.type("One card")
    page.keyboard.press("Enter")
    page.keyboard.type("shown twice")
    assert room.state() is PairState.OPEN, "Enter alone begins a new line"
    page.keyboard.press(f"{held}+Enter")
    page.wait_for_url(f"**/pairs/{room.pairs[1]}")
    with room.desk.look() as session:
        assert session.get_one(Pair, room.pairs[0]).reason.split() == ["One", "card", "shown", "twice"]
    assert room.state() is PairState.MERGED


def test_merging_asks_once_and_can_be_left(room: Room, open_page: OpenPage) -> None:
    page = room.open(open_page)
    opener = page.get_by_role("button", name="Review and merge")
    opener.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Merge client 51907 into 48213?")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("1 enrollment and 1 service of client 51907 then read under client 48213")
    for key in ("2", "n", "s", "j"):
        page.keyboard.press(key)
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()
    assert (chosen(page, "name"), room.state()) == ("left", PairState.OPEN)


def test_enter_in_a_field_asks_and_never_puts_off(room: Room, open_page: OpenPage) -> None:
    page = room.open(open_page)
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Merge client 51907 into 48213?")).to_be_visible()
    assert room.state() is PairState.OPEN


def test_tab_goes_through_the_fields_and_the_bar(room: Room, open_page: OpenPage) -> None:
    page = room.open(open_page)
    page.keyboard.press("1")
    reached = []
    for _ in range(5):
        reached.append(page.evaluate("document.activeElement.name || document.activeElement.textContent.trim()"))
        page.keyboard.press("Tab")
    assert [re.sub(r"\s+", " ", name) for name in reached] == ["name", "sex", "act", "act", "Review and mergeMergem"]
    outlined = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outlined != "none"


def test_keys_that_are_turned_off_do_nothing(room: Room, open_page: OpenPage) -> None:
    page = room.open(open_page)
    page.keyboard.press("?")
    page.get_by_role("checkbox", name="Use single-key shortcuts").uncheck()
    page.keyboard.press("Escape")
    for key in ("2", "n", "s", "m"):
        page.keyboard.press(key)
    assert (chosen(page, "name"), room.state()) == ("left", PairState.OPEN)
    expect(page.get_by_role("dialog")).to_be_hidden()


def in_sight(item: Locator, frame: Locator) -> bool:
    inner, outer = item.bounding_box(), frame.bounding_box()
    assert inner is not None
    assert outer is not None
    below, right = inner["y"] - outer["y"], inner["x"] - outer["x"]
    return -1 <= below < outer["height"] and -1 <= right < outer["width"]


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_the_pair_at_hand_is_in_sight_in_the_list(room: Room, open_page: OpenPage, size: str) -> None:
    page = room.open(open_page, at=20, size=size)
    here = page.locator(".pair-list [aria-current]")
    expect(here).to_contain_text("Robin 19")
    assert in_sight(here, page.locator(".pair-list"))
    assert page.evaluate("scrollY") == 0


def test_values_stand_in_line_with_their_names(room: Room, open_page: OpenPage) -> None:
    page = room.open(open_page)
    row = page.locator("[data-label=Name]")
    fields = row.locator(".comparison-field:not(.comparison-unit)")
    assert fields.count() == 3
    for side in (".choice-a", ".choice-b"):
        lines = row.locator(f"{side} .choice-line")
        for at in range(3):
            field, line = fields.nth(at).bounding_box(), lines.nth(at).bounding_box()
            assert field is not None
            assert line is not None
            middle = line["y"] + line["height"] / 2
            assert field["y"] < middle < field["y"] + field["height"]


def test_without_scripts_the_merge_is_confirmed_on_a_page_of_its_own(room: Room, open_page: OpenPage) -> None:
    page = room.open(open_page, javascript=False)
    page.locator("input[name=name][value=right]").check(force=True)
    page.get_by_role("button", name="Review and merge").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Merge client 51907 into 48213?")
    expect(page.get_by_role("main")).to_contain_text("from client 51907")
    assert_no_sideways_scrolling(page)
    page.get_by_role("button", name="Merge records").click()
    page.wait_for_url(f"**/pairs/{room.pairs[1]}")
    expect(page.get_by_role("main")).to_contain_text("Merged. You can undo it")
    assert room.state() is PairState.MERGED


def test_the_page_of_a_scan_looks_again_until_it_is_done(room: Room, open_page: OpenPage) -> None:
    page = room.open(open_page)
    page.goto("/duplicates/scan")
    page.get_by_role("button", name="Scan the store now").click()
    expect(page.get_by_text("A scan is about to start.")).to_be_visible()
    from dedupe import jobs

    with room.desk.app.app_context():
        jobs.run_waiting_scan()
    expect(page.get_by_role("heading", name="Last scan")).to_be_visible(timeout=10_000)
    assert_usable_by_all(page)
