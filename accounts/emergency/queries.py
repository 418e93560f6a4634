"""Reads of accounts for emergencies: which there are, how they stand, and who is told."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from accounts.models import Account, AccountState
from adminops import clock
from adminops.db import db
from adminops.feature import Finding
from adminops.identity.models import RoleGrant, User
from adminops.identity.permissions import Role
from adminops.settings import current_settings

DRILL_EVERY = timedelta(days=90)
TOLD = (Role.SECURITY_OFFICER, Role.MANAGER, Role.SYSTEM_ADMIN)
IN_USE = (AccountState.INVITED, AccountState.ACTIVE)
ABOUT = "emergency accounts"


@dataclass(frozen=True)
class Readiness:
    """Whether an account for emergencies can be relied on; `lacks` says what is to be done, if anything is."""

    account: Account
    lacks: str


def emergency_accounts() -> Sequence[Account]:
    """Return the accounts for emergencies that are in use."""
    chosen = select(Account).join(User, User.id == Account.user_id).where(User.for_emergencies)
    chosen = chosen.where(Account.state.in_(IN_USE)).options(joinedload(Account.user)).order_by(Account.id)
    return db.session.scalars(chosen).all()


def readiness() -> list[Readiness]:
    """Return how the accounts for emergencies stand: tried within three months, with a new passphrase since."""
    return [Readiness(account, _lacks(account.user)) for account in emergency_accounts()]


def _lacks(user: User) -> str:
    tried, chosen = user.last_sign_in_at, user.password_set_at
    if chosen is None:
        return "Nobody has chosen its passphrase yet."
    if tried is not None and tried > chosen:
        return "It was used: choose a new passphrase, and seal it."
    if _is_old(tried):
        return "It was not tried for three months: sign in with it once, then choose a new passphrase and seal it."
    return ""


def _is_old(tried: datetime | None) -> bool:
    return tried is None or tried < clock.now() - DRILL_EVERY


def who_is_told() -> Sequence[User]:
    """Return who hears of each use: security officers, managers and administrators."""
    holders = select(RoleGrant.user_id).where(RoleGrant.role.in_(TOLD))
    chosen = select(User).where(User.may_sign_in, ~User.for_emergencies, User.id.in_(holders)).order_by(User.id)
    return db.session.scalars(chosen).all()


def has_administrator() -> bool:
    """Say whether somebody can administer the accounts already, or is invited to."""
    administers = select(RoleGrant.user_id).where(RoleGrant.role == Role.SYSTEM_ADMIN)
    chosen = select(Account.id).join(User, User.id == Account.user_id).where(~User.for_emergencies)
    return db.session.scalar(chosen.where(Account.state.in_(IN_USE), User.id.in_(administers)).limit(1)) is not None


def of_emergency() -> Iterator[Finding]:
    """Look at the accounts for emergencies; where a directory keeps the passwords, there has to be one."""
    found = readiness()
    if not found and current_settings().directory_url:
        advice = "Make one that works without the directory: `adminops accounts emergency USER …`."
        yield Finding(ABOUT, "warn", "Nobody gets in when the directory is away.", advice)
    for each in found:
        says = each.lacks or "It was tried within three months, and has a new passphrase since."
        advice = "See docs/operations.md, “When nobody gets in”." if each.lacks else ""
        yield Finding(ABOUT, "warn" if each.lacks else "ok", f"{each.account.user.username}: {says}", advice)
