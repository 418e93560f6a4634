"""Which client records and stays somebody may see, by their roles: the scopes of `adminops.hmis.scope`.

An organization is a victim service provider when HUD's record of it says so (2.01.3) or when the agency that it is here
is marked as one; either is enough, and a record that has left its source still counts. Their staff see their own
clients. Of the team only who holds `clients.protected` sees them: such records should not be in the store at all, so
somebody has to find and remove them at the vendor's; answering questions needs none of them.
"""

from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select

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
    reach, protected = viewer.reach(Permission.READ_CLIENTS), viewer.reach(Permission.READ_PROTECTED_CLIENTS)
    if reach.everywhere and protected.everywhere:
        return EVERYTHING
    own = AgencyOrganization.agency_id.in_(reach.agency_ids)
    reading = _projects(AgencyOrganization.agency_id, IS_VICTIM_SERVICES, Project.removed_at.is_not(None))
    mine: set[ProjectKey] = set()
    shut_off: set[ProjectKey] = set()
    for source_id, project_id, agency_id, is_protected, is_removed in db.session.execute(
        reading.where(or_(IS_VICTIM_SERVICES, own))
    ):
        if agency_id in reach.agency_ids:
            mine.update(() if is_removed else ((source_id, project_id),))
        elif is_protected:
            shut_off.add((source_id, project_id))
    seen = None if reach.everywhere else frozenset(mine)
    return Scope(seen, frozenset(shut_off))


def scope_about(agency_id: int | None, viewer: User) -> Scope:
    """Return the clients of an agency (of all for None) but for those of victim services shut off from `viewer`.

    Not for showing them: for telling whether a text is about one of them.
    """
    shut_off = scope_of(viewer).shut_off
    if agency_id is None:
        return Scope(None, shut_off)
    rows = db.session.execute(
        _projects().where(AgencyOrganization.agency_id == agency_id, Project.removed_at.is_(None))
    )
    return Scope(frozenset((source_id, project_id) for source_id, project_id in rows) - shut_off, shut_off)


def victim_service_projects() -> frozenset[ProjectKey]:
    """Return the projects of all victim service providers, removed ones too."""
    rows = db.session.execute(_projects().where(IS_VICTIM_SERVICES))
    return frozenset((source_id, project_id) for source_id, project_id in rows)


def is_with_victim_services() -> ColumnElement[bool]:
    """Return the condition that an `Enrollment` row is a stay with a victim service provider."""
    place = (Project.source_id == Enrollment.source_id, Project.project_id == Enrollment.project_id)
    return _projects().where(IS_VICTIM_SERVICES, *place).correlate(Enrollment).exists()


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
