"""Tokens: made, shown once, used within their scopes, ended."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from accounts.models import AccountState, DisabledReason
from accounts.operations.life import disable_account
from adminops import clock
from adminops.errors import Invalid
from adminops.identity.models import ApiToken, SecurityKey, User
from adminops.identity.permissions import Role
from adminops.identity.tokens import BEGINS, TokenScope
from tests.api.asking import Program, program_of, token_of
from tests.browsing import Desk
from tests.make import make_user
from tests.make_accounts import make_account
from tests.make_tickets import make_helper, make_ticket


def helper_of(desk: Desk) -> User:
    """Return a stored member of the team."""
    with desk.work():
        return make_helper(name="Grace Whitfield")


def test_a_token_is_shown_once_and_stored_as_a_hash_alone(desk: Desk) -> None:
    visitor = desk.signed_in(helper_of(desk))
    sent = {"name": "Reporter", "scopes": ["tickets:read"], "days": "30"}
    page = visitor.post("/me/tokens", sent, status=200)
    text = re.search(rf"{BEGINS}[\w-]+", page.html)
    assert text
    assert text[0] not in visitor.get("/me/tokens").html
    with desk.look() as session:
        token = session.scalars(select(ApiToken)).one()
        assert text[0].encode() not in token.token_hash
        assert token.scopes == ["tickets:read"]
    assert Program(desk, text[0]).ask("GET", "/tickets")["tickets"] == []
    assert visitor.get("/me/tokens").says("just now")


def test_a_token_needs_a_name_and_a_scope(sqlite_desk: Desk) -> None:
    visitor = sqlite_desk.signed_in(helper_of(sqlite_desk))
    assert visitor.post("/me/tokens", {"days": "30"}, status=422).says("Give it a name.")
    assert visitor.post("/me/tokens", {"name": "x", "days": "30"}, status=422).says("Choose what it may be used for.")
    assert visitor.post("/me/tokens", {"name": "x", "scopes": "all", "days": "9999"}, status=422)


@pytest.mark.parametrize(
    ("role", "offered"),
    [
        (Role.SYSTEM_ADMIN, {"tickets:read", "tickets:write", "clients:lookup"}),
        (Role.TRAINER, {"tickets:read", "tickets:write"}),
        (Role.VIEWER, set()),
    ],
)
def test_a_scope_is_offered_to_who_can_use_it(sqlite_desk: Desk, role: Role, offered: set[str]) -> None:
    with sqlite_desk.work():
        user = make_user(role)
    visitor = sqlite_desk.signed_in(user)
    page = visitor.get("/me/tokens")
    assert set(re.findall(r'name="scopes"[^>]* value="([^"]*)"', page.html)) == offered
    assert page.says("a token would be of no use") == (not offered)
    for scope in TokenScope:
        sent = {"name": "Reporter", "scopes": [scope.value], "days": "30"}
        visitor.post("/me/tokens", sent, status=200 if scope.value in offered else 422)


def test_a_token_lives_a_year_at_most(sqlite_desk: Desk) -> None:
    with pytest.raises(Invalid, match="at most a year"):
        token_of(sqlite_desk, helper_of(sqlite_desk), days=366)


def test_tokens_open_nothing_for_somebody_whose_second_step_is_overdue(desk: Desk) -> None:
    helper = helper_of(desk)
    program = program_of(desk, helper)
    with desk.work() as session:
        person = session.get_one(User, helper.id)
        person.password_is_short, person.factor_due_at = True, clock.now() + timedelta(days=1)
    program.ask("GET", "/tickets")
    with desk.work() as session:
        session.get_one(User, helper.id).factor_due_at = clock.now()
    assert "second step" in program.ask("GET", "/tickets", status=403)["detail"]
    with desk.work() as session:
        session.add(SecurityKey(user_id=helper.id, name="Key", credential_id=b"1", public_key=b"1"))
    program.ask("GET", "/tickets")


def test_a_revoked_token_is_worthless_and_nobody_revokes_anothers(desk: Desk) -> None:
    helper = helper_of(desk)
    program, number = program_of(desk, helper), 0
    with desk.look() as session:
        number = session.scalars(select(ApiToken.id)).one()
    other = desk.signed_in(helper_of(desk))
    other.post(f"/me/tokens/{number}/revoke", status=404)
    program.ask("GET", "/tickets")
    desk.signed_in(helper).post(f"/me/tokens/{number}/revoke")
    refusal = program.ask("GET", "/tickets", status=401)
    assert refusal["type"] == "urn:adminops:problem:no-token"
    assert program.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_ends_by_itself(sqlite_desk: Desk) -> None:
    program = program_of(sqlite_desk, helper_of(sqlite_desk))
    with sqlite_desk.work() as session:
        session.scalars(select(ApiToken)).one().ends_at = clock.now()
    program.ask("GET", "/tickets", status=401)


def test_a_token_dies_with_its_account_and_stays_dead(desk: Desk) -> None:
    with desk.work():
        admin, account = make_user(Role.SYSTEM_ADMIN), make_account(state=AccountState.ACTIVE)
        user = account.user
    program = program_of(desk, user)
    program.ask("GET", "/tickets")
    with desk.work() as session:
        disable_account(session.merge(account), DisabledReason.LEFT, by=session.merge(admin))
    program.ask("GET", "/tickets", status=401)
    with desk.work() as session:
        assert session.scalars(select(ApiToken)).one().revoked_at is not None
        session.get_one(User, user.id).may_sign_in = True
    program.ask("GET", "/tickets", status=401)


def test_a_scope_narrows_and_a_cookie_counts_for_nothing(desk: Desk) -> None:
    helper = helper_of(desk)
    with desk.work():
        ticket = make_ticket()
    reader = program_of(desk, helper, [TokenScope.READ_TICKETS])
    refusal = reader.ask("PUT", f"/tickets/{ticket.id}/priority", {"priority": "high"}, status=403)
    assert refusal["detail"] == "This token lacks the scope tickets:write."
    writer = program_of(desk, helper, [TokenScope.WRITE_TICKETS])
    writer.ask("GET", "/tickets", status=403)
    browser = desk.signed_in(helper)
    assert browser.client.get("/api/v1/tickets").status_code == 401
    assert browser.client.put(f"/api/v1/tickets/{ticket.id}/priority", json={"priority": "high"}).status_code == 401
    pages = desk.app.test_client().get("/tickets", headers={"Authorization": f"Bearer {reader.token}"})
    assert "/sign-in" in pages.headers["Location"]


def test_wrong_tokens_are_slowed_down_and_right_ones_are_not(desk: Desk) -> None:
    right, wrong = program_of(desk, helper_of(desk)), Program(desk, BEGINS + "guess")
    for _ in range(30):
        wrong.ask("GET", "/tickets", status=401)
    wrong.ask("GET", "/tickets", status=429)
    assert int(wrong.headers["Retry-After"]) >= 1
    right.ask("GET", "/tickets")
