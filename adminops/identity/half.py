"""Half a sign-in: the password was right, and a code is still to come: ten minutes and five wrong ones at most."""

import secrets
from datetime import timedelta

from sqlalchemy import delete, or_, select

from adminops import clock
from adminops.db import db
from adminops.identity.models import SignInStep, User
from adminops.identity.sessions import token_hash

LIVES = timedelta(minutes=10)
MOST_FAILURES = 5


def begin_half(user: User) -> str:
    """Note that `user` gave the right password; return the token (256 random bits) to go on with."""
    token = secrets.token_urlsafe(32)
    outlived = or_(SignInStep.begun_at <= clock.now() - LIVES, SignInStep.failures >= MOST_FAILURES)
    db.session.execute(delete(SignInStep).where(SignInStep.user_id == user.id, outlived))
    db.session.add(SignInStep(token_hash=token_hash(token), user_id=user.id))
    db.session.flush()
    return token


def find_half(token: str) -> SignInStep | None:
    """Return the half sign-in of that token; None when it ran out, was used, ended or never was."""
    found = db.session.scalar(select(SignInStep).where(SignInStep.token_hash == token_hash(token)))
    if found is None or found.begun_at <= clock.now() - LIVES or found.failures >= MOST_FAILURES:
        return None
    return found if found.user.may_sign_in else None
