"""Who may review pairs, and when."""

from adminops import clock
from adminops.errors import Conflict, NotAllowed
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from dedupe.models import Pair


def check_may_review(by: User) -> None:
    """Raise unless `by` may review pairs."""
    if not by.may(Permission.REVIEW_DUPLICATES):
        raise NotAllowed("Only a system administrator reviews duplicates.")


def check_may_decide(pair: Pair, by: User) -> None:
    """Raise unless `by` may decide on this pair now: nobody else holds it."""
    check_may_review(by)
    if is_claimed_by_another(pair, by):
        name = pair.claimed_by.name if pair.claimed_by else "A colleague"
        raise Conflict(f"{name} is looking at this pair. Take the next one.")


def is_claimed_by_another(pair: Pair, by: User) -> bool:
    """Say whether somebody else holds the pair at the moment."""
    held = pair.claimed_until is not None and pair.claimed_until > clock.now()
    return held and pair.claimed_by_id is not None and pair.claimed_by_id != by.id
