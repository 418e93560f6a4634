"""Trusted devices: no second step on them for some days, and no more than that."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import Account, DisabledReason
from accounts.operations import change_password, disable_account, finish_password_reset
from adminops import clock
from adminops.app import AdminOps
from adminops.audit.models import AuditEntry
from adminops.errors import NotAllowed, NotFound
from adminops.identity.factors import operations as factors
from adminops.identity.factors import totp
from adminops.identity.factors.trusting import MOST, days_of_trust, devices_of, end_trust, is_trusted, trust_device
from adminops.identity.models import AuthenticatorApp, TrustedDevice, User, UserSession
from adminops.identity.operations import grant_role, revoke_role, sign_out_elsewhere
from adminops.identity.permissions import Role
from adminops.outbox.models import OutboxMessage
from adminops.settings import current_settings
from tests.browsing import Desk, Visitor
from tests.make import PASSWORD, make_admin, make_agency
from tests.make_accounts import make_account, make_link

NEW = "brass kettle under the pear tree"


@pytest.fixture
def trusting(app: AdminOps) -> Iterator[None]:
    """Let people trust devices for 30 days."""
    with _set(app, trusted_device_days=30):
        yield


@contextmanager
def _set(app: AdminOps, **over: Any) -> Iterator[None]:
    before = app.extensions["settings"]
    app.extensions["settings"] = replace(before, **over)
    try:
        yield
    finally:
        app.extensions["settings"] = before


def with_app(role: Role = Role.END_USER, **over: Any) -> Account:
    """Make somebody with an app for codes."""
    account = make_account(role, password=True, **over)
    secret = factors.begin_app(by=account.user)
    factors.finish_app(totp.code_of(secret, totp.step_of(clock.now())), by=account.user)
    return account


def code_for(session: Session, user: User) -> str:
    """Return the next code of a person's app, and let it be one that was not used."""
    app = session.scalars(select(AuthenticatorApp).where(AuthenticatorApp.user_id == user.id)).one()
    app.last_step = 0
    return totp.code_of(factors.secret_of(app), totp.step_of(clock.now()))


def sign_in(desk: Desk, visitor: Visitor, user: User, *, trust: bool = False) -> str:
    """Sign in by password, and by a code where it is asked for; return where one ended up first."""
    goal = visitor.post("/sign-in", {"username": user.username, "password": PASSWORD}).goal
    if "second-step" in goal:
        with desk.work() as session:
            code = code_for(session, session.get_one(User, user.id))
        visitor.post(goal, {"code": code, **({"trust": "y"} if trust else {})})
    return goal


def test_the_second_step_is_not_asked_for_where_its_owner_said_so(desk: Desk, trusting: None) -> None:
    with desk.work():
        user, other = with_app().user, with_app().user
    here, elsewhere = desk.visitor(), desk.visitor()
    assert "second-step" in sign_in(desk, here, user, trust=True)
    cookies = [each for each in here.client._cookies.values() if each.key.startswith("trusted-")]  # type: ignore[attr-defined]
    assert [(each.path, each.http_only, each.same_site) for each in cookies] == [("/sign-in", True, "Lax")]
    here.post("/sign-out")
    assert "second-step" not in sign_in(desk, here, user)
    with desk.look() as session:
        newest = session.scalars(select(UserSession).order_by(UserSession.id.desc())).first()
        assert newest is not None
        assert newest.confirmed_at is None
        facts = list(
            session.scalars(
                select(AuditEntry.fact).where(AuditEntry.fact.startswith("DeviceTrust")).order_by(AuditEntry.id)
            )
        )
    assert facts == ["DeviceTrusted", "DeviceTrustUsed"]
    assert "/me/confirm" in here.get("/me/second-step/codes", status=302).goal  # it proves nothing afterwards
    here.post("/sign-out")
    assert "second-step" in sign_in(desk, here, other)
    assert "second-step" in sign_in(desk, elsewhere, user)


