"""What accounts do about facts of others."""

from accounts.operations import drop_links_of_user
from adminops.facts import SignedIn
from adminops.identity.models import User


def let_links_die(fact: SignedIn, by: User) -> None:
    """Who signed in knows the password: links still on their way must not open the account any more."""
    del by
    drop_links_of_user(fact.user_id)
