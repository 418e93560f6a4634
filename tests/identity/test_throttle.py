"""Counting tries: guesses get slow, the owner gets in, and nothing is lost when many come at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import Account
from accounts.operations import finish_password_reset, unlock_account
from adminops import clock
from adminops.app import AdminOps
from adminops.audit.models import AuditEntry
from adminops.db import transaction
from adminops.identity import operations, throttle
from adminops.identity.models import SignInThrottle, User
from adminops.identity.permissions import Role
from adminops.identity.throttle import HERE, NETWORK, Meter, sign_in_meters
from adminops.system.operations import tidy_up
from tests.accounts.mailing import mails_to
from tests.browsing import Desk, Visitor
from tests.make import PASSWORD, give_password, make_user
from tests.make_accounts import make_account, make_link

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
WRONG = "not the right one at all"
NEW = "brass kettle under the pear tree"


def _fail(username: str, network: str, times: int, device: str | None = None) -> None:
    for _ in range(times):
        throttle.note_failure(sign_in_meters(username, network, device))


def _wait(username: str, network: str, device: str | None = None) -> int:
    return throttle.seconds_to_wait(sign_in_meters(username, network, device))


def test_first_tries_are_free_and_each_further_one_doubles_the_wait(session: Session) -> None:
    waits = []
    with clock.frozen_at(NOON):
        for _ in range(18):
            _fail("ben", "192.0.2.1", 1)
            waits.append(_wait("ben", "192.0.2.1"))
    assert waits[:4] == [0, 0, 0, 0]
    assert waits[4:9] == [1, 2, 4, 8, 16]
    assert waits[-1] == 15 * 60


def test_from_anywhere_the_wait_is_never_longer_than_half_a_minute(session: Session) -> None:
    with clock.frozen_at(NOON):
        for number in range(99):
            _fail("ben", f"198.51.100.{number}", 1)
        assert _wait("ben", "192.0.2.1") == 30
        assert _wait("alicia", "192.0.2.1") == 0


def test_a_device_of_the_owner_does_not_wait_for_strangers(session: Session) -> None:
    with clock.frozen_at(NOON):
        _fail("ben", "192.0.2.1", 60)
        assert _wait("ben", "192.0.2.1") > 0
        assert _wait("ben", "192.0.2.1", device="laptop") == 0
        _fail("ben", "192.0.2.1", 9, device="laptop")
        assert _wait("ben", "192.0.2.1", device="laptop") == 16, "a stolen mark is no way around the meter"


def test_failures_run_down_with_time(session: Session) -> None:
    meter = [Meter("here", "somebody", HERE)]
    with clock.frozen_at(NOON):
        for _ in range(9):
            throttle.note_failure(meter)
    with clock.frozen_at(NOON + 8 * HERE.forgives):
        throttle.note_failure(meter)
        assert throttle.seconds_to_wait(meter) == 0


def test_an_office_that_mistypes_now_and_then_is_never_slowed_down(session: Session) -> None:
    meter = [Meter("network", "192.0.2.1", NETWORK)]
    for minute in range(240):
        with clock.frozen_at(NOON + timedelta(minutes=minute)):
            throttle.note_failure(meter)
            assert throttle.seconds_to_wait(meter) == 0


def test_a_right_password_forgives_the_account_but_not_the_network(session: Session) -> None:
    with clock.frozen_at(NOON):
        _fail("ben", "192.0.2.1", 35)
        throttle.clear_failures(sign_in_meters("ben", "192.0.2.1"))
        assert _wait("ben", "198.51.100.7") == 0
        assert _wait("alicia", "192.0.2.1") > 0


def test_no_name_and_no_address_is_stored(session: Session) -> None:
    _fail("ben", "192.0.2.1", 1)
    stored = session.scalars(select(SignInThrottle)).all()
    assert len(stored) == 4
    assert all(b"ben" not in row.key and b"192" not in row.key for row in stored)


def test_tries_at_the_same_moment_are_all_counted(app: AdminOps) -> None:
    with app.app_context(), transaction():
        give_password(make_user(username="ben"))

    def guess(_: int) -> bool:
        with app.app_context(), transaction():
            outcome = operations.sign_in("ben", WRONG, network="192.0.2.1", device="", hours=1)
            return outcome.wait_seconds == 0

    with ThreadPoolExecutor(8) as pool:
        judged = sum(pool.map(guess, range(12)))
    assert judged < 12, "some had to wait"
    with app.app_context(), transaction(writes=False) as session:
        rows = session.scalars(select(SignInThrottle).order_by(SignInThrottle.failures)).all()
        assert [round(row.failures) for row in rows] == [judged] * 4


def test_a_stranger_cannot_keep_the_owner_out(desk: Desk) -> None:
    with desk.work():
        give_password(make_user(username="ben"))
    owner = desk.visitor()
    _sign_in(owner, PASSWORD, status=302)
    owner.post("/sign-out")
    # Somebody guesses from the owner's own network and from many others, without end.
    with desk.work():
        for number in range(80):
            _fail("ben", f"198.51.100.{number}", 1)
        _fail("ben", "127.0.0.1", 80)
    _sign_in(desk.visitor(), PASSWORD, status=429)
    _sign_in(owner, PASSWORD, status=302)


def test_the_mark_of_a_device_is_good_for_its_owner_only(desk: Desk) -> None:
    with desk.work():
        give_password(make_user(username="ben"))
        give_password(make_user(username="mallory"))
    mallory = desk.visitor()
    _sign_in(mallory, PASSWORD, status=302, username="mallory")
    mallory.post("/sign-out")
    with desk.work():
        _fail("ben", "127.0.0.1", 80)
    _sign_in(mallory, PASSWORD, status=429)
    names = [cookie.key for cookie in mallory.client._cookies.values()]
    assert not any("mallory" in name for name in names)


def _sign_in(visitor: Visitor, password: str, *, status: int, username: str = "ben") -> None:
    visitor.post("/sign-in", {"username": username, "password": password}, status=status)


# The hundredth wrong password in a row


def _guess(desk: Desk, username: str) -> list[str]:
    """Let strangers guess from a hundred addresses, and once more; return what the last two were told."""
    with desk.work():
        for _ in range(99):
            throttle.note_failure([throttle.most_of(username)])
    return [_guess_once(desk, username, network) for network in ("198.51.100.1", "203.0.113.9")]


def _guess_once(desk: Desk, username: str, network: str) -> str:
    with desk.work():
        return operations.sign_in(username, WRONG, network=network, device="A browser", hours=1).sentence


def test_d6_after_a_hundred_failures_guessing_is_stopped_and_the_administrator_is_not_kept_out(desk: Desk) -> None:
    with desk.work():
        account = make_account(Role.SYSTEM_ADMIN, password=True, username="boss")
        other = make_account(Role.SYSTEM_ADMIN, username="other").user
        helper = make_account(Role.MANAGER, username="head").user
    known = desk.visitor()
    known.post("/sign-in", {"username": "boss", "password": PASSWORD}, status=302)
    known.post("/sign-out")

    said = _guess(desk, "boss")
    assert said == [operations.WRONG, operations.STOPPED]
    assert _guess(desk, "nobody.at.all") == said  # nobody learns by it who is there
    with desk.look() as session:
        assert session.scalar(select(AuditEntry.fact).where(AuditEntry.fact == "SignInStopped")) is not None
    assert {subject for user in (other, helper) for subject in subjects(desk, user)} == {
        "Somebody tries passwords for an account"
    }
    assert subjects(desk, account.user) == ["Somebody tries passwords for your account"]

    strange = desk.visitor()
    stopped = strange.post("/sign-in", {"username": "boss", "password": PASSWORD}, status=429)
    assert stopped.says("Sign in on a device on which you have signed in before")
    with clock.frozen_at(clock.now() + timedelta(days=29)), desk.work():
        tidy_up()  # what is stopped is not forgotten overnight
    strange.post("/sign-in", {"username": "boss", "password": PASSWORD}, status=429)

    known.post("/sign-in", {"username": "boss", "password": PASSWORD}, status=302)  # on a device of theirs
    known.post("/sign-out")
    _guess(desk, "boss")
    with desk.work() as session:
        own = session.get_one(Account, account.id)
        link, _ = make_link(own)
        finish_password_reset(link, NEW, by=own.user)  # by mail
    strange.post("/sign-in", {"username": "boss", "password": NEW}, status=302)

    _guess(desk, "boss")
    stranger = desk.visitor()
    stranger.post("/sign-in", {"username": "boss", "password": NEW}, status=429)
    with desk.work() as session:
        unlock_account(session.get_one(Account, account.id), by=session.get_one(User, other.id))
    stranger.post("/sign-in", {"username": "boss", "password": NEW}, status=302)  # by another administrator


def subjects(desk: Desk, user: User) -> list[str]:
    return [mail.subject for mail in mails_to(desk, user.email)]


def test_what_was_stopped_begins_anew_after_thirty_quiet_days(session: Session) -> None:
    meter = [throttle.most_of("ben")]
    with clock.frozen_at(NOON):
        assert [throttle.note_failure(meter) for _ in range(101)].index(True) == 99
        assert throttle.seconds_to_wait(meter) == throttle.STOPPED_FOR.total_seconds()
    with clock.frozen_at(NOON + timedelta(days=2)):
        tidy_up()
        assert throttle.seconds_to_wait(meter) > 0
    with clock.frozen_at(NOON + throttle.STOPPED_FOR + timedelta(seconds=1)):
        tidy_up()
        assert throttle.seconds_to_wait(meter) == 0
