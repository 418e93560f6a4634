"""The verbs of second steps that were lost: ask, agree, refuse."""

from sqlalchemy import select

from accounts.lost_steps import policies
from accounts.lost_steps.models import LostStep, Outcome, Proof
from accounts.lost_steps.queries import who_may_agree
from accounts.models import Account
from accounts.operations.links import hold
from accounts.policies import check_may_reset
from adminops import clock
from adminops.db import db
from adminops.errors import InvalidState, NotAllowed
from adminops.facts import publish
from adminops.facts.proving import LostStepAsked, LostStepRefused, LostStepSettled
from adminops.identity.factors.operations import take_factors_away
from adminops.identity.models import User
from adminops.outbox.messages import enqueue_mail


def ask_for_lost_step(account: Account, *, proof: Proof, by: User) -> LostStep:
    """Ask to have the second step of somebody taken away who has lost app and codes; asked twice, it is the same.

    The person is told at once, and those who may agree. Raises `NotAllowed` (accounts.reset, a higher role, one's
    own), `InvalidState` unless the account is active and has a second step. Publishes `LostStepAsked`.
    """
    hold(account)
    policies.check_may_ask(account, by=by)
    waiting = _waiting(account)
    if waiting is not None and waiting.is_waiting:
        return waiting
    if waiting is not None:
        waiting.outcome, waiting.decided_at = Outcome.EXPIRED, waiting.expires_at
        db.session.flush()
    lost = LostStep(account=account, proof=proof, asked_by=by)
    db.session.add(lost)
    db.session.flush()
    publish(LostStepAsked(account_id=account.id, agency_id=account.agency_id), by=by)
    enqueue_mail("accounts.lost_step_asked", to=account.user, lost=lost.id)
    for colleague in who_may_agree(account, but=by):
        enqueue_mail("accounts.lost_step_waits", to=colleague, lost=lost.id)
    return lost


def agree_to_lost_step(lost: LostStep, *, by: User) -> None:
    """Take the second step away that a colleague asked for: the person sets a new one up at the next sign-in.

    Raises `NotAllowed` (who asked, the person, accounts.reset, a higher role), `InvalidState` when it is over.
    Publishes `FactorRemoved`, `LostStepSettled`.
    """
    hold(lost.account)
    db.session.refresh(lost)
    policies.check_may_agree(lost, by=by)
    _decide(lost, Outcome.DONE, by)
    take_factors_away(lost.account.user, by=by)
    publish(LostStepSettled(account_id=lost.account_id, agency_id=lost.account.agency_id), by=by)


def refuse_lost_step(lost: LostStep, *, by: User) -> None:
    """Refuse it, or take one's own request back: the second step stays. Raises as `agree_to_lost_step`.

    Publishes `LostStepRefused`.
    """
    hold(lost.account)
    db.session.refresh(lost)
    check_may_reset(lost.account, by=by)
    if not lost.is_waiting:
        raise InvalidState("This waits for nobody any more.")
    _decide(lost, Outcome.REFUSED, by)
    publish(LostStepRefused(account_id=lost.account_id, agency_id=lost.account.agency_id), by=by)


def clear_lost_step(account: Account, *, by: User) -> None:
    """Take a second step away at the machine itself, where nobody is left to agree.

    Raises `NotAllowed` for a person: they go through `ask_for_lost_step`. Publishes `FactorRemoved`, `LostStepSettled`.
    """
    if not by.is_system:
        raise NotAllowed("Two of the team have to answer for it.")
    hold(account)
    waiting = _waiting(account)
    if waiting is not None:
        waiting.outcome, waiting.decided_at = Outcome.DONE, clock.now()
    take_factors_away(account.user, by=by)
    publish(LostStepSettled(account_id=account.id, agency_id=account.agency_id), by=by)


def _waiting(account: Account) -> LostStep | None:
    chosen = select(LostStep).where(LostStep.account_id == account.id, LostStep.outcome == Outcome.WAITING)
    return db.session.scalar(chosen.execution_options(populate_existing=True))


def _decide(lost: LostStep, outcome: Outcome, by: User) -> None:
    lost.outcome, lost.decided_by_id, lost.decided_at = outcome, by.id, clock.now()
    db.session.flush()
