"""What is done with all accounts of an agency at once."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from accounts.lapses.operations import check_may_hold_agency, count_open, hold_agency
from accounts.licenses.queries import find_agency
from accounts.views.blueprint import blueprint
from adminops.errors import NotFound
from adminops.identity.permissions import Permission
from adminops.web.access import access, signed_in_user
from adminops.web.forms import ConfirmForm


@blueprint.route("/accounts/agencies/<int:agency_id>/hold", methods=["GET", "POST"])
@access(Permission.KEEP_ACCESS_RULES)
def hold_all(agency_id: int) -> ResponseReturnValue:
    """Close all accounts of an agency whose agreement has run out, after asking once."""
    viewer = signed_in_user()
    agency = find_agency(agency_id, viewer)
    if agency is None:
        raise NotFound("There is no such agency.")
    check_may_hold_agency(agency, by=viewer)
    if (form := ConfirmForm()).submitted():
        with form.refusals():
            closed = hold_agency(agency, by=viewer)
            flash(f"{closed} {'account is' if closed == 1 else 'accounts are'} closed until the agreement is renewed.")
            return redirect(url_for("agencies.show", agency_id=agency.id))
    page = render_template("accounts/hold_agency.html", agency=agency, count=count_open(agency), form=form)
    return page, form.status
