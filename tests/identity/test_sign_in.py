"""Signing in: what a person meets, and what an attacker does."""

from adminops.identity.models import User
from tests.browsing import Desk
from tests.make import PASSWORD, give_password, make_user


def _person(desk: Desk, **over: object) -> User:
    with desk.work():
        return give_password(make_user(**over))


def test_right_password_signs_in(desk: Desk) -> None:
    person = _person(desk)
    visitor = desk.visitor()
    visitor.get("/sign-in")
    visitor.post("/sign-in", {"username": person.username.upper(), "password": PASSWORD})
    assert visitor.get("/me/sessions").says("Firefox") is False


def test_wrong_password_and_unknown_name_answer_alike(desk: Desk) -> None:
    person = _person(desk)
    visitor = desk.visitor()
    wrong = visitor.post("/sign-in", {"username": person.username, "password": "not the right one"}, status=422)
    unknown = visitor.post("/sign-in", {"username": "nobody-here", "password": "not the right one"}, status=422)
    assert wrong.words.replace(person.username, "") == unknown.words.replace("nobody-here", "")


def test_captured_cookie_is_worthless_after_sign_out(desk: Desk) -> None:
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
