"""The pages of the set-up sheet."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts.setup import operations, queries
from accounts.setup.forms import TickForm
from accounts.setup.models import SetupSheet
from accounts.setup.steps import BY_KEY
from accounts.views.blueprint import blueprint, get_account
from adminops.errors import NotFound
from adminops.identity.permissions import Permission
from adminops.web.access import access, signed_in_user
from adminops.web.navigation import link_to


@blueprint.get("/accounts/setup")
@access(Permission.MANAGE_ACCOUNTS)
def sheets() -> ResponseReturnValue:
    """List the sheets that are open."""
    page = queries.list_sheets(after=request.args.get("after"))
    return render_template("accounts/setup/index.html", page=page, total=queries.count_sheets())


@blueprint.post("/accounts/<int:account_id>/setup")
@access(Permission.MANAGE_ACCOUNTS)
def open_sheet(account_id: int) -> ResponseReturnValue:
    """Open the sheet of an account, or go on with it."""
    viewer = signed_in_user()
    sheet = operations.open_sheet(get_account(account_id, viewer), by=viewer)
    return redirect(url_for(".sheet", sheet_id=sheet.id))


@blueprint.get("/accounts/setup/<int:sheet_id>")
@access(Permission.MANAGE_ACCOUNTS)
def sheet(sheet_id: int) -> ResponseReturnValue:
    """Show a sheet: what to enter on which screen, and what is done."""
    viewer, found = signed_in_user(), _get(sheet_id)
    ticket = link_to(found.ticket, viewer) if found.ticket else None
    return render_template("accounts/setup/show.html", sheet=found, steps=found.steps, ticket=ticket)


@blueprint.route("/accounts/setup/<int:sheet_id>/<step>", methods=["GET", "POST"])
@access(Permission.MANAGE_ACCOUNTS)
def tick(sheet_id: int, step: str) -> ResponseReturnValue:
    """Tick a step off, with what shows it."""
    found = _get(sheet_id)
    if step not in BY_KEY:
        raise NotFound("There is no such step.")
    form, before = TickForm(), found.tick(step)
    if form.submitted():
        with form.refusals():
            operations.tick_step(found, step, evidence=form.evidence.data or "", by=signed_in_user())
            if found.finished_at:
                flash("Everything is entered: the sheet is done.", "good")
            return redirect(url_for(".sheet", sheet_id=found.id, _anchor=f"step-{step}"))
    if before is not None and not form.is_submitted():
        form.evidence.data = before.evidence
    page = render_template("accounts/setup/tick.html", sheet=found, step=BY_KEY[step], form=form)
    return page, form.status


@blueprint.post("/accounts/setup/<int:sheet_id>/<step>/undo")
@access(Permission.MANAGE_ACCOUNTS)
def untick(sheet_id: int, step: str) -> ResponseReturnValue:
    """Take a tick back."""
    found = _get(sheet_id)
    operations.untick_step(found, step, by=signed_in_user())
    return redirect(url_for(".sheet", sheet_id=found.id, _anchor=f"step-{step}"))


def _get(sheet_id: int) -> SetupSheet:
    found = queries.find_sheet(sheet_id)
    if found is None:
        raise NotFound("There is no such sheet.")
    operations.check_may_set_up(found.account, by=signed_in_user())
    return found
