"""The demo's merge desk: a scan, and some decisions of the last weeks."""

from sqlalchemy import select

from adminops import clock
from adminops.db import db
from adminops.demo.cast import Cast
from dedupe.models import Pair, PairState
from dedupe.operations import defer_pair, keep_apart
from dedupe.scanning import scan_store
from dedupe.seconds.operations import decide_merge


def fill(cast: Cast) -> None:
    """Scan the store and decide on the first pairs of the queue: a small store has few, and two are left for last."""
    with clock.frozen_at(cast.days_ago(20)):
        scan_store(by=cast["maya"])
    strongest = select(Pair).where(Pair.state == PairState.OPEN).order_by(Pair.score.desc(), Pair.id)
    pairs = list(db.session.scalars(strongest.limit(14)))
    for number, pair in enumerate(pairs[:-2]):
        with clock.frozen_at(cast.days_ago(18 - number)):
            said = "Same person by the intake papers"
            decide_merge(pair, destination_client_id=pair.low_client_id, choices={}, reason=said, by=cast["maya"])
    weakest = select(Pair).where(Pair.state == PairState.OPEN).order_by(Pair.score, Pair.id)
    left = list(db.session.scalars(weakest.limit(2)))
    with clock.frozen_at(cast.days_ago(4)):
        for apart in left[:1]:
            keep_apart(apart, reason="Two cousins of the same name", by=cast["maya"])
        for later in left[1:]:
            defer_pair(later, by=cast["maya"])
