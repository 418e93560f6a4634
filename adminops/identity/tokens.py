"""Personal tokens: what a program shows in a person's place. Only a hash is stored, and a scope only narrows."""

import secrets
from collections.abc import Collection
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import bindparam, select
from sqlalchemy.orm import joinedload

from adminops import clock
from adminops.db import db
from adminops.errors import Invalid, NotFound
from adminops.facts import TokenMade, TokenRevoked, publish
from adminops.identity.models import ApiToken, User
from adminops.identity.sessions import TOUCH_EVERY, token_hash

BEGINS = "adminops_"
"""How every token begins, so that scanners of source code can find one that was left there."""
LONGEST = timedelta(days=365)
MOST = 20


class TokenScope(StrEnum):
    """What a token may be used for, as far as its owner may do that."""

    def __new__(cls, value: str, sentence: str = "") -> "TokenScope":
        """Keep the sentence beside the value."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.sentence = sentence
        return member

    sentence: str

    READ_TICKETS = "tickets:read", "Read tickets, and what they may be about"
    WRITE_TICKETS = "tickets:write", "File, answer and change tickets"
    LOOK_UP_CLIENTS = "clients:lookup", "Ask whether a person is a client already"


LIVING = (
    select(ApiToken)
    .where(ApiToken.token_hash == bindparam("token_hash"), ApiToken.revoked_at.is_(None))
    .options(joinedload(ApiToken.user).joinedload(User.grants))
)


def make_token(*, name: str, scopes: Collection[TokenScope], lives: timedelta, by: User) -> str:
    """Make a token of `by` and return its text (256 random bits), which is shown once and not stored.

    Raises `Invalid` for no name, no scope, a life that is none or longer than a year, or too many tokens.
    Publishes `TokenMade`.
    """
    name = " ".join(name.split())
    if not name or len(name) > 60 or not name.isprintable():
        raise Invalid("Give it a name of at most 60 letters, such as the program that will use it.", field="name")
    if not scopes:
        raise Invalid("Choose what it may be used for.", field="scopes")
    if not timedelta(0) < lives <= LONGEST:
        raise Invalid("A token lives for at most a year.", field="days")
    if len([token for token in tokens_of(by) if is_living(token)]) >= MOST:
        raise Invalid(f"You have {MOST} tokens already. Revoke one that is no longer used.")
    text, now = BEGINS + secrets.token_urlsafe(32), clock.now()
    token = ApiToken(
        token_hash=token_hash(text),
        user_id=by.id,
        name=name,
        scopes=[scope.value for scope in TokenScope if scope in scopes],
        made_at=now,
        ends_at=now + lives,
    )
    db.session.add(token)
    db.session.flush()
    publish(TokenMade(user_id=by.id, agency_id=by.agency_id, token_id=token.id), by=by)
    return text


def find_token(text: str) -> ApiToken | None:
    """Return the living token of that text with its owner, or None when it ended, was revoked or never was."""
    found = db.session.scalars(LIVING, {"token_hash": token_hash(text)}).unique().one_or_none()
    if found is None or found.ends_at <= clock.now():
        return None
    return found if found.user.may_sign_in else None


def touch_is_due(token: ApiToken) -> bool:
    """Say whether it is time to note again that `token` is in use."""
    return token.last_used_at is None or clock.now() - token.last_used_at > TOUCH_EVERY


def touch_token(token_id: int) -> None:
    """Note that a token is in use."""
    db.session.get_one(ApiToken, token_id).last_used_at = clock.now()


def tokens_of(user: User) -> list[ApiToken]:
    """Return the tokens of `user` that were not revoked, the newest first."""
    kept = select(ApiToken).where(ApiToken.user_id == user.id, ApiToken.revoked_at.is_(None))
    return list(db.session.scalars(kept.order_by(ApiToken.id.desc())))


def is_living(token: ApiToken) -> bool:
    """Say whether `token` can still be used."""
    return token.revoked_at is None and token.ends_at > clock.now()


def revoke_token(token_id: int, *, by: User) -> None:
    """End a token of one's own; it is worthless from now on. Raises `NotFound`. Publishes `TokenRevoked`."""
    token = next((token for token in tokens_of(by) if token.id == token_id), None)
    if token is None:
        raise NotFound("You have no such token. It may have been revoked already.")
    _revoke(token, by)


def revoke_all_tokens(user: User, *, by: User) -> None:
    """End every token of `user`, for good: an account that is opened again needs new ones. Publishes `TokenRevoked`."""
    for token in tokens_of(user):
        _revoke(token, by)


def _revoke(token: ApiToken, by: User) -> None:
    token.revoked_at = clock.now()
    db.session.flush()
    publish(TokenRevoked(user_id=token.user_id, agency_id=None, token_id=token.id), by=by)
