"""Who may review pairs, and when."""

from collections.abc import Sequence
from hashlib import sha256

from adminops import clock
from adminops.errors import Conflict, Invalid, InvalidState, NotAllowed
from adminops.hmis import merging, sealing
from adminops.hmis.models import Client, Merge, VendorState
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.pii import check_clean
from dedupe.comparison import behind_pair
from dedupe.gathering import Gathered
from dedupe.models import WAYS_ON, Pair, PairState
from dedupe.seen import Behind

CHANGED = (
    "These records, or what was decided about them, have changed since you opened this page. "
    "Look at them again, then decide."
)
NO_WAY_BACK = {
    PairState.OPEN: "This pair is open already.",
    PairState.MERGED: "These two records are merged. Undo the merge to take that back.",
    PairState.SECOND: "This merge waits for a second person. Agree to it or refuse it.",
    PairState.SETTLED: "Other decisions settle this pair. Take one of those back first.",
}


def check_may_review(by: User) -> None:
    """Raise `NotAllowed` unless `by` may review pairs."""
    if not by.may(Permission.REVIEW_DUPLICATES):
        raise NotAllowed("Your role does not include reviewing duplicates.")


def check_may_look_up(by: User, *, with_ssn: bool) -> None:
    """Raise `NotAllowed` unless `by` may look up who is here already, by SSN too if one was given."""
    if not by.may(Permission.READ_CLIENTS):
        raise NotAllowed("Your role does not include looking clients up.")
    if with_ssn and not by.may(Permission.REVEAL_SSN):
        raise NotAllowed("Your role does not include looking for a client by SSN. Ask without it.")


def check_may_decide(pair: Pair, by: User) -> None:
    """Raise `NotAllowed`, `Conflict` while somebody else holds the pair, `InvalidState` when it is decided."""
    check_may_review(by)
    check_is_free(pair, by, instead="Take the next one.")
    if not pair.is_undecided:
        raise InvalidState(WAYS_ON[pair.state])


def check_is_free(pair: Pair, by: User, *, instead: str) -> None:
    """Raise `Conflict` while somebody else holds the pair; `instead` says what to do now."""
    if is_claimed_by_another(pair, by):
        raise Conflict(f"{holder_of(pair)} is looking at this pair. {instead}")


def version_of(pair: Pair, why: Sequence[str] = (), *, behind: Behind | None = None) -> str:
    """Return what a page of the pair is based on, as a short text: another one, and the page is out of date.

    All records of both persons count (`dedupe.seen`); `behind` tells them, where they are read already. So does all
    that was decided about the pair, taken back or not, and each merge of it that was proposed. `why` is what the page
    says against the merge, if it asks a second person.
    """
    rows = behind if behind is not None else behind_pair(pair)
    told = [pair.score, pair.probability, pair.warnings, pair.changes, list(why), rows, pair.last_line]
    return sha256(repr(told).encode()).hexdigest()[:16]


def check_as_seen(pair: Pair, seen: str, why: Sequence[str] = ()) -> None:
    """Raise `Conflict` when the pair is another one than its reviewer saw. Without `seen` nothing is compared."""
    if seen and seen != version_of(pair, why):
        raise Conflict(CHANGED)


def check_nothing_new(why: Sequence[str], known: Sequence[str]) -> None:
    """Raise `Conflict` when more speaks against a merge than who decided it knew."""
    if not set(known).issuperset(why):
        raise Conflict(CHANGED)


def is_claimed_by(pair: Pair, by: User) -> bool:
    """Say whether `by` holds the pair at the moment."""
    return _is_claimed(pair) and pair.claimed_by_id == by.id


def is_claimed_by_another(pair: Pair, by: User) -> bool:
    """Say whether somebody else holds the pair at the moment."""
    return _is_claimed(pair) and pair.claimed_by_id != by.id


def _is_claimed(pair: Pair) -> bool:
    return pair.claimed_by_id is not None and pair.claimed_until is not None and pair.claimed_until > clock.now()


def holder_of(pair: Pair) -> str:
    """Return the name of who holds the pair."""
    return pair.claimed_by.name if pair.claimed_by else "A colleague"


def check_may_reopen(pair: Pair, by: User) -> None:
    """Raise `NotAllowed`, or `InvalidState` for a pair whose decision is not taken back by reopening it."""
    check_may_review(by)
    if pair.state in NO_WAY_BACK:
        raise InvalidState(NO_WAY_BACK[pair.state])


def is_kept_apart_by_another(pair: Pair, by: User) -> bool:
    """Say whether the two are kept apart now, and not by `by`: who takes that back says why."""
    word = merging.apart_on(pair.low_client, pair.high_client)
    return word is not None and word.by_id != by.id


def check_comparable(one: Client, other: Client, gathered: Gathered) -> None:
    """Raise `Invalid` for two records that must not, or can not, be compared.

    Clients of victim service providers stay out of every comparison (VAWA); hashes can not be compared.
    """
    names = (one.first_name, one.last_name, other.first_name, other.last_name)
    if gathered.hashed or any(sealing.is_hash(name) for name in names if name):
        raise Invalid("The names of these records are hashed, so nobody can tell whether they are one person.")
    check_not_protected(gathered.victim_services)
    if len(gathered) < 2:
        raise Invalid("One of these records has left its source.")


def check_not_protected(protected: int) -> None:
    """Raise `Invalid` when some of the records are clients of victim service providers alone."""
    if protected:
        raise Invalid("One of these clients stays with a victim service provider only. Such records are not compared.")


def check_may_tick(merge: Merge, by: User) -> None:
    """Raise `NotAllowed`, or `InvalidState` for a merge that nobody has to make at the vendor's (any more)."""
    check_may_review(by)
    if not merge.is_active:
        raise InvalidState("This merge was undone here. Nothing is to be done at the vendor's.")
    if merge.source_client.source_id != merge.destination_client.source_id:
        raise InvalidState("These records are of two HMIS: no vendor can merge them.")
    if merge.at_vendor is VendorState.CONFIRMED:
        raise InvalidState("An export shows already that the vendor has merged these records.")
    if merge.at_vendor is VendorState.DONE:
        raise InvalidState("This merge was ticked as done already.")


def check_may_untick(merge: Merge, by: User) -> None:
    """Raise `NotAllowed`, or `InvalidState` for a merge that is not ticked, or that an export has confirmed."""
    check_may_review(by)
    if merge.at_vendor is VendorState.CONFIRMED:
        raise InvalidState("An export shows that the vendor has merged these records. That can't be taken back here.")
    if merge.done_at is None:
        raise InvalidState("This merge is not ticked as done.")


def check_reason(reason: str) -> str:
    """Return what a reviewer wrote, trimmed. Raises `Invalid` when it holds an SSN or a birth date."""
    check_clean(reason, field="reason")
    return reason.strip()
