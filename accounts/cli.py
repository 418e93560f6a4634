"""`adminops accounts …`: accounts on the command line, done in the name of AdminOps itself.

Exit codes: 0 done, 1 refused (the sentence stands on standard error), 2 wrong use, 3 there is no such user.
"""

import sys
from typing import Any

import click
from flask.cli import with_appcontext
from sqlalchemy import func, select

from accounts import operations
from accounts.emergency.operations import create_emergency_account, create_first_admin
from accounts.lists.cli import import_logins, import_users
from accounts.lost_steps.operations import clear_lost_step
from accounts.models import Account, DisabledReason, Hold, HoldKind, PasswordReset
from accounts.operations.links import open_link
from accounts.queries import account_of, places_of
from accounts.reconciling.models import ComparisonState, DirectoryFinding
from accounts.reconciling.queries import findings_now
from accounts.reconciling.running import compare_now
from accounts.seeing.cli import who_could_see
from accounts.tokens import token_of
from adminops.audit.cli import audit
from adminops.cli import print_json
from adminops.db import db, transaction
from adminops.errors import NotFound, Unavailable
from adminops.identity.models import SYSTEM, Agency
from adminops.identity.operations import find_user
from adminops.identity.permissions import Role
from adminops.settings import current_settings

UNKNOWN = 3

as_json = click.option("--json", "as_json", is_flag=True, help="Answer for machines.")
user_argument = click.argument("username", metavar="USER")
print_link = click.option(
    "--print-link",
    is_flag=True,
    help="Print the one-time link too: while no mail leaves, or for a passphrase that is sealed.",
)


@click.group("accounts")
def accounts() -> None:
    """Create, disable, reactivate, unlock, archive and show accounts, and start password resets."""


@accounts.command("create")
@user_argument
@click.option("--name", required=True, help="Name of the person.")
@click.option("--email", required=True, help="Address the invitation goes to.")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]), help="First role.")
@click.option("--agency", help="Name of the agency, for the roles of an agency.")
@click.option("--title", default="", help="Job title.")
@print_link
@as_json
@with_appcontext
def create(
    username: str, name: str, email: str, role: str, agency: str | None, title: str, print_link: bool, as_json: bool
) -> None:
    """Create an account for USER and invite the person by mail."""
    with transaction():
        account = operations.create_account(
            username=username,
            name=name,
            email=email,
            title=title,
            role=Role(role),
            agency=_agency(agency),
            by=SYSTEM,
        )
        _answer(account, as_json=as_json, link=open_link(account) if print_link else None)


@accounts.command("first-admin")
@user_argument
@click.option("--name", required=True, help="Name of the person.")
@click.option("--email", required=True, help="Address the invitation goes to.")
@as_json
@with_appcontext
def first_admin(username: str, name: str, email: str, as_json: bool) -> None:
    """Make USER the first administrator, and print the link to choose a password by; nobody has one by default."""
    with transaction():
        account = create_first_admin(username=username, name=name, email=email, by=SYSTEM)
        _answer(account, as_json=as_json, link=open_link(account))


@accounts.command("emergency")
@user_argument
@click.option("--name", required=True, help="What it is called on the audit trail, such as “Envelope 1”.")
@click.option("--email", required=True, help="Address of who keeps the envelope.")
@as_json
@with_appcontext
def emergency(username: str, name: str, email: str, as_json: bool) -> None:
    """Make USER an account for the day when nobody gets in, and print the link to choose its passphrase by."""
    with transaction():
        account = create_emergency_account(username=username, name=name, email=email, by=SYSTEM)
        _answer(account, as_json=as_json, link=open_link(account))


@accounts.command("disable")
@user_argument
@click.option(
    "--reason", required=True, type=click.Choice([reason.value for reason in DisabledReason]), help="For staff only."
)
@as_json
@with_appcontext
def disable(username: str, reason: str, as_json: bool) -> None:
    """Close the sign-in of USER at once."""
    with transaction():
        account = _account(username)
        operations.disable_account(account, DisabledReason(reason), by=SYSTEM)
        _answer(account, as_json=as_json)


@accounts.command("reactivate")
@user_argument
@click.option(
    "--hold", "kind", type=click.Choice([kind.value for kind in HoldKind]), help="Which hold, where there are several."
)
@as_json
@with_appcontext
def reactivate(username: str, kind: str | None, as_json: bool) -> None:
    """Release what keeps USER closed; with several holds, the one that --hold names."""
    with transaction():
        account = _account(username)
        if kind is None:
            operations.reactivate_account(account, by=SYSTEM)
        else:
            operations.release_hold(_hold_of(account, kind), by=SYSTEM)
        _answer(account, as_json=as_json)


@accounts.command("archive")
@user_argument
@as_json
@with_appcontext
def archive(username: str, as_json: bool) -> None:
    """Put the disabled account of USER away; its history stays."""
    with transaction():
        account = _account(username)
        operations.archive_account(account, by=SYSTEM)
        _answer(account, as_json=as_json)


