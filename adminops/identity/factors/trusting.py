"""Trusted devices: on one, the second step is not asked for at sign-in for some days. Off, unless settings say so.

A device is a random token in a cookie; only its hash is stored, beside its owner. It stands in for the second step
after a right password and for nothing else: whoever signed in that way is asked for a proof before anything that asks
for one. It dies with all sessions of its owner: a new password, a closed account, another role, another second step.
"""

import secrets
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, select

from adminops import clock
from adminops.db import db
from adminops.errors import NotAllowed, NotFound
from adminops.facts import publish
from adminops.facts.proving import DeviceTrusted, DeviceTrustEnded, DeviceTrustUsed
from adminops.identity.holding import hold_user
from adminops.identity.models import TrustedDevice, User
from adminops.identity.sessions import token_hash
from adminops.settings import current_settings

MOST = 10
"""Devices of one person; a further one takes the place of the oldest."""


def days_of_trust(user: User) -> int:
    """Return for how many days `user` may have a device trusted; 0: not at all.

    Each of their roles has to allow it, and an account for emergencies never may.
    """
    settings = current_settings()
    allowed = set(settings.trusted_device_roles.split())
    may = not user.for_emergencies and bool(user.roles) and {role.value for role in user.roles} <= allowed
    return settings.trusted_device_days if may else 0


def trust_device(*, device: str, by: User) -> str:
    """Trust the device on which its owner has just given the second step; return its token, which is not stored.

    Raises `NotAllowed` where the house does not trust devices, or not for their roles. Publishes `DeviceTrusted`.
    """
    days = days_of_trust(by)
    if not days:
        raise NotAllowed("Your second step is asked for at every sign-in.")
    hold_user(by)
    for oldest in devices_of(by)[MOST - 1 :]:
        db.session.delete(oldest)
    token = secrets.token_urlsafe(32)
    trusted = TrustedDevice(
        token_hash=token_hash(token), user_id=by.id, device=device, ends_at=clock.now() + timedelta(days=days)
    )
    db.session.add(trusted)
    db.session.flush()
    publish(DeviceTrusted(user_id=by.id, agency_id=by.agency_id, device_id=trusted.id, days=days), by=by)
    return token


def is_trusted(token: str | None, *, by: User) -> bool:
    """Say whether `token` is that of a device of `by` that is trusted now, and note its use.

    What the settings say now counts, also for devices of before. Publishes `DeviceTrustUsed`.
    """
    days = days_of_trust(by) if token else 0
    if not token or not days:
        return False
    mine = (TrustedDevice.token_hash == token_hash(token), TrustedDevice.user_id == by.id)
    found = db.session.scalar(select(TrustedDevice).where(*mine))
    if found is None or min(found.ends_at, found.trusted_at + timedelta(days=days)) <= clock.now():
        return False
    found.last_used_at = clock.now()
    db.session.flush()
    publish(DeviceTrustUsed(user_id=by.id, agency_id=by.agency_id, device_id=found.id), by=by)
    return True


def devices_of(user: User) -> Sequence[TrustedDevice]:
    """Return the devices of `user` that are trusted, the newest first."""
    mine = (TrustedDevice.user_id == user.id, TrustedDevice.ends_at > clock.now())
    return db.session.scalars(select(TrustedDevice).where(*mine).order_by(TrustedDevice.id.desc())).all()


def end_trust(device_id: int, *, by: User) -> None:
    """Ask for the second step again on a device of one's own. Raises `NotFound`. Publishes `DeviceTrustEnded`."""
    if device_id not in {each.id for each in devices_of(by)}:
        raise NotFound("You have no such device. It may have been taken off the list already.")
    db.session.execute(delete(TrustedDevice).where(TrustedDevice.id == device_id))
    publish(DeviceTrustEnded(user_id=by.id, agency_id=by.agency_id, device_id=device_id), by=by)
