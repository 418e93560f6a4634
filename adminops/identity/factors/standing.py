"""How somebody's second step stands: what there is, and whether there has to be one."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, func, or_, select

from adminops import clock
from adminops.db import db
from adminops.identity.models import AuthenticatorApp, RecoveryCode, SecurityKey, User
from adminops.settings import current_settings


@dataclass(frozen=True)
class Standing:
    """What a person signs in with besides the password, and what the house asks for."""

    app_since: datetime | None
    keys: int
    codes_left: int
    required: bool
    due_at: datetime | None

    @property
    def has_factor(self) -> bool:
        """Whether a second step is asked for at sign-in."""
        return self.app_since is not None or self.keys > 0


def standing_of(user: User) -> Standing:
    """Return how the second step of a person stands, in one read."""
    since = select(AuthenticatorApp.made_at).where(AuthenticatorApp.user_id == user.id, AuthenticatorApp.in_use)
    left = select(func.count(RecoveryCode.id)).where(RecoveryCode.user_id == user.id, RecoveryCode.used_at.is_(None))
    keys = select(func.count(SecurityKey.id)).where(SecurityKey.user_id == user.id)
    parts = (since.scalar_subquery(), keys.scalar_subquery(), left.scalar_subquery())
    app_since, number, codes_left = db.session.execute(select(*parts)).one()
    return Standing(app_since, number, codes_left, is_required(user), user.factor_due_at)


def has_factor(user: User) -> bool:
    """Say whether a person has a second step, which is then asked for."""
    app = exists().where(AuthenticatorApp.user_id == user.id, AuthenticatorApp.in_use)
    key = exists().where(SecurityKey.user_id == user.id)
    return bool(db.session.scalar(select(or_(app, key))))


def is_required(user: User) -> bool:
    """Say whether a person needs a second step: a role of theirs asks for it, or a password that is short without.

    Not where invented people are: whoever looks around in the demo signs in with one click. Nor with an account for
    emergencies: its passphrase is long and sealed, and no phone has to be found.
    """
    settings = current_settings()
    if user.for_emergencies or (settings.demo_allowed and settings.demo_mark.exists()):
        return False
    asking = set(settings.second_factor_roles.split())
    return user.password_is_short or not asking.isdisjoint(role.value for role in user.roles)


def is_overdue(user: User) -> bool:
    """Say whether a person should have set up a second step by now and has not. Reads only."""
    due = user.factor_due_at
    return due is not None and due <= clock.now() and is_required(user) and not has_factor(user)


def must_set_up(user: User) -> bool:
    """Say whether a person without a second step has to set one up now; the first time, note until when it may wait."""
    if not is_required(user):
        return False
    if user.factor_due_at is None:
        grace = timedelta(days=current_settings().second_factor_grace_days)
        user.factor_due_at = clock.now() + grace
        db.session.flush()
    return user.factor_due_at <= clock.now()
