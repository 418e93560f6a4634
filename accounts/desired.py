"""How an account should stand in its directory, read off its rows."""

from accounts.directory.local import group_of
from accounts.directory.values import Desired
from accounts.models import Account, AccountState


def desired_of(account: Account) -> Desired:
    """Return what the directory is told: open while the person may sign in, in the groups of their roles.

    A closed account keeps its groups, so that it can be opened as it was; one that is put away has none.
    """
    user, archived = account.user, account.state is AccountState.ARCHIVED
    return Desired(
        key=account.key,
        username=user.username,
        name=user.name,
        email=user.email,
        title=user.title,
        enabled=user.may_sign_in,
        ends_at=account.valid_until,
        groups=frozenset() if archived else frozenset(group_of(role.value) for role in user.roles),
        archived=archived,
    )
