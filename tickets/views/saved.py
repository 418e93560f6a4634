"""Saved views: a query under a name, for oneself or for everybody."""

from functools import partial

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adminops.errors import Invalid
from adminops.identity.permissions import Permission
from adminops.web.access import access, signed_in_user
from adminops.web.forms import ConfirmForm
from tickets import policies, queries, saving
from tickets.forms import ViewForm
from tickets.language import write
from tickets.models import SavedView
from tickets.views.asking import Asked, read_address
from tickets.views.desk import blueprint


@blueprint.get("/views")
@access(Permission.READ_AGENCY_TICKETS)
def views() -> ResponseReturnValue:
    """List the views that the viewer has."""
    user = signed_in_user()
    may_change = partial(policies.may_change_view, by=user)
    return render_template("tickets/views.html", views=queries.views_of(user), user=user, may_change=may_change)


@blueprint.route("/views/new", methods=["GET", "POST"])
@access(Permission.READ_AGENCY_TICKETS)
def new_view() -> ResponseReturnValue:
    """Save what the list shows as a view."""
    user = signed_in_user()
    form = ViewForm(team=user.may(Permission.WORK_TICKETS), data=_shown(read_address(request.args, user)))
    if form.submitted():
        with form.refusals():
            view = saving.save_view(**form.values(), by=user)
            flash(f"Saved. “{view.name}” stands beside the other views.", "good")
            return redirect(url_for(".index", view=view.id))
    return render_template("tickets/view.html", form=form, view=None), form.status


@blueprint.route("/views/<int:view_id>", methods=["GET", "POST"])
@access(Permission.READ_AGENCY_TICKETS)
def edit_view(view_id: int) -> ResponseReturnValue:
    """Change a saved view."""
    user = signed_in_user()
    view = queries.get_view(view_id, user)
    policies.check_may_change_view(view, by=user)
    form = ViewForm(team=user.may(Permission.WORK_TICKETS), data=_kept(view))
    if form.submitted():
        with form.refusals():
            saving.change_view(view, **form.values(), by=user)
            return redirect(url_for(".index", view=view.id))
    return render_template("tickets/view.html", form=form, view=view), form.status


@blueprint.route("/views/<int:view_id>/remove", methods=["GET", "POST"])
@access(Permission.READ_AGENCY_TICKETS)
def remove_view(view_id: int) -> ResponseReturnValue:
    """Remove a saved view."""
    user, form = signed_in_user(), ConfirmForm()
    view = queries.get_view(view_id, user)
    policies.check_may_change_view(view, by=user)
    if form.submitted():
        with form.refusals():
            saving.remove_view(view, by=user)
            flash(f"“{view.name}” is removed. Its tickets stay as they are.", "good")
            return redirect(url_for(".views"))
    return render_template("tickets/remove_view.html", view=view, form=form), form.status


def _shown(asked: Asked) -> dict[str, object]:
    """Return what the form begins with; a query that can't be understood is there to be mended."""
    try:
        query = write(asked.whole_query)
    except Invalid:
        query = asked.q
    sorting = asked.order.value if asked.order else asked.saved.sorting if asked.saved else ""
    return {"query": query, "sorting": sorting, "columns": list(asked.columns)}


def _kept(view: SavedView) -> dict[str, object]:
    return {
        "name": view.name,
        "query": view.query,
        "sorting": view.sorting,
        "columns": view.columns,
        "shared": view.is_shared,
    }
