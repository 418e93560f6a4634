"""Holding pairs for who looks at them: one at a time on the page of a pair, several on a page of one kind."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import ColumnElement, Integer, and_, bindparam, case, or_, select, update
from sqlalchemy.orm import aliased
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.sql.dml import ReturningUpdate

from adminops import clock
from adminops.db import Moment, db
from adminops.hmis.models import Client
from adminops.identity.models import User
from dedupe.gathering import stands_for_protected
from dedupe.models import UNDECIDED, Pair
from dedupe.queue import free_for

CLAIM = timedelta(minutes=15)
_Low, _High = aliased(Client), aliased(Client)


def take(pairs: Sequence[Pair], by: User) -> list[Pair]:
    """Hold those of some pairs for the reviewer that nobody else has, let go of all others, and return those held.

    One statement: two never both hold a pair. One with a client of victim services alone is not taken. A pair that
    somebody writes to at this moment is not waited for, whether it is to be taken or let go of: who waits with pairs in
    hand, a second tab of one reviewer or a page of several pairs beside a scan, may be waited for. It is looked at
    without being held, or free once its time is over. How long somebody looks is counted from the first look on.
    """
    now, until = clock.now(), clock.now() + CLAIM
    said = {"wanted": [pair.id for pair in pairs], "reviewer": by.id, "now": now, "until": until}
    db.session.flush()
    looked_at = {row.id: row.looked_at for row in db.session.connection().execute(_taking(), said)}
    for pair in pairs:
        if pair.id not in looked_at:
            db.session.refresh(pair, ["state", "claimed_by_id", "claimed_until", "claimed_by", "looked_at"])
            continue
        known = {"claimed_by_id": by.id, "claimed_until": until, "claimed_by": by, "looked_at": looked_at[pair.id]}
        for name, value in known.items():
            set_committed_value(pair, name, value)
    return [pair for pair in pairs if pair.id in looked_at]


@cache
def _taking() -> ReturningUpdate[int, datetime | None]:
    reviewer, now = bindparam("reviewer", type_=Integer), bindparam("now", type_=Moment())
    asked = bindparam("wanted", expanding=True, type_=Integer)
    wanted = Pair.id.in_(asked)
    is_held = and_(Pair.claimed_by_id == reviewer, Pair.claimed_until > now)
    is_to_be_had = _is_to_be_had(free_for(reviewer, now))
    # A union of numbers: neither database looks an "or" of these two up by their indexes.
    other = aliased(Pair)
    meant = select(other.id).where(other.id.in_(asked)).union(select(other.id).where(other.claimed_by_id == reviewer))
    # Said of the row itself, too: PostgreSQL looks again at a row that somebody changed meanwhile, not at the numbers.
    is_ours = or_(and_(wanted, is_to_be_had), and_(~wanted, Pair.claimed_by_id == reviewer))
    free = select(Pair.id).where(Pair.id.in_(meant), is_ours)
    values = {
        "claimed_by_id": case((wanted, reviewer)),
        "claimed_until": case((wanted, bindparam("until", type_=Moment()))),
        "looked_at": case((or_(~wanted, is_held), Pair.looked_at), else_=now),
    }
    locked = free.order_by(Pair.id).with_for_update(skip_locked=True)
    return update(Pair).where(Pair.id.in_(locked)).values(values).returning(Pair.id, Pair.looked_at)


def _is_to_be_had(free: ColumnElement[bool]) -> ColumnElement[bool]:
    protected = (
        select(client.id).where(client.id == side, stands_for_protected(client)).exists()
        for client, side in ((_Low, Pair.low_client_id), (_High, Pair.high_client_id))
    )
    return and_(Pair.state.in_(UNDECIDED), free, *(~each for each in protected))
