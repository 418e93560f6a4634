"""Which client records a viewer may see."""

from sqlalchemy import select, tuple_

from adminops.db import db
from adminops.hmis.clients import Scope
from adminops.hmis.models import Project
from adminops.identity.models import AgencyOrganization, User
from adminops.identity.permissions import Permission


def scope_of(viewer: User) -> Scope:
    """Return the projects whose clients the viewer may see: None for all (the team), else those of their agencies."""
    reach = viewer.reach(Permission.READ_CLIENTS)
    if reach.everywhere:
        return None
    own = select(AgencyOrganization.source_id, AgencyOrganization.organization_id).where(
        AgencyOrganization.agency_id.in_(reach.agency_ids)
    )
    projects = select(Project.source_id, Project.project_id).where(
        tuple_(Project.source_id, Project.organization_id).in_(own), Project.removed_at.is_(None)
    )
    return {(source_id, project_id) for source_id, project_id in db.session.execute(projects)}
