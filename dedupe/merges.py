"""Reading merges: the list, and the page of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import aliased, joinedload, selectinload

from adminops.db import db
from adminops.errors import NotFound
from adminops.hmis import dividing
from adminops.hmis.dividing import Owner
from adminops.hmis.models import Client, Merge
from adminops.hmis.stays import Stay
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.web.listing import Page, fetch_page


@dataclass(frozen=True)
class MergeRow:
    """One line of the list of merges."""

    id: int
    merged_at: datetime
    undone_at: datetime | None
    kept: str
    folded: str
    by: str


@dataclass(frozen=True)
class MergeStory:
    """A merge with who made it, who undid it, and the merges in force that stand on the same person."""

    merge: Merge
    by: str
    undone_by: str
    others: tuple[Merge, ...]
    """Merges in force of the same person, the oldest first: undoing this one leaves them as they are."""
    meanwhile: tuple[Stay, ...] = ()
    """Stays that were entered under the kept record while the merge was in force."""


_Kept, _Folded = aliased(Client), aliased(Client)
"""The two records of a merge. Made once: an alias works its many columns out when they are first named."""


def list_merges(*, after: str | None = None) -> Page[MergeRow]:
    """Return a page of merges, newest first."""
    chosen = (
        select(Merge.id, Merge.merged_at, Merge.undone_at, _Kept.personal_id, _Folded.personal_id, User.name)
        .join(_Kept, _Kept.id == Merge.destination_client_id)
        .join(_Folded, _Folded.id == Merge.source_client_id)
        .outerjoin(User, User.id == Merge.by_id)
    )
    return fetch_page(chosen, (Merge.id,), after=after, shape=_merge_row)


def _merge_row(row: Sequence[Any]) -> MergeRow:
    id_, merged_at, undone_at, kept, folded, by = row
    return MergeRow(id_, merged_at, undone_at, kept, folded, by or "AdminOps")


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
    return MergeStory(
        merge=merge,
        by=names.get(merge.by_id or 0, "AdminOps"),
        undone_by=names.get(merge.undone_by_id or 0, "AdminOps") if merge.undone_at else "",
        others=tuple(_others_in_force(merge)),
        meanwhile=tuple(dividing.stays_entered_meanwhile(merge)),
    )


def owners_of(story: MergeStory) -> dict[int, Owner | None]:
    """Return whose the stays are that were entered meanwhile: as it was said, or as it is proposed."""
    if not story.meanwhile:
        return {}
    if story.merge.is_active:
        return dividing.proposed_owners(story.merge, story.meanwhile)
    folded = story.merge.source_client_id
    return {stay.id: "folded" if stay.client_id == folded else "kept" for stay in story.meanwhile}


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
