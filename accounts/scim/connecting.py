"""The tokens of providers: made, shown once, rotated by two that overlap, revoked."""

import secrets
from datetime import timedelta

from sqlalchemy import delete, select

from accounts.outside.models import IdentityProvider
from accounts.outside.operations import check_may_keep
from accounts.scim.models import ScimCall, ScimConnection, ScimToken
from accounts.scim.queries import KEPT, find_connection, tokens_of
from adminops import clock
from adminops.db import db
from adminops.errors import Invalid
from adminops.facts import publish
from adminops.facts.outside import ScimTokenMade, ScimTokenRevoked
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.identity.sessions import TOUCH_EVERY, token_hash
from adminops.outbox.messages import enqueue_mail

BEGINS = "adminops_scim_"
"""How every token begins, so that scanners of source code can find one that was left there."""
LONGEST = timedelta(days=366)
MOST_AT_ONCE = 2
"""The one in use, and the one that takes its place."""


def make_scim_token(provider: IdentityProvider, *, speaker: User, lives: timedelta, by: User) -> str:
    """Let a provider tell of the people of the speaker's agency; return the token, shown once and not stored.

    The speaker asks for accounts on the agency's behalf: what the provider asks for, it asks in that person's name,
    and the person is told so by mail. A token made later with another one changes it for both. Raises `NotAllowed`
    (accounts.providers), `Invalid` for a speaker who may not ask, an agency that the provider does not vouch for, a
    life that is none or longer than a year, or a third token. Publishes `ScimTokenMade`.
    """
    check_may_keep(by)
    agency_id = speaker.agency_id
    if agency_id is None or not may_speak(speaker, agency_id):
        raise Invalid("Choose somebody who asks for accounts on the agency's behalf.", field="speaker")
    if provider.agency_id not in (None, agency_id):
        raise Invalid("This provider vouches for another agency.", field="speaker")
    if not timedelta(0) < lives <= LONGEST:
        raise Invalid("A token lives for at most a year.", field="days")
    connection = find_connection(provider, agency_id) or ScimConnection(provider=provider, agency_id=agency_id)
    is_new_speaker = connection.speaker_id != speaker.id
    connection.speaker_id = speaker.id
    db.session.add(connection)
    db.session.flush()
    db.session.execute(select(ScimConnection.id).where(ScimConnection.id == connection.id).with_for_update())
    living = [token for token in tokens_of([connection]).get(connection.id, ()) if token.is_living]
    if len(living) >= MOST_AT_ONCE:
        raise Invalid(f"There are {MOST_AT_ONCE} tokens already. Revoke the one that is no longer used.")
    text, now = BEGINS + secrets.token_urlsafe(32), clock.now()
    token = ScimToken(
        connection_id=connection.id, token_hash=token_hash(text), made_at=now, made_by_id=by.id, ends_at=now + lives
    )
    db.session.add(token)
    db.session.flush()
    publish(ScimTokenMade(provider_id=provider.id, agency_id=agency_id, token_id=token.id), by=by)
    if is_new_speaker:
        enqueue_mail("accounts.speaks", to=speaker, connection_id=connection.id, at=int(now.timestamp()))
    return text


def may_speak(person: User, agency_id: int) -> bool:
    """Say whether a person of an agency asks for accounts on its behalf, and has an account that is open."""
    return (
        person.may_sign_in
        and person.agency_id == agency_id
        and person.reach(Permission.REQUEST_FOR_AGENCY).covers(agency_id)
    )


def revoke_scim_token(token: ScimToken, *, by: User) -> None:
    """End a token: calls with it are refused from now on. Raises `NotAllowed`. Publishes `ScimTokenRevoked`."""
    check_may_keep(by)
    if token.revoked_at is not None:
        return
    token.revoked_at, connection = clock.now(), token.connection
    db.session.flush()
    publish(
        ScimTokenRevoked(provider_id=connection.provider_id, agency_id=connection.agency_id, token_id=token.id), by=by
    )


def touch(token: ScimToken) -> None:
    """Note that a token is in use."""
    if token.last_used_at is None or clock.now() - token.last_used_at > TOUCH_EVERY:
        token.last_used_at = clock.now()


def forget_calls() -> None:
    """Delete what is kept of calls of long ago; what they changed is on the audit trail."""
    db.session.execute(delete(ScimCall).where(ScimCall.at < clock.now() - KEPT))
