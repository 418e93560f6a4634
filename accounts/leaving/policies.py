"""Who may say that somebody leaves, take it back, and note that the HMIS is closed to them."""

from datetime import timedelta

from accounts.leaving.models import Departure, DepartureState
from accounts.models import Account, AccountState, DisabledReason
from adminops.errors import InvalidState, NotAllowed
from adminops.identity.models import User
from adminops.identity.permissions import Permission

S = AccountState
FARTHEST = timedelta(days=366)
"""So far ahead, or back, somebody may be said to leave."""


def check_may_report(account: Account, *, by: User) -> None:
    """Raise unless `by` may say that the owner of the account leaves: of their agency, not themselves, in use."""
    if not by.reach(Permission.REPORT_LEAVERS).covers(account.agency_id):
        raise NotAllowed("Only the agency's lead and its security officer say who leaves.")
    if account.agency_id is None and not by.reach(Permission.MANAGE_ACCOUNTS).everywhere:
        raise NotAllowed("Only an administrator says who leaves the Systems Team.")
    if account.user_id == by.id:
        raise NotAllowed("Somebody else has to report that you leave.")
    if account.user.rank > by.rank:
        raise NotAllowed("This person has a higher role than yours. Please call us.")
    check_can_leave(account)


def check_can_leave(account: Account) -> None:
    """Raise unless the account is one that somebody has."""
    if account.state in (S.REQUESTED, S.APPROVED):
        raise InvalidState("This account is not open yet. Close the request for it instead.")
    if account.state is S.ARCHIVED:
        raise InvalidState("This account is archived already.")


def check_may_withdraw(departure: Departure, *, by: User) -> None:
    """Raise unless `by` may say that the person stays: their agency until access has ended, then the team."""
    if not by.reach(Permission.REPORT_LEAVERS).covers(departure.agency_id) or departure.account.user_id == by.id:
        raise NotAllowed("Only the agency's lead and the Systems Team can take it back.")
    if departure.state in (DepartureState.DONE, DepartureState.WITHDRAWN):
        raise InvalidState("This is over already.")
    if departure.state is DepartureState.OPEN or departure.reason is DisabledReason.SECURITY:
        raise InvalidState("Access has ended already. If the person is back, ask to have the account reactivated.")


def check_may_close(departure: Departure, *, by: User) -> None:
    """Raise unless `by` may note that the HMIS is closed to the person: the team, once access has ended here."""
    if not by.reach(Permission.MANAGE_ACCOUNTS).covers(departure.agency_id):
        raise NotAllowed("Only the Systems Team notes that the HMIS is closed to somebody.")
    if departure.state is not DepartureState.OPEN:
        raise InvalidState("This can be noted once access has ended here, and once.")
