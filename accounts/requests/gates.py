"""The engine of requests: gates are met, looked up and lost; when none is open, what was asked for is carried out.

Its verbs ask for nobody's right: who calls them has.
"""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from accounts.agreements.operations import end_signing_links, send_signing_link
from accounts.operations.links import hold
from accounts.requests.carrying import carry_out
from accounts.requests.kinds import GATES, OF_THE_WORLD, SETTABLE, GateKind, RequestKind
from accounts.requests.looking import look_up, rung_of
from accounts.requests.models import AccountGate, AccountRequest, GateState, RequestState
from accounts.requests.telling import ask_for_words, of
from accounts.requests.wishes import Wish
from adminops import clock
from adminops.db import db, savepoint
from adminops.errors import DomainError
from adminops.facts import publish
from adminops.facts.opening import AccountGateLost, AccountGateMet
from adminops.identity.models import SYSTEM, Agency, User
from adminops.identity.permissions import Role
from adminops.settings import current_settings

R, G, K = RequestState, GateState, RequestKind


def gates_for(wish: Wish, *, last_login: date | None) -> Sequence[GateKind]:
    """Return what a request needs: the table, narrowed by the settings, and what the person's own case adds."""
    asked = set(GATES[wish.kind]) - (set(SETTABLE) - set(_set_by_team()))
    if wish.kind in (K.NEW, K.TRANSFER) and wish.role is Role.AGENCY_LEAD:
        asked.add(GateKind.GRANT)
    if wish.kind in (K.REACTIVATE, K.TRANSFER) and (rung := rung_of(wish.account, last_login)):
        asked.add(GateKind(rung))
    if wish.acts_on is None:
        asked.discard(GateKind.DAY)
    return [kind for kind in GateKind if kind in asked]


def _set_by_team() -> Sequence[GateKind]:
    named = current_settings().account_gates.split()
    return [kind for kind in SETTABLE if kind.value in named]


def take(request: AccountRequest) -> bool:
    """Take the agency's seats and the account for this transaction, read the request anew, and say whether it waits.

    So two people never get the last seat, and two words at the same moment carry nothing out twice.
    """
    db.session.flush()
    db.session.execute(select(Agency.id).where(Agency.id == request.place_id).with_for_update())
    hold(request.account)
    db.session.refresh(request.account, ["holds"])
    same = select(AccountRequest).where(AccountRequest.id == request.id)
    db.session.scalars(same.execution_options(populate_existing=True)).one()
    return request.state is R.WAITING


def begin(request: AccountRequest) -> None:
    """Ask for words and a signature, once somebody who may has asked for them."""
    gate, said = request.gate(GateKind.AGREEMENT), request.gate(GateKind.AUTHORITY)
    if said is not None and said.state is G.OPEN:
        return
    note_asked_back(request)
    if gate is not None and gate.state is G.OPEN and not look_up(request, gate.kind).met:
        send_signing_link(request.account, by=SYSTEM)
    ask_for_words(request)


def note_asked_back(request: AccountRequest) -> None:
    """Note that the person is to come back, or no longer: meanwhile they may take the classes that are missing."""
    if request.kind in (K.REACTIVATE, K.TRANSFER):
        request.account.user.is_asked_back = request.state is R.WAITING
        db.session.flush()


def review(request: AccountRequest, *, by: User) -> None:
    """Look up what is on record elsewhere; when nothing is missing any more, carry out what was asked for.

    A gate that was met and is no longer is open again. What can't be carried out waits, and says why. Publishes
    `AccountGateMet` and `AccountGateLost` for what has changed, and what `carry_out` does.
    """
    if request.state is not R.WAITING or not take(request):
        return
    for gate in request.gates:
        if gate.kind in OF_THE_WORLD and gate.state is not G.WAIVED:
            _look(request, gate)
    if not request.open_gates:
        _carry(request, by=by)


def _carry(request: AccountRequest, *, by: User) -> None:
    try:
        with savepoint():
            request.move(R.DONE)
            request.trouble = ""
            end_signing_links(request.account, by=by)
            note_asked_back(request)
            carry_out(request, by=by)
    except DomainError as refused:
        request.trouble = refused.sentence[:200]
        db.session.flush()


def _look(request: AccountRequest, gate: AccountGate) -> None:
    found = look_up(request, gate.kind)
    if found.met and gate.state is G.OPEN:
        meet(request, gate.kind, says=found.says, by=SYSTEM)
    elif not found.met and gate.state is G.MET:
        set_gate(gate, G.OPEN, found.says, by=SYSTEM)
        publish(AccountGateLost(**of(request), gate=gate.kind.value, what=gate.kind.short), by=SYSTEM)
    elif gate.says != found.says:
        gate.says = found.says
    db.session.flush()


def meet(request: AccountRequest, kind: GateKind, *, says: str = "", proven_on: date | None = None, by: User) -> None:
    """Note that one thing is there; what is there already, or not asked for, stays as it is.

    Publishes `AccountGateMet`.
    """
    gate = request.gate(kind)
    if gate is None or gate.state is not G.OPEN or request.state is not R.WAITING:
        return
    gate.proven_on = proven_on
    set_gate(gate, G.MET, says, by=by)
    request.moved_at = max(request.moved_at, clock.now())
    db.session.flush()
    publish(AccountGateMet(**of(request), gate=kind.value, what=kind.short), by=by)


def set_gate(gate: AccountGate, state: GateState, says: str, *, by: User) -> None:
    """Store how a gate stands, and who has said so."""
    gate.state, gate.says, gate.changed_at = state, says, max(gate.request.asked_at, clock.now())
    gate.by = None if by.is_system else by
    db.session.flush()
