"""Asking again: somebody who is signed in proves that it is them, before what could hurt many at once."""

from adminops.facts import SignInRefused, publish
from adminops.facts.proving import IdentityConfirmed
from adminops.identity import credentials, throttle
from adminops.identity.factors import operations as factors
from adminops.identity.factors.key_operations import prove_by_key
from adminops.identity.factors.standing import has_factor
from adminops.identity.models import User, UserSession

WRONG = "This is not your password."


def confirm_identity(secret: str, *, known_device: str | None = None, by: User) -> str | None:
    """Return None when `secret` is a code of the person's second step, or their password if they have none.

    Else a sentence: it returns instead of raising, because the counted try has to be stored. Publishes
    `IdentityConfirmed` or `SignInRefused`.
    """
    by_code = has_factor(by)
    if by_code:
        refused = factors.prove(secret, throttle.second_step_meters(by.id, known_device), by=by)
    else:
        refused = _prove_password(secret, by)
    if refused in (factors.WRONG, WRONG):
        reason = "code" if by_code else "password"
        publish(SignInRefused(user_id=by.id, agency_id=by.agency_id, reason=reason), by=by)
    elif refused is None:
        publish(IdentityConfirmed(user_id=by.id, agency_id=by.agency_id), by=by)
    return refused


def confirm_by_key(answer: str, session: UserSession, *, known_device: str | None = None, by: User) -> str | None:
    """Return None when a security key of the person signed what this session asked, else a sentence.

    Publishes `IdentityConfirmed` or `SignInRefused`.
    """
    refused = prove_by_key(answer, session, throttle.second_step_meters(by.id, known_device), by=by)
    if refused is None:
        publish(IdentityConfirmed(user_id=by.id, agency_id=by.agency_id), by=by)
    elif refused != factors.TOO_MANY:
        publish(SignInRefused(user_id=by.id, agency_id=by.agency_id, reason="key"), by=by)
    return refused


def _prove_password(password: str, user: User) -> str | None:
    meters = throttle.confirming_meters(user.id)
    # A directory may take seconds: it is asked before anything is held.
    elsewhere = None if throttle.is_blocked(meters) else credentials.ask_elsewhere(user, password)
    if throttle.seconds_to_wait(meters):
        return factors.TOO_MANY
    said = elsewhere or credentials.check(user, password)
    if said.right:
        throttle.clear_failures(meters)
        return None
    if said.sentence:
        return said.sentence
    throttle.note_failure(meters)
    return WRONG
