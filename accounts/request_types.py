"""What people may ask of accounts, and where each request is carried out."""

from typing import Any

from flask import url_for

from accounts.forms import LockedOutForm, StaffChangeForm
from accounts.queries import find_named, find_of_user
from adminops.feature import RequestType, WorkScreen
from adminops.identity.permissions import Permission
from adminops.web.access import signed_in_user


def reset_url(ticket: Any) -> str | None:
    """Return where the password of the ticket's person is reset: the named user's, else the requester's."""
    viewer, named = signed_in_user(), str(ticket.answers.get("username") or "")
    account = find_named(named, viewer) if named else find_of_user(ticket.requester_id, viewer)
    return url_for("accounts.start_reset", account_id=account.id, ticket=ticket.id) if account else None


def staff_change_url(ticket: Any) -> str | None:
    """Return where the account is created, shown for a change, or disabled."""
    kind = ticket.answers.get("kind")
    if kind == "join":
        return url_for("accounts.new", ticket=ticket.id)
    account = find_named(str(ticket.answers.get("username") or ""), signed_in_user())
    if account is None:
        return url_for("accounts.index")
    page = "accounts.disable" if kind == "leave" else "accounts.show"
    return url_for(page, account_id=account.id, ticket=ticket.id)


REQUEST_TYPES = (
    RequestType(
        key="locked_out",
        title="I can't sign in",
        help="Password, code, or locked account",
        icon="lock",
        order=10,
        form=lambda: LockedOutForm,
        priority="high",
        target_hours=8,
        pii_rule="A user name is enough. Never send a password.",
        work=WorkScreen(
            label="Reset the password",
            icon="key-round",
            permission=Permission.RESET_PASSWORDS,
            url=reset_url,
        ),
    ),
    RequestType(
        key="staff_change",
        title="Staff joining or leaving",
        help="New account, change access, or close an account",
        icon="users",
        order=20,
        audience=Permission.REQUEST_FOR_AGENCY,
        form=lambda: StaffChangeForm,
        target_hours=16,
        pii_rule="Names of staff are fine here. Names of clients are not.",
        work=WorkScreen(
            label="Set up the account",
            icon="user-cog",
            permission=Permission.MANAGE_ACCOUNTS,
            url=staff_change_url,
        ),
    ),
)
