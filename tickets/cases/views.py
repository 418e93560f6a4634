"""The pages of cases at the vendor, and passing a ticket on to one."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adminops import clock
from adminops.identity.permissions import Permission
from adminops.settings import current_settings
from adminops.web.access import access, signed_in_user
from tickets import policies
from tickets.cases import operations, queries
from tickets.cases.forms import NEW, CaseForm, PassForm
from tickets.cases.models import VendorCase
from tickets.cases.queries import Which
from tickets.language import parse
from tickets.queries import TicketFilter, View, get_ticket, list_tickets
from tickets.views.desk import blueprint as tickets

blueprint = Blueprint("vendor", "tickets", url_prefix="/vendor-cases", template_folder="templates")


@blueprint.get("")
@access(Permission.WORK_TICKETS)
def index() -> ResponseReturnValue:
    """List the cases."""
    asked = request.args.get("show", "")
    which = Which(asked) if asked in list(Which) else Which.OPEN
    page = queries.list_cases(which, after=request.args.get("after"))
    return render_template(
        "tickets/vendor_cases.html",
        page=page,
        which=which,
        counts=queries.count_cases(),
        tickets=queries.count_tickets_of(page.rows, signed_in_user()),
        today=clock.today(current_settings().time_zone),
    )


@blueprint.route("/new", methods=["GET", "POST"])
@access(Permission.WORK_TICKETS)
def new() -> ResponseReturnValue:
    """Write a case down."""
    return _edit(None)


@blueprint.get("/<int:case_id>")
@access(Permission.WORK_TICKETS)
def show(case_id: int) -> ResponseReturnValue:
    """Show a case with the tickets that wait for it."""
    user, case = signed_in_user(), queries.get_case(case_id)
    waiting = TicketFilter(view=View.ALL, query=parse(f"case:{case.id}"))
    page = list_tickets(waiting, user, after=request.args.get("after"))
    today = clock.today(current_settings().time_zone)
    return render_template("tickets/vendor_case.html", case=case, page=page, today=today)


@blueprint.route("/<int:case_id>/edit", methods=["GET", "POST"])
@access(Permission.WORK_TICKETS)
def edit(case_id: int) -> ResponseReturnValue:
    """Change a case: what was promised, where it stands."""
    return _edit(queries.get_case(case_id))


@tickets.route("/<int:ticket_id>/vendor", methods=["GET", "POST"])
@access(Permission.ASK_FOR_HELP)
def pass_on(ticket_id: int) -> ResponseReturnValue:
    """Let a ticket wait on the vendor, with its case."""
    user, form = signed_in_user(), PassForm()
    ticket = get_ticket(ticket_id, user)
    policies.check_may_work(ticket, by=user)
    if form.submitted():
        with form.refusals():
            is_new = form.case.data == NEW
            case = operations.save_case(None, **form.values(), by=user) if is_new else queries.get_case(_chosen(form))
            operations.pass_to_vendor(ticket, case, by=user)
            flash(f"This waits on {case.named} now.", "good")
            return redirect(url_for("tickets.show", ticket_id=ticket.id))
    return render_template("tickets/vendor_pass.html", form=form, ticket=ticket), form.status


def _chosen(form: PassForm) -> int:
    return int(form.case.data)


def _edit(case: VendorCase | None) -> ResponseReturnValue:
    form = CaseForm(case)
    if form.submitted():
        with form.refusals():
            saved = operations.save_case(case, **form.values(), by=signed_in_user())
            return redirect(url_for(".show", case_id=saved.id))
    return render_template("tickets/vendor_case_form.html", form=form, case=case), form.status
