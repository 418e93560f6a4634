"""The pages of queues: the list for the team with the next ticket of each, and where administrators arrange them."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from adminops.errors import InvalidState
from adminops.identity.permissions import Permission
from adminops.web.access import access, signed_in_user
from adminops.web.forms import ConfirmForm
from adminops.web.navigation import registry
from tickets.absences.queries import away_today
from tickets.catalogue import all_types
from tickets.queues.claiming import claim_next
from tickets.queues.forms import QueueForm
from tickets.queues.models import TicketQueue
from tickets.queues.operations import remove_queue as take_away
from tickets.queues.operations import save_queue
from tickets.queues.queries import get_queue, queues_with_members
from tickets.views.desk import blueprint


@blueprint.get("/queues")
@access(Permission.WORK_TICKETS)
def queues() -> ResponseReturnValue:
    """List the queues, each with the ways into it."""
    may_shape = signed_in_user().may(Permission.SHAPE_DESK)
    return render_template(
        "tickets/queues.html",
        queues=queues_with_members(),
        titles=dict(_kinds()),
        away=away_today(),
        may_shape=may_shape,
    )


@blueprint.post("/queues/<int:queue_id>/next")
@access(Permission.WORK_TICKETS)
def take_next(queue_id: int) -> ResponseReturnValue:
    """Take what presses most in a queue, and go there."""
    queue = get_queue(queue_id)
    try:
        ticket = claim_next(queue, by=signed_in_user())
    except InvalidState as empty:
        flash(empty.sentence, "info")
        return redirect(url_for(".queues"))
    flash(f"#{ticket.id} is yours.", "good")
    return redirect(url_for(".show", ticket_id=ticket.id))


@blueprint.route("/queues/new", methods=["GET", "POST"])
@access(Permission.SHAPE_DESK)
def new_queue() -> ResponseReturnValue:
    """Add a queue."""
    return _edit(None)


@blueprint.route("/queues/<int:queue_id>", methods=["GET", "POST"])
@access(Permission.SHAPE_DESK)
def edit_queue(queue_id: int) -> ResponseReturnValue:
    """Change a queue."""
    return _edit(get_queue(queue_id))


@blueprint.post("/queues/<int:queue_id>/remove")
@access(Permission.SHAPE_DESK)
def remove_queue(queue_id: int) -> ResponseReturnValue:
    """Remove a queue; its tickets stay."""
    queue = get_queue(queue_id)
    take_away(queue, by=signed_in_user())
    flash(f"“{queue.name}” is removed. Its tickets stay, in no queue.", "good")
    return redirect(url_for(".queues"))


def _edit(queue: TicketQueue | None) -> ResponseReturnValue:
    form = QueueForm(_kinds(), queue)
    if form.submitted():
        with form.refusals():
            saved = save_queue(queue, **form.values(), by=signed_in_user())
            flash(f"“{saved.name}” is saved.", "good")
            return redirect(url_for(".queues"))
    return render_template("tickets/queue.html", form=form, queue=queue, confirm=ConfirmForm()), form.status


def _kinds() -> list[tuple[str, str]]:
    return [(kind.key, kind.title) for kind in all_types(registry().features)]
