"""Who will get what is being written, before it is sent."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from adminops.identity.permissions import Permission
from adminops.web.access import access, signed_in_user
from tickets import policies, queries
from tickets.forms import LONGEST_TEXT, MessageForm
from tickets.notices.preview import preview
from tickets.views.desk import blueprint
from tickets.views.ticket import ticket_page


@blueprint.post("/<int:ticket_id>/told")
@access(Permission.ASK_FOR_HELP, writes=False)
def told(ticket_id: int) -> ResponseReturnValue:
    """Say whom a message would reach as it stands in the composer; without a script on the page, with the message."""
    user, form = signed_in_user(), MessageForm()
    ticket = queries.get_ticket(ticket_id, user)
    policies.check_may_work(ticket, by=user)
    text = (form.body.data or "")[:LONGEST_TEXT]
    found = preview(ticket, text, note=form.kind.data == "note", by=user)
    if "HX-Request" in request.headers:
        return render_template("tickets/will_get.html", preview=found)
    return ticket_page(ticket, message=form, told=found)
