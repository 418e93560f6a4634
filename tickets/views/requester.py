"""Who asked: what the team wants to know of them and their agency before it answers."""

from flask import render_template
from flask.typing import ResponseReturnValue

from adminops.identity.permissions import Permission
from adminops.web.access import access, signed_in_user
from adminops.web.navigation import panels
from tickets import policies, queries
from tickets.language import parse
from tickets.queries import TicketFilter, View, count_tickets
from tickets.views.desk import blueprint


@blueprint.get("/<int:ticket_id>/requester")
@access(Permission.ASK_FOR_HELP)
def requester(ticket_id: int) -> ResponseReturnValue:
    """Show the team account, training and open tickets of who asked."""
    user = signed_in_user()
    ticket = queries.get_ticket(ticket_id, user)
    policies.check_is_team(ticket, by=user)
    query = f"is:open agency:#{ticket.agency_id}" if ticket.agency_id else "is:open agency:none"
    of_agency = count_tickets(TicketFilter(view=View.ALL, query=parse(query)), user)
    cards = panels("requester", ticket.requester_id, user)
    return render_template("tickets/requester.html", ticket=ticket, cards=cards, of_agency=of_agency, query=query)
