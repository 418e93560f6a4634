"""Who may ask for, decide on and set up programs, and when: authority first, then state."""

from collections.abc import Callable

from adminops.errors import DomainError, InvalidState, NotAllowed
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.programs.models import ProgramRequest, RequestState


def check_may_request(agency_id: int, by: User) -> None:
    """Raise unless `by` may ask for a program of this agency."""
    if not by.reach(Permission.REQUEST_PROGRAMS).covers(agency_id):
        raise NotAllowed("Only an agency lead asks for programs. Ask your agency lead.")


def check_may_edit(request: ProgramRequest, by: User) -> None:
    """Raise unless the answers can still be changed, and by this person."""
    check_may_request(request.agency_id, by)
    if request.state not in (RequestState.DRAFT, RequestState.QUESTIONED):
        raise InvalidState(f"This request is {request.state.words.lower()}: it can't be changed any more.")


def check_may_approve(request: ProgramRequest, by: User) -> None:
    """Raise unless `by` may decide on the request now. Nobody approves their own."""
    if not by.may(Permission.APPROVE_PROGRAMS):
        raise NotAllowed("Only the Systems Team decides on program requests.")
    if request.requester_id == by.id:
        raise NotAllowed("Nobody approves their own request. Ask a colleague.")
    if request.state is not RequestState.SUBMITTED:
        raise InvalidState(f"This request is {request.state.words.lower()}: there is nothing to decide.")


def check_may_refuse(request: ProgramRequest, by: User) -> None:
    """Raise unless `by` may refuse the request now."""
    if not by.may(Permission.APPROVE_PROGRAMS):
        raise NotAllowed("Only the Systems Team decides on program requests.")
    if request.state not in (RequestState.SUBMITTED, RequestState.QUESTIONED, RequestState.APPROVED):
        raise InvalidState(f"This request is {request.state.words.lower()}: there is nothing to decide.")


def check_may_set_up(request: ProgramRequest, by: User) -> None:
    """Raise unless `by` may set the program up now."""
    if not by.may(Permission.SET_UP_PROGRAMS):
        raise NotAllowed("Only a system administrator sets programs up.")
    if request.state is RequestState.SET_UP:
        raise InvalidState("This program is set up already.")
    if request.state is not RequestState.APPROVED:
        raise InvalidState("Approve the request before you set the program up.")


def check_may_withdraw(request: ProgramRequest, by: User) -> None:
    """Raise unless `by` may take the request back."""
    check_may_request(request.agency_id, by)
    if request.state not in (RequestState.DRAFT, RequestState.SUBMITTED, RequestState.QUESTIONED):
        raise InvalidState(f"This request is {request.state.words.lower()}: it can't be taken back.")


CHECKS: dict[str, Callable[[ProgramRequest, User], None]] = {
    "edit": check_may_edit,
    "approve": check_may_approve,
    "refuse": check_may_refuse,
    "set_up": check_may_set_up,
    "withdraw": check_may_withdraw,
}


def allowed(request: ProgramRequest, by: User) -> frozenset[str]:
    """Return which of the buttons of `CHECKS` work for `by` now."""
    return frozenset(name for name, check in CHECKS.items() if _passes(check, request, by))


def _passes(check: Callable[[ProgramRequest, User], None], request: ProgramRequest, by: User) -> bool:
    try:
        check(request, by)
    except DomainError:
        return False
    return True
