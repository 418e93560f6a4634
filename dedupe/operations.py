"""The verbs of the merge desk: review, merge, keep apart, defer, undo, reopen, tick as done at the vendor's."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from adminops import clock
from adminops.db import db, savepoint
from adminops.errors import Conflict, Invalid, InvalidState
from adminops.facts import (
    ClientsMerged,
    ClientViewed,
    MergeDoneAtVendor,
    MergeNotDoneAtVendor,
    MergeUndone,
    PairDeferred,
    PairKeptApart,
    PairReopened,
    PairResumed,
    StaysDivided,
    publish,
)
from adminops.hmis import dividing, merging
from adminops.hmis.dividing import Owner, Parting
from adminops.hmis.merging import Side
from adminops.hmis.models import Client, Merge, Verdict
from adminops.identity.models import User
from adminops.refs import Ref
from dedupe import asking_again, merges, policies, queries
from dedupe.claims import take
from dedupe.conflicts import persons_of, why_second
from dedupe.describing import describe
from dedupe.follow_ups.operations import note_follow_ups
from dedupe.gathering import protected_clients, records_to_match
from dedupe.log import move_along, note_decision
from dedupe.models import DECIDED, Act, Pair, PairState, PairTicket
from dedupe.scoring import score_gathered
from dedupe.settling import answer_of, settle_around, take_out_protected
from dedupe.standing import in_order
from dedupe.worth import weigh


def review_pair(pair: Pair, *, by: User) -> bool:
    """Hold the pair for the reviewer for 15 minutes and let go of other ones; False when somebody else has it.

    Both records are looked at either way; as long as the reviewer holds the pair that is one look. A pair with a
    client of victim services alone is not looked at: it leaves the queue. Raises `NotAllowed`. Publishes
    `ClientViewed` for each record.
    """
    policies.check_may_review(by)
    is_first_look = not policies.is_claimed_by(pair, by)
    is_held = not policies.is_claimed_by_another(pair, by) and bool(take([pair], by))
    if not is_held and protected_clients(pair.low_client, pair.high_client):
        lock(pair)
        take_out_protected([pair.id])
        return False
    if is_first_look:
        for client_id in (pair.low_client_id, pair.high_client_id):
            publish(ClientViewed(client_id=client_id, agency_id=by.agency_id), by=by)
    return is_held


def let_go(pair: Pair, *, by: User) -> bool:
    """Hold a pair no longer and decide nothing, so that no colleague has to wait; False when `by` did not hold it.

    Raises `NotAllowed`. Publishes nothing.
    """
    policies.check_may_review(by)
    lock(pair)
    is_held = policies.is_claimed_by(pair, by)
    if is_held:
        release(pair)
    return is_held


def merge_pair(
    pair: Pair, *, destination_client_id: int, choices: Mapping[str, Side], reason: str = "", seen: str = "", by: User
) -> Merge:
    """Let the other record of the pair read under the destination record.

    `choices` says for units of fields ("name", "dob") whose value the person takes. No source row is touched; the
    merge can be undone. `seen` is the `version_of` the pair that the reviewer saw. Rules in the order checked:
    duplicates.review; nobody else holds the pair; it is undecided, and as it was seen; the record kept is one of the
    two; neither is a client of victim services alone; the reason is clean; no second person has to agree; the store's
    rules (kept apart, unless the pair was asked again; removed; too many).
    Raises `NotAllowed`, `Conflict`, `InvalidState`, `Invalid`. Publishes `ClientsMerged`.
    """
    source, destination = ready_to_merge(pair, destination_client_id, seen=seen, by=by)
    said = policies.check_reason(reason)
    if why := why_second(pair, *persons_of(destination, source)):
        raise InvalidState(f"A second person has to agree to this merge. {why[0]}")
    return join(pair, source, destination, choices, reason=said, by=by)


def ready_to_merge(pair: Pair, destination_client_id: int, *, seen: str = "", by: User) -> tuple[Client, Client]:
    """Hold the pair and return who is folded in and who is kept. Raises as `merge_pair` does. Publishes nothing."""
    lock(pair)
    policies.check_may_decide(pair, by)
    policies.check_as_seen(pair, seen)
    return sides_to_merge(pair, destination_client_id)


def sides_to_merge(pair: Pair, destination_client_id: int) -> tuple[Client, Client]:
    """Return who is folded in and who is kept. Raises `Invalid`. Publishes nothing."""
    clients = {client.id: client for client in (pair.low_client, pair.high_client)}
    destination = clients.pop(destination_client_id, None)
    if destination is None:
        raise Invalid("Choose which of the two records is kept.")
    (source,) = clients.values()
    policies.check_not_protected(protected_clients(source, destination))
    return source, destination


def join(
    pair: Pair,
    source: Client,
    destination: Client,
    choices: Mapping[str, Side],
    *,
    reason: str,
    act: Act = Act.MERGED,
    by: User,
) -> Merge:
    """Merge a pair that was checked. Publishes `ClientsMerged`."""
    pair.move(PairState.MERGED)
    lifts = asking_again.is_asked_again(pair)
    if not lifts:
        asking_again.forget_rows(pair)
    kept, folded = persons_of(destination, source)
    merge = merging.merge_clients(source, destination, choices, by_id=by.id, reason=reason, lifts=lifts)
    pair.merge_id = merge.id
    note_follow_ups(merge, kept, folded)
    note_decision(pair, act, by)
    decided(pair, reason, by)
    ids = {"client_id": destination.id, "source_client_id": source.id, "merge_id": merge.id}
    publish(ClientsMerged(**ids, request=pair.request, also=pair.also), by=by)
    return merge


def keep_apart(pair: Pair, *, reason: str = "", seen: str = "", by: User) -> None:
    """Record that the two are different people: they are never merged, also not through a third record.

    They are asked about again only when an import changed how they compare.
    Raises `NotAllowed`, `Conflict`, `InvalidState`, `Invalid`. Publishes `PairKeptApart`.
    """
    lock(pair)
    policies.check_may_decide(pair, by)
    policies.check_as_seen(pair, seen)
    said = policies.check_reason(reason)
    pair.move(PairState.APART)
    merging.keep_apart(pair.low_client, pair.high_client, by_id=by.id, reason=said)
    note_decision(pair, Act.APART, by)
    decided(pair, said, by)
    asking_again.note_rows(pair)
    fact = PairKeptApart(pair_id=pair.id, client_ids=pair.client_ids, request=pair.request, also=pair.also)
    publish(fact, by=by)


def defer_pair(pair: Pair, *, seen: str = "", by: User) -> None:
    """Put the decision off: the pair goes to the end of the queue. Raises `NotAllowed`, `Conflict`, `InvalidState`.

    `seen` is the `version_of` the pair that the reviewer saw. Publishes `PairDeferred`.
    """
    lock(pair)
    policies.check_may_decide(pair, by)
    policies.check_as_seen(pair, seen)
    pair.move(PairState.DEFERRED)
    pair.deferred_at = clock.now()
    note_decision(pair, Act.LATER, by)
    release(pair)
    publish(PairDeferred(pair_id=pair.id, request=pair.request, also=pair.also), by=by)


def undo_merge(
    merge: Merge,
    *,
    reason: str = "",
    owners: Mapping[int, int] | None = None,
    also: Sequence[Merge] = (),
    seen: str = "",
    by: User,
) -> None:
    """Take a merge back: every record reads as if it had never been made.

    `also` are other merges of the same person to be taken back first, the newest before the others. `owners` says of
    every stay that may be of either part, of this merge and of those (`merges.questions_of`), which record's it is.
    `seen` is the `merges.version_of` the story that the reviewer saw; without it nothing is compared.

    Its pair is open again, unless other decisions settle it or one of the two is a client of victim services alone:
    then it is settled or gone. Other merges made later stay in force. Raises `NotAllowed`, `Invalid` also for a stay
    without an owner, `InvalidState` when it was undone before, `Conflict` when it is no longer as it was seen.
    Publishes `MergeUndone` for each, and `StaysDivided`.
    """
    policies.check_may_review(by)
    said = policies.check_reason(reason)
    _read_anew(merge)
    if merge.is_active:
        _check_merge_as_seen(merge, seen)
    for other in sorted(also, key=lambda merge: -merge.id):
        undo_merge(other, reason=said, owners=owners, by=by)
    parting = dividing.part(merge)
    if merge.is_active:
        dividing.check_owners(parting, _sides(parting, owners or {}))
    pair = queries.pair_of_merge(merge)
    if pair is not None:
        lock(pair)
    merging.undo_merge(merge, by_id=by.id, reason=said)
    request, further = None, tuple[Ref, ...]()
    if pair is not None and pair.merge_id == merge.id:
        request, further = pair.request, pair.also
        pair.move(PairState.OPEN)
        note_decision(pair, Act.UNDONE, by)
        _forget_decision(pair)
    fact = MergeUndone(
        client_id=merge.destination_client_id,
        source_client_id=merge.source_client_id,
        merge_id=merge.id,
        request=request,
        also=further,
    )
    publish(fact, by=by)
    settle_around(merge.source_client, merge.destination_client)  # what settles the pair otherwise answers anew
    if parting.stays:
        _divide(parting, owners or {}, by)


def divide_stays(merge: Merge, owners: Mapping[int, int], *, seen: str = "", by: User) -> None:
    """Say anew which record's the stays are that may be of either part of a merge that is undone.

    Raises `NotAllowed`, `InvalidState` while the merge is in force, `Conflict` when it is no longer as it was `seen`,
    `Invalid` for a stay without an owner. Publishes `StaysDivided`.
    """
    policies.check_may_review(by)
    _read_anew(merge)
    if merge.is_active:
        raise InvalidState("This merge is in force: its stays are one person's.")
    _check_merge_as_seen(merge, seen)
    _divide(dividing.part(merge), owners, by)


def _read_anew(merge: Merge) -> None:
    """Hold decisions, and read whether the merge is in force. Its row is not held: an import holds those, and waits."""
    merging.hold_decisions()
    db.session.refresh(merge, ["undone_at"])


def _check_merge_as_seen(merge: Merge, seen: str) -> None:
    if seen and seen != merges.version_of(merges.story_of(merge)):
        raise Conflict("This merge has changed since you opened this page. Look at it again, then decide.")


def _divide(parting: Parting, owners: Mapping[int, int], by: User) -> None:
    merge = parting.merge
    changed = dividing.divide(parting, _sides(parting, owners), by_id=by.id)
    publish(StaysDivided(client_id=merge.destination_client_id, merge_id=merge.id, stays=changed), by=by)


def _sides(parting: Parting, owners: Mapping[int, int]) -> dict[int, Owner | None]:
    """Return of which part each stay is whose record was named."""
    return {stay.id: parting.side_of(owners.get(stay.id)) for stay in parting.stays}


def tick_merge(merge: Merge, *, by: User) -> None:
    """Note that the merge was made in the vendor's HMIS, too. Raises `NotAllowed`, `InvalidState`.

    Rules in the order checked: duplicates.review; in force, and of one source; not done yet, as far as anybody knows.
    Publishes `MergeDoneAtVendor`.
    """
    _lock_merge(merge)
    policies.check_may_tick(merge, by)
    merge.done_at, merge.done_by_id = clock.now(), by.id
    db.session.flush()
    publish(MergeDoneAtVendor(**_told_of(merge)), by=by)


def untick_merge(merge: Merge, *, by: User) -> None:
    """Take back that the merge was made in the vendor's HMIS. Raises `NotAllowed`, `InvalidState`.

    Publishes `MergeNotDoneAtVendor`.
    """
    _lock_merge(merge)
    policies.check_may_untick(merge, by)
    merge.done_at = merge.done_by_id = None
    db.session.flush()
    publish(MergeNotDoneAtVendor(**_told_of(merge)), by=by)


def _told_of(merge: Merge) -> dict[str, Any]:
    """Return what a fact tells of a merge in force: its records, and the tickets that asked for it."""
    pair = queries.pair_of_merge(merge)
    asked = {"request": pair.request, "also": pair.also} if pair is not None and pair.merge_id == merge.id else {}
    ids = {"client_id": merge.destination_client_id, "source_client_id": merge.source_client_id}
    return {**ids, "merge_id": merge.id, **asked}


def _lock_merge(merge: Merge) -> None:
    """Read the merge anew and hold it: an import, or a second click, waits here."""
    anew = {"populate_existing": True}
    db.session.scalars(select(Merge).where(Merge.id == merge.id).with_for_update(), execution_options=anew).one()


def reopen_pair(pair: Pair, *, reason: str = "", by: User) -> None:
    """Take "keep apart" or "decide later" back, or propose a pair again.

    What somebody else kept apart needs a `reason`, which stays with the decision. A pair that was put off while it was
    asked about again is still kept apart. Raises `NotAllowed`, `InvalidState` for a pair that is open, merged or
    settled by others, and `Invalid` without that reason, or when one of the two is a client of victim services alone.
    Publishes `PairReopened` for one that was kept apart, `PairResumed` for another one.
    """
    lock(pair)
    policies.check_may_reopen(pair, by)
    policies.check_not_protected(protected_clients(pair.low_client, pair.high_client))
    said = policies.check_reason(reason)
    act = Act.RESUMED if pair.is_undecided else Act.REOPENED
    is_lifted = act is Act.REOPENED and merging.verdict_on(pair.low_client, pair.high_client) is Verdict.APART
    if is_lifted and not said and policies.is_kept_apart_by_another(pair, by):
        raise Invalid("A colleague kept these two apart. Say why that is taken back.", field="reason")
    pair.move(PairState.OPEN)
    if is_lifted:
        merging.allow_again(pair.low_client, pair.high_client, by_id=by.id, reason=said)
    note_decision(pair, act, by)
    _forget_decision(pair)
    about: dict[str, Any] = {"pair_id": pair.id, "request": pair.request, "also": pair.also}
    publish(PairReopened(**about, client_ids=pair.client_ids) if is_lifted else PairResumed(**about), by=by)
    settle_around(pair.low_client, pair.high_client)


def pair_for_request(one: Client, other: Client, *, ticket_id: int, by: User) -> Pair:
    """Return the pair that a ticket asks to merge, scored anew when no scan proposed it.

    What is decided answers this ticket and those that asked before; one that asks for what is decided is answered at
    once. Raises `NotAllowed`, and `Invalid` for one record twice, for clients of victim service providers and for
    hashed names. Publishes `PairAnswered` for what is decided, else nothing.
    """
    policies.check_may_review(by)
    policies.check_not_protected(protected_clients(one, other))
    pair = _pair_of(one, other)
    if pair.state is PairState.GONE:
        move_along(pair, PairState.OPEN)
    is_new, before = _note_ticket(pair, ticket_id), pair.state
    settle_around(one, other)
    if is_new and pair.state is before and before in DECIDED:
        publish(answer_of(pair, Ref.to("ticket", ticket_id)), by=by)
    return pair


def _note_ticket(pair: Pair, ticket_id: int) -> bool:
    """Remember that a ticket asks for a pair that the caller holds; say whether it does so for the first time."""
    if db.session.get(PairTicket, (pair.id, ticket_id)) is not None:
        return False
    db.session.add(PairTicket(pair_id=pair.id, ticket_id=ticket_id))
    pair.ticket_id = pair.ticket_id or ticket_id
    db.session.flush()
    db.session.expire(pair, ["tickets"])
    return True


def keep_clients_apart(one: Client, other: Client, *, reason: str = "", by: User) -> Pair:
    """Record that two records are two people, also when no scan proposed them.

    Raises and publishes as `keep_apart`, and `Invalid` as `pair_for_request`.
    """
    policies.check_may_review(by)
    pair = _pair_of(one, other)
    # Two records are asked about here and no queue is gone through: there is no next pair to take.
    policies.check_is_free(pair, by, instead="Ask them, or try again later.")
    if pair.state is PairState.GONE:
        move_along(pair, PairState.OPEN)
    keep_apart(pair, reason=reason, by=by)
    return pair


def _pair_of(one: Client, other: Client) -> Pair:
    """Return the pair of two records, locked; scored by the model of the last scan when no scan proposed it."""
    if one.id == other.id:
        raise Invalid("Both client IDs are the same record. Ask for the other one.")
    merging.hold_decisions()
    gathered = records_to_match([one.id, other.id])
    policies.check_comparable(one, other, gathered)
    pair = queries.find_pair(one.id, other.id)
    if pair is None:
        low, high = in_order(one.id, other.id)
        scored = score_gathered(gathered.columns, [(low, high)])[low, high]
        pair = _add(describe(Pair(low_client_id=low, high_client_id=high), scored))
        weigh([pair])
    lock(pair)
    return pair


def _add(proposed: Pair) -> Pair:
    """Store a new pair, or return the one that somebody else stored at the same moment."""
    try:
        with savepoint():
            db.session.add(proposed)
            db.session.flush()
    except IntegrityError:
        found = queries.find_pair(proposed.low_client_id, proposed.high_client_id)
        if found is None:
            raise Conflict("Somebody else asked for this pair at the same moment. Try again.") from None
        return found
    return proposed


def lock(pair: Pair) -> None:
    """Read the pair anew and hold it: a second click, or a second reviewer, waits here. Publishes nothing.

    Decisions are held before pairs are, and pairs before client records: whoever keeps that order never waits for
    somebody who waits for them.
    """
    merging.hold_decisions()
    anew = {"populate_existing": True}
    db.session.scalars(select(Pair).where(Pair.id == pair.id).with_for_update(), execution_options=anew).one()
    # Read before all that a page shows of a refusal, and while others wait: its mark is never newer than what it says.
    db.session.refresh(pair, ["last_line"])


def decided(pair: Pair, reason: str, by: User) -> None:
    """Write who decided a pair, and let it go. Publishes nothing: its caller does."""
    pair.decided_by_id, pair.decided_at, pair.reason = by.id, clock.now(), reason
    pair.deferred_at = None
    release(pair)
    settle_around(pair.low_client, pair.high_client)


def _forget_decision(pair: Pair) -> None:
    pair.merge_id = pair.decided_by_id = pair.decided_at = pair.deferred_at = None
    pair.reason = ""
    if not asking_again.ask_anew(pair):
        asking_again.forget_rows(pair)
    release(pair)


def release(pair: Pair) -> None:
    """Let go of a pair. Publishes nothing: nothing is decided by it."""
    pair.claimed_by_id = pair.claimed_until = None
    db.session.flush()
