"""The pages of licenses: the seats of agencies, what they cost, what was billed and paid."""

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from accounts.licenses import queries
from accounts.licenses.forms import InvoiceForm, PaymentForm, PeriodForm, SeatsForm
from accounts.licenses.models import LicenseOrder
from accounts.licenses.operations import note_invoice, note_payment, open_period, order_seats
from accounts.views.blueprint import blueprint
from adminops.errors import NotFound
from adminops.identity.models import Agency, User
from adminops.identity.permissions import Permission
from adminops.web.access import access, signed_in_user
from adminops.web.forms import Form
from adminops.web.sheets import csv_file


@blueprint.get("/accounts/licenses")
@access(Permission.READ_ACCOUNTS)
def licenses() -> ResponseReturnValue:
    """List the agencies with their seats."""
    viewer = signed_in_user()
    page = queries.list_seats(viewer, after=request.args.get("after"))
    return render_template("accounts/licenses/index.html", page=page, total=queries.count_agencies(viewer))


@blueprint.get("/accounts/licenses/invoices.csv")
@access(Permission.READ_ACCOUNTS)
def invoices() -> ResponseReturnValue:
    """Hand the list of invoices out, as far as the viewer sees the agencies."""
    file = csv_file(queries.INVOICE_HEADS, queries.invoices(signed_in_user()))
    return send_file(file, mimetype="text/csv", as_attachment=True, download_name="licenses.csv")


@blueprint.get("/accounts/licenses/<int:agency_id>")
@access(Permission.READ_ACCOUNTS)
def license_seats(agency_id: int) -> ResponseReturnValue:
    """Show the seats of one agency."""
    viewer = signed_in_user()
    agency = _agency(agency_id, viewer)
    return render_template(
        "accounts/licenses/agency.html",
        agency=agency,
        seats=queries.seats_of(agency.id),
        periods=queries.periods_of(agency.id),
        today=queries.today(),
        may_bill=viewer.may(Permission.MANAGE_LICENSES),
    )


@blueprint.route("/accounts/licenses/<int:agency_id>/new", methods=["GET", "POST"])
@access(Permission.MANAGE_LICENSES)
def new_period(agency_id: int) -> ResponseReturnValue:
    """Open a period."""
    viewer = signed_in_user()
    agency = _agency(agency_id, viewer)

    def save(values: dict[str, Any]) -> None:
        open_period(agency, **values, by=viewer)

    return _step(PeriodForm(), agency, "Open a period", "Open it", save)


@blueprint.route("/accounts/licenses/periods/<int:period_id>/order", methods=["GET", "POST"])
@access(Permission.MANAGE_LICENSES)
def more_seats(period_id: int) -> ResponseReturnValue:
    """Order more seats."""
    viewer = signed_in_user()
    period = queries.find_period(period_id, viewer)
    if period is None:
        raise NotFound("There is no such period.")

    def save(values: dict[str, Any]) -> None:
        order_seats(period, **values, by=viewer)

    return _step(SeatsForm(), period.agency, "Order seats", "Order them", save)


@blueprint.route("/accounts/licenses/orders/<int:order_id>/invoice", methods=["GET", "POST"])
@access(Permission.MANAGE_LICENSES)
def bill(order_id: int) -> ResponseReturnValue:
    """Note the invoice of some seats."""
    viewer = signed_in_user()
    order = _order(order_id, viewer)

    def save(values: dict[str, Any]) -> None:
        note_invoice(order, **values, by=viewer)

    return _step(InvoiceForm(), order.period.agency, "Note the invoice", "Save", save)


@blueprint.route("/accounts/licenses/orders/<int:order_id>/payment", methods=["GET", "POST"])
@access(Permission.MANAGE_LICENSES)
def paid(order_id: int) -> ResponseReturnValue:
    """Note the payment of some seats."""
    viewer = signed_in_user()
    order = _order(order_id, viewer)

    def save(values: dict[str, Any]) -> None:
        note_payment(order, **values, by=viewer)

    return _step(PaymentForm(), order.period.agency, "Note the payment", "Save", save)


def _step(
    form: Form, agency: Agency, heading: str, submit: str, save: Callable[[dict[str, Any]], None]
) -> ResponseReturnValue:
    if form.submitted():
        with form.refusals():
            save(form.values())
            flash("Saved.", "good")
            return redirect(url_for(".license_seats", agency_id=agency.id))
    page = render_template("accounts/licenses/step.html", form=form, agency=agency, headline=heading, submit=submit)
    return page, form.status


def _agency(agency_id: int, viewer: User) -> Agency:
    agency = queries.find_agency(agency_id, viewer)
    if agency is None:
        raise NotFound("There is no such agency.")
    return agency


def _order(order_id: int, viewer: User) -> LicenseOrder:
    order = queries.find_order(order_id, viewer)
    if order is None:
        raise NotFound("There are no such seats.")
    return order
