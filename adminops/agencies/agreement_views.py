"""The pages of what agencies sign."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from adminops.agencies import queries
from adminops.agencies.forms import AgreementForm, EndForm
from adminops.agencies.models import AgencyAgreement
from adminops.agencies.operations import check_may_keep, end_agreement, record_agreement
from adminops.agencies.views import blueprint, get_agency
from adminops.errors import NotFound
from adminops.files import send_file_safely
from adminops.identity.models import Agency
from adminops.identity.permissions import Permission
from adminops.web.access import access, signed_in_user

__all__ = ["blueprint"]


@blueprint.route("/<int:agency_id>/agreements/new", methods=["GET", "POST"])
@access(Permission.MANAGE_AGENCIES)
def record(agency_id: int) -> ResponseReturnValue:
    """Put on record what the agency has signed."""
    viewer = signed_in_user()
    agency = get_agency(agency_id, viewer)
    if (form := AgreementForm()).submitted():
        with form.refusals():
            record_agreement(agency, **form.values(), by=viewer)
            flash("The agreement is on record.", "good")
            return redirect(url_for(".show", agency_id=agency.id))
    return render_template("agencies/agreement.html", form=form, agency=agency), form.status


@blueprint.route("/<int:agency_id>/agreements/<int:agreement_id>/end", methods=["GET", "POST"])
@access(Permission.MANAGE_AGENCIES)
def end(agency_id: int, agreement_id: int) -> ResponseReturnValue:
    """Say that an agreement ends before its time."""
    viewer = signed_in_user()
    agency = get_agency(agency_id, viewer)
    agreement = _get(agreement_id, agency)
    check_may_keep(by=viewer)
    if (form := EndForm()).submitted():
        with form.refusals():
            end_agreement(agreement, **form.values(), by=viewer)
            flash("The agreement ends then.", "good")
            return redirect(url_for(".show", agency_id=agency.id))
    return render_template("agencies/end_agreement.html", form=form, agency=agency, agreement=agreement), form.status


@blueprint.get("/<int:agency_id>/agreements/<int:agreement_id>/file")
@access(Permission.READ_AGENCIES)
def paper(agency_id: int, agreement_id: int) -> ResponseReturnValue:
    """Hand the signed paper out, to the agency's people who see its agreements and to the team."""
    agreement = _get(agreement_id, get_agency(agency_id, signed_in_user()))
    if agreement.file is None:
        raise NotFound("No paper was kept with this agreement.")
    return send_file_safely(agreement.file)


def _get(agreement_id: int, agency: Agency) -> AgencyAgreement:
    found = queries.find_agreement(agreement_id, agency)
    if found is None:
        raise NotFound("There is no such agreement of this agency.")
    return found
