"""A running house: the app behind its web server with its scheduler, people with passwords, and windows to walk in."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
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
from tests.services.browser import assert_no_axe_violations, assert_no_sideways_scrolling
from tests.services.web import serving

OpenPage = Callable[..., Page]


@dataclass
class Walker:
    """A person in a window, who looks at every page twice: as it is, and at the end dark and on a phone."""

    page: Page
    open_page: OpenPage
    base_url: str
    seen: list[str] = field(default_factory=list)

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
        assert_no_axe_violations(self.page)
        assert_no_sideways_scrolling(self.page)
        self.seen.append(self.page.url)

    def press(self, label: str) -> None:
        """Press the button of that name."""
        self.page.get_by_role("button", name=label).first.click()

    def follow(self, label: str) -> None:
        """Follow the link of that name in the page's content, and wait until its page is here."""
        with self.page.expect_navigation():
            self.page.get_by_role("main").get_by_role("link", name=label).first.click()

    def sees(self, text: str, *, within: float = 5) -> None:
        """Wait until the page shows `text`, for so many seconds at most."""
        expect(self.page.get_by_text(text).first).to_be_visible(timeout=within * 1000)

    def look_again_in_the_dark_and_on_a_phone(self) -> None:
        """Open every address seen once more in a dark window of 390 px."""
        other = self.open_page(self.base_url, size="phone", theme="dark")
        other.context.add_cookies(self.page.context.cookies())  # type: ignore[arg-type]
        for url in dict.fromkeys(url for url in self.seen if "/reset/" not in url):  # a link that works once
            answer = other.goto(url)
            if answer is not None and answer.ok:
                # As high as its page: the bar at the bottom would else hide half of a button from the judge.
                height = int(other.evaluate("document.documentElement.scrollHeight"))
                other.set_viewport_size({"width": 390, "height": height})
                assert_no_axe_violations(other)
                assert_no_sideways_scrolling(other)


@dataclass
class House:
    """The running app and the ways into it."""

    desk: Desk
    url: str
    open_page: OpenPage
    walkers: list[Walker] = field(default_factory=list)

    def person(self, *args: Any, **over: Any) -> User:
        """Make a person who can sign in through the page."""
        with self.desk.work():
            return give_password(make_user(*args, **over))

    def walker(self, user: User | None = None) -> Walker:
        """Open a window, signed in as `user`."""
        walker = Walker(self.open_page(self.url), self.open_page, self.url)
        self.walkers.append(walker)
        if user is not None:
            walker.sign_in(user)
        return walker


@pytest.fixture
def house(app: AdminOps, open_page: OpenPage) -> Iterator[House]:
    """The app running with its scheduler, on each of the two databases."""
    scheduler = start_scheduler(app)
    try:
        with serving(app) as url:
            house = House(Desk(app), url, open_page)
            yield house
            for walker in house.walkers:
                walker.look_again_in_the_dark_and_on_a_phone()
    finally:
        scheduler.stop()


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """A valid HUD export of invented people with duplicates among them."""
    target = tmp_path / "export.zip"
    write_export(target, clients=120, seed=11, today=date(2026, 11, 1), duplicates=0.3)
    return target
