"""Ticking the checklist on the page of a ticket."""

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from adminops.identity.permissions import Permission
from adminops.web.access import access, signed_in_user
from tickets import policies, queries
from tickets.checklist import operations
from tickets.views.desk import blueprint


@blueprint.post("/<int:ticket_id>/steps/<int:place>/tick")
@access(Permission.ASK_FOR_HELP)
def tick_step(ticket_id: int, place: int) -> ResponseReturnValue:
    """Say that a step is done."""
    user = signed_in_user()
    ticket = queries.get_ticket(ticket_id, user)
    policies.check_is_team(ticket, by=user)
    operations.tick(ticket, place, by=user)
    return redirect(url_for("tickets.show", ticket_id=ticket.id, _anchor="checklist"))


@blueprint.post("/<int:ticket_id>/steps/<int:place>/untick")
@access(Permission.ASK_FOR_HELP)
def untick_step(ticket_id: int, place: int) -> ResponseReturnValue:
    """Take back that a step is done."""
    user = signed_in_user()
    ticket = queries.get_ticket(ticket_id, user)
    policies.check_is_team(ticket, by=user)
    operations.untick(ticket, place, by=user)
    return redirect(url_for("tickets.show", ticket_id=ticket.id, _anchor="checklist"))
