"""How an account stands follows from its holds and limits: this is the one place that opens and closes it."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, exists, or_, select

from accounts.directory.local import LOCAL
from accounts.models import Account, AccountState, Hold, LinkReason
from accounts.operations.links import drop_links, hold, issue
from adminops import clock
from adminops.db import db
from adminops.facts import AccountDisabled, AccountReactivated, publish
from adminops.identity.models import User
from adminops.identity.sessions import end_all_sessions
from adminops.identity.tokens import revoke_all_tokens
from adminops.outbox.messages import enqueue_errand, enqueue_mail
from adminops.refs import Ref

S = AccountState

CONVERGE = "accounts.converge"
WAY = "directory"
AT_ONCE = 200


def touch(account: Account) -> None:
    """Note that the directory has something to hear of a held account: by the outbox, once this is stored."""
    account.version += 1
    db.session.flush()
    if account.kept_in != LOCAL:
        enqueue_errand(WAY, CONVERGE, about=account.user, account=account.id, version=account.version)


def invite(account: Account, *, by: User, request: Ref | None = None) -> None:
    """Send the owner of a held account a link to choose a first password."""
    link = issue(account, LinkReason.INVITATION, by=by, request=request)
    enqueue_mail("accounts.invite", to=account.user, reset_id=link.id)


def settle(account: Account, *, by: User, request: Ref | None = None) -> bool:
    """Let a held account be in the state that its holds and limits amount to; return whether it changed.

    Closing ends its sessions, links and tokens in the same transaction. Publishes `AccountDisabled` or
    `AccountReactivated`.
    """
    was, will_be = account.state, account.standing()
    if was is will_be:
        return False
    account.move(will_be)
    end_all_sessions(account.user, reason="account disabled")  # also one that began at the very moment of closing
    whose, agency_id = account.id, account.agency_id
    if will_be is S.DISABLED:
        drop_links(account)
        revoke_all_tokens(account.user, by=by)
        why = account.open_holds[0] if account.open_holds else None
        reason = (why.reason.value if why.reason else why.kind.value) if why else "limits"
        policy = why.source if why and by.is_system else ""
        fact = AccountDisabled(account_id=whose, agency_id=agency_id, reason=reason, policy=policy, request=request)
        publish(fact, by=by)
    elif was is S.DISABLED:
        if will_be is S.INVITED:
            invite(account, by=by)
        publish(AccountReactivated(account_id=whose, agency_id=agency_id, request=request), by=by)
    touch(account)
    return True


def settle_due(*, by: User) -> int:
    """Open and close what holds and limits have made due since the last time; return how many.

    Each is looked at again when it is held, so what was taken back a moment ago does nothing.
    """
    changed = 0
    for account in _due():
        hold(account)
        db.session.refresh(account, ["holds"])
        changed += settle(account, by=by)
    return changed


def _due() -> Sequence[Account]:
    now = clock.now()
    held = _is_held()
    outside = or_(Account.valid_from > now, Account.valid_until <= now)
    is_shut = or_(held, outside)
    within = (
        or_(Account.valid_from.is_(None), Account.valid_from <= now),
        or_(Account.valid_until.is_(None), Account.valid_until > now),
    )
    in_use = Account.state.in_((S.ACTIVE, S.INVITED, S.PROVISIONING))
    chosen = or_(in_use & is_shut, (Account.state == S.DISABLED) & ~held & within[0] & within[1])
    return db.session.scalars(select(Account).where(chosen).order_by(Account.id).limit(AT_ONCE)).all()


def _is_held() -> ColumnElement[bool]:
    now = clock.now()
    return exists().where(
        Hold.account_id == Account.id,
        Hold.released_at.is_(None),
        Hold.begins_at <= now,
        or_(Hold.ends_at.is_(None), Hold.ends_at > now),
    )
