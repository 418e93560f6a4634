"""Whose stays are that may be either's, once the merge of two is undone.

Undoing a merge parts the records of a person in two. Rows under the retired PersonalIDs go back with them. Three kinds
of stays do not say whose they are, and a person says so, stay by stay: one that was entered meanwhile under a
PersonalID that went on being used; one that nobody knew of when the merge was made; and one that the vendor, having
made the merge, too, has since written under the other's PersonalID. One that is the other's reads under that record
from then on, in the layer above the rows (`stays_of`, an export of the merged form), and whoever said so can say
otherwise later.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, or_, select

from adminops import clock
from adminops.db import db
from adminops.errors import Invalid
from adminops.hmis.keys import SourceKey
from adminops.hmis.merging import persons_by_pairs
from adminops.hmis.models import Client, Enrollment, HmisSource, Merge, MergeStay, StayMove
from adminops.hmis.stays import Stay, stays_of

Owner = Literal["kept", "folded"]
Time = Literal["before", "meanwhile", "after"]
Place = tuple[int, str]
"""A project across sources."""


@dataclass(frozen=True)
class Parting:
    """How the records of a person part when a merge is undone, and which of their stays may be either part's."""

    merge: Merge
    kept: frozenset[int]
    folded: frozenset[int]
    homes: Mapping[Owner, int]
    """The record that each part is read under."""
    in_use: int
    """The record under which the whole person was read: what is entered under it may be anybody's."""
    noted: Mapping[SourceKey, int]
    """Whose each stay was when the merge was made."""
    brought: Mapping[SourceKey, int]
    """Whose each stay was that a record had when it joined the person later, by another merge."""
    stays: tuple[Stay, ...] = ()
    """Those that may be either's, the newest first."""
    places: Mapping[Owner, set[Place]] = field(default_factory=dict)
    """The projects in which each part has been without them."""

    def side_of(self, client_id: int | None) -> Owner | None:
        """Return to which part a record belongs."""
        return "kept" if client_id in self.kept else "folded" if client_id in self.folded else None

    def noted_side_of(self, stay: Stay) -> Owner | None:
        """Return whose a stay was before it could be anybody else's; None for one that nobody knew of."""
        return self.side_of(self.noted_record_of(stay))

    def noted_record_of(self, stay: Stay) -> int | None:
        """Return the record whose stay it was then."""
        return self.noted.get(stay.key, self.brought.get(stay.key))


def part(merge: Merge) -> Parting:
    """Return how records and stays part when `merge` is undone, or how they did when it was."""
    merges = _merges_beside(merge)
    ids = {client_id for both in merges.values() for client_id in both}
    one = persons_by_pairs(ids, merges.values())
    two = persons_by_pairs(ids, [both for id_, both in merges.items() if id_ != merge.id])
    home = two[merge.destination_client_id]
    parting = Parting(
        merge=merge,
        kept=frozenset(id_ for id_ in ids if two[id_] == home),
        folded=frozenset(id_ for id_ in ids if two[id_] != home),
        homes={"kept": home, "folded": two[merge.source_client_id]},
        in_use=one[merge.destination_client_id],
        noted=_noted(merge),
        brought=_brought(merge, merges),
    )
    return _with_stays(parting, stays_of(db.session.scalars(select(Client).where(Client.id.in_(ids))).all()))


def _merges_beside(merge: Merge) -> dict[int, tuple[int, int]]:
    """Return the merges that made one person when `merge` was last in force, by their numbers, itself among them."""
    found = {merge.id: (merge.source_client_id, merge.destination_client_id)}
    seen, edge = set[int](), set(found[merge.id])
    while edge:
        seen |= edge
        touching = or_(Merge.source_client_id.in_(edge), Merge.destination_client_id.in_(edge))
        reading = select(Merge.id, Merge.source_client_id, Merge.destination_client_id)
        for id_, *both in db.session.execute(reading.where(_in_force_with(merge), touching)):
            found[id_] = (both[0], both[1])
        edge = {client_id for both in found.values() for client_id in both} - seen
    return dict(sorted(found.items()))


def _in_force_with(merge: Merge) -> ColumnElement[bool]:
    """Return the condition that a merge is in force, or was when `merge` was undone."""
    if merge.undone_at is None:
        return Merge.undone_at.is_(None)
    return (Merge.merged_at <= merge.undone_at) & or_(Merge.undone_at.is_(None), Merge.undone_at > merge.undone_at)


def _noted(merge: Merge) -> dict[SourceKey, int]:
    return _notes(MergeStay.merge_id == merge.id)


def _brought(merge: Merge, merges: Mapping[int, tuple[int, int]]) -> dict[SourceKey, int]:
    """Return whose stays were, when they joined, of the records that those of `merges` after `merge` have joined."""
    ids = {client_id for both in merges.values() for client_id in both}
    then = persons_by_pairs(ids, [both for id_, both in merges.items() if id_ <= merge.id])
    joined = {id_ for id_ in ids if then[id_] != then[merge.destination_client_id]}
    later = [id_ for id_ in merges if id_ > merge.id]
    return _notes(MergeStay.merge_id.in_(later) & MergeStay.client_id.in_(joined)) if joined else {}


def _notes(chosen: ColumnElement[bool]) -> dict[SourceKey, int]:
    """Return whose each stay was, by the oldest note of it."""
    reading = select(MergeStay.source_id, MergeStay.enrollment_id, MergeStay.client_id)
    rows = db.session.execute(reading.where(chosen).order_by(MergeStay.merge_id.desc()))
    return {(source_id, enrollment_id): client_id for source_id, enrollment_id, client_id in rows}


