"""What the doctor is told of accounts: is the directory of use, who gets in without it, who confirms nobody."""

from collections.abc import Iterator

from sqlalchemy import select

from accounts.directory import Denied, DirectoryProblem, Misfit, directory, problem
from accounts.emergency.queries import of_emergency
from accounts.privileged import queries as privileged
from accounts.reviewing import queries as reviewing
from adminops.db import db
from adminops.feature import Finding
from adminops.settings import current_settings

DEAD_END = "Sign-in and changes of accounts that are kept there wait until it is mended."


def of_what_is_stored() -> Iterator[Finding]:
    """Look at what agencies have not confirmed, and at the accounts for emergencies."""
    asked = select(reviewing.escalated(), privileged.escalated(), privileged.too_few())
    missing, unsettled, too_few = db.session.execute(asked).one()
    if missing:
        whose = "agency has" if missing == 1 else "agencies have"
        says = f"{missing} {whose} not confirmed their people for over a month."
        yield Finding("access reviews", "warn", says, "Open Accounts, then Lists to confirm, and call their leads.")
    if unsettled:
        lists = "A list is" if unsettled == 1 else f"{unsettled} lists are"
        says = f"{lists} not settled: two people say who still needs to administer AdminOps."
        yield Finding("administrators", "warn", says, "Open Accounts, Policies, then Administrators’ lists.")
    if too_few:
        says = "A policy asks for the list of administrators, and fewer than three people can confirm each other."
        yield Finding("administrators", "warn", says, "Give the role to a third person, or end the policy.")
    yield from of_emergency()


def of_directory() -> Iterator[Finding]:
    """Look at the directory: set or not, python-ldap there or not, answering, letting us in, showing no hashes."""
    settings = current_settings()
    if not settings.directory_url:
        yield Finding("directory", "ok", "No directory is set: accounts are kept here.")
        return
    if sentence := problem(settings):
        yield Finding(
            "directory", "fail", sentence, "See docs/settings.md; python-ldap needs gcc and OpenLDAP's headers."
        )
        return
    try:
        health = directory().health()
    except (Denied, Misfit) as wrong:
        yield Finding("directory", "fail", wrong.sentence, f"Look at the ADMINOPS_DIRECTORY_ settings. {DEAD_END}")
    except DirectoryProblem as away:
        yield Finding("directory", "fail", away.sentence, DEAD_END)
    else:
        for warning in health.warnings:
            yield Finding(
                "directory", "warn", warning, "Give it the right to write, not to read, in the directory's rules."
            )
        if not health.warnings:
            count = f"{health.people:,} {'person' if health.people == 1 else 'people'}"
            yield Finding("directory", "ok", f"The directory lets us in and knows {count} of ours.")
