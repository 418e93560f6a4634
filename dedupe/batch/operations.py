"""The verbs of a page with several pairs: hold them for who looks at them, and count how long that took."""

from collections.abc import Sequence

from sqlalchemy import func, select, update

from adminops import clock
from adminops.db import db
from adminops.facts import ClientViewed, publish
from adminops.hmis.merging import hold_decisions
from adminops.identity.models import User
from dedupe import policies
from dedupe.claims import take
from dedupe.models import Decision, Pair


def review_batch(pairs: Sequence[Pair], *, by: User) -> list[Pair]:
    """Hold some pairs for the reviewer for 15 minutes, let go of others, and return those that nobody else holds.

    One with a client of victim services alone is not among them. Raises `NotAllowed`. Publishes `ClientViewed` for
    each record that was not held before.
    """
    policies.check_may_review(by)
    new = {pair.id for pair in pairs if not policies.is_claimed_by(pair, by)}
    taken = take(pairs, by)
    for client_id in (id_ for pair in taken if pair.id in new for id_ in (pair.low_client_id, pair.high_client_id)):
        publish(ClientViewed(client_id=client_id, agency_id=by.agency_id), by=by)
    return taken


def share_time(pairs: Sequence[Pair], *, by: User) -> None:
    """Let each of some pairs that are decided at once have taken its share of the time since the page was opened.

    Of a page of which others were decided before, it is counted from then on. Publishes nothing: nothing is decided.
    """
    held = [pair for pair in pairs if policies.is_claimed_by(pair, by)]
    opened = min((pair.looked_at for pair in held if pair.looked_at), default=None)
    if opened is None:
        return
    hold_decisions()
    before = select(func.max(Decision.at)).where(Decision.at >= opened, Decision.by_id == by.id)
    now, since = clock.now(), db.session.scalar(before) or opened
    mine = update(Pair).where(Pair.id.in_([pair.id for pair in held]), Pair.claimed_by_id == by.id)
    db.session.execute(mine.values(looked_at=now - (now - since) / len(held)))
