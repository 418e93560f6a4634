"""Hold, look, approve and undo in a real browser, at a desk and on a phone."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from adminops.imports.operations import deciding
from tests.browsing import Desk
from tests.imports.conftest import make_tight_source, people, run_jobs, states
from tests.make import make_admin
from tests.services.browser import assert_usable_by_all
from tests.services.web import serving

OpenPage = Callable[..., Page]


@dataclass
class Served:
    """A served desk with a tight source, and the cookies of an administrator."""

    desk: Desk
    url: str
    cookies: list[Any]

    def open(self, open_page: OpenPage, path: str, **wishes: Any) -> Page:
        """Open a page in a window of its own, signed in."""
        page = open_page(self.url, **wishes)
        page.context.add_cookies(self.cookies)
        page.goto(path)
        return page


@pytest.fixture
def served(sqlite_desk: Desk) -> Iterator[Served]:
    """A served desk with a source that has tight brakes."""
    with sqlite_desk.work():
        make_tight_source()
        admin = make_admin()
    cookie = sqlite_desk.signed_in(admin).client.get_cookie("adminops")
    assert cookie is not None
    with serving(sqlite_desk.app) as url:
        yield Served(sqlite_desk, url, [{"name": cookie.key, "value": cookie.value, "url": url}])


def _hand_in(served: Served, page: Page, export: Path) -> None:
    page.goto("/imports/new")
    page.get_by_label("Source", exact=False).first.fill("Night feed")
    page.locator("input[type=file]").set_input_files(export)
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_text("Waiting for its turn")).to_be_visible()
    run_jobs(served.desk.app)
    page.reload()


def test_a_strange_export_is_held_looked_at_approved_and_undone(
    served: Served, open_page: OpenPage, tmp_path: Path
) -> None:
    page = served.open(open_page, "/imports")
    _hand_in(served, page, people(6, "2024-05-01").zip(tmp_path / "first.zip"))
    strange = people(3, "2024-05-02").change("Client", 0, LastName="Vega").change("Client", 1, LastName="Vega")
    _hand_in(served, page, strange.zip(tmp_path / "second.zip"))
    expect(page.get_by_text("Held: nothing was changed.")).to_be_visible()
    expect(page.get_by_text("Enrollment.csv: 3 of 6 known rows would be removed")).to_be_visible()
    assert_usable_by_all(page)

    page.get_by_role("link", name="Approve").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("It can be undone within 7 days.")
    assert_usable_by_all(page)
    dialog.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("The import was approved; it is being taken.")).to_be_visible()
    run_jobs(served.desk.app)
    page.reload()
    expect(page.get_by_text("Applied.", exact=True)).to_be_visible()

    page.get_by_role("link", name="Undo import").click()
    page.get_by_role("dialog").get_by_role("button", name="Undo import").click()
    expect(page.get_by_text("Undone: the store is as it was before it.", exact=True)).to_be_visible()
    assert states(served.desk.app) == ["applied", "undone"]
    assert_usable_by_all(page)


def test_decisions_need_no_script(served: Served, open_page: OpenPage, tmp_path: Path) -> None:
    page = served.open(open_page, "/imports", javascript=False)
    for number, day in ((6, "2024-05-01"), (3, "2024-05-02")):
        _hand_in(served, page, people(number, day).zip(tmp_path / f"{day}.zip"))
    page.get_by_role("link", name="Cancel import").click()
    expect(page.get_by_role("heading", name="Cancel this import?")).to_be_visible()
    page.get_by_role("button", name="Cancel import").click()
    expect(page.get_by_text("It was held and then cancelled.")).to_be_visible()


@pytest.mark.parametrize("path", ["/imports/sources", "/imports/sources/1", "/imports/sources/1/edit"])
def test_pages_of_sources_fit_and_can_be_used_by_all(served: Served, open_page: OpenPage, path: str) -> None:
    assert_usable_by_all(served.open(open_page, path))


def test_a_large_undo_is_asked_for_and_its_page_turns_by_itself_when_it_is_done(
    served: Served, open_page: OpenPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deciding, "WAITED_FOR", 10)
    page = served.open(open_page, "/imports", size="phone")
    _hand_in(served, page, people().zip(tmp_path / "first.zip"))
    page.get_by_role("link", name="Undo import").click()
    page.get_by_role("button", name="Undo import").click()
    expect(page.get_by_text("The import will be undone.")).to_be_visible()
    expect(page.get_by_text("You can leave this page: the undo goes on.")).to_be_visible()
    assert_usable_by_all(page)
    run_jobs(served.desk.app)
    expect(page.get_by_text("Undone: the store is as it was before it.")).to_be_visible()
    assert states(served.desk.app) == ["undone"]
