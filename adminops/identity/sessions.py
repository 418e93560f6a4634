"""Sessions: a row on the server is what counts, so that signing out, disabling and resetting end them at once."""

import hashlib
import re
import secrets
from datetime import timedelta

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import joinedload

from adminops import clock
from adminops.db import db
from adminops.identity.models import SignInStep, TrustedDevice, User, UserSession

# Every request asks for all three: one read, and one statement that is put together once.
LIVING = (
    select(UserSession)
    .where(UserSession.token_hash == bindparam("token_hash"), UserSession.ended_at.is_(None))
    .options(joinedload(UserSession.user).joinedload(User.grants))
)
TOUCH_EVERY = timedelta(seconds=60)


def token_hash(token: str) -> bytes:
    """Return what is stored of a session's token."""
    return hashlib.sha256(token.encode()).digest()


def start_session(user: User, *, device: str, hours: int, is_limited: bool = False, is_confirmed: bool = True) -> str:
    """Open a session of `user` for at most `hours` and return its token (256 random bits), which is not stored.

    In a limited one its owner sets up a second step, and nothing else. One that is not confirmed asks for a proof
    before what could hurt many at once, however young it is.
    """
    token = secrets.token_urlsafe(32)
    now = clock.now()
    db.session.add(
        UserSession(
            token_hash=token_hash(token),
            user_id=user.id,
            device=device,
            started_at=now,
            last_seen_at=now,
            ends_at=now + timedelta(hours=hours),
            confirmed_at=now if is_confirmed else None,
            is_limited=is_limited,
        )
    )
    db.session.flush()
    return token


def find_session(token: str, *, idle: timedelta) -> UserSession | None:
    """Return the living session of `token` with its user, or None when it ended, idled out or never was."""
    found = db.session.scalars(LIVING, {"token_hash": token_hash(token)}).unique().one_or_none()
    now = clock.now()
    if found is None or found.ends_at <= now or found.last_seen_at + idle + TOUCH_EVERY <= now:
        return None
    return found if found.user.may_sign_in else None


def touch_session(session: UserSession) -> None:
    """Note that `session` is in use."""
    session.last_seen_at = clock.now()


def renew_session(session: UserSession) -> str:
    """Note that its owner proved it is them, and return the new token of the session: the one before is worthless."""
    token = secrets.token_urlsafe(32)
    session.token_hash, session.confirmed_at = token_hash(token), clock.now()
    db.session.flush()
    return token


def end_session(session: UserSession, *, reason: str) -> None:
    """End one session; its token is worthless from now on."""
    if session.ended_at is None:
        session.ended_at, session.end_reason = clock.now(), reason
        db.session.flush()


def end_all_sessions(user: User, *, reason: str, keep: UserSession | None = None) -> int:
    """End every living session of `user` (but `keep`) and each half sign-in, and trust no device any more.

    Return how many sessions there were.
    """
    ending = (
        update(UserSession)
        .where(UserSession.user_id == user.id, UserSession.ended_at.is_(None))
        .values(ended_at=clock.now(), end_reason=reason)
    )
    if keep is not None:
        ending = ending.where(UserSession.id != keep.id)
    for table in (SignInStep, TrustedDevice):
        db.session.execute(delete(table).where(table.user_id == user.id))
    return int(db.session.execute(ending).rowcount)  # type: ignore[attr-defined]


def sessions_of(user: User, *, idle: timedelta) -> list[UserSession]:
    """Return the sessions of `user` that a request could still use, the most recently used first."""
    now = clock.now()
    living = (
        select(UserSession)
        .where(
            UserSession.user_id == user.id,
            UserSession.ended_at.is_(None),
            UserSession.ends_at > now,
            UserSession.last_seen_at > now - idle - TOUCH_EVERY,
        )
        .order_by(UserSession.last_seen_at.desc(), UserSession.id.desc())
    )
    return list(db.session.scalars(living))


_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR|Opera", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox|FxiOS", "Firefox"),
    ("Chrome|CriOS", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone|iPad", "iOS"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def device_of(user_agent: str) -> str:
    """Return a few words for a browser's user agent ("Firefox on Windows"): enough to tell one's own devices apart."""
    browser = next((word for pattern, word in _BROWSERS if re.search(pattern, user_agent)), "A browser")
    system = next((word for pattern, word in _SYSTEMS if re.search(pattern, user_agent)), "an unknown system")
    return f"{browser} on {system}"
