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
MOST = 9
"""Others read of one household, for vendors give one HouseholdID to hundreds of strays: the page shows eight of them,
and says when there are more."""
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
    """Return who else was in the households of `stays`, the head first and `MOST` of each.

    `without` are the person's own records.
    """
    wanted = {household_of(stay) for stay in stays if stay.household_size > 1 and stay.household_id}
    if not wanted:
        return {}
    own: set[SourceKey] = {(client.source_id, client.personal_id) for client in without}
    found: dict[HouseholdKey, list[Member]] = {}
    for source_id, project_id, household_id, relationship, client_id, *name in db.session.execute(
        _members_of(wanted, own, scope)
    ):
        member = Member(client_id, written_name(*name) if client_id else NOT_SHOWN, label("3.15.1", relationship))
        found.setdefault((source_id, project_id or "", household_id), []).append(member)
    return {key: tuple(members) for key, members in found.items() if key in wanted}


def _members_of(
    households: Collection[HouseholdKey], own: Collection[SourceKey], scope: Scope
) -> Select[*tuple[Any, ...]]:
    """Return who is in `households`, the first of each, with their names where `scope` lets see them."""
    stays = _stays_in(households, own).subquery()
    household = (stays.c.source_id, stays.c.project_id, stays.c.household_id)
    order = (func.coalesce(stays.c.relationship, NOT_COLLECTED), stays.c.entry_date, stays.c.id)
    place = func.row_number().over(partition_by=household, order_by=order).label("place")
    members = select(*household, stays.c.personal_id, stays.c.relationship, place).where(stays.c.turn == 1).subquery()
    is_client = and_(
        Client.source_id == members.c.source_id,
        Client.personal_id == members.c.personal_id,
        Client.removed_at.is_(None),
        *scope.clients(),
    )
    return (
        select(
            members.c.source_id,
            members.c.project_id,
            members.c.household_id,
            members.c.relationship,
            Client.id,
            Client.first_name,
            Client.middle_name,
            Client.last_name,
            Client.name_suffix,
        )
        .outerjoin(Client, is_client)
        .where(members.c.place <= MOST)
        .order_by(members.c.place)
    )


def _stays_in(households: Collection[HouseholdKey], own: Collection[SourceKey]) -> Select[*tuple[Any, ...]]:
    """Return the stays of others in `households` as they are read; `turn` numbers those of one person in one of them.

    A repair may give a stay another HouseholdID or leave it out.
    """
    household = THROUGH_ALL.value(Enrollment, "household_id")
    relationship = THROUGH_ALL.value(Enrollment, "relationship_to_hoh")
    keys = {(source_id, household_id) for source_id, _, household_id in households}
    member = (Enrollment.source_id, Enrollment.project_id, household, Enrollment.personal_id)
    order = (func.coalesce(relationship, NOT_COLLECTED), Enrollment.entry_date, Enrollment.id)
    return select(
        Enrollment.id,
        Enrollment.source_id,
        Enrollment.project_id,
        household.label("household_id"),
        Enrollment.personal_id,
        relationship.label("relationship"),
        Enrollment.entry_date,
        func.row_number().over(partition_by=member, order_by=order).label("turn"),
    ).where(
        THROUGH_ALL.of_keys(Enrollment, "household_id", keys),
        among(Enrollment.source_id, household, keys),
        among(Enrollment.source_id, Enrollment.project_id, {key[:2] for key in households}),
        ~among(Enrollment.source_id, func.coalesce(Enrollment.personal_id, ""), own),
        Enrollment.removed_at.is_(None),
        THROUGH_ALL.there(Enrollment),
    )
