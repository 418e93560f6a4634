"""A real headless Chromium, driven by Playwright, that notices what a person would not see.

Every page it opens is watched: messages in the console, script errors, violations of the Content-Security-Policy,
answers with a server error, and requests to anywhere but this machine. `Watch.assert_silent` fails on any of them.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Request, Response, expect
from playwright.sync_api import Error as PlaywrightError

from tests.services.private import ServiceFailed

Size = Literal["desktop", "phone"]
Theme = Literal["light", "dark"]
SIZES: dict[Size, tuple[int, int]] = {"desktop": (1440, 900), "phone": (390, 844)}
LOOKS: tuple[tuple[Size, Theme, Theme], ...] = (("desktop", "light", "dark"), ("phone", "dark", "light"))

#: The shell first: the same engine without the windows of a desktop, at two thirds of the processor's time.
PROGRAMS = (
    "chromium-headless-shell",
    "chromium",
    "google-chrome",
    "google-chrome-stable",
    "chromium-browser",
    "microsoft-edge",
)
APPLICATIONS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
DOWNLOADED = (
    "chromium_headless_shell-*/*/*headless*shell",
    "chromium-*/chrome-linux*/chrome",
    "chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
)
#: No name of any host resolves: what is fetched from outside fails and is noticed.
ARGUMENTS = ("--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost")
AXE_TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
#: What can differ between light and dark on one and the same page.
AXE_COLOURS = ("color-contrast", "link-in-text-block")
#: Milliseconds that a page may take to come or to become what is expected of it: the processors have other tests, too.
PATIENCE = 15_000
REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
    window.reportViolation(`${event.effectiveDirective}: ${event.blockedURI || event.sourceFile}`));
"""


def find_chromium() -> str | None:
    """Return the browser to use: `ADMINOPS_CHROMIUM`, one on PATH, one of macOS, or Playwright's own download."""
    if named := os.environ.get("ADMINOPS_CHROMIUM"):
        return named if Path(named).exists() else None
    on_path = (found for program in PROGRAMS if (found := shutil.which(program)) and not _is_snap(found))
    installed = (path for path in (*APPLICATIONS, *_downloads()) if Path(path).exists())
    return next(on_path, None) or next(installed, None)


def _downloads() -> list[str]:
    """Return the browsers that Playwright fetched, the newest first."""
    named = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    caches = (Path.home() / ".cache" / "ms-playwright", Path.home() / "Library" / "Caches" / "ms-playwright")
    found = [
        program
        for cache in ([Path(named)] if named else caches)
        for pattern in DOWNLOADED
        for program in cache.glob(pattern)
    ]
    return [str(program) for program in sorted(found, reverse=True)]


