"""One-time links and passwords: what a captured link is worth, and who learns what."""

from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from accounts import operations, tokens
from accounts.models import Account, AccountState, DisabledReason, LinkReason, PasswordReset, ResetWish
from accounts.operations.links import issue, open_link
from accounts.operations.passwords import LINKS_AN_HOUR
from adminops import clock
from adminops.app import AdminOps
from adminops.audit.models import AuditEntry
from adminops.db import db, savepoint, transaction
from adminops.errors import DomainError, Invalid, InvalidState, NotAllowed, NotFound, TooMany
from adminops.identity import operations as identity
from adminops.identity import passwords, throttle
from adminops.identity.holding import hold_user
from adminops.identity.models import SYSTEM, PasswordBefore
from adminops.identity.permissions import Role
from adminops.identity.sessions import find_session, sessions_of, start_session
from adminops.outbox.models import OutboxMessage
from adminops.refs import Ref
from tests.identity.test_sessions import IDLE
from tests.make import PASSWORD, make_user
from tests.make_accounts import make_account, make_link

S = AccountState
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
NEW = "marble bicycle thunder spoon"


def _facts(session: Session) -> list[str]:
    return list(session.scalars(select(AuditEntry.fact).order_by(AuditEntry.id)))


def _count(session: Session, model: type) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


def _is_dead(token: str) -> bool:
    try:
        operations.redeem(token)
    except NotFound as refused:
        return refused.sentence == "This link does not work any more."
    return False


# Links


def test_link_gives_a_new_password_and_ends_all_sessions(session: Session) -> None:
    account = make_account(password=True)
    start_session(account.user, device="", hours=12)
    _, token = make_link(account)
    operations.finish_password_reset(operations.redeem(token), NEW, by=account.user)
    assert passwords.matches(account.user.password_hash, NEW)
    assert not passwords.matches(account.user.password_hash, PASSWORD)
    assert account.user.password_set_at is not None
    assert sessions_of(account.user, idle=IDLE) == []
    assert _facts(session) == ["PasswordResetStarted", "PasswordResetFinished"]


def test_link_of_an_invitation_activates_the_account(session: Session) -> None:
    account = make_account(state=S.INVITED)
    link = issue(account, LinkReason.INVITATION, by=SYSTEM, request=None)
    operations.finish_password_reset(operations.redeem(tokens.token_of(link)), NEW, by=account.user)
    assert (account.state, account.user.may_sign_in) == (S.ACTIVE, True)
    assert account.activated_at is not None
    assert _facts(session) == ["AccountActivated"]


def test_d3_used_link_is_dead(session: Session) -> None:
    account = make_account()
    link, token = make_link(account)
    operations.finish_password_reset(link, NEW, by=account.user)
    assert _is_dead(token)
    with pytest.raises(NotFound):
        operations.finish_password_reset(link, "another long password here", by=account.user)


def test_d3_link_dies_with_a_newer_one(session: Session) -> None:
    account = make_account()
    with clock.frozen_at(NOON):
        _, first = make_link(account)
    with clock.frozen_at(NOON + timedelta(minutes=2)):
        _, second = make_link(account)
        assert _is_dead(first)
        assert not _is_dead(second)


def test_d3_link_dies_when_the_account_is_disabled_and_stays_dead(session: Session) -> None:
    account = make_account()
    _, token = make_link(account)
    operations.disable_account(account, DisabledReason.SECURITY, by=SYSTEM)
    assert _is_dead(token)
    operations.reactivate_account(account, by=SYSTEM)
    assert _is_dead(token)


def test_d3_link_dies_when_the_owner_signs_in(session: Session) -> None:
    account = make_account(password=True)
    _, token = make_link(account)
    _, other = make_link(make_account())
    outcome = identity.sign_in(account.user.username, PASSWORD, network="192.0.2.1", device="", hours=12)
    assert outcome.token
    assert _is_dead(token)
    assert not _is_dead(other), "that of somebody else lives"


