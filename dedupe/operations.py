"""The verbs of the merge desk: claim, merge, keep apart, defer, undo, reopen."""

from collections.abc import Mapping
from datetime import timedelta

from adminops import clock
from adminops.db import db
from adminops.errors import Invalid
from adminops.facts import ClientsMerged, MergeUndone, PairDeferred, PairKeptApart, PairReopened, publish
from adminops.hmis import merging
from adminops.hmis.merging import Side
from adminops.hmis.models import Client, Merge, Verdict
from adminops.identity.models import User
from dedupe import policies, queries
from dedupe.models import Pair, PairState

CLAIM = timedelta(minutes=15)


def claim_pair(pair: Pair, *, by: User) -> bool:
    """Hold the pair for the reviewer for 15 minutes; False when somebody else holds it. Raises `NotAllowed`."""
    policies.check_may_review(by)
    if policies.is_claimed_by_another(pair, by):
        return False
    if pair.state in (PairState.OPEN, PairState.DEFERRED):
        pair.claimed_by_id, pair.claimed_until = by.id, clock.now() + CLAIM
        db.session.flush()
    return True


def merge_pair(
    pair: Pair, *, destination_client_id: int, choices: Mapping[str, Side], reason: str = "", by: User
) -> Merge:
    """Let the other record of the pair read under the destination record.

    `choices` says for units of fields ("name", "dob") which record the person takes them from. No source row is
    touched; the merge can be undone. Rules in the order checked: duplicates.review; nobody else holds the pair; the
    pair is open; the store's rules (kept apart, removed, too many records).
    Raises `NotAllowed`, `Conflict`, `InvalidState`, `Invalid`. Publishes `ClientsMerged`.
    """
    _lock(pair)
    policies.check_may_decide(pair, by)
    clients = {client.id: client for client in (pair.low_client, pair.high_client)}
    destination = clients.pop(destination_client_id, None)
    if destination is None:
        raise Invalid("Choose which of the two records is kept.")
    (source,) = clients.values()
    pair.move(PairState.MERGED)
    merge = merging.merge_clients(source, destination, choices, by_id=by.id, reason=reason.strip())
    pair.merge_id = merge.id
    _decided(pair, reason, by)
    fact = ClientsMerged(client_id=destination.id, source_client_id=source.id, merge_id=merge.id, request=pair.request)
    publish(fact, by=by)
    return merge


def keep_apart(pair: Pair, *, reason: str = "", by: User) -> None:
    """Record that the two are different people: they are never proposed again, also not through a third record.

    Raises `NotAllowed`, `Conflict`, `InvalidState`. Publishes `PairKeptApart`.
    """
    _lock(pair)
    policies.check_may_decide(pair, by)
    pair.move(PairState.APART)
    merging.keep_apart(pair.low_client, pair.high_client, by_id=by.id, reason=reason.strip())
    _decided(pair, reason, by)
    publish(PairKeptApart(pair_id=pair.id, request=pair.request), by=by)


def defer_pair(pair: Pair, *, by: User) -> None:
    """Put the decision off: the pair goes behind the open ones. Raises `NotAllowed`, `Conflict`, `InvalidState`.

    Publishes `PairDeferred`.
    """
    _lock(pair)
    policies.check_may_decide(pair, by)
    pair.move(PairState.DEFERRED)
    _release(pair)
    publish(PairDeferred(pair_id=pair.id, request=pair.request), by=by)


def undo_merge(merge: Merge, *, reason: str = "", by: User) -> None:
    """Take a merge back: every record reads as if it had never been made. Its pair is open again.

    Raises `NotAllowed`, `InvalidState` when it was undone before. Publishes `MergeUndone`.
    """
    policies.check_may_review(by)
    merging.undo_merge(merge, by_id=by.id, reason=reason.strip())
    pair = queries.pair_of_merge(merge)
    if pair is not None:
        pair.move(PairState.OPEN)
        pair.merge_id = pair.decided_by_id = pair.decided_at = None
        _release(pair)
    fact = MergeUndone(
        client_id=merge.destination_client_id,
        source_client_id=merge.source_client_id,
        merge_id=merge.id,
        request=pair.request if pair else None,
    )
    publish(fact, by=by)


def reopen_pair(pair: Pair, *, by: User) -> None:
    """Take "keep apart" or "decide later" back. Raises `NotAllowed`, `InvalidState`. Publishes `PairReopened`."""
    _lock(pair)
    policies.check_may_review(by)
    pair.move(PairState.OPEN)
    if merging.verdict_on(pair.low_client, pair.high_client) is Verdict.APART:
        merging.allow_again(pair.low_client, pair.high_client, by_id=by.id)
    pair.decided_by_id = pair.decided_at = None
    _release(pair)
    publish(PairReopened(pair_id=pair.id, request=pair.request), by=by)


def pair_for_request(one: Client, other: Client, *, ticket_id: int, by: User) -> Pair:
    """Return the pair that a ticket asks to merge, scored anew when no scan proposed it.

    Raises `NotAllowed`, `Invalid` for one record twice. Publishes nothing: nothing is decided yet.
    """
    policies.check_may_review(by)
    if one.id == other.id:
        raise Invalid("Both client IDs are the same record. Ask for the other one.")
    pair = queries.find_pair(one.id, other.id) or queries.scored_pair(one.id, other.id)
    pair.ticket_id = ticket_id
    db.session.add(pair)
    db.session.flush()
    return pair


def _lock(pair: Pair) -> None:
    db.session.refresh(pair, with_for_update=True)  # a second click, or a second reviewer, waits here


def _decided(pair: Pair, reason: str, by: User) -> None:
    pair.decided_by_id, pair.decided_at, pair.reason = by.id, clock.now(), reason.strip()
    _release(pair)


def _release(pair: Pair) -> None:
    pair.claimed_by_id = pair.claimed_until = None
    db.session.flush()
