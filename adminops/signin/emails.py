"""The mails of signing in: a person hears of every change to how they sign in."""

from adminops.db import db
from adminops.identity.models import User
from adminops.outbox.messages import Mail

SUBJECTS = {
    "FactorAdded": "You sign in with a second step from now on",
    "FactorRemoved": "A second step of yours was taken away",
    "RecoveryCodeUsed": "A recovery code was used to sign in as you",
    "SecondStepFailed": "Somebody who has your password could not sign in",
    "SignInStopped": "Somebody tries passwords for your account",
    "DeviceTrusted": "A device of yours is not asked for your second step for a while",
}

PLACES = {"SignInStopped": "/forgot", "DeviceTrusted": "/me/sessions"}
"""Where a notice leads, if not to the second step."""


def second_step(*, to_id: int, what: str, at: int, factor: str = "") -> Mail:
    """Return the notice of a change; the moment only tells one from the next."""
    del to_id, at
    return Mail(
        subject=SUBJECTS[what],
        template="signin/second_step",
        values={"what": what, "is_key": factor == "key"},
        link=PLACES.get(what, "/me/second-step"),
        link_label="Choose a new password" if what == "SignInStopped" else "Look at your own page",
    )


def guessed_at(*, to_id: int, user_id: int, at: int) -> Mail | None:
    """Return the notice to who guards accounts; None for somebody who is gone."""
    del to_id, at
    user = db.session.get(User, user_id)
    if user is None:
        return None
    return Mail(
        subject="Somebody tries passwords for an account",
        template="signin/guessed_at",
        values={"username": user.username},
        link="/accounts",
        link_label="Open the accounts",
    )
