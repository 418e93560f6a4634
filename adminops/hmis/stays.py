"""Stays of client records in projects, with what a timeline shows of each, read through the repairs of their source."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, lru_cache
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Integer, Row, ScalarSelect, Select, and_, bindparam, case, func, select
from sqlalchemy.orm import aliased

from adminops.db import db
from adminops.hmis.codes import RecordType, label
from adminops.hmis.keys import SourceKey, among
from adminops.hmis.layers import AS_RECEIVED, THROUGH_ALL, Layers, has_repairs, repairs_on
from adminops.hmis.models import Client, Enrollment, Exit, Organization, Project, Repair, Services, StayMove


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
    service_days: tuple[date, ...] = ()
    """The days with a service or a bed night, in order."""
    repaired: frozenset[str] = frozenset()
    """HUD's columns that are shown otherwise than they came; ExitDate when it is another stay's."""

    @property
    def key(self) -> SourceKey:
        """The stay across sources."""
        return self.source_id, self.enrollment_id


def stays_of(records: Sequence[Client], only: ColumnElement[bool] | None = None) -> list[Stay]:
    """Return the stays of all `records`, the newest first: `only` those for which a condition on `Enrollment` holds.

    Two reads however many there are, and a few more where there are repairs. The statement is made once a condition,
    so a condition is to be one and the same object at each call.
    """
    client_ids = {(client.source_id, client.personal_id): client.id for client in records}
    theirs, found = set(client_ids.values()), dict[int, Row[Any]]()
    for row in db.session.execute(_reading(only), {"records": list(theirs)}):
        if row.moved_to is None or row.moved_to in theirs:
            found.setdefault(row.id, row)  # a second exit of one stay is the vendor's fault, not another stay
    stays = [_stay(row, client_ids) for row in found.values()]
    has_layer = any(row.has_repairs for row in found.values())
    services = _services_of(stays, THROUGH_ALL if has_layer else AS_RECEIVED)
    served = [_with_services(stay, services.get(stay.key, Served())) for stay in stays]
    return _read_through(served) if has_layer else served


def owners_of_stays(records: Sequence[Client]) -> dict[SourceKey, int]:
    """Return under which of `records` each of their stays reads, whatever repairs say of it: one read."""
    client_ids = {(client.source_id, client.personal_id): client.id for client in records}
    theirs = set(client_ids.values())
    owners = {
        (row.source_id, row.enrollment_id): row.moved_to or client_ids[row.source_id, row.personal_id or ""]
        for row in db.session.execute(_reading_owners(), {"records": list(theirs)})
    }
    return {stay: owner for stay, owner in owners.items() if owner in theirs}


def stay_ids_of(records: Sequence[Client], only: ColumnElement[bool] | None = None) -> set[int]:
    """Return the numbers of what `stays_of` returns, and nothing else of it: one read."""
    theirs = {client.id for client in records}
    rows = db.session.execute(_reading_ids(only), {"records": list(theirs)})
    return {row.id for row in rows if row.moved_to is None or row.moved_to in theirs}


@cache
def _reading_owners() -> Select[*tuple[Any, ...]]:
    owner = (Enrollment.personal_id, _moved_to().label("moved_to"))
    chosen = select(Enrollment.source_id, Enrollment.enrollment_id, *owner)
    return chosen.where(_is_of(), Enrollment.removed_at.is_(None))


@lru_cache(maxsize=8)
def _reading_ids(only: ColumnElement[bool] | None) -> Select[*tuple[Any, ...]]:
    return select(Enrollment.id, _moved_to().label("moved_to")).where(*_shown(only))


@lru_cache(maxsize=8)
def _reading(only: ColumnElement[bool] | None) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Enrollment.id,
            Enrollment.source_id,
            Enrollment.enrollment_id,
            Enrollment.personal_id,
            Enrollment.project_id,
            Enrollment.entry_date,
            THROUGH_ALL.value(Enrollment, "move_in_date").label("move_in_date"),
            THROUGH_ALL.value(Enrollment, "household_id").label("household_id"),
            THROUGH_ALL.value(Enrollment, "relationship_to_hoh").label("relationship_to_hoh"),
            THROUGH_ALL.value(Project, "project_name").label("project_name"),
            Project.project_type,
            THROUGH_ALL.value(Organization, "organization_name").label("organization_name"),
            Exit.exit_date,
            Exit.destination,
            _household_size().label("household_size"),
            has_repairs(Enrollment).label("has_repairs"),
            _moved_to().label("moved_to"),
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
        .where(*_shown(only))
        .order_by(Enrollment.entry_date.desc(), Enrollment.id.desc(), Exit.id)
    )


def _shown(only: ColumnElement[bool] | None) -> list[ColumnElement[bool]]:
    shown = [_is_of(), Enrollment.removed_at.is_(None), THROUGH_ALL.there(Enrollment)]
    return shown if only is None else [*shown, only]


@cache
def _is_of() -> ColumnElement[bool]:
    """Return the condition that a stay is of one of `records`, or was moved to one when a merge was undone.

    A union of numbers: neither database looks an "or" of these two up by their indexes.
    """
    other, records = aliased(Enrollment), bindparam("records", expanding=True, type_=Integer)
    own = (
        select(other.id)
        .join(Client, (Client.source_id == other.source_id) & (Client.personal_id == other.personal_id))
        .where(Client.id.in_(records))
    )
    moved = (
        select(other.id)
        .join(StayMove, (StayMove.source_id == other.source_id) & (StayMove.enrollment_id == other.enrollment_id))
        .where(StayMove.to_client_id.in_(records), StayMove.taken_back_at.is_(None))
    )
    return Enrollment.id.in_(own.union(moved))


@cache
def _moved_to() -> ScalarSelect[int]:
    """Return the record to which a stay was moved last; None where it was not."""
    moves = (StayMove.source_id == Enrollment.source_id, StayMove.enrollment_id == Enrollment.enrollment_id)
    chosen = select(StayMove.to_client_id).where(*moves, StayMove.taken_back_at.is_(None))
    return chosen.order_by(StayMove.id.desc()).limit(1).correlate(Enrollment).scalar_subquery()


@cache
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


def _services_of(stays: Sequence[Stay], layers: Layers) -> dict[SourceKey, Served]:
    """Return what was given in each stay in which there was something."""
    if not stays:
        return {}
    is_night = case((Services.record_type == RecordType.BED_NIGHT.value, 1), else_=0)
    stay = (Services.source_id, layers.value(Services, "enrollment_id"))
    reading = (
        select(*stay, Services.date_provided, func.count(Services.id), func.sum(is_night))
        .where(
            layers.of_keys(Services, "enrollment_id", {each.key for each in stays}),
            Services.removed_at.is_(None),
            layers.there(Services),
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


def _stay(row: Row[Any], client_ids: dict[SourceKey, int]) -> Stay:
    return Stay(
        id=row.id,
        enrollment_id=row.enrollment_id,
        client_id=row.moved_to or client_ids[(row.source_id, row.personal_id or "")],
        source_id=row.source_id,
        personal_id=row.personal_id or "",
        project_id=row.project_id or "",
        project_name=row.project_name or f"Project {row.project_id}",
        project_type=row.project_type,
        project_type_label=label("2.02.6", row.project_type),
        organization_name=row.organization_name or "",
        entry_date=row.entry_date,
        move_in_date=row.move_in_date,
        exit_date=row.exit_date,
        destination=label("3.12.1", row.destination),
        household_id=row.household_id or "",
        relationship=label("3.15.1", row.relationship_to_hoh),
        household_size=max(1, row.household_size),
        services=0,
        bed_nights=0,
    )


def _with_services(stay: Stay, served: Served) -> Stay:
    return replace(stay, services=served.services, bed_nights=served.bed_nights, service_days=served.days)


def _read_through(stays: Sequence[Stay]) -> list[Stay]:
    """Read what spans several rows: ends that were another stay's, and the size of repaired households."""
    repairs = repairs_on("Enrollment", [stay.id for stay in stays])
    exits, sizes = _moved_exits(stays), _repaired_sizes(stays)
    return [
        replace(
            stay,
            exit_date=exits[stay.key][0] if stay.key in exits else stay.exit_date,
            destination=label("3.12.1", exits[stay.key][1]) if stay.key in exits else stay.destination,
            household_size=sizes.get((stay.source_id, stay.project_id, stay.household_id), 1),
            repaired=frozenset(repairs.get(stay.id, {})) | ({"ExitDate"} if stay.key in exits else set()),
        )
        for stay in stays
    ]


