"""What a directory hears by the outbox: once, in turn, until it is as it should be, and never a false dead letter."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import select

from accounts import couriers, operations, signing_in
from accounts.directory import Away, Denied, Doubtful, Refused, Verdict, places
from accounts.models import Account, AccountState, DisabledReason
from accounts.operations.converging import errand_for
from accounts.operations.links import open_link
from adminops import clock
from adminops.app import AdminOps
from adminops.db import db, transaction
from adminops.identity.models import SYSTEM
from adminops.identity.operations import grant_role, revoke_role, sign_in
from adminops.identity.permissions import Role
from adminops.outbox.delivery import Claim, carry_due
from adminops.outbox.models import MessageState, OutboxMessage
from tests.accounts.directory.fake import FakeDirectory
from tests.accounts.directory.places import OTHER
from tests.make import PASSWORD, make_admin
from tests.make_accounts import make_account

M, S = MessageState, AccountState
DOWN = Away("The directory does not answer.")


@pytest.fixture
def fake(app: AdminOps, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeDirectory]:
    """The fake in the place of the directory that the settings name."""
    made = FakeDirectory()
    for module in (places, couriers, operations.life):
        monkeypatch.setattr(module, "directory", lambda: made)
    monkeypatch.setattr(signing_in, "current_settings", lambda: type("Set", (), {"directory_url": "ldaps://x"}))
    with app.app_context():
        yield made


def _new(**over: object) -> int:
    with transaction():
        values = {"username": "ben", "name": "Ben Turner", "email": "ben@example.org", "role": Role.HELP_DESK}
        account = operations.create_account(**{**values, **over}, agency=None, by=make_admin())  # type: ignore[arg-type]
        return account.id


@contextmanager
def _work(account_id: int) -> Iterator[Account]:
    with transaction() as session:
        yield session.get_one(Account, account_id)


def _messages() -> list[OutboxMessage]:
    with transaction(writes=False) as session:
        about = select(OutboxMessage).where(OutboxMessage.way == "directory").order_by(OutboxMessage.id)
        return list(session.scalars(about))


def _active() -> int:
    """Return an account that the directory has and whose owner has chosen a password."""
    account_id = _new()
    carry_due(couriers.DIRECTORY)
    with _work(account_id) as account:
        link = open_link(account)
        assert link is not None
        operations.finish_password_reset(link, PASSWORD, by=account.user)
    carry_due(couriers.DIRECTORY)
    return account_id


def test_new_account_is_made_in_the_directory_and_only_then_invited(fake: FakeDirectory) -> None:
    account_id = _new()
    with _work(account_id) as account:
        assert (account.state, account.kept_in) == (S.PROVISIONING, "directory")
        assert open_link(account) is None
    assert fake.entries == {}, "nothing reaches the directory before it is stored here"
    carry_due(couriers.DIRECTORY)
    with _work(account_id) as account:
        [entry] = fake.entries.values()
        assert (account.state, account.directory_id) == (S.INVITED, entry.id)
        assert (entry.enabled, entry.groups) == (False, {"adminops-help-desk"})
        assert open_link(account) is not None
    assert [message.state for message in _messages()] == [M.SENT]


def test_first_password_opens_it_there_and_signing_in_asks_there(fake: FakeDirectory) -> None:
    account_id = _active()
    with _work(account_id) as account:
        assert account.user.password_hash == ""
        assert fake.entries[account.key].enabled
        assert sign_in("ben", PASSWORD, network="n", device="d", hours=1).token
        assert sign_in("ben", OTHER, network="n", device="d", hours=1).token is None


def test_b5_directory_that_is_away_is_said_and_local_accounts_are_not_concerned(fake: FakeDirectory) -> None:
    _active()
    with transaction():
        make_account(username="local", password=True)
    fake.fail(DOWN)
    with transaction():
        said = sign_in("ben", PASSWORD, network="n", device="d", hours=1)
        assert (said.token, said.sentence) == (None, signing_in.AWAY)
        assert sign_in("local", PASSWORD, network="n", device="d", hours=1).token


def test_disabled_account_is_closed_there_too_and_what_is_told_late_is_what_holds_now(fake: FakeDirectory) -> None:
    account_id = _active()
    with _work(account_id) as account:
        operations.disable_account(account, DisabledReason.LEFT, by=SYSTEM)
    with _work(account_id) as account:
        operations.reactivate_account(account, by=SYSTEM)
    fake.calls.clear()
    carry_due(couriers.DIRECTORY)
    with _work(account_id) as account:
        assert fake.entries[account.key].enabled
        assert account.applied_version == account.version
    assert fake.calls == ["converge"], "two changes, told once: as it stands now"
    assert [message.state for message in _messages()][-2:] == [M.SENT, M.DROPPED]


def test_roles_are_groups_there(fake: FakeDirectory) -> None:
    account_id = _active()
    with _work(account_id) as account:
        grant_role(account.user, Role.TRAINER, agency=None, by=make_admin())
        revoke_role(next(g for g in account.user.grants if g.role is Role.HELP_DESK), by=make_admin())
    carry_due(couriers.DIRECTORY)
    [entry] = fake.entries.values()
    assert entry.groups == {"adminops-trainer"}


def test_archived_and_restored_account_is_put_away_and_taken_back(fake: FakeDirectory) -> None:
    account_id = _active()
    with _work(account_id) as account:
        operations.disable_account(account, DisabledReason.LEFT, by=SYSTEM)
        operations.archive_account(account, by=SYSTEM)
    carry_due(couriers.DIRECTORY)
    [entry] = fake.entries.values()
    assert (entry.archived, entry.enabled, entry.groups) == (True, False, set())
    with _work(account_id) as account:
        operations.restore_account(account, by=SYSTEM)
    carry_due(couriers.DIRECTORY)
    [again] = fake.entries.values()
    assert (again.archived, again.enabled, again.id) == (False, False, entry.id)


def test_f7_hour_without_a_directory_leaves_no_dead_letter_and_drains_afterwards(fake: FakeDirectory) -> None:
    ids = [_new(username=f"ben{number}", email=f"ben{number}@example.org") for number in range(6)]
    start = clock.now()
    fake.fail(DOWN, times=10_000)
    for minute in range(60):
        with clock.frozen_at(start + timedelta(minutes=minute)):
            carry_due(couriers.DIRECTORY)
    assert {message.state for message in _messages()} == {M.PENDING}
    assert len(fake.calls) <= 61, "one that does not get through is enough to know"
    fake.faults.clear()
    with clock.frozen_at(start + timedelta(minutes=62)):
        carry_due(couriers.DIRECTORY)
    assert {message.state for message in _messages()} == {M.SENT}
    assert len(fake.entries) == len(ids)


@pytest.mark.parametrize("after", [False, True])
def test_b2_b3_nobody_knows_ends_as_desired_without_a_dead_letter(fake: FakeDirectory, after: bool) -> None:
    account_id, start = _new(), clock.now()
    fake.fail(Doubtful("No answer."), after=after, times=4)
    for minute in range(0, 60, 5):
        with clock.frozen_at(start + timedelta(minutes=minute)):
            carry_due(couriers.DIRECTORY)
            fake.catch_up()
    [message] = _messages()
    assert (message.state, message.unconfirmed >= 4) == (M.SENT, True)
    with _work(account_id) as account:
        assert account.state is S.INVITED


def test_what_the_directory_refuses_is_a_dead_letter_that_can_be_tried_again(fake: FakeDirectory) -> None:
    account_id = _new()
    fake.fail(Refused("The directory does not take this (invalid syntax)."))
    carry_due(couriers.DIRECTORY)
    [message] = _messages()
    assert (message.state, "invalid syntax" in message.problem) == (M.DEAD, True)
    with _work(account_id) as account:
        assert account.state is S.PROVISIONING
        operations.change_account(account, name="Ben", email="b@example.org", title="", by=make_admin())
    carry_due(couriers.DIRECTORY)
    with _work(account_id) as account:
        assert account.state is S.INVITED


def test_rights_that_do_not_reach_stop_the_run_and_nothing_is_lost(fake: FakeDirectory) -> None:
    for number in range(3):
        _new(username=f"ben{number}", email=f"ben{number}@example.org")
    fake.fail(Denied("The directory does not let AdminOps do this."))
    carry_due(couriers.DIRECTORY)
    assert fake.calls == ["converge"]
    assert {message.state for message in _messages()} == {M.PENDING}


def test_f5_worker_that_dies_at_any_point_loses_nothing(fake: FakeDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, point in enumerate(("claimed", "written")):
        account_id = _new(username=f"ben{number}", email=f"ben{number}@example.org")
        plain, start = fake.converge, clock.now()

        def dies(desired: object, point: str = point, plain: object = plain) -> object:
            if point == "written":
                plain(desired)  # type: ignore[operator]
            raise KeyboardInterrupt

        monkeypatch.setattr(fake, "converge", dies)
        with clock.frozen_at(start), pytest.raises(KeyboardInterrupt):
            carry_due(couriers.DIRECTORY)
        monkeypatch.setattr(fake, "converge", plain)
        with clock.frozen_at(start):
            carry_due(couriers.DIRECTORY)
        assert _messages()[-1].state is M.SENDING, "somebody may still be at it"
        with clock.frozen_at(start + timedelta(minutes=2)):
            carry_due(couriers.DIRECTORY)
        assert _messages()[-1].state is M.SENT
        with _work(account_id) as account:
            assert (account.state, account.key in fake.entries) == (S.INVITED, True)


def test_worker_that_stood_still_too_long_has_the_directory_looked_at_again(fake: FakeDirectory) -> None:
    account_id, start = _new(), clock.now()
    plain = fake.converge

    def slow(desired: object) -> object:
        done = plain(desired)  # type: ignore[arg-type]
        fake.converge = plain  # type: ignore[method-assign]
        with clock.frozen_at(start + timedelta(minutes=5)):
            carry_due(couriers.DIRECTORY)  # somebody else takes over meanwhile
        return done

    fake.converge = slow  # type: ignore[method-assign,assignment]
    with clock.frozen_at(start):
        carry_due(couriers.DIRECTORY)
    with _work(account_id) as account:
        assert account.version > 1, "what was written late is compared anew"
    with clock.frozen_at(start + timedelta(minutes=6)):
        carry_due(couriers.DIRECTORY)
    with _work(account_id) as account:
        assert account.applied_version == account.version


def test_two_changes_of_one_account_are_never_told_at_the_same_time(fake: FakeDirectory) -> None:
    account_id = _new()
    with transaction():
        [message] = db.session.scalars(select(OutboxMessage).where(OutboxMessage.way == "directory"))
        message.state, message.next_try_at = M.SENDING, clock.now() + timedelta(seconds=30)
    with _work(account_id) as account:
        operations.tell_directory(account, by=SYSTEM)
    carry_due(couriers.DIRECTORY)
    assert fake.calls == []


def test_errand_that_came_too_late_is_dropped_without_asking_anybody(fake: FakeDirectory) -> None:
    account_id = _active()
    with transaction(writes=False):
        assert errand_for(account_id) is None
        assert errand_for(999_999) is None
    outcome = couriers.DIRECTORY.carry(Claim(_messages()[0].id, 9, clock.now() + timedelta(minutes=1)))
    assert outcome is not None
    assert outcome.state is M.DROPPED


def test_a3_reset_is_refused_while_it_is_closed_and_the_directory_stays_closed(fake: FakeDirectory) -> None:
    account_id = _active()
    with _work(account_id) as account:
        operations.disable_account(account, DisabledReason.SECURITY, by=SYSTEM)
        key = account.key
    carry_due(couriers.DIRECTORY)
    with pytest.raises(Exception, match="disabled"), _work(account_id) as account:
        operations.start_password_reset(account, by=SYSTEM)
    assert fake.verify(key, PASSWORD) is Verdict.DISABLED


def test_unlocking_reaches_the_directory(fake: FakeDirectory) -> None:
    account_id = _active()
    with _work(account_id) as account:
        for _ in range(5):
            fake.verify(account.key, OTHER)
        assert fake.entries[account.key].locked
        operations.unlock_account(account, by=SYSTEM)
        assert fake.verify(account.key, PASSWORD) is Verdict.OK
