"""Signing in with a real identity provider over HTTP: who is let in, and who is not."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from sqlalchemy import func, select

from accounts.outside.models import IdentityProvider, OutsideIdentity
from accounts.outside.operations import client_of, save_provider, switch_provider
from accounts.outside.protocol import problem_of
from adminops import clock
from adminops.audit.models import AuditEntry
from adminops.errors import Conflict, Invalid, NotAllowed
from adminops.identity.factors import totp
from adminops.identity.factors.operations import begin_app, finish_app
from adminops.identity.models import Agency, User, UserSession
from adminops.identity.permissions import Role
from adminops.outbox.models import OutboxMessage
from tests.browsing import Desk, Page, Visitor
from tests.make import make_admin, make_agency
from tests.make_accounts import make_account, make_provider
from tests.services.provider import CLIENT_ID, SECRET, Provider, identity_provider

WHO = {"sub": "7f3c", "email": "Rosa.Diaz@harbor.example.org", "email_verified": True}


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with identity_provider() as provider:
        yield provider


@pytest.fixture
def provider(running: Provider) -> Provider:
    """The running provider, well-behaved; Rosa comes by it."""
    running.person, running.faults = dict(WHO), set()
    return running


def trust(desk: Desk, provider: Provider, agency: Agency | None = None, **over: Any) -> int:
    """Add the provider here; return its number."""
    with desk.work():
        return make_provider(over.pop("issuer", provider.issuer), agency=agency, **over).id


def rosa(desk: Desk, agency: Agency | None = None, **over: Any) -> User:
    with desk.work():
        known = {"email": "rosa.diaz@harbor.example.org", "name": "Rosa Diaz", **over}
        return make_account(agency=agency, **known).user


def an_agency(desk: Desk) -> Agency:
    with desk.work():
        return make_agency()


def come(visitor: Visitor, number: int, *, goal: str = "") -> Page:
    """Go to the provider and back, as a browser does; return the page on which one ends up."""
    there = visitor.get(f"/sign-in/with/{number}?next={goal}", status=302).goal
    back = urlsplit(requests.get(there, allow_redirects=False, timeout=10).headers["Location"])
    return visitor.get(f"{back.path}?{back.query}", follow=True)


def signed_in_as(desk: Desk) -> list[int]:
    with desk.look() as session:
        return list(session.scalars(select(UserSession.user_id).where(UserSession.ended_at.is_(None))))


def test_a_person_is_known_by_their_address_once_and_by_the_providers_key_from_then_on(
    desk: Desk, provider: Provider
) -> None:
    agency = an_agency(desk)
    user, number = rosa(desk, agency), trust(desk, provider, agency)
    visitor = desk.visitor()
    page = visitor.get("/sign-in?next=/me")
    assert page.link("Sign in with Harbor Sign-in") == f"/sign-in/with/{number}?next=/me"
    there = parse_qs(urlsplit(visitor.get(f"/sign-in/with/{number}", status=302).goal).query)
    assert {"state", "nonce", "code_challenge"} <= set(there)
    assert there["code_challenge_method"] == ["S256"]
    assert come(visitor, number, goal="/me").heading == "Rosa Diaz"
    with desk.look() as session:
        told = session.scalars(select(OutboxMessage.kind)).all()
        facts = session.scalars(select(AuditEntry.fact).order_by(AuditEntry.id)).all()
    assert "accounts.connected" in told
    assert facts[-2:] == ["IdentityConnected", "SignedIn"]
    provider.person["email"] = "r.santos@elsewhere.example.org"  # married, or it is another mail system now
    assert come(desk.visitor(), number).heading
    assert signed_in_as(desk) == [user.id, user.id]
    with desk.look() as session:
        assert session.scalar(select(func.count()).select_from(OutsideIdentity)) == 1


@pytest.mark.parametrize(
    "claims",
    [
        {"email_verified": False},
        {"email": "rosa.diaz@harbor.example.org.evil.example.org"},
        {"email": "somebody@harbor.example.org"},
        {"email": None},
    ],
    ids=str,
)
def test_an_address_counts_only_when_the_provider_is_believed_for_it(
    sqlite_desk: Desk, provider: Provider, claims: dict[str, Any]
) -> None:
    rosa(sqlite_desk)
    number = trust(sqlite_desk, provider)
    provider.person |= claims
    page = come(sqlite_desk.visitor(), number)
    assert page.says("nobody here belongs to it yet")
    assert signed_in_as(sqlite_desk) == []


def test_who_works_for_everybody_is_not_known_by_an_address_but_connects(desk: Desk, provider: Provider) -> None:
    user, number = rosa(desk, role=Role.SYSTEM_ADMIN), trust(desk, provider)
    assert come(desk.visitor(), number).says("nobody here belongs to it yet")
    visitor = desk.signed_in(user)
    assert visitor.get("/me").link("Connect Harbor Sign-in")
    assert come(visitor, number).says("Connected.")
    assert come(desk.visitor(), number, goal="/me").heading == "Rosa Diaz"
    other = desk.signed_in(rosa(desk, email="other@harbor.example.org"))
    assert come(other, number).says("connected with another account here")
    with desk.look() as session:
        identity = session.scalars(select(OutsideIdentity)).one()
    other.post(f"/me/identities/{identity.id}/disconnect", status=404)
    assert visitor.post(f"/me/identities/{identity.id}/disconnect", follow=True).says("Your password still works.")
    assert come(desk.visitor(), number).says("nobody here belongs to it yet")


@pytest.mark.parametrize("fault", ["issuer", "audience", "key", "nonce", "expired", "no-token", "secret-signed"])
def test_what_the_provider_says_is_checked(sqlite_desk: Desk, provider: Provider, fault: str) -> None:
    rosa(sqlite_desk)
    number, visitor = trust(sqlite_desk, provider), sqlite_desk.visitor()
    provider.faults.add(fault)
    at_once = fault == "secret-signed"  # it says so before anybody goes there
    page = visitor.get(f"/sign-in/with/{number}", follow=True) if at_once else come(visitor, number)
    assert page.says("could not be checked")
    assert signed_in_as(sqlite_desk) == []


def test_an_answer_that_was_not_asked_for_opens_nothing(sqlite_desk: Desk, provider: Provider) -> None:
    rosa(sqlite_desk)
    number, visitor = trust(sqlite_desk, provider), sqlite_desk.visitor()
    there = visitor.get(f"/sign-in/with/{number}", status=302).goal
    back = urlsplit(requests.get(there, allow_redirects=False, timeout=10).headers["Location"])
    stranger = sqlite_desk.visitor()
    assert stranger.get(f"{back.path}?{back.query}", follow=True).says("could not be checked")
    assert visitor.get(f"{back.path}?{back.query}", status=302).goal.endswith("/sign-in/outside")
    assert visitor.get(f"{back.path}?{back.query}", follow=True).says("could not be checked")  # once is all
    assert visitor.get(f"/sign-in/with/{number}/back?error=access_denied", follow=True).says("could not be checked")
    assert stranger.get("/sign-in/outside", follow=True).says("Please begin again")
    for odd in ("/sign-in/with/77", "/sign-in/with/77/back"):
        stranger.get(odd, status=404)
    assert signed_in_as(sqlite_desk) == []


def test_a_visit_is_good_for_two_minutes(sqlite_desk: Desk, provider: Provider) -> None:
    rosa(sqlite_desk)
    number, visitor = trust(sqlite_desk, provider), sqlite_desk.visitor()
    there = visitor.get(f"/sign-in/with/{number}", status=302).goal
    back = urlsplit(requests.get(there, allow_redirects=False, timeout=10).headers["Location"])
    visitor.get(f"{back.path}?{back.query}", status=302)
    with clock.frozen_at(clock.now() + timedelta(minutes=3)):
        assert visitor.get("/sign-in/outside", follow=True).says("Please begin again")
    assert signed_in_as(sqlite_desk) == []


def test_who_can_not_sign_in_here_can_not_sign_in_from_outside(desk: Desk, provider: Provider) -> None:
    agency = an_agency(desk)
    user, number = rosa(desk, agency), trust(desk, provider, agency)
    come(desk.visitor(), number)
    with desk.work() as session:
        session.get_one(User, user.id).may_sign_in = False
    assert come(desk.visitor(), number).says("Your account here is not open.")
    with desk.work() as session:
        moved = session.get_one(User, user.id)
        moved.may_sign_in, moved.agency_id = True, make_agency().id
    assert come(desk.visitor(), number).says("Your account here is not open.")
    with desk.look() as session:
        facts = session.scalars(select(AuditEntry.fact).order_by(AuditEntry.id)).all()
    assert facts.count("VouchedSignInRefused") == 2
    assert len(signed_in_as(desk)) == 1


def test_own_second_step_is_asked_for_unless_the_providers_counts(desk: Desk, provider: Provider) -> None:
    user, number = rosa(desk), trust(desk, provider)
    with desk.work() as session:
        by = session.get_one(User, user.id)
        finish_app(totp.code_of(begin_app(by=by), totp.step_of(clock.now())), by=by)
    assert come(desk.visitor(), number).heading == "Enter your code"
    provider.person["amr"] = ["pwd", "mfa"]
    assert come(desk.visitor(), number).heading == "Enter your code"
    assert signed_in_as(desk) == []
    with desk.work() as session:
        session.get_one(IdentityProvider, number).has_second_step = True
    come(desk.visitor(), number)
    assert signed_in_as(desk) == [user.id]
    provider.person["amr"] = ["pwd"]
    assert come(desk.visitor(), number).heading == "Enter your code"


def test_a_provider_that_is_away_is_said_so_and_passwords_go_on(sqlite_desk: Desk, provider: Provider) -> None:
    number = trust(sqlite_desk, provider, issuer="http://127.0.0.1:9")
    visitor = sqlite_desk.visitor()
    assert visitor.get(f"/sign-in/with/{number}", follow=True).says("does not answer at the moment")
    assert visitor.get("/sign-in").says("Sign in with Harbor Sign-in")
    with sqlite_desk.work() as session:
        switch_provider(session.get_one(IdentityProvider, number), on=False, by=make_admin())
    assert not visitor.get("/sign-in").says("Harbor Sign-in")
    visitor.get(f"/sign-in/with/{number}", status=404)


def test_providers_are_kept_on_pages_of_their_own(desk: Desk, provider: Provider) -> None:
    with desk.work():
        admin = make_admin()
    visitor = desk.signed_in(admin)
    assert visitor.get("/accounts/providers").says("No identity providers yet")
    typed = {"name": "Harbor", "issuer": provider.issuer, "client_id": CLIENT_ID, "secret": SECRET, "agency": ""}
    wrong = visitor.post("/accounts/providers/new", {**typed, "domains": "not a domain!"}, status=422)
    assert wrong.says("Enter domains such as example.org")
    assert SECRET not in wrong.html
    page = visitor.post("/accounts/providers/new", {**typed, "domains": "harbor.example.org\n"}, follow=True)
    assert page.says("Enter this as the redirect address there:")
    with desk.look() as session:
        known = session.scalars(select(IdentityProvider)).one()
        assert client_of(known).secret == SECRET
        assert SECRET.encode() not in known.secret_sealed
    address = f"/accounts/providers/{known.id}"
    assert visitor.post(f"{address}/check", follow=True).says("It answers, and is what it should be.")
    visitor.post(address, {**typed, "name": "Harbor House", "secret": ""})
    with desk.look() as session:
        assert client_of(session.get_one(IdentityProvider, known.id)).secret == SECRET
    visitor.post(address, {**typed, "issuer": f"{provider.issuer}/other"})
    assert visitor.post(f"{address}/check", follow=True).says("It does not work yet")
    assert visitor.post(f"{address}/switch", {"on": "no"}, follow=True).says("Nobody signs in by it any more.")
    assert visitor.get("/accounts/providers").says("Harbor")


def test_a_provider_with_people_keeps_its_issuer_and_only_admins_keep_providers(
    sqlite_desk: Desk, provider: Provider
) -> None:
    rosa(sqlite_desk)
    number = trust(sqlite_desk, provider)
    come(sqlite_desk.visitor(), number)
    values: dict[str, Any] = {"name": "X", "client_id": "y", "secret": "", "agency": None, "domains": []}
    with sqlite_desk.work() as session:
        known, admin = session.get_one(IdentityProvider, number), make_admin()
        with pytest.raises(Conflict):
            save_provider(known, **values, issuer="https://new.example.org", has_second_step=False, by=admin)
        with pytest.raises(NotAllowed):
            save_provider(known, **values, issuer=known.issuer, has_second_step=False, by=make_account().user)
        with pytest.raises(Invalid):
            save_provider(None, **values, issuer=known.issuer, has_second_step=False, by=admin)


@pytest.mark.parametrize(
    ("issuer", "good"),
    [
        ("https://login.example.org/tenant/v2.0", True),
        ("http://127.0.0.1:8080", True),
        ("http://login.example.org", False),
        ("https://login.example.org?x=1", False),
        ("https://user:secret@login.example.org", False),
        ("ftp://login.example.org", False),
        ("https://", False),
        ("https://[::1", False),
    ],
)
def test_only_addresses_that_can_be_believed_are_issuers(issuer: str, good: bool) -> None:
    assert (problem_of(issuer, allow_loopback=True) is None) is good
    assert problem_of("http://127.0.0.1:8080", allow_loopback=False) is not None
