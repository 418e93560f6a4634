"""Which client records and stays somebody may see, by their roles: the scopes of `adminops.hmis.scope`.

An organization is a victim service provider when HUD's record of it says so (2.01.3) or when the agency that it is here
is marked as one; either is enough, and a record that has left its source still counts. Their staff see their own
clients. Of the team only who holds `clients.protected` sees them: such records should not be in the store at all, so
somebody has to find and remove them at the vendor's; answering questions needs none of them.
"""

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, or_, select

from adminops.db import db
from adminops.hmis.codes import NoYes
from adminops.hmis.models import Enrollment, Organization, Project
from adminops.hmis.scope import EVERYTHING, ProjectKey, Scope
from adminops.identity.models import Agency, AgencyOrganization, User
from adminops.identity.permissions import Permission

IS_VICTIM_SERVICES: ColumnElement[bool] = or_(
    Organization.victim_service_provider == NoYes.YES.value, Agency.is_victim_service_provider.is_(True)
)


def scope_of(viewer: User) -> Scope:
    """Return what `viewer` may see of clients and stays: one read, and none for who may see everything."""
    if _sees_everything(viewer):
        return EVERYTHING
    reach = viewer.reach(Permission.READ_CLIENTS)
    rows = _rows(reach.agency_ids)
    return Scope(None if reach.everywhere else _of(rows, reach.agency_ids), _shut_off(rows, reach.agency_ids))


def scope_about(agency_id: int | None, viewer: User) -> Scope:
    """Return the clients of an agency (of all for None) but for those of victim services shut off from `viewer`.

    Not for showing them: for telling whether a text is about one of them. One read, as above.
    """
    if agency_id is None:
        return Scope(None, scope_of(viewer).shut_off)
    own = viewer.reach(Permission.READ_CLIENTS).agency_ids
    rows = _rows({agency_id, *own})
    shut_off = frozenset() if _sees_everything(viewer) else _shut_off(rows, own)
    return Scope(_of(rows, {agency_id}) - shut_off, shut_off)


def _sees_everything(viewer: User) -> bool:
    return all(viewer.reach(each).everywhere for each in (Permission.READ_CLIENTS, Permission.READ_PROTECTED_CLIENTS))


def _rows(agency_ids: Collection[int]) -> Sequence[Any]:
    """Return the projects of victim service providers and of these agencies."""
    return db.session.execute(_theirs_or_protected(), {"agencies": sorted(agency_ids)}).all()


@cache
def _theirs_or_protected() -> Select[Any]:
    own = AgencyOrganization.agency_id.in_(bindparam("agencies", expanding=True))
    more = AgencyOrganization.agency_id, IS_VICTIM_SERVICES.label("is_protected"), Project.removed_at
    return _projects(*more).where(or_(IS_VICTIM_SERVICES, own))


def _of(rows: Sequence[Any], agency_ids: Collection[int]) -> frozenset[ProjectKey]:
    """Return the projects that these agencies have now."""
    there = (row for row in rows if row.agency_id in agency_ids and row.removed_at is None)
    return frozenset((row.source_id, row.project_id) for row in there)


def _shut_off(rows: Sequence[Any], own: Collection[int]) -> frozenset[ProjectKey]:
    """Return the projects of victim service providers other than the viewer's own."""
    others = (row for row in rows if row.is_protected and row.agency_id not in own)
    return frozenset((row.source_id, row.project_id) for row in others)


def victim_service_projects() -> frozenset[ProjectKey]:
    """Return the projects of all victim service providers, removed ones too."""
    rows = db.session.execute(reading_victim_services())
    return frozenset((source_id, project_id) for source_id, project_id in rows)


def reading_victim_services() -> Select[int, str]:
    """Return the reading of source and ProjectID of all their projects, removed ones too."""
    return _projects().where(IS_VICTIM_SERVICES)


@cache
def is_with_victim_services() -> ColumnElement[bool]:
    """Return the condition that an `Enrollment` row is a stay with a victim service provider."""
    place = (Project.source_id == Enrollment.source_id, Project.project_id == Enrollment.project_id)
    return _projects().where(IS_VICTIM_SERVICES, *place).correlate(Enrollment).exists()


@cache
def is_outside_victim_services() -> ColumnElement[bool]:
    """Return the condition that an `Enrollment` row is a stay anywhere else."""
    return ~is_with_victim_services()


def _projects(*more: Any) -> Select[Any]:
    return (
        select(Project.source_id, Project.project_id, *more)
        .outerjoin(
            Organization,
            (Organization.source_id == Project.source_id) & (Organization.organization_id == Project.organization_id),
        )
        .outerjoin(
            AgencyOrganization,
            (AgencyOrganization.source_id == Project.source_id)
            & (AgencyOrganization.organization_id == Project.organization_id),
        )
        .outerjoin(Agency, Agency.id == AgencyOrganization.agency_id)
    )
