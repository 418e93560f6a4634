"""The pages of known problems: for the team to keep, for everybody to read and to say "I have this, too"."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from adminops import clock
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.settings import current_settings
from adminops.signin.views import safe_goal
from adminops.web.access import access, signed_in_user
from adminops.web.forms import ConfirmForm
from adminops.web.navigation import registry
from tickets.bulk import operations as bulk
from tickets.bulk.models import Act
from tickets.catalogue import all_types
from tickets.language import parse
from tickets.models import Then
from tickets.problems import operations, queries
from tickets.problems.forms import ProblemForm, SolvedForm
from tickets.problems.models import KnownProblem, ProblemState
from tickets.queries import TicketFilter, View, get_ticket, list_tickets

blueprint = Blueprint("problems", "tickets", url_prefix="/problems", template_folder="templates")


@blueprint.get("")
@access(Permission.ASK_FOR_HELP)
def index() -> ResponseReturnValue:
    """List what is broken, or was."""
    user = signed_in_user()
    state = ProblemState.SOLVED if request.args.get("show") == "solved" else ProblemState.OPEN
    page = queries.list_problems(user, state, after=request.args.get("after"))
    team = queries.is_team(user)
    counts = queries.count_tickets_of(page.rows, user) if team else {}
    return render_template("tickets/problems.html", page=page, state=state, team=team, counts=counts)


@blueprint.route("/new", methods=["GET", "POST"])
@access(Permission.WORK_TICKETS)
def new() -> ResponseReturnValue:
    """Write a known problem down."""
    return _edit(None)


@blueprint.get("/<int:problem_id>")
@access(Permission.ASK_FOR_HELP)
def show(problem_id: int) -> ResponseReturnValue:
    """Show a known problem; to the team with the tickets about it."""
    user = signed_in_user()
    problem = queries.get_problem(problem_id, user)
    team = queries.is_team(user)
    about = TicketFilter(view=View.ALL, query=parse(f"problem:{problem.id}"))
    return render_template(
        "tickets/problem.html",
        problem=problem,
        team=team,
        page=list_tickets(about, user, after=request.args.get("after")) if team else None,
        total=len(queries.linked_ids(problem, user)) if team else 0,
        people=len(queries.those_who_have(problem)) if team else 0,
        has_it=queries.has_it(problem, user),
        kinds=dict(_kinds()),
        form=ConfirmForm(),
    )


@blueprint.route("/<int:problem_id>/edit", methods=["GET", "POST"])
@access(Permission.WORK_TICKETS)
def edit(problem_id: int) -> ResponseReturnValue:
    """Change words, dates or those concerned."""
    return _edit(queries.get_problem(problem_id, signed_in_user()))


@blueprint.post("/<int:problem_id>/me-too")
@access(Permission.ASK_FOR_HELP)
def me_too(problem_id: int) -> ResponseReturnValue:
    """Say that one has it, too, or that a ticket is about it."""
    user, number = signed_in_user(), request.form.get("ticket", "")
    problem = queries.get_problem(problem_id, user)
    if number.isascii() and number.isdecimal() and len(number) < 10:
        ticket = get_ticket(int(number), user)
        operations.have_it_too(problem, ticket=ticket, by=user)
        return redirect(url_for("tickets.show", ticket_id=ticket.id))
    operations.have_it_too(problem, by=user)
    flash("Thank you. You get an e-mail when it is solved; you need not write to us.", "good")
    return redirect(url_for(".show", problem_id=problem.id))


@blueprint.post("/<int:problem_id>/put-away")
@access(Permission.ASK_FOR_HELP)
def put_away(problem_id: int) -> ResponseReturnValue:
    """Show the banner no more."""
    user = signed_in_user()
    operations.put_away(queries.get_problem(problem_id, user), by=user)
    return redirect(safe_goal(request.form.get("next")) or url_for("signin.home"))


@blueprint.route("/<int:problem_id>/solved", methods=["GET", "POST"])
@access(Permission.WORK_TICKETS)
def solved(problem_id: int) -> ResponseReturnValue:
    """Call it solved, and plan one message on all tickets about it."""
    user, form = signed_in_user(), SolvedForm()
    problem = queries.get_problem(problem_id, user)
    ids = queries.linked_ids(problem, user)
    if form.submitted():
        with form.refusals():
            operations.solve_problem(problem, by=user)
            return redirect(_tell(problem, ids, form, user))
    return render_template("tickets/problem_solved.html", form=form, problem=problem, total=len(ids)), form.status


@blueprint.post("/<int:problem_id>/reopen")
@access(Permission.WORK_TICKETS)
def reopen(problem_id: int) -> ResponseReturnValue:
    """Open it again."""
    user = signed_in_user()
    operations.reopen_problem(queries.get_problem(problem_id, user), by=user)
    return redirect(url_for(".show", problem_id=problem_id))


def banner(viewer: User | None) -> Markup | None:
    """Return what stands above the pages of those concerned; None where nothing does."""
    shown = queries.shown_to(viewer)
    drawn = render_template("tickets/problem_banner.html", shown=shown, known=viewer is not None) if shown else None
    return Markup(drawn) if drawn is not None else None  # noqa: S704 - a template


def _tell(problem: KnownProblem, ids: list[int], form: SolvedForm, user: User) -> str:
    """Plan the message, if there is one; return where to go on."""
    if not ids or not form.body.data:
        flash(f"“{problem.title}” is solved.", "good")
        return url_for(".show", problem_id=problem.id)
    then = Then.RESOLVE if form.resolve.data else Then.NOTHING
    value = {"confirmed": bool(form.confirmed_clean.data), "then": then.value}
    act = bulk.plan(ids, Act.REPLY, value=value, body=form.body.data, by=user)
    flash(f"“{problem.title}” is solved. Look who is told, then send it.", "good")
    return url_for("tickets.bulk_act", act_id=act.id)


def _edit(problem: KnownProblem | None) -> ResponseReturnValue:
    form = ProblemForm(_kinds(), clock.today(current_settings().time_zone), problem)
    if form.submitted():
        with form.refusals():
            saved = operations.save_problem(problem, **form.values(), by=signed_in_user())
            return redirect(url_for(".show", problem_id=saved.id))
    return render_template("tickets/problem_form.html", form=form, problem=problem), form.status


def _kinds() -> list[tuple[str, str]]:
    return [(kind.key, kind.title) for kind in all_types(registry().features) if not kind.start]
