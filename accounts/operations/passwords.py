"""Passwords: links that let their owner choose a new one, and changing one's own. Staff never see or pick one."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, or_, select

from accounts import policies, tokens
from accounts.desired import desired_of
from accounts.directory import Verdict, directory_of
from accounts.models import Account, AccountState, LinkReason, PasswordReset, ResetWish
from accounts.operations.links import drop_links, hold, issue, open_link
from accounts.operations.standing import touch
from adminops import clock
from adminops.db import db
from adminops.errors import Invalid, NotAllowed, NotFound, TooMany
from adminops.facts import (
    AccountActivated,
    AccountInvited,
    AccountUnlocked,
    PasswordChanged,
    PasswordResetFinished,
    PasswordResetStarted,
    publish,
)
from adminops.identity import throttle
from adminops.identity.choosing import choose
from adminops.identity.models import User, UserSession
from adminops.identity.operations import fold
from adminops.identity.sessions import end_all_sessions
from adminops.outbox.messages import enqueue_mail
from adminops.refs import Ref

S = AccountState

SAME_CLICK = timedelta(minutes=1)
"""Within this a second start of the same reset is the first one's double click."""
LINKS_AN_HOUR = 5
"""More than these nobody gets by asking: a mailbox is not to be flooded."""
ASKING = throttle.Limit(free=10, longest=timedelta(minutes=15), forgives=timedelta(minutes=1))
PROVING = throttle.Limit(free=5, longest=timedelta(minutes=15), forgives=timedelta(minutes=10))

DEAD_LINK = "This link does not work any more."


def start_password_reset(
    account: Account, reason: LinkReason = LinkReason.HELP_DESK, *, by: User, request: Ref | None = None
) -> PasswordReset:
    """Send the owner a link to choose a new password; started twice within a minute, it is the same one.

    Raises `NotAllowed` (accounts.reset, a higher role), `InvalidState` with the reason unless the account is active.
    Publishes `PasswordResetStarted` (once).
    """
    hold(account)
    policies.check_may_reset(account, by=by)
    running = open_link(account)
    if running and running.is_alive and running.created_at > clock.now() - SAME_CLICK and running.request == request:
        return running
    return _start(account, reason, by=by, request=request)


def _start(account: Account, reason: LinkReason, *, by: User, request: Ref | None) -> PasswordReset:
    link = issue(account, reason, by=by, request=request)
    enqueue_mail("accounts.reset", to=account.user, reset_id=link.id)
    publish(
        PasswordResetStarted(
            account_id=account.id, agency_id=account.agency_id, reason=reason.value, request=link.request
        ),
        by=by,
    )
    return link


def ask_for_reset(text: str, *, network: str) -> None:
    """Note that somebody who can't sign in typed `text` (a user name or an address) and wants a link.

    It does the same, and takes as long, whoever is meant; `answer_wishes` looks it up later. Raises `TooMany` when one
    network asks too often.
    """
    meter = [throttle.Meter("reset", network, ASKING)]
    if wait := throttle.seconds_to_wait(meter):
        minutes = (wait + 59) // 60
        raise TooMany(f"Too many tries. Please try again in {minutes} minute{'' if minutes == 1 else 's'}.")
    throttle.note_failure(meter)
    db.session.add(ResetWish(text=fold(text)[:200]))
    db.session.flush()


def answer_wishes(*, by: User, limit: int = 200) -> int:
    """Send links to those who asked and have an account that is in use; return how many wishes were answered.

    An active account gets a link for a new password, an invited one its invitation again, any other one nothing.
    Publishes `PasswordResetStarted` or `AccountInvited` for each link.
    """
    waiting = select(ResetWish).order_by(ResetWish.id).limit(limit).with_for_update(skip_locked=True)
    wishes = db.session.scalars(waiting).all()
    for wish in wishes:
        for account in _accounts_named(wish.text):
            _answer(account, by=by)
        db.session.delete(wish)
    db.session.flush()
    return len(wishes)


def _accounts_named(text: str) -> Sequence[Account]:
    chosen = (
        select(Account)
        .join(User, User.id == Account.user_id)
        .where(or_(User.username == text, func.lower(User.email) == text), Account.state.in_((S.ACTIVE, S.INVITED)))
        .where(~User.for_emergencies)
        .order_by(Account.id)
        .limit(LINKS_AN_HOUR)
    )
    return db.session.scalars(chosen).all()


def _answer(account: Account, *, by: User) -> None:
    hold(account)
    running = open_link(account)
    if running and running.is_alive and running.created_at > clock.now() - SAME_CLICK:
        return
    lately = select(func.count(PasswordReset.id)).where(
        PasswordReset.account_id == account.id, PasswordReset.created_at > clock.now() - timedelta(hours=1)
    )
    if (db.session.scalar(lately) or 0) >= LINKS_AN_HOUR:
        return
    if account.state is S.ACTIVE:
        _start(account, LinkReason.SELF_SERVICE, by=by, request=None)
    elif account.state is S.INVITED:
        link = issue(account, LinkReason.INVITATION, by=by, request=None)
        enqueue_mail("accounts.invite", to=account.user, reset_id=link.id)
        publish(AccountInvited(account_id=account.id, agency_id=account.agency_id), by=by)


