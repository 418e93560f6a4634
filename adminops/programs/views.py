"""The pages of programs and of the requests for them."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adminops.errors import NotAllowed, NotFound
from adminops.hmis import sources
from adminops.identity.models import Agency
from adminops.identity.permissions import Permission
from adminops.programs import operations, plans, policies, queries
from adminops.programs.forms import ProgramForm, RemarkForm, SetUpForm
from adminops.programs.models import ProgramRequest, RequestState
from adminops.programs.reading import lines_of
from adminops.refs import Ref
from adminops.web.access import access, signed_in_user
from adminops.web.forms import choices
from adminops.web.navigation import link_to

blueprint = Blueprint("programs", __name__, url_prefix="/programs")


@blueprint.get("")
@access(Permission.READ_PROGRAMS)
def index() -> ResponseReturnValue:
    """List the programs."""
    viewer, words = signed_in_user(), request.args.get("q", "").strip()
    page, total = queries.page_of_programs(viewer, words=words, after=request.args.get("after"))
    return render_template(
        "programs/index.html",
        page=page,
        total=total,
        words=words,
        may_request=viewer.may(Permission.REQUEST_PROGRAMS),
        may_decide=viewer.may(Permission.APPROVE_PROGRAMS),
        waiting=queries.count_waiting(viewer),
    )


@blueprint.get("/<int:source_id>/<project_id>")
@access(Permission.READ_PROGRAMS)
def program(source_id: int, project_id: str) -> ResponseReturnValue:
    """Show a program with its funding sources and beds."""
    return render_template("programs/program.html", page=queries.get_program(source_id, project_id, signed_in_user()))


@blueprint.get("/requests")
@access(Permission.REQUEST_PROGRAMS)
def requests() -> ResponseReturnValue:
    """List the requests."""
    state = request.args.get("state", "")
    page = queries.list_requests(signed_in_user(), state=state, after=request.args.get("after"))
    return render_template("programs/requests.html", page=page, state=state, states=list(RequestState))


@blueprint.route("/requests/new", methods=["GET", "POST"])
@access(Permission.REQUEST_PROGRAMS)
def new() -> ResponseReturnValue:
    """Start a request; `ticket` is the ticket that asked for it."""
    form, agencies = _form(None)
    if form.submitted():
        with form.refusals():
            agency = _chosen(agencies, form.agency.data)
            kept = operations.save_draft(agency, form.wanted(), ticket_id=_ticket(), by=signed_in_user())
            return _send_or_keep(kept, form)
    return render_template("programs/edit.html", form=form, wish=None), form.status


@blueprint.route("/requests/<int:request_id>/edit", methods=["GET", "POST"])
@access(Permission.REQUEST_PROGRAMS)
def edit(request_id: int) -> ResponseReturnValue:
    """Go on with a draft, or answer a question."""
    wish = queries.get_request(request_id, signed_in_user())
    form, _agencies = _form(wish)
    if form.submitted():
        with form.refusals():
            operations.save_draft(wish.agency, form.wanted(), request=wish, by=signed_in_user())
            return _send_or_keep(wish, form)
    return render_template("programs/edit.html", form=form, wish=wish), form.status


def _send_or_keep(wish: ProgramRequest, form: ProgramForm) -> ResponseReturnValue:
    """Answer the two buttons of the form: keep as a draft, or send. What can't be sent stays a draft and says why."""
    if "keep" in request.form:
        flash("The draft is saved. Nothing was sent yet.")
        return redirect(url_for(".show", request_id=wish.id))
    with form.refusals():
        operations.request_program(wish, by=signed_in_user())
        flash("Your request is with the team.")
        return redirect(url_for(".show", request_id=wish.id))
    return render_template("programs/edit.html", form=form, wish=wish), form.status


@blueprint.get("/requests/<int:request_id>")
@access(Permission.REQUEST_PROGRAMS)
def show(request_id: int) -> ResponseReturnValue:
    """Show a request and what can be done with it now."""
    return _show(queries.get_request(request_id, signed_in_user()), RemarkForm())


def _show(wish: ProgramRequest, form: RemarkForm) -> ResponseReturnValue:
    viewer = signed_in_user()
    shown = render_template(
        "programs/request.html",
        wish=wish,
        lines=lines_of(wish.wanted),
        form=form,
        allowed=policies.allowed(wish, viewer),
        same=queries.same_name(wish.name) if wish.state is RequestState.SUBMITTED else (),
    )
    return shown, form.status


