"""How programs and the requests for them are shown and found elsewhere."""

from collections.abc import Sequence

from flask import url_for
from markupsafe import Markup

from adminops.db import db
from adminops.feature import Figure, Found
from adminops.hmis.projects import list_projects
from adminops.identity.models import Agency, User
from adminops.identity.permissions import Permission
from adminops.programs import queries
from adminops.programs.models import ProgramRequest
from adminops.refs import Link, Ref
from adminops.web.templating import render_card


def resolve_requests(ids: Sequence[str], viewer: User) -> dict[str, Link]:
    """Return the links of the requests among `ids` that the viewer may see."""
    numbers = [int(id_) for id_ in ids if id_.isdecimal() and len(id_) < 10]
    chosen = queries.visible_to(viewer).with_only_columns(ProgramRequest.id, ProgramRequest.name)
    rows = db.session.execute(chosen.where(ProgramRequest.id.in_(numbers)))
    return {
        str(id_): Link(f"Program request: {name}", url_for("programs.show", request_id=id_), "building-2")
        for id_, name in rows
    }


def find_programs(text: str, viewer: User, limit: int) -> list[Found]:
    """Return programs whose name holds the words."""
    return [
        Found(
            Ref.to("program", f"{row.source_id}-{row.project_id}"),
            row.name,
            f"{row.organization_name}, {row.type_label}",
            url_for("programs.program", source_id=row.source_id, project_id=row.project_id),
            "building-2",
        )
        for row in queries.find_programs(text, viewer, limit)
    ]


def agency_panel(ref: Ref, viewer: User) -> Markup | None:
    """Show an agency's programs on its page."""
    agency = db.session.get(Agency, ref.number)
    if agency is None or not viewer.reach(Permission.READ_PROGRAMS).covers(agency.id):
        return None
    organizations = {(link.source_id, link.organization_id) for link in agency.organizations}
    programs = list_projects(organizations=organizations) if organizations else []
    return render_card("programs/agency_panel.html", programs=programs)


def figures(viewer: User) -> list[Figure]:
    """Return how many requests wait, for who decides on them."""
    if not viewer.may(Permission.APPROVE_PROGRAMS):
        return []
    waiting = queries.count_waiting(viewer)
    return [
        Figure(
            label="Program requests waiting",
            value=waiting,
            note="To decide on or to set up",
            url=url_for("programs.requests"),
            order=60,
        )
    ]
