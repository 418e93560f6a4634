"""Looking at a text: with the detectors, with the store's clients, and with what is known to be staff's."""

from functools import cache
from typing import Any

from sqlalchemy import CompoundSelect, Integer, bindparam, literal, or_, select, union_all

from adminops import clock
from adminops.db import db
from adminops.hmis.mentions import Named, clients_told
from adminops.hmis.models import Project, ProjectCoC
from adminops.identity.models import Agency, AgencyOrganization, User
from adminops.identity.permissions import Permission
from adminops.identity.scopes import scope_about
from adminops.pii import Finding, PiiKind, Staff, but_for_staff, merged
from adminops.pii.dates import whole_dates
from adminops.pii.finding import find_in, refuse
from adminops.pii.findings import squeezed
from adminops.pii.names import mentions
from adminops.pii.reading import plain, plain_in_its_case

MAY_BE_STAFFS = frozenset({PiiKind.NAME, PiiKind.PHONE, PiiKind.ADDRESS})


def look_at(text: str, *, agency_id: int | None, by: User) -> list[Finding]:
    """Return what stands in `text` and should not, as far as `by`, who wrote it, may be told.

    Names and birth dates are those of the clients of the agency that the text is about; of all clients, and names
    only, where it is about none. Clients of a victim service provider are told to nobody who may not see them.
    """
    bare, written = plain(text), plain_in_its_case(text)
    dates = list(whole_dates(bare, this_year=clock.today().year)) if agency_id is not None else []
    told = clients_told(mentions(written), {day for _, _, day in dates}, lambda: scope_about(agency_id, by))
    found = [*find_in(bare, written), *(_finding(each, by) for each in told.named)]
    if any(finding.kind in MAY_BE_STAFFS for finding in found):
        found = but_for_staff(text, found, staff_of(agency_id))
    born = (Finding(start, end, PiiKind.BIRTH_DATE) for start, end, day in dates if day in told.birth_dates)
    return merged((*found, *born))


def check(text: str, *, field: str | None = None, agency_id: int | None, by: User) -> None:
    """Raise `Invalid` with a sentence (at form field `field`) when `text` holds personal data of a client."""
    refuse(text, look_at(text, agency_id=agency_id, by=by), field=field)


def staff_of(agency_id: int | None) -> Staff:
    """Return what is no client's: phones of all agencies, and of the team and the agency (None: all) names and streets.

    A street of another agency's project may be where a client of this one lives.
    """
    said: dict[str, list[str]] = {_NAME: [], _PHONE: [], _STREET: []}
    for what, words in db.session.execute(
        _of_staff(agency_id is None), {} if agency_id is None else {"agency": agency_id}
    ):
        said[what].append(words)
    return Staff(
        names=frozenset(part for name in said[_NAME] for part in _names(name)),
        phones=frozenset("".join(filter(str.isdecimal, phone))[-10:] for phone in said[_PHONE]),
        addresses=frozenset(map(squeezed, said[_STREET])),
    )


_NAME, _PHONE, _STREET = "name", "phone", "street"


@cache
def _of_staff(is_all: bool) -> CompoundSelect[Any]:
    """Return the one statement that reads names, phones and streets, of all or of the team and one agency."""
    people = select(literal(_NAME), User.name)
    phones = select(literal(_PHONE), Agency.phone).where(Agency.phone != "")
    streets = select(literal(_STREET), ProjectCoC.address1).where(ProjectCoC.address1 != "").distinct()
    if not is_all:
        agency = bindparam("agency", type_=Integer)
        people = people.where(or_(User.agency_id == agency, User.agency_id.is_(None)))
        at_project = (Project.source_id == ProjectCoC.source_id) & (Project.project_id == ProjectCoC.project_id)
        of_agency = (AgencyOrganization.source_id == Project.source_id) & (
            AgencyOrganization.organization_id == Project.organization_id
        )
        streets = streets.join(Project, at_project).join(AgencyOrganization, of_agency)
        streets = streets.where(AgencyOrganization.agency_id == agency)
    return union_all(people, phones, streets)


@cache
def _names(name: str) -> tuple[str, str, str]:
    """Return how somebody may be called: by the full name in either order, or by the last word of it."""
    first, _, last = name.rpartition(" ")
    return squeezed(name), squeezed(f"{last}{first}"), squeezed(last)


def _finding(named: Named, by: User) -> Finding:
    tells = by.may(Permission.READ_CLIENTS) and named.personal_ids
    reference = f"client {' or '.join(named.personal_ids)}" if tells else ""
    return Finding(named.mention.start, named.mention.end, PiiKind.NAME, reference)
