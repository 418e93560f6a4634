"""Reading pairs, merges and scans."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from adminops import clock
from adminops.db import db
from adminops.errors import NotFound
from adminops.hmis.models import Client, HmisSource, Merge
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.web.listing import Page, fetch_page
from dedupe.engine import score_pair
from dedupe.gathering import records_to_match
from dedupe.models import Pair, PairState, Scan, ScanState
from dedupe.scanning import describe

QUEUE = (PairState.OPEN, PairState.DEFERRED)
SHOWN = 25


@dataclass(frozen=True)
class QueueRow:
    """One pair of the queue."""

    id: int
    score: int
    state: PairState
    left: str
    right: str


@dataclass(frozen=True)
class MergeRow:
    """One line of the list of merges."""

    id: int
    merged_at: datetime
    undone_at: datetime | None
    kept: str
    folded: str
    by: str


def queue(around: Pair | None = None) -> list[QueueRow]:
    """Return the pairs to review, open ones first and the strongest of them on top; the list begins near `around`."""
    one, other = aliased(Client), aliased(Client)
    late = case((Pair.state == PairState.DEFERRED, 1), else_=0)
    chosen = (
        select(Pair.id, Pair.score, Pair.state, one.first_name, one.last_name, other.first_name, other.last_name)
        .join(one, one.id == Pair.low_client_id)
        .join(other, other.id == Pair.high_client_id)
        .where(Pair.state.in_(QUEUE))
        .order_by(late, Pair.score.desc(), Pair.id)
        .limit(SHOWN)
    )
    if around is not None and around.state is PairState.OPEN:
        stronger = select(func.count(Pair.id)).where(
            Pair.state == PairState.OPEN,
            or_(Pair.score > around.score, (Pair.score == around.score) & (Pair.id < around.id)),
        )
        chosen = chosen.offset(max(0, (db.session.scalar(stronger) or 0) - SHOWN // 2))
    return [
        QueueRow(id_, score, state, _name(first, last), _name(other_first, other_last))
        for id_, score, state, first, last, other_first, other_last in db.session.execute(chosen)
    ]


def _name(first: str | None, last: str | None) -> str:
    return " ".join(part for part in (first, last) if part) or "(no name)"


def next_pair(viewer: User, *, after: Pair | None = None) -> int | None:
    """Return the number of the strongest open pair that nobody else holds, other than `after`."""
    free = or_(Pair.claimed_until.is_(None), Pair.claimed_until < clock.now(), Pair.claimed_by_id == viewer.id)
    late = case((Pair.state == PairState.DEFERRED, 1), else_=0)
    chosen = select(Pair.id).where(Pair.state.in_(QUEUE), free)
    if after is not None:
        chosen = chosen.where(Pair.id != after.id)
    return db.session.scalar(chosen.order_by(late, Pair.score.desc(), Pair.id).limit(1))


def count_open(viewer: User) -> int:
    """Return how many pairs wait."""
    if not viewer.may(Permission.REVIEW_DUPLICATES):
        return 0
    return db.session.scalar(select(func.count(Pair.id)).where(Pair.state.in_(QUEUE))) or 0


def get_pair(pair_id: int, viewer: User) -> Pair:
    """Return a pair with both records. Raises `NotFound`, also for who may not review."""
    chosen = select(Pair).where(Pair.id == pair_id)
    loaded = chosen.options(joinedload(Pair.low_client), joinedload(Pair.high_client), joinedload(Pair.claimed_by))
    found = db.session.scalar(loaded) if viewer.may(Permission.REVIEW_DUPLICATES) else None
    if found is None:
        raise NotFound("There is no such pair.")
    return found


def find_pair(one: int, other: int) -> Pair | None:
    """Return the pair of two records, whichever way round, or None when no scan proposed it."""
    low, high = sorted((one, other))
    return db.session.scalar(select(Pair).where(Pair.low_client_id == low, Pair.high_client_id == high))


def scored_pair(one: int, other: int) -> Pair:
    """Return a new pair of two records with its score, not stored yet."""
    records, _protected = records_to_match([one, other])
    if len(records) < 2:
        raise NotFound("One of these records can't be matched: it is gone, or it belongs to a victim service provider.")
    low, high = sorted((one, other))
    return describe(Pair(low_client_id=low, high_client_id=high), score_pair(records[0], records[1]))


def pair_of_merge(merge: Merge) -> Pair | None:
    """Return the pair that a merge decided."""
    return db.session.scalar(select(Pair).where(Pair.merge_id == merge.id))


def pairs_of_client(client_id: int) -> Sequence[Pair]:
    """Return the open pairs that a record is part of, strongest first."""
    part = or_(Pair.low_client_id == client_id, Pair.high_client_id == client_id)
    chosen = select(Pair).where(part, Pair.state.in_(QUEUE)).order_by(Pair.score.desc())
    return list(db.session.scalars(chosen))


def merges_of_client(client_id: int) -> Sequence[Merge]:
    """Return the merges, undone ones too, that a record was part of, newest first."""
    part = or_(Merge.source_client_id == client_id, Merge.destination_client_id == client_id)
    return list(db.session.scalars(select(Merge).where(part).order_by(Merge.id.desc())))


def list_merges(*, after: str | None = None) -> Page[MergeRow]:
    """Return a page of merges, newest first."""
    kept, folded = aliased(Client), aliased(Client)
    chosen = (
        select(Merge.id, Merge.merged_at, Merge.undone_at, kept.personal_id, folded.personal_id, User.name)
        .join(kept, kept.id == Merge.destination_client_id)
        .join(folded, folded.id == Merge.source_client_id)
        .outerjoin(User, User.id == Merge.by_id)
    )
    return fetch_page(chosen, (Merge.id,), after=after, shape=_merge_row)


def _merge_row(row: Sequence[Any]) -> MergeRow:
    id_, merged_at, undone_at, kept, folded, by = row
    return MergeRow(id_, merged_at, undone_at, kept, folded, by or "AdminOps")


def get_merge(merge_id: int) -> Merge:
    """Return a merge. Raises `NotFound`."""
    found = db.session.get(Merge, merge_id)
    if found is None:
        raise NotFound("There is no such merge.")
    return found


def find_client(personal_id: str, *, source_id: int | None = None) -> Client:
    """Return the record with this PersonalID. Raises `NotFound`, also when two sources have one."""
    chosen = select(Client).where(Client.personal_id == personal_id.strip(), Client.removed_at.is_(None))
    if source_id is not None:
        chosen = chosen.where(Client.source_id == source_id)
    found = list(db.session.scalars(chosen.limit(2)))
    if not found:
        raise NotFound(f"There is no client {personal_id.strip()} in the store.")
    if len(found) > 1:
        raise NotFound(f"Two sources have a client {personal_id.strip()}. Look the right one up under Clients.")
    return found[0]


def last_scan() -> Scan | None:
    """Return the last scan that ended."""
    return db.session.scalar(select(Scan).where(Scan.state != ScanState.WAITING).order_by(Scan.id.desc()).limit(1))


def source_names(source_ids: Sequence[int]) -> dict[int, str]:
    """Return the names of sources."""
    chosen = select(HmisSource.id, HmisSource.name).where(HmisSource.id.in_(source_ids))
    return {id_: name for id_, name in db.session.execute(chosen)}  # noqa: C416 - rows, not pairs, to the type check
