"""What accounts do about facts of others."""

from accounts.models import HoldKind
from accounts.operations import drop_links_of_user, tell_directory_of, withdraw_coming
from accounts.queries import account_of_id
from adminops.facts import RoleGranted, RoleRevoked, SignedIn
from adminops.identity.models import User


def let_links_die(fact: SignedIn, by: User) -> None:
    """Who signed in knows the password: links still on their way must not open the account any more."""
    del by
    drop_links_of_user(fact.user_id)


def let_coming_holds_go(fact: SignedIn, by: User) -> None:
    """Who signed in is not inactive: a hold for that which has not begun is taken back."""
    account = account_of_id(fact.user_id)
    if account is not None and any(each.kind is HoldKind.INACTIVITY for each in account.coming_holds):
        withdraw_coming(account, HoldKind.INACTIVITY, by=by)


def tell_roles(fact: RoleGranted | RoleRevoked, by: User) -> None:
    """Roles are groups in a directory."""
    tell_directory_of(fact.user_id, by=by)
