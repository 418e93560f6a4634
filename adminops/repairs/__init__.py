"""Repairs of a source: which are on, what each changes, and rows they were taken back from."""

from adminops.feature import Feature, NavItem, Panel
from adminops.identity.permissions import Permission
from adminops.repairs import refs
from adminops.repairs.cli import hmis
from adminops.repairs.views import blueprint

feature = Feature(
    name="repairs",
    title="Repairs",
    blueprints=(blueprint,),
    nav=(
        NavItem(
            label="Repairs",
            icon="wrench",
            endpoint="repairs.index",
            permission=Permission.IMPORT_EXPORTS,
            group="Records",
            order=45,
        ),
    ),
    panels=(Panel(place="source", render=refs.source_panel, order=20),),
    cli=(hmis,),
)
