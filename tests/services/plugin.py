"""The fixtures of the private services and the hooks that start and stop them.

`tests/conftest.py` loads it with `pytest_plugins = ["tests.services.requirements", "tests.services.plugin"]`.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from tests.services import browser, directory, mail, postgres
from tests.services.private import ServiceFailed
from tests.services.requirements import require_or_skip

#: Opens a watched window: `open_page(base_url, size="phone", theme="dark")`.
OpenPage = Callable[..., Page]


def pytest_configure(config: pytest.Config) -> None:
    """Start what all test processes share."""
    postgres.start_if_controller(config)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop it again, also after Ctrl-C."""
    postgres.stop(config)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Playwright itself, once per test process; skips (fails in CI) where its driver doesn't start."""
    if not browser.driver_starts():
        require_or_skip("browser", "Playwright's driver does not start (Debian: libatomic1)")
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """A headless Chromium, once per test process; skips (fails in CI) where there is none."""
    try:
        program = browser.launch(playwright)
    except ServiceFailed as failed:
        require_or_skip("browser", str(failed))
    yield program
    program.close()


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[OpenPage]:
    """A function that opens watched windows; the test fails at its end if one of them complained."""
    with ExitStack() as windows:
        watches: list[browser.Watch] = []

        def opened(base_url: str | None = None, **wishes: Any) -> Page:
            page, watch = windows.enter_context(browser.window(chromium, base_url, **wishes))
            watches.append(watch)
            return page

        yield opened
        for watch in watches:
            watch.assert_silent()


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """One watched window of 1440 × 900, light."""
    return open_page()


@pytest.fixture
def slapd() -> Iterator[directory.Slapd]:
    """A fresh private directory server for this test."""
    yield from _directory()


@pytest.fixture(scope="module")
def shared_slapd() -> Iterator[directory.Slapd]:
    """A directory server for all tests of a module: for tests that don't disturb each other."""
    yield from _directory()


def _directory() -> Iterator[directory.Slapd]:
    try:
        import ldap  # noqa: F401 - only whether it is there
    except ImportError:
        require_or_skip("ldap", "python-ldap is not built here")
    try:
        server = directory.launch()
    except ServiceFailed as failed:
        require_or_skip("ldap", str(failed))
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def mail_server() -> Iterator[mail.MailCatcher]:
    """A mail server without TLS and sign-in that keeps what it gets."""
    with mail.mail_catcher() as catcher:
        yield catcher


@pytest.fixture
def start_mail_server() -> Iterator[Callable[..., mail.MailCatcher]]:
    """A function that starts mail servers with wishes: `starttls=True, user="desk", password="…"`."""
    with ExitStack() as servers:

        def started(**wishes: Any) -> mail.MailCatcher:
            running: AbstractContextManager[mail.MailCatcher] = mail.mail_catcher(**wishes)
            return servers.enter_context(running)

        yield started