@accounts.command("unlock")
@user_argument
@as_json
@with_appcontext
def unlock(username: str, as_json: bool) -> None:
    """Let USER, whom wrong tries have slowed or locked, try again at once."""
    with transaction():
        account = _account(username)
        operations.unlock_account(account, by=SYSTEM)
        _answer(account, as_json=as_json)


@accounts.command("reset")
@user_argument
@print_link
@as_json
@with_appcontext
def reset(username: str, print_link: bool, as_json: bool) -> None:
    """Send USER a link to choose a new password."""
    with transaction():
        account = _account(username)
        link = operations.start_password_reset(account, by=SYSTEM)
        _answer(account, as_json=as_json, link=link if print_link else None)


@accounts.command("clear-second-step")
@user_argument
@as_json
@with_appcontext
def clear_second_step(username: str, as_json: bool) -> None:
    """Take the second step of USER away, who has lost it, where nobody is left to agree to it in the app."""
    with transaction():
        account = _account(username)
        clear_lost_step(account, by=SYSTEM)
        _answer(account, as_json=as_json)


@accounts.command("show")
@user_argument
@as_json
@with_appcontext
def show(username: str, as_json: bool) -> None:
    """Show how the account of USER stands."""
    with transaction(writes=False):
        _answer(_account(username), as_json=as_json)


@accounts.command("reconcile")
@click.option("--apply", is_flag=True, help="Put right what may be, not only what is open and should be closed.")
@as_json
@with_appcontext
def reconcile(apply: bool, as_json: bool) -> None:
    """Compare all accounts with the directory, and say what differs.

    Exit code 1 when the directory did not show everything or the brakes held; nothing was changed then.
    """
    made = compare_now(apply=apply)
    if made is None:
        raise Unavailable("No directory is set: ADMINOPS_DIRECTORY_URL is empty.")
    with transaction(writes=False):
        rows = [_told_of(finding) for finding in findings_now()]
    told = {"state": made.state.value, "why": made.why, "seen": made.seen, "mended": made.mended, "findings": rows}
    if as_json:
        print_json(told)
    else:
        click.echo(f"{made.state.value}: {made.seen:,} entries, {len(rows):,} differ, {made.mended:,} put right")
        for line in ([made.why] if made.why else []) + [" ".join(filter(None, row.values())) for row in rows]:
            click.echo(f"  {line}")
    sys.exit(0 if made.state is ComparisonState.DONE else 1)


accounts.add_command(import_logins)
accounts.add_command(import_users)
audit.add_command(who_could_see)


def _told_of(finding: DirectoryFinding) -> dict[str, str]:
    name = finding.account.user.username if finding.account else str(finding.theirs.get("username", ""))
    return {"kind": finding.kind.value, "username": name, "fields": ", ".join(finding.ours)}


def _account(username: str) -> Account:
    user = find_user(username)
    account = account_of(user) if user else None
    if account is None:
        click.echo("adminops: There is no account with that user name.", err=True)
        sys.exit(UNKNOWN)
    return account


def _hold_of(account: Account, kind: str) -> Hold:
    for each in account.holds:
        if each.kind.value == kind and each.released_at is None:
            return each
    raise NotFound(f"No hold of that kind keeps it closed: {', '.join(_told(account)['holds']) or 'none does'}.")


def _agency(name: str | None) -> Agency | None:
    if name is None:
        return None
    found = db.session.scalar(select(Agency).where(func.lower(Agency.name) == name.strip().lower()))
    if found is None:
        raise NotFound("There is no agency of that name. `--agency` takes the full name.")
    return found


def _answer(account: Account, *, as_json: bool, link: PasswordReset | None = None) -> None:
    told = _told(account)
    if link is not None:
        told["link"] = f"{current_settings().base_url}/reset/{token_of(link)}"
    if as_json:
        print_json(told)
        return
    for label, value in told.items():
        shown = ", ".join(value) if isinstance(value, list) else value
        click.echo(f"{label.replace('_', ' '):<16}{shown if shown not in (None, '') else '-'}")


def _told(account: Account) -> dict[str, Any]:
    user = account.user
    places = [f"{grant.role.value}@{agency}" if agency else grant.role.value for grant, agency in places_of(account)]
    return {
        "username": user.username,
        "name": user.name,
        "email": user.email,
        "agency": account.agency.name if account.agency else None,
        "state": account.state.value,
        "disabled_reason": account.disabled_reason.value if account.disabled_reason else None,
        "holds": [each.kind.value for each in account.open_holds],
        "kept_in": account.kept_in,
        "valid_until": account.valid_until.isoformat() if account.valid_until else None,
        "roles": places,
        "last_sign_in_at": user.last_sign_in_at.isoformat() if user.last_sign_in_at else None,
        "password_set_at": user.password_set_at.isoformat() if user.password_set_at else None,
    }
