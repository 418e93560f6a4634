"""Reading what merges left to do. What belongs to a merge that was undone is left out.

So is what belongs to one of a client who stays with victim service providers alone: that one is to be undone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import aliased

from adminops.db import db
from adminops.errors import NotFound
from adminops.hmis.models import Client, Enrollment, Merge, Project
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.web.listing import Page, fetch_page
from dedupe.follow_ups.models import Clashing, FollowUp, FollowUpState
from dedupe.gathering import stands_for_protected

LABELS = {
    FollowUpState.TO_DO: "To do",
    FollowUpState.EXITED: "One was ended",
    FollowUpState.DELETED: "One was deleted at the vendor’s",
    FollowUpState.KEPT: "Both are right",
}
_One, _Other, _OnePlace, _OtherPlace = aliased(Enrollment), aliased(Enrollment), aliased(Project), aliased(Project)
_Kept, _Folded = aliased(Client), aliased(Client)

_BY: ColumnElement[str] = func.coalesce(User.name, "")


@dataclass(frozen=True)
class FollowUpRow:
    """One line of the list. A project is None where its stay has left the source."""

    id: int
    merge_id: int
    kind: Clashing
    state: FollowUpState
    first: date
    last: date
    stay: str
    other_stay: str
    kept: str
    kept_id: int
    project: str | None
    other_project: str | None
    by: str


def list_follow_ups(
    state: FollowUpState | None = FollowUpState.TO_DO, *, merge_id: int | None = None, after: str | None = None
) -> Page[FollowUpRow]:
    """Return a page of what merges left to do, the oldest first."""
    columns = (FollowUp.id, FollowUp.merge_id, FollowUp.kind, FollowUp.state, FollowUp.first, FollowUp.last)
    stays = (FollowUp.enrollment_id, FollowUp.other_enrollment_id)
    shown = (_Kept.personal_id, _Kept.id, _OnePlace.project_name, _OtherPlace.project_name, _BY)
    chosen = (
        _in_force(select(*columns, *stays, *shown))
        .outerjoin(_One, _is_stay(_One, FollowUp.source_id, FollowUp.enrollment_id))
        .outerjoin(_Other, _is_stay(_Other, FollowUp.other_source_id, FollowUp.other_enrollment_id))
        .outerjoin(_OnePlace, _is_place(_OnePlace, _One))
        .outerjoin(_OtherPlace, _is_place(_OtherPlace, _Other))
        .outerjoin(User, User.id == FollowUp.settled_by_id)
    )
    if state is not None:
        chosen = chosen.where(FollowUp.state == state)
    if merge_id is not None:
        chosen = chosen.where(FollowUp.merge_id == merge_id)
    return fetch_page(chosen, (FollowUp.id,), after=after, descending=False, shape=_row)


def _row(row: Sequence[Any]) -> FollowUpRow:
    return FollowUpRow(*row)


def _in_force(chosen: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    return (
        chosen.select_from(FollowUp)
        .join(Merge, and_(Merge.id == FollowUp.merge_id, Merge.undone_at.is_(None)))
        .join(_Kept, _Kept.id == Merge.destination_client_id)
        .join(_Folded, _Folded.id == Merge.source_client_id)
        .where(~stands_for_protected(_Kept), ~stands_for_protected(_Folded))
    )


def _is_stay(stay: Any, source_id: Any, enrollment_id: Any) -> ColumnElement[bool]:
    return and_(stay.source_id == source_id, stay.enrollment_id == enrollment_id, stay.removed_at.is_(None))


def _is_place(place: Any, stay: Any) -> ColumnElement[bool]:
    return and_(place.source_id == stay.source_id, place.project_id == stay.project_id, place.removed_at.is_(None))


def count_follow_ups() -> dict[FollowUpState, int]:
    """Return how many stand in each state."""
    counted = _in_force(select(FollowUp.state, func.count(FollowUp.id))).group_by(FollowUp.state)
    found = dict(db.session.execute(counted).all())
    return {state: found.get(state, 0) for state in FollowUpState}


def get_follow_up(follow_up_id: int, viewer: User) -> FollowUp:
    """Return one of them. Raises `NotFound`, also for who may not review."""
    found = db.session.get(FollowUp, follow_up_id) if viewer.may(Permission.REVIEW_DUPLICATES) else None
    if found is None:
        raise NotFound("There is no such follow-up.")
    return found