def driver_starts() -> bool:
    """Say whether Playwright's own driver runs here: it comes in the wheel, but needs libatomic of the system."""
    command = [sys.executable, "-m", "playwright", "--version"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _is_snap(program: str) -> bool:
    """Say whether `program` only starts a snap: those can't read temporary folders nor run in containers."""
    with Path(program).open("rb") as file:
        start = file.read(4096)
    return start.startswith(b"#!") and b"/snap/" in start


def launch(playwright: Playwright) -> Browser:
    """Start the browser. Raises `ServiceFailed` when there is none or it doesn't start."""
    program = find_chromium()
    if program is None:
        raise ServiceFailed("no Chromium or Chrome on this machine")
    try:
        return playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
    except PlaywrightError as failed:
        raise ServiceFailed(f"{program} did not start: {str(failed)[:1500]}") from failed


@dataclass
class Watch:
    """What went wrong on the pages of one browser window, as sentences."""

    faults: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def attach(self, context: BrowserContext) -> None:
        """Start to watch all pages of `context`, present and future."""
        self.contexts.append(context)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.faults.append(f"script error: {error.error}"))
        context.on("response", self._response)
        context.on("request", self._request)
        context.expose_binding(
            "reportViolation", lambda source, text: self.faults.append(f"CSP: {source['page'].url}: {text}")
        )
        context.add_init_script(REPORT_VIOLATIONS)

    def assert_silent(self) -> None:
        """Fail with all faults when there are any, and forget them."""
        for page in [page for context in self.contexts for page in context.pages]:
            with suppress(PlaywrightError):  # one round trip: what the page said before it is here after it
                page.evaluate("0")
        faults, self.faults[:] = list(self.faults), []
        assert not faults, "The browser complained:\n" + "\n".join(faults)

    def _console(self, message: ConsoleMessage) -> None:
        # A refused page or form (404, 422) is an answer a test may want; Chromium reports it as an error of the
        # console. `_response` judges answers by what was asked for.
        is_answer = message.text.startswith("Failed to load resource: the server responded with a status")
        if message.type in {"error", "warning"} and not is_answer:
            self.faults.append(f"console {message.type}: {message.text}")

    def _response(self, response: Response) -> None:
        is_page = response.request.resource_type in {"document", "xhr", "fetch"}
        if response.status >= (500 if is_page else 400):
            self.faults.append(f"{response.status} for {response.request.resource_type} {response.url}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "http://localhost:", "data:", "blob:", "about:")):
            self.faults.append(f"asked for something outside: {request.url}")


@contextmanager
def window(browser: Browser, base_url: str | None = None, **wishes: Any) -> Iterator[tuple[Page, Watch]]:
    """Open a fresh window (own cookies) with one page and its watch, and close it after the block.

    `wishes` are `size` ("desktop", "phone"), `theme` ("light", "dark") and `javascript` (False turns it off).
    """
    with browser.new_context(base_url=base_url, **_options(**wishes)) as context:
        context.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        watch = Watch()
        watch.attach(context)
        yield context.new_page(), watch


def _options(*, size: Size = "desktop", theme: Theme = "light", javascript: bool = True) -> dict[str, Any]:
    width, height = SIZES[size]
    return {
        "viewport": {"width": width, "height": height},
        "color_scheme": theme,
        "java_script_enabled": javascript,
        "reduced_motion": "reduce",
        "locale": "en-US",
        "timezone_id": "America/New_York",
    }


def axe_violations(page: Page, *, only: tuple[str, ...] = ()) -> list[str]:
    """Return what axe-core finds wrong on `page`, one sentence per rule with the elements it means.

    `only` names the rules to ask, instead of all of WCAG 2.2 AA and of axe's best practices.
    """
    page.wait_for_load_state()  # a page that is on its way has nothing to look at
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    rules = {"type": "rule", "values": only} if only else {"type": "tag", "values": AXE_TAGS}
    options = {"runOnly": rules, "resultTypes": ["violations"], "preload": False}
    found = page.evaluate(f"axe.run(document, {json.dumps(options)}).then(result => result.violations)")
    return [
        f"{each['id']} ({each['impact']}): {each['help']}: "
        + "; ".join(f"{' '.join(map(str, node['target']))} {node['html'][:200]}" for node in each["nodes"][:5])
        for each in found
    ]


def assert_no_axe_violations(page: Page, *, only: tuple[str, ...] = ()) -> None:
    """Fail with every violation of WCAG 2.2 AA or of axe's best practices on `page` as it is now."""
    found = axe_violations(page, only=only)
    assert not found, f"{len(found)} accessibility faults on {page.url}:\n" + "\n".join(found)


def assert_no_sideways_scrolling(page: Page) -> None:
    """Fail when `page` is wider than its window."""
    wide, window_width = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide <= window_width, f"{page.url} is {wide} px wide in a window of {window_width} px."


def assert_usable_by_all(page: Page) -> None:
    """Fail when `page` as it is now, light or dark, on a desktop or on a phone, has faults or is too wide.

    It is loaded once: most of what a look costs is the loading.
    """
    for size, theme, other in LOOKS:
        _resize(page, size)
        assert_no_sideways_scrolling(page)
        page.emulate_media(color_scheme=theme)
        assert_no_axe_violations(page)
        page.emulate_media(color_scheme=other)
        assert_no_axe_violations(page, only=AXE_COLOURS)
    _resize(page, "desktop")


def _resize(page: Page, size: Size) -> None:
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    if size == "phone":  # as high as its page: the bar at the bottom would else hide half of a button from the judge
        height = max(height, int(page.evaluate("document.documentElement.scrollHeight")))
        page.set_viewport_size({"width": width, "height": height})
