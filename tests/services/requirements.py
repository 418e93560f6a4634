"""What happens where a real component is missing: a skip with a reason on a laptop, a failure in CI.

`ADMINOPS_REQUIRE=postgres,ldap,browser` names the components that must be there; `CI=true` requires all of them and
turns every other skip into a failure too, except those of `skip_optional`.
"""

import os
from collections import Counter
from collections.abc import Generator, Mapping
from typing import NoReturn

import pytest

#: The components the suite needs, each with the words that help a person who lacks it.
COMPONENTS = {
    "postgres": "install PostgreSQL (Debian: postgresql) or set ADMINOPS_PG_BIN to the folder of initdb",
    "ldap": "install OpenLDAP's server (Debian: slapd slapd-contrib) and let `./dev test` build python-ldap",
    "browser": "install Chromium or Chrome, or set ADMINOPS_CHROMIUM to the program",
}
OPTIONAL = "optional: "


def in_ci(environment: Mapping[str, str] = os.environ) -> bool:
    """Say whether this is a run where nothing may be left out."""
    return environment.get("CI", "").lower() in {"1", "true", "yes"}


def is_required(component: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Say whether tests of `component` must run here."""
    named = {name.strip() for name in environment.get("ADMINOPS_REQUIRE", "").split(",")}
    return component in named or (in_ci(environment) and component in COMPONENTS)


def require_or_skip(component: str, reason: str) -> NoReturn:
    """End the present test, `component` is missing: a skip, which the hooks below make a failure where it must run.

    `component` is one of `COMPONENTS`, `reason` half a sentence such as "no slapd on this machine".
    """
    pytest.skip(f"{component}: {reason}; {COMPONENTS[component]}")


def skip_optional(reason: str) -> NoReturn:
    """Skip the present test everywhere, CI too: it needs something that no machine has to have."""
    pytest.skip(OPTIONAL + reason)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure where the test has to run."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn the skip of a whole module into a failure where its tests have to run."""
    report = yield
    if report.skipped:
        _refuse_skip(report)
    return report


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    reason = _reason(report)
    is_refused = in_ci() and not reason.startswith(OPTIONAL)
    if is_refused or is_required(reason.partition(":")[0]):
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid}: this test may not be skipped here. {reason}"


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    longrepr = report.longrepr
    text = longrepr[2] if isinstance(longrepr, tuple) else str(longrepr)
    return text.removeprefix("Skipped: ")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what was not tested here, and how it could be."""
    skipped = Counter(_reason(report) for report in terminalreporter.stats.get("skipped", []))
    if not skipped:
        return
    terminalreporter.section("NOT TESTED HERE", sep="!", yellow=True, bold=True)
    for reason, tests in sorted(skipped.items()):
        terminalreporter.write_line(f"{tests:4} × {reason}", yellow=True)