def _moved_exits(stays: Sequence[Stay]) -> dict[SourceKey, tuple[date | None, int | None]]:
    """Return when and where to those stays ended that are several put together: their last one's exit."""
    reading = (
        select(Repair.source_id, Repair.value, Exit.exit_date, Exit.destination)
        .join(Exit, Exit.id == Repair.row_id)
        .where(Repair.file == "Exit", Repair.column == "EnrollmentID")
        .where(among(Repair.source_id, Repair.value, {stay.key for stay in stays}))
    )
    return {(source_id, stay): (day, code) for source_id, stay, day, code in db.session.execute(reading)}


def _repaired_sizes(stays: Sequence[Stay]) -> dict[tuple[int, str, str], int]:
    """Return how many members each of the stays' households has, by source, project and HouseholdID."""
    household = THROUGH_ALL.value(Enrollment, "household_id")
    reading = (
        select(Enrollment.source_id, Enrollment.project_id, household, func.count(Enrollment.id))
        .where(
            THROUGH_ALL.of_keys(Enrollment, "household_id", {(stay.source_id, stay.household_id) for stay in stays}),
            Enrollment.removed_at.is_(None),
            THROUGH_ALL.there(Enrollment),
        )
        .group_by(Enrollment.source_id, Enrollment.project_id, household)
    )
    return {
        (source_id, project or "", id_ or ""): count for source_id, project, id_, count in db.session.execute(reading)
    }
