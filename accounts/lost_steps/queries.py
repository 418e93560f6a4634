"""Reads of second steps that were lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from accounts.lost_steps.models import WAITS_FOR, LostStep, Outcome
from accounts.models import Account
from adminops import clock
from adminops.db import db
from adminops.identity.models import AuthenticatorApp, RoleGrant, SecurityKey, User
from adminops.identity.permissions import ROLE_PERMISSIONS, Permission, Role

MOST_TOLD = 20


def waiting_of(account: Account) -> LostStep | None:
    """Return what waits for a second word, if anything does."""
    chosen = select(LostStep).where(LostStep.account_id == account.id, LostStep.outcome == Outcome.WAITING)
    found = db.session.scalar(chosen.options(joinedload(LostStep.asked_by)).execution_options(populate_existing=True))
    return found if found is not None and found.is_waiting else None


@dataclass(frozen=True)
class Seen:
    """What the team sees of a person's second step: since when there is one, and whether its loss awaits a word."""

    app_since: datetime | None
    key_since: datetime | None
    waits: bool


def seen_of(account: Account) -> Seen:
    """Return how the second step of an account stands, in one read."""
    since = select(AuthenticatorApp.made_at).where(AuthenticatorApp.user_id == account.user_id, AuthenticatorApp.in_use)
    asked = select(LostStep.asked_at).where(
        LostStep.account_id == account.id,
        LostStep.outcome == Outcome.WAITING,
        LostStep.asked_at > clock.now() - WAITS_FOR,
    )
    first = select(func.min(SecurityKey.added_at)).where(SecurityKey.user_id == account.user_id)
    parts = (since.scalar_subquery(), first.scalar_subquery(), asked.scalar_subquery())
    app_since, key_since, asked_at = db.session.execute(select(*parts)).one()
    return Seen(app_since, key_since, asked_at is not None)


def who_may_agree(account: Account, *, but: User) -> Sequence[User]:
    """Return members of the team who may agree: of a role that starts resets, and not lower than the person's."""
    roles = [
        role for role in Role if Permission.RESET_PASSWORDS in ROLE_PERMISSIONS[role] and role.rank >= account.user.rank
    ]
    chosen = (
        select(User)
        .where(User.may_sign_in, User.id.not_in((account.user_id, but.id)))
        .where(User.id.in_(select(RoleGrant.user_id).where(RoleGrant.role.in_(roles))))
        .order_by(User.id)
        .limit(MOST_TOLD)
    )
    return db.session.scalars(chosen).all()


def newest_of(account: Account, *, since: datetime) -> LostStep | None:
    """Return what was asked last about the second step of an account since a moment."""
    asked = select(LostStep).where(LostStep.account_id == account.id, LostStep.asked_at >= since)
    chosen = asked.order_by(LostStep.id.desc()).limit(1)
    return db.session.scalar(chosen.execution_options(populate_existing=True))
