"""What runs out holds an account: in sight two weeks before, let go when it is renewed, never more than a few a day."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.agreements.operations import publish_text, sign
from accounts.agreements.queries import today
from accounts.jobs import hold_what_lapses, settle
from accounts.lapses.cap import MOST_A_DAY
from accounts.lapses.operations import hold_agency
from accounts.models import Account, AccountState, Hold, HoldKind
from accounts.operations import place_hold
from adminops import clock
from adminops.errors import InvalidState, NotAllowed
from adminops.identity.models import SYSTEM
from adminops.identity.permissions import Role
from adminops.outbox.models import OutboxMessage
from tests.agencies.test_agreements import make_mou
from tests.browsing import Desk
from tests.make import make_admin, make_agency, make_user
from tests.make_accounts import make_account
from tests.make_training import make_class, make_completion, make_course, make_trainer, put_in
from training.models import LearnerState
from training.operations import mark_attendance

S, K = AccountState, HoldKind
TEXT = "I keep what I learn of clients to myself, use my own password only, and report what goes wrong at once. " * 3


def _sign(account: Account, days: int) -> None:
    text = publish_text(TEXT, valid_days=days, for_everybody=False, by=SYSTEM)
    sign(account, text, typed_name=account.user.name, by=account.user)


def _holds(account: Account) -> list[tuple[HoldKind, bool]]:
    account.holds[:] = account.holds
    return [(hold.kind, hold.is_open) for hold in account.holds if hold.released_at is None]


def test_signature_that_runs_out_holds_from_the_day_after_and_a_new_one_opens(session: Session) -> None:
    account, never = make_account(), make_account()
    _sign(account, 20)
    hold_what_lapses()
    assert session.scalar(select(func.count(Hold.id))) == 0, "who never signed is not shut out"
    now = clock.now()
    with clock.frozen_at(now + timedelta(days=10)):
        hold_what_lapses()
        hold_what_lapses()
        assert (_holds(account), account.state) == ([(K.AGREEMENT, False)], S.ACTIVE)
    assert [mail.kind for mail in session.scalars(select(OutboxMessage))] == ["accounts.sign"]
    with clock.frozen_at(now + timedelta(days=21)):
        settle()
        assert (_holds(account), account.state) == ([(K.AGREEMENT, True)], S.DISABLED)
        place_hold(account, K.SECURITY, by=SYSTEM)
        _sign(account, 365)
        assert _holds(account) == [(K.SECURITY, True)], "what else holds it still does"
    assert (never.state, _holds(never)) == (S.ACTIVE, [])


def test_training_that_runs_out_holds_and_a_class_in_time_takes_it_back(session: Session) -> None:
    account, late = make_account(), make_account()
    course = make_course(is_required=True, valid_months=12)
    day = today()
    make_completion(course, account.user, on=day - timedelta(days=360), expires_on=day + timedelta(days=5))
    make_completion(course, late.user, on=day - timedelta(days=400), expires_on=day - timedelta(days=35))
    hold_what_lapses()
    assert _holds(account) == _holds(late) == [(K.TRAINING, False)]
    [hold] = late.holds
    assert hold.begins_at > clock.now() + timedelta(days=2), "nobody is shut out without a warning"
    offering, trainer = make_class(course, in_days=-1), make_trainer()
    put_in(offering, account.user)
    mark_attendance(offering, account.user, LearnerState.ATTENDED, by=trainer)
    assert _holds(account) == []
    with clock.frozen_at(clock.now() + timedelta(days=4)):
        settle()
        hold_what_lapses()
        assert (account.state, late.state) == (S.ACTIVE, S.DISABLED)


def test_only_a_few_are_held_a_day(session: Session) -> None:
    people = [make_account() for _ in range(MOST_A_DAY + 2)]
    for account in people:
        _sign(account, 3)
    for days, count in ((0, MOST_A_DAY), (0, MOST_A_DAY), (1, MOST_A_DAY + 2)):
        with clock.frozen_at(clock.now() + timedelta(days=days)):
            hold_what_lapses()
            assert session.scalar(select(func.count(Hold.id))) == count


def test_agency_without_an_agreement_is_closed_by_a_person_and_opens_with_the_new_one(session: Session) -> None:
    agency, manager = make_agency(), make_user(Role.MANAGER)
    one, left = make_account(agency=agency), make_account(agency=agency, state=S.DISABLED)
    other = make_account()
    with pytest.raises(InvalidState, match="has run out"):
        hold_agency(agency, by=manager)
    make_mou(agency, -400, -36)
    hold_what_lapses()
    assert one.state is S.ACTIVE, "the clock closes no house"
    with pytest.raises(NotAllowed):
        hold_agency(agency, by=make_admin())
    assert hold_agency(agency, by=manager) == 1
    assert (one.state, other.state) == (S.DISABLED, S.ACTIVE)
    make_mou(agency)
    assert (one.state, left.state) == (S.ACTIVE, S.DISABLED)


def test_manager_closes_an_agency_on_its_page(desk: Desk) -> None:
    with desk.work():
        agency, manager = make_agency(), make_user(Role.MANAGER)
        account = make_account(agency=agency)
        lead = make_user(Role.AGENCY_LEAD, agency=agency)
        make_mou(agency, -400, -36)
    visitor, url = desk.signed_in(manager), f"/accounts/agencies/{agency.id}/hold"
    assert visitor.get(f"/agencies/{agency.id}").link("Close its accounts") == url
    assert visitor.get(url).says("1 account")
    desk.signed_in(lead).get(url, status=403)
    assert visitor.post(url, follow=True).says("1 account is closed")
    with desk.look() as session:
        assert session.get_one(Account, account.id).state is S.DISABLED
    assert visitor.post(url, follow=True).says("0 accounts")
