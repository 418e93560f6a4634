"""The pages of exports: choose what shall be in one, wait for it, take it."""

from flask import Blueprint, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from adminops import clock
from adminops.hmis import sources
from adminops.hmis.intake.progress import read_progress
from adminops.hmis.models import HmisSource, OrderStatus, Project
from adminops.hmis.projects import projects_of
from adminops.hmis.spec import current
from adminops.identity.permissions import Permission
from adminops.imports import exporting
from adminops.imports.forms import ExportForm
from adminops.settings import current_settings
from adminops.web.access import Again, access, signed_in_user
from adminops.web.forms import ConfirmForm, choices
from adminops.web.progress import progress_page

blueprint = Blueprint("exports", __name__, url_prefix="/imports/export")


@blueprint.route("", methods=["GET", "POST"])
@access(Permission.EXPORT_STORE, confirm=Again.OPENING)
def new() -> ResponseReturnValue:
    """Choose what shall be in an export."""
    every, by = sources.all_sources(), signed_in_user()
    source = _chosen_source(every)
    form = ExportForm()
    if source is None:
        return render_template("imports/export_of.html", sources=every)
    form.project_ids.choices = choices(map(_named, projects_of(source)))
    if form.submitted():
        with form.refusals():
            order = exporting.order_export(source, **form.values(), by=by)
            return redirect(url_for(".show", order_id=order.id))
    page = {"form": form, "source": source, "sources": every, "orders": exporting.last_orders(by)}
    return render_template("imports/export.html", **page, year=current().year), form.status


def _named(project: Project) -> tuple[str, str]:
    return project.project_id, f"{project.project_name or 'Without a name'} · {project.project_id}"


def _chosen_source(every: list[HmisSource]) -> HmisSource | None:
    if len(every) == 1 and "source" not in request.args:
        return every[0]
    number = request.args.get("source", "")
    return sources.get_known_source(int(number)) if number.isdecimal() and len(number) < 10 else None


@blueprint.get("/<int:order_id>")
@access(Permission.EXPORT_STORE)
def show(order_id: int) -> ResponseReturnValue:
    """Show how far an export is, or that it is ready."""
    order = exporting.get_order(order_id, viewer=signed_in_user())
    return progress_page(
        "imports/export_order.html",
        order=order,
        form=ConfirmForm(),
        source=sources.get_source(order.source_id),
        running=order.status is OrderStatus.WAITING,
        progress=read_progress(exporting.progress_of(current_settings().home, order.id)),
    )


@blueprint.post("/<int:order_id>/file")
@access(Permission.EXPORT_STORE, confirm=Again.USING)
def fetch(order_id: int) -> ResponseReturnValue:
    """Hand out an export that is ready."""
    by = signed_in_user()
    order = exporting.get_order(order_id, viewer=by)
    path = exporting.fetch_export(order, home=current_settings().home, by=by)
    name = f"hmis-{clock.today()}{'-hashed' if order.hashed else ''}.zip"
    return send_file(path.open("rb"), mimetype="application/zip", as_attachment=True, download_name=name)
