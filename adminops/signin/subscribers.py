"""What somebody is told at once when the way they sign in changed: if it was not them, they can still act."""

from adminops import clock
from adminops.db import db
from adminops.facts.proving import FactorAdded, FactorRemoved, RecoveryCodeUsed, SecondStepFailed
from adminops.identity.models import User
from adminops.outbox.messages import enqueue_mail


def tell_owner(fact: FactorAdded | FactorRemoved | RecoveryCodeUsed | SecondStepFailed, by: User) -> None:
    """Write to the person whose second step was changed, stood in for or guessed at."""
    del by
    owner = db.session.get_one(User, fact.user_id)
    kind = "" if isinstance(fact, RecoveryCodeUsed | SecondStepFailed) else fact.kind
    enqueue_mail("signin.second_step", to=owner, what=fact.name, factor=kind, at=int(clock.now().timestamp()))
