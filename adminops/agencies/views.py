"""The pages of agencies."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adminops.agencies import queries
from adminops.agencies.forms import AgencyForm
from adminops.errors import NotFound
from adminops.identity import operations
from adminops.identity.models import Agency, User
from adminops.identity.permissions import Permission
from adminops.web.access import access, signed_in_user
from adminops.web.navigation import panels

blueprint = Blueprint("agencies", __name__, url_prefix="/agencies")


@blueprint.get("")
@access(Permission.READ_AGENCIES)
def index() -> ResponseReturnValue:
    """List the agencies."""
    viewer, words = signed_in_user(), request.args.get("q", "").strip()
    return render_template(
        "agencies/index.html",
        page=queries.list_agencies(viewer, words=words, after=request.args.get("after")),
        total=queries.count_agencies(viewer, words=words),
        words=words,
        may_add=viewer.may(Permission.MANAGE_AGENCIES),
    )


@blueprint.get("/<int:agency_id>")
@access(Permission.READ_AGENCIES)
def show(agency_id: int) -> ResponseReturnValue:
    """Show one agency."""
    viewer = signed_in_user()
    agency = get_agency(agency_id, viewer)
    return render_template(
        "agencies/show.html",
        agency=agency,
        contacts=queries.contacts_of(agency),
        agreements=queries.agreements_of(agency),
        today=queries.today(),
        cards=panels("agency", agency.id, viewer),
        may_change=viewer.may(Permission.MANAGE_AGENCIES),
    )


@blueprint.route("/new", methods=["GET", "POST"])
@access(Permission.MANAGE_AGENCIES)
def new() -> ResponseReturnValue:
    """Add an agency."""
    if (form := AgencyForm()).submitted():
        with form.refusals():
            agency = operations.add_agency(**form.values(), by=signed_in_user())
            flash("The agency was added.")
            return redirect(url_for(".show", agency_id=agency.id))
    return render_template("agencies/edit.html", form=form, agency=None), form.status


@blueprint.route("/<int:agency_id>/edit", methods=["GET", "POST"])
@access(Permission.MANAGE_AGENCIES)
def edit(agency_id: int) -> ResponseReturnValue:
    """Change an agency's particulars."""
    agency = get_agency(agency_id, signed_in_user())
    if (form := AgencyForm(obj=agency)).submitted():
        with form.refusals():
            operations.change_agency(agency, **form.values(), by=signed_in_user())
            flash("Saved.")
            return redirect(url_for(".show", agency_id=agency.id))
    return render_template("agencies/edit.html", form=form, agency=agency), form.status


def get_agency(agency_id: int, viewer: User) -> Agency:
    """Return the agency. Raises `NotFound` when there is none that the viewer may see."""
    agency = queries.find_agency(agency_id, viewer)
    if agency is None:
        raise NotFound("There is no such agency.")
    return agency
