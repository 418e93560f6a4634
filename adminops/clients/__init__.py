"""Client records: looking one up, and the page of a person."""

from adminops.clients import refs
from adminops.clients.views import blueprint
from adminops.feature import Feature, NavItem, SearchProvider
from adminops.identity.permissions import Permission
from adminops.refs import RefProvider

feature = Feature(
    name="clients",
    title="Clients",
    blueprints=(blueprint,),
    nav=(
        NavItem(
            label="Clients",
            icon="contact",
            endpoint="clients.index",
            permission=Permission.READ_CLIENTS,
            group="Records",
            order=10,
            shell="both",
            key="c",
        ),
    ),
    refs=(RefProvider("client", refs.resolve),),
    search=(
        SearchProvider(kind="client", title="Client IDs", find=refs.find_by_id, permission=Permission.READ_CLIENTS),
        SearchProvider(
            kind="client", title="Clients", find=refs.find_all, permission=Permission.READ_CLIENTS, private=True
        ),
    ),
)
