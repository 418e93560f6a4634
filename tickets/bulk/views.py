"""The pages of acts on many tickets: choose, look at the plan, do it, read the receipt, undo."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.web.access import access, signed_in_user
from adminops.web.forms import ConfirmForm
from adminops.web.progress import progress_page
from tickets.bulk import operations, queries
from tickets.bulk.forms import BulkForm
from tickets.bulk.models import BulkState, Outcome
from tickets.views.asking import read_address
from tickets.views.desk import blueprint


@blueprint.route("/bulk", methods=["GET", "POST"])
@access(Permission.WORK_TICKETS)
def bulk() -> ResponseReturnValue:
    """Choose what shall be done to the selected tickets, or to all of a list."""
    user, form = signed_in_user(), BulkForm()
    ids = _selected(user)
    if form.submitted() and not form.replaced(None, user):
        with form.refusals():
            act = operations.plan(ids, **form.values(), by=user)
            return redirect(url_for(".bulk_act", act_id=act.id))
    form.mark(None, user)
    return render_template("tickets/bulk.html", form=form, ids=ids, most=operations.MOST_TICKETS), form.status


@blueprint.get("/bulk/<int:act_id>")
@access(Permission.WORK_TICKETS)
def bulk_act(act_id: int) -> ResponseReturnValue:
    """Show what would be changed, or how far it is, or what was changed."""
    user = signed_in_user()
    act = queries.get_act(act_id, user)
    outcomes = queries.count_outcomes(act)
    total = sum(outcomes.values())
    left = outcomes[Outcome.DONE if act.state is BulkState.UNDOING else Outcome.PLANNED]
    return progress_page(
        "tickets/bulk_act.html",
        act=act,
        outcomes={outcome.value: count for outcome, count in outcomes.items()},
        percent=100 * (total - left) / max(total, 1),
        running=act.state in (BulkState.RUNNING, BulkState.UNDOING),
        may_undo=act.state is BulkState.DONE and act.can_be_undone and outcomes[Outcome.DONE] > 0,
        reasons=queries.reasons_of(act),
        page=queries.list_items(act, user, after=request.args.get("after")),
        confirm=ConfirmForm(),
    )


@blueprint.post("/bulk/<int:act_id>/start")
@access(Permission.WORK_TICKETS)
def start_bulk(act_id: int) -> ResponseReturnValue:
    """Do what was planned."""
    user = signed_in_user()
    operations.start(queries.get_act(act_id, user), by=user)
    return redirect(url_for(".bulk_act", act_id=act_id))


@blueprint.post("/bulk/<int:act_id>/undo")
@access(Permission.WORK_TICKETS)
def undo_bulk(act_id: int) -> ResponseReturnValue:
    """Put back what has not changed since."""
    user = signed_in_user()
    operations.undo(queries.get_act(act_id, user), by=user)
    return redirect(url_for(".bulk_act", act_id=act_id))


def _selected(user: User) -> list[int]:
    """Return the tickets that the address names: all of a list, or by their numbers. Raises `Wrong`."""
    if request.args.get("all"):
        return queries.matching_ids(read_address(request.args, user).filter(), user, operations.MOST_TICKETS + 1)
    texts = [text for text in request.args.getlist("id") if text.isascii() and text.isdecimal() and len(text) < 10]
    return queries.chosen_ids([int(text) for text in texts], user)
