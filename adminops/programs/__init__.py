"""Programs and funding: what exists, the requests for more, and setting them up in the store."""

from typing import Any

from flask import url_for

from adminops.feature import Feature, NavItem, Panel, RequestType, SearchProvider, WorkScreen
from adminops.identity.permissions import Permission
from adminops.programs import emails, refs
from adminops.programs.demo import fill
from adminops.programs.models import TRANSITIONS
from adminops.programs.views import blueprint
from adminops.refs import RefProvider


def work_url(ticket: Any) -> str:
    """Return where the request behind a ticket is carried out."""
    return url_for("programs.new", ticket=ticket.id)


feature = Feature(
    name="programs",
    title="Programs and funding",
    blueprints=(blueprint,),
    nav=(
        NavItem(
            label="Programs and funding",
            icon="building-2",
            endpoint="programs.index",
            permission=Permission.READ_PROGRAMS,
            group="Records",
            order=20,
            shell="both",
            key="p",
        ),
    ),
    request_types=(
        RequestType(
            key="program",
            title="Program or funding change",
            help="New program, new grant, new dates, closing a program",
            icon="building-2",
            order=50,
            audience=Permission.REQUEST_PROGRAMS,
            target_hours=80,
            needs_approval=True,
            work=WorkScreen(
                label="Write the program request",
                icon="building-2",
                permission=Permission.REQUEST_PROGRAMS,
                url=work_url,
            ),
        ),
    ),
    refs=(RefProvider("program_request", refs.resolve_requests),),
    search=(
        SearchProvider(kind="program", title="Programs", find=refs.find_programs, permission=Permission.READ_PROGRAMS),
    ),
    panels=(Panel(place="agency", render=refs.agency_panel, order=20),),
    figures=refs.figures,
    mails={
        "programs.requested": emails.requested,
        "programs.questioned": emails.questioned,
        "programs.refused": emails.refused,
        "programs.set_up": emails.set_up,
    },
    machines={"Program request": TRANSITIONS},
    demo=fill,
)
