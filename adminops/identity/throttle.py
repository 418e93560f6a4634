"""Slowing down guesses without letting a stranger lock a person out.

Failures are counted under three keys: the account from one network, the network, and the account from anywhere. The
first two back off up to 15 minutes; the last one never makes the owner wait longer than half a minute, because anyone
could cause it. A right password clears the account's own counters.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from adminops import clock
from adminops.db import db
from adminops.identity.models import SignInThrottle

FORGET_AFTER = timedelta(hours=1)


@dataclass(frozen=True)
class Limit:
    """After `free` failures each further one makes the key wait twice as long, from a second up to `longest`."""

    free: int
    longest: timedelta


HERE = Limit(free=5, longest=timedelta(minutes=15))
NETWORK = Limit(free=30, longest=timedelta(minutes=15))
ANYWHERE = Limit(free=20, longest=timedelta(seconds=30))


def _keys(username: str, network: str) -> list[tuple[bytes, Limit]]:
    named = (
        ("here", f"{username}\x00{network}", HERE),
        ("network", network, NETWORK),
        ("anywhere", username, ANYWHERE),
    )
    return [(hashlib.sha256(f"{kind}\x00{text}".encode()).digest(), limit) for kind, text, limit in named]


def _rows(keys: Iterable[bytes]) -> dict[bytes, SignInThrottle]:
    chosen = select(SignInThrottle).where(SignInThrottle.key.in_(list(keys))).with_for_update()
    return {row.key: row for row in db.session.scalars(chosen)}


def seconds_to_wait(username: str, network: str) -> int:
    """Return how long a try for `username` from `network` has to wait; 0 when it may go ahead."""
    now = clock.now()
    rows = _rows(key for key, _ in _keys(username, network))
    waits = [(row.blocked_until - now).total_seconds() for row in rows.values() if row.blocked_until]
    return max((int(wait) + 1 for wait in waits if wait > 0), default=0)


def note_failure(username: str, network: str) -> None:
    """Count a failed try."""
    now = clock.now()
    keys = _keys(username, network)
    rows = _rows(key for key, _ in keys)
    for key, limit in keys:
        row = rows.get(key)
        if row is None:
            row = SignInThrottle(key=key, failures=0, last_failure_at=now)
            db.session.add(row)
        if row.last_failure_at + FORGET_AFTER < now:
            row.failures = 0
        row.failures += 1
        row.last_failure_at = now
        row.blocked_until = _blocked_until(row.failures, limit, now)


def _blocked_until(failures: int, limit: Limit, now: datetime) -> datetime | None:
    over = failures - limit.free
    return None if over < 0 else now + min(timedelta(seconds=2 ** min(over, 12)), limit.longest)


def clear_failures(username: str, network: str) -> None:
    """Forget the failures of an account after a right password (those of the network stay)."""
    (here, _), _network, (anywhere, _) = _keys(username, network)
    for row in _rows((here, anywhere)).values():
        db.session.delete(row)
