"""The pages of client records."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from adminops import clock
from adminops.clients import operations
from adminops.clients.forms import LookUpForm, RevealForm
from adminops.hmis.clients import ClientPage, find_clients
from adminops.identity.permissions import Permission
from adminops.identity.scopes import scope_of
from adminops.web.access import access, signed_in_user
from adminops.web.charts import Stay
from adminops.web.navigation import panels

blueprint = Blueprint("clients", __name__, url_prefix="/clients")


@blueprint.route("", methods=["GET", "POST"])
@access(Permission.READ_CLIENTS, writes=False)
def index() -> ResponseReturnValue:
    """Look a client up by name or PersonalID."""
    form, found = LookUpForm(), None
    if form.submitted():
        found = find_clients(form.words.data or "", scope=scope_of(signed_in_user()), after=form.after.data)
    return render_template("clients/index.html", form=form, found=found), form.status


@blueprint.get("/<int:client_id>")
@access(Permission.READ_CLIENTS, writes=True)
def show(client_id: int) -> ResponseReturnValue:
    """Show a person with all records and stays."""
    viewer = signed_in_user()
    return _page(operations.view_client(client_id, by=viewer), RevealForm())


@blueprint.post("/<int:client_id>/ssn")
@access(Permission.REVEAL_SSN)
def reveal(client_id: int) -> ResponseReturnValue:
    """Show the whole SSN once, on this answer only."""
    form, ssn = RevealForm(), None
    if form.submitted():
        with form.refusals():
            ssn = operations.show_ssn(client_id, reason=form.reason.data or "", by=signed_in_user())
    page = operations.view_client(client_id, by=signed_in_user())
    return _page(page, form, ssn=ssn)


def _page(page: ClientPage, form: RevealForm, *, ssn: str | None = None) -> ResponseReturnValue:
    viewer = signed_in_user()
    drawn = [
        Stay(
            side="a" if stay.client_id == page.records[0].id else "b",
            label=stay.project_name,
            kind=stay.project_type_label,
            start=stay.entry_date,
            end=stay.exit_date,
        )
        for stay in page.stays
        if stay.entry_date
    ]
    shown = render_template(
        "clients/show.html",
        page=page,
        drawn=drawn[:40],
        today=clock.today(),
        form=form,
        ssn=ssn,
        may_reveal=viewer.may(Permission.REVEAL_SSN),
        cards=panels("client", page.client.id, viewer),
    )
    return shown, form.status
