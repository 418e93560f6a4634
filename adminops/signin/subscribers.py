"""What somebody is told at once when the way they sign in changed: if it was not them, they can still act."""

from adminops import clock
from adminops.db import db
from adminops.facts.proving import (
    DeviceTrusted,
    FactorAdded,
    FactorRemoved,
    RecoveryCodeUsed,
    SecondStepFailed,
    SignInStopped,
)
from adminops.identity.models import User
from adminops.outbox.messages import enqueue_mail
from adminops.signin.queries import people_to_tell_of


def tell_owner(
    fact: FactorAdded | FactorRemoved | RecoveryCodeUsed | SecondStepFailed | DeviceTrusted, by: User
) -> None:
    """Write to the person whose second step was changed, stood in for or guessed at."""
    del by
    owner = db.session.get_one(User, fact.user_id)
    kind = "" if not isinstance(fact, FactorAdded | FactorRemoved) else fact.kind
    enqueue_mail("signin.second_step", to=owner, what=fact.name, factor=kind, at=int(clock.now().timestamp()))


def tell_of_guessing(fact: SignInStopped, by: User) -> None:
    """Write to who guards the agency's accounts, and to the owner, that somebody guesses at a password."""
    del by
    owner, at = db.session.get_one(User, fact.user_id), int(clock.now().timestamp())
    enqueue_mail("signin.second_step", to=owner, what=fact.name, factor="", at=at)
    for person in people_to_tell_of(owner):
        enqueue_mail("signin.guessed_at", to=person, user_id=owner.id, at=at)
