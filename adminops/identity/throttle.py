"""Slowing down guesses without letting a stranger lock a person out.

Tries are counted by meters: leaking buckets that fill with failures and run down with time. Signing in fills three:
the account from one network, the network, and the account from anywhere. The first two back off up to 15 minutes, the
last one to half a minute. A person who has signed in on a device before is counted by that device alone, so neither
somebody else's guesses from far away nor a neighbour's behind the same address keep the owner out.

A right password empties the account's own meters; the network's runs down by itself.

A fourth one stops: after a hundred failures in a row an account takes no password any more from devices that its owner
never signed in on, whatever address they come from (NIST SP 800-63B, 3.2.2). It never keeps the owner out: the devices
they know have meters of their own, a link by mail sets a new password and begins anew, and so does an administrator.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from adminops import clock
from adminops.db import db
from adminops.identity.models import SignInThrottle


@dataclass(frozen=True)
class Limit:
    """`free` tries cost nothing; each further one doubles the wait, from `first` up to `longest`.

    One try is forgiven in every `forgives`, so `free` is also what may be made at once after a quiet while.
    """

    free: int
    longest: timedelta
    forgives: timedelta
    first: timedelta = timedelta(seconds=1)
    """The first wait."""
    kept: timedelta = timedelta(0)
    """How long it is remembered although nothing is counted by it."""

    @property
    def stops(self) -> bool:
        """Whether it ends the tries instead of slowing them."""
        return self.kept > timedelta(0)


FORGET_AFTER = timedelta(days=1)
"""A meter that nothing was counted by for so long has run down and may be deleted."""

HERE = Limit(free=5, longest=timedelta(minutes=15), forgives=timedelta(minutes=10))
NETWORK = Limit(free=30, longest=timedelta(minutes=15), forgives=timedelta(minutes=1))
ANYWHERE = Limit(free=20, longest=timedelta(seconds=30), forgives=timedelta(minutes=3))
STOPPED_FOR = timedelta(days=30)
MOST = Limit(free=100, longest=STOPPED_FOR, forgives=timedelta(days=3650), first=STOPPED_FOR, kept=STOPPED_FOR)


@dataclass(frozen=True)
class Meter:
    """What is counted together: `subject` (a user name, a network) for the purpose `kind`, under `limit`."""

    kind: str
    subject: str
    limit: Limit

    @property
    def key(self) -> bytes:
        """What is stored instead of the subject: nobody needs to read names and addresses there."""
        return hashlib.sha256(f"{self.kind}\x00{self.subject}".encode()).digest()


def sign_in_meters(username: str, network: str, device: str | None = None) -> tuple[Meter, ...]:
    """Return what a try for `username` is counted by; `device` names one on which that person signed in before."""
    if device:
        named = f"{username}\x00{device}"
        return (Meter("device", named, HERE), Meter("device most", named, MOST))
    return (
        Meter("here", f"{username}\x00{network}", HERE),
        *account_meters(username),
        Meter("network", network, NETWORK),
    )


def account_meters(username: str) -> tuple[Meter, ...]:
    """Return what tries for `username` are counted by wherever they come from."""
    return (Meter("anywhere", username, ANYWHERE), most_of(username))


def most_of(username: str) -> Meter:
    """Return what stops tries for `username` from strange devices."""
    return Meter("most", username, MOST)


def second_step_meters(user_id: int, device: str | None = None) -> tuple[Meter, ...]:
    """Return what codes of the second step are counted by: who tries them has the password already."""
    return (Meter("second", f"{user_id}\x00{device or ''}", HERE),)


def confirming_meters(user_id: int) -> tuple[Meter, ...]:
    """Return what passwords are counted by that a signed-in person is asked for again."""
    return (Meter("confirm", str(user_id), HERE),)


def seconds_to_wait(meters: Sequence[Meter]) -> int:
    """Return how long a try has to wait; 0 when it may go ahead.

    It takes the meters for this transaction, so that a hundred tries at once are judged one after the other.
    """
    now = clock.now()
    waits = [(row.blocked_until - now).total_seconds() for row in _take(meters).values() if row.blocked_until]
    return max((math.ceil(wait) for wait in waits if wait > 0), default=0)


def is_blocked(meters: Sequence[Meter]) -> bool:
    """Say whether a try has to wait, by a look that takes nothing; `seconds_to_wait` is what decides."""
    waits = SignInThrottle.blocked_until > clock.now()
    chosen = select(SignInThrottle.key).where(SignInThrottle.key.in_([meter.key for meter in meters]), waits)
    return db.session.scalar(chosen.limit(1)) is not None


def note_failure(meters: Sequence[Meter]) -> bool:
    """Count a failed try; say whether it was the one that stops further ones."""
    now = clock.now()
    rows = _take(meters)
    stopped = False
    for meter in meters:
        row = rows[meter.key]
        row.failures = max(0.0, row.failures - (now - row.last_failure_at) / meter.limit.forgives) + 1
        row.last_failure_at = now
        row.blocked_until = _blocked_until(row.failures, meter.limit, now)
        row.kept_until = now + meter.limit.kept if meter.limit.stops else None
        stopped = stopped or (meter.limit.stops and round(row.failures) == meter.limit.free)
    db.session.flush()
    return stopped


def clear_failures(meters: Sequence[Meter]) -> None:
    """Forget the failures of an account after a right password (those of its network stay)."""
    for row in _take([meter for meter in meters if meter.kind != "network"]).values():
        row.failures, row.blocked_until, row.kept_until = 0.0, None, None
    db.session.flush()


def hold_meters(meters: Sequence[Meter]) -> None:
    """Take meters before their person's row, as a sign-in does: whoever takes both in another order may block it."""
    _take(meters)


def _blocked_until(failures: float, limit: Limit, now: datetime) -> datetime | None:
    over = round(failures) - limit.free
    return None if over < 0 else now + min(limit.first * 2 ** min(over, 12), limit.longest)


def _take(meters: Sequence[Meter]) -> dict[bytes, SignInThrottle]:
    """Return the rows of `meters`, made where missing and locked; always in the same order, against deadlocks."""
    keys = sorted({meter.key for meter in meters})
    insert = postgresql.insert if db.session.get_bind().dialect.name == "postgresql" else sqlite.insert
    fresh = [{"key": key, "failures": 0.0, "last_failure_at": clock.now()} for key in keys]
    db.session.execute(insert(SignInThrottle).on_conflict_do_nothing(), fresh)
    chosen = (
        select(SignInThrottle)
        .where(SignInThrottle.key.in_(keys))
        .order_by(SignInThrottle.key)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {row.key: row for row in db.session.scalars(chosen)}
