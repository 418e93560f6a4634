"""What people say on the page of a request: words, each once, and what they let pass."""

from datetime import date

from accounts.agreements.operations import send_signing_link
from accounts.lost_steps.models import Proof
from accounts.lost_steps.operations import ask_for_lost_step
from accounts.requests import policies
from accounts.requests.gates import meet, review, set_gate, take
from accounts.requests.kinds import WITH_A_DAY, GateKind, RequestKind
from accounts.requests.models import AccountGate, AccountRequest, GateState
from accounts.requests.telling import of
from adminops import clock
from adminops.db import db
from adminops.errors import Invalid
from adminops.facts import publish
from adminops.facts.opening import AccountGateWaived
from adminops.identity.models import User
from adminops.settings import current_settings

G = GateKind


def give_word(
    request: AccountRequest, kind: GateKind, *, proven_on: date | None = None, proof: Proof | None = None, by: User
) -> None:
    """Say the word that a gate waits for: as supervisor, for the agency or another one, as trainer, for the team.

    `proven_on`: the day that stands on paper elsewhere; `proof`: how somebody made sure who is asking. Raises
    `NotAllowed`, `InvalidState`, `Invalid` for a day that has not come or no proof. Publishes `AccountGateMet`.
    """
    take(request)
    policies.check_may_say(_gate(request, kind), by=by)
    if kind in WITH_A_DAY and (proven_on is None or proven_on > clock.today(current_settings().time_zone)):
        raise Invalid("Enter the day on which it was: it has not come yet.", field="proven_on")
    if kind is G.IDENTITY and proof is None:
        raise Invalid("Choose how you made sure.", field="proof")
    meet(request, kind, says=proof.title if proof else "", proven_on=proven_on, by=by)
    if proof is not None and request.kind is RequestKind.STEP:
        ask_for_lost_step(request.account, proof=proof, by=by)
    review(request, by=by)


def waive_gate(request: AccountRequest, kind: GateKind, *, reason: str, by: User) -> None:
    """Let it be carried out although this is not proven, and say why.

    Raises `NotAllowed` (accounts.rules; nobody for their own request), `InvalidState`, `Invalid` for no reason.
    Publishes `AccountGateWaived`.
    """
    take(request)
    gate = _gate(request, kind)
    policies.check_may_waive(gate, by=by)
    if not (reason := " ".join(reason.split())):
        raise Invalid("Say why it is waived: it stays on record.", field="reason")
    set_gate(gate, GateState.WAIVED, reason[:200], by=by)
    request.moved_at = max(request.moved_at, clock.now())
    db.session.flush()
    publish(AccountGateWaived(**of(request), gate=kind.value, what=kind.short), by=by)
    review(request, by=by)


def send_link_again(request: AccountRequest, *, by: User) -> None:
    """Send the person the link to the agreement once more. Raises `NotAllowed`, `InvalidState`.

    Publishes `UserAgreementSent`.
    """
    policies.check_may_send_link(request, by=by)
    send_signing_link(request.account, by=by)


def _gate(request: AccountRequest, kind: GateKind) -> AccountGate:
    gate = request.gate(kind)
    if gate is None:
        raise Invalid("This request does not ask for that.")
    return gate
