"""The verbs of requests for accounts: begun by a ticket, carried on by words and proofs, ended by an account."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select

from accounts.agreements.operations import end_signing_links, send_signing_link
from accounts.models import AccountState
from accounts.operations.links import hold
from accounts.requests import policies
from accounts.requests.admitting import admit
from accounts.requests.beginning import account_for, open_again
from accounts.requests.looking import look_up
from accounts.requests.models import (
    ALWAYS,
    OF_THE_WORLD,
    REMINDED,
    AccountGate,
    AccountRequest,
    GateKind,
    GateState,
    RequestState,
)
from adminops import clock
from adminops.db import db
from adminops.errors import Invalid
from adminops.facts import (
    publish,
)
from adminops.facts.opening import (
    AccountGateLost,
    AccountGateMet,
    AccountGateWaived,
    AccountRequested,
    AccountRequestEnded,
    AccountRequestExpired,
    AccountRequestResumed,
)
from adminops.identity.models import SYSTEM, Agency, User
from adminops.identity.operations import find_user, revoke_role
from adminops.identity.permissions import Role
from adminops.outbox.messages import enqueue_mail
from adminops.refs import Ref
from adminops.settings import current_settings

R, G = RequestState, GateState


def open_request(
    ticket: Ref,
    *,
    requester: User,
    agency_id: int,
    answers: Mapping[str, Any],
    is_authorized: bool,
    by: User,
) -> AccountRequest:
    """Begin a request: the person has an account from now on, which is closed, and a list of what is missing.

    `answers` are those of the ticket's form. `is_authorized` says whether who asked may ask; else the agency's lead has
    to send it on, and nobody is mailed before. Raises `Invalid` and `Conflict` at the fields of the form. Publishes
    `AccountRequested`, and what follows from how the gates stand.
    """
    account = account_for(answers, db.session.get_one(Agency, agency_id))
    named = find_user(str(answers.get("supervisor") or ""))
    supervisor = named if named is not None and named.agency_id == agency_id else requester
    request = AccountRequest(
        account=account,
        agency_id=agency_id,
        ticket_kind=ticket.kind,
        ticket_id=ticket.id,
        requester_id=requester.id,
        supervisor_id=supervisor.id,
        role=Role.AGENCY_LEAD if answers.get("role") == "lead" else Role.END_USER,
    )
    request.gates = [AccountGate(kind=kind) for kind in _asked_for()]
    db.session.add(request)
    _take(request)
    publish(AccountRequested(account_id=account.id, agency_id=agency_id, request=ticket), by=by)
    if is_authorized:
        _meet(request, GateKind.AUTHORITY, by=requester)
        if supervisor.id == requester.id:
            _meet(request, GateKind.SUPERVISOR, by=requester)
        if answers.get("background_check"):
            _meet(request, GateKind.BACKGROUND, by=requester)
        _begin(request)
    review(request, by=SYSTEM)
    return request


def note_lead(request: AccountRequest, *, by: User) -> None:
    """Note that the agency's lead sent the request on: with it they agree as supervisor, unless another one is named.

    Publishes `AccountGateMet`.
    """
    _take(request)
    _meet(request, GateKind.AUTHORITY, by=by)
    if request.supervisor_id in (by.id, request.requester_id):
        _meet(request, GateKind.SUPERVISOR, by=by)
    _begin(request)
    review(request, by=by)


def note_approval(request: AccountRequest, *, by: User) -> None:
    """Note that the HMIS lead approves. Publishes `AccountGateMet`."""
    _take(request)
    _meet(request, GateKind.APPROVAL, by=by)
    review(request, by=by)


def confirm_supervisor(request: AccountRequest, *, by: User) -> None:
    """Confirm as the person's supervisor, or for the agency, that they are to have the account.

    Raises `NotAllowed`, `InvalidState`. Publishes `AccountGateMet`.
    """
    _take(request)
    policies.check_may_confirm(request, by=by)
    _meet(request, GateKind.SUPERVISOR, by=by)
    review(request, by=by)


def attest_background(request: AccountRequest, *, checked_on: date, by: User) -> None:
    """Confirm for the agency that the person's background check is passed, and on which day.

    Raises `NotAllowed`, `InvalidState`, `Invalid` for a day that has not come. Publishes `AccountGateMet`.
    """
    _take(request)
    policies.check_may_attest(request, by=by)
    if checked_on > clock.today(current_settings().time_zone):
        raise Invalid("Enter the day on which it was passed.", field="checked_on")
    _meet(request, GateKind.BACKGROUND, proven_on=checked_on, by=by)
    review(request, by=by)


def waive_gate(request: AccountRequest, kind: GateKind, *, reason: str, by: User) -> None:
    """Let the account begin although this is not proven, and say why.

    Raises `NotAllowed` (accounts.rules; nobody for their own request), `InvalidState`, `Invalid` for no reason.
    Publishes `AccountGateWaived`.
    """
    _take(request)
    gate = request.gate(kind)
    if gate is None:
        raise Invalid("This request does not ask for that.")
    policies.check_may_waive(gate, by=by)
    if not (reason := " ".join(reason.split())):
        raise Invalid("Say why it is waived: it stays on record.", field="reason")
    _set(gate, G.WAIVED, reason[:200], by)
    request.moved_at = max(request.moved_at, clock.now())
    publish(AccountGateWaived(**_of(request), gate=kind.value), by=by)
    review(request, by=by)


def send_link_again(request: AccountRequest, *, by: User) -> None:
    """Send the person the link to the agreement once more. Raises `NotAllowed`, `InvalidState`.

    Publishes `UserAgreementSent`.
    """
    policies.check_may_send_link(request, by=by)
    send_signing_link(request.account, by=by)


def review(request: AccountRequest, *, by: User) -> None:
    """Look up what is on record elsewhere; when nothing is missing any more, the account goes its way.

    A gate that was met and is no longer is open again. Publishes `AccountGateMet` and `AccountGateLost` for what has
    changed, and what `admit` does.
    """
    if request.state is not R.WAITING:
        return
    _take(request)
    for gate in request.gates:
        if gate.kind in OF_THE_WORLD and gate.state is not G.WAIVED:
            _look(request, gate)
    if not request.open_gates:
        request.move(R.DONE)
        end_signing_links(request.account, by=by)
        admit(request, by=by)


def end_request(request: AccountRequest, to: RequestState, *, by: User) -> None:
    """End a request that was refused or taken back: the account is put away, the roles are gone.

    A request that is over stays as it is. Publishes `AccountRequestEnded`.
    """
    if request.state is not R.WAITING:
        return
    _put_away(request, to, by=by)
    publish(AccountRequestEnded(**_of(request), how=to.value), by=by)


def expire_due(*, by: User) -> int:
    """End the requests in which nothing happened for 15 days; return how many.

    Publishes `AccountRequestExpired` for each, which ends its ticket.
    """
    due = select(AccountRequest).where(AccountRequest.state == R.WAITING).order_by(AccountRequest.id)
    over = [request for request in db.session.scalars(due) if request.expires_at <= clock.now()]
    for request in over:
        _put_away(request, R.EXPIRED, by=by)
        publish(AccountRequestExpired(**_of(request)), by=by)
    return len(over)


def remind(*, by: User) -> int:
    """Remind who asked of requests in which nothing happens; return how many. Each step is told once."""
    del by
    told = 0
    for request in db.session.scalars(select(AccountRequest).where(AccountRequest.state == R.WAITING)):
        still = (clock.now() - request.moved_at).days
        steps = [days for days in REMINDED if still >= days]
        if steps:
            at = _stamp(request)
            enqueue_mail(
                "accounts.request_waits", to=request.requester, account_request=request.id, days=steps[-1], at=at
            )
            told += 1
    return told


def resume_request(request: AccountRequest, *, by: User) -> None:
    """Take a request up again that was taken back or had run out: what was proven counts again.

    Publishes `AccountRequestResumed`.
    """
    if request.state not in (R.WITHDRAWN, R.EXPIRED):
        return
    _take(request)
    if request.account.state is not AccountState.ARCHIVED:
        return  # somebody has taken the account back meanwhile
    open_again(request.account, request.agency)
    request.move(R.WAITING)
    request.moved_at = clock.now()
    db.session.flush()
    publish(AccountRequestResumed(**_of(request)), by=by)
    _begin(request)
    review(request, by=by)


def _take(request: AccountRequest) -> None:
    """Take the agency's seats and the account for this transaction: two people never get the last seat."""
    db.session.flush()
    db.session.execute(select(Agency.id).where(Agency.id == request.agency_id).with_for_update())
    hold(request.account)


