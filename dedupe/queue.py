"""Reading the queue: the order of pairs, where one stands in it, and which comes next.

What is worth most comes first (`dedupe.worth`), then what was put off, the longest put off first. Each question is
asked along an index, so that a queue of 50,000 pairs costs what one of 50 costs, but for the counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, and_, false, func, literal, or_, select, true, tuple_, union_all
from sqlalchemy.orm import aliased

from adminops import clock
from adminops.db import db
from adminops.hmis.models import Client
from adminops.hmis.persons import written_name
from adminops.identity.models import User
from adminops.web.listing import Page, fetch_page
from dedupe.models import Pair, PairState

SHOWN = 25
BEFORE = 3
"""So many pairs are listed above the one at hand."""
Conditions = Sequence[ColumnElement[bool]]
IS_OPEN: ColumnElement[bool] = Pair.state == PairState.OPEN
IS_DEFERRED: ColumnElement[bool] = Pair.state == PairState.DEFERRED
_One, _Other = aliased(Client), aliased(Client)
"""The two records of a pair. Made once: an alias works its many columns out when they are first named."""
_OPEN_KEY = (Pair.turn, Pair.id)
_DEFERRED_KEY = (Pair.deferred_at, Pair.id)


@dataclass(frozen=True)
class QueueRow:
    """One pair of the queue."""

    id: int
    score: int
    is_deferred: bool
    left: str
    right: str


@dataclass(frozen=True)
class Queue:
    """The part of the queue around a pair. `position` counts from 1 among the pairs of its own state, those to review
    or those put off; None when the pair is not in the queue."""

    rows: tuple[QueueRow, ...]
    position: int | None
    to_review: int
    deferred: int
    previous_id: int | None
    next_id: int | None


@dataclass(frozen=True)
class Place:
    """Where a pair stands in the queue: open ones by their turn, then those put off, the longest put off first."""

    id: int
    state: PairState
    turn: int
    deferred_at: datetime | None

    @classmethod
    def of(cls, pair: Pair) -> "Place":
        """Return where `pair` stands now, to go on from there once it is decided."""
        return cls(pair.id, pair.state, pair.turn, pair.deferred_at)

    @property
    def behind(self) -> ColumnElement[bool]:
        """The pairs of the same state behind it."""
        if self.state is PairState.DEFERRED:
            return and_(IS_DEFERRED, tuple_(*_DEFERRED_KEY) > tuple_(self.deferred_at, self.id))
        return and_(IS_OPEN, tuple_(*_OPEN_KEY) > tuple_(self.turn, self.id))

    @property
    def ahead(self) -> list[ColumnElement[bool]]:
        """The pairs ahead of it: those of a state before its own, then those of its own."""
        if self.state is PairState.DEFERRED:
            return [IS_OPEN, and_(IS_DEFERRED, tuple_(*_DEFERRED_KEY) < tuple_(self.deferred_at, self.id))]
        return [and_(IS_OPEN, tuple_(*_OPEN_KEY) < tuple_(self.turn, self.id))]


@dataclass(frozen=True)
class ListedPair:
    """One line of the list of pairs."""

    pair: Pair
    left: str
    right: str
    holder: str
    """Who holds it at the moment, "" for nobody."""


def free_for(user_id: Any, now: Any) -> ColumnElement[bool]:
    """Return the condition that nobody but a user, by their number, holds a pair `now`; both may be parameters."""
    return or_(Pair.claimed_until.is_(None), Pair.claimed_until <= now, Pair.claimed_by_id == user_id)


def queue_around(pair: Pair, among: Conditions = ()) -> Queue:
    """Return the part of the queue around `pair`; its top when the pair is not in it. One read."""
    place = Place.of(pair) if pair.is_undecided else None
    found, (to_review, deferred, ahead) = _around(place, among)
    at = next((at for at, row in enumerate(found) if row.id == pair.id), None)
    return Queue(
        rows=tuple(found),
        position=None if at is None else ahead + 1,
        to_review=to_review,
        deferred=deferred,
        previous_id=found[at - 1].id if at else None,
        next_id=found[at + 1].id if at is not None and at + 1 < len(found) else None,
    )


def _counted(place: Place | None, among: Conditions) -> CTE:
    """Return what counts the pairs to review, those put off, and those of its own state ahead of a place.

    Materialized: SQLite would count once for each part of the union beside it.
    """
    parts = (IS_OPEN, IS_DEFERRED, place.ahead[-1] if place else false())
    counted = (select(func.count()).select_from(Pair).where(part, *among).scalar_subquery() for part in parts)
    return select(*counted).cte().prefix_with("MATERIALIZED")


def _around(place: Place | None, among: Conditions) -> tuple[list[QueueRow], Sequence[int]]:
    """Return the pairs around a place in their order (some ahead of it, itself, those behind), and `_counted`."""
    arms = [*_arms_ahead(place, among), *_arms_behind(place, among)]
    parts = union_all(*(select(arm.subquery()) for arm in arms)).subquery()
    counted = _counted(place, among)
    reading = (
        select(*counted.c, parts.c.id, Pair.score, Pair.state, Pair.deferred_at, Pair.turn, *_names())
        .select_from(parts.join(counted, true()))
        .join(Pair, Pair.id == parts.c.id)
        .join(_One, _One.id == Pair.low_client_id)
        .join(_Other, _Other.id == Pair.high_client_id)
    )
    rows = sorted(db.session.execute(reading).all(), key=_order)
    counts = rows[0][:3] if rows else (0, 0, 0)
    if place is not None:
        at = next((at for at, row in enumerate(rows) if row.id == place.id), 0)
        rows = rows[max(at - BEFORE, 0) :]
    return [_queue_row(row[3:]) for row in rows[:SHOWN]], counts


def _queue_row(row: Sequence[Any]) -> QueueRow:
    id_, score, state, _deferred_at, _turn, first, last, other_first, other_last = row
    names = written_name(first, last), written_name(other_first, other_last)
    return QueueRow(id_, score, state is PairState.DEFERRED, *names)


def _order(row: Any) -> tuple[Any, ...]:
    return (1, row.deferred_at, row.id) if row.state is PairState.DEFERRED else (0, row.turn, row.id)


def _arms_ahead(place: Place | None, among: Conditions) -> list[Select[int]]:
    if place is None:
        return []
    keys = [_OPEN_KEY, _DEFERRED_KEY]
    return [
        select(Pair.id).where(part, *among).order_by(*(key.desc() for key in keys[at])).limit(BEFORE)
        for at, part in enumerate(place.ahead)
    ]


def _arms_behind(place: Place | None, among: Conditions) -> list[Select[int]]:
    parts: list[tuple[ColumnElement[bool], tuple[Any, ...]]] = [(IS_OPEN, _OPEN_KEY), (IS_DEFERRED, _DEFERRED_KEY)]
    arms = []
    if place is not None:
        arms.append(select(Pair.id).where(Pair.id == place.id))
        parts = parts[1:] if place.state is PairState.DEFERRED else parts
        parts[0] = (place.behind, parts[0][1])
    return [*arms, *(select(Pair.id).where(part, *among).order_by(*key).limit(SHOWN) for part, key in parts)]


def next_pair(viewer: User, *, after: Place | None = None, among: Conditions = ()) -> int | None:
    """Return the number of the pair to review next, or None.

    Pairs that somebody else holds are passed over. Open pairs behind `after` come first, then open ones that were
    passed by, then those put off, the longest put off first.
    """
    ways: list[tuple[ColumnElement[bool], tuple[Any, ...]]] = [(IS_OPEN, _OPEN_KEY), (IS_DEFERRED, _DEFERRED_KEY)]
    if after is not None and after.state is PairState.DEFERRED:
        ways = [(after.behind, _DEFERRED_KEY), *ways]
    elif after is not None:
        ways = [(after.behind, _OPEN_KEY), *ways]
    free = free_for(viewer.id, clock.now())
    arms = (
        select(literal(rank).label("rank"), Pair.id).where(part, free, *among).order_by(*key).limit(1).subquery()
        for rank, (part, key) in enumerate(ways)
    )
    found = db.session.execute(union_all(*map(select, arms))).all()
    return min(found, key=lambda row: row.rank).id if found else None


def list_pairs(state: PairState, among: Conditions = (), *, after: str | None = None) -> Page[ListedPair]:
    """Return a page of the pairs of one state in the order of the queue."""
    keys = _DEFERRED_KEY if state is PairState.DEFERRED else _OPEN_KEY
    chosen = (
        select(*keys, Pair, User.name, *_names())
        .join(_One, _One.id == Pair.low_client_id)
        .join(_Other, _Other.id == Pair.high_client_id)
        .outerjoin(User, and_(User.id == Pair.claimed_by_id, Pair.claimed_until > clock.now()))
        .where(Pair.state == state, *among)
    )
    return fetch_page(chosen, keys, after=after, descending=False, shape=_listed)


def _names() -> tuple[Any, ...]:
    return (_One.first_name, _One.last_name, _Other.first_name, _Other.last_name)


def _listed(row: Sequence[Any]) -> ListedPair:
    _key, _id, pair, holder, *names = row
    return ListedPair(pair, written_name(*names[:2]), written_name(*names[2:]), holder or "")


def count_by_state(states: Sequence[PairState], among: Conditions = ()) -> dict[PairState, int]:
    """Return how many pairs stand in each of `states`: one read along the index."""
    counted = select(
        *(select(func.count()).select_from(Pair).where(Pair.state == each, *among).scalar_subquery() for each in states)
    )
    return dict(zip(states, db.session.execute(counted).one(), strict=True))
