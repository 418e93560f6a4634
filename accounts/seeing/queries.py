"""Reads of how things stood on a day: what is on the audit trail, and what rows say of themselves."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, or_, select

from accounts.models import Account
from accounts.seeing.models import Answer, Look, Seer
from accounts.seeing.rules import LIFE, ROLES, Happened, Held, Place, held_roles, sees, was_open
from adminops.audit.models import AuditEntry
from adminops.db import db
from adminops.hmis.keys import among
from adminops.hmis.models import Client, Enrollment, HmisImport, Merge, Organization, Project
from adminops.identity.models import Agency, AgencyOrganization, RoleGrant, User
from adminops.identity.permissions import ROLE_PERMISSIONS, Permission, Role
from adminops.settings import current_settings

AT_ONCE = 500
VICTIM_MARK = "is_victim_service_provider"
LOOKED = ("ClientViewed", "SsnRevealed")
FOUND = ("SsnLookedUp", "PersonLookedUp")
READING = [role for role, held in ROLE_PERMISSIONS.items() if Permission.READ_CLIENTS in held]

PlaceKey = tuple[int, str | None, int]
"""Number of the source, ProjectID, and number of the client record that stays there."""

ALWAYS = (
    "What a role may do, and which organizations an agency stands for, is read as it is today.",
    "When a stay came into the store is read from its DateCreated: imports don't keep when each row first came.",
    "Agreements on sharing change nothing of what AdminOps shows: agencies see the clients who stay with them.",
    "Programs show people no more than they may see themselves, and exports of the whole store are on the audit trail.",
)


@dataclass(frozen=True)
class Day:
    """A day on the team's own clocks."""

    on: date

    @property
    def start(self) -> datetime:
        """Its first moment."""
        return datetime.combine(self.on, time.min, ZoneInfo(current_settings().time_zone))

    @property
    def end(self) -> datetime:
        """The first moment after it."""
        return datetime.combine(self.on + timedelta(days=1), time.min, ZoneInfo(current_settings().time_zone))


def trail_begins() -> datetime | None:
    """Return when the audit trail begins."""
    return db.session.scalar(select(AuditEntry.at).order_by(AuditEntry.id).limit(1))


def find_client(client_id: int, agency_ids: Collection[int] | None) -> Client | None:
    """Return a client record; with `agency_ids` only one whose person stays, or stayed, at these agencies."""
    client = db.session.get(Client, client_id)
    if client is None or agency_ids is None:
        return client
    places = places_of(records_of(client, None), None)
    is_theirs = any(place.agency_ids & set(agency_ids) for place in places.values())
    return client if is_theirs else None


def records_of(client: Client, day: Day | None) -> Sequence[Client]:
    """Return the records that stood for one person with `client` on a day (None: today), by the log of merges."""
    found, waiting = {client.id}, {client.id}
    while waiting:
        ends = (Merge.source_client_id, Merge.destination_client_id)
        held = [or_(*(end.in_(waiting) for end in ends))]
        if day is None:
            held.append(Merge.undone_at.is_(None))
        else:
            held += [Merge.merged_at < day.end, or_(Merge.undone_at.is_(None), Merge.undone_at > day.start)]
        ids = {each for pair in db.session.execute(select(*ends).where(*held)) for each in pair}
        waiting = ids - found
        found |= ids
    return db.session.scalars(select(Client).where(Client.id.in_(found)).order_by(Client.id)).all()


def places_of(records: Sequence[Client], day: Day | None) -> Mapping[PlaceKey, Place]:
    """Return where records stay, as far as it was in the store on a day: by source, project and record."""
    stays = select(Enrollment.source_id, Enrollment.project_id, Enrollment.personal_id).where(
        among(Enrollment.source_id, Enrollment.personal_id, {(each.source_id, each.personal_id) for each in records}),
        *(_was_there(day) if day else (Enrollment.removed_at.is_(None),)),
    )
    keys = {(row[0], row[1], row[2]) for row in db.session.execute(stays.distinct())}
    projects = _projects({(source, project) for source, project, _ in keys if project is not None})
    flipped = _marked_otherwise(day) if day else frozenset[int]()
    by_key = {(each.source_id, each.personal_id): each.id for each in records}
    found: dict[PlaceKey, Place] = {}
    for source, project, personal in keys:
        rows = projects.get((source, project or ""), ())
        agencies = frozenset(row.agency_id for row in rows if row.agency_id is not None)
        protected = any(_is_protected(row, flipped) for row in rows)
        found[source, project, by_key[source, personal or ""]] = Place(agencies, protected)
    return found


