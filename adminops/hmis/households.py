"""Who else was in the household of a stay. A HouseholdID is one household only inside its source and project."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, select

from adminops.db import db
from adminops.hmis.codes import label
from adminops.hmis.keys import SourceKey, among
from adminops.hmis.models import Client, Enrollment
from adminops.hmis.persons import full_name
from adminops.hmis.scope import Scope
from adminops.hmis.stays import Stay

HouseholdKey = tuple[int, str, str]
"""A household: number of the source, ProjectID, HouseholdID."""
MOST = 400
"""Members read for a page: vendors give one HouseholdID to hundreds of strays."""


@dataclass(frozen=True)
class Member:
    """Somebody else in a household. Without `client_id` it is a record that is not here, or not for the viewer."""

    client_id: int | None
    name: str
    relationship: str
    entry_date: date | None


def household_of(stay: Stay) -> HouseholdKey:
    """Return the household of a stay."""
    return stay.source_id, stay.project_id, stay.household_id


def others_in_households(
    stays: Collection[Stay], *, without: Sequence[Client], scope: Scope
) -> dict[HouseholdKey, tuple[Member, ...]]:
    """Return who else was in the households of `stays`, the head first. `without` are the person's own records."""
    wanted = {household_of(stay) for stay in stays if stay.household_size > 1}
    if not wanted:
        return {}
    own: set[SourceKey] = {(client.source_id, client.personal_id) for client in without}
    is_client = and_(
        Client.source_id == Enrollment.source_id,
        Client.personal_id == Enrollment.personal_id,
        Client.removed_at.is_(None),
        *scope.clients(),
    )
    reading = (
        select(Enrollment, Client)
        .outerjoin(Client, is_client)
        .where(
            among(Enrollment.source_id, Enrollment.household_id, {(key[0], key[2]) for key in wanted}),
            Enrollment.removed_at.is_(None),
        )
        .order_by(Enrollment.relationship_to_hoh, Enrollment.entry_date, Enrollment.id)
        .limit(MOST)
    )
    found: dict[HouseholdKey, dict[str, Member]] = {}
    for stay, client in db.session.execute(reading):
        key = (stay.source_id, stay.project_id or "", stay.household_id or "")
        if key in wanted and (stay.source_id, stay.personal_id) not in own:
            found.setdefault(key, {}).setdefault(stay.personal_id or "", _member(stay, client))
    return {key: tuple(members.values()) for key, members in found.items()}


def _member(stay: Enrollment, client: Client | None) -> Member:
    return Member(
        client_id=client.id if client else None,
        name=full_name(client) if client else "Somebody who is not in the store",
        relationship=label("3.15.1", stay.relationship_to_hoh),
        entry_date=stay.entry_date,
    )
