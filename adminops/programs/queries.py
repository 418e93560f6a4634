"""Reading programs and the requests for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select

from adminops.db import db
from adminops.errors import NotFound
from adminops.hmis.layers import layers_of
from adminops.hmis.models import HmisSource, Project
from adminops.hmis.projects import ProjectPage, ProjectRow, list_projects, project_page
from adminops.identity.models import Agency, AgencyOrganization, AgencyState, User
from adminops.identity.permissions import Permission
from adminops.programs.models import ProgramRequest, RequestState
from adminops.web.listing import PAGE, Page, fetch_page
from adminops.web.remembering import remembered

OPEN = (RequestState.SUBMITTED, RequestState.APPROVED, RequestState.QUESTIONED)


@dataclass(frozen=True)
class RequestRow:
    """One line of the list of requests."""

    changed_at: datetime
    id: int
    name: str
    state: RequestState
    agency: str
    requester: str


def visible_to(viewer: User) -> Select[ProgramRequest]:
    """Return the requests the viewer may see: all but drafts for who decides, those of their agencies for leads."""
    chosen = select(ProgramRequest)
    if viewer.may(Permission.APPROVE_PROGRAMS):
        return chosen.where(or_(ProgramRequest.state != RequestState.DRAFT, ProgramRequest.requester_id == viewer.id))
    return chosen.where(ProgramRequest.agency_id.in_(viewer.reach(Permission.REQUEST_PROGRAMS).agency_ids))


def list_requests(viewer: User, *, state: str = "", after: str | None = None) -> Page[RequestRow]:
    """Return a page of requests, the latest change first."""
    chosen = (
        visible_to(viewer)
        .join(Agency, Agency.id == ProgramRequest.agency_id)
        .join(User, User.id == ProgramRequest.requester_id)
        .with_only_columns(
            ProgramRequest.changed_at,
            ProgramRequest.id,
            ProgramRequest.name,
            ProgramRequest.state,
            Agency.name,
            User.name,
        )
    )
    if state in set(RequestState):
        chosen = chosen.where(ProgramRequest.state == RequestState(state))
    keys = (ProgramRequest.changed_at, ProgramRequest.id)
    return fetch_page(chosen, keys, after=after, shape=lambda row: RequestRow(*row))


def count_waiting(viewer: User) -> int:
    """Return how many requests wait for a decision or to be set up."""
    waiting = (RequestState.SUBMITTED, RequestState.APPROVED)
    counted = select(func.count(ProgramRequest.id)).where(ProgramRequest.state.in_(waiting))
    return db.session.scalar(counted) or 0 if viewer.may(Permission.APPROVE_PROGRAMS) else 0


def get_request(request_id: int, viewer: User) -> ProgramRequest:
    """Return one request. Raises `NotFound`, also for one that the viewer may not know of."""
    found = db.session.scalar(visible_to(viewer).where(ProgramRequest.id == request_id))
    if found is None:
        raise NotFound("There is no such program request.")
    return found


def agencies_to_request_for(viewer: User) -> Sequence[Agency]:
    """Return the agencies that the viewer may ask for a program for."""
    reach = viewer.reach(Permission.REQUEST_PROGRAMS)
    chosen = select(Agency).where(Agency.state != AgencyState.CLOSED).order_by(Agency.name)
    if not reach.everywhere:
        chosen = chosen.where(Agency.id.in_(reach.agency_ids))
    return list(db.session.scalars(chosen))


def organizations_of(viewer: User) -> set[tuple[int, str]] | None:
    """Return the organizations whose programs the viewer may see; None for all."""
    chosen = _organizations_of(viewer)
    if chosen is None:
        return None
    return {(source_id, organization_id) for source_id, organization_id in db.session.execute(chosen)}


def _organizations_of(viewer: User) -> Select[int, str] | None:
    reach = viewer.reach(Permission.READ_PROGRAMS)
    if reach.everywhere:
        return None
    return select(AgencyOrganization.source_id, AgencyOrganization.organization_id).where(
        AgencyOrganization.agency_id.in_(reach.agency_ids)
    )


def page_of_programs(
    viewer: User, *, words: str = "", after: str | None = None, limit: int = PAGE
) -> tuple[Page[ProjectRow], int]:
    """Return a page of the programs the viewer may see, and how many there are in all.

    They are read whole, for their names are searched without accents and there are hundreds at most; `after` is the
    number of the last row of the page before.
    """
    rows = visible_programs(viewer, words=words)
    places = {str(row.id): place + 1 for place, row in enumerate(rows)}
    start = places.get(after or "", 0)
    shown = rows[start : start + limit]
    more = str(shown[-1].id) if start + limit < len(rows) else None
    return Page(rows=shown, after=more, first=start == 0), len(rows)


def visible_programs(viewer: User, *, words: str = "") -> list[ProjectRow]:
    """Return the programs the viewer may see, by name."""
    return list_projects(organizations=_organizations_of(viewer), text=words)


def find_programs(words: str, viewer: User, limit: int) -> list[ProjectRow]:
    """Return the first of the programs the viewer may see that have `words` in their names.

    For the box that looks for everything: whether rows are repaired at all is remembered for seconds.
    """
    theirs = _organizations_of(viewer)
    layers = remembered("programs.layers", layers_of, of=(HmisSource,)) if theirs is None else None
    return list_projects(organizations=theirs, text=words, layers=layers)[:limit]


def get_program(source_id: int, project_id: str, viewer: User) -> ProjectPage:
    """Return a program's page. Raises `NotFound`, also for one of another agency."""
    page = project_page(source_id, project_id)
    own = organizations_of(viewer)
    if own is not None and (source_id, page.project.organization_id or "") not in own:
        raise NotFound("There is no such program.")
    return page


def same_name(name: str) -> Sequence[Any]:
    """Return projects in any source whose name is `name` whatever its case: the request may be for one of them."""
    named = select(Project.source_id, Project.project_id, Project.project_name).where(
        func.lower(Project.project_name) == name.strip().lower(), Project.removed_at.is_(None)
    )
    return db.session.execute(named.order_by(Project.project_name, Project.id)).all()
