"""The dashboard: what the desk looks like today, gathered from what every feature offers."""

from adminops.feature import Feature, NavItem
from adminops.identity.permissions import Permission
from adminops.insights.views import blueprint

feature = Feature(
    name="insights",
    title="Dashboard",
    blueprints=(blueprint,),
    nav=(
        NavItem(
            label="Dashboard",
            icon="layout-dashboard",
            endpoint="insights.dashboard",
            permission=Permission.SEE_FIGURES,
            order=10,
            key="d",
        ),
    ),
)
