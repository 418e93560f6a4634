"""The life of an account: made, invited, closed and opened, put away and taken back."""

from datetime import datetime

from accounts import policies
from accounts.directory import directory
from accounts.directory.local import LOCAL
from accounts.models import HOLD_FOR, Account, AccountState, DisabledReason, HoldKind
from accounts.operations.holds import place_hold, release_hold
from accounts.operations.links import drop_links, hold
from accounts.operations.standing import invite, touch
from adminops import clock
from adminops.db import db
from adminops.facts import (
    AccountArchived,
    AccountChanged,
    AccountCreated,
    AccountInvited,
    AccountRestored,
    publish,
)
from adminops.identity.choosing import remember
from adminops.identity.models import Agency, User
from adminops.identity.operations import add_user, change_user, grant_role
from adminops.identity.permissions import Role
from adminops.refs import Ref

S = AccountState


def create_account(
    *,
    username: str,
    name: str,
    email: str,
    role: Role,
    agency: Agency | None,
    title: str = "",
    kept_here: bool = False,
    by: User,
    request: Ref | None = None,
) -> Account:
    """Create a user with one role and an account, and invite the person by mail to choose a first password.

    `agency` is None for roles of the team; `kept_here`: in this database, whatever directory is set. Raises
    `NotAllowed` (accounts.manage, accounts.roles), `Invalid` and `Conflict` at the field concerned. Publishes
    `RoleGranted`, `AccountCreated`.
    """
    account = add_account(
        username=username,
        name=name,
        email=email,
        role=role,
        agency=agency,
        title=title,
        kept_here=kept_here,
        by=by,
        request=request,
    )
    if account.state is S.INVITED:
        invite(account, by=by, request=request)
    return account


def add_account(
    *,
    username: str,
    name: str,
    email: str,
    role: Role,
    agency: Agency | None,
    title: str = "",
    kept_here: bool = False,
    by: User,
    request: Ref | None = None,
) -> Account:
    """Create a user with one role and an account, and mail nobody; a directory's is invited once it is there.

    Raises and publishes as `create_account`.
    """
    policies.check_may_create(agency, by=by)
    user = add_user(username=username, name=name, email=email, title=title, agency=agency, by=by)
    grant_role(user, role, agency=agency, is_new=True, by=by)
    account = Account(user=user, agency_id=agency.id if agency else None, state=S.INVITED)
    if not kept_here and directory().kind != LOCAL:
        account.kept_in, account.state = "directory", S.PROVISIONING
    db.session.add(account)
    db.session.flush()
    publish(AccountCreated(account_id=account.id, agency_id=account.agency_id, request=request), by=by)
    if account.state is S.PROVISIONING:
        touch(account)
    return account


def resend_invite(account: Account, *, by: User) -> None:
    """Send the invitation again; the link of the one before dies.

    Raises `NotAllowed` (accounts.manage), `InvalidState` unless the account is invited. Publishes `AccountInvited`.
    """
    hold(account)
    policies.check_may_invite(account, by=by)
    invite(account, by=by)
    publish(AccountInvited(account_id=account.id, agency_id=account.agency_id), by=by)


def change_account(account: Account, *, name: str, email: str, title: str, by: User) -> None:
    """Change the person's particulars. A new address gets a new invitation; links sent to the old one die.

    Raises `NotAllowed` (accounts.manage), `InvalidState` for an archived account, `Invalid` at the field concerned.
    Publishes `AccountChanged` naming the changed fields, if any.
    """
    hold(account)
    policies.check_may_change(account, by=by)
    changed = change_user(account.user, name=name, email=email, title=title, by=by)
    if "email" in changed:
        drop_links(account)
        if account.state is S.INVITED:
            invite(account, by=by)
    if changed:
        touch(account)
        what = ", ".join(changed)
        publish(AccountChanged(account_id=account.id, agency_id=account.agency_id, changed=what), by=by)


def disable_account(
    account: Account,
    reason: DisabledReason,
    *,
    begins_at: datetime | None = None,
    by: User,
    request: Ref | None = None,
) -> None:
    """Close the sign-in, at once or from `begins_at` on: sessions end, unused links and tokens die.

    It places the hold that the reason stands for. Raises `NotAllowed` (accounts.manage, a higher role, one's own
    account), `InvalidState` for an archived one. Publishes `AccountHeld`, and `AccountDisabled` when it is closed.
    """
    hold(account)
    policies.check_may_disable(account, by=by)
    kind = HOLD_FOR.get(reason, HoldKind.ADMIN)
    place_hold(account, kind, reason=reason, begins_at=begins_at, by=by, request=request)


def reactivate_account(account: Account, *, by: User, request: Ref | None = None) -> None:
    """Release the one hold that keeps an account closed; it opens with the password of before, or is invited again.

    Raises `NotAllowed` (accounts.manage, a higher role), `InvalidState` unless it is disabled, or when several holds
    keep it closed: each is released by itself. Publishes `AccountReleased`, `AccountReactivated`.
    """
    hold(account)
    policies.check_may_reactivate(account, by=by)
    [only] = account.open_holds
    release_hold(only, by=by, request=request)


def archive_account(account: Account, *, source: str = "", by: User) -> None:
    """Put a disabled account away for good: its history stays, it can't be reactivated. `source`: by which policy.

    Raises `NotAllowed` (accounts.manage, a higher role), `InvalidState` unless it is disabled. Publishes
    `AccountArchived`.
    """
    hold(account)
    policies.check_may_archive(account, by=by)
    account.move(S.ARCHIVED)
    account.archived_at = clock.now()
    touch(account)
    publish(AccountArchived(account_id=account.id, agency_id=account.agency_id, policy=source), by=by)


def restore_account(account: Account, *, by: User) -> None:
    """Take an archived account back for somebody who returns: the same account, with all that is on record of it.

    The holds of before are over, the old password is not: the person is invited to choose a new one. Raises
    `NotAllowed` (accounts.manage, a higher role), `InvalidState` unless it is archived. Publishes `AccountRestored`.
    """
    hold(account)
    policies.check_may_restore(account, by=by)
    for each in account.holds:
        if each.released_at is None:
            each.released_at, each.released_by_id = clock.now(), by.id
    account.archived_at = account.activated_at = account.valid_from = account.valid_until = None
    remember(account.user)
    account.user.password_hash, account.user.password_set_at = "", None
    account.move(S.INVITED)
    touch(account)
    publish(AccountRestored(account_id=account.id, agency_id=account.agency_id), by=by)
    invite(account, by=by)
