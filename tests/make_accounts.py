"""Makers of accounts."""

from typing import Any

from accounts.models import Account, AccountState, Hold, HoldKind, PasswordReset
from accounts.operations import start_password_reset
from accounts.outside.models import IdentityProvider
from accounts.outside.operations import save_provider
from accounts.tokens import token_of
from adminops import clock
from adminops.db import db
from adminops.identity.models import SYSTEM, Agency, User
from adminops.identity.permissions import Role
from tests.make import give_password, make_admin, make_user
from tests.services.provider import CLIENT_ID, SECRET


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


def make_provider(issuer: str, *, agency: Agency | None = None, **over: Any) -> IdentityProvider:
    """Add the identity provider at `issuer`, believed for addresses under harbor.example.org."""
    values: dict[str, Any] = {
        "name": "Harbor Sign-in",
        "client_id": CLIENT_ID,
        "secret": SECRET,
        "domains": ["harbor.example.org"],
        "has_second_step": False,
        **over,
    }
    return save_provider(None, issuer=issuer, agency=agency, **values, by=make_admin())
