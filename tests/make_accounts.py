"""Makers of accounts."""

from typing import Any

from accounts.models import Account, AccountState, Hold, HoldKind, PasswordReset
from accounts.operations import start_password_reset
from accounts.tokens import token_of
from adminops import clock
from adminops.db import db
from adminops.identity.models import SYSTEM, Agency, User
from adminops.identity.permissions import Role
from tests.make import give_password, make_user


def make_account(
    role: Role | None = Role.END_USER,
    *,
    agency: Agency | None = None,
    state: AccountState = AccountState.ACTIVE,
    password: bool = False,
    user: User | None = None,
    kept_in: str = "local",
    **person: Any,
) -> Account:
    """Make a person with an account; `password` lets them sign in with the usual one."""
    active = state is AccountState.ACTIVE
    user = user or make_user(role, agency=agency, may_sign_in=active, **person)
    account = Account(user=user, agency_id=user.agency_id, state=state, kept_in=kept_in)
    account.activated_at = clock.now() if active else None
    db.session.add(account)
    if state in (AccountState.DISABLED, AccountState.ARCHIVED):
        db.session.add(Hold(account=account, kind=HoldKind.ADMIN, reason=None))
    db.session.flush()
    if password:
        give_password(user)
    return account


def make_link(account: Account) -> tuple[PasswordReset, str]:
    """Start a reset of `account`; return its row and the token in the mail."""
    link = start_password_reset(account, by=SYSTEM)
    return link, token_of(link)
