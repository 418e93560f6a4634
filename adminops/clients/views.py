"""The pages of client records."""

from collections.abc import Sequence

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adminops import clock
from adminops.clients import operations
from adminops.clients.forms import LookUpForm, RevealForm, SsnForm
from adminops.clients.pictures import spans_of
from adminops.hmis import sealing
from adminops.hmis.asking import ssn_in
from adminops.hmis.clients import ClientPage, FoundClient, find_clients
from adminops.identity.permissions import Permission
from adminops.identity.scopes import scope_of
from adminops.web.access import Again, access, signed_in_user
from adminops.web.navigation import links_to, panels

blueprint = Blueprint("clients", __name__, url_prefix="/clients")


@blueprint.route("", methods=["GET", "POST"])
@access(Permission.READ_CLIENTS, writes=False)
def index() -> ResponseReturnValue:
    """Look a client up by whatever was typed. An SSN is passed on to the page that keeps the look-up on the record."""
    form, found, viewer = LookUpForm(), None, signed_in_user()
    if form.submitted():
        asked = form.asked
        found = find_clients(asked, scope=scope_of(viewer), after=form.after.data)
        if asked.ssn and not found.rows and viewer.may(Permission.REVEAL_SSN):
            return redirect(url_for(".by_ssn"), code=307)
    rows, after = (found.rows, found.after) if found else (None, None)
    return _results(form, SsnForm(formdata=None), rows, after=after), form.status


@blueprint.route("/by-ssn", methods=["GET", "POST"])
@access(Permission.REVEAL_SSN)
def by_ssn() -> ResponseReturnValue:
    """Look a client up by SSN, typed here or in the box for everything."""
    if request.method == "GET":
        return redirect(url_for(".index"))
    form, found = SsnForm(ssn=request.form.get("words", "")), None
    masked = sealing.mask_ssn(ssn_in(form.ssn.data or ""))
    if form.submitted():
        with form.refusals():
            found = operations.look_up_ssn(form.ssn.data or "", by=signed_in_user())
    form.ssn.data = ""  # it stands on no page, not even on the answer to who typed it
    return _results(LookUpForm(formdata=None), form, found, masked=masked), form.status


@blueprint.get("/<int:client_id>")
@access(Permission.READ_CLIENTS, writes=True)
def show(client_id: int) -> ResponseReturnValue:
    """Show a person with all records and stays."""
    viewer = signed_in_user()
    return _page(operations.view_client(client_id, by=viewer), RevealForm())


@blueprint.post("/<int:client_id>/ssn")
@access(Permission.REVEAL_SSN, confirm=Again.USING)
def reveal(client_id: int) -> ResponseReturnValue:
    """Show the whole SSN once, on this answer only."""
    form, ssn = RevealForm(), None
    if form.submitted():
        with form.refusals():
            ssn = operations.show_ssn(client_id, reason=form.reason.data or "", by=signed_in_user())
    page = operations.view_client(client_id, by=signed_in_user())
    return _page(page, form, ssn=ssn)


def _results(
    form: LookUpForm,
    ssn_form: SsnForm,
    rows: Sequence[FoundClient] | None,
    *,
    after: str | None = None,
    masked: str = "",
) -> str:
    asked_for_ssn = bool(form.is_submitted() and form.words.data and form.asked.ssn)
    form.forget_ssns()
    return render_template(
        "clients/index.html",
        form=form,
        ssn_form=ssn_form,
        rows=rows,
        after=after,
        masked=masked,
        asked_for_ssn=asked_for_ssn,
        may_ask_for_ssn=signed_in_user().may(Permission.REVEAL_SSN),
        cards=panels("clients", "all", signed_in_user()),
    )


def _page(page: ClientPage, form: RevealForm, *, ssn: str | None = None) -> ResponseReturnValue:
    viewer = signed_in_user()
    shown = render_template(
        "clients/show.html",
        page=page,
        spans=spans_of(page),
        links=links_to(page.sources, viewer),
        today=clock.today(),
        form=form,
        ssn=ssn,
        may_reveal=viewer.may(Permission.REVEAL_SSN),
        cards=panels("client", page.client.id, viewer),
    )
    return shown, form.status