def _asked_for() -> list[GateKind]:
    asked = {*current_settings().account_gates.split(), *(kind.value for kind in ALWAYS)}
    return [kind for kind in GateKind if kind.value in asked]


def _begin(request: AccountRequest) -> None:
    """Send the person the link to the agreement, once somebody who may has asked for them."""
    gate, said = request.gate(GateKind.AGREEMENT), request.gate(GateKind.AUTHORITY)
    if said is None or said.state is G.OPEN:
        return
    if gate is not None and gate.state is G.OPEN:
        send_signing_link(request.account, by=SYSTEM)
    agrees = request.gate(GateKind.SUPERVISOR)
    if agrees is not None and agrees.state is G.OPEN:
        supervisor = db.session.get_one(User, request.supervisor_id)
        enqueue_mail("accounts.supervisor", to=supervisor, account_request=request.id, at=_stamp(request))


def _look(request: AccountRequest, gate: AccountGate) -> None:
    found = look_up(request, gate.kind)
    if found.met and gate.state is G.OPEN:
        _meet(request, gate.kind, says=found.says, by=SYSTEM)
    elif not found.met and gate.state is G.MET:
        _set(gate, G.OPEN, found.says, SYSTEM)
        publish(AccountGateLost(**_of(request), gate=gate.kind.value), by=SYSTEM)
    elif gate.says != found.says:
        gate.says = found.says
    db.session.flush()


def _meet(request: AccountRequest, kind: GateKind, *, says: str = "", proven_on: date | None = None, by: User) -> None:
    gate = request.gate(kind)
    if gate is None or gate.state is not G.OPEN or request.state is not R.WAITING:
        return
    gate.proven_on = proven_on
    _set(gate, G.MET, says, by)
    request.moved_at = max(request.moved_at, clock.now())
    db.session.flush()
    publish(AccountGateMet(**_of(request), gate=kind.value), by=by)


def _set(gate: AccountGate, state: GateState, says: str, by: User) -> None:
    gate.state, gate.says, gate.changed_at = state, says, max(gate.request.asked_at, clock.now())
    gate.by = None if by.is_system else by
    db.session.flush()


def _put_away(request: AccountRequest, to: RequestState, *, by: User) -> None:
    _take(request)
    account = request.account
    request.move(to)
    end_signing_links(account, by=by)
    account.move(AccountState.ARCHIVED)
    account.archived_at = clock.now()
    for grant in list(account.user.grants):
        revoke_role(grant, by=SYSTEM)
    db.session.flush()


def _stamp(request: AccountRequest) -> int:
    """Tell one round of a request from the next, so that each is told about once."""
    return int(request.moved_at.timestamp())


def _of(request: AccountRequest) -> dict[str, Any]:
    return {"account_id": request.account_id, "agency_id": request.agency_id, "request": request.ticket}
