"""The agencies a viewer may see."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import joinedload

from adminops import clock
from adminops.agencies.models import AgencyAgreement, AgreementKind
from adminops.db import db
from adminops.identity.models import Agency, AgencyState, RoleGrant, User
from adminops.identity.permissions import ROLE_PERMISSIONS, Permission, Role
from adminops.settings import current_settings
from adminops.web.listing import Page, fetch_page

DAY = timedelta(days=1)


@dataclass(frozen=True)
class AgencyRow:
    """One line of the list."""

    id: int
    name: str
    state: AgencyState
    phone: str
    is_victim_service_provider: bool
    people: int


def visible_to(viewer: User) -> Select[Agency]:
    """Return the agencies the viewer may see: all for the team, their own for agency staff."""
    reach = viewer.reach(Permission.READ_AGENCIES)
    chosen = select(Agency)
    return chosen if reach.everywhere else chosen.where(Agency.id.in_(reach.agency_ids))


def find_agency(agency_id: int, viewer: User) -> Agency | None:
    """Return one agency, or None when there is none that the viewer may see."""
    return db.session.scalar(visible_to(viewer).where(Agency.id == agency_id))


def list_agencies(viewer: User, *, words: str = "", after: str | None = None) -> Page[AgencyRow]:
    """Return a page of agencies by name, with the number of people who may sign in."""
    working = select(func.count(User.id)).where(User.agency_id == Agency.id, User.may_sign_in)
    people = working.correlate(Agency).scalar_subquery()
    chosen = visible_to(viewer).with_only_columns(
        Agency.name, Agency.id, Agency.state, Agency.phone, Agency.is_victim_service_provider, people
    )
    if words:
        chosen = chosen.where(Agency.name.icontains(words, autoescape=True))
    return fetch_page(
        chosen,
        (Agency.name, Agency.id),
        after=after,
        descending=False,
        shape=lambda row: AgencyRow(row[1], row[0], row[2], row[3], row[4], row[5]),
    )


def count_agencies(viewer: User, *, words: str = "") -> int:
    """Return how many agencies `list_agencies` goes through."""
    chosen = visible_to(viewer).with_only_columns(func.count(Agency.id))
    if words:
        chosen = chosen.where(Agency.name.icontains(words, autoescape=True))
    return db.session.scalar(chosen) or 0


def contacts_of(agency: Agency) -> Sequence[tuple[User, Role]]:
    """Return the agency's leads and security officers."""
    chosen = (
        select(User, RoleGrant.role)
        .join(RoleGrant, RoleGrant.user_id == User.id)
        .where(
            RoleGrant.agency_id == agency.id,
            RoleGrant.role.in_((Role.AGENCY_LEAD, Role.SECURITY_OFFICER)),
            User.may_sign_in,
        )
        .order_by(User.name, User.id, RoleGrant.id)
    )
    return [(user, role) for user, role in db.session.execute(chosen)]


# What agencies have signed


def today() -> date:
    """Return the team's day."""
    return clock.today(current_settings().time_zone)


def agreements_of(agency: Agency) -> Sequence[AgencyAgreement]:
    """Return all that the agency has signed, the newest first."""
    chosen = select(AgencyAgreement).where(AgencyAgreement.agency_id == agency.id)
    newest = chosen.order_by(AgencyAgreement.begins_on.desc(), AgencyAgreement.id.desc())
    return db.session.scalars(newest.options(joinedload(AgencyAgreement.file))).all()


def find_agreement(agreement_id: int, agency: Agency) -> AgencyAgreement | None:
    """Return one agreement of the agency, or None."""
    chosen = select(AgencyAgreement).where(AgencyAgreement.id == agreement_id, AgencyAgreement.agency_id == agency.id)
    return db.session.scalar(chosen)


def mou_of(agency_id: int) -> AgencyAgreement | None:
    """Return the agency's agreement to take part: the one that holds today, else the last there was."""
    chosen = select(AgencyAgreement).where(
        AgencyAgreement.agency_id == agency_id, AgencyAgreement.kind == AgreementKind.MOU
    )
    found = db.session.scalars(chosen.order_by(AgencyAgreement.begins_on, AgencyAgreement.id)).all()
    holding = [each for each in found if each.holds_on(today())]
    if holding:
        return max(holding, key=lambda each: each.last_on or date.max)
    begun = [each for each in found if each.begins_on <= today()]
    return begun[-1] if begun else None


def mou_until(agency_ids: Collection[int]) -> dict[int, date]:
    """Return until when the agreement to take part holds, those that follow without a gap counted in.

    An agency that never had one, or whose agreement has no end, is left out.
    """
    mine = (AgencyAgreement.agency_id.in_(agency_ids), AgencyAgreement.kind == AgreementKind.MOU)
    until: dict[int, date] = {}
    for each in db.session.scalars(select(AgencyAgreement).where(*mine).order_by(AgencyAgreement.begins_on)):
        known = until.get(each.agency_id, date.min)
        if each.begins_on <= max(min(known, date.max - DAY) + DAY, today()):
            until[each.agency_id] = max(known, each.last_on or date.max)
    return {agency_id: day for agency_id, day in until.items() if day < date.max}


def running_out(within: timedelta) -> Sequence[AgencyAgreement]:
    """Return the agreements whose last day is near, but for those that were renewed: for reminders."""
    day = today()
    near = or_(
        AgencyAgreement.expires_on.between(day, day + within), AgencyAgreement.ended_on.between(day, day + within)
    )
    found = db.session.scalars(select(AgencyAgreement).where(near).order_by(AgencyAgreement.id)).all()
    return [each for each in found if not _is_renewed(each)]


def _is_renewed(agreement: AgencyAgreement) -> bool:
    after = (agreement.last_on or date.max) + DAY
    chosen = select(AgencyAgreement).where(
        AgencyAgreement.agency_id == agreement.agency_id, AgencyAgreement.kind == agreement.kind
    )
    return any(each.holds_on(after) for each in db.session.scalars(chosen))


def people_for(agency_id: int) -> Sequence[User]:
    """Return who is told about the agency's agreements: its leads, and who keeps the agencies, as far as they work."""
    keepers = [role for role, held in ROLE_PERMISSIONS.items() if Permission.MANAGE_AGENCIES in held]
    at_agency = (RoleGrant.role == Role.AGENCY_LEAD) & (RoleGrant.agency_id == agency_id)
    told = select(RoleGrant.user_id).where(or_(at_agency, RoleGrant.role.in_(keepers)))
    return db.session.scalars(select(User).where(User.may_sign_in, User.id.in_(told)).order_by(User.id)).all()