def test_a_device_is_listed_beside_sessions_and_can_be_taken_off(desk: Desk, trusting: None) -> None:
    with desk.work():
        user, other = with_app().user, with_app().user
    here = desk.visitor()
    sign_in(desk, here, user, trust=True)
    page = here.get("/me/sessions")
    assert page.says("Devices without a second step")
    with desk.look() as session:
        number = session.scalars(select(TrustedDevice.id)).one()
    desk.signed_in(other).post(f"/me/sessions/trusted/{number}/end", status=404)
    here.post(f"/me/sessions/trusted/{number}/end")
    assert not here.get("/me/sessions").says("Devices without a second step")
    here.post("/sign-out")
    assert "second-step" in sign_in(desk, here, user)


def test_nothing_is_offered_where_the_house_trusts_no_device(desk: Desk) -> None:
    with desk.work():
        user = with_app().user
    here = desk.visitor()
    goal = here.post("/sign-in", {"username": user.username, "password": PASSWORD}).goal
    assert not here.get(goal).says("Don’t ask on this device")
    here.post("/sign-out", status=302)
    sign_in(desk, here, user, trust=True)
    with desk.look() as session:
        assert session.scalars(select(TrustedDevice)).all() == []


def _reset(account: Account) -> None:
    link, _ = make_link(account)
    finish_password_reset(link, NEW, by=account.user)


def _changed(account: Account) -> None:
    change_password(account, NEW, by=account.user)


def _disabled(account: Account) -> None:
    disable_account(account, DisabledReason.SECURITY, by=make_admin())


def _role_given(account: Account) -> None:
    grant_role(account.user, Role.AGENCY_LEAD, agency=make_agency(), by=make_admin())


def _role_taken(account: Account) -> None:
    revoke_role(account.user.grants[0], by=make_admin())


def _factor_taken(account: Account) -> None:
    factors.take_factors_away(account.user, by=make_admin())


def _ended_elsewhere(account: Account) -> None:
    sign_out_elsewhere(UserSession(id=0, user_id=account.user_id), by=account.user)


@pytest.mark.parametrize(
    "end", [_reset, _changed, _disabled, _role_given, _role_taken, _factor_taken, _ended_elsewhere]
)
def test_trust_dies_with_what_ends_sessions(session: Session, trusting: None, end: Callable[[Account], None]) -> None:
    account = with_app()
    token = trust_device(device="Firefox on Linux", by=account.user)
    assert is_trusted(token, by=account.user)
    end(account)
    assert devices_of(account.user) == []
    assert not is_trusted(token, by=account.user)


def test_trust_ends_with_its_days_and_when_the_house_thinks_otherwise(
    app: AdminOps, session: Session, trusting: None
) -> None:
    user = with_app().user
    token = trust_device(device="Firefox on Linux", by=user)
    at = clock.now()
    with clock.frozen_at(at + timedelta(days=29)):
        assert is_trusted(token, by=user)
        with _set(app, trusted_device_days=7):
            assert not is_trusted(token, by=user)
    with clock.frozen_at(at + timedelta(days=30, seconds=1)):
        assert not is_trusted(token, by=user)
    assert token.encode() not in session.scalars(select(TrustedDevice.token_hash)).one()
    assert session.scalars(select(OutboxMessage.key)).all()


def test_every_role_of_a_person_has_to_allow_it(app: AdminOps, session: Session, trusting: None) -> None:
    assert [days_of_trust(make_account(role).user) for role in (Role.END_USER, Role.HELP_DESK)] == [30, 30]
    assert [days_of_trust(make_account(role).user) for role in (Role.SYSTEM_ADMIN, Role.MANAGER)] == [0, 0]
    user = with_app().user
    with _set(app, trusted_device_roles="help_desk"), pytest.raises(NotAllowed):
        trust_device(device="Firefox on Linux", by=user)
    user.for_emergencies = True
    assert days_of_trust(user) == 0
    assert current_settings().trusted_device_days == 30


def test_a_person_has_a_few_devices_and_ends_their_own_alone(session: Session, trusting: None) -> None:
    user, other = with_app().user, with_app().user
    for _ in range(MOST + 2):
        trust_device(device="Firefox on Linux", by=user)
    assert len(devices_of(user)) == MOST
    with pytest.raises(NotFound):
        end_trust(devices_of(user)[0].id, by=other)
