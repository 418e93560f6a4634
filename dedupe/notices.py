"""Telling agencies of merges of their clients: once a day, by client IDs alone.

An agency is concerned when one of the two records, or one that came or went with them, had a stay in a project of its
own within the last year: it may go on using an ID that was retired for one that is retired now. Stays with
victim service providers, by HUD's flag or the agency's mark, concern nobody: what they know of a client is not to be
put beside what others know. Nor is anything told of a client who stays with them alone, as it stands when the mail
leaves, nor of a merge across two HMIS: no vendor can make it, and each agency goes on with the ID of its own.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, or_, select

from adminops import clock
from adminops.db import db
from adminops.hmis.keys import IsListed
from adminops.hmis.models import Client, Enrollment, Exit, Merge, Organization, PersonLink, Project
from adminops.identity.models import Agency, AgencyOrganization, RoleGrant, User
from adminops.identity.permissions import Role
from adminops.identity.scopes import IS_VICTIM_SERVICES
from adminops.outbox.messages import enqueue_mail
from adminops.settings import current_settings
from dedupe.gathering import in_parts, protected_among

LATELY = timedelta(days=365)
DAY = timedelta(days=1)
DAYS = 7
"""So many days are told of: who leads an agency that had nobody to tell hears of the last week."""


@dataclass(frozen=True)
class Change:
    """What is told of a merge: these client IDs are now that one or, when it was undone, apart from it again."""

    merge: Merge
    ids: tuple[str, ...]
    other: str
    client_ids: frozenset[int]
    """The records by whose stays an agency is concerned."""


def tell_agencies() -> None:
    """Ask for the mails about the days of the last week: to who leads the agencies concerned now, each once."""
    today = clock.today(current_settings().time_zone)
    for day in (today - back * DAY for back in range(DAYS, 0, -1)):
        concerned = {agency_id for agency_id, _ in _concerned(_changes_of(day, day))}
        for agency_id, leads in sorted(_leads_of(concerned).items()):
            for lead in leads:
                enqueue_mail("dedupe.merges_of_day", to=lead, agency=agency_id, day=f"{day}")


def agencies_without_lead() -> Sequence[str]:
    """Return the names of agencies that merges of the last week concern and where nobody can be told."""
    today = clock.today(current_settings().time_zone)
    concerned = {agency_id for agency_id, _ in _concerned(_changes_of(today - DAYS * DAY, today - DAY))}
    if not concerned:
        return []
    silent = concerned - _leads_of(concerned).keys()
    return db.session.scalars(select(Agency.name).where(Agency.id.in_(silent)).order_by(Agency.name)).all()


def is_lead(user_id: int, agency_id: int) -> bool:
    """Tell whether somebody who may sign in leads an agency now."""
    return any(lead.id == user_id for lead in _leads_of([agency_id]).get(agency_id, ()))


def changes_of_day(agency_id: int, day: date) -> list[Change]:
    """Return what there is to tell an agency of the merges that were made or undone on a day."""
    changes = _changes_of(day, day)
    concerned = _concerned(changes, agency_id)
    return [change for change in changes if (agency_id, change.merge.id) in concerned]


def _changes_of(first: date, last: date) -> list[Change]:
    """Return what there is to tell of these days, as it stands now."""
    merges = _merges_of(first, last)
    links = _links_of(merges)
    named = {id_ for merge in merges for id_ in _sides(merge)}
    for link in (link for moved in links.values() for link in moved):
        named.update((link.client_id, link.from_person_id, link.to_person_id))
    records = _records(named)
    changes = (_change(merge, links[merge.id], records) for merge in merges if merge.id in links)
    return [change for change in changes if change is not None]


def _merges_of(first: date, last: date) -> Sequence[Merge]:
    begins, ends = _begin(first), _begin(last + DAY)
    made = and_(Merge.merged_at >= begins, Merge.merged_at < ends, Merge.undone_at.is_(None))
    undone = and_(Merge.undone_at >= begins, Merge.undone_at < ends, Merge.merged_at < begins)
    return db.session.scalars(select(Merge).where(or_(made, undone)).order_by(Merge.id)).all()


def _links_of(merges: Collection[Merge]) -> dict[int, list[PersonLink]]:
    """Return by merge which records went to another person, when it was made or, once it is undone, by that."""
    undone_at = {merge.id: merge.undone_at for merge in merges}
    chosen = select(PersonLink).where(IsListed(PersonLink.merge_id, "ids")).order_by(PersonLink.id)
    links = defaultdict[int, list[PersonLink]](list)
    for some in in_parts(undone_at):
        for link in db.session.scalars(chosen, {"ids": some}):
            undone = undone_at[link.merge_id]
            if undone is None or link.linked_at >= undone:
                links[link.merge_id].append(link)
    return links


def _records(client_ids: Collection[int]) -> dict[int, Any]:
    """Return source, PersonalID and present person of records by their numbers; of those who are protected nothing."""
    columns = (Client.id, Client.source_id, Client.personal_id, Client.person_id)
    chosen, protected = select(*columns).where(IsListed(Client.id, "ids")), protected_among(client_ids)
    rows = (row for some in in_parts(client_ids) for row in db.session.execute(chosen, {"ids": some}))
    return {row.id: row for row in rows if row.id not in protected}


def _change(merge: Merge, links: Sequence[PersonLink], records: Mapping[int, Any]) -> Change | None:
    """Return what is told of a merge within one HMIS whose two records may be spoken of, if that is still so."""
    sides = [records[id_] for id_ in _sides(merge) if id_ in records]
    if len(sides) < len(_sides(merge)) or sides[0].source_id != sides[1].source_id:
        return None
    went = {link.client_id for link in links}
    other = records.get(links[0].to_person_id if merge.is_active else links[0].from_person_id)
    if other is None or other.source_id != sides[0].source_id:  # the kept one of another HMIS, or protected
        other = next(side for side in sides if side.id not in went)
    ids = [
        record
        for record in (records[id_] for id_ in sorted(went) if id_ in records)
        if record.source_id == other.source_id and (record.person_id == other.person_id) is merge.is_active
    ]
    concerned = frozenset(record.id for record in (*sides, *ids, other))
    return Change(merge, tuple(record.personal_id for record in ids), other.personal_id, concerned) if ids else None


def _sides(merge: Merge) -> tuple[int, int]:
    return merge.source_client_id, merge.destination_client_id


def _begin(day: date) -> datetime:
    """Return when a day of the house begins."""
    return datetime.combine(day, time(), ZoneInfo(current_settings().time_zone))


def _concerned(changes: Collection[Change], agency_id: int | None = None) -> set[tuple[int, int]]:
    """Return which agencies, or whether this one, had one of the records lately: (agency, merge)."""
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
            IsListed(Client.id, "ids"),
            Enrollment.removed_at.is_(None),
        )
        .distinct()
    )
    if agency_id is not None:
        chosen = chosen.where(Agency.id == agency_id)
    stays = defaultdict[int, list[tuple[int, date | None]]](list)
    for some in in_parts({id_ for change in changes for id_ in change.client_ids}):
        for agency, client_id, exit_date, is_protected in db.session.execute(chosen, {"ids": some}):
            if not is_protected:
                stays[client_id].append((agency, exit_date))
    return {
        (agency, change.merge.id)
        for change in changes
        for client_id in change.client_ids
        for agency, exit_date in stays[client_id]
        if exit_date is None or exit_date >= change.merge.merged_at.date() - LATELY
    }


def _leads_of(agency_ids: Collection[int]) -> dict[int, list[User]]:
    """Return who leads each of the agencies now; one that nobody leads is left out."""
    chosen = (
        select(Agency.id, User)
        .join(RoleGrant, RoleGrant.agency_id == Agency.id)
        .join(User, User.id == RoleGrant.user_id)
        .where(RoleGrant.role == Role.AGENCY_LEAD, Agency.id.in_(agency_ids), User.may_sign_in)
        .order_by(User.id)
    )
    leads = defaultdict[int, list[User]](list)
    for agency_id, user in db.session.execute(chosen):
        leads[agency_id].append(user)
    return leads
