"""The pages of the help desk: the list, a ticket, and what people meet who need help."""

from tickets.goals.views import blueprint as goals
from tickets.views import calls, deciding, desk, files, merging, portal, saved, sharing, tags, ticket, types

blueprints = (desk.blueprint, portal.blueprint, types.blueprint, goals)

__all__ = ["blueprints", "calls", "deciding", "files", "merging", "saved", "sharing", "tags", "ticket"]
