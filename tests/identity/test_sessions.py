"""Sessions: a row on the server decides, and everything that should end one does."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminops import clock
from adminops.errors import NotAllowed
from adminops.identity import operations, sessions
from adminops.identity.models import User, UserSession
from adminops.identity.permissions import Role
from tests.browsing import Desk, Visitor
from tests.make import PASSWORD, give_password, make_admin, make_agency, make_user

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
IDLE = timedelta(minutes=30)


def _start(user: User, *, hours: int = 12) -> str:
    return sessions.start_session(user, device="Firefox on Linux", hours=hours)


def test_token_itself_is_not_stored(session: Session) -> None:
    token = _start(make_user())
    row = session.scalars(select(UserSession)).one()
    assert token.encode() not in row.token_hash
    assert len(token) >= 43


def test_session_idles_out(session: Session) -> None:
    with clock.frozen_at(NOON):
        token = _start(make_user())
    with clock.frozen_at(NOON + timedelta(minutes=30)):
        assert sessions.find_session(token, idle=IDLE) is not None
    with clock.frozen_at(NOON + timedelta(minutes=32)):
        assert sessions.find_session(token, idle=IDLE) is None


def test_busy_session_ends_after_its_hours(session: Session) -> None:
    with clock.frozen_at(NOON):
        token = _start(make_user(), hours=2)
    for minutes in range(0, 120, 20):
        with clock.frozen_at(NOON + timedelta(minutes=minutes)):
            found = sessions.find_session(token, idle=IDLE)
            assert found is not None
            sessions.touch_session(found)
    with clock.frozen_at(NOON + timedelta(minutes=120)):
        assert sessions.find_session(token, idle=IDLE) is None


def test_requests_keep_a_session_alive_in_the_browser(desk: Desk) -> None:
    with desk.work():
        person = make_user()
    with clock.frozen_at(NOON):
        visitor = desk.signed_in(person)
    for minutes in (20, 40, 60):
        with clock.frozen_at(NOON + timedelta(minutes=minutes)):
            visitor.get("/me/sessions")
    with clock.frozen_at(NOON + timedelta(minutes=100)):
        assert "/sign-in" in visitor.get("/me/sessions", status=302).goal


def test_list_shows_only_sessions_that_still_work(session: Session) -> None:
    user = make_user()
    with clock.frozen_at(NOON):
        _start(user)
    with clock.frozen_at(NOON + timedelta(hours=2)):
        token = _start(user)
        listed = sessions.sessions_of(user, idle=IDLE)
    assert [row.token_hash for row in listed] == [sessions.token_hash(token)]


def test_session_of_a_person_who_may_not_sign_in_any_more_is_dead(session: Session) -> None:
    user = make_user()
    token = _start(user)
    user.may_sign_in = False
    session.flush()
    assert sessions.find_session(token, idle=IDLE) is None


@pytest.mark.parametrize("change", ["grant", "revoke"])
def test_change_of_a_role_ends_the_sessions(session: Session, change: str) -> None:
    admin, agency = make_admin(), make_agency()
    user = make_user(Role.END_USER, agency=agency)
    token = _start(user)
    if change == "grant":
        operations.grant_role(user, Role.AGENCY_LEAD, agency=agency, by=admin)
    else:
        operations.revoke_role(user.grants[0], by=admin)
    assert sessions.find_session(token, idle=IDLE) is None


def test_everything_but_this_session_can_be_ended(session: Session) -> None:
    user = make_user()
    first, second, other = _start(user), _start(user), _start(make_user())
    here = sessions.find_session(second, idle=IDLE)
    assert here is not None
    assert operations.sign_out_elsewhere(here, by=user) == 1
    assert [sessions.find_session(t, idle=IDLE) is not None for t in (first, second, other)] == [False, True, True]


def test_nobody_ends_the_session_of_somebody_else(session: Session) -> None:
    token = _start(make_user())
    found = sessions.find_session(token, idle=IDLE)
    assert found is not None
    for verb in (operations.sign_out, operations.sign_out_elsewhere):
        with pytest.raises(NotAllowed):
            verb(found, by=make_user())
    assert sessions.find_session(token, idle=IDLE) is not None


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/126.0 Safari/537.36 Edg/126.0", "Edge on Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/126.0 Safari/537.36 OPR/112.0", "Opera on Windows"),
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Linux; Android 14) SamsungBrowser/25.0 Chrome/121.0 Mobile", "Samsung Internet on Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Safari/604.1", "Safari on iOS"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) CriOS/126.0 Safari/604.1", "Chrome on iOS"),
        ("Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) FxiOS/127.0 Safari/605.1", "Firefox on iOS"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) Version/17.5 Safari/605.1.15", "Safari on macOS"),
        (
            "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 Chrome/126.0 Safari/537.36",
            "Chrome on ChromeOS",
        ),
        ("", "A browser on an unknown system"),
        ("curl/8.5\r\nX-Evil: 1", "A browser on an unknown system"),
    ],
)
def test_device_has_a_name_that_people_know(agent: str, device: str) -> None:
    assert sessions.device_of(agent) == device


def test_signing_in_anew_ends_the_session_of_before_in_that_browser(desk: Desk) -> None:
    with desk.work():
        person = give_password(make_user())
    visitor = desk.signed_in(person)
    stolen = _cookie(visitor)
    visitor.post("/sign-in", {"username": person.username, "password": PASSWORD})
    thief = desk.visitor()
    thief.client.set_cookie("adminops", stolen)
    assert "/sign-in" in thief.get("/me", status=302).goal
    assert visitor.get("/me").heading == person.name


def test_ending_the_others_on_the_page_keeps_this_one(desk: Desk) -> None:
    with desk.work():
        person = make_user()
    here, there = desk.signed_in(person), desk.signed_in(person)
    assert here.get("/me/sessions").says("2 sessions")
    assert here.post("/me/sessions/end-others", follow=True).says("You are signed in nowhere else now.")
    assert here.get("/me/sessions").says("1 session")
    assert "/sign-in" in there.get("/me", status=302).goal


def test_session_of_somebody_else_is_a_404(desk: Desk) -> None:
    with desk.work() as session:
        person, other = make_user(), make_user()
        _start(other)
        theirs = session.scalars(select(UserSession.id)).one()
    desk.signed_in(person).post(f"/me/sessions/{theirs}/end", status=404)


def _cookie(visitor: Visitor) -> str:
    found = visitor.client.get_cookie("adminops")
    assert found is not None
    return str(found.value)
