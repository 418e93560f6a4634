"""The page where one chooses one's columns; every button keeps what is ticked, so that it works without a script."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adminops.identity.permissions import Permission
from adminops.web.access import access, signed_in_user
from adminops.web.forms import ConfirmForm
from tickets.columns.operations import choose_columns
from tickets.columns.queries import USUAL_COLUMNS, columns_of, known
from tickets.queries import COLUMNS
from tickets.views.desk import blueprint


@blueprint.route("/columns", methods=["GET", "POST"])
@access(Permission.READ_AGENCY_TICKETS)
def columns() -> ResponseReturnValue:
    """Choose the columns of one's lists, and their order."""
    user, form = signed_in_user(), ConfirmForm()
    if form.submitted():
        with form.refusals():
            choose_columns(_sent(), by=user)
            if request.form.get("move"):
                return redirect(url_for(".columns"))
            flash("Your lists have these columns now. Saved views keep their own.", "good")
            return redirect(url_for(".index"))
    chosen = columns_of(user)
    names = [*chosen, *(name for name in COLUMNS if name not in chosen)]
    page = render_template(
        "tickets/columns.html", form=form, names=names, chosen=chosen, labels=COLUMNS, usual=chosen == USUAL_COLUMNS
    )
    return page, form.status


def _sent() -> tuple[str, ...]:
    """Return the columns that are ticked, in their order, after the move that a button asked for."""
    if request.form.get("usual"):
        return USUAL_COLUMNS
    chosen = list(known(request.form.getlist("columns")))
    way, _, name = request.form.get("move", "").partition(":")
    if name in chosen and way in ("up", "down"):
        place = chosen.index(name)
        chosen.insert(max(0, place - 1) if way == "up" else place + 1, chosen.pop(place))
    return tuple(chosen)
