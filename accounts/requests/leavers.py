"""People who were said to leave by somebody whose lead has not sent it on: a policy may say that this does not wait.

The hold is seen coming, ends with the lead's word that the person stays, and becomes the departure's with the other.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from accounts.ladders.queries import rules_of
from accounts.ladders.values import Ladder, PolicyKind
from accounts.lapses.cap import left_today
from accounts.models import HOLD_FOR, Account, DisabledReason, Hold, HoldKind
from accounts.operations.holds import place_hold, release_hold
from accounts.requests.kinds import GateKind, RequestKind
from accounts.requests.models import AccountRequest, GateState
from accounts.requests.queries import waiting
from adminops import clock
from adminops.identity.models import SYSTEM, User

SEEN_FOR = timedelta(hours=4)
"""A hold of a policy is never placed later than so long before it acts."""


def waiting_for_lead() -> Sequence[AccountRequest]:
    """Return the requests to close an account that wait for the word of the agency's lead."""
    return [
        request
        for request in waiting(AccountRequest.kind == RequestKind.LEAVE)
        if (said := request.gate(GateKind.AUTHORITY)) is not None and said.state is GateState.OPEN
    ]


def hold_waiting(*, by: User) -> int:
    """Place the holds of leavers whose lead has not sent the report on, where a policy says that it does not wait.

    A hold is taken back where no policy asks for it any more. Return how many are new. Publishes `AccountHeld`,
    `AccountReleased`.
    """
    rules, placed, left = rules_of(PolicyKind.DEPARTURE), 0, left_today()
    for request in waiting_for_lead():
        ladder, kind = rules.ladder_for(request.agency_id), _kind_of(request)
        known = next((each for each in request.account.holds if each.released_at is None and each.kind is kind), None)
        if ladder is None or not ladder.hold:
            end_hold_of_policy(request.account)
        elif known is None and placed < left and not _was_taken_back(request, kind):
            _place(request, kind, ladder, by=by)
            placed += 1
    return placed


def end_hold_of_policy(account: Account) -> None:
    """Release what a policy placed on the account of somebody who was said to leave. Publishes `AccountReleased`."""
    for each in account.holds:
        if each.released_at is None and _is_of_policy(each):
            release_hold(each, by=SYSTEM)


def held_meanwhile(request: AccountRequest) -> Hold | None:
    """Return what a policy has placed while the lead says nothing."""
    if request.kind is not RequestKind.LEAVE:
        return None
    return next((each for each in request.account.holds if each.released_at is None and _is_of_policy(each)), None)


def _place(request: AccountRequest, kind: HoldKind, ladder: Ladder, *, by: User) -> None:
    runs_from = max(datetime.fromisoformat(request.wanted["at"]), request.asked_at)
    begins_at = max(runs_from + timedelta(hours=ladder.hold or 0), clock.now() + SEEN_FOR)
    place_hold(request.account, kind, reason=_reason_of(request), begins_at=begins_at, source=ladder.name, by=by)


def _reason_of(request: AccountRequest) -> DisabledReason:
    return DisabledReason(request.wanted["why"])


def _kind_of(request: AccountRequest) -> HoldKind:
    return HOLD_FOR.get(_reason_of(request), HoldKind.ADMIN)


def _is_of_policy(placed: Hold) -> bool:
    return placed.source.startswith(PolicyKind.DEPARTURE.value)


def _was_taken_back(request: AccountRequest, kind: HoldKind) -> bool:
    """Say whether somebody has taken the policy's hold for this report back: it places none again."""
    return any(
        each.kind is kind and each.source and each.released_by_id and each.placed_at >= request.asked_at
        for each in request.account.holds
    )