def _is_protected(row: Any, flipped: Collection[int]) -> bool:
    """Say whether a project is victim services': the vendor says so, or the agency was marked so then."""
    return bool(row.by_vendor) or (row.agency_id is not None and bool(row.by_agency) != (row.agency_id in flipped))


def _was_there(day: Day) -> Iterator[ColumnElement[bool]]:
    yield or_(Enrollment.removed_at.is_(None), Enrollment.removed_at > day.start)
    made = Enrollment.date_created
    yield or_(made.is_(None), made < datetime.combine(day.on + timedelta(days=1), time.min))


def _projects(keys: Collection[tuple[int, str]]) -> Mapping[tuple[int, str], Sequence[Any]]:
    here = (Organization.source_id == Project.source_id) & (Organization.organization_id == Project.organization_id)
    whose = (AgencyOrganization.source_id == Project.source_id) & (
        AgencyOrganization.organization_id == Project.organization_id
    )
    rows = db.session.execute(
        select(
            Project.source_id,
            Project.project_id,
            AgencyOrganization.agency_id,
            func.coalesce(Organization.victim_service_provider == 1, False).label("by_vendor"),
            func.coalesce(Agency.is_victim_service_provider, False).label("by_agency"),
        )
        .outerjoin(Organization, here)
        .outerjoin(AgencyOrganization, whose)
        .outerjoin(Agency, Agency.id == AgencyOrganization.agency_id)
        .where(among(Project.source_id, Project.project_id, keys))
    )
    found: dict[tuple[int, str], list[Any]] = defaultdict(list)
    for row in rows:
        found[row.source_id, row.project_id].append(row)
    return found


def _marked_otherwise(day: Day) -> frozenset[int]:
    """Return the agencies that were marked the other way round on a day: changed an odd number of times since."""
    chosen = select(AuditEntry.agency_id, AuditEntry.detail).where(
        AuditEntry.fact == "AgencyChanged", AuditEntry.at >= day.end
    )
    changed: dict[int, int] = defaultdict(int)
    for agency_id, detail in db.session.execute(chosen):
        changed[agency_id] += VICTIM_MARK in str(detail.get("changed", "")).split(", ")
    return frozenset(agency_id for agency_id, times in changed.items() if times % 2)


def roles_on(day: Day, agency_ids: Collection[int]) -> Mapping[int, Sequence[Held]]:
    """Return who held a role on a day that reads clients, at one of these agencies or everywhere, by user."""
    near = or_(RoleGrant.agency_id.is_(None), RoleGrant.agency_id.in_(agency_ids))
    now: dict[int, list[Held]] = defaultdict(list)
    for grant in db.session.scalars(select(RoleGrant).where(near, RoleGrant.role.in_(READING))):
        now[grant.user_id].append(Held(grant.role, grant.agency_id, grant.granted_at))
    about = or_(AuditEntry.agency_id.is_(None), AuditEntry.agency_id.in_(agency_ids))
    chosen = select(AuditEntry).where(AuditEntry.fact.in_(ROLES), about).order_by(AuditEntry.at, AuditEntry.id)
    facts: dict[int, list[tuple[Happened, Role, int | None]]] = defaultdict(list)
    for entry in db.session.scalars(chosen):
        role = next((role for role in READING if role.value == entry.detail.get("role")), None)
        if role is not None:
            facts[int(entry.about_id)].append((Happened(entry.at, entry.fact), role, entry.agency_id))
    held = {user_id: held_roles(now[user_id], facts[user_id]) for user_id in {*now, *facts}}
    on = {user_id: [each for each in roles if each.on(day.start, day.end)] for user_id, roles in held.items()}
    return {user_id: roles for user_id, roles in on.items() if roles}


def open_on(day: Day, user_ids: Collection[int]) -> frozenset[int]:
    """Return those of some users whose account was open at some moment of a day."""
    found: set[int] = set()
    ids = sorted(user_ids)
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        rows = db.session.execute(
            select(Account.id, Account.user_id, Account.activated_at).where(Account.user_id.in_(some))
        ).all()
        named = [str(row.id) for row in rows]
        chosen = select(AuditEntry.about_id, AuditEntry.at, AuditEntry.fact).where(
            AuditEntry.about_kind == "account", AuditEntry.about_id.in_(named), AuditEntry.fact.in_(LIFE)
        )
        life: dict[str, list[Happened]] = defaultdict(list)
        for about_id, at, fact in db.session.execute(chosen.order_by(AuditEntry.at, AuditEntry.id)):
            life[about_id].append(Happened(at, fact))
        found |= {
            row.user_id
            for row in rows
            if was_open(life[str(row.id)], day.start, day.end, activated_at=row.activated_at)
        }
    return frozenset(found)


