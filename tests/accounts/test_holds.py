"""Holds: an account is open when it was approved, nothing holds it, and now is within its limits."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from random import Random

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts import operations
from accounts.forms import in_zone
from accounts.models import TRANSITIONS, Account, AccountState, DisabledReason, Hold, HoldKind
from accounts.operations.links import open_link
from adminops import clock
from adminops.audit.models import AuditEntry
from adminops.errors import Invalid, InvalidState, NotAllowed
from adminops.identity.models import SYSTEM
from adminops.identity.operations import sign_in
from adminops.identity.permissions import Role
from adminops.identity.sessions import sessions_of, start_session
from adminops.identity.tokens import TokenScope, make_token, tokens_of
from tests.browsing import Desk
from tests.identity.test_sessions import IDLE
from tests.make import PASSWORD, make_admin, make_agency
from tests.make_accounts import make_account

S = AccountState
NOW = datetime(2026, 3, 6, 15, tzinfo=UTC)


def _facts(session: Session) -> list[str]:
    return list(session.scalars(select(AuditEntry.fact).order_by(AuditEntry.id)))


def test_a2_two_holds_and_one_released_is_still_disabled(session: Session) -> None:
    account, admin = make_account(), make_admin()
    training = operations.place_hold(account, HoldKind.TRAINING, source="training@3", by=SYSTEM)
    left = operations.place_hold(account, HoldKind.OFFBOARDED, by=admin)
    operations.release_hold(training, by=admin)
    assert (account.state, account.user.may_sign_in) == (S.DISABLED, False)
    with pytest.raises(InvalidState, match="disabled"):
        operations.start_password_reset(account, by=admin)
    operations.release_hold(left, by=admin)
    assert (account.state, account.user.may_sign_in) == (S.ACTIVE, True)
    assert _facts(session) == [
        *("AccountHeld", "AccountDisabled", "AccountHeld"),
        *("AccountReleased", "AccountReleased", "AccountReactivated"),
    ]


def test_reactivating_names_what_else_keeps_it_closed(session: Session) -> None:
    account, admin = make_account(), make_admin()
    operations.disable_account(account, DisabledReason.ON_LEAVE, by=admin)
    operations.place_hold(account, HoldKind.SECURITY, by=admin)
    with pytest.raises(InvalidState, match="2 things keep it closed: on leave, security concern"):
        operations.reactivate_account(account, by=admin)


def test_hold_placed_twice_is_one_and_the_earlier_moment_wins(session: Session) -> None:
    account, admin = make_account(), make_admin()
    later = operations.place_hold(account, HoldKind.INACTIVITY, begins_at=clock.now() + timedelta(days=9), by=SYSTEM)
    again = operations.place_hold(account, HoldKind.INACTIVITY, begins_at=clock.now() + timedelta(days=3), by=SYSTEM)
    assert again.id == later.id
    assert account.state is S.ACTIVE
    operations.place_hold(account, HoldKind.INACTIVITY, by=admin)
    assert account.state is S.DISABLED
    operations.release_hold(later, by=admin)
    operations.release_hold(later, by=admin)
    assert account.state is S.ACTIVE


def test_closing_ends_sessions_links_and_tokens_in_the_same_moment(session: Session) -> None:
    account = make_account(password=True)
    start_session(account.user, device="", hours=12)
    make_token(name="x", scopes=[TokenScope.READ_TICKETS], lives=timedelta(days=1), by=account.user)
    operations.start_password_reset(account, by=SYSTEM)
    operations.place_hold(account, HoldKind.AGREEMENT, by=SYSTEM)
    assert sessions_of(account.user, idle=IDLE) == tokens_of(account.user) == []
    assert open_link(account) is None
    signed = sign_in(account.user.username, PASSWORD, network="n", device="d", hours=1)
    assert signed.token is None


def test_a5_signing_in_takes_a_coming_hold_for_inactivity_back_and_no_other(session: Session) -> None:
    account = make_account(password=True)
    for kind in (HoldKind.INACTIVITY, HoldKind.TRAINING):
        operations.place_hold(account, kind, begins_at=clock.now() + timedelta(days=2), by=SYSTEM)
    assert sign_in(account.user.username, PASSWORD, network="n", device="d", hours=1).token
    session.refresh(account, ["holds"])
    assert [each.kind for each in account.coming_holds] == [HoldKind.TRAINING]


@pytest.mark.parametrize(
    ("day", "hour", "at"),
    [
        ("2026-03-06", 17, datetime(2026, 3, 6, 22, tzinfo=UTC)),  # the clocks are set forward on March 8
        ("2026-03-09", 17, datetime(2026, 3, 9, 21, tzinfo=UTC)),
        ("2026-11-02", 17, datetime(2026, 11, 2, 22, tzinfo=UTC)),
    ],
)
def test_a9_leaver_at_five_o_clock_loses_access_at_five_whatever_the_clocks_do(
    session: Session, day: str, hour: int, at: datetime
) -> None:
    account, admin = make_account(), make_admin()
    with clock.frozen_at(NOW):
        moment = in_zone(date.fromisoformat(day), time(hour))
        operations.disable_account(account, DisabledReason.LEFT, begins_at=moment, by=admin)
        assert account.state is S.ACTIVE
    for before, after in pairwise((at - timedelta(seconds=1), at)):
        with clock.frozen_at(before):
            assert operations.settle_due(by=SYSTEM) == 0
        with clock.frozen_at(after):
            assert operations.settle_due(by=SYSTEM) == 1
            assert account.state is S.DISABLED
            assert operations.settle_due(by=SYSTEM) == 0


def test_hold_that_ends_by_itself_opens_the_account_again(session: Session) -> None:
    account, admin = make_account(), make_admin()
    until = clock.now() + timedelta(days=30)
    operations.place_hold(account, HoldKind.ADMIN, reason=DisabledReason.ON_LEAVE, ends_at=until, by=admin)
    assert account.state is S.DISABLED
    with clock.frozen_at(until):
        operations.settle_due(by=SYSTEM)
        assert account.state is S.ACTIVE
        operations.place_hold(account, HoldKind.ADMIN, reason=DisabledReason.SECURITY, by=admin)
        assert account.state is S.DISABLED, "what has ended by the clock keeps no new one out"
    with pytest.raises(Invalid, match="end after it begins"):
        operations.place_hold(account, HoldKind.TRAINING, ends_at=clock.now() - timedelta(days=1), by=admin)


def test_account_for_a_while_opens_and_closes_by_itself(session: Session) -> None:
    account, admin = make_account(), make_admin()
    start, end = clock.now() + timedelta(days=1), clock.now() + timedelta(days=8)
    operations.limit_account(account, valid_from=start, valid_until=end, by=admin)
    assert account.state is S.DISABLED
    with pytest.raises(InvalidState, match="limits of time"):
        operations.reactivate_account(account, by=admin)
    for moment, state in ((start, S.ACTIVE), (end, S.DISABLED)):
        with clock.frozen_at(moment):
            assert operations.settle_due(by=SYSTEM) == 1
            assert account.state is state
    with pytest.raises(Invalid):
        operations.limit_account(account, valid_from=end, valid_until=start, by=admin)


def test_a7_who_comes_back_has_the_same_account_and_its_record(session: Session) -> None:
    account, admin = make_account(password=True), make_admin()
    operations.disable_account(account, DisabledReason.LEFT, by=admin)
    operations.archive_account(account, by=admin)
    key, before = account.key, len(_facts(session))
    operations.restore_account(account, by=admin)
    assert (account.state, account.key, account.user.may_sign_in) == (S.INVITED, key, False)
    assert account.user.password_hash == "", "the password of before opens nothing"
    link = open_link(account)
    assert link is not None
    operations.finish_password_reset(link, "brass kettle under the pear tree", by=account.user)
    assert account.state is S.ACTIVE
    assert len(_facts(session)) > before


def test_nobody_holds_themselves_and_archived_accounts_stay(session: Session) -> None:
    account, admin = make_account(state=S.ARCHIVED), make_account().user
    own = session.scalars(select(Account).where(Account.user_id == admin.id)).one()
    with pytest.raises(NotAllowed):
        operations.place_hold(own, HoldKind.ADMIN, by=admin)
    with pytest.raises(InvalidState, match="archived"):
        operations.place_hold(account, HoldKind.ADMIN, by=SYSTEM)


def test_a1_no_walk_of_ten_thousand_steps_leaves_the_machine(session: Session) -> None:
    """The rule alone, without the database's time: every standing that holds and limits amount to is a legal move."""
    chance, moves = Random(20260306), set()
    account = Account(state=S.INVITED, kept_in="local", applied_version=0)
    account.user = make_account(state=S.INVITED).user
    at = NOW
    for _ in range(10_000):
        at += timedelta(hours=chance.randrange(1, 72))
        with clock.frozen_at(at):
            _step(chance, account, at)
            before, after = account.state, account.standing()
            if after is not before:
                assert after in TRANSITIONS[before]
                account.move(after)
                moves.add((before, after))
            is_shut = bool(account.open_holds) or not account.is_within_validity
            assert (account.state is S.DISABLED) is is_shut
            assert account.user.may_sign_in is (account.state is S.ACTIVE)
    assert {(S.ACTIVE, S.DISABLED), (S.DISABLED, S.ACTIVE), (S.PROVISIONING, S.INVITED)} <= moves
    session.rollback()


