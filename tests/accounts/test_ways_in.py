"""From "I can't sign in" to the next sign-in, through the pages and the mail; and what an attacker meets there."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, select, text

import wsgi
from accounts import emails
from accounts.models import Account, AccountState, DisabledReason, PasswordReset
from accounts.operations import answer_wishes, create_account, disable_account
from adminops.app import AdminOps, create_app
from adminops.db import Model, db
from adminops.identity.models import SYSTEM, User
from adminops.identity.operations import grant_role
from adminops.identity.permissions import Role
from adminops.logs import set_up_logging
from adminops.outbox.models import OutboxMessage
from tests.accounts.mailing import link_in, mails_to
from tests.browsing import Desk, Page, Visitor
from tests.conftest import settings_for
from tests.make import PASSWORD, make_admin, make_agency
from tests.make_accounts import make_account, make_link

S = AccountState
NEW = "marble bicycle thunder spoon"


def _choose(visitor: Visitor, link: str, password: str = NEW, *, status: int = 302) -> Page:
    return visitor.post(link, {"password": password, "again": password}, status=status)


def _sign_in(visitor: Visitor, username: str, password: str, *, status: int = 302) -> Page:
    return visitor.post("/sign-in", {"username": username, "password": password}, status=status)


def _csrf_of(page: Page) -> str:
    return page.html.split('name="csrf_token" value="')[1].split('"')[0]


def _answer(desk: Desk) -> None:
    with desk.work():
        answer_wishes(by=SYSTEM)


def test_forgotten_password_from_the_sign_in_page_to_the_next_sign_in(desk: Desk) -> None:
    with desk.work():
        account = make_account(password=True, email="ben@example.org")
    username, visitor = account.user.username, desk.visitor()
    visitor.get(visitor.get("/sign-in").link("Forgot your password?"))
    assert visitor.post("/forgot", {"text": "BEN@example.org"}, follow=True).heading == "Look into your mail"
    _answer(desk)
    (mail,) = mails_to(desk, "ben@example.org")
    assert mail.subject == "Choose a new password"
    assert username in mail.text
    link = link_in(mail)
    assert visitor.get(link).says("Choose a new password")
    done = visitor.post(link, {"password": NEW, "again": NEW}, follow=True)
    assert done.says("Your new password works.")
    _sign_in(visitor, username, PASSWORD, status=422)
    _sign_in(visitor, username, NEW)
    assert visitor.get("/me").heading == account.user.name
    assert [m.subject for m in mails_to(desk, "ben@example.org")][-1] == "Your password was changed"


def test_invited_person_chooses_a_password_and_starts(desk: Desk) -> None:
    with desk.work():
        account = create_account(
            username="ben", name="Ben", email="ben@example.org", role=Role.END_USER, agency=make_agency(), by=SYSTEM
        )
    (mail,) = mails_to(desk, "ben@example.org")
    assert mail.subject == "Your new account"
    visitor, link = desk.visitor(), link_in(mail)
    assert visitor.get(link).heading == "Welcome: choose a password"
    _choose(visitor, link)
    _sign_in(visitor, "ben", NEW)
    with desk.look() as session:
        assert session.get_one(Account, account.id).state is S.ACTIVE
    assert len(mails_to(desk, "ben@example.org")) == 1


def test_d4_known_and_unknown_names_get_the_same_answer(desk: Desk) -> None:
    with desk.work():
        known = make_account().user.username
        disabled = make_account(state=S.DISABLED).user.username
    pages = []
    for name in (known, disabled, "nobody-at-all"):
        visitor = desk.visitor()
        answer = visitor.post("/forgot", {"text": name})
        pages.append((answer.goal, visitor.get(answer.goal).words, sorted(answer.response.headers.keys())))
    assert pages[0] == pages[1] == pages[2]
    assert known not in pages[0][1]


def test_who_is_signed_in_sees_these_pages_in_their_plain_frame_too(desk: Desk) -> None:
    with desk.work():
        user = make_account().user
    assert 'class="shell-plain' in desk.signed_in(user).get("/forgot").html


def test_asking_without_end_is_refused_with_a_sentence(desk: Desk) -> None:
    visitor = desk.visitor()
    for number in range(10):
        visitor.post("/forgot", {"text": f"name{number}"})
    assert visitor.post("/forgot", {"text": "one more"}, status=422).says("Too many tries.")


@pytest.mark.parametrize("data", [{}, {"text": ""}, {"text": "   "}, {"text": "x" * 201}, {"text": "\x00"}])
def test_empty_or_endless_wish_is_refused_at_the_field(desk: Desk, data: dict[str, str]) -> None:
    assert desk.visitor().post("/forgot", data, status=422).heading == "Forgot your password?"


def test_d8_opening_the_link_uses_nothing_up(desk: Desk) -> None:
    with desk.work():
        account = make_account()
        _, token = make_link(account)
    scanner = desk.visitor()
    for method in ("HEAD", "GET", "OPTIONS", "GET"):
        scanner.client.open(f"/reset/{token}", method=method)
    with desk.look() as session:
        assert session.scalars(select(PasswordReset)).one().used_at is None
    _choose(desk.visitor(), f"/reset/{token}")


def test_captured_link_is_worthless_after_use_sign_in_newer_one_and_disable(desk: Desk) -> None:
    with desk.work():
        used, signed_in, newer, disabled = (make_account(password=True) for _ in range(4))
        tokens = [make_link(account)[1] for account in (used, signed_in, newer, disabled)]
    links = [f"/reset/{token}" for token in tokens]
    _choose(desk.visitor(), links[0])
    _sign_in(desk.visitor(), signed_in.user.username, PASSWORD)
    with desk.work() as session:
        for link in session.scalars(select(PasswordReset).where(PasswordReset.account_id == newer.id)):
            link.created_at = link.created_at.replace(year=2020)
        session.flush()
        make_link(session.get_one(Account, newer.id))
        disable_account(session.get_one(Account, disabled.id), DisabledReason.LEFT, by=SYSTEM)
    thief = desk.visitor()
    for link in [*links, "/reset/made-up"]:
        assert thief.get(link, status=404).heading == "This link does not work any more."
        assert _choose(thief, link, "stolen password of mine", status=404).says("Send me a new link")
    with desk.look() as session:
        hashes = session.scalars(select(User.password_hash)).all()
    assert len(hashes) == 4


def test_page_behind_the_link_names_itself_to_nobody(desk: Desk) -> None:
    with desk.work():
        _, token = make_link(make_account())
    visitor = desk.visitor()
    pages = [
        visitor.get(f"/reset/{token}"),
        _choose(visitor, f"/reset/{token}", "short", status=422),
        _choose(visitor, f"/reset/{token}"),
        visitor.get(f"/reset/{token}", status=404),
    ]
    for page in pages:
        assert page.response.headers["Referrer-Policy"] == "no-referrer"
        assert "no-store" in page.response.headers["Cache-Control"]
        assert token not in page.html


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, "Enter a new password."),
        ({"password": NEW, "again": NEW + "x"}, "The two are not the same."),
        ({"password": "short", "again": "short"}, "at least 15 characters"),
        ({"password": "x" * 257, "again": "x" * 257}, "no more than 256"),
        ({"password": "passwordpassword", "again": "passwordpassword"}, "too easy to guess"),
        ({"password": "\x00" * 20, "again": "\x00" * 20}, "too easy to guess"),
    ],
)
def test_weak_or_hostile_password_is_refused_at_the_field(desk: Desk, data: dict[str, str], said: str) -> None:
    with desk.work():
        _, token = make_link(make_account())
    visitor, link = desk.visitor(), f"/reset/{token}"
    page = visitor.post(link, data, status=422)
    assert page.says(said)
    assert not any(value and value in page.html for value in data.values())
    _choose(visitor, link)


def test_form_without_a_token_of_the_page_is_refused(desk: Desk) -> None:
    with desk.work():
        _, token = make_link(make_account())
    data = {"password": NEW, "again": NEW}
    desk.visitor().post(f"/reset/{token}", data, token=False, status=400)
    desk.visitor().post("/forgot", {"text": "ben"}, token=False, status=400)


def test_d9_link_in_the_mail_leads_to_the_configured_house_whatever_the_request_said(desk: Desk) -> None:
    with desk.work():
        make_account(email="ben@example.org")
    visitor = desk.visitor()
    evil: dict[str, Any] = {
        "base_url": "http://evil.example.net",
        "headers": {"X-Forwarded-Host": "evil.example.net", "Forwarded": "host=evil.example.net"},
    }
    csrf = _csrf_of(visitor.get("/forgot", **evil))
    visitor.post("/forgot", {"text": "ben@example.org", "csrf_token": csrf}, token=False, **evil)
    _answer(desk)
    (mail,) = mails_to(desk, "ben@example.org")
    assert "evil" not in mail.text + mail.html
    assert f"{desk.app.extensions['settings'].base_url}/reset/" in mail.text


def test_mail_of_a_dead_link_is_not_sent(desk: Desk) -> None:
    with desk.work():
        account = make_account(email="ben@example.org")
        make_link(account)
        disable_account(account, DisabledReason.SECURITY, by=SYSTEM)
    assert mails_to(desk, "ben@example.org") == []
    with desk.look() as session:
        assert session.scalars(select(OutboxMessage.state)).all() == ["dropped"]


def test_mail_that_is_written_again_bears_the_same_link(desk: Desk) -> None:
    with desk.work():
        link, token = make_link(make_account())
        ids = {"to_id": link.account.user_id, "reset_id": link.id}
        written = [emails.reset(**ids), emails.reset(**ids)]
        assert [mail.link for mail in written if mail] == [f"/reset/{token}"] * 2
        assert emails.invite(**ids) is None, "it is no invitation"
        assert emails.reset(**{**ids, "to_id": 999}) is None, "it is for its owner only"
        assert emails.reset(**{**ids, "reset_id": 999}) is None


def test_mail_is_not_sent_after_the_secret_of_the_app_was_changed(desk: Desk) -> None:
    with desk.work():
        make_link(make_account(email="ben@example.org"))
    before = desk.app.extensions["settings"]
    desk.app.extensions["settings"] = replace(before, secret_key="another secret of this app")
    try:
        assert mails_to(desk, "ben@example.org") == []
    finally:
        desk.app.extensions["settings"] = before


def test_form_is_taken_over_https_without_a_referer(tmp_path: Path) -> None:
    app = create_app(settings_for(tmp_path, base_url="https://desk.example.org"), wsgi.FEATURES)
    with app.app_context():
        Model.metadata.create_all(db.engine)
    desk = Desk(app)
    with desk.work():
        _, token = make_link(make_account())
    visitor = desk.visitor()
    https = {"base_url": "https://desk.example.org"}
    page = visitor.get(f"/reset/{token}", **https)
    data = {"password": NEW, "again": NEW, "csrf_token": _csrf_of(page)}
    visitor.post(f"/reset/{token}", data, token=False, **https)
    with app.app_context():
        db.engine.dispose()


def test_no_password_and_no_token_is_left_in_database_or_log(
    sqlite_app: AdminOps, capfd: pytest.CaptureFixture[str]
) -> None:
    desk = Desk(sqlite_app)
    set_up_logging("debug")
    try:
        with desk.work():
            account = make_account(password=True, email="ben@example.org")
            admin = make_account(Role.SYSTEM_ADMIN).user
        username, visitor = account.user.username, desk.visitor()
        visitor.post("/forgot", {"text": "ben@example.org"})
        _answer(desk)
        link = link_in(mails_to(desk, "ben@example.org")[0])
        visitor.get(link)
        _choose(visitor, link, "short one", status=422)
        _choose(visitor, link)
        visitor.get(link, status=404)
        _sign_in(visitor, username, "a wrong password, typed", status=422)
        _sign_in(visitor, username, NEW)
        third = "another quiet evening sky"
        form = {"current": NEW, "password": third, "again": third}
        visitor.post("/me/password", form)
        desk.signed_in(admin).post(f"/accounts/{account.id}/reset")
    finally:
        written = capfd.readouterr()
        set_up_logging("error")
    with desk.look() as session:
        tables = [name for name in inspect(session.get_bind()).get_table_names() if name != "mailbox_mail"]
        stored = "".join(str(session.execute(text(f'SELECT * FROM "{name}"')).all()) for name in tables)
    token = link.rpartition("/")[2]
    for secret in (token, PASSWORD, NEW, third, "short one", "a wrong password, typed"):
        assert secret not in stored
        assert secret not in written.out + written.err


def test_d1_captured_cookie_is_worthless_after_disable_reset_and_a_changed_role(desk: Desk) -> None:
    with desk.work():
        accounts = [make_account(password=True) for _ in range(3)]
        _, token = make_link(accounts[1])
    thieves = [desk.signed_in(account.user) for account in accounts]
    for thief in thieves:
        thief.get("/me")
    with desk.work() as session:
        disable_account(session.get_one(Account, accounts[0].id), DisabledReason.SECURITY, by=SYSTEM)
        grant_role(session.get_one(User, accounts[2].user_id), Role.VIEWER, agency=None, by=SYSTEM)
    _choose(desk.visitor(), f"/reset/{token}")
    for thief in thieves:
        assert "/sign-in" in thief.get("/me", status=302).goal


# One's own password


def test_own_password_is_changed_with_the_present_one(desk: Desk) -> None:
    with desk.work():
        account = make_account(password=True)
    here, there = desk.signed_in(account.user), desk.signed_in(account.user)
    wrong = here.post("/me/password", {"current": "not it", "password": NEW, "again": NEW}, status=422)
    assert wrong.says("This is not your present password.")
    done = here.post("/me/password", {"current": PASSWORD, "password": NEW, "again": NEW}, follow=True)
    assert done.says("Your password is changed.")
    assert here.get("/me").heading == account.user.name
    assert "/sign-in" in there.get("/me", status=302).goal
    _sign_in(desk.visitor(), account.user.username, NEW)


def test_wrong_present_passwords_are_counted_although_the_form_is_refused(desk: Desk) -> None:
    with desk.work():
        account = make_account(password=True)
    visitor = desk.signed_in(account.user)
    for _ in range(5):
        visitor.post("/me/password", {"current": "guess", "password": NEW, "again": NEW}, status=422)
    page = visitor.post("/me/password", {"current": PASSWORD, "password": NEW, "again": NEW}, status=422)
    assert page.says("Too many tries.")


def test_administrator_too_starts_resets_for_others(desk: Desk) -> None:
    with desk.work():
        admin, other = make_account(Role.SYSTEM_ADMIN), make_account(Role.MANAGER)
        make_admin()
    desk.signed_in(admin.user).post(f"/accounts/{other.id}/reset")