@blueprint.post("/requests/<int:request_id>/ask")
@access(Permission.APPROVE_PROGRAMS)
def ask(request_id: int) -> ResponseReturnValue:
    """Send the request back with a question."""
    wish, form = queries.get_request(request_id, signed_in_user()), RemarkForm()
    if form.submitted():
        with form.refusals():
            operations.ask_back(wish, form.text.data or "", by=signed_in_user())
            flash("The agency was asked.")
            return redirect(url_for(".show", request_id=wish.id))
    return _show(wish, form)


@blueprint.post("/requests/<int:request_id>/refuse")
@access(Permission.APPROVE_PROGRAMS)
def refuse(request_id: int) -> ResponseReturnValue:
    """Refuse the request with a reason."""
    wish, form = queries.get_request(request_id, signed_in_user()), RemarkForm()
    if form.submitted():
        with form.refusals():
            operations.refuse_request(wish, form.text.data or "", by=signed_in_user())
            flash("The request was refused.")
            return redirect(url_for(".show", request_id=wish.id))
    return _show(wish, form)


@blueprint.post("/requests/<int:request_id>/approve")
@access(Permission.APPROVE_PROGRAMS)
def approve(request_id: int) -> ResponseReturnValue:
    """Approve the request."""
    operations.approve_request(queries.get_request(request_id, signed_in_user()), by=signed_in_user())
    flash("Approved. Set the program up next.")
    return redirect(url_for(".show", request_id=request_id))


@blueprint.post("/requests/<int:request_id>/withdraw")
@access(Permission.REQUEST_PROGRAMS)
def withdraw(request_id: int) -> ResponseReturnValue:
    """Take the request back."""
    operations.withdraw_request(queries.get_request(request_id, signed_in_user()), by=signed_in_user())
    flash("The request was withdrawn.")
    return redirect(url_for(".show", request_id=request_id))


@blueprint.route("/requests/<int:request_id>/set-up", methods=["GET", "POST"])
@access(Permission.SET_UP_PROGRAMS)
def set_up(request_id: int) -> ResponseReturnValue:
    """Show what will be made, and make it."""
    wish, form = queries.get_request(request_id, signed_in_user()), SetUpForm()
    form.source.choices = choices(_sources_for(wish.agency))
    if form.submitted():
        with form.refusals():
            source = sources.get_source(int(form.source.data))
            project_id = operations.set_up_program(wish, source, by=signed_in_user())
            flash("The program is set up.")
            return redirect(url_for(".program", source_id=source.id, project_id=project_id))
    shown = render_template("programs/set_up.html", wish=wish, lines=lines_of(wish.wanted), form=form)
    return shown, form.status


def _sources_for(agency: Agency) -> list[tuple[str, str]]:
    """Return the sources to choose from, the agency's own first; nothing is chosen beforehand where it is in doubt."""
    own = {link.source_id for link in agency.organizations}
    every = sorted(sources.all_sources(), key=lambda source: source.id not in own)
    offered = [(str(source.id), source.name) for source in every]
    is_clear = len(every) == 1 or sum(source.id in own for source in every) == 1
    return offered if is_clear else [("", "Choose…"), *offered]


def _ticket() -> int | None:
    """Return the ticket that the address names, if any. Raises `NotFound` for one that the viewer may not see."""
    number = request.args.get("ticket", "")
    if not number:
        return None
    if not number.isdecimal() or len(number) > 9 or link_to(Ref.to("ticket", number), signed_in_user()) is None:
        raise NotFound("There is no such ticket.")
    return int(number)


def _form(wish: ProgramRequest | None) -> tuple[ProgramForm, list[Agency]]:
    viewer = signed_in_user()
    agencies = list(queries.agencies_to_request_for(viewer)) if wish is None else [wish.agency]
    if not agencies:
        raise NotAllowed("There is no agency yet that a program could be for: an agency is added first.")
    given: dict[str, Any] = {"agency": str(agencies[0].id)}
    if wish is not None:
        given |= ProgramForm.filled(plans.from_json(wish.wanted))
    elif viewer.agency_id is not None:
        given["agency"] = str(viewer.agency_id)
    form = ProgramForm(data=given)
    form.agency.choices = choices((str(agency.id), agency.name) for agency in agencies)
    return form, agencies


def _chosen(agencies: list[Agency], number: str) -> Agency:
    found = next((agency for agency in agencies if str(agency.id) == number), None)
    if found is None:
        raise NotFound("There is no such agency.")
    return found
