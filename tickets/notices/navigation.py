"""Where notices stand in the navigation, with how many were not read."""

from adminops.feature import NavItem
from adminops.identity.permissions import Permission
from tickets.notices.queries import unread_counted

ITEMS = (
    NavItem(
        label="Notices",
        icon="bell",
        endpoint="notices.index",
        permission=Permission.ASK_FOR_HELP,
        order=18,
        shell="both",
        count=unread_counted,
    ),
    NavItem(
        label="What people are told",
        icon="bell",
        endpoint="notices.defaults",
        permission=Permission.SHAPE_DESK,
        group="System",
        order=62,
    ),
)