def redeem(token: str) -> PasswordReset:
    """Return the link of `token` if it works; looking at it does not use it up. Raises `NotFound` if it does not."""
    chosen = select(PasswordReset).where(PasswordReset.token_hash == tokens.hash_of(token))
    link = db.session.scalar(chosen) if len(token) == tokens.LENGTH else None
    if link is None:
        raise NotFound(DEAD_LINK)
    _check_works(link)
    return link


def _check_works(link: PasswordReset) -> None:
    """Raise `NotFound` unless the link is alive and the account still in the state it was made for."""
    made_for = S.INVITED if link.reason is LinkReason.INVITATION else S.ACTIVE
    if not link.is_alive or link.account.state is not made_for:
        raise NotFound(DEAD_LINK)


def finish_password_reset(
    link: PasswordReset, password: str, *, by: User, forgive: Sequence[throttle.Meter] = ()
) -> None:
    """Give the account the password its owner chose by `link` (from `redeem`), once; all sessions end.

    `forgive`: the meters that the owner's own wrong tries had filled. Raises `NotAllowed` when `by` is not the owner,
    `NotFound` when the link died meanwhile, `Invalid` when the password is too weak, `Unavailable`. Publishes
    `PasswordResetFinished`, or `AccountActivated` for a first password.
    """
    account = link.account
    if by.id != account.user_id:
        raise NotAllowed("A link is for the owner of the account only.")
    meters = [throttle.most_of(account.user.username), *forgive]
    throttle.hold_meters(meters)
    hold(account)
    db.session.refresh(link)
    _check_works(link)
    choose(account.user, password)
    link.used_at = clock.now()
    end_all_sessions(account.user, reason="new password")
    throttle.clear_failures(meters)
    if account.state is S.INVITED:
        account.move(S.ACTIVE)
        account.activated_at = clock.now()
        touch(account)
        publish(AccountActivated(account_id=account.id, agency_id=account.agency_id, request=link.request), by=by)
    else:
        publish(PasswordResetFinished(account_id=account.id, agency_id=account.agency_id, request=link.request), by=by)
        enqueue_mail("accounts.password_changed", to=account.user, reset_id=link.id)
    directory_of(account).set_password(desired_of(account), password)


def unlock_account(account: Account, *, by: User) -> None:
    """Let somebody who was slowed or locked by wrong tries try again at once, with the same password.

    Raises `NotAllowed` (accounts.reset, a higher role), `InvalidState` unless the account is active, `Unavailable`.
    Publishes `AccountUnlocked`.
    """
    meters = throttle.account_meters(account.user.username)
    throttle.hold_meters(meters)
    hold(account)
    policies.check_may_unlock(account, by=by)
    throttle.clear_failures(meters)
    publish(AccountUnlocked(account_id=account.id, agency_id=account.agency_id), by=by)
    directory_of(account).unlock(account.key)


def prove_password(account: Account, password: str, *, by: User) -> str | None:
    """Return None when `password` is that of one's own account, else a sentence; wrong tries are counted.

    It returns instead of raising, because the counted try has to be stored. Raises `NotAllowed` for somebody else's
    account, `Unavailable`.
    """
    if by.id != account.user_id:
        raise NotAllowed("You can only change your own password.")
    meter = [throttle.Meter("prove", str(account.id), PROVING)]
    if throttle.seconds_to_wait(meter):
        return "Too many tries. Please wait a little, or sign out and use “Forgot your password?”."
    if directory_of(account).verify(account.key, password) is not Verdict.OK:
        throttle.note_failure(meter)
        return "This is not your present password."
    throttle.clear_failures(meter)
    return None


def change_password(account: Account, password: str, *, by: User, keep: UserSession | None = None) -> None:
    """Change one's own password, after `prove_password`; all sessions but `keep` end, unused links die.

    Raises `NotAllowed` for somebody else's account, `InvalidState` unless it is active, `Invalid` when the password is
    too weak or the same as before, `Unavailable`. Publishes `PasswordChanged`.
    """
    if by.id != account.user_id:
        raise NotAllowed("You can only change your own password.")
    hold(account)
    policies.check_can_reset(account)
    if directory_of(account).verify(account.key, password) is Verdict.OK:
        raise Invalid("That is the password you have. Choose another.", field="password")
    choose(account.user, password)
    drop_links(account)
    end_all_sessions(account.user, reason="new password", keep=keep)
    publish(PasswordChanged(account_id=account.id, agency_id=account.agency_id), by=by)
    enqueue_mail("accounts.password_changed", to=account.user, at=int(clock.now().timestamp()))
    directory_of(account).set_password(desired_of(account), password)
