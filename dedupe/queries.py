"""Reading the queue: pairs, where they stand in it, and which comes next."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, case, func, or_, select, union
from sqlalchemy.orm import InstrumentedAttribute, aliased, joinedload

from adminops import clock
from adminops.db import db
from adminops.errors import Invalid, NotFound
from adminops.hmis.models import Client, HmisSource, Merge
from adminops.hmis.persons import written_name
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from dedupe.models import UNDECIDED, Pair, PairState, Scan, ScanState
from dedupe.standing import PairOfIds, in_order

SHOWN = 25
GROUPS_SHOWN = 20
BEFORE = 3
"""So many stronger pairs are listed above the one at hand."""
IS_OPEN: ColumnElement[bool] = Pair.state == PairState.OPEN
IS_DEFERRED: ColumnElement[bool] = Pair.state == PairState.DEFERRED
_One, _Other = aliased(Client), aliased(Client)
"""The two records of a pair. Made once: an alias works its many columns out when they are first named."""
ORDER = (case((IS_OPEN, 0), else_=1), Pair.deferred_at, Pair.score.desc(), Pair.id)


@dataclass(frozen=True)
class QueueRow:
    """One pair of the queue."""

    id: int
    score: int
    is_deferred: bool
    left: str
    right: str


@dataclass(frozen=True)
class Group:
    """Records that hang together and were not joined: (number, client ID) of each, and the client IDs kept apart."""

    records: Sequence[tuple[int, str]]
    apart: Sequence[tuple[str, str]]
    more: int
    """So many records are not named."""


@dataclass(frozen=True)
class Queue:
    """The part of the queue around a pair. `position` counts from 1; None when the pair is not in the queue."""

    rows: tuple[QueueRow, ...]
    position: int | None
    total: int
    deferred: int
    previous_id: int | None
    next_id: int | None


@dataclass(frozen=True)
class Place:
    """Where a pair stands in the queue: open ones by score, then those put off, the longest put off first."""

    id: int
    state: PairState
    score: int
    deferred_at: datetime | None

    @classmethod
    def of(cls, pair: Pair) -> "Place":
        """Return where `pair` stands now, to go on from there once it is decided."""
        return cls(pair.id, pair.state, pair.score, pair.deferred_at)

    @property
    def behind(self) -> ColumnElement[bool]:
        """The pairs of the same state behind it."""
        if self.state is PairState.DEFERRED:
            later = or_(
                Pair.deferred_at > self.deferred_at, and_(Pair.deferred_at == self.deferred_at, Pair.id > self.id)
            )
            return and_(IS_DEFERRED, later)
        weaker = or_(Pair.score < self.score, and_(Pair.score == self.score, Pair.id > self.id))
        return and_(IS_OPEN, weaker)


def free_for(viewer: User) -> ColumnElement[bool]:
    """Return the condition that nobody else holds a pair."""
    return or_(Pair.claimed_until.is_(None), Pair.claimed_until <= clock.now(), Pair.claimed_by_id == viewer.id)


def queue_around(pair: Pair) -> Queue:
    """Return the part of the queue around `pair`; its top when the pair is not in it. One read."""
    found = db.session.execute(_part_around(pair.id)).all()
    rows = tuple(
        QueueRow(
            id_, score, state is PairState.DEFERRED, written_name(first, last), written_name(other_first, other_last)
        )
        for id_, score, state, first, last, other_first, other_last, *_ in found
    )
    places = {row.id: at for at, row in enumerate(rows)}
    at = places.get(pair.id)
    return Queue(
        rows=rows,
        position=None if at is None else found[at].place,
        total=found[0].total if found else 0,
        deferred=found[0].deferred if found else 0,
        previous_id=rows[at - 1].id if at else None,
        next_id=rows[at + 1].id if at is not None and at + 1 < len(rows) else None,
    )


def _part_around(pair_id: int) -> Select[*tuple[Any, ...]]:
    ranked = (
        select(
            Pair.id,
            Pair.score,
            Pair.state,
            Pair.low_client_id,
            Pair.high_client_id,
            func.row_number().over(order_by=ORDER).label("place"),
            func.count().over().label("total"),
            func.sum(case((IS_DEFERRED, 1), else_=0)).over().label("deferred"),
        )
        .where(Pair.state.in_(UNDECIDED))
        .cte("ranked")
    )
    here = select(ranked.c.place).where(ranked.c.id == pair_id).scalar_subquery()
    first = func.coalesce(here, 1) - BEFORE
    names = (_One.first_name, _One.last_name, _Other.first_name, _Other.last_name)
    return (
        select(ranked.c.id, ranked.c.score, ranked.c.state, *names, ranked.c.place, ranked.c.total, ranked.c.deferred)
        .join(_One, _One.id == ranked.c.low_client_id)
        .join(_Other, _Other.id == ranked.c.high_client_id)
        .where(ranked.c.place >= first)
        .order_by(ranked.c.place)
        .limit(SHOWN)
    )


def next_pair(viewer: User, *, after: Place | None = None) -> int | None:
    """Return the number of the pair to review next, or None.

    Pairs that somebody else holds are passed over. Open pairs weaker than `after` come first, then open ones that
    were passed by, then those put off, the longest put off first.
    """
    rank = case((IS_OPEN, 1), else_=3)
    if after is not None:
        passed = 0 if after.state is not PairState.DEFERRED else 2
        rank = case((after.behind, passed), (IS_OPEN, 1), else_=3)
    chosen = select(Pair.id).where(Pair.state.in_(UNDECIDED), free_for(viewer))
    return db.session.scalar(chosen.order_by(rank, Pair.deferred_at, Pair.score.desc(), Pair.id).limit(1))


def count_open(viewer: User) -> int:
    """Return how many pairs wait."""
    counted = open_counted(viewer)
    return 0 if counted is None else db.session.scalar(select(counted)) or 0


def open_counted(viewer: User) -> ScalarSelect[int] | None:
    """Return what counts the pairs that wait; None for who may not review them."""
    if not viewer.may(Permission.REVIEW_DUPLICATES):
        return None
    return select(func.count(Pair.id)).where(Pair.state.in_(UNDECIDED)).scalar_subquery()


def get_pair(pair_id: int, viewer: User) -> Pair:
    """Return a pair with both records. Raises `NotFound`, also for who may not review."""
    people = (joinedload(Pair.low_client), joinedload(Pair.high_client))
    chosen = select(Pair).where(Pair.id == pair_id)
    names = (joinedload(who).lazyload(User.grants) for who in (Pair.claimed_by, Pair.decided_by))
    loaded = chosen.options(*people, *names)
    found = db.session.scalar(loaded) if viewer.may(Permission.REVIEW_DUPLICATES) else None
    if found is None:
        raise NotFound("There is no such pair.")
    return found


def find_pair(one: int, other: int) -> Pair | None:
    """Return the pair of two records, whichever way round, or None when nobody ever proposed it."""
    low, high = in_order(one, other)
    return db.session.scalar(select(Pair).where(Pair.low_client_id == low, Pair.high_client_id == high))


def pair_of_merge(merge: Merge) -> Pair | None:
    """Return the pair of the two records that a merge joined."""
    return find_pair(merge.source_client_id, merge.destination_client_id)


def pairs_of_person(client_id: int) -> Sequence[Pair]:
    """Return the undecided pairs that a record, or another of its person, is part of, strongest first."""
    part = _has_part(Pair.id, (Pair.low_client_id, Pair.high_client_id), client_id)
    chosen = select(Pair).where(part, Pair.state.in_(UNDECIDED)).order_by(Pair.score.desc(), Pair.id)
    return list(db.session.scalars(chosen))


def merges_of_person(client_id: int) -> Sequence[Merge]:
    """Return the merges, undone ones too, that a record, or another of its person, was part of, newest first."""
    part = _has_part(Merge.id, (Merge.source_client_id, Merge.destination_client_id), client_id)
    return list(db.session.scalars(select(Merge).where(part).order_by(Merge.id.desc())))


def _has_part(
    row_id: InstrumentedAttribute[int], sides: Sequence[InstrumentedAttribute[int]], client_id: int
) -> ColumnElement[bool]:
    """Return the condition that one of `sides` is a record of the person that `client_id` stands for.

    A union and no `or`: PostgreSQL would read the whole table for the latter.
    """
    person = select(Client.person_id).where(Client.id == client_id).scalar_subquery()
    records = select(Client.id).where(or_(Client.id == client_id, Client.person_id == person))
    return row_id.in_(union(*(select(row_id).where(side.in_(records)) for side in sides)))


def clients_named(personal_id: str) -> Sequence[Client]:
    """Return the records with this PersonalID, one a source at most. Raises `NotFound` when there is none."""
    chosen = select(Client).where(Client.personal_id == personal_id.strip(), Client.removed_at.is_(None))
    found = list(db.session.scalars(chosen.order_by(Client.id)))
    if not found:
        raise NotFound(f"There is no client {personal_id.strip()} in the store.")
    return found


def requested_pairs(first: str, second: str) -> list[tuple[Client, Client]]:
    """Return the pairs of records that two client IDs may mean, those of one source alone where there is just one.

    Raises `NotFound` for an ID that no source has, `Invalid` when both are one record.
    """
    ones, others = clients_named(first), clients_named(second)
    found: dict[PairOfIds, tuple[Client, Client]] = {}
    for one, other in product(ones, others):
        if one.id != other.id:
            found.setdefault(in_order(one.id, other.id), (one, other))
    if not found:
        raise Invalid("Both client IDs are the same record. Ask for the other one.")
    within = [pair for pair in found.values() if pair[0].source_id == pair[1].source_id]
    return within if len(within) == 1 else list(found.values())


def source_names(source_ids: Collection[int]) -> dict[int, str]:
    """Return the names of sources by their numbers."""
    chosen = select(HmisSource.id, HmisSource.name).where(HmisSource.id.in_(source_ids))
    return dict(db.session.execute(chosen).all())


def last_scan() -> Scan | None:
    """Return the last scan that ended."""
    ended = select(Scan).where(Scan.state.in_((ScanState.DONE, ScanState.FAILED)))
    return db.session.scalar(ended.order_by(Scan.id.desc()).limit(1))


def groups_of(scan: Scan | None) -> list[Group]:
    """Return the first groups of a scan that were not joined, with the clients as they are now: one read."""
    told = scan.groups[:GROUPS_SHOWN] if scan else []
    ids = {id_ for group in told for id_ in group["records"]}
    chosen = select(Client.id, Client.personal_id).where(Client.id.in_(ids))
    named = dict(db.session.execute(chosen).all()) if ids else {}
    return [_group(group, named) for group in told]


def _group(told: Mapping[str, Any], named: Mapping[int, str]) -> Group:
    apart = [(named[one], named[other]) for one, other in told["apart"] if one in named and other in named]
    return Group([(id_, named[id_]) for id_ in told["records"] if id_ in named], apart, told["more"])


def present_scan() -> Scan | None:
    """Return the scan that runs, else the one that waits, if any."""
    present = select(Scan).where(Scan.state.in_((ScanState.RUNNING, ScanState.WAITING)))
    return db.session.scalar(present.order_by(case((Scan.state == ScanState.RUNNING, 0), else_=1), Scan.id).limit(1))
