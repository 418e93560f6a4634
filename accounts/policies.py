"""What may be done with an account: authority first, then the state. Every refusal is a sentence for staff.

Nobody can shut the house: whoever disables accounts or takes roles away can't do it to themselves, so one person who
may grant and reactivate always remains.
"""

from collections.abc import Callable
from typing import Any

from accounts.models import Account, AccountState
from adminops.errors import DomainError, InvalidState, NotAllowed
from adminops.identity.models import Agency, User
from adminops.identity.permissions import Permission

S = AccountState


def refusal(check: Callable[..., None], *args: Any, **kwargs: Any) -> str | None:
    """Return the sentence with which `check` refuses, or None when it lets pass: for buttons and their pages."""
    try:
        check(*args, **kwargs)
    except DomainError as refused:
        return refused.sentence
    return None


def check_may_create(agency: Agency | None, *, by: User) -> None:
    """Raise unless `by` may create accounts at `agency` (None: in the Systems Team)."""
    if not by.reach(Permission.MANAGE_ACCOUNTS).covers(agency.id if agency else None):
        raise NotAllowed("Only a system administrator can create accounts.")


def check_may_manage(account: Account, *, by: User) -> None:
    """Raise unless `by` may create, change, disable and reactivate accounts where this one is."""
    if not by.reach(Permission.MANAGE_ACCOUNTS).covers(account.agency_id):
        raise NotAllowed("Only a system administrator can change accounts.")
    _check_rank(account, by)


def check_may_reset(account: Account, *, by: User) -> None:
    """Raise unless `by` may start a password reset: in reach, not for a higher role than their own, account active."""
    if not by.reach(Permission.RESET_PASSWORDS).covers(account.agency_id):
        raise NotAllowed("Only the help desk can start a password reset.")
    if account.user.for_emergencies and not by.is_system:
        raise NotAllowed("It gets a new passphrase at the machine: `adminops accounts reset USER --print-link`.")
    _check_rank(account, by)
    check_can_reset(account)


def check_can_reset(account: Account) -> None:
    """Raise with the reason, which is for staff only, unless the account is in a state that takes a new password."""
    if account.state is S.DISABLED:
        held = ", ".join(each.says.lower() for each in account.open_holds)
        why = f" ({held})" if held else ""
        raise InvalidState(f"This account is disabled{why}. A new password would not open it: reactivate it first.")
    if account.state is not S.ACTIVE:
        raise InvalidState(_NOT_ACTIVE.get(account.state, "This account is not set up yet."))


_NOT_ACTIVE = {
    S.INVITED: "This person has not chosen a first password yet. Send the invitation again instead.",
    S.ARCHIVED: "This account is archived. If the person is back, restore it.",
}


def check_may_invite(account: Account, *, by: User) -> None:
    """Raise unless `by` may send the invitation (again)."""
    check_may_manage(account, by=by)
    if account.state is not S.INVITED:
        raise InvalidState("Only somebody who has not chosen a first password yet can be invited.")


def check_may_change(account: Account, *, by: User) -> None:
    """Raise unless `by` may change the person's particulars: the account is not archived."""
    check_may_manage(account, by=by)
    if account.state is S.ARCHIVED:
        raise InvalidState("This account is archived: it stays as it is.")


def check_may_grant(account: Account, *, by: User) -> None:
    """Raise unless `by` may give and take roles of this person: nobody changes their own."""
    if not by.may(Permission.GRANT_ROLES):
        raise NotAllowed("Only a system administrator can give and take roles.")
    if account.user_id == by.id:
        raise NotAllowed("Nobody can change their own roles. Ask another administrator.")
    if account.state is S.ARCHIVED:
        raise InvalidState("This account is archived: it stays as it is.")


def check_may_disable(account: Account, *, by: User) -> None:
    """Raise unless `by` may disable the account: not one's own, and it is in use."""
    check_may_manage(account, by=by)
    if account.user_id == by.id:
        raise NotAllowed("Nobody can disable their own account. Ask another administrator.")
    if account.state not in (S.PROVISIONING, S.INVITED, S.ACTIVE):
        raise InvalidState("Only an account that is in use can be disabled.")


def check_may_hold(account: Account, *, by: User) -> None:
    """Raise unless `by` may place a hold on the account, or limit its time: not one's own, not an archived one."""
    check_may_manage(account, by=by)
    if account.user_id == by.id:
        raise NotAllowed("Nobody can disable their own account. Ask another administrator.")
    if account.state is S.ARCHIVED:
        raise InvalidState("This account is archived: it stays as it is.")


def check_may_release(account: Account, *, by: User) -> None:
    """Raise unless `by` may release a hold of the account."""
    check_may_hold(account, by=by)


def check_may_unlock(account: Account, *, by: User) -> None:
    """Raise unless `by` may let the person try to sign in again at once."""
    if not by.reach(Permission.RESET_PASSWORDS).covers(account.agency_id):
        raise NotAllowed("Only the help desk can unlock an account.")
    _check_rank(account, by)
    if account.state is not S.ACTIVE:
        raise InvalidState("Only an account in use can be locked by wrong tries.")


def check_may_restore(account: Account, *, by: User) -> None:
    """Raise unless `by` may take an archived account back."""
    check_may_manage(account, by=by)
    if account.state is not S.ARCHIVED:
        raise InvalidState("Only an archived account can be restored.")


def check_may_reactivate(account: Account, *, by: User) -> None:
    """Raise unless `by` may reactivate the account: it is disabled."""
    check_may_manage(account, by=by)
    if account.state is not S.DISABLED:
        raise InvalidState("Only a disabled account can be reactivated.")
    held = account.open_holds
    if not held:
        raise InvalidState("It is closed by its limits of time: change these.")
    if len(held) > 1:
        why = ", ".join(each.says.lower() for each in held)
        raise InvalidState(f"{len(held)} things keep it closed: {why}. Release each by itself.")


def check_may_archive(account: Account, *, by: User) -> None:
    """Raise unless `by` may archive the account: it is disabled."""
    check_may_manage(account, by=by)
    if account.state is not S.DISABLED:
        raise InvalidState("Disable the account first.")


def _check_rank(account: Account, by: User) -> None:
    if account.user.rank > by.rank:
        raise NotAllowed("This person has a higher role than yours. Ask a system administrator.")
