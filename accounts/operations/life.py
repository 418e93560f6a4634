"""The life of an account: invited ⇄ disabled, active ⇄ disabled → archived."""

from accounts import policies
from accounts.models import Account, AccountState, DisabledReason, LinkReason
from accounts.operations.links import drop_links, hold, issue
from adminops import clock
from adminops.db import db
from adminops.facts import (
    AccountArchived,
    AccountChanged,
    AccountCreated,
    AccountDisabled,
    AccountInvited,
    AccountReactivated,
    publish,
)
from adminops.identity.models import Agency, User
from adminops.identity.operations import add_user, change_user, grant_role
from adminops.identity.permissions import Role
from adminops.identity.sessions import end_all_sessions
from adminops.identity.tokens import revoke_all_tokens
from adminops.outbox.messages import enqueue_mail
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
    by: User,
    request: Ref | None = None,
) -> Account:
    """Create a user with one role and an account, and invite the person by mail to choose a first password.

    `agency` is None for roles of the team. Raises `NotAllowed` (accounts.manage, accounts.roles), `Invalid` and
    `Conflict` at the field concerned. Publishes `RoleGranted`, `AccountCreated`.
    """
    policies.check_may_create(agency, by=by)
    user = add_user(username=username, name=name, email=email, title=title, agency=agency, by=by)
    grant_role(user, role, agency=agency, by=by)
    account = Account(user=user, agency_id=agency.id if agency else None, state=S.INVITED)
    db.session.add(account)
    db.session.flush()
    publish(AccountCreated(account_id=account.id, agency_id=account.agency_id, request=request), by=by)
    _invite(account, by=by, request=request)
    return account


def _invite(account: Account, *, by: User, request: Ref | None = None) -> None:
    link = issue(account, LinkReason.INVITATION, by=by, request=request)
    enqueue_mail("accounts.invite", to=account.user, reset_id=link.id)


def resend_invite(account: Account, *, by: User) -> None:
    """Send the invitation again; the link of the one before dies.

    Raises `NotAllowed` (accounts.manage), `InvalidState` unless the account is invited. Publishes `AccountInvited`.
    """
    hold(account)
    policies.check_may_invite(account, by=by)
    _invite(account, by=by)
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
            _invite(account, by=by)
    if changed:
        what = ", ".join(changed)
        publish(AccountChanged(account_id=account.id, agency_id=account.agency_id, changed=what), by=by)


def disable_account(account: Account, reason: DisabledReason, *, by: User, request: Ref | None = None) -> None:
    """Close the sign-in at once: sessions end, unused links die.

    Raises `NotAllowed` (accounts.manage, a higher role, one's own account), `InvalidState` unless it is invited or
    active. Publishes `AccountDisabled`.
    """
    hold(account)
    policies.check_may_disable(account, by=by)
    account.move(S.DISABLED)
    account.disabled_reason, account.disabled_at = reason, clock.now()
    drop_links(account)
    end_all_sessions(account.user, reason="account disabled")
    revoke_all_tokens(account.user, by=by)
    db.session.flush()
    publish(
        AccountDisabled(account_id=account.id, agency_id=account.agency_id, reason=reason.value, request=request),
        by=by,
    )


def reactivate_account(account: Account, *, by: User, request: Ref | None = None) -> None:
    """Open the sign-in again with the password of before; who never chose one is invited again.

    Raises `NotAllowed` (accounts.manage, a higher role), `InvalidState` unless it is disabled. Publishes
    `AccountReactivated`.
    """
    hold(account)
    policies.check_may_reactivate(account, by=by)
    end_all_sessions(account.user, reason="account disabled")  # one that began at the very moment of disabling
    account.move(S.ACTIVE if account.activated_at else S.INVITED)
    account.disabled_reason = account.disabled_at = None
    db.session.flush()
    if account.state is S.INVITED:
        _invite(account, by=by)
    publish(AccountReactivated(account_id=account.id, agency_id=account.agency_id, request=request), by=by)


def archive_account(account: Account, *, by: User) -> None:
    """Put a disabled account away for good: its history stays, it can't be reactivated.

    Raises `NotAllowed` (accounts.manage, a higher role), `InvalidState` unless it is disabled. Publishes
    `AccountArchived`.
    """
    hold(account)
    policies.check_may_archive(account, by=by)
    account.move(S.ARCHIVED)
    account.archived_at = clock.now()
    db.session.flush()
    publish(AccountArchived(account_id=account.id, agency_id=account.agency_id), by=by)
