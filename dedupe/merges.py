"""Reading merges: the list, and the page of one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import aliased, joinedload, selectinload

from adminops.db import db
from adminops.errors import Invalid, NotFound
from adminops.hmis import dividing
from adminops.hmis.dividing import Owner, Parting
from adminops.hmis.models import Client, Merge
from adminops.hmis.stays import Stay
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.web.listing import Page, fetch_page
from dedupe.gathering import protected_clients, stands_for_protected


@dataclass(frozen=True)
class MergeRow:
    """One line of the list of merges."""

    id: int
    merged_at: datetime
    undone_at: datetime | None
    kept: str
    folded: str
    is_protected: bool
    """Whether one of the two, or another record of the person, is of victim services alone: nothing of them is told."""
    by: str


@dataclass(frozen=True)
class Question:
    """A stay that may be of more than one record once merges are undone."""

    stay: Stay
    records: tuple[Client, ...]
    """Those that it may be of."""
    proposed: int | None
    """The record's number that is proposed; of a merge that is undone the one that it was given to."""
    only_with: tuple[int, ...] = ()
    """Merges of which one has to be undone, too, for the stay to be in question; none when it is in any case."""


@dataclass(frozen=True)
class MergeStory:
    """A merge with who made it, who undid it, and the merges in force that stand on the same person."""

    merge: Merge
    by: str
    undone_by: str
    others: tuple[Merge, ...]
    """Merges in force of the same person, the oldest first: undoing this one leaves them as they are."""
    is_protected: bool
    """Whether one of the two, or another record of the person, is of victim services alone: nothing of them is told."""
    questions: tuple[Question, ...] = ()
    """Stays that may be of either part once the merge is undone, or one of the others with it."""


_Kept, _Folded = aliased(Client), aliased(Client)
"""The two records of a merge. Made once: an alias works its many columns out when they are first named."""


def list_merges(*, after: str | None = None) -> Page[MergeRow]:
    """Return a page of merges, newest first."""
    protected = or_(stands_for_protected(_Kept), stands_for_protected(_Folded))
    chosen = (
        select(Merge.id, Merge.merged_at, Merge.undone_at, _Kept.personal_id, _Folded.personal_id, protected, User.name)
        .join(_Kept, _Kept.id == Merge.destination_client_id)
        .join(_Folded, _Folded.id == Merge.source_client_id)
        .outerjoin(User, User.id == Merge.by_id)
    )
    return fetch_page(chosen, (Merge.id,), after=after, shape=_merge_row)


def _merge_row(row: Sequence[Any]) -> MergeRow:
    id_, merged_at, undone_at, kept, folded, protected, by = row
    return MergeRow(id_, merged_at, undone_at, kept, folded, bool(protected), by or "AdminOps")


def get_merge(merge_id: int, viewer: User) -> Merge:
    """Return a merge with both records. Raises `NotFound`, also for who may not review."""
    records = (joinedload(Merge.source_client), joinedload(Merge.destination_client), selectinload(Merge.choices))
    chosen = select(Merge).where(Merge.id == merge_id).options(*records)
    found = db.session.scalar(chosen) if viewer.may(Permission.REVIEW_DUPLICATES) else None
    if found is None:
        raise NotFound("There is no such merge.")
    return found


def story_of(merge: Merge) -> MergeStory:
    """Return all that the page of a merge tells."""
    people = {id_ for id_ in (merge.by_id, merge.undone_by_id) if id_ is not None}
    named = select(User.id, User.name).where(User.id.in_(people))
    names = dict(db.session.execute(named).all()) if people else {}
    others = tuple(_others_in_force(merge))
    return MergeStory(
        merge=merge,
        by=names.get(merge.by_id or 0, "AdminOps"),
        undone_by=names.get(merge.undone_by_id or 0, "AdminOps") if merge.undone_at else "",
        others=others,
        is_protected=bool(protected_clients(merge.source_client, merge.destination_client)),
        questions=tuple(questions_of(merge, others)),
    )


def version_of(story: MergeStory) -> str:
    """Return what a page of a merge is based on, as a short text: another one, and the page is out of date."""
    asked = [
        (each.stay.id, [client.id for client in each.records], each.proposed, each.only_with)
        for each in story.questions
    ]
    told = [story.merge.is_active, [other.id for other in story.others], asked]
    return sha256(repr(told).encode()).hexdigest()[:16]


def others_of(story: MergeStory, also: Iterable[int]) -> list[Merge]:
    """Return the other merges that are meant. Raises `Invalid` for one that is no merge in force of the same person."""
    others, wanted = {other.id: other for other in story.others}, sorted(set(also))
    if strange := [id_ for id_ in wanted if id_ not in others]:
        raise Invalid(f"Merge {strange[0]} is no other merge in force of the same person.")
    return [others[id_] for id_ in wanted]


def questions_of(merge: Merge, others: Sequence[Merge] = ()) -> list[Question]:
    """Return whose stays have to be told when a merge is undone, and `others` of the same person with it."""
    newest_first = sorted((merge, *others), key=lambda each: -each.id)
    partings = [dividing.part(each) for each in newest_first]
    stays = {stay.id: stay for parting in partings for stay in parting.stays}
    asking = {id_: [each for each in partings if stay in each.stays] for id_, stay in stays.items()}
    return [_question(merge, stay, asking[id_]) for id_, stay in stays.items()]


def _question(merge: Merge, stay: Stay, partings: Sequence[Parting]) -> Question:
    asking = [parting.merge for parting in partings]
    records = list(dict.fromkeys(home for parting in partings for home in parting.homes.values()))
    return Question(
        stay=stay,
        records=tuple(db.session.get_one(Client, record) for record in records),
        proposed=_proposed(stay, partings, records),
        only_with=() if merge in asking else tuple(each.id for each in asking),
    )


def _proposed(stay: Stay, partings: Sequence[Parting], records: Sequence[int]) -> int | None:
    """Return the record that is proposed for a stay, or has it: each parting leaves one part of those it may be of."""
    left = list(records)
    for parting in partings:
        if len({parting.side_of(client_id) for client_id in left}) == 1:
            continue
        side = _side_of(parting, stay)
        left = [client_id for client_id in left if parting.side_of(client_id) == side]
    return left[0] if left else None


def _side_of(parting: Parting, stay: Stay) -> Owner | None:
    if parting.merge.is_active:
        return dividing.proposed_owner(parting, stay)
    return parting.side_of(stay.client_id)


def _others_in_force(merge: Merge) -> Sequence[Merge]:
    if not merge.is_active:
        return []
    person = merge.destination_client.person_id
    records = select(Client.id).where(Client.person_id == person)
    chosen = select(Merge).where(
        Merge.undone_at.is_(None),
        Merge.id != merge.id,
        or_(Merge.source_client_id.in_(records), Merge.destination_client_id.in_(records)),
    )
    sides = (joinedload(Merge.source_client), joinedload(Merge.destination_client))
    return list(db.session.scalars(chosen.options(*sides).order_by(Merge.id)))
