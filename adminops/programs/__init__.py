"""Programs and funding: what exists, the requests for more, and setting them up in the store."""

from adminops.feature import Feature, NavItem, Panel, SearchProvider
from adminops.identity.permissions import Permission
from adminops.programs import emails, refs
from adminops.programs.demo import fill
from adminops.programs.models import TRANSITIONS
from adminops.programs.request_types import REQUEST_TYPES
from adminops.programs.views import blueprint
from adminops.refs import RefProvider

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
    request_types=REQUEST_TYPES,
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