def test_link_runs_out_after_an_hour(session: Session) -> None:
    account = make_account()
    with clock.frozen_at(NOON):
        link, token = make_link(account)
    with clock.frozen_at(NOON + timedelta(minutes=59)):
        assert not _is_dead(token)
    with clock.frozen_at(NOON + timedelta(minutes=60)):
        assert _is_dead(token)
        with pytest.raises(NotFound):
            operations.finish_password_reset(link, NEW, by=account.user)


def test_invitation_works_over_a_weekend(session: Session) -> None:
    account = make_account(state=S.INVITED)
    with clock.frozen_at(NOON):
        token = tokens.token_of(issue(account, LinkReason.INVITATION, by=SYSTEM, request=None))
    with clock.frozen_at(NOON + timedelta(hours=71)):
        assert not _is_dead(token)
    with clock.frozen_at(NOON + timedelta(hours=73)):
        assert _is_dead(token)


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "ÿ" * 43, "../../etc/passwd", "' OR 1=1 --", "x" * 10_000])
def test_made_up_token_opens_nothing(session: Session, token: str) -> None:
    make_link(make_account())
    assert _is_dead(token)


def test_d8_looking_at_a_link_does_not_use_it_up(session: Session) -> None:
    _, token = make_link(make_account())
    for _ in range(3):
        assert operations.redeem(token).used_at is None


def test_weak_password_leaves_the_link_alive(session: Session) -> None:
    account = make_account(password=True)
    link, token = make_link(account)
    for weak in ("short", "passwordpassword", account.user.username * 4):
        with pytest.raises(Invalid) as refused, savepoint():
            operations.finish_password_reset(link, weak, by=account.user)
        assert refused.value.field == "password"
    assert not _is_dead(token)
    assert passwords.matches(account.user.password_hash, PASSWORD)


def test_nobody_but_the_owner_finishes_a_reset(session: Session) -> None:
    link, _ = make_link(make_account())
    with pytest.raises(NotAllowed):
        operations.finish_password_reset(link, NEW, by=make_user(Role.SYSTEM_ADMIN))


def test_own_wrong_tries_are_forgiven_with_the_new_password(session: Session) -> None:
    account = make_account(password=True)
    username = account.user.username
    meters = throttle.sign_in_meters(username, "192.0.2.1")
    for _ in range(9):
        throttle.note_failure(meters)
    link, _ = make_link(account)
    operations.finish_password_reset(link, NEW, by=account.user, forgive=meters)
    assert identity.sign_in(username, NEW, network="192.0.2.1", device="", hours=12).token


def test_link_is_used_once_by_clicks_at_the_same_moment(app: AdminOps) -> None:
    with app.app_context(), transaction():
        _, token = make_link(make_account())

    def use(number: int) -> bool:
        try:
            with app.app_context(), transaction():
                link = operations.redeem(token)
                operations.finish_password_reset(link, f"{NEW} {number}", by=link.account.user)
        except NotFound:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(use, range(4))) == 1


# Tokens


def test_token_is_the_same_at_every_try_and_stored_nowhere(session: Session) -> None:
    link, token = make_link(make_account())
    assert tokens.token_of(link) == token
    assert len(token) == tokens.LENGTH
    columns = [getattr(link, column.key) for column in PasswordReset.__table__.columns]
    assert token not in str(columns)
    assert link.token_hash == tokens.hash_of(token)


def test_token_depends_on_the_row_its_nonce_and_the_secret_of_the_app(app: AdminOps, session: Session) -> None:
    link, token = make_link(make_account())
    other, _ = make_link(make_account())
    other.nonce = link.nonce
    assert tokens.token_of(other) != token
    nonce, link.nonce = link.nonce, b"\x00" * 32
    assert tokens.token_of(link) != token
    link.nonce = nonce
    settings = app.extensions["settings"]
    app.extensions["settings"] = type(settings)(environment="test", home=settings.home, secret_key="another secret")
    try:
        assert tokens.token_of(link) != token
        assert not tokens.still_fits(link)
    finally:
        app.extensions["settings"] = settings
    assert tokens.still_fits(link)


