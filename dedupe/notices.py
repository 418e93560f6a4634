"""Telling agencies of merges of their clients: once a day, by client IDs alone.

An agency is concerned when one of the two records had a stay in a project of its own within the last year. Victim
service providers are not told: what they know of a client is not to be put beside what others know.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import and_, or_, select

from adminops import clock
from adminops.db import db
from adminops.hmis.models import Client, Enrollment, Exit, Merge, Project
from adminops.identity.models import Agency, AgencyOrganization, RoleGrant, User
from adminops.identity.permissions import Role
from adminops.outbox.messages import enqueue_mail

LATELY = timedelta(days=365)
DAY = timedelta(days=1)


def tell_agencies(merge_id: int) -> None:
    """Have the leads of the agencies concerned told tonight of a merge that was made or undone just now."""
    merge = db.session.get_one(Merge, merge_id)
    today = clock.now().date()
    for agency_id in _agencies_of(merge):
        for lead in _leads_of(agency_id):
            enqueue_mail("dedupe.merges_of_day", to=lead, after=_begin(today + DAY), agency=agency_id, day=f"{today}")


def merges_of_day(agency_id: int, day: date) -> Sequence[tuple[Merge, str, str]]:
    """Return the merges of a day that concern an agency, made or undone, with both client IDs: kept, retired."""
    begins, ends = _begin(day), _begin(day + DAY)
    made = and_(Merge.merged_at >= begins, Merge.merged_at < ends, Merge.undone_at.is_(None))
    undone = and_(Merge.undone_at >= begins, Merge.undone_at < ends, Merge.merged_at < begins)
    found = db.session.scalars(select(Merge).where(or_(made, undone)).order_by(Merge.id)).all()
    concerned = [merge for merge in found if agency_id in _agencies_of(merge)]
    return [(merge, merge.destination_client.personal_id, merge.source_client.personal_id) for merge in concerned]


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(0), UTC)


def _agencies_of(merge: Merge) -> list[int]:
    """Return the agencies in whose projects one of the two stayed lately."""
    since = merge.merged_at.date() - LATELY
    left = and_(Exit.source_id == Enrollment.source_id, Exit.enrollment_id == Enrollment.enrollment_id)
    place = and_(Project.source_id == Enrollment.source_id, Project.project_id == Enrollment.project_id)
    theirs = and_(
        AgencyOrganization.source_id == Project.source_id, AgencyOrganization.organization_id == Project.organization_id
    )
    chosen = (
        select(Agency.id)
        .join(AgencyOrganization, AgencyOrganization.agency_id == Agency.id)
        .join(Project, theirs)
        .join(Enrollment, place)
        .join(Client, and_(Client.source_id == Enrollment.source_id, Client.personal_id == Enrollment.personal_id))
        .outerjoin(Exit, and_(left, Exit.removed_at.is_(None)))
        .where(
            Client.id.in_([merge.source_client_id, merge.destination_client_id]),
            Enrollment.removed_at.is_(None),
            or_(Exit.exit_date.is_(None), Exit.exit_date >= since),
            Agency.is_victim_service_provider.is_(False),
        )
    )
    return sorted(set(db.session.scalars(chosen)))


def _leads_of(agency_id: int) -> Sequence[User]:
    granted = select(RoleGrant.user_id).where(RoleGrant.agency_id == agency_id, RoleGrant.role == Role.AGENCY_LEAD)
    return db.session.scalars(select(User).where(User.may_sign_in, User.id.in_(granted)).order_by(User.id)).all()
