"""Reading pairs, merges and scans. The order of the queue is in `dedupe.queue`."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, bindparam, case, func, or_, select, union
from sqlalchemy.orm import InstrumentedAttribute, aliased, joinedload, undefer

from adminops.db import db
from adminops.errors import Invalid, NotFound
from adminops.hmis.models import Client, HmisSource, Merge
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.web.formats import day
from adminops.web.navigation import MOST_SHOWN
from dedupe.gathering import is_protected, stands_for_protected
from dedupe.models import UNDECIDED, WAITING, Pair, PairState, PairTicket, Scan, ScanState
from dedupe.seconds.models import Proposal
from dedupe.standing import PairOfIds, in_order

GROUPS_SHOWN = 20


@dataclass(frozen=True)
class Group:
    """Records that hang together and were not joined: (number, client ID) of each, and the client IDs kept apart."""

    records: Sequence[tuple[int, str]]
    apart: Sequence[tuple[str, str]]
    more: int
    """So many records are not named."""


def count_open(viewer: User) -> int:
    """Return how many pairs are to review; those put off are not counted."""
    if not viewer.may(Permission.REVIEW_DUPLICATES):
        return 0
    return db.session.scalar(select(func.count()).select_from(Pair).where(Pair.state == PairState.OPEN)) or 0


def open_counted(viewer: User) -> ScalarSelect[int] | None:
    """Return what counts the pairs to review as far as the number is shown; None for who may not review them."""
    return _open_counted() if viewer.may(Permission.REVIEW_DUPLICATES) else None


@cache
def _open_counted() -> ScalarSelect[int]:
    some = select(Pair.id).where(Pair.state == PairState.OPEN).limit(MOST_SHOWN + 1).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


def get_pair(pair_id: int, viewer: User) -> Pair:
    """Return a pair with both records. Raises `NotFound`, also for who may not review."""
    may = viewer.may(Permission.REVIEW_DUPLICATES)
    found = db.session.scalars(_whole_pair(), {"pair_id": pair_id}).unique().one_or_none() if may else None
    if found is None:
        raise NotFound("There is no such pair.")
    return found


@cache
def _whole_pair() -> Select[Pair]:
    people = (joinedload(Pair.low_client), joinedload(Pair.high_client))
    names = [joinedload(who).lazyload(User.grants) for who in (Pair.claimed_by, Pair.decided_by)]
    asked = joinedload(Pair.proposals)
    names += [asked.joinedload(who).lazyload(User.grants) for who in (Proposal.by, Proposal.answered_by)]
    whole = (*people, *names, joinedload(Pair.tickets), undefer(Pair.last_line))
    return select(Pair).where(Pair.id == bindparam("pair_id")).options(*whole)


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


def waits_for(ticket_ids: Collection[int]) -> bool:
    """Say whether a pair that one of these tickets asked for is still to be decided."""
    asked = select(PairTicket.pair_id).where(PairTicket.ticket_id.in_(ticket_ids))
    waiting = select(Pair.id).where(Pair.id.in_(asked), Pair.state.in_(WAITING))
    return db.session.scalar(waiting.limit(1)) is not None


def clients_named(personal_id: str) -> Sequence[Client]:
    """Return the records with this PersonalID, one a source at most. Raises `NotFound` when there is none.

    Clients of victim services alone are none: that there is one is not to be told from the answer. Of a record that
    left its source once it was merged the refusal says into whom.
    """
    key = personal_id.strip()
    chosen = select(Client).where(Client.personal_id == key, Client.removed_at.is_(None))
    found = list(db.session.scalars(chosen.where(~stands_for_protected(Client)).order_by(Client.id)))
    if not found:
        raise NotFound(_merged_away(key) or f"There is no client {key} here whose record can be compared.")
    return found


def _merged_away(personal_id: str) -> str:
    """Say when, and with whom who is here still, records were merged that have left their source; "" for no such."""
    gone, here = aliased(Client), aliased(Client)
    reading = (
        select(Merge.source_client_id == gone.id, here.personal_id, Merge.merged_at)
        .select_from(gone)
        .join(Merge, or_(Merge.source_client_id == gone.id, Merge.destination_client_id == gone.id))
        .join(here, here.person_id == gone.person_id)
        .where(gone.personal_id == personal_id, gone.removed_at.is_not(None), Merge.undone_at.is_(None))
        .where(here.removed_at.is_(None), ~stands_for_protected(here))
        .order_by(Merge.source_client_id != gone.id, here.id != here.person_id, here.id, Merge.id.desc())
    )
    found = db.session.execute(reading.limit(1)).one_or_none()
    if found is None:
        return ""
    is_folded, kept, at = found
    how = "into" if is_folded else "with"
    return f"Client {personal_id} was merged {how} client {kept} on {day(at)}, and has left the vendor’s system since."


def requested_pairs(first: str, second: str) -> list[tuple[Client, Client]]:
    """Return the pairs of records that two client IDs may mean, those of one source alone where there is just one.

    Raises `NotFound` for an ID of nobody who can be compared, `Invalid` when both are one record.
    """
    ones, others = clients_named(first), clients_named(second)
    found: dict[PairOfIds, tuple[Client, Client]] = {}
    for one, other in product(ones, others):
        if one.id != other.id:
            found.setdefault(in_order(one.id, other.id), (one, other))
    if not found:
        raise Invalid("Both client IDs are the same record.")
    within = [pair for pair in found.values() if pair[0].source_id == pair[1].source_id]
    return within if len(within) == 1 else list(found.values())


def source_names(source_ids: Collection[int]) -> dict[int, str]:
    """Return the names of sources by their numbers."""
    chosen = select(HmisSource.id, HmisSource.name).where(HmisSource.id.in_(source_ids))
    return dict(db.session.execute(chosen).all())


def last_scan() -> Scan | None:
    """Return the last scan that found something out: what it told of holds until the next one has."""
    done = select(Scan).where(Scan.state == ScanState.DONE)
    return db.session.scalar(done.order_by(Scan.id.desc()).limit(1))


def failed_scan() -> Scan | None:
    """Return the last scan that ended, if it came to nothing."""
    ended = select(Scan).where(Scan.state.in_((ScanState.DONE, ScanState.FAILED)))
    last = db.session.scalar(ended.order_by(Scan.id.desc()).limit(1))
    return last if last is not None and last.state is ScanState.FAILED else None


def groups_of(scan: Scan | None) -> list[Group]:
    """Return the first groups of a scan that were not joined, with the clients as they are now: one read."""
    told = scan.groups[:GROUPS_SHOWN] if scan else []
    named = personal_ids({id_ for group in told for id_ in group["records"]})
    return [_group(group, named) for group in told if is_told(group, named)]


def is_told(group: Mapping[str, Any], named: Collection[int]) -> bool:
    """Say whether what a scan wrote of a group still says something, told of the records in `named` alone."""
    still_apart = any(one in named and other in named for one, other in group["apart"])
    return sum(id_ in named for id_ in group["records"]) > 1 and (still_apart or not group["apart"])


def personal_ids(client_ids: Collection[int]) -> dict[int, str]:
    """Return the client IDs of records by their numbers, without those of clients of victim services alone.

    What a scan or a lesson wrote down may name somebody who became one since.
    """
    if not client_ids:
        return {}
    chosen = select(Client.id, Client.personal_id).where(Client.id.in_(client_ids), ~is_protected(Client))
    return dict(db.session.execute(chosen).all())


def _group(told: Mapping[str, Any], named: Mapping[int, str]) -> Group:
    apart = [(named[one], named[other]) for one, other in told["apart"] if one in named and other in named]
    return Group([(id_, named[id_]) for id_ in told["records"] if id_ in named], apart, told["more"])


def present_scan() -> Scan | None:
    """Return the scan that runs, else the one that waits, if any."""
    present = select(Scan).where(Scan.state.in_((ScanState.RUNNING, ScanState.WAITING)))
    return db.session.scalar(present.order_by(case((Scan.state == ScanState.RUNNING, 0), else_=1), Scan.id).limit(1))
