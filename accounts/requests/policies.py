"""Who may say which word about a request. Nobody says one about themselves, and nobody approves what they asked for."""

from collections.abc import Callable, Mapping

from accounts.policies import check_may_reset
from accounts.requests.kinds import NEVER_WAIVED, GateKind
from accounts.requests.models import AccountGate, AccountRequest, GateState, RequestState
from adminops.errors import InvalidState, NotAllowed
from adminops.identity.models import User
from adminops.identity.permissions import Permission

G, P = GateKind, Permission


def check_waits(request: AccountRequest) -> None:
    """Raise `InvalidState` for a request that is over."""
    if request.state is not RequestState.WAITING:
        raise InvalidState(f"This request is {request.state.value}: nothing can be added to it.")


def leads(request: AccountRequest, by: User) -> bool:
    """Say whether `by` speaks for the agency."""
    return by.reach(P.REQUEST_FOR_AGENCY).covers(request.agency_id)


def _supervises(request: AccountRequest, by: User) -> bool:
    return by.id == request.supervisor_id or leads(request, by)


def _leads_other(request: AccountRequest, by: User) -> bool:
    """Say whether `by` speaks for the other agency: the team does not, it waives with a reason."""
    return by.id != request.requester_id and request.other_agency_id in by.reach(P.REQUEST_FOR_AGENCY).agency_ids


def _everywhere(permission: Permission) -> Callable[[AccountRequest, User], bool]:
    return lambda request, by: by.id != request.requester_id and by.reach(permission).everywhere


_SPEAKERS: Mapping[GateKind, tuple[Callable[[AccountRequest, User], bool], str]] = {
    G.SUPERVISOR: (_supervises, "the person's supervisor or the agency lead"),
    G.BACKGROUND: (leads, "the agency lead"),
    G.FEE: (leads, "the agency lead"),
    G.OTHER_AGENCY: (_leads_other, "the lead of the other agency"),
    G.FULL: (_everywhere(P.MANAGE_TRAINING), "a trainer"),
    G.COURSE: (_everywhere(P.MANAGE_TRAINING), "a trainer"),
    G.CE_LEAD: (_everywhere(P.APPROVE_REQUESTS), "the Systems Team"),
    G.DESIGNATION: (_everywhere(P.APPROVE_REQUESTS), "the Systems Team"),
    G.IDENTITY: (_everywhere(P.RESET_PASSWORDS), "the help desk"),
    G.GRANT: (_everywhere(P.GRANT_ROLES), "a system administrator who did not ask for it"),
}


def check_may_say(gate: AccountGate, *, by: User) -> None:
    """Raise unless the word that `gate` waits for is `by`'s to give, now."""
    request = gate.request
    speaks, who = _SPEAKERS.get(gate.kind, (None, ""))
    if speaks is None:
        raise InvalidState("Nobody says this here: it is looked up, or decided on the ticket.")
    check_is_not_about(request, by)
    if not speaks(request, by):
        raise NotAllowed(f"Only {who} can confirm this.")
    check_waits(request)
    check_is_open(gate)
    if gate.kind is G.IDENTITY:
        check_may_reset(request.account, by=by)
    if gate.kind is G.GRANT and (request.open_gates != [gate]):
        raise InvalidState("The higher role is given last, when nothing else is missing.")


def check_is_not_about(request: AccountRequest, by: User) -> None:
    """Raise for the person whose account it is."""
    if by.id == request.account.user_id:
        raise NotAllowed("This is about your own account: somebody else has to say it.")


def check_may_waive(gate: AccountGate, *, by: User) -> None:
    """Raise unless `by` may let it be carried out without this: never who asked, never a word of people."""
    request = gate.request
    if not by.may(P.KEEP_ACCESS_RULES):
        raise NotAllowed("Only the HMIS manager can waive what an account needs.")
    if by.id in (request.requester_id, request.account.user_id):
        raise NotAllowed("Nobody waives anything of their own request. Ask another manager.")
    if gate.kind in NEVER_WAIVED:
        raise NotAllowed("This can't be waived: somebody has to say it.")
    check_waits(request)
    check_is_open(gate)


def check_may_send_link(request: AccountRequest, *, by: User) -> None:
    """Raise unless `by` may have the link to the agreement sent again."""
    if not (leads(request, by) or by.reach(P.RESET_PASSWORDS).covers(request.agency_id)):
        raise NotAllowed("Only the agency lead and the Systems Team can send the link again.")
    check_waits(request)
    gate, said = request.gate(G.AGREEMENT), request.gate(G.AUTHORITY)
    check_is_open(gate)
    if said is not None and said.state is GateState.OPEN:
        raise InvalidState("The agency lead has to send the request on first.")


def check_is_open(gate: AccountGate | None) -> None:
    """Raise `InvalidState` for what is not asked for, or was said already."""
    if gate is None:
        raise InvalidState("This request does not ask for that.")
    if gate.state is not GateState.OPEN:
        raise InvalidState(f"This is {gate.state.value} already.")
