"""How the gates stand that nobody has to say a word about: looked up where they are on record."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from accounts.agreements.queries import current_text, signed_by, today
from accounts.ladders.values import idle_on
from accounts.lapses.looking import Outlook
from accounts.licenses.queries import seats_of, takes_a_seat
from accounts.lost_steps.models import Outcome
from accounts.lost_steps.queries import newest_of
from accounts.models import Account, AccountState, DisabledReason, Hold, HoldKind
from accounts.requests.kinds import GateKind, RequestKind
from accounts.requests.models import AccountRequest
from adminops import clock
from adminops.agencies.queries import mou_of
from adminops.proofs import TRAINING, proofs_of
from adminops.settings import current_settings

K, S = RequestKind, AccountState
LONGEST = 200
LIFTED = (HoldKind.INACTIVITY, HoldKind.TRAINING, HoldKind.AGREEMENT, HoldKind.OFFBOARDED)
"""Holds that end when the person is asked back, and nothing is missing."""
GONE_BY_CHOICE = (DisabledReason.LEFT, DisabledReason.ON_LEAVE, DisabledReason.ROLE_CHANGED)


@dataclass(frozen=True)
class Look:
    """Whether a gate is met, and what there is to say: until when it holds, or what is lacking."""

    met: bool
    says: str


def look_up(request: AccountRequest, kind: GateKind) -> Look:
    """Return how a gate stands today."""
    return _LOOKS[kind](request)


def lifted_by(request: AccountRequest) -> Sequence[Hold]:
    """Return the holds that end when a request is carried out. Why the team closed an account is the team's to end."""
    if request.kind not in (K.REACTIVATE, K.TRANSFER):
        return ()
    kinds = (*LIFTED, HoldKind.AGENCY_MOU) if request.kind is K.TRANSFER else LIFTED
    unreleased = [hold for hold in request.account.holds if hold.released_at is None]
    return [hold for hold in unreleased if hold.kind in kinds or _was_asked_for(hold)]


def _was_asked_for(hold: Hold) -> bool:
    return hold.kind is HoldKind.ADMIN and hold.reason in GONE_BY_CHOICE


def rung_of(account: Account, last_login: date | None) -> str:
    """Return what long absence asks for by the policy in force: nothing, refresher, full.

    Where no list of the HMIS is young enough to say when somebody was last there, who asks is believed.
    """
    outlook = Outlook(only=[account.id])
    person = next(iter(outlook.people), None)
    stands = outlook.idle_of(person) if person else None
    if person is None or stands is None:
        return ""
    since, ladder = person.alive_at, stands[0]
    if last_login is not None and not outlook.sees_hmis:
        since = max(since, datetime.combine(last_login, time(), tzinfo=ZoneInfo(current_settings().time_zone)))
    return idle_on(ladder, since, clock.now()).needs


def _clear(request: AccountRequest) -> Look:
    account = request.account
    if request.kind in (K.REACTIVATE, K.TRANSFER):
        lifted = {hold.id for hold in lifted_by(request)}
        return Look(all(hold.id in lifted for hold in account.open_holds), "")
    if request.kind in (K.RESET, K.STEP):
        return Look(account.state is S.ACTIVE, "")
    return Look(account.state in (S.ACTIVE, S.INVITED, S.PROVISIONING), "")


def _mou(request: AccountRequest) -> Look:
    found = mou_of(request.place_id)
    if found is None:
        return Look(False, "No agreement of the agency is on record.")
    if not found.holds_on(today()):
        return Look(False, f"It ended on {found.last_on:%-d %b %Y}." if found.last_on else "It does not hold yet.")
    return Look(True, f"Until {found.last_on:%-d %b %Y}" if found.last_on else "Without an end")


def _seat(request: AccountRequest) -> Look:
    if request.account.agency_id == request.place_id and takes_a_seat(request.account):
        return Look(True, "The person has one")
    seats = seats_of(request.place_id)
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


def _second(request: AccountRequest) -> Look:
    lost = newest_of(request.account, since=request.asked_at)
    if lost is None:
        return Look(False, "")
    if lost.outcome is Outcome.DONE:
        return Look(True, "")
    return Look(False, "" if lost.is_waiting else "It was refused, or nobody answered: ask anew there.")


def _day(request: AccountRequest) -> Look:
    day = request.acts_on
    return Look(day is None or day <= today(), f"{day:%-d %b %Y}" if day else "")


_LOOKS: Mapping[GateKind, Callable[[AccountRequest], Look]] = {
    GateKind.CLEAR: _clear,
    GateKind.MOU: _mou,
    GateKind.SEAT: _seat,
    GateKind.AGREEMENT: _agreement,
    GateKind.TRAINING: _training,
    GateKind.SECOND: _second,
    GateKind.DAY: _day,
}
