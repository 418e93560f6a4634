"""Signing in: what a person meets, and what an attacker does."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from argon2 import PasswordHasher

from adminops.demo import cast as demo
from adminops.identity import passwords
from adminops.identity.models import User
from adminops.identity.permissions import Role
from tests.browsing import Desk
from tests.make import PASSWORD, give_password, make_agency, make_user


def _person(desk: Desk, **over: object) -> User:
    with desk.work():
        return give_password(make_user(**over))


def test_right_password_signs_in(desk: Desk) -> None:
    person = _person(desk)
    visitor = desk.visitor()
    visitor.get("/sign-in")
    visitor.post("/sign-in", {"username": person.username.upper(), "password": PASSWORD})
    assert visitor.get("/me/sessions").says("Firefox") is False


def test_d4_wrong_password_and_unknown_name_answer_alike(desk: Desk) -> None:
    person = _person(desk)
    visitor = desk.visitor()
    wrong = visitor.post("/sign-in", {"username": person.username, "password": "not the right one"}, status=422)
    unknown = visitor.post("/sign-in", {"username": "nobody-here", "password": "not the right one"}, status=422)
    assert wrong.words.replace(person.username, "") == unknown.words.replace("nobody-here", "")


def test_d1_captured_cookie_is_worthless_after_sign_out(desk: Desk) -> None:
    person = _person(desk)
    visitor = desk.signed_in(person)
    visitor.get("/me/sessions")
    stolen = visitor.client.get_cookie("adminops")
    assert stolen is not None
    visitor.post("/sign-out")
    thief = desk.visitor()
    thief.client.set_cookie("adminops", stolen.value)
    assert "/sign-in" in thief.get("/me/sessions", status=302).goal


def test_a_person_who_may_not_sign_in_is_refused_even_with_the_right_password(desk: Desk) -> None:
    person = _person(desk, may_sign_in=False)
    desk.visitor().post("/sign-in", {"username": person.username, "password": PASSWORD}, status=422)


def test_tries_are_slowed_down_and_the_owner_gets_in_from_elsewhere(desk: Desk) -> None:
    person = _person(desk)
    attacker = desk.visitor()
    for _ in range(5):
        attacker.post("/sign-in", {"username": person.username, "password": "guess"}, status=422)
    attacker.post("/sign-in", {"username": person.username, "password": PASSWORD}, status=429)
    owner = desk.visitor()
    owner.post(
        "/sign-in",
        {"username": person.username, "password": PASSWORD},
        environ_base={"REMOTE_ADDR": "192.0.2.7"},
    )


def test_form_without_a_token_is_refused(desk: Desk) -> None:
    person = _person(desk)
    desk.signed_in(person).post("/sign-out", token=False, status=400)


def test_sign_in_goes_on_only_inside_the_app(desk: Desk) -> None:
    person = _person(desk)
    data = {"username": person.username, "password": PASSWORD, "next": "//evil.example.org/"}
    assert "evil" not in desk.visitor().post("/sign-in", data).goal


@pytest.mark.parametrize(
    "goal",
    [
        "//evil.example.org/",
        "https://evil.example.org/",
        "/\\evil.example.org",
        "javascript:alert(1)",
        "/a\r\nSet-Cookie: x=y",
        "/\t/evil.example.org",
        "http://[broken",
        "/[",
        "evil",
    ],
)
def test_sign_in_never_leads_outside_or_breaks(desk: Desk, goal: str) -> None:
    person = _person(desk)
    page = desk.visitor().post("/sign-in", {"username": person.username, "password": PASSWORD, "next": goal})
    assert page.goal.startswith("/")
    assert "evil" not in page.goal


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"username": "", "password": ""},
        {"username": "x" * 61, "password": "y"},
        {"username": "ben", "password": "y" * 257},
        {"username": "ben\x00", "password": "\x00"},
        {"username": "' OR 1=1 --", "password": "' OR 1=1 --"},
        {"username": "\u202eben", "password": "\ud7ff"},
    ],
)
def test_hostile_input_is_answered_with_a_sentence(desk: Desk, data: dict[str, str]) -> None:
    assert desk.visitor().post("/sign-in", data, status=422).heading == "Sign in"


def test_hash_of_an_older_cost_is_made_anew_at_sign_in(desk: Desk) -> None:
    person = _person(desk)
    with desk.work() as session:
        old = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(PASSWORD)
        session.get_one(User, person.id).password_hash = old
    desk.visitor().post("/sign-in", {"username": person.username, "password": PASSWORD})
    with desk.look() as session:
        stored = session.get_one(User, person.id).password_hash
        assert not passwords.is_outdated(stored)
        assert passwords.matches(stored, PASSWORD)


def test_password_is_taken_as_it_was_typed(desk: Desk) -> None:
    person = _person(desk)
    spaced = f" {PASSWORD} "
    with desk.work() as session:
        give_password(session.get_one(User, person.id), spaced)
    desk.visitor().post("/sign-in", {"username": person.username, "password": PASSWORD}, status=422)
    desk.visitor().post("/sign-in", {"username": person.username, "password": spaced})


def test_demo_people_stand_under_the_form_once_they_exist(desk: Desk) -> None:
    assert not desk.visitor().get("/sign-in").says("Look around as")
    with desk.work():
        give_password(make_user(Role.SYSTEM_ADMIN, username="maya", name="Maya Okafor"), demo.PASSWORD)
        make_user(Role.HELP_DESK, username="tomas", name="Tomás Lindqvist")  # has no password yet
    visitor = desk.visitor()
    page = visitor.get("/sign-in")
    assert page.says("Look around as")
    assert page.says("Maya Okafor System administrator")
    assert not page.says("Tomás Lindqvist")
    visitor.post("/sign-in", {"username": "maya", "password": demo.PASSWORD, "next": "/me/sessions"})
    assert visitor.get("/me").heading == "Maya Okafor"


def test_production_shows_no_demo_people(sqlite_desk: Desk) -> None:
    with sqlite_desk.work():
        give_password(make_user(Role.SYSTEM_ADMIN, username="maya", name="Maya Okafor"), demo.PASSWORD)
    app = sqlite_desk.app
    before = app.extensions["settings"]
    app.extensions["settings"] = replace(before, environment="production", base_url="https://desk.example.org")
    try:
        assert not sqlite_desk.visitor().get("/sign-in").says("Maya Okafor")
    finally:
        app.extensions["settings"] = before


def test_own_page_says_who_one_is(desk: Desk, counted: Callable[[], int]) -> None:
    with desk.work():
        agency = make_agency(name="Lakeview")
        person = make_user(Role.AGENCY_LEAD, agency=agency, name="Alicia Kowalski", title="Program director")
    visitor = desk.signed_in(person)
    counted()
    page = visitor.get("/me")
    assert counted() <= 12
    assert page.heading == "Alicia Kowalski"
    for text in (person.username, person.email, "Lakeview", "Agency lead", "Program director"):
        assert page.says(text)


def test_theme_is_kept_and_leads_back(desk: Desk) -> None:
    visitor = desk.signed_in(_person(desk))
    page = visitor.post("/me/theme", {"theme": "dark", "next": "/me/sessions?"}, status=303)
    assert page.goal.rstrip("?") == "/me/sessions"
    assert 'data-theme="dark"' in visitor.get("/me").html
    assert visitor.post("/me/theme", {"theme": "dark", "next": "//evil.example.org"}, status=303).goal == "/"
    visitor.post("/me/theme", {"theme": "pink"}, status=422)
