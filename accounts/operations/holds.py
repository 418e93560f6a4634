"""Holds: what keeps an account closed, each by itself; and the moments between which one is open."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from accounts import policies
from accounts.models import Account, DisabledReason, Hold, HoldKind
from accounts.operations.links import hold as take
from accounts.operations.standing import settle, touch
from adminops import clock
from adminops.db import db
from adminops.errors import Invalid
from adminops.facts import AccountHeld, AccountLimited, AccountReleased, publish
from adminops.identity.models import User
from adminops.refs import Ref


def place_hold(
    account: Account,
    kind: HoldKind,
    *,
    reason: DisabledReason | None = None,
    begins_at: datetime | None = None,
    ends_at: datetime | None = None,
    source: str = "",
    by: User,
    request: Ref | None = None,
) -> Hold:
    """Keep an account closed for one more reason, at once or from `begins_at` on.

    A hold of the same kind that is there already is kept; an earlier beginning wins. Raises `NotAllowed`
    (accounts.manage, a higher role, one's own account), `InvalidState` for an archived one, `Invalid` for an end before
    the beginning. Publishes `AccountHeld`, and `AccountDisabled` when that closes it.
    """
    take(account)
    policies.check_may_hold(account, by=by)
    if ends_at is not None and ends_at <= (begins_at or clock.now()):
        raise Invalid("It has to end after it begins.", field="ends_at")
    return put_hold(
        account, kind, reason=reason, begins_at=begins_at, ends_at=ends_at, source=source, by=by, request=request
    )


def put_hold(
    account: Account,
    kind: HoldKind,
    *,
    reason: DisabledReason | None = None,
    begins_at: datetime | None = None,
    ends_at: datetime | None = None,
    source: str = "",
    by: User,
    request: Ref | None = None,
) -> Hold:
    """Place a hold on a held account for a verb that has asked whether `by` may; the rest is as in `place_hold`."""
    begins_at = begins_at or clock.now()
    placed = _unreleased(account, kind)
    if placed is None:
        placed = Hold(account=account, kind=kind, reason=reason, begins_at=begins_at, ends_at=ends_at, source=source)
        placed.placed_by_id = by.id
        db.session.add(placed)
    elif begins_at < placed.begins_at or _is_over(placed):
        placed.begins_at, placed.ends_at, placed.reason = begins_at, ends_at, reason
    db.session.flush()
    db.session.refresh(account, ["holds"])
    fact = AccountHeld(
        account_id=account.id, agency_id=account.agency_id, kind=kind.value, policy=source, request=request
    )
    publish(fact, by=by)
    settle(account, by=by, request=request)
    return placed


def release_hold(hold: Hold, *, by: User, request: Ref | None = None) -> None:
    """End one hold; what else keeps the account closed still does. Releasing twice changes nothing.

    Raises `NotAllowed` (accounts.manage, a higher role), `InvalidState` for an archived account. Publishes
    `AccountReleased`, and `AccountReactivated` when that opens it.
    """
    account = hold.account
    take(account)
    policies.check_may_release(account, by=by)
    db.session.refresh(hold)
    if hold.released_at is not None:
        return
    hold.released_at, hold.released_by_id = clock.now(), by.id
    db.session.flush()
    _publish_end(hold, by=by, request=request)
    settle(account, by=by, request=request)


def withdraw_coming(account: Account, kind: HoldKind, *, by: User) -> bool:
    """Take back a hold of that kind that has not begun (somebody signed in after all); say whether there was one.

    Publishes `AccountReleased`.
    """
    placed = _unreleased(account, kind)
    if placed is None or placed.begins_at <= clock.now():
        return False
    placed.released_at, placed.released_by_id = clock.now(), by.id
    db.session.flush()
    _publish_end(placed, by=by)
    return True


def lift_holds(account: Account, holds: Sequence[Hold], *, by: User) -> None:
    """End several holds of a held account for a verb that has asked whether they may end; the rest is as one releases.

    Publishes `AccountReleased` for each, and `AccountReactivated` when that opens it.
    """
    for hold in holds:
        hold.released_at, hold.released_by_id = clock.now(), by.id
        db.session.flush()
        _publish_end(hold, by=by)
    db.session.refresh(account, ["holds"])
    settle(account, by=by)


def _publish_end(hold: Hold, *, by: User, request: Ref | None = None) -> None:
    """Tell that a hold is over; what the clock ends, its policy has ended."""
    account, policy = hold.account, hold.source if by.is_system else ""
    fact = AccountReleased(
        account_id=account.id, agency_id=account.agency_id, kind=hold.kind.value, policy=policy, request=request
    )
    publish(fact, by=by)


def limit_account(account: Account, *, valid_from: datetime | None, valid_until: datetime | None, by: User) -> None:
    """Say between which moments an account is open; None is no limit. It closes and opens by itself.

    Raises `NotAllowed`, `InvalidState` as `place_hold`, `Invalid` for an end before the beginning. Publishes
    `AccountLimited`, and what follows from it.
    """
    take(account)
    policies.check_may_hold(account, by=by)
    if valid_from and valid_until and valid_until <= valid_from:
        raise Invalid("It has to end after it begins.", field="valid_until")
    account.valid_from, account.valid_until = valid_from, valid_until
    db.session.flush()
    publish(AccountLimited(account_id=account.id, agency_id=account.agency_id), by=by)
    if not settle(account, by=by):
        touch(account)


def _is_over(placed: Hold) -> bool:
    """Say whether a hold has ended by the clock: it keeps its row, and nothing closed."""
    return placed.ends_at is not None and placed.ends_at <= clock.now()


def _unreleased(account: Account, kind: HoldKind) -> Hold | None:
    chosen = select(Hold).where(Hold.account_id == account.id, Hold.kind == kind, Hold.released_at.is_(None))
    return db.session.scalar(chosen)
