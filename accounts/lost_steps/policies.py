"""Who may have a second step taken away: two of the team, neither of them the person, neither of a lower role."""

from accounts.lost_steps.models import LostStep
from accounts.models import Account
from accounts.policies import check_may_reset
from adminops.errors import InvalidState, NotAllowed
from adminops.identity.factors.standing import has_factor
from adminops.identity.models import User


def check_may_ask(account: Account, *, by: User) -> None:
    """Raise unless `by` may ask to have the second step of the account taken away, and there is one."""
    check_may_reset(account, by=by)
    if account.user_id == by.id:
        raise NotAllowed("Nobody can have their own second step taken away. Ask a colleague.")
    if not has_factor(account.user):
        raise InvalidState("This person has no second step: the password alone lets them in.")


def check_may_agree(lost: LostStep, *, by: User) -> None:
    """Raise unless `by` may agree: somebody else than who asked, in time."""
    check_may_reset(lost.account, by=by)
    if by.id in (lost.asked_by_id, lost.account.user_id):
        raise NotAllowed("Somebody else has to agree: two of the team answer for it.")
    if not lost.is_waiting:
        raise InvalidState("This waits for nobody any more. Ask anew if it is still needed.")
