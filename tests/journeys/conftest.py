"""A running house: the app behind its web server with its scheduler, people with passwords, and windows to walk in."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from adminops.app import AdminOps
from adminops.demo import write_export
from adminops.identity.models import User
from adminops.scheduler import start_scheduler
from tests.browsing import Desk
from tests.make import PASSWORD, give_password, make_user
from tests.services.browser import assert_usable_by_all
from tests.services.web import serving

OpenPage = Callable[..., Page]


@dataclass
class Walker:
    """A person in a window. One with `eyes` looks at every page: light and dark, on a desktop and on a phone."""

    page: Page
    base_url: str
    eyes: bool = True

    def sign_in(self, user: User) -> None:
        """Sign in through the page."""
        self.page.goto("/sign-in")
        self.page.locator("input[name=username]").fill(user.username)
        self.page.locator("input[name=password]").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page).not_to_have_url(f"{self.base_url}/sign-in")

    def go(self, path: str) -> None:
        """Open an address and look at it."""
        self.page.goto(path)
        self.look()

    def look(self) -> None:
        """Look at the page as it is now: accessible, and no wider than the window."""
        self.page.wait_for_load_state()
        if self.eyes:
            assert_usable_by_all(self.page)

    def press(self, label: str) -> None:
        """Press the button of that name."""
        self.page.get_by_role("button", name=label).first.click()

    def follow(self, label: str) -> None:
        """Follow the link of that name in the page's content, and wait until its page is here."""
        with self.page.expect_navigation():
            self.page.get_by_role("main").get_by_role("link", name=label).first.click()

    def sees(self, text: str, *, within: float = 15) -> None:
        """Wait until the page shows `text`, for so many seconds at most."""
        expect(self.page.get_by_text(text).first).to_be_visible(timeout=within * 1000)


@dataclass
class House:
    """The running app and the ways into it."""

    desk: Desk
    url: str
    open_page: OpenPage

    def person(self, *args: Any, **over: Any) -> User:
        """Make a person who can sign in through the page."""
        with self.desk.work():
            return give_password(make_user(*args, **over))

    def walker(self, user: User | None = None) -> Walker:
        """Open a window, signed in as `user`."""
        # What a page looks like is no matter of the database: it is looked at on one.
        eyes = self.desk.app.extensions["settings"].database.startswith("sqlite")
        walker = Walker(self.open_page(self.url), self.url, eyes)
        if user is not None:
            walker.sign_in(user)
        return walker


@pytest.fixture
def house(app: AdminOps, open_page: OpenPage) -> Iterator[House]:
    """The app running with its scheduler, on each of the two databases."""
    scheduler = start_scheduler(app)
    try:
        with serving(app) as url:
            yield House(Desk(app), url, open_page)
    finally:
        scheduler.stop()


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """A valid HUD export of invented people with duplicates among them."""
    target = tmp_path / "export.zip"
    write_export(target, clients=120, seed=11, today=date(2026, 11, 1), duplicates=0.3)
    return target