def test_database_refuses_a_second_open_link(session: Session) -> None:
    account = make_account()
    make_link(account)
    with pytest.raises(IntegrityError), savepoint():
        session.add(PasswordReset(account=account, reason=LinkReason.HELP_DESK, expires_at=NOON))


# Resets by the help desk


def test_second_click_within_a_minute_is_the_same_reset(session: Session) -> None:
    account, agent = make_account(), make_user(Role.HELP_DESK)
    with clock.frozen_at(NOON):
        first = operations.start_password_reset(account, by=agent, request=Ref.to("ticket", 3))
    with clock.frozen_at(NOON + timedelta(seconds=40)):
        assert operations.start_password_reset(account, by=agent, request=Ref.to("ticket", 3)).id == first.id
    assert _facts(session) == ["PasswordResetStarted"]
    assert _count(session, OutboxMessage) == 1
    with clock.frozen_at(NOON + timedelta(seconds=70)):
        assert operations.start_password_reset(account, by=agent, request=Ref.to("ticket", 3)).id != first.id


def test_clicks_at_the_same_moment_start_one_reset(app: AdminOps) -> None:
    with app.app_context(), transaction():
        account_id = make_account().id

    def start(_: int) -> int:
        with app.app_context(), transaction() as session:
            account = session.get_one(Account, account_id)
            return operations.start_password_reset(account, by=SYSTEM).id

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(start, range(4)))) == 1


def test_disabled_account_takes_no_reset_and_staff_learn_why(session: Session) -> None:
    account = make_account()
    operations.disable_account(account, DisabledReason.SECURITY, by=SYSTEM)
    with pytest.raises(InvalidState, match=r"disabled \(security concern\)"):
        operations.start_password_reset(account, by=make_user(Role.HELP_DESK))
    assert _count(session, PasswordReset) == 0


def test_reset_of_a_disabled_account_never_enables_it(session: Session) -> None:
    account = make_account(password=True)
    link, _ = make_link(account)
    operations.disable_account(account, DisabledReason.LEFT, by=SYSTEM)
    link.superseded_at = None  # as if a link had survived
    session.flush()
    with pytest.raises(NotFound):
        operations.finish_password_reset(link, NEW, by=account.user)
    assert not account.user.may_sign_in


def test_facts_bear_the_ticket_from_start_to_end(session: Session) -> None:
    account, ticket = make_account(), Ref.to("ticket", 4711)
    link = operations.start_password_reset(account, by=make_user(Role.HELP_DESK), request=ticket)
    operations.finish_password_reset(link, NEW, by=account.user)
    chosen = select(AuditEntry.fact, AuditEntry.request_id, AuditEntry.actor_id).order_by(AuditEntry.id)
    (started, number, agent), (finished, same_number, owner) = session.execute(chosen).all()
    assert (started, number) == ("PasswordResetStarted", "4711")
    assert (finished, same_number, owner) == ("PasswordResetFinished", "4711", account.user_id)
    assert agent != owner


def test_newer_link_takes_the_ticket_over(session: Session) -> None:
    account = make_account()
    with clock.frozen_at(NOON):
        operations.start_password_reset(account, by=SYSTEM, request=Ref.to("ticket", 5))
    with clock.frozen_at(NOON + timedelta(minutes=5)):
        _wish(account.user.email)
        link = open_link(account)
    assert link is not None
    assert link.reason is LinkReason.SELF_SERVICE
    assert link.request == Ref.to("ticket", 5)


# Self-service


def _wish(text: str, network: str = "192.0.2.1") -> None:
    operations.ask_for_reset(text, network=network)
    operations.answer_wishes(by=SYSTEM)


