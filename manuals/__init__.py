"""Manuals: pages in Markdown with drafts, published revisions and a history."""

from adminops.feature import Feature, NavItem, SearchProvider
from adminops.identity.permissions import Permission
from adminops.refs import RefProvider
from manuals import refs
from manuals.demo import fill
from manuals.models import TRANSITIONS
from manuals.views import blueprint

feature = Feature(
    name="manuals",
    title="Manuals",
    blueprints=(blueprint,),
    nav=(
        NavItem(
            label="Manuals",
            icon="book-open",
            endpoint="manuals.index",
            permission=Permission.READ_MANUALS,
            group="Learn",
            order=20,
            shell="both",
            key="h",
        ),
    ),
    refs=(RefProvider("manual_page", refs.resolve),),
    search=(SearchProvider(kind="manual_page", title="Manuals", find=refs.find, permission=Permission.READ_MANUALS),),
    machines={"Manual page": TRANSITIONS},
    demo=fill,
)
