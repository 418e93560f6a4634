"""The browser of the tests notices what a person would not see. Each fault is planted in a page it really opens."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import Error as PlaywrightError

from tests.services.browser import (
    Watch,
    assert_no_axe_violations,
    assert_no_sideways_scrolling,
    axe_violations,
    window,
)
from tests.services.web import serving

CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; form-action 'self'"
PAGE = """<!doctype html><html lang="en"><head><title>A page</title><link rel="icon" href="data:,">{head}</head>
<body><main><h1>A page</h1>{body}</main></body></html>"""

FAULTY = {
    "/inline": PAGE.format(head="", body="<p>Text</p><script>window.ran = true</script>"),
    "/throws": PAGE.format(head='<script src="/throws.js" defer></script>', body=""),
    "/logs": PAGE.format(head='<script src="/logs.js" defer></script>', body=""),
    "/outside": PAGE.format(head="", body='<p><a href="http://elsewhere.example.org/">Elsewhere</a></p>'),
    "/lost": PAGE.format(head='<script src="/not-there.js" defer></script>', body=""),
    "/unlabelled": PAGE.format(head="", body='<form><input name="q"></form>'),
    "/good": PAGE.format(head="", body='<p id="theme">All is well.</p>'),
    "/wide": PAGE.format(head='<link rel="stylesheet" href="/wide.css">', body="<p>Wide</p>"),
}
FILES = {
    "/throws.js": ("text/javascript", "null.nothing;"),
    "/logs.js": ("text/javascript", "console.error('it broke');"),
    "/wide.css": ("text/css", "p { width: 500px }"),
}


def _site(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    path = environ["PATH_INFO"]
    headers = [("Content-Security-Policy", CSP)]
    if path in FAULTY:
        start_response("200 OK", [*headers, ("Content-Type", "text/html; charset=utf-8")])
        return [FAULTY[path].encode()]
    if path in FILES:
        kind, text = FILES[path]
        start_response("200 OK", [*headers, ("Content-Type", kind)])
        return [text.encode()]
    status = "500 Broken" if path == "/broken" else "404 Not Found"
    start_response(status, [*headers, ("Content-Type", "text/html; charset=utf-8")])
    return [PAGE.format(head="", body="<p>No.</p>").encode()]


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """A small site with one fault a page."""
    with serving(_site) as url:
        yield url


@pytest.fixture
def watched(chromium: Browser, site: str) -> Iterator[tuple[Page, Watch]]:
    """A window on that site, with its watch in the hand of the test."""
    with window(chromium, site) as opened:
        yield opened


@pytest.mark.parametrize(
    ("path", "complaint"),
    [
        ("/inline", "CSP: .*/inline: script-src"),
        ("/throws", "script error: .*null"),
        ("/logs", "console error: it broke"),
        ("/lost", "404 for script .*/not-there.js"),
        ("/broken", "500 for document"),
    ],
)
def test_each_fault_of_a_page_is_noticed(watched: tuple[Page, Watch], path: str, complaint: str) -> None:
    page, watch = watched
    page.goto(path)
    with pytest.raises(AssertionError, match=complaint):
        watch.assert_silent()
    watch.assert_silent()  # what was told is told


def test_nothing_outside_this_machine_is_reached_and_trying_is_noticed(watched: tuple[Page, Watch]) -> None:
    page, watch = watched
    page.goto("/outside")
    with pytest.raises(PlaywrightError, match="ERR_NAME_NOT_RESOLVED"):
        page.goto("http://elsewhere.example.org/")
    with pytest.raises(AssertionError, match="something outside: http://elsewhere"):
        watch.assert_silent()


def test_good_page_and_refused_page_are_silent(page: Page, site: str) -> None:
    page.goto(f"{site}/good")
    expect(page.get_by_role("heading", name="A page")).to_be_visible()
    assert_no_axe_violations(page)
    answer = page.goto(f"{site}/no-such-page")
    assert answer is not None
    assert answer.status == 404


def test_axe_finds_a_field_without_a_label(page: Page, site: str) -> None:
    page.goto(f"{site}/unlabelled")
    assert [found for found in axe_violations(page) if found.startswith("label (critical)")]
    with pytest.raises(AssertionError, match="accessibility faults on"):
        assert_no_axe_violations(page)


def test_windows_have_the_size_and_theme_that_was_wished(open_page: Callable[..., Page], site: str) -> None:
    phone = open_page(site, size="phone", theme="dark")
    phone.goto("/good")
    assert phone.evaluate("[innerWidth, matchMedia('(prefers-color-scheme: dark)').matches]") == [390, True]
    desk = open_page(site)
    desk.goto("/good")
    assert desk.evaluate("[innerWidth, matchMedia('(prefers-color-scheme: dark)').matches]") == [1440, False]


def test_page_wider_than_its_window_is_found(open_page: Callable[..., Page], site: str) -> None:
    phone = open_page(site, size="phone")
    phone.goto("/good")
    assert_no_sideways_scrolling(phone)
    phone.goto("/wide")
    with pytest.raises(AssertionError, match="px wide in a window of 390 px"):
        assert_no_sideways_scrolling(phone)


def test_page_without_javascript_runs_none(open_page: Callable[..., Page], site: str) -> None:
    page = open_page(site, javascript=False)
    page.goto("/throws")
    expect(page.get_by_role("heading", name="A page")).to_be_visible()
