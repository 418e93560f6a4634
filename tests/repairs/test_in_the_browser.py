"""The pages of repairs in a real browser: on a desk and a phone, light and dark, and without scripts."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from adminops.hmis import sources
from adminops.hmis.intake import import_export
from adminops.hmis.repairs import rule_named
from adminops.repairs import operations
from tests.browsing import Desk
from tests.hmis.repairing import faulty_export
from tests.make import make_admin
from tests.services.browser import assert_usable_by_all
from tests.services.web import serving

PAGES = (
    "/imports/repairs/1",
    "/imports/repairs/1/combine-nights",
    "/imports/repairs/1/one-head",
    "/imports/repairs/1/tidy-coc/switch?to=on",
    "/imports/repairs/1/combine-nights/1/undo",
)
OpenPage = Callable[..., Page]


@pytest.fixture
def open_at(sqlite_desk: Desk, open_page: OpenPage, tmp_path: Path) -> Iterator[OpenPage]:
    """Open a page of a served store with two repairs on, signed in."""
    with sqlite_desk.work():
        source, admin = sources.add_source("Northeast HMIS", vendor="ClientTrack"), make_admin()
        import_export(faulty_export().zip(tmp_path / "in.zip"), source=source, by_id=None)
        for key in ("combine-nights", "one-head"):
            operations.switch_rule(source, rule_named(key), on=True, by=admin)
    cookie = sqlite_desk.signed_in(admin).client.get_cookie("adminops")
    assert cookie is not None
    with serving(sqlite_desk.app) as url:

        def opened(path: str, **wishes: Any) -> Page:
            page = open_page(url, **wishes)
            page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": url}])
            page.goto(path)
            return page

        yield opened


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_accessible_and_fits(open_at: OpenPage, path: str) -> None:
    assert_usable_by_all(open_at(path))


def test_a_repair_is_switched_by_keyboard_without_scripts(open_at: OpenPage) -> None:
    page = open_at("/imports/repairs/1/tidy-coc", javascript=False)
    page.get_by_role("link", name="Switch on").first.focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Switch on").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Switched on: 1 value changed.")).to_be_visible()