def test_user_name_or_address_of_any_case_gets_a_link(session: Session) -> None:
    first, second = make_account(), make_account()
    _wish(f" {first.user.username.upper()} ")
    _wish(second.user.email.upper())
    assert open_link(first) is not None
    assert open_link(second) is not None
    assert _facts(session) == ["PasswordResetStarted"] * 2


def test_address_of_two_people_gets_a_link_for_each(session: Session) -> None:
    first, second = make_account(email="desk@example.org"), make_account(email="desk@example.org")
    _wish("desk@example.org")
    assert open_link(first) is not None
    assert open_link(second) is not None


@pytest.mark.parametrize("state", [S.REQUESTED, S.APPROVED, S.PROVISIONING, S.DISABLED, S.ARCHIVED])
def test_account_that_is_not_in_use_gets_nothing(session: Session, state: AccountState) -> None:
    account = make_account(state=state)
    _wish(account.user.username)
    assert _count(session, OutboxMessage) == 0
    assert open_link(account) is None


def test_invited_person_who_forgot_gets_the_invitation_again(session: Session) -> None:
    account = make_account(state=S.INVITED)
    _wish(account.user.username)
    link = open_link(account)
    assert link is not None
    assert link.reason is LinkReason.INVITATION
    assert _facts(session) == ["AccountInvited"]


def test_d4_asking_does_the_same_for_known_and_unknown_and_leaves_nothing_behind(session: Session) -> None:
    account = make_account()
    for text in (account.user.username, "nobody", "what I typed by mistake", "x" * 5000, "nul\x00", "💡"):
        operations.ask_for_reset(text, network="192.0.2.1")
    assert _count(session, ResetWish) == 6
    assert _count(session, PasswordReset) == 0
    assert operations.answer_wishes(by=SYSTEM) == 6
    assert _count(session, ResetWish) == 0
    assert _count(session, PasswordReset) == 1


def test_nobody_floods_a_mailbox(session: Session) -> None:
    account = make_account()
    for number in range(12):
        with clock.frozen_at(NOON + timedelta(minutes=2 * number)):
            _wish(account.user.username, network=f"198.51.100.{number}")
    assert _count(session, OutboxMessage) == LINKS_AN_HOUR
    with clock.frozen_at(NOON + timedelta(hours=2)):
        _wish(account.user.username)
    assert _count(session, OutboxMessage) == LINKS_AN_HOUR + 1


def test_one_network_cannot_ask_without_end(session: Session) -> None:
    with clock.frozen_at(NOON):
        for number in range(10):
            operations.ask_for_reset(f"guess{number}", network="192.0.2.1")
        with pytest.raises(TooMany, match="in 1 minute"):
            operations.ask_for_reset("one more", network="192.0.2.1")
        operations.ask_for_reset("from elsewhere", network="192.0.2.2")


# One's own password


def test_own_password_is_changed_and_other_sessions_end(session: Session) -> None:
    account = make_account(password=True)
    here = find_session(start_session(account.user, device="", hours=12), idle=IDLE)
    start_session(account.user, device="", hours=12)
    assert operations.prove_password(account, PASSWORD, by=account.user) is None
    operations.change_password(account, NEW, by=account.user, keep=here)
    assert passwords.matches(account.user.password_hash, NEW)
    assert sessions_of(account.user, idle=IDLE) == [here]
    assert _facts(session) == ["PasswordChanged"]
    assert session.scalars(select(OutboxMessage.kind)).all() == ["accounts.password_changed"]


def test_change_ends_links_that_are_on_their_way(session: Session) -> None:
    account = make_account(password=True)
    _, token = make_link(account)
    operations.change_password(account, NEW, by=account.user)
    assert _is_dead(token)


def test_same_password_is_no_change(session: Session) -> None:
    account = make_account(password=True)
    with pytest.raises(Invalid, match="the password you have"):
        operations.change_password(account, PASSWORD, by=account.user)


