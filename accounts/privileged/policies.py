"""Who speaks of whom on the monthly list: who manages all accounts; nobody of themselves."""

from accounts.privileged.models import PrivilegedLine, PrivilegedReview
from accounts.reviewing.models import ReviewState
from adminops.errors import InvalidState, NotAllowed
from adminops.identity.models import User
from adminops.identity.permissions import Permission


def check_may_answer(review: PrivilegedReview, *, by: User) -> None:
    """Raise unless `by` may say on the list who is still to have it."""
    if not by.reach(Permission.MANAGE_ACCOUNTS).everywhere or by.for_emergencies:
        raise NotAllowed("Only administrators and HMIS managers confirm each other.")
    if review.state is not ReviewState.OPEN:
        raise InvalidState("This list is over. The next month has its own.")


def check_may_speak_of(line: PrivilegedLine, *, by: User) -> None:
    """Raise for one's own line: two others confirm it."""
    if line.account.user_id == by.id:
        raise NotAllowed("Two others confirm you.")
