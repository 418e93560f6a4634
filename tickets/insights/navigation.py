"""Where insights stand in the navigation: on the desk for who sees figures, on the portal for leads of agencies."""

from adminops.feature import NavItem
from adminops.identity.permissions import Permission

ITEMS = (
    NavItem(
        label="Insights",
        icon="chart-column",
        endpoint="ticket_insights.index",
        permission=Permission.SEE_FIGURES,
        order=17,
    ),
    NavItem(
        label="Numbers",
        icon="chart-column",
        endpoint="ticket_insights.index",
        permission=Permission.READ_AGENCY_TICKETS,
        order=8,
        shell="portal",
    ),
)
