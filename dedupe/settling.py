"""Letting pairs follow what is decided about other pairs of the same people."""

from collections.abc import Collection
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import aliased

from adminops import clock
from adminops.db import db
from adminops.facts import PairAnswered, PairReopened, PairTakenOut, publish
from adminops.hmis.models import Client, Merge
from adminops.hmis.persons import are_one, is_beside
from adminops.identity.models import SYSTEM
from adminops.refs import Ref
from adminops.settings import current_settings
from dedupe.gathering import stands_for_protected
from dedupe.log import move_along
from dedupe.models import WAITING, Pair, PairState
from dedupe.seconds.models import Answer, Proposal
from dedupe.standing import standing_of


def settle_around(*clients: Client) -> None:
    """Take the pairs out of the queue that a decision on these records settles, and put back those it set free.

    A pair with a client of victim services alone is not put back: it is gone. A pair that somebody else is deciding on
    at this moment is left to the next scan.
    """
    ids = db.session.scalars(select(Client.id).where(is_beside(client.id for client in clients))).all()
    touching = or_(Pair.low_client_id.in_(ids), Pair.high_client_id.in_(ids))
    chosen = select(Pair).where(touching, Pair.state.in_((*WAITING, PairState.SETTLED))).order_by(Pair.id)
    locked = chosen.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    pairs = list(db.session.scalars(locked))
    standing = standing_of(id_ for pair in pairs for id_ in (pair.low_client_id, pair.high_client_id))
    for pair in pairs:
        settle(pair, settled=standing.settles(pair.low_client_id, pair.high_client_id))
    db.session.flush()
    take_out_protected([pair.id for pair in pairs if pair.state in WAITING])


def take_out_protected(pair_ids: Collection[int] | None = None, *, asked_for: bool = True) -> None:
    """Take pairs, or those among `pair_ids`, out of the queue that a client of victim services alone is part of.

    It may also be another record of one of the two people: the page would show that one.

    That somebody is one may be found out later: when an agency is marked, when a marked one gets an organization, or
    when an export says it. A pair that somebody writes to at this moment is left to the job of the scan that follows,
    and to the scan: an import holds client records and must not wait for a reviewer who waits for one of those. For
    the same reason it leaves those that a ticket `asked_for` to that job: who writes on the ticket would be waited for.
    """
    if pair_ids is not None and not pair_ids:
        return
    low, high = aliased(Client), aliased(Client)
    chosen = (
        select(Pair)
        .join(low, low.id == Pair.low_client_id)
        .join(high, high.id == Pair.high_client_id)
        .where(Pair.state.in_(WAITING), or_(stands_for_protected(low), stands_for_protected(high)))
    )
    if not asked_for:
        chosen = chosen.where(Pair.ticket_id.is_(None))
    if pair_ids is not None:
        chosen = chosen.where(Pair.id.in_(pair_ids))
    for pair in db.session.scalars(chosen.order_by(Pair.id).with_for_update(of=Pair, skip_locked=True)):
        retire(pair)
    db.session.flush()


def retire(pair: Pair) -> None:
    """Propose a pair that waits no longer. Publishes `PairTakenOut` for one that a ticket asked for."""
    _leave(pair, PairState.GONE)
    pair.claimed_by_id = pair.claimed_until = pair.deferred_at = None
    if pair.request:
        publish(PairTakenOut(pair_id=pair.id, request=pair.request, also=pair.also), by=SYSTEM)


def settle(pair: Pair, *, settled: bool) -> None:
    """Let the pair's state follow what other decisions say about its records. One that is asked again waits.

    Publishes `PairAnswered` for one that a ticket asked for and that is settled by it, `PairReopened` for such a one
    that is set free.
    """
    if settled and pair.changes:
        return
    if settled and pair.state in WAITING:
        _leave(pair, PairState.SETTLED)
        pair.claimed_by_id = pair.claimed_until = None
        if pair.request:
            publish(answer_of(pair, pair.request, pair.also), by=SYSTEM)
    elif not settled and pair.state is PairState.SETTLED:
        move_along(pair, PairState.DEFERRED if pair.deferred_at else PairState.OPEN)
        if pair.request:
            fact = PairReopened(pair_id=pair.id, client_ids=pair.client_ids, request=pair.request, also=pair.also)
            publish(fact, by=SYSTEM)


def answer_of(pair: Pair, request: Ref, also: tuple[Ref, ...] = ()) -> PairAnswered:
    """Return the fact that tells requests how a pair is decided: itself, or by way of other records."""
    outcome = "merged" if are_one(pair.low_client, pair.high_client) else "apart"
    ids, day = pair.client_ids, ""
    if pair.decided_at is not None and pair.state is not PairState.SETTLED:
        day = f"{pair.decided_at.astimezone(ZoneInfo(current_settings().time_zone)):%Y-%m-%d}"
    merge = db.session.get(Merge, pair.merge_id) if pair.merge_id else None
    if merge is not None:
        ids = merge.source_client_id, merge.destination_client_id
    told: dict[str, Any] = {"pair_id": pair.id, "client_ids": ids, "outcome": outcome, "on": day}
    again = pair.state is PairState.SETTLED and outcome == "apart" and _is_asked_elsewhere(pair)
    return PairAnswered(**told, again=again, request=request, also=also)


def _is_asked_elsewhere(pair: Pair) -> bool:
    """Say whether a further pair of the same two persons, which keeps them apart, is asked about again."""
    ones, others = (select(Client.id).where(is_beside([client_id])) for client_id in pair.client_ids)
    either_way = ((Pair.low_client_id, Pair.high_client_id), (Pair.high_client_id, Pair.low_client_id))
    same = or_(*(one.in_(ones) & other.in_(others) for one, other in either_way))
    return any(db.session.scalars(select(Pair.changes).where(Pair.state.in_(WAITING), same)))


def _leave(pair: Pair, to: PairState) -> None:
    """Let a pair wait no longer, neither for a reviewer nor for a second person."""
    if pair.state is PairState.SECOND:
        let_lapse(pair)
    move_along(pair, to)


def let_lapse(pair: Pair) -> None:
    """Let what was proposed of a pair, and nobody answered, count no more."""
    chosen = select(Proposal).where(Proposal.pair_id == pair.id, Proposal.answer == Answer.WAITING)
    for proposal in db.session.scalars(chosen):
        proposal.answer, proposal.answered_at = Answer.LAPSED, clock.now()
