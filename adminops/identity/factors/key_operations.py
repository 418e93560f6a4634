"""The verbs of security keys: ask one, add one, take one away, and prove oneself by one."""

from collections.abc import Sequence

from sqlalchemy import select

from adminops import clock
from adminops.db import db
from adminops.errors import Invalid, NotFound
from adminops.facts import publish
from adminops.facts.proving import FactorAdded, FactorRemoved
from adminops.identity import throttle
from adminops.identity.factors import keys
from adminops.identity.factors.operations import TOO_MANY, check_can_do_without, forget_all
from adminops.identity.factors.standing import standing_of
from adminops.identity.holding import hold_user
from adminops.identity.models import SecurityKey, SignInStep, User, UserSession
from adminops.identity.sessions import end_all_sessions

MOST = 10
WRONG = "That key did not prove it. Try again, or take another way."


def keys_of(user: User) -> Sequence[SecurityKey]:
    """Return the security keys of a person, the oldest first."""
    return db.session.scalars(select(SecurityKey).where(SecurityKey.user_id == user.id).order_by(SecurityKey.id)).all()


def ask_key(place: SignInStep | UserSession, user: User) -> str | None:
    """Return what the browser asks one of the person's keys now; None without a key, or where browsers offer none."""
    mine = keys_of(user) if keys.where() else []
    return keys.asked_to_prove(mine, _challenge(place)) if mine else None


def ask_new_key(place: UserSession, user: User) -> str | None:
    """Return what the browser asks a new key; None where browsers offer none."""
    return keys.asked_to_add(user, keys_of(user), _challenge(place)) if keys.where() else None


def add_key(answer: str, name: str, *, by: User, here: UserSession) -> None:
    """Add the key that signed what this session asked. Other sessions end.

    Raises `Invalid` for no name, too many keys, one that is there already, or one that did not sign this question.
    Publishes `FactorAdded`.
    """
    name = " ".join(name.split())
    if not name or len(name) > 60 or not name.isprintable():
        raise Invalid("Give it a name of at most 60 letters, such as where you keep it.", field="name")
    hold_user(by)
    if len(keys_of(by)) >= MOST:
        raise Invalid(f"You have {MOST} keys already. Take one away first.")
    try:
        credential_id, public_key, count = keys.read_new(answer, _taken(here))
    except keys.NotProven:
        raise Invalid("The key did not answer as it should. Try again.") from None
    if db.session.scalar(select(SecurityKey.id).where(SecurityKey.credential_id == credential_id)):
        raise Invalid("That key is in use already.")
    db.session.add(
        SecurityKey(user_id=by.id, name=name, credential_id=credential_id, public_key=public_key, sign_count=count)
    )
    here.is_limited = False
    db.session.flush()
    end_all_sessions(by, reason="second step changed", keep=here)
    publish(FactorAdded(user_id=by.id, agency_id=by.agency_id, kind="key"), by=by)


def remove_key(key_id: int, *, by: User) -> None:
    """Take one of one's own keys away; without any other second step recovery codes go, too.

    Raises `NotFound`, `InvalidState` when that would leave none where one is needed. Publishes `FactorRemoved`.
    """
    hold_user(by)
    key = next((each for each in keys_of(by) if each.id == key_id), None)
    if key is None:
        raise NotFound("You have no such key. It may have been taken away already.")
    standing = standing_of(by)
    if standing.app_since is None and standing.keys == 1:
        check_can_do_without(by)
        forget_all(by)
    else:
        db.session.delete(key)
    db.session.flush()
    publish(FactorRemoved(user_id=by.id, agency_id=by.agency_id, kind="key"), by=by)


def prove_by_key(
    answer: str, place: SignInStep | UserSession, meters: Sequence[throttle.Meter], *, by: User
) -> str | None:
    """Return None when one of the person's keys signed what `place` asked, once; else a sentence, and it is counted."""
    hold_user(by)
    if throttle.seconds_to_wait(meters):
        return TOO_MANY
    try:
        challenge, asked = _taken(place), keys.id_in(answer)
        key = next((each for each in keys_of(by) if each.credential_id == asked), None)
        if key is None:
            raise keys.NotProven
        key.sign_count = keys.read_proof(answer, key, challenge)
    except keys.NotProven:
        throttle.note_failure(meters)
        return WRONG
    key.last_used_at = clock.now()
    throttle.clear_failures(meters)
    db.session.flush()
    return None


def _challenge(place: SignInStep | UserSession) -> bytes:
    place.challenge = keys.new_challenge()
    db.session.flush()
    return place.challenge


def _taken(place: SignInStep | UserSession) -> bytes:
    """Return what was asked, which may be answered once. Raises `NotProven` when nothing was."""
    challenge, place.challenge = place.challenge, None
    db.session.flush()
    if challenge is None:
        raise keys.NotProven
    return challenge
