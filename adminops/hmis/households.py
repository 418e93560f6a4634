"""Who else was in the household of a stay. A HouseholdID is one household only inside its source and project."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, func, select

from adminops.db import db
from adminops.hmis.codes import label
from adminops.hmis.keys import SourceKey, among
from adminops.hmis.layers import THROUGH_ALL
from adminops.hmis.models import Client, Enrollment
from adminops.hmis.persons import written_name
from adminops.hmis.scope import Scope
from adminops.hmis.stays import Stay

HouseholdKey = tuple[int, str, str]
"""A household: number of the source, ProjectID, HouseholdID."""
MOST = 400
"""Members read for a page: vendors give one HouseholdID to hundreds of strays."""
NOT_SHOWN = "Somebody whose record can’t be shown"
NOT_COLLECTED = 99
"""HUD's RelationshipToHoH of somebody of whom nobody knows it."""


@dataclass(frozen=True)
class Member:
    """Somebody else in a household. Without `client_id` it is a record that is not here, or not for the viewer."""

    client_id: int | None
    name: str
    relationship: str


def household_of(stay: Stay) -> HouseholdKey:
    """Return the household of a stay."""
    return stay.source_id, stay.project_id, stay.household_id


def others_in_households(
    stays: Collection[Stay], *, without: Sequence[Client], scope: Scope
) -> dict[HouseholdKey, tuple[Member, ...]]:
    """Return who else was in the households of `stays`, the head first. `without` are the person's own records."""
    wanted = {household_of(stay) for stay in stays if stay.household_size > 1 and stay.household_id}
    if not wanted:
        return {}
    own: set[SourceKey] = {(client.source_id, client.personal_id) for client in without}
    found: dict[HouseholdKey, dict[str, Member]] = {}
    for source_id, project_id, household_id, personal_id, relationship, client_id, *name in db.session.execute(
        _members_of(wanted, scope)
    ):
        key = (source_id, project_id or "", household_id)
        if key in wanted and (source_id, personal_id) not in own:
            member = Member(client_id, written_name(*name) if client_id else NOT_SHOWN, label("3.15.1", relationship))
            found.setdefault(key, {}).setdefault(personal_id or "", member)
    return {key: tuple(members.values()) for key, members in found.items()}


def _members_of(households: Collection[HouseholdKey], scope: Scope) -> Select[*tuple[Any, ...]]:
    """Return who is in `households` as they are read: a repair may give a stay another HouseholdID or leave it out."""
    household = THROUGH_ALL.value(Enrollment, "household_id")
    relationship = THROUGH_ALL.value(Enrollment, "relationship_to_hoh")
    keys = {(source_id, household_id) for source_id, _, household_id in households}
    is_client = and_(
        Client.source_id == Enrollment.source_id,
        Client.personal_id == Enrollment.personal_id,
        Client.removed_at.is_(None),
        *scope.clients(),
    )
    return (
        select(
            Enrollment.source_id,
            Enrollment.project_id,
            household,
            Enrollment.personal_id,
            relationship,
            Client.id,
            Client.first_name,
            Client.middle_name,
            Client.last_name,
            Client.name_suffix,
        )
        .outerjoin(Client, is_client)
        .where(
            THROUGH_ALL.of_keys(Enrollment, "household_id", keys),
            among(Enrollment.source_id, household, keys),
            among(Enrollment.source_id, Enrollment.project_id, {key[:2] for key in households}),
            Enrollment.removed_at.is_(None),
            THROUGH_ALL.there(Enrollment),
        )
        .order_by(func.coalesce(relationship, NOT_COLLECTED), Enrollment.entry_date, Enrollment.id)
        .limit(MOST)
    )
