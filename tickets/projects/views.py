"""The pages of projects: the list, making a ticket one, changing it, and taking that back."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.web.access import access, signed_in_user
from adminops.web.forms import ConfirmForm
from tickets import operations, policies, queries
from tickets.checklist.queries import checklist_of, steps_of
from tickets.models import Ticket
from tickets.projects import operations as verbs
from tickets.projects.forms import PartsForm, PlanForm, PromoteForm
from tickets.projects.queries import get_project, list_projects, office_day, untouched_parts
from tickets.views.desk import blueprint


@blueprint.get("/projects")
@access(Permission.WORK_TICKETS)
def projects() -> ResponseReturnValue:
    """List the projects with how far each is."""
    done = request.args.get("show") == "done"
    page = list_projects(signed_in_user(), done=done, after=request.args.get("after"))
    return render_template("tickets/projects.html", page=page, done=done, today=office_day())


@blueprint.route("/<int:ticket_id>/project", methods=["GET", "POST"])
@access(Permission.ASK_FOR_HELP)
def promote(ticket_id: int) -> ResponseReturnValue:
    """Make a ticket a project, with parts that its checklist suggests."""
    user, ticket = signed_in_user(), _ticket(ticket_id)
    form = PromoteForm(owner=ticket.assignee or user, parts="\n".join(_suggested(ticket)))
    if form.submitted() and not form.replaced(ticket.agency_id, user):
        with form.refusals():
            verbs.promote(ticket, **form.values(), by=user)
            _tell(ticket, form, user)
            flash("This is a project now. Its parts wait until somebody takes them up.", "good")
            return redirect(url_for(".show", ticket_id=ticket.id, _anchor="project"))
    form.mark(ticket.agency_id, user)
    return render_template("tickets/promote.html", ticket=ticket, form=form), form.status


@blueprint.route("/<int:ticket_id>/project/plan", methods=["GET", "POST"])
@access(Permission.ASK_FOR_HELP)
def change_project(ticket_id: int) -> ResponseReturnValue:
    """Give a project another owner or another day."""
    user, ticket = signed_in_user(), _ticket(ticket_id)
    form = PlanForm(get_project(ticket))
    if form.submitted():
        with form.refusals():
            verbs.change_project(ticket, **form.values(), by=user)
            return redirect(url_for(".show", ticket_id=ticket.id, _anchor="project"))
    return render_template("tickets/project_plan.html", ticket=ticket, form=form), form.status


@blueprint.route("/<int:ticket_id>/project/parts", methods=["GET", "POST"])
@access(Permission.ASK_FOR_HELP)
def add_parts(ticket_id: int) -> ResponseReturnValue:
    """Add parts to a project."""
    user, ticket, form = signed_in_user(), _ticket(ticket_id), PartsForm()
    get_project(ticket)
    if form.submitted() and not form.replaced(ticket.agency_id, user):
        with form.refusals():
            verbs.add_parts(ticket, **form.values(), by=user)
            return redirect(url_for(".show", ticket_id=ticket.id, _anchor="project"))
    form.mark(ticket.agency_id, user)
    return render_template("tickets/project_parts.html", ticket=ticket, form=form), form.status


@blueprint.route("/<int:ticket_id>/project/end", methods=["GET", "POST"])
@access(Permission.ASK_FOR_HELP)
def demote(ticket_id: int) -> ResponseReturnValue:
    """Ask before a project becomes a plain ticket again, and do it."""
    ticket, form = _ticket(ticket_id), ConfirmForm()
    project = get_project(ticket)
    if form.submitted():
        with form.refusals():
            called_off, kept = verbs.demote(ticket, by=signed_in_user())
            flash(f"This is a plain ticket again. Parts called off: {called_off}, kept: {kept}.", "good")
            return redirect(url_for(".show", ticket_id=ticket.id))
    unbegun = len(untouched_parts(project))
    page = render_template(
        "tickets/project_end.html", ticket=ticket, form=form, unbegun=unbegun, made=len(project.made)
    )
    return page, form.status


def _ticket(ticket_id: int) -> Ticket:
    user = signed_in_user()
    ticket = queries.get_ticket(ticket_id, user)
    policies.check_may_work(ticket, by=user)
    return ticket


def _suggested(ticket: Ticket) -> list[str]:
    """Return the steps of the checklist that are still open."""
    return [step.words for step in steps_of(ticket, checklist_of(ticket)) if step.done_by is None]


def _tell(ticket: Ticket, form: PromoteForm, user: User) -> None:
    """Write to who asked, if anything; it goes on waiting for its parts."""
    if body := (form.message.data or "").strip():
        clean = bool(form.confirmed_clean.data)
        operations.reply(ticket, body=body, nonce=form.nonce.data, confirmed_clean=clean, by=user)
