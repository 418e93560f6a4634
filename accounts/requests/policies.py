"""Who may say which word about a request for an account."""

from accounts.requests.models import ALWAYS, AccountGate, AccountRequest, GateKind, GateState, RequestState
from adminops.errors import InvalidState, NotAllowed
from adminops.identity.models import User
from adminops.identity.permissions import Permission


def check_waits(request: AccountRequest) -> None:
    """Raise `InvalidState` for a request that is over."""
    if request.state is not RequestState.WAITING:
        raise InvalidState(f"This request is {request.state.value}: nothing can be added to it.")


def leads(request: AccountRequest, by: User) -> bool:
    """Say whether `by` speaks for the agency."""
    return by.reach(Permission.REQUEST_FOR_AGENCY).covers(request.agency_id)


def check_may_confirm(request: AccountRequest, *, by: User) -> None:
    """Raise unless `by` is the supervisor of the person, or speaks for the agency."""
    if by.id == request.account.user_id or not (by.id == request.supervisor_id or leads(request, by)):
        raise NotAllowed("Only the person's supervisor or the agency lead can confirm this.")
    check_waits(request)
    _check_is_open(request.gate(GateKind.SUPERVISOR))


def check_may_attest(request: AccountRequest, *, by: User) -> None:
    """Raise unless `by` speaks for the agency, who holds the background check."""
    if by.id == request.account.user_id or not leads(request, by):
        raise NotAllowed("Only the agency lead can confirm this.")
    check_waits(request)
    _check_is_open(request.gate(GateKind.BACKGROUND))


def check_may_waive(gate: AccountGate, *, by: User) -> None:
    """Raise unless `by` may let the account begin without this: never who asked, never a word of people."""
    request = gate.request
    if not by.may(Permission.KEEP_ACCESS_RULES):
        raise NotAllowed("Only the HMIS manager can waive what an account needs.")
    if by.id in (request.requester_id, request.account.user_id):
        raise NotAllowed("Nobody waives anything of their own request. Ask another manager.")
    if gate.kind in ALWAYS:
        raise NotAllowed("This can't be waived: somebody has to say it.")
    check_waits(request)
    _check_is_open(gate)


def check_may_send_link(request: AccountRequest, *, by: User) -> None:
    """Raise unless `by` may have the link to the agreement sent again."""
    if not (leads(request, by) or by.reach(Permission.RESET_PASSWORDS).covers(request.agency_id)):
        raise NotAllowed("Only the agency lead and the Systems Team can send the link again.")
    check_waits(request)
    gate, said = request.gate(GateKind.AGREEMENT), request.gate(GateKind.AUTHORITY)
    _check_is_open(gate)
    if said is not None and said.state is GateState.OPEN:
        raise InvalidState("The agency lead has to send the request on first.")


def _check_is_open(gate: AccountGate | None) -> None:
    if gate is None:
        raise InvalidState("This request does not ask for that.")
    if gate.state is not GateState.OPEN:
        raise InvalidState(f"This is {gate.state.value} already.")
