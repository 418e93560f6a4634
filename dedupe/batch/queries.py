"""Which pairs come together on one page: of one kind of evidence, that nothing is to be said of, of lone records."""

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.orm import aliased, joinedload, undefer

from adminops import clock
from adminops.db import db
from adminops.hmis.models import Client
from adminops.identity.models import User
from dedupe import policies
from dedupe.models import Evidence, Pair, PairState
from dedupe.queue import IS_OPEN, Conditions, free_for

MOST = 6
"""More pairs than these nobody looks at one by one."""
_Low, _High = aliased(Client), aliased(Client)
_MEANWHILE = {
    PairState.MERGED: "{} has merged it meanwhile.",
    PairState.APART: "{} has kept the two apart meanwhile.",
    PairState.SECOND: "It waits for a second person meanwhile.",
    PairState.SETTLED: "Other decisions have settled it meanwhile.",
    PairState.GONE: "It is no longer proposed.",
}
_PLAIN = (Pair.has_conflict.is_(False), Pair.warnings == [], Pair.changes == [])


def pairs_of_kind(kind: Evidence, viewer: User, among: Conditions = ()) -> Sequence[Pair]:
    """Return the next pairs of a kind that `viewer` may decide together, those worth most first."""
    chosen = _decidable(viewer).where(Pair.evidence == kind, *among).order_by(Pair.turn, Pair.id).limit(MOST)
    return db.session.scalars(chosen).all()


def pairs_numbered(numbers: Sequence[int], viewer: User) -> Sequence[Pair]:
    """Return those of some pairs that `viewer` may still decide together, in the order of the queue."""
    return db.session.scalars(_decidable(viewer).where(Pair.id.in_(numbers)).order_by(Pair.turn, Pair.id)).all()


def left_over(numbers: Collection[int], viewer: User) -> list[tuple[int, str]]:
    """Return of some pairs that `viewer` can not decide together (any more) their numbers and why, as sentences."""
    people = (joinedload(who).lazyload(User.grants) for who in (Pair.claimed_by, Pair.decided_by))
    chosen = select(Pair).where(Pair.id.in_(numbers)).options(*people).order_by(Pair.id)
    return [(pair.id, _why_not(pair, viewer)) for pair in db.session.scalars(chosen)]


def _why_not(pair: Pair, viewer: User) -> str:
    if policies.is_claimed_by_another(pair, viewer):
        return f"{policies.holder_of(pair)} is looking at it."
    if pair.is_undecided:
        return "Something is new about it. Look at it by itself."
    return _MEANWHILE[pair.state].format(pair.decided_by.name if pair.decided_by else "AdminOps")


def _decidable(viewer: User) -> Select[Pair]:
    """Return the pairs of which such a page shows all there is to know: no warning, and nobody's word to take back."""
    sides = (joinedload(Pair.low_client), joinedload(Pair.high_client))
    return (
        select(Pair)
        .join(_Low, _Low.id == Pair.low_client_id)
        .join(_High, _High.id == Pair.high_client_id)
        .where(IS_OPEN, *_PLAIN, free_for(viewer.id, clock.now()), _stands_alone(_Low), _stands_alone(_High))
        .options(*sides, undefer(Pair.last_line))
    )


def _stands_alone(client: type[Client]) -> ColumnElement[bool]:
    """Return the condition that a record is the only one of its person."""
    other = aliased(Client)
    shares = exists().where(other.person_id == client.person_id, other.id != client.id)
    return or_(client.person_id.is_(None), ~shares)
