"""Stays of client records in projects, with what a timeline shows of each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Row, ScalarSelect, and_, case, func, select
from sqlalchemy.orm import aliased

from adminops.db import db
from adminops.hmis.codes import RecordType, label
from adminops.hmis.keys import among
from adminops.hmis.models import Client, Enrollment, Exit, Organization, Project, Services


@dataclass(frozen=True)
class Stay:
    """A stay of the person in a project. `id` is the enrollment's number in the store."""

    id: int
    enrollment_id: str
    client_id: int
    source_id: int
    personal_id: str
    project_id: str
    project_name: str
    project_type: int | None
    project_type_label: str
    organization_name: str
    entry_date: date | None
    move_in_date: date | None
    exit_date: date | None
    destination: str
    household_id: str
    relationship: str
    household_size: int
    services: int
    bed_nights: int
    service_days: tuple[date, ...]
    """The days with a service or a bed night, in order."""


def stays_of(records: Sequence[Client], *narrowed: ColumnElement[bool]) -> list[Stay]:
    """Return the stays of all `records`, the newest first, `narrowed` by conditions: two reads however many."""
    client_ids = {(client.source_id, client.personal_id): client.id for client in records}
    found: dict[int, Row[Any]] = {}
    for row in _rows_of(client_ids, narrowed):
        found.setdefault(row.Enrollment.id, row)  # a second exit of one stay is the vendor's fault, not another stay
    services = _services_of([row.Enrollment for row in found.values()])
    return [_stay(row, client_ids, services) for row in found.values()]


def _rows_of(keys: Iterable[tuple[int, str]], narrowed: Sequence[ColumnElement[bool]]) -> Iterable[Row[Any]]:
    return db.session.execute(
        select(
            Enrollment,
            Project.project_name,
            Project.project_type,
            Organization.organization_name,
            Exit.exit_date,
            Exit.destination,
            _household_size().label("household_size"),
        )
        .outerjoin(
            Project,
            and_(
                Project.source_id == Enrollment.source_id,
                Project.project_id == Enrollment.project_id,
                Project.removed_at.is_(None),
            ),
        )
        .outerjoin(
            Organization,
            and_(
                Organization.source_id == Project.source_id,
                Organization.organization_id == Project.organization_id,
                Organization.removed_at.is_(None),
            ),
        )
        .outerjoin(
            Exit,
            and_(
                Exit.source_id == Enrollment.source_id,
                Exit.enrollment_id == Enrollment.enrollment_id,
                Exit.removed_at.is_(None),
            ),
        )
        .where(among(Enrollment.source_id, Enrollment.personal_id, keys), Enrollment.removed_at.is_(None), *narrowed)
        .order_by(Enrollment.entry_date.desc(), Enrollment.id.desc(), Exit.id)
    )


def _household_size() -> ScalarSelect[int]:
    """Count the members of a stay's household: vendors reuse a HouseholdID, so it is one only inside a project."""
    member = aliased(Enrollment)
    return (
        select(func.count(member.id))
        .where(
            member.source_id == Enrollment.source_id,
            member.household_id == Enrollment.household_id,
            member.project_id == Enrollment.project_id,
            member.removed_at.is_(None),
        )
        .correlate(Enrollment)
        .scalar_subquery()
    )


@dataclass(frozen=True)
class Served:
    """What was given in a stay."""

    services: int = 0
    """Without bed nights."""
    bed_nights: int = 0
    days: tuple[date, ...] = ()


def _services_of(enrollments: Sequence[Enrollment]) -> dict[tuple[int, str], Served]:
    """Return what was given in each stay in which there was something."""
    if not enrollments:
        return {}
    is_night = case((Services.record_type == RecordType.BED_NIGHT.value, 1), else_=0)
    stay = (Services.source_id, Services.enrollment_id)
    reading = (
        select(*stay, Services.date_provided, func.count(Services.id), func.sum(is_night))
        .where(
            among(*stay, {(enrollment.source_id, enrollment.enrollment_id) for enrollment in enrollments}),
            Services.removed_at.is_(None),
        )
        .group_by(*stay, Services.date_provided)
        .order_by(*stay, Services.date_provided)
    )
    rows = db.session.execute(reading).all()
    return {
        (source_id, enrollment_id or ""): _served(list(of_stay))
        for (source_id, enrollment_id), of_stay in groupby(rows, key=lambda row: (row[0], row[1]))
    }


def _served(rows: Sequence[Any]) -> Served:
    nights = sum(row[4] for row in rows)
    return Served(sum(row[3] for row in rows) - nights, nights, tuple(row[2] for row in rows if row[2] is not None))


def _stay(row: Row[Any], client_ids: dict[tuple[int, str], int], services: dict[tuple[int, str], Served]) -> Stay:
    enrollment: Enrollment = row.Enrollment
    served = services.get((enrollment.source_id, enrollment.enrollment_id), Served())
    return Stay(
        id=enrollment.id,
        enrollment_id=enrollment.enrollment_id,
        client_id=client_ids[(enrollment.source_id, enrollment.personal_id or "")],
        source_id=enrollment.source_id,
        personal_id=enrollment.personal_id or "",
        project_id=enrollment.project_id or "",
        project_name=row.project_name or f"Project {enrollment.project_id}",
        project_type=row.project_type,
        project_type_label=label("2.02.6", row.project_type),
        organization_name=row.organization_name or "",
        entry_date=enrollment.entry_date,
        move_in_date=enrollment.move_in_date,
        exit_date=row.exit_date,
        destination=label("3.12.1", row.destination),
        household_id=enrollment.household_id or "",
        relationship=label("3.15.1", enrollment.relationship_to_hoh),
        household_size=max(1, row.household_size),
        services=served.services,
        bed_nights=served.bed_nights,
        service_days=served.days,
    )