def _step(chance: Random, account: Account, at: datetime) -> None:
    what = chance.randrange(8)
    if what < 2:
        begins_at, lasts = at + timedelta(hours=chance.randrange(-5, 50)), chance.choice((None, 5, 90))
        ends_at = begins_at + timedelta(hours=lasts) if lasts else None
        Hold(account=account, kind=chance.choice(list(HoldKind)), begins_at=begins_at, ends_at=ends_at)
    elif what < 5:
        for each in account.holds:
            each.released_at = each.released_at or (at if chance.random() < 0.6 else None)
        account.holds[:] = [each for each in account.holds if each.released_at is None][:6]
    elif what == 5:
        account.valid_until = chance.choice((None, None, at + timedelta(days=3)))
    elif what == 6 and account.state is S.INVITED:
        account.activated_at = at
        account.move(S.ACTIVE)
    elif what == 7 and chance.random() < 0.1:
        account.state, account.activated_at = S.PROVISIONING, None
        account.kept_in, account.applied_version = "directory", 0
        account.user.may_sign_in = False
    else:
        account.applied_version = 1


def test_holds_are_shown_cancelled_and_released_on_the_page(desk: Desk) -> None:
    with desk.work():
        agency = make_agency()
        account = make_account(agency=agency, name="Hector Salinas")
        admin = make_account(Role.SYSTEM_ADMIN).user
        coming = clock.now() + timedelta(days=4)
        held = operations.place_hold(account, HoldKind.TRAINING, begins_at=coming, source="training@2", by=SYSTEM)
    visitor, url = desk.signed_in(admin), f"/accounts/{account.id}"
    page = visitor.get(url)
    assert page.says("Training is missing or has run out")
    assert page.says("by policy training@2")
    visitor.post(f"{url}/disable", {"reason": "left", "on": "2031-05-02", "at": "17:00"})
    assert visitor.get(url).says("Left the agency")
    visitor.post(f"{url}/disable", {"reason": "security"})
    assert visitor.post(f"{url}/hold", {"reason": "duplicate"}, follow=True).says("until each reason is released")
    with desk.work() as session:
        second = session.scalars(select(Hold.id).where(Hold.account_id == account.id, Hold.kind == "admin")).one()
    assert visitor.get(f"{url}/holds/{second}/release").says("It stays closed all the same: security concern")
    assert visitor.post(f"{url}/holds/{second}/release", follow=True).says("The account is disabled.")
    visitor.get(f"{url}/holds/{held.id}/release")
    assert visitor.post(f"{url}/holds/{held.id}/release", follow=True).says("Released.")
    visitor.get(f"{url}/holds/{held.id}/release", status=404)
    with desk.look() as session:
        assert session.get_one(Account, account.id).state is S.DISABLED
    assert visitor.post(f"{url}/reactivate", follow=True).says("works again")
    assert visitor.post(f"{url}/unlock", follow=True).says("can try again at once")
    assert visitor.post(f"{url}/limits", {"first": "2031-01-01", "last": "2030-01-01"}, status=422).says("end after")
    visitor.post(f"{url}/limits", {"first": "", "last": "2031-12-31"})
    assert visitor.get(url).says("Limits of time")
    assert visitor.get(f"{url}/limits").says("Last day")
