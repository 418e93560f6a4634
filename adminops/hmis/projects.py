"""Reading programs: projects with their organization, places, funding sources, beds and participation."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_

from adminops.db import db
from adminops.errors import NotFound
from adminops.hmis.codes import label
from adminops.hmis.keys import SourceKey, among
from adminops.hmis.layers import THROUGH_ALL, Layers, layers_of
from adminops.hmis.models import (
    CEParticipation,
    Enrollment,
    Exit,
    Funder,
    HMISParticipation,
    HmisSource,
    Inventory,
    Organization,
    Project,
    ProjectCoC,
    SourceRow,
)
from adminops.hmis.names import name_key
from adminops.hmis.scope import ProjectKey

OrganizationKey = SourceKey
"""An organization: number of the source, OrganizationID."""

RowT = TypeVar("RowT", bound=SourceRow)


@dataclass(frozen=True)
class ProjectRow:
    """A project in a list. `is_local` tells that it was set up here and no export of the source has it yet."""

    id: int
    source_id: int
    source_name: str
    project_id: str
    name: str
    project_type: int | None
    type_label: str
    organization_id: str
    organization_name: str
    operating_start: date | None
    operating_end: date | None
    funders: int
    is_local: bool


@dataclass(frozen=True)
class ProjectPage:
    """What the page of a program shows."""

    project: Project
    source_name: str
    organization: Organization | None
    type_label: str
    locations: tuple[ProjectCoC, ...]
    funders: tuple[Funder, ...]
    inventory: tuple[Inventory, ...]
    hmis_participation: tuple[HMISParticipation, ...]
    ce_participation: tuple[CEParticipation, ...]
    open_stays: int
    is_local: bool


def list_projects(
    *,
    scope: Collection[ProjectKey] | None = None,
    organizations: Collection[OrganizationKey] | Select[int, str] | None = None,
    text: str = "",
    operating_on: date | None = None,
    layers: Layers | None = None,
) -> list[ProjectRow]:
    """Return projects by organization and name: of `scope`, of `organizations` or those selected.

    `text` is in the name of each; `operating_on` leaves out those that had not begun or had ended on that day.
    `layers` is how rows are read, where that is known.
    """
    funders = (
        select(func.count(Funder.id))
        .where(
            Funder.source_id == Project.source_id,
            Funder.project_id == Project.project_id,
            Funder.removed_at.is_(None),
        )
        .scalar_subquery()
    )
    if layers is None:
        layers = layers_of() if scope is None and organizations is None else THROUGH_ALL
    named = layers.value(Organization, "organization_name")
    reading = (
        select(Project, layers.value(Project, "project_name"), HmisSource.name, named, funders)
        .join(HmisSource, HmisSource.id == Project.source_id)
        .outerjoin(Organization, _is_of_project())
        .where(Project.removed_at.is_(None), *_narrowing(scope, organizations, operating_on))
        .order_by(Organization.organization_name, Project.project_name, Project.id)
    )
    found = [_row(*row) for row in db.session.execute(reading)]
    wanted = name_key(text)
    return [row for row in found if wanted in name_key(row.name) or wanted in name_key(row.organization_name)]


def projects_of(source: HmisSource) -> list[Project]:
    """Return the projects of one source by name."""
    chosen = select(Project).where(Project.source_id == source.id, Project.removed_at.is_(None))
    return list(db.session.scalars(chosen.order_by(Project.project_name, Project.project_id)))


def get_project(source_id: int, project_id: str) -> Project:
    """Return a project by its source and ProjectID. Raises `NotFound`."""
    found = db.session.scalar(
        select(Project).where(
            Project.source_id == source_id, Project.project_id == project_id, Project.removed_at.is_(None)
        )
    )
    if found is None:
        raise NotFound("There is no such program.")
    return found


def project_page(source_id: int, project_id: str) -> ProjectPage:
    """Return all that the page of a program shows. Raises `NotFound`."""
    project = get_project(source_id, project_id)
    source = db.session.get_one(HmisSource, source_id)
    return ProjectPage(
        project=project,
        source_name=source.name,
        organization=find_organization(source_id, project.organization_id or ""),
        type_label=label("2.02.6", project.project_type),
        locations=_rows_of(ProjectCoC, project, ProjectCoC.coc_code),
        funders=_rows_of(Funder, project, Funder.start_date),
        inventory=_rows_of(Inventory, project, Inventory.inventory_start_date),
        hmis_participation=_rows_of(HMISParticipation, project, HMISParticipation.hmis_participation_status_start_date),
        ce_participation=_rows_of(CEParticipation, project, CEParticipation.ce_participation_status_start_date),
        open_stays=_open_stays(project),
        is_local=project.import_id is None,
    )


def find_organization(source_id: int, organization_id: str) -> Organization | None:
    """Return an organization by its source and OrganizationID, or None."""
    return db.session.scalar(
        select(Organization).where(
            Organization.source_id == source_id,
            Organization.organization_id == organization_id,
            Organization.removed_at.is_(None),
        )
    )


def hold_organization(organization: Organization) -> bool:
    """Keep an organization from going until the end of the transaction; False, at once, when it is about to go.

    Not so hard that the end of an import, which may have written it, is waited for.
    """
    chosen = select(Organization.id).where(Organization.id == organization.id)
    return db.session.scalar(chosen.with_for_update(read=True, key_share=True, skip_locked=True)) is not None


def list_organizations(source_id: int) -> list[Organization]:
    """Return the organizations of a source by name."""
    reading = select(Organization).where(Organization.source_id == source_id, Organization.removed_at.is_(None))
    return list(db.session.scalars(reading.order_by(Organization.organization_name, Organization.id)))


def _narrowing(
    scope: Collection[ProjectKey] | None,
    organizations: Collection[OrganizationKey] | Select[int, str] | None,
    operating_on: date | None,
) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if scope is not None:
        conditions.append(among(Project.source_id, Project.project_id, scope))
    if isinstance(organizations, Select):
        conditions.append(tuple_(Project.source_id, Project.organization_id).in_(organizations))
    elif organizations is not None:
        conditions.append(among(Project.source_id, Project.organization_id, organizations))
    if operating_on is not None:
        conditions.append(or_(Project.operating_start_date.is_(None), Project.operating_start_date <= operating_on))
        conditions.append(or_(Project.operating_end_date.is_(None), Project.operating_end_date >= operating_on))
    return conditions


def _is_of_project() -> ColumnElement[bool]:
    return and_(
        Organization.source_id == Project.source_id,
        Organization.organization_id == Project.organization_id,
        Organization.removed_at.is_(None),
    )


def _row(
    project: Project, name: str | None, source_name: str, organization_name: str | None, funders: int
) -> ProjectRow:
    return ProjectRow(
        id=project.id,
        source_id=project.source_id,
        source_name=source_name,
        project_id=project.project_id,
        name=name or project.project_id,
        project_type=project.project_type,
        type_label=label("2.02.6", project.project_type),
        organization_id=project.organization_id or "",
        organization_name=organization_name or "",
        operating_start=project.operating_start_date,
        operating_end=project.operating_end_date,
        funders=funders,
        is_local=project.import_id is None,
    )


def _rows_of(model: type[RowT], project: Project, order: Any) -> tuple[RowT, ...]:
    of_project: Any = model
    reading = select(model).where(
        of_project.source_id == project.source_id,
        of_project.project_id == project.project_id,
        of_project.removed_at.is_(None),
    )
    rows: Sequence[RowT] = db.session.scalars(reading.order_by(order, of_project.id)).all()
    return tuple(rows)


def _open_stays(project: Project) -> int:
    """Count the stays in a project that have not ended."""
    reading = (
        select(func.count(Enrollment.id))
        .outerjoin(
            Exit,
            and_(
                Exit.source_id == Enrollment.source_id,
                Exit.enrollment_id == Enrollment.enrollment_id,
                Exit.removed_at.is_(None),
            ),
        )
        .where(
            Enrollment.source_id == project.source_id,
            Enrollment.project_id == project.project_id,
            Enrollment.removed_at.is_(None),
            THROUGH_ALL.there(Enrollment),
            Exit.id.is_(None),
        )
    )
    return db.session.scalar(reading) or 0