def looks_on(day: Day, client_ids: Collection[int]) -> Sequence[Look]:
    """Return who looked at some records on a day, in the order of the day."""
    named = [str(each) for each in client_ids]
    page = and_(AuditEntry.fact.in_(LOOKED), AuditEntry.about_kind == "client", AuditEntry.about_id.in_(named))
    within = (AuditEntry.at >= day.start, AuditEntry.at < day.end)
    chosen = (
        select(AuditEntry, User.name)
        .outerjoin(User, User.id == AuditEntry.actor_id)
        .where(*within, or_(page, AuditEntry.fact.in_(FOUND)))
        .order_by(AuditEntry.at, AuditEntry.id)
    )
    wanted = set(client_ids)
    return [
        Look(entry.at, entry.actor_id, name or "AdminOps", _said(entry))
        for entry, name in db.session.execute(chosen)
        if entry.fact in LOOKED or wanted & set(entry.detail.get("client_ids", ()))
    ]


def _said(entry: AuditEntry) -> str:
    words = {
        "ClientViewed": "opened the page of record {}",
        "SsnRevealed": "had the SSN of record {} shown",
        "SsnLookedUp": "looked for an SSN and found it",
        "PersonLookedUp": "asked whether a person is here and found it",
    }
    return words[entry.fact].format(entry.about_id)


def answer(client: Client, day: Day, agency_ids: Collection[int] | None) -> Answer:
    """Return who could see a record on a day, and who looked; with `agency_ids` only people of these agencies."""
    records = records_of(client, day)
    places = places_of(records, day)
    whole = list(places.values())
    own = [place for (_, _, record_id), place in places.items() if record_id == client.id]
    near = {agency_id for place in whole for agency_id in place.agency_ids}
    roles = roles_on(day, near) if _was_stored(client, day) else {}
    could = {user_id: held for user_id, held in roles.items() if sees(held, own, whole)}
    opened = open_on(day, could)
    looks = looks_on(day, [record.id for record in records])
    people = _people({user_id for user_id in could if user_id in opened}, agency_ids)
    shown = {user.id for user in people}
    names, looked = _agency_names(near), Counter(look.user_id for look in looks)
    return Answer(
        client_id=client.id,
        on=day.on,
        known_since=trail_begins(),
        seers=sorted((_seer(user, could[user.id], names, looked) for user in people), key=lambda seer: -seer.looks),
        looks=[look for look in looks if agency_ids is None or look.user_id in shown],
        caveats=[*_caveats(client, day), *ALWAYS],
    )


def _was_stored(client: Client, day: Day) -> bool:
    """Say whether the source of a record had brought anything by then, and the record had not left it."""
    if client.removed_at is not None and client.removed_at <= day.start:
        return False
    first = db.session.scalar(select(func.min(HmisImport.finished_at)).where(HmisImport.source_id == client.source_id))
    return client.import_id is None or first is None or first < day.end


def _people(user_ids: Collection[int], agency_ids: Collection[int] | None) -> Sequence[User]:
    ids, found = sorted(user_ids), list[User]()
    for start in range(0, len(ids), AT_ONCE):
        chosen = select(User).where(User.id.in_(ids[start : start + AT_ONCE]))
        found += db.session.scalars(chosen if agency_ids is None else chosen.where(User.agency_id.in_(agency_ids)))
    return sorted(found, key=lambda user: (user.agency_id is None, user.agency_id, user.name, user.id))


def _agency_names(ids: Collection[int]) -> Mapping[int, str]:
    chosen = select(Agency.id, Agency.name).where(Agency.id.in_(ids))
    return {row.id: row.name for row in db.session.execute(chosen)}


def _seer(user: User, held: Sequence[Held], names: Mapping[int, str], looked: Mapping[int | None, int]) -> Seer:
    said = {f"{each.role.title} at {names[each.agency_id]}" if each.agency_id else each.role.title for each in held}
    return Seer(
        user_id=user.id,
        username=user.username,
        name=user.name,
        agency=user.agency.name if user.agency else None,
        roles=sorted(said),
        looks=looked.get(user.id, 0),
    )


def _caveats(client: Client, day: Day) -> Iterator[str]:
    begins = trail_begins()
    if begins is None or begins > day.start:
        yield "The audit trail begins later: of that day only what rows say of themselves is known."
    if client.removed_at is not None and client.removed_at < day.end:
        yield "The record had left its source, or left it on that day."
