"""Noting attempts to reach somebody, and asking again."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from adminops.errors import NotFound
from adminops.identity.permissions import Permission
from adminops.web.access import access, signed_in_user
from adminops.web.navigation import registry
from tickets import following, policies, queries
from tickets.catalogue import find_type
from tickets.silence.forms import AgainForm, AttemptForm
from tickets.silence.models import ContactWay
from tickets.silence.operations import note_attempt
from tickets.views.desk import blueprint


@blueprint.post("/<int:ticket_id>/attempts")
@access(Permission.ASK_FOR_HELP)
def add_attempt(ticket_id: int) -> ResponseReturnValue:
    """Note that somebody tried to reach the requester."""
    user, form = signed_in_user(), AttemptForm()
    ticket = queries.get_ticket(ticket_id, user)
    policies.check_is_team(ticket, by=user)
    if form.submitted():
        note_attempt(ticket, way=ContactWay(form.way.data), by=user)
    else:
        flash("Choose how you tried to reach the person.", "bad")
    return redirect(url_for(".show", ticket_id=ticket.id))


@blueprint.route("/<int:ticket_id>/again", methods=["GET", "POST"])
@access(Permission.ASK_FOR_HELP)
def ask_again(ticket_id: int) -> ResponseReturnValue:
    """Ask again for what was over long ago."""
    user, form = signed_in_user(), AgainForm()
    ticket = queries.get_ticket(ticket_id, user)
    if not following.may_ask_again(ticket, by=user):
        raise NotFound("This request can be answered on its own page.")
    kind = find_type(ticket.request_type, registry().features)
    if kind is None or not kind.offered:
        raise NotFound("This is no longer asked for here. See “Get help” for what is.")
    if form.submitted() and not form.replaced(ticket.agency_id, user):
        with form.refusals():
            again = following.ask_again(ticket, kind, **form.values(), by=user)
            return redirect(url_for(".show", ticket_id=again.id))
    form.mark(ticket.agency_id, user)
    return render_template("tickets/again.html", ticket=ticket, form=form), form.status
