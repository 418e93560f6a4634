"""Security keys: what a right one opens, and what a copied, foreign or recorded answer gets."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminops.app import AdminOps
from adminops.errors import Invalid, InvalidState
from adminops.identity import throttle
from adminops.identity.factors import key_operations, keys
from adminops.identity.factors.key_operations import WRONG, add_key, ask_key, ask_new_key, keys_of, prove_by_key
from adminops.identity.factors.operations import make_recovery_codes
from adminops.identity.factors.standing import has_factor
from adminops.identity.models import RecoveryCode, SecurityKey, User, UserSession
from adminops.identity.permissions import Role
from adminops.identity.sessions import start_session
from tests.browsing import Desk
from tests.browsing import Page as Fetched
from tests.identity.soft_key import SoftKey
from tests.identity.test_second_step import asking
from tests.make import PASSWORD, give_password, make_user
from tests.services.browser import assert_no_axe_violations
from tests.services.web import serving

HERE = "https://desk.example.org"


@pytest.fixture
def named(app: AdminOps) -> Iterator[None]:
    """Let the house have a name, for which browsers offer keys."""
    with asking(app, base_url=HERE):
        yield


def _session(session: Session, user: User) -> UserSession:
    start_session(user, device="", hours=12)
    return session.scalars(select(UserSession).where(UserSession.user_id == user.id)).one()


def _added(session: Session, user: User) -> tuple[SoftKey, UserSession]:
    key, here = SoftKey(), _session(session, user)
    add_key(key.create(ask_new_key(here, user) or "", HERE), "Key ring", by=user, here=here)
    return key, here


def _prove(answer: str, here: UserSession, user: User) -> str | None:
    return prove_by_key(answer, here, throttle.second_step_meters(user.id), by=user)


@pytest.mark.usefixtures("named")
def test_key_proves_its_owner_and_each_answer_counts_once(session: Session) -> None:
    user = make_user()
    key, here = _added(session, user)
    assert has_factor(user)
    answer = key.get(ask_key(here, user) or "", HERE)
    assert _prove(answer, here, user) is None
    assert _prove(answer, here, user) == WRONG, "nothing is asked any more"
    ask_key(here, user)
    assert _prove(answer, here, user) == WRONG, "something else is asked now"
    assert session.scalars(select(SecurityKey.sign_count)).one() == 1


@pytest.mark.usefixtures("named")
def test_answers_from_elsewhere_of_strangers_and_of_copies_prove_nothing(session: Session) -> None:
    user = make_user()
    key, here = _added(session, user)
    answers = [
        key.get(ask_key(here, user) or "", "https://desk.example.net"),
        SoftKey().get(ask_key(here, user) or "", HERE),
        "",
        "{}",
        "[]",
        "no JSON",
    ]
    for answer in answers[:4]:
        ask_key(here, user)
        assert _prove(answer, here, user) == WRONG
    other = SoftKey()
    other.id = key.id
    assert _prove(other.get(ask_key(here, user) or "", HERE), here, user) == WRONG
    throttle.clear_failures(throttle.second_step_meters(user.id))
    for answer in answers[4:]:
        ask_key(here, user)
        assert _prove(answer, here, user) == WRONG
    assert _prove(key.get(ask_key(here, user) or "", HERE), here, user) is None
    key.count = 0
    assert _prove(key.get(ask_key(here, user) or "", HERE), here, user) == WRONG, "its count fell back: it is a copy"


@pytest.mark.usefixtures("named")
def test_key_is_added_once_with_a_name_and_for_this_address(session: Session) -> None:
    user = make_user()
    key, here = _added(session, user)
    for other, at, name, said in (
        (key, HERE, "Again", "in use already"),
        (SoftKey(), "https://desk.example.net", "Elsewhere", "did not answer"),
        (SoftKey(), HERE, " ", "Give it a name"),
        (None, HERE, "Nothing", "did not answer"),
    ):
        options = ask_new_key(here, user) or ""
        with pytest.raises(Invalid, match=said):
            add_key(other.create(options, at) if other else "no JSON", name, by=user, here=here)
    assert len(keys_of(user)) == 1


@pytest.mark.usefixtures("named")
def test_last_second_step_stays_where_one_is_needed_and_takes_the_codes_along(session: Session) -> None:
    user = make_user(password_is_short=True)
    _added(session, user)
    make_recovery_codes(by=user)
    with pytest.raises(InvalidState, match="too short"):
        key_operations.remove_key(keys_of(user)[0].id, by=user)
    user.password_is_short = False
    key_operations.remove_key(keys_of(user)[0].id, by=user)
    assert session.scalars(select(RecoveryCode)).all() == []


@pytest.mark.parametrize(
    ("address", "offered"),
    [
        ("https://desk.example.org", True),
        ("http://localhost:8000", True),
        ("http://desk.example.org", False),
        ("http://127.0.0.1:8000", False),
        ("https://[::1]:8000", False),
    ],
)
def test_browsers_offer_keys_for_names_alone(sqlite_app: AdminOps, address: str, offered: bool) -> None:
    with sqlite_app.app_context(), asking(sqlite_app, base_url=address):
        assert (keys.where() is not None) is offered


def _options(page: Fetched) -> str:
    (form,) = page.reader.tree.css("form[data-security-key]")
    return str(form.attributes["data-options"])


@pytest.mark.usefixtures("named")
def test_pages_add_a_key_and_sign_in_and_confirm_by_it(desk: Desk) -> None:
    with desk.work():
        user = give_password(make_user(Role.END_USER))
    key, visitor = SoftKey(), desk.signed_in(user)
    visitor.get(visitor.get("/me/second-step").link("Add a key"))
    visitor.post("/me/second-step/keys/new", {"name": "Key ring", "answer": "none"}, status=422)
    page = visitor.get("/me/second-step/keys/new")
    answer = key.create(_options(page), HERE)
    sheet = visitor.post("/me/second-step/keys/new", {"name": "Key ring", "answer": answer}, status=200)
    assert sheet.heading == "Your recovery codes"
    assert visitor.get("/me/second-step").says("Key ring")
    signing = desk.visitor()
    signing.post("/sign-in", {"username": user.username, "password": PASSWORD})
    assert signing.post("/sign-in/second-step/key", {"answer": "none"}, follow=True).says("That key did not prove it.")
    asked = _options(signing.get("/sign-in/second-step"))
    goal = {"answer": key.get(asked, HERE), "next": "/me/sessions"}
    assert signing.post("/sign-in/second-step/key", goal).goal == "/me/sessions"
    asked = _options(signing.get("/me/confirm"))
    wrong = {"answer": "none", "next": "/me", "to": "/me/tokens", "kept-name": "A program"}
    kept = signing.post("/me/confirm/key", wrong, status=422)
    assert (kept.says("That key did not prove it."), kept.html.count('value="A program"')) == (True, 2)
    asked = _options(kept)
    assert signing.post("/me/confirm/key", {**wrong, "answer": key.get(asked, HERE)}, status=200).says("now send it")
    asked = _options(signing.get("/me/confirm"))
    assert signing.post("/me/confirm/key", {"answer": key.get(asked, HERE), "next": "/me"}).goal == "/me"
    away = signing.get("/me/second-step").link("Take away")
    signing.get(away)
    signing.post(away)
    signing.post(away, status=404)
    assert desk.visitor().post("/sign-in/second-step/key", {"answer": "x"}).goal.startswith("/sign-in")


def test_key_of_a_real_browser_is_added_and_signs_in(sqlite_desk: Desk, open_page: object) -> None:
    with sqlite_desk.work():
        user = give_password(make_user(Role.END_USER))
    cookie = sqlite_desk.signed_in(user).client.get_cookie("adminops")
    assert cookie is not None
    with serving(sqlite_desk.app) as served:
        url = served.replace("127.0.0.1", "localhost")
        with asking(sqlite_desk.app, base_url=url):
            page: Page = open_page(url)  # type: ignore[operator]
            devtools = page.context.new_cdp_session(page)
            devtools.send("WebAuthn.enable")
            kind = {"protocol": "ctap2", "transport": "usb", "automaticPresenceSimulation": True}
            devtools.send("WebAuthn.addVirtualAuthenticator", {"options": kind})
            page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": url}])
            page.goto("/me/second-step/keys/new")
            assert_no_axe_violations(page)
            page.get_by_label("Name of the key").fill("Key ring")
            page.get_by_role("button", name="Add the key").click()
            expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
            page.context.clear_cookies()
            page.goto("/sign-in")
            page.locator("input[name=username]").fill(user.username)
            page.locator("input[name=password]").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            page.get_by_role("button", name="Use your security key").click()
            expect(page).not_to_have_url(f"{url}/sign-in/second-step")
            page.goto("/me")
            expect(page.get_by_role("heading", level=1)).to_have_text(user.name)