def test_password_of_before_is_refused_and_the_oldest_is_forgotten(app: AdminOps, session: Session) -> None:
    before = app.extensions["settings"]
    app.extensions["settings"] = replace(before, password_history=1)
    try:
        account = make_account(password=True)
        for chosen in (NEW, "another quiet evening sky"):
            operations.change_password(account, chosen, by=account.user)
        link, _ = make_link(account)
        with pytest.raises(Invalid, match="had that password before"), savepoint():
            operations.finish_password_reset(link, NEW, by=account.user)
        operations.finish_password_reset(link, PASSWORD, by=account.user)
        assert _count(session, PasswordBefore) == 1
        app.extensions["settings"] = replace(before, password_history=0)
        operations.change_password(account, NEW, by=account.user)
        assert _count(session, PasswordBefore) == 0
    finally:
        app.extensions["settings"] = before


def test_guessing_the_present_password_is_slowed_down(session: Session) -> None:
    account = make_account(password=True)
    with clock.frozen_at(NOON):
        for _ in range(5):
            assert operations.prove_password(account, "a wrong guess", by=account.user) is not None
        said = operations.prove_password(account, PASSWORD, by=account.user)
    assert said is not None
    assert said.startswith("Too many tries")


def test_nobody_touches_the_password_of_somebody_else(session: Session) -> None:
    account, admin = make_account(password=True), make_user(Role.SYSTEM_ADMIN)
    with pytest.raises(NotAllowed):
        operations.prove_password(account, PASSWORD, by=admin)
    with pytest.raises(NotAllowed):
        operations.change_password(account, NEW, by=admin)


def test_sign_in_and_reset_at_the_same_moment_never_leave_a_session_of_the_old_password(app: AdminOps) -> None:
    with app.app_context(), transaction():
        account = make_account(password=True)
        _, token = make_link(account)
        username = account.user.username

    def sign_in() -> None:
        with app.app_context(), transaction():
            identity.sign_in(username, PASSWORD, network="192.0.2.1", device="", hours=12)

    def reset() -> None:
        try:
            with app.app_context(), transaction():
                link = operations.redeem(token)
                operations.finish_password_reset(link, NEW, by=link.account.user)
        except DomainError:
            return  # the sign-in came first: the link is dead, and the password is still the old one

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(sign_in), pool.submit(reset)]:
            done.result()
    with app.app_context(), transaction(writes=False) as session:
        user = session.get_one(Account, account.id).user
        if passwords.matches(user.password_hash, NEW):
            assert sessions_of(user, idle=IDLE) == []


@pytest.mark.parametrize("other", ["reset", "unlock"])
def test_reset_and_unlock_take_turns_with_a_sign_in_that_counts_its_tries_already(app: AdminOps, other: str) -> None:
    """Whoever held the person first and waited for the tries then blocked a sign-in, which does it the other way."""
    with app.app_context(), transaction():
        account = make_account(password=True)
        _, token = make_link(account)
        account_id, user, username = account.id, account.user, account.user.username
    counted, may_go_on = Event(), Event()

    def sign_in() -> None:
        with app.app_context(), transaction():
            throttle.seconds_to_wait(throttle.sign_in_meters(username, "192.0.2.1", None))
            counted.set()
            may_go_on.wait(5)
            hold_user(user)

    def act() -> None:
        counted.wait(5)
        with app.app_context(), transaction():
            if other == "unlock":
                operations.unlock_account(db.session.get_one(Account, account_id), by=SYSTEM)
            else:
                link = operations.redeem(token)
                operations.finish_password_reset(link, NEW, by=link.account.user)

    with ThreadPoolExecutor(2) as pool:
        tasks = [pool.submit(sign_in), pool.submit(act)]
        wait(tasks, timeout=0.5, return_when=FIRST_COMPLETED)  # what acts is waiting for the tries by now
        may_go_on.set()
        for done in tasks:
            done.result()
