"""The kit in a real browser: accessible, silent, as wide as its window, and quick under the hands."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from adminops.app import AdminOps
from adminops.web.style_guide import PAGES
from tests.services.browser import (
    AXE_COLOURS,
    assert_no_axe_violations,
    assert_no_sideways_scrolling,
    assert_usable_by_all,
)
from tests.services.plugin import OpenPage
from tests.services.web import serving


@pytest.fixture
def address(sqlite_app: AdminOps) -> Iterator[str]:
    with serving(sqlite_app) as running:
        yield running


@pytest.mark.parametrize("name", ["", *(f"/{name}" for name in PAGES)])
def test_pages_have_no_accessibility_faults_at_any_width(address: str, open_page: OpenPage, name: str) -> None:
    page = open_page(address)
    page.goto(f"/style-guide{name}")
    assert_usable_by_all(page)
    for width in (1000, 820, 320):
        page.set_viewport_size({"width": width, "height": 700})
        assert_no_sideways_scrolling(page)
    page.goto(f"/style-guide{name}?theme=dark")  # chosen, not the system's
    assert_no_axe_violations(page, only=AXE_COLOURS)


@pytest.fixture
def merge(address: str, open_page: OpenPage) -> Page:
    page = open_page(address)
    page.goto("/style-guide/merge")
    return page


def kept(page: Page, field: str) -> str:
    return page.locator(f"input[name={field}]:checked").get_attribute("value") or ""


def test_keys_choose_values_and_jump_to_differences(merge: Page) -> None:
    merge.keyboard.press("2")
    assert kept(merge, "first") == "right"
    expect(merge.locator("#live")).to_have_text("First name: right value kept")
    merge.keyboard.press("d")
    merge.keyboard.press("2")
    assert kept(merge, "middle") == "right"
    merge.keyboard.press("1")
    assert kept(merge, "middle") == "left"
    merge.keyboard.press("ArrowDown")
    expect(merge.locator(".is-current .comparison-name")).to_have_text("Last name")
    assert kept(merge, "last") == "left"


def test_merging_asks_once_and_escape_goes_back(merge: Page) -> None:
    merge.keyboard.press("m")
    dialog = merge.get_by_role("dialog", name="Merge client 51907 into 48213?")
    expect(dialog).to_be_visible()
    merge.keyboard.press("2")  # no key works behind a dialog
    assert kept(merge, "first") == "left"
    merge.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_the_list_of_shortcuts_turns_them_off(merge: Page) -> None:
    merge.keyboard.press("?")
    switch = merge.get_by_role("checkbox", name="Use single-key shortcuts")
    expect(switch).to_be_checked()
    everywhere = merge.locator("#keys-everywhere")
    places = merge.locator("a[data-key]").count()
    assert places
    expect(everywhere.locator("dt")).to_have_text(["/", *[re.compile("^g .")] * places, "?"])
    expect(everywhere.locator("dd").nth(1)).to_have_text(re.compile(r"^Go to [a-z][a-z ]*$"))
    switch.uncheck()
    merge.keyboard.press("Escape")
    merge.get_by_role("button", name="Keyboard shortcuts").first.click()
    expect(switch).not_to_be_checked()
    expect(everywhere.locator("dt")).to_have_count(places + 2)
    merge.keyboard.press("Escape")
    merge.keyboard.press("2")
    assert kept(merge, "first") == "left"
    merge.reload()
    merge.keyboard.press("2")
    assert kept(merge, "first") == "left"


def test_keys_stay_out_of_fields(address: str, open_page: OpenPage) -> None:
    page = open_page(address)
    page.goto("/style-guide/tickets")
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("jk?")
    expect(page.locator("#search")).to_have_value("jk?")
    expect(page.locator("tr.is-current")).to_have_count(0)


def test_rows_are_walked_and_chosen_by_keys(address: str, open_page: OpenPage) -> None:
    page = open_page(address)
    page.goto("/style-guide/tickets")
    for key in "jjx":
        page.keyboard.press(key)
    expect(page.locator("tr.is-current .title")).to_be_focused()
    expect(page.get_by_label("Select ticket 19963")).to_be_checked()
    assert page.get_by_label("Select all tickets").evaluate("box => box.indeterminate")
    page.get_by_label("Select all tickets").check()
    expect(page.locator("tbody input:checked")).to_have_count(8)
    page.keyboard.press("g")
    page.keyboard.press("d")
    page.wait_for_url("**/style-guide/dashboard")


def test_filters_answer_while_one_types_and_keep_the_address_clean(address: str, open_page: OpenPage) -> None:
    page = open_page(address)
    page.goto("/style-guide/tickets")
    page.get_by_label("Find in this view").fill("split")
    page.wait_for_url("**/style-guide/tickets?q=split")
    expect(page.locator("#live")).to_have_text("320 tickets")
    expect(page.get_by_label("Find in this view")).to_be_focused()
    page.get_by_role("link", name="Next page").click()
    expect(page.locator("#results")).to_be_focused()


def test_a_menu_closes_on_escape_and_gives_focus_back(address: str, open_page: OpenPage) -> None:
    page = open_page(address)
    page.goto("/style-guide/ticket")
    summary = page.locator("summary", has_text="Maya Okafor")
    summary.click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    expect(summary).to_be_focused()


def test_the_composer_shows_its_voice(address: str, open_page: OpenPage) -> None:
    page = open_page(address)
    page.goto("/style-guide/ticket")
    page.get_by_role("radio", name="Team note").check()
    expect(page.locator(".composer.is-note")).to_be_visible()


def test_a_password_can_be_looked_at(address: str, open_page: OpenPage) -> None:
    page = open_page(address)
    page.goto("/style-guide/sign_in")
    page.get_by_label("Password").fill("correct horse")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_label("Password")).to_have_attribute("type", "text")
    expect(page.get_by_role("button", name="Hide")).to_have_attribute("aria-pressed", "true")


TWO_CLICKS = """() => {
  let sent = 0;
  document.addEventListener("submit", (event) => { sent += 1; event.preventDefault(); });
  const button = document.querySelector(".form button[type=submit]");
  button.click();
  button.click();
  return sent;
}"""


def test_a_form_is_sent_once(address: str, open_page: OpenPage) -> None:
    page = open_page(address)
    page.goto("/style-guide/form")
    assert page.evaluate(TWO_CLICKS) == 1
    # That listener said no to the sending, so the form may be tried again.
    expect(page.get_by_role("button", name="Create account")).not_to_have_attribute("aria-disabled", "true")
    assert page.evaluate(TWO_CLICKS) == 1


def test_an_error_summary_has_focus_when_the_page_comes_back(address: str, open_page: OpenPage) -> None:
    page = open_page(address)
    page.goto("/style-guide/form")
    expect(page.get_by_role("alert")).to_be_focused()


def test_phones_get_the_rest_of_the_places_in_a_sheet(address: str, open_page: OpenPage) -> None:
    page = open_page(address, size="phone")
    page.goto("/style-guide/tickets")
    expect(page.locator(".sidebar")).to_be_hidden()
    page.get_by_text("More", exact=True).click()
    expect(page.locator(".sheet-panel").get_by_role("link", name="Style guide")).to_be_visible()
    assert_no_axe_violations(page)


def test_everything_can_be_reached_without_scripts(address: str, open_page: OpenPage) -> None:
    page = open_page(address, javascript=False)
    page.goto("/style-guide/tickets")
    page.get_by_label("Find in this view").fill("split")
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url("**q=split**")
    page.locator("summary", has_text="Maya Okafor").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    expect(page.get_by_role("button", name="Keyboard shortcuts")).to_have_count(0)
