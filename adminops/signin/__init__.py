"""Signing in and out, the second step, one's own page and sessions, and the look of one's screens."""

from flask import Flask

from adminops.facts.proving import (
    DeviceTrusted,
    FactorAdded,
    FactorRemoved,
    RecoveryCodeUsed,
    SecondStepFailed,
    SignInStopped,
)
from adminops.feature import Feature
from adminops.hmis.resealing import also_sealed
from adminops.identity.factors.operations import SEALED_APPS
from adminops.signin import confirming, emails, second_step, security_keys, subscribers
from adminops.signin.views import blueprint

__all__ = ["confirming", "feature", "second_step", "security_keys"]


def _init_app(_app: Flask) -> None:
    """Have the secrets of apps sealed anew with everything else when the key changes."""
    also_sealed(SEALED_APPS)


feature = Feature(
    name="signin",
    title="Sign-in",
    blueprints=(blueprint,),
    subscribers=(
        *(
            (fact, subscribers.tell_owner)
            for fact in (FactorAdded, FactorRemoved, RecoveryCodeUsed, SecondStepFailed, DeviceTrusted)
        ),
        (SignInStopped, subscribers.tell_of_guessing),
    ),
    mails={"signin.second_step": emails.second_step, "signin.guessed_at": emails.guessed_at},
    init_app=_init_app,
)
