"""Approving and refusing requests, and who may ask on an agency's behalf."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from adminops.db import db
from adminops.errors import NotFound
from adminops.identity.models import Agency
from adminops.identity.operations import find_user
from adminops.identity.permissions import Permission
from adminops.web.access import access, signed_in_user
from adminops.web.forms import ConfirmForm
from adminops.web.navigation import registry
from tickets import authority, policies, queries
from tickets.authority import Designation
from tickets.catalogue import all_types, find_type, title_of
from tickets.deciding import approve as approve_ticket
from tickets.deciding import check_may_refuse
from tickets.deciding import refuse as refuse_ticket
from tickets.forms import NamingForm, RefusalForm
from tickets.views.desk import blueprint


@blueprint.post("/<int:ticket_id>/approve")
@access(Permission.ASK_FOR_HELP)
def approve(ticket_id: int) -> ResponseReturnValue:
    """Say yes to a request."""
    user = signed_in_user()
    ticket = queries.get_ticket(ticket_id, user)
    approve_ticket(ticket, by=user)
    flash("You approved this.", "good")
    return redirect(url_for(".show", ticket_id=ticket.id))


@blueprint.route("/<int:ticket_id>/refuse", methods=["GET", "POST"])
@access(Permission.ASK_FOR_HELP)
def refuse(ticket_id: int) -> ResponseReturnValue:
    """Say no to a request, with a reason."""
    user, form = signed_in_user(), RefusalForm()
    ticket = queries.get_ticket(ticket_id, user)
    check_may_refuse(ticket, by=user)
    if form.submitted() and not form.replaced(ticket.agency_id, user):
        with form.refusals():
            refuse_ticket(ticket, **form.values(), by=user)
            return redirect(url_for(".show", ticket_id=ticket.id))
    form.mark(ticket.agency_id, user)
    team = policies.is_team(user, ticket)
    return render_template("tickets/refuse.html", ticket=ticket, form=form, team=team), form.status


@blueprint.route("/requesters/<int:agency_id>", methods=["GET", "POST"])
@access(Permission.READ_AGENCIES)
def requesters(agency_id: int) -> ResponseReturnValue:
    """Show who may ask for what on an agency's behalf, and name somebody."""
    user, agency = signed_in_user(), _agency(agency_id)
    features = registry().features
    form = NamingForm([kind for kind in all_types(features) if kind.through_lead])
    if form.submitted():
        with form.refusals():
            person, kind = find_user(form.person.data or ""), find_type(form.request_type.data, features)
            if person is None or kind is None:
                raise NotFound("There is nobody with that user name at the agency.")
            authority.name_requester(agency, person, kind, by=user)
            return redirect(url_for(".requesters", agency_id=agency.id))
    named = [(row, title_of(row.request_type, features)) for row in authority.named_at(agency)]
    leads = authority.leads_of(agency.id)
    page = render_template(
        "tickets/requesters.html", agency=agency, named=named, leads=leads, form=form, confirm=ConfirmForm()
    )
    return page, form.status


@blueprint.post("/requesters/<int:agency_id>/<int:named_id>/remove")
@access(Permission.READ_AGENCIES)
def unname(agency_id: int, named_id: int) -> ResponseReturnValue:
    """Take somebody off the list."""
    agency, named = _agency(agency_id), db.session.get(Designation, named_id)
    if named is None or named.agency_id != agency.id:
        raise NotFound("That was taken off the list already.")
    authority.unname_requester(agency, named, by=signed_in_user())
    return redirect(url_for(".requesters", agency_id=agency.id))


def _agency(agency_id: int) -> Agency:
    """Return an agency whose list the viewer may keep. Raises `NotFound`, also for one that is not theirs."""
    agency = db.session.get(Agency, agency_id)
    if agency is None or not authority.may_name(agency, by=signed_in_user()):
        raise NotFound("There is no such agency.")
    return agency
