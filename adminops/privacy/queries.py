"""What is read of incidents: who could have seen them, who hears of them, what was found by agency. Never a text."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ScalarSelect, Select, and_, func, or_, select
from sqlalchemy.orm import joinedload, lazyload

from adminops import clock
from adminops.db import db
from adminops.errors import NotFound
from adminops.guard.models import IncidentState, Outcome, PiiEvent, PiiIncident
from adminops.identity.models import Agency, RoleGrant, User
from adminops.identity.permissions import Permission, Role
from adminops.pii import PiiKind
from adminops.web.listing import Page, fetch_page

COUNTED = timedelta(days=90)
"""The counts are of so long ago and since."""


@dataclass(frozen=True)
class IncidentRow:
    """A line of the list."""

    id: int
    state: IncidentState
    kinds: str
    agency: str
    author: str
    found_at: datetime


@dataclass(frozen=True)
class AgencyCount:
    """What was found in the texts about an agency: findings by what became of them, and incidents."""

    name: str
    stopped: int
    held: int
    found: int
    false_alarms: int


def visible_to(viewer: User) -> Select[PiiIncident]:
    """Return the incidents that the viewer may know of: all, those of the agency for its security officer, none."""
    chosen, reach = select(PiiIncident), viewer.reach(Permission.READ_HELD)
    return chosen if reach.everywhere else chosen.where(PiiIncident.agency_id.in_(sorted(reach.agency_ids)))


def list_incidents(viewer: User, *, state: IncidentState | None, after: str | None = None) -> Page[IncidentRow]:
    """Return a page of incidents, the newest first; those in `state` alone where one is given."""
    chosen = (
        visible_to(viewer)
        .outerjoin(Agency, Agency.id == PiiIncident.agency_id)
        .outerjoin(User, User.id == PiiIncident.author_id)
        .with_only_columns(
            PiiIncident.id, PiiIncident.state, PiiIncident.found_kinds, Agency.name, User.name, PiiIncident.found_at
        )
    )
    if state is not None:
        chosen = chosen.where(PiiIncident.state == state)
    return fetch_page(chosen, (PiiIncident.id,), after=after, shape=_row)


def _row(row: tuple[int, IncidentState, list[str], str | None, str | None, datetime]) -> IncidentRow:
    id_, state, kinds, agency, author, found_at = row
    return IncidentRow(id_, state, in_words(kinds), agency or "Systems Team", author or "Unknown", found_at)


def in_words(kinds: list[str]) -> str:
    """Return keys of kinds as words: "A client's name, a phone number"."""
    words = ", ".join(PiiKind[kind.upper()].value for kind in kinds)
    return words[:1].upper() + words[1:]


def find_incident(incident_id: int, viewer: User) -> PiiIncident | None:
    """Return an incident with its people, or None where the viewer may know of none."""
    people = [
        joinedload(person).options(lazyload(User.grants)) for person in (PiiIncident.author, PiiIncident.settled_by)
    ]
    chosen = visible_to(viewer).where(PiiIncident.id == incident_id)
    return db.session.scalar(chosen.options(*people, joinedload(PiiIncident.agency)))


def get_incident(incident_id: int, viewer: User) -> PiiIncident:
    """Return an incident with its people. Raises `NotFound`."""
    if (incident := find_incident(incident_id, viewer)) is None:
        raise NotFound("There is no such incident.")
    return incident


def could_have_seen(incident: PiiIncident) -> list[str]:
    """Return who could have read the text before it was held back, by name."""
    chosen = select(User).options(joinedload(User.agency), lazyload(User.grants))
    people = db.session.scalars(chosen.where(User.id.in_([int(id_) for id_ in incident.seen_by])))
    return sorted(person.who for person in people)


def answerable_for(agency_id: int | None) -> Sequence[User]:
    """Return who has to hear of an incident: the agency's security officers and the HMIS managers."""
    officer = and_(RoleGrant.role == Role.SECURITY_OFFICER, RoleGrant.agency_id == agency_id)
    granted = select(RoleGrant.user_id).where(or_(officer, RoleGrant.role == Role.MANAGER))
    return db.session.scalars(select(User).where(User.id.in_(granted), User.may_sign_in).order_by(User.id)).all()


def held_of_agency(agency_id: int) -> int:
    """Return how many texts about an agency are held back now."""
    held = (PiiIncident.agency_id == agency_id, PiiIncident.state == IncidentState.HELD)
    return db.session.scalar(select(func.count(PiiIncident.id)).where(*held)) or 0


def held_counted(viewer: User) -> ScalarSelect[int] | None:
    """Return what counts the texts that wait for a redactor; None for who is none."""
    if not viewer.may(Permission.REDACT):
        return None
    return select(func.count(PiiIncident.id)).where(PiiIncident.state == IncidentState.HELD).scalar_subquery()


def counts_by_agency() -> list[AgencyCount]:
    """Return what was found in the last ninety days by agency, the most findings first."""
    counted = (
        select(Agency.name, PiiEvent.outcome, func.count(PiiEvent.id))
        .outerjoin(Agency, Agency.id == PiiEvent.agency_id)
        .where(PiiEvent.at >= clock.now() - COUNTED)
        .group_by(Agency.name, PiiEvent.outcome)
    )
    by_agency: dict[str, dict[Outcome, int]] = {}
    for name, outcome, number in db.session.execute(counted):
        by_agency.setdefault(name or "Systems Team", {})[outcome] = number
    lines = [
        AgencyCount(
            name,
            stopped=of.get(Outcome.STOPPED, 0),
            held=of.get(Outcome.HELD, 0),
            found=of.get(Outcome.FOUND, 0),
            false_alarms=of.get(Outcome.CLEARED, 0) + of.get(Outcome.FALSE_ALARM, 0),
        )
        for name, of in by_agency.items()
    ]
    return sorted(lines, key=lambda line: (-line.stopped - line.held - line.found, line.name))
