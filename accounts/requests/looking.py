"""How the gates stand that nobody has to say a word about: looked up where they are on record."""

from dataclasses import dataclass

from accounts.agreements.queries import current_text, signed_by, today
from accounts.licenses.queries import seats_of
from accounts.requests.models import AccountRequest, GateKind
from adminops.agencies.queries import mou_of
from adminops.proofs import TRAINING, proofs_of

LONGEST = 200


@dataclass(frozen=True)
class Look:
    """Whether a gate is met, and what there is to say: until when it holds, or what is lacking."""

    met: bool
    says: str


def look_up(request: AccountRequest, kind: GateKind) -> Look:
    """Return how a gate stands today."""
    return _LOOKS[kind](request)


def _mou(request: AccountRequest) -> Look:
    found = mou_of(request.agency_id)
    if found is None:
        return Look(False, "No agreement of the agency is on record.")
    if not found.holds_on(today()):
        return Look(False, f"It ended on {found.last_on:%-d %b %Y}." if found.last_on else "It does not hold yet.")
    return Look(True, f"Until {found.last_on:%-d %b %Y}" if found.last_on else "Without an end")


def _seat(request: AccountRequest) -> Look:
    seats = seats_of(request.agency_id)
    if seats.total is None:
        return Look(False, "No seats of the agency are on record for today.")
    if not seats.free:
        return Look(False, f"All {seats.total} seats are taken.")
    return Look(True, f"{seats.free} of {seats.total} free")


def _agreement(request: AccountRequest) -> Look:
    if current_text() is None:
        return Look(False, "No user agreement is published yet.")
    signed = signed_by(request.account_id)
    if signed is None:
        return Look(False, "Not signed yet.")
    if signed.until < today():
        return Look(False, f"The signature counted until {signed.until:%-d %b %Y}.")
    return Look(True, f"Version {signed.version}, until {signed.until:%-d %b %Y}")


def _training(request: AccountRequest) -> Look:
    proof = proofs_of(TRAINING, [request.account.user_id])[request.account.user_id]
    if proof.lacks:
        return Look(False, f"Missing: {', '.join(proof.lacks)}"[:LONGEST])
    return Look(True, f"Counts until {proof.until:%-d %b %Y}" if proof.until else "Nothing is missing")


_LOOKS = {GateKind.MOU: _mou, GateKind.SEAT: _seat, GateKind.AGREEMENT: _agreement, GateKind.TRAINING: _training}
