"""The pages of the help desk: the list, a ticket, and what people meet who need help."""

from tickets.goals.views import blueprint as goals
from tickets.views import deciding, desk, portal, saved, tags, ticket

blueprints = (desk.blueprint, portal.blueprint, goals)

__all__ = ["blueprints", "deciding", "saved", "tags", "ticket"]
