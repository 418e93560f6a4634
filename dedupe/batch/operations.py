"""The verb of a page with several pairs: hold them for who looks at them."""

from collections.abc import Sequence

from sqlalchemy import or_, update

from adminops import clock
from adminops.db import db
from adminops.facts import ClientViewed, publish
from adminops.identity.models import User
from dedupe import policies, queue
from dedupe.gathering import protected_among
from dedupe.models import Pair
from dedupe.operations import CLAIM


def review_batch(pairs: Sequence[Pair], *, by: User) -> list[Pair]:
    """Hold some pairs for the reviewer for 15 minutes, let go of others, and return those that nobody else holds.

    One with a client of victim services alone is not among them. Raises `NotAllowed`. Publishes `ClientViewed` for
    each record that was not held before.
    """
    policies.check_may_review(by)
    protected = protected_among({id_ for pair in pairs for id_ in (pair.low_client_id, pair.high_client_id)})
    wanted = [pair for pair in pairs if protected.isdisjoint((pair.low_client_id, pair.high_client_id))]
    new = [pair for pair in wanted if not policies.is_claimed_by(pair, by)]
    db.session.flush()
    letting_go = {"claimed_by_id": None, "claimed_until": None}
    ids, plainly = [pair.id for pair in wanted], {"synchronize_session": False}
    others = update(Pair).where(Pair.claimed_by_id == by.id, Pair.id.not_in(ids)).values(letting_go)
    db.session.execute(others, execution_options=plainly)
    taking = update(Pair).where(Pair.id.in_(ids), or_(queue.IS_OPEN, queue.IS_DEFERRED), queue.free_for(by))
    values = {"claimed_by_id": by.id, "claimed_until": clock.now() + CLAIM, "looked_at": clock.now()}
    taken = set(db.session.scalars(taking.values(values).returning(Pair.id), execution_options=plainly))
    for pair in wanted:
        db.session.refresh(pair, ["state", "claimed_by_id", "claimed_until", "looked_at"])
    for client_id in (id_ for pair in new if pair.id in taken for id_ in (pair.low_client_id, pair.high_client_id)):
        publish(ClientViewed(client_id=client_id, agency_id=by.agency_id), by=by)
    return [pair for pair in wanted if pair.id in taken]
