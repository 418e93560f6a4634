"""The mails of signing in: a person hears of every change to how they sign in."""

from adminops.outbox.messages import Mail

SUBJECTS = {
    "FactorAdded": "You sign in with a second step from now on",
    "FactorRemoved": "A second step of yours was taken away",
    "RecoveryCodeUsed": "A recovery code was used to sign in as you",
    "SecondStepFailed": "Somebody who has your password could not sign in",
}


def second_step(*, to_id: int, what: str, at: int, factor: str = "") -> Mail:
    """Return the notice of a change; the moment only tells one from the next."""
    del to_id, at
    return Mail(
        subject=SUBJECTS[what],
        template="signin/second_step",
        values={"what": what, "is_key": factor == "key"},
        link="/me/second-step",
        link_label="Look at your second step",
    )
