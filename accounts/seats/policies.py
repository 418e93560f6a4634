"""Who may end a seat at a further agency."""

from accounts.models import Account
from accounts.seats.models import AccountSeat
from adminops.errors import InvalidState, NotAllowed
from adminops.identity.models import User
from adminops.identity.permissions import Permission


def check_may_end(seat: AccountSeat, *, by: User) -> None:
    """Raise unless `by` may end this seat (`check_may_end_at`), which has not ended."""
    check_may_end_at(seat.account, seat.agency_id, by=by)
    if seat.ended_at is not None:
        raise InvalidState("This has ended already.")


def check_may_end_at(account: Account, agency_id: int, *, by: User) -> None:
    """Raise unless `by` speaks for either agency: nobody ends their own, or that of a higher role."""
    reach = by.reach(Permission.REPORT_LEAVERS)
    if not (reach.covers(agency_id) or reach.covers(account.agency_id)):
        raise NotAllowed("Only the leads of the two agencies and the Systems Team can end this.")
    if account.user_id == by.id:
        raise NotAllowed("Somebody else has to end your work for an agency.")
    if account.user.rank > by.rank:
        raise NotAllowed("This person has a higher role than yours. Please call us.")
