"""The second step at sign-in: what a person meets, and what somebody who has the password alone gets."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminops import clock
from adminops.app import AdminOps
from adminops.audit.models import AuditEntry
from adminops.errors import InvalidState
from adminops.identity import sessions, throttle
from adminops.identity.factors import operations, recovery, totp
from adminops.identity.factors.standing import has_factor
from adminops.identity.models import AuthenticatorApp, RecoveryCode, User
from adminops.identity.permissions import Role
from adminops.outbox.models import OutboxMessage
from tests.accounts.mailing import mails_to
from tests.browsing import Desk, Visitor
from tests.make import PASSWORD, give_password, make_user
from tests.make_accounts import make_account, make_link

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SECRET = b"12345678901234567890"


# The codes themselves


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_codes_are_those_of_rfc_6238(seconds: int, code: str) -> None:
    assert totp.code_of(SECRET, seconds // 30, digits=8) == code


@pytest.mark.parametrize(("off", "fits"), [(-90, False), (-30, True), (0, True), (30, True), (90, False)])
def test_clock_of_the_phone_may_be_off_by_half_a_minute(off: int, fits: bool) -> None:
    code = totp.code_of(SECRET, totp.step_of(NOON + timedelta(seconds=off)))
    assert (totp.fitting_step(SECRET, code, at=NOON, after=0) is not None) is fits


@pytest.mark.parametrize("odd", ["", "12345", "1234567", "١٢٣٤٥٦", "abcdef", "-12345", "000000 "])
def test_what_is_no_code_never_fits(odd: str) -> None:
    assert totp.fitting_step(SECRET, odd, at=NOON, after=0) is None


def test_secret_is_read_as_it_was_written_and_names_house_and_person() -> None:
    secret = totp.new_secret()
    assert totp.read(totp.written(secret)) == secret
    address = totp.address(SECRET, username="ben+1", issuer="Coast: Desk")
    assert address == (
        "otpauth://totp/Coast%20%20Desk:ben%2B1?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Coast%20%20Desk"
    )


def test_recovery_codes_are_many_bits_and_forgive_how_they_are_typed() -> None:
    codes = recovery.new_codes()
    assert len(set(codes)) == recovery.NUMBER
    assert len(recovery.ALPHABET) ** recovery.LETTERS > 2**112
    typed = codes[0].upper().replace("-", " ")
    assert recovery.is_code(typed)
    assert recovery.hash_of(typed) == recovery.hash_of(codes[0])
    assert not recovery.is_code("123456")


# Verbs


def _with_app(user: User) -> list[str]:
    """Give `user` an app in use (its secret is `SECRET`), and return the recovery codes."""
    secret = operations.begin_app(by=user)
    operations.finish_app(totp.code_of(secret, totp.step_of(clock.now())), by=user)
    return operations.make_recovery_codes(by=user)


def _code(user: User) -> str:
    """Return the code that the app of `user` shows next: a later one than those that were taken."""
    with_app = select(AuthenticatorApp).where(AuthenticatorApp.user_id == user.id, AuthenticatorApp.in_use)
    from adminops.db import db

    app = db.session.scalars(with_app).one()
    return totp.code_of(operations.secret_of(app), max(app.last_step + 1, totp.step_of(clock.now())))


def _prove(user: User, code: str) -> str | None:
    return operations.prove(code, throttle.second_step_meters(user.id), by=user)


def test_d5_code_is_taken_once_and_none_before_it_afterwards(session: Session) -> None:
    user = make_user()
    _with_app(user)
    code = _code(user)
    assert _prove(user, code) is None
    assert _prove(user, code) == operations.WRONG
    app = session.scalars(select(AuthenticatorApp)).one()
    before = totp.code_of(operations.secret_of(app), app.last_step - 1)
    assert _prove(user, before) == operations.WRONG


def test_d7_recovery_code_works_once_and_its_owner_is_told(session: Session) -> None:
    user, other = make_user(), make_user()
    codes = _with_app(user)
    _with_app(other)
    assert _prove(other, codes[0]) == operations.WRONG
    assert _prove(user, codes[0].upper()) is None
    assert _prove(user, codes[0]) == operations.WRONG
    stored = [code.code_hash for code in session.scalars(select(RecoveryCode))]
    assert not any(code.encode() in each for code in codes for each in stored)
    facts = select(AuditEntry.fact).where(AuditEntry.actor_id == user.id).order_by(AuditEntry.id)
    assert session.scalars(facts).all() == ["FactorAdded", "RecoveryCodesMade", "RecoveryCodeUsed"]
    told = session.scalars(select(OutboxMessage.kind).where(OutboxMessage.recipient_id == user.id)).all()
    assert told == ["signin.second_step"] * 2


def test_guessing_codes_is_slowed_down_and_one_s_own_device_is_counted_apart(session: Session) -> None:
    user = make_user()
    _with_app(user)
    with clock.frozen_at(clock.now()):
        for _ in range(5):
            assert _prove(user, "000000") == operations.WRONG
        assert _prove(user, _code(user)) == operations.TOO_MANY
        known = throttle.second_step_meters(user.id, "the owner's own")
        assert operations.prove(_code(user), known, by=user) is None


def test_new_codes_replace_the_sheet_of_before_and_need_a_second_step(session: Session) -> None:
    user = make_user()
    with pytest.raises(InvalidState):
        operations.make_recovery_codes(by=user)
    (first, *_) = _with_app(user)
    operations.make_recovery_codes(by=user)
    assert _prove(user, first) == operations.WRONG


def test_another_app_takes_the_place_of_the_one_before_only_once_it_works(session: Session) -> None:
    user = make_user()
    _with_app(user)
    operations.begin_app(by=user)
    assert _prove(user, _code(user)) is None
    secret = operations.begin_app(by=user)
    operations.finish_app(totp.code_of(secret, totp.step_of(clock.now())), by=user)
    assert len(session.scalars(select(AuthenticatorApp)).all()) == 1


def test_second_step_stays_while_the_password_is_short_or_a_role_needs_it(app: AdminOps, session: Session) -> None:
    user = make_user(Role.MANAGER, password_is_short=True)
    _with_app(user)
    with pytest.raises(InvalidState, match="too short"):
        operations.remove_app(by=user)
    user.password_is_short = False
    with asking(app, second_factor_roles="manager"), pytest.raises(InvalidState, match="role needs"):
        operations.remove_app(by=user)
    operations.remove_app(by=user)
    assert not has_factor(user)


# Pages


@contextmanager
def asking(app: AdminOps, **over: Any) -> Iterator[None]:
    """Let the house ask for second steps inside the block."""
    before = app.extensions["settings"]
    app.extensions["settings"] = replace(before, **over)
    try:
        yield
    finally:
        app.extensions["settings"] = before


def _person(desk: Desk, role: Role = Role.END_USER, *, app: bool = True) -> tuple[User, list[str]]:
    with desk.work():
        user = give_password(make_user(role))
        return user, _with_app(user) if app else []


def _next_code(desk: Desk, user: User) -> str:
    with desk.look():
        return _code(user)


def _password(desk: Desk, user: User, goal: str = "") -> Visitor:
    visitor = desk.visitor()
    page = visitor.post("/sign-in", {"username": user.username, "password": PASSWORD, "next": goal})
    assert page.goal.startswith("/sign-in/second-step")
    return visitor


def test_password_and_code_sign_in_and_lead_where_one_wanted_to_be(desk: Desk) -> None:
    user, codes = _person(desk)
    visitor = _password(desk, user, goal="/me/sessions")
    assert "/sign-in" in visitor.get("/me", status=302).goal, "the password alone opens nothing"
    assert visitor.get("/sign-in/second-step").heading == "Enter your code"
    wrong = visitor.post("/sign-in/second-step", {"code": "000000"}, status=422)
    assert wrong.says("That code does not fit.")
    assert wrong.words == visitor.post("/sign-in/second-step", {"code": "no code"}, status=422).words
    done = visitor.post("/sign-in/second-step", {"code": _next_code(desk, user), "next": "/me/sessions"})
    assert done.goal == "/me/sessions"
    assert visitor.get("/me").heading == user.name
    assert "/sign-in" in visitor.get("/sign-in/second-step", status=302).goal
    by_recovery = _password(desk, user)
    assert by_recovery.get("/sign-in/second-step?recovery=yes").heading == "Enter a recovery code"
    by_recovery.post("/sign-in/second-step", {"code": codes[0]})
    assert by_recovery.get("/me/second-step").says("7 of them can still be used")


def test_five_wrong_codes_end_the_try_and_the_owner_hears_of_it(desk: Desk) -> None:
    user, _ = _person(desk)
    visitor = _password(desk, user)
    for number in range(5):
        visitor.post("/sign-in/second-step", {"code": f"00000{number}"}, status=422)
    assert visitor.get("/sign-in/second-step", status=302).goal.startswith("/sign-in")
    assert mails_to(desk, user.email)[-1].subject == "Somebody who has your password could not sign in"


def test_d2_new_password_does_not_stand_in_for_the_second_step(desk: Desk) -> None:
    with desk.work():
        account = make_account(password=True)
        _with_app(account.user)
        _, token = make_link(account)
    visitor, new = desk.visitor(), "qz7!kd02mxw9"
    assert visitor.get(f"/reset/{token}").says("At least 12 characters")
    visitor.post(f"/reset/{token}", {"password": new, "again": new})
    page = visitor.post("/sign-in", {"username": account.user.username, "password": new})
    assert page.goal.startswith("/sign-in/second-step")
    assert "/sign-in" in visitor.get("/me", status=302).goal
    with desk.look() as session:
        assert session.get_one(User, account.user_id).password_is_short


def test_half_a_sign_in_ends_by_the_clock_and_with_every_session(desk: Desk) -> None:
    user, _ = _person(desk)
    late, ended = _password(desk, user), _password(desk, user)
    with clock.frozen_at(clock.now() + timedelta(minutes=11)):
        late.post("/sign-in/second-step", {"code": "000000"})
        assert late.get("/sign-in/second-step", status=302).goal.startswith("/sign-in")
    with desk.work() as session:
        sessions.end_all_sessions(session.get_one(User, user.id), reason="role changed")
    code = _next_code(desk, user)
    assert ended.post("/sign-in/second-step", {"code": code}).goal.startswith("/sign-in")
    assert "/sign-in" in ended.get("/me", status=302).goal


def test_role_that_needs_a_second_step_is_told_first_and_later_can_do_nothing_before(desk: Desk) -> None:
    user, _ = _person(desk, Role.HELP_DESK, app=False)
    data = {"username": user.username, "password": PASSWORD}
    with asking(desk.app, second_factor_roles="help_desk"):
        early = desk.visitor()
        early.post("/sign-in", data)
        assert early.get("/me").says("Your role needs a second step")
        with clock.frozen_at(clock.now() + timedelta(days=15)):
            visitor = desk.visitor()
            visitor.post("/sign-in", data)
            for place in ("/me", "/tickets", "/me/second-step"):
                assert visitor.get(place, status=302).goal == "/me/second-step/app"
            page = visitor.get("/me/second-step/app")
            assert page.says("Your role needs one.")
            assert "<svg" in page.html
            visitor.post("/me/second-step/app", {"code": "000000"}, status=422)
            with clock.frozen_at(clock.now() + timedelta(minutes=25)):
                again = visitor.get("/me/second-step/app", status=302).goal
                assert visitor.get(again).heading == "Confirm that it is you"
            with desk.look() as session:
                secret = operations.secret_of(session.scalars(select(AuthenticatorApp)).one())
            right = {"code": totp.code_of(secret, totp.step_of(clock.now()))}
            sheet = visitor.post("/me/second-step/app", right, status=200)
            assert sheet.heading == "Your recovery codes"
            assert visitor.get("/me").heading == user.name
            assert mails_to(desk, user.email)[-1].subject == "You sign in with a second step from now on"


def test_demo_asks_nobody_for_a_second_step(sqlite_desk: Desk) -> None:
    user, _ = _person(sqlite_desk, Role.HELP_DESK, app=False)
    mark = sqlite_desk.app.extensions["settings"].demo_mark
    with asking(sqlite_desk.app, second_factor_roles="help_desk", second_factor_grace_days=0):
        mark.touch()
        try:
            visitor = sqlite_desk.visitor()
            visitor.post("/sign-in", {"username": user.username, "password": PASSWORD})
            visitor.get("/me")
        finally:
            mark.unlink()


def test_own_second_step_from_the_first_app_to_taking_it_away(desk: Desk, counted: Callable[[], int]) -> None:
    user, _ = _person(desk, app=False)
    visitor = desk.signed_in(user)
    assert visitor.get(visitor.get("/me").link("Set it up")).heading == "Set up your second step"
    with desk.look() as session:
        secret = operations.secret_of(session.scalars(select(AuthenticatorApp)).one())
    assert totp.written(secret)[:4] in visitor.get("/me/second-step/app").words
    sheet = visitor.post("/me/second-step/app", {"code": totp.code_of(secret, totp.step_of(clock.now()))}, status=200)
    counted()
    page = visitor.get("/me/second-step")
    assert counted() <= 12
    assert page.says("8 of them can still be used")
    assert not any(code in page.html for code in sheet.words.split() if recovery.is_code(code))
    visitor.get("/me/second-step/codes")
    visitor.post("/me/second-step/codes", status=200)
    visitor.get("/me/second-step/remove")
    assert visitor.post("/me/second-step/remove", follow=True).says("is not asked for any more")
    visitor.post("/me/second-step/codes", status=422)
