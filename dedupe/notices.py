"""Telling agencies of merges of their clients: once a day, by client IDs alone.

An agency is concerned when one of the two records had a stay in a project of its own within the last year. Stays with
victim service providers, by HUD's flag or the agency's mark, concern nobody: what they know of a client is not to be
put beside what others know. Nor is anything told of a client who stays with them alone, as it stands when the mail
leaves, nor of a merge across two HMIS: no vendor can make it, and each agency goes on with the ID of its own.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import joinedload

from adminops import clock
from adminops.db import db
from adminops.hmis.models import Client, Enrollment, Exit, Merge, Organization, Project
from adminops.identity.models import Agency, AgencyOrganization, RoleGrant, User
from adminops.identity.permissions import Role
from adminops.identity.scopes import IS_VICTIM_SERVICES
from adminops.outbox.messages import enqueue_mail
from adminops.settings import current_settings
from dedupe.gathering import protected_among

LATELY = timedelta(days=365)
DAY = timedelta(days=1)
DAYS = 7
"""So many days are told of: who leads an agency that had nobody to tell hears of the last week."""


def tell_agencies() -> None:
    """Ask for the mails about the days of the last week: to who leads the agencies concerned now, each once."""
    today = clock.today(current_settings().time_zone)
    for day in (today - back * DAY for back in range(DAYS, 0, -1)):
        concerned = {agency_id for agency_id, _ in _concerned(_merges_of(day))}
        for agency_id, leads in sorted(_leads_of(concerned).items()):
            for lead in leads:
                enqueue_mail("dedupe.merges_of_day", to=lead, agency=agency_id, day=f"{day}")


def is_lead(user_id: int, agency_id: int) -> bool:
    """Tell whether somebody who may sign in leads an agency now."""
    return any(lead.id == user_id for lead in _leads_of([agency_id]).get(agency_id, ()))


def merges_of_day(agency_id: int, day: date) -> Sequence[tuple[Merge, str, str]]:
    """Return the merges of a day that concern an agency, made or undone, with both client IDs: kept, retired."""
    found = _merges_of(day)
    concerned = _concerned(found, agency_id)
    return [
        (merge, merge.destination_client.personal_id, merge.source_client.personal_id)
        for merge in found
        if (agency_id, merge.id) in concerned
    ]


def _merges_of(day: date) -> list[Merge]:
    begins, ends = _begin(day), _begin(day + DAY)
    made = and_(Merge.merged_at >= begins, Merge.merged_at < ends, Merge.undone_at.is_(None))
    undone = and_(Merge.undone_at >= begins, Merge.undone_at < ends, Merge.merged_at < begins)
    both = (joinedload(Merge.destination_client), joinedload(Merge.source_client))
    chosen = select(Merge).where(or_(made, undone)).options(*both).order_by(Merge.id)
    return _to_be_told(db.session.scalars(chosen).all())


def _to_be_told(merges: Collection[Merge]) -> list[Merge]:
    """Return the merges within one HMIS of two records that may be spoken of."""
    within = [each for each in merges if each.source_client.source_id == each.destination_client.source_id]
    protected = protected_among(id_ for merge in within for id_ in _sides(merge))
    return [merge for merge in within if protected.isdisjoint(_sides(merge))]


def _sides(merge: Merge) -> tuple[int, int]:
    return merge.source_client_id, merge.destination_client_id


def _begin(day: date) -> datetime:
    """Return when a day of the house begins."""
    return datetime.combine(day, time(), ZoneInfo(current_settings().time_zone))


def _concerned(merges: Collection[Merge], agency_id: int | None = None) -> set[tuple[int, int]]:
    """Return which agencies, or whether this one, had one of the two lately: (agency, merge), in one read."""
    left = and_(Exit.source_id == Enrollment.source_id, Exit.enrollment_id == Enrollment.enrollment_id)
    place = and_(Project.source_id == Enrollment.source_id, Project.project_id == Enrollment.project_id)
    theirs = and_(
        AgencyOrganization.source_id == Project.source_id, AgencyOrganization.organization_id == Project.organization_id
    )
    named = and_(Organization.source_id == Project.source_id, Organization.organization_id == Project.organization_id)
    chosen = (
        select(Agency.id, Client.id, Exit.exit_date, IS_VICTIM_SERVICES)
        .join(AgencyOrganization, AgencyOrganization.agency_id == Agency.id)
        .join(Project, theirs)
        .outerjoin(Organization, named)
        .join(Enrollment, place)
        .join(Client, and_(Client.source_id == Enrollment.source_id, Client.personal_id == Enrollment.personal_id))
        .outerjoin(Exit, and_(left, Exit.removed_at.is_(None)))
        .where(
            Client.id.in_({id_ for merge in merges for id_ in _sides(merge)}),
            Enrollment.removed_at.is_(None),
        )
        .distinct()
    )
    if agency_id is not None:
        chosen = chosen.where(Agency.id == agency_id)
    stays = defaultdict[int, list[tuple[int, date | None]]](list)
    for agency, client_id, exit_date, is_protected in db.session.execute(chosen):
        if not is_protected:
            stays[client_id].append((agency, exit_date))
    return {
        (agency, merge.id)
        for merge in merges
        for client_id in _sides(merge)
        for agency, exit_date in stays[client_id]
        if exit_date is None or exit_date >= merge.merged_at.date() - LATELY
    }


def _leads_of(agency_ids: Collection[int]) -> dict[int, list[User]]:
    """Return who leads each of the agencies now; one that nobody leads is left out."""
    chosen = (
        select(RoleGrant.agency_id, User)
        .join(User, User.id == RoleGrant.user_id)
        .where(RoleGrant.role == Role.AGENCY_LEAD, RoleGrant.agency_id.in_(agency_ids), User.may_sign_in)
        .order_by(User.id)
    )
    leads = defaultdict[int, list[User]](list)
    for agency_id, user in db.session.execute(chosen):
        leads[agency_id].append(user)
    return leads
