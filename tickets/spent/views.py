"""The pages of time spent: what was noted on a ticket, a correction, and the file of a list."""

from collections.abc import Mapping

from flask import flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from adminops.errors import Invalid, NotFound
from adminops.facts import TicketsExported, publish
from adminops.files.kinds import FileKind
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.settings import current_settings
from adminops.web.access import access, signed_in_user
from adminops.web.navigation import registry
from adminops.web.sheets import Cell, csv_file
from tickets import policies, queries
from tickets.catalogue import all_types
from tickets.models import Ticket
from tickets.spent.forms import TimeForm
from tickets.spent.operations import correct_time, may_correct, note_time
from tickets.spent.queries import MOST_EXPORTED, Spent, get_time, in_words, spent_on, times_of
from tickets.views.asking import read_address
from tickets.views.desk import blueprint

HEADS = ("Ticket", "Subject", "Topic", "Who", "Day", "What for", "Minutes")


@blueprint.route("/<int:ticket_id>/time", methods=["GET", "POST"])
@access(Permission.ASK_FOR_HELP)
def time_spent(ticket_id: int) -> ResponseReturnValue:
    """Show the team what was noted on a ticket, and note more."""
    user, ticket = signed_in_user(), _ticket(ticket_id)
    form = TimeForm(user, others=user.may(Permission.SHAPE_DESK))
    if form.submitted():
        with form.refusals():
            row = note_time(ticket, **form.values(), by=user)
            flash(f"{in_words(row.minutes)} noted.", "good")
            return redirect(url_for(".time_spent", ticket_id=ticket.id))
    return _page(ticket, user, form), form.status


@blueprint.route("/<int:ticket_id>/time/<int:time_id>", methods=["GET", "POST"])
@access(Permission.ASK_FOR_HELP)
def correct_time_spent(ticket_id: int, time_id: int) -> ResponseReturnValue:
    """Correct a time; what stood there before stays to be seen."""
    user, ticket = signed_in_user(), _ticket(ticket_id)
    row = get_time(ticket, time_id)
    form = TimeForm(user, row)
    if form.submitted():
        with form.refusals():
            correct_time(row, ticket, **form.values(), by=user)
            flash("Corrected. What stood there before stays in the list.", "good")
            return redirect(url_for(".time_spent", ticket_id=ticket.id))
    return render_template("tickets/time_correct.html", ticket=ticket, row=row, form=form), form.status


@blueprint.get("/time.csv")
@access(Permission.WORK_TICKETS, writes=True)
def export_time() -> ResponseReturnValue:
    """Give the times of all tickets of a list as a file."""
    user = signed_in_user()
    topics = {kind.key: kind.title for kind in all_types(registry().features)}
    times = list(spent_on(read_address(request.args, user).filter(), user))
    if len(times) > MOST_EXPORTED:
        raise Invalid(f"This list has more than {MOST_EXPORTED:,} times. Narrow it first, by dates for example.")
    publish(TicketsExported(user_id=user.id, tickets=len({row.ticket_id for row in times})), by=user)
    file = csv_file(HEADS, [cells_of(row, topics) for row in times])
    return send_file(file, FileKind.CSV.media_type, as_attachment=True, download_name="time-spent.csv")


def cells_of(row: Spent, topics: Mapping[str, str]) -> list[Cell]:
    """Return an entry as a row under `HEADS`."""
    topic, day = topics.get(row.request_type, row.request_type), row.worked_on.isoformat()
    return [row.ticket_id, row.subject, topic, row.person, day, row.activity.label, row.minutes]


def _ticket(ticket_id: int) -> Ticket:
    """Return a ticket for its team. Raises `NotFound` where times are not kept."""
    user = signed_in_user()
    ticket = queries.get_ticket(ticket_id, user)
    policies.check_is_team(ticket, by=user)
    if not current_settings().time_spent:
        raise NotFound("Times are not kept here.")
    return ticket


def _page(ticket: Ticket, user: User, form: TimeForm) -> str:
    rows = times_of(ticket)
    return render_template(
        "tickets/time.html",
        ticket=ticket,
        form=form,
        rows=rows,
        total=in_words(sum(row.minutes for row in rows if row.is_current)),
        in_words=in_words,
        may_correct={row.id for row in rows if may_correct(row, ticket, by=user)},
    )
