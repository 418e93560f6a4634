"""The verbs around a second person: decide a merge, agree to it, refuse it, take it back."""

from collections.abc import Mapping

from adminops import clock
from adminops.db import db
from adminops.errors import Invalid, InvalidState, NotAllowed
from adminops.facts import MergeProposed, MergeRefused, MergeWithdrawn, publish
from adminops.hmis.merging import Side
from adminops.hmis.models import Client, Merge
from adminops.identity.models import User
from adminops.outbox.messages import enqueue_mail
from dedupe import policies
from dedupe.conflicts import persons_of, why_second
from dedupe.log import note_decision
from dedupe.models import Act, Pair, PairState
from dedupe.operations import join, lock, ready_to_merge, release, sides_to_merge
from dedupe.seconds import queries
from dedupe.seconds.models import Answer, Proposal
from dedupe.settling import let_lapse


def decide_merge(
    pair: Pair, *, destination_client_id: int, choices: Mapping[str, Side], reason: str = "", seen: str = "", by: User
) -> Merge | Proposal:
    """Merge a pair, or propose that when the rules ask for a second person (`dedupe.conflicts`).

    Rules as for `merge_pair`; a proposal needs a reason. Raises as that does. Publishes `ClientsMerged` or
    `MergeProposed`; whoever may answer is told by mail, once a day.
    """
    source, destination = ready_to_merge(pair, destination_client_id, seen=seen, by=by)
    said = policies.check_reason(reason)
    kept, folded = persons_of(destination, source)
    why = why_second(pair, kept, folded)
    if not why:
        return join(pair, source, destination, choices, reason=said, by=by)
    if not said:
        raise Invalid(f"A second person has to agree. {why[0]} Say why they are one person.", field="reason")
    let_lapse(pair)
    pair.move(PairState.SECOND)
    note_decision(pair, Act.PROPOSED, by)
    release(pair)
    values = {"destination_client_id": destination.id, "choices": dict(choices), "why": why, "reason": said}
    proposal = Proposal(pair_id=pair.id, by_id=by.id, **values)
    db.session.add(proposal)
    db.session.flush()
    for person in queries.reviewers():
        if person.id != by.id:
            enqueue_mail("dedupe.second_wanted", to=person, day=clock.today().isoformat())
    publish(MergeProposed(pair_id=pair.id, request=pair.request, also=pair.also), by=by)
    return proposal


def agree_to_merge(proposal: Proposal, *, seen: str = "", reason: str = "", by: User) -> Merge:
    """Carry out a merge that somebody else decided.

    `seen` is the `version_of` the pair, with what speaks against it now, that `by` saw; without it nothing may speak
    against it that who proposed it did not know. Rules in the order checked: duplicates.review; it waits; never by who
    proposed it; the reason is clean; neither is a client of victim services alone; it is as it was seen; then those of
    `merge_pair` once more. Raises `NotAllowed`, `InvalidState`, `Conflict`, `Invalid`. Publishes `ClientsMerged`.
    """
    _check_may_answer(proposal, by)
    if proposal.by_id == by.id:
        raise NotAllowed("You decided this merge yourself: a second person has to agree to it.")
    said = policies.check_reason(reason)
    source, destination, why = _as_seen(proposal, seen)
    policies.check_nothing_new(why, why if seen else proposal.why)
    merge = join(proposal.pair, source, destination, proposal.choices, reason=proposal.reason, act=Act.CONFIRMED, by=by)
    _answered(proposal, Answer.AGREED, said, by)
    return merge


def refuse_merge(proposal: Proposal, *, reason: str, seen: str = "", by: User) -> None:
    """Put a merge that somebody else decided back into the queue, with the reason.

    Rules as for `agree_to_merge`; a reason has to be given. Raises `NotAllowed`, `InvalidState`, `Conflict`, `Invalid`.
    Publishes `MergeRefused`; who proposed it is told by mail.
    """
    _check_may_answer(proposal, by)
    if proposal.by_id == by.id:
        raise NotAllowed("You decided this merge yourself. Take it back instead.")
    said = policies.check_reason(reason)
    _as_seen(proposal, seen)
    if not said:
        raise Invalid("Say why they should not be merged.", field="reason")
    note_decision(proposal.pair, Act.REFUSED, by)
    _answered(proposal, Answer.REFUSED, said, by)
    _reopen(proposal.pair)
    enqueue_mail("dedupe.merge_refused", to=proposal.by, proposal=proposal.id)
    pair = proposal.pair
    publish(MergeRefused(pair_id=pair.id, request=pair.request, also=pair.also), by=by)


def take_back_merge(proposal: Proposal, *, by: User) -> None:
    """Take one's own proposal back before somebody answers it. Raises `NotAllowed`, `InvalidState`.

    Publishes `MergeWithdrawn`.
    """
    _check_may_answer(proposal, by)
    if proposal.by_id != by.id:
        raise NotAllowed("Somebody else decided this merge. Refuse it instead, and say why.")
    note_decision(proposal.pair, Act.REOPENED, by)
    _answered(proposal, Answer.WITHDRAWN, "", by)
    _reopen(proposal.pair)
    pair = proposal.pair
    publish(MergeWithdrawn(pair_id=pair.id, request=pair.request, also=pair.also), by=by)


def _check_may_answer(proposal: Proposal, by: User) -> None:
    policies.check_may_review(by)
    lock(proposal.pair)
    db.session.refresh(proposal, ["answer"])
    if not proposal.is_waiting:
        raise InvalidState("Nobody has to agree to this merge any more.")


def _as_seen(proposal: Proposal, seen: str) -> tuple[Client, Client, list[str]]:
    """Return who is folded in, who is kept, and what speaks against it by now. Raises `Conflict`, `Invalid`."""
    pair = proposal.pair
    source, destination = sides_to_merge(pair, proposal.destination_client_id)
    why = why_second(pair, *persons_of(destination, source))
    policies.check_as_seen(pair, seen, why)
    return source, destination, why


def _answered(proposal: Proposal, answer: Answer, reason: str, by: User) -> None:
    proposal.answer, proposal.answered_by_id, proposal.answered_at = answer, by.id, clock.now()
    proposal.answer_reason = reason
    db.session.flush()


def _reopen(pair: Pair) -> None:
    pair.move(PairState.OPEN)
    pair.deferred_at = None
    db.session.flush()