def _with_stays(parting: Parting, stays: Sequence[Stay]) -> Parting:
    moved = {(move.source_id, move.enrollment_id) for move in moves_of(parting.merge)}
    times = _times_of(parting.merge, stays)
    asked = [stay for stay in stays if stay.key in moved or _is_in_question(parting, stay, times[stay.id])]
    open_ids = {stay.id for stay in asked}
    places: dict[Owner, set[Place]] = {"kept": set(), "folded": set()}
    for stay in stays:
        side = parting.noted_side_of(stay) or (None if stay.id in open_ids else parting.side_of(stay.client_id))
        if side is not None:
            places[side].add((stay.source_id, stay.project_id))
    return replace(parting, stays=tuple(asked), places=places)


def _is_in_question(parting: Parting, stay: Stay, time: Time) -> bool:
    then, now = parting.noted_side_of(stay), parting.side_of(stay.client_id)
    if then is not None and then != now:
        return True  # the vendor has written another PersonalID over it
    if stay.key in parting.brought:
        return False
    is_in_use = now == "kept" or stay.client_id == parting.in_use
    return is_in_use and (time == "meanwhile" or (then is None and time == "before"))


def _times_of(merge: Merge, stays: Sequence[Stay]) -> dict[int, Time]:
    """Return for each stay when it was entered: before the merge, while it was in force, or after it was undone."""
    if not stays:
        return {}
    ids = [stay.id for stay in stays]
    reading = select(Enrollment.id, Enrollment.date_created, HmisSource.time_zone)
    joined = reading.join(HmisSource, HmisSource.id == Enrollment.source_id).where(Enrollment.id.in_(ids))
    return {id_: _time_of(merge, entered, ZoneInfo(zone)) for id_, entered, zone in db.session.execute(joined)}


def _time_of(merge: Merge, entered: datetime | None, zone: ZoneInfo) -> Time:
    """Say when a stay was entered by the clock of its source: HUD's times have no zone."""
    moment = entered.replace(tzinfo=zone) if entered else merge.merged_at
    if moment <= merge.merged_at:
        return "before"
    return "meanwhile" if merge.undone_at is None or moment <= merge.undone_at else "after"


def proposed_owner(parting: Parting, stay: Stay) -> Owner | None:
    """Propose whose a stay is: whose it was when the merge was made, else who alone was in its project before."""
    then, here = parting.noted_side_of(stay), (stay.source_id, stay.project_id)
    if then is not None and then != parting.side_of(stay.client_id):
        return then
    kept, folded = here in parting.places["kept"], here in parting.places["folded"]
    return None if kept == folded else "kept" if kept else "folded"


def divide(parting: Parting, owners: Mapping[int, Owner | None], *, by_id: int | None) -> int:
    """Let each stay of a parting read under the part that `owners` names by its number; return how many changed theirs.

    Raises `Invalid` when a stay has no owner.
    """
    check_owners(parting, owners)
    moves = {(move.source_id, move.enrollment_id): move for move in moves_of(parting.merge)}
    changed = sum(_give(parting, stay, owners[stay.id], moves.get(stay.key), by_id) for stay in parting.stays)
    db.session.flush()
    return changed


def check_owners(parting: Parting, owners: Mapping[int, Owner | None]) -> None:
    """Raise `Invalid` when a stay has no owner."""
    if missing := [stay for stay in parting.stays if owners.get(stay.id) not in ("kept", "folded")]:
        raise Invalid(f"Say whose each of {len(parting.stays)} stays is; {len(missing)} are left over.", field="owners")


def _give(parting: Parting, stay: Stay, owner: Owner | None, move: StayMove | None, by_id: int | None) -> bool:
    """Let a stay read under one part; say whether that is new. One that lies there needs no move."""
    lies = parting.side_of(stay.client_id if move is None else move.to_client_id)
    if move is not None:
        lies = "kept" if lies == "folded" else "folded"
    to = None if owner == lies else _record_of(parting, stay, owner)
    if to == (move.to_client_id if move else None):
        return False
    if move is not None:
        move.taken_back_at, move.taken_back_by_id = clock.now(), by_id
        db.session.flush()  # before the next one comes: one move of a stay holds at a time
    if to is not None:
        where = {"source_id": stay.source_id, "enrollment_id": stay.enrollment_id, "to_client_id": to}
        db.session.add(StayMove(**where, merge_id=parting.merge.id, by_id=by_id, moved_at=clock.now()))
    return True


def _record_of(parting: Parting, stay: Stay, owner: Owner | None) -> int | None:
    """Return the record of a part that gets a stay: who had it before, else the part's own."""
    if owner is None or parting.noted_side_of(stay) == owner:
        return parting.noted_record_of(stay)
    return parting.homes[owner]


def moves_of(merge: Merge) -> Sequence[StayMove]:
    """Return the moves that came with the undoing of a merge and hold; of one in force there are none."""
    if merge.is_active:
        return []
    chosen = select(StayMove).where(StayMove.merge_id == merge.id, StayMove.taken_back_at.is_(None))
    return db.session.scalars(chosen.order_by(StayMove.id)).all()


def moved_stays(source_id: int) -> dict[str, str]:
    """Return the PersonalID under which each moved stay of a source reads: {EnrollmentID: PersonalID}.

    The last move holds. One to a record of another source, or to one that has left it, has no PersonalID there.
    """
    reading = (
        select(StayMove.enrollment_id, Client.personal_id, Client.source_id, Client.removed_at)
        .join(Client, Client.id == StayMove.to_client_id)
        .where(StayMove.source_id == source_id, StayMove.taken_back_at.is_(None))
        .order_by(StayMove.id)
    )
    last = {row.enrollment_id: row for row in db.session.execute(reading)}
    return {
        stay: row.personal_id for stay, row in last.items() if row.source_id == source_id and row.removed_at is None
    }
