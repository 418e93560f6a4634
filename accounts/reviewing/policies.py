"""Who speaks of whom on a list: the agency's lead and security officer, or the team; nobody of themselves."""

from accounts.reviewing.models import AccessReview, ReviewLine, ReviewState
from adminops.errors import InvalidState, NotAllowed
from adminops.identity.models import User
from adminops.identity.permissions import Permission


def check_may_answer(review: AccessReview, *, by: User) -> None:
    """Raise unless `by` may say on the list who is still there."""
    if not by.reach(Permission.REPORT_LEAVERS).covers(review.agency_id):
        raise NotAllowed("Only the agency's lead, its security officer and the Systems Team confirm who is there.")
    if review.state is not ReviewState.OPEN:
        raise InvalidState("This list is over. The next quarter has its own.")


def check_may_speak_of(line: ReviewLine, *, by: User) -> None:
    """Raise for one's own line, and for somebody of a higher role: others confirm these."""
    if line.account.user_id == by.id:
        raise NotAllowed("Somebody else confirms you: another lead, the security officer, or the Systems Team.")
    if line.account.user.rank > by.rank:
        raise NotAllowed("This person has a higher role than yours: the Systems Team confirms it.")
