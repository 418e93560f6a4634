"""A lost second step: two of the team answer for it, and the person hears of it."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.lost_steps import operations
from accounts.lost_steps.models import LostStep, Outcome, Proof
from accounts.models import Account
from adminops import clock
from adminops.audit.models import AuditEntry
from adminops.db import savepoint
from adminops.errors import InvalidState, NotAllowed
from adminops.identity.factors.standing import has_factor, must_set_up
from adminops.identity.models import SYSTEM, RecoveryCode, User
from adminops.identity.permissions import Role
from adminops.identity.sessions import sessions_of, start_session
from tests.accounts.mailing import mails_to
from tests.browsing import Desk
from tests.identity.test_second_step import _with_app
from tests.identity.test_sessions import IDLE
from tests.make import make_user
from tests.make_accounts import make_account


def _lost(role: Role = Role.END_USER, *, by: User) -> tuple[Account, LostStep]:
    account = make_account(role)
    _with_app(account.user)
    return account, operations.ask_for_lost_step(account, proof=Proof.CALLED_BACK, by=by)


def test_another_of_the_team_agrees_and_the_person_sets_up_anew(session: Session) -> None:
    grace, tomas = make_user(Role.HELP_DESK), make_user(Role.HELP_DESK)
    account, lost = _lost(by=grace)
    assert operations.ask_for_lost_step(account, proof=Proof.IN_PERSON, by=tomas).id == lost.id
    start_session(account.user, device="", hours=12)
    for nobody in (grace, account.user):
        with pytest.raises(NotAllowed):
            operations.agree_to_lost_step(lost, by=nobody)
    assert has_factor(account.user)
    operations.agree_to_lost_step(lost, by=tomas)
    assert not has_factor(account.user)
    assert session.scalars(select(RecoveryCode)).all() == []
    assert sessions_of(account.user, idle=IDLE) == []
    account.user.password_is_short = True
    assert must_set_up(account.user), "at once: two weeks would be a door left open"
    with pytest.raises(InvalidState):
        operations.agree_to_lost_step(lost, by=tomas)
    theirs = select(AuditEntry.fact).where(AuditEntry.actor_id.in_((grace.id, tomas.id)))
    said = session.scalars(theirs.order_by(AuditEntry.id)).all()
    assert said == ["LostStepAsked", "FactorRemoved", "LostStepSettled"]


def test_d10_help_desk_takes_no_second_step_of_a_higher_role_away(session: Session) -> None:
    agent, admin, manager = make_user(Role.HELP_DESK), make_user(Role.SYSTEM_ADMIN), make_user(Role.MANAGER)
    account, lost = _lost(Role.SYSTEM_ADMIN, by=admin)
    with pytest.raises(NotAllowed, match="higher role"):
        operations.ask_for_lost_step(account, proof=Proof.IN_PERSON, by=agent)
    with pytest.raises(NotAllowed, match="higher role"):
        operations.agree_to_lost_step(lost, by=agent)
    operations.refuse_lost_step(lost, by=manager)
    assert (lost.outcome, has_factor(account.user)) == (Outcome.REFUSED, True)


def test_it_waits_three_days_and_can_be_asked_anew(session: Session) -> None:
    grace, tomas = make_user(Role.HELP_DESK), make_user(Role.HELP_DESK)
    account, lost = _lost(by=grace)
    with clock.frozen_at(clock.now() + timedelta(days=4)):
        with pytest.raises(InvalidState, match="any more"), savepoint():
            operations.agree_to_lost_step(lost, by=tomas)
        again = operations.ask_for_lost_step(account, proof=Proof.IN_PERSON, by=grace)
        assert (lost.outcome, again.is_waiting) == (Outcome.EXPIRED, True)


def test_nobody_asks_for_themselves_or_where_there_is_nothing_to_lose(session: Session) -> None:
    agent = make_account(Role.HELP_DESK)
    _with_app(agent.user)
    with pytest.raises(NotAllowed, match="their own"):
        operations.ask_for_lost_step(agent, proof=Proof.IN_PERSON, by=agent.user)
    with pytest.raises(InvalidState, match="no second step"):
        operations.ask_for_lost_step(make_account(), proof=Proof.IN_PERSON, by=agent.user)
    with pytest.raises(NotAllowed):
        operations.clear_lost_step(agent, by=make_user(Role.MANAGER))
    operations.clear_lost_step(agent, by=SYSTEM)
    assert not has_factor(agent.user)


def test_pages_from_the_call_to_the_second_word(desk: Desk) -> None:
    with desk.work():
        grace, tomas = make_user(Role.HELP_DESK), make_user(Role.HELP_DESK)
        account = make_account()
        _with_app(account.user)
    asking, agreeing, here = desk.signed_in(grace), desk.signed_in(tomas), f"/accounts/{account.id}"
    link = asking.get(here).link("It is lost")
    asking.get(link)
    assert asking.post(link, {"proof": "a feeling"}, status=422).says("Choose")
    assert asking.post(link, {"proof": "called_back"}, follow=True).says("Somebody else of the team has to agree")
    assert not asking.get(link).says("Agree and take it away")
    asking.post(f"{link}/decide", {"agree": "yes"}, status=403)
    assert [mail.subject for mail in mails_to(desk, account.user.email)][-1] == "Have you lost your second step?"
    assert mails_to(desk, tomas.email)[-1].subject == "A lost second step waits for your word"
    page = agreeing.get(agreeing.get(here).link("Look at what waits"))
    assert page.says("Agree and take it away")
    assert agreeing.post(f"{link}/decide", {"agree": "yes"}, follow=True).says("sets a new second step up")
    agreeing.post(f"{link}/decide", {"agree": "yes"}, status=404)
    assert agreeing.get(link).says("no second step")
    desk.signed_in(account.user).get(link, status=403)
