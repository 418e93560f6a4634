"""The agencies a viewer may see."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select

from adminops.db import db
from adminops.identity.models import Agency, AgencyState, RoleGrant, User
from adminops.identity.permissions import Permission, Role
from adminops.web.listing import Page, fetch_page


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
        .order_by(User.name)
    )
    return [(user, role) for user, role in db.session.execute(chosen)]
