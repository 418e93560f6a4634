"""The pages of imports."""

import io
from collections.abc import Callable

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adminops.hmis import sources
from adminops.hmis.intake import undoing
from adminops.hmis.intake.progress import read_progress
from adminops.hmis.models import HmisImport
from adminops.identity.permissions import Permission
from adminops.imports import operations, queries, uploads
from adminops.imports.forms import UploadForm
from adminops.imports.problem_file import write_problems
from adminops.refs import Ref
from adminops.settings import current_settings
from adminops.web.access import access, signed_in_user
from adminops.web.forms import ConfirmForm
from adminops.web.navigation import links_to
from adminops.web.progress import progress_page

SAID = {
    "approve": "The import was approved; it is being taken.",
    "cancel": "The import was cancelled.",
    "undo": "The import was undone: the store is as it was before it.",
    "ask": "The import will be undone. This page says how far it is.",
}

blueprint = Blueprint("imports", __name__, url_prefix="/imports")


@blueprint.get("")
@access(Permission.IMPORT_EXPORTS)
def index() -> ResponseReturnValue:
    """Show the log of imports."""
    page = queries.list_imports(after=request.args.get("after"))
    return render_template("imports/index.html", page=page, sources=sources.all_sources(), held=queries.held_imports())


@blueprint.route("/new", methods=["GET", "POST"])
@access(Permission.IMPORT_EXPORTS)
def new() -> ResponseReturnValue:
    """Take an uploaded export."""
    if (form := UploadForm()).submitted():
        with form.refusals():
            by = signed_in_user()
            record = operations.upload_export(
                [uploads.Upload(file.filename or "", file.stream) for file in form.export.data],
                source=operations.source_for(form.source.data or "", by=by),
                home=current_settings().home,
                limit=current_settings().upload_limit_mb * 1024 * 1024,
                by=by,
            )
            return redirect(url_for(".show", import_id=record.id))
    return render_template("imports/new.html", form=form, sources=sources.all_sources()), form.status


@blueprint.get("/<int:import_id>")
@access(Permission.IMPORT_EXPORTS)
def show(import_id: int) -> ResponseReturnValue:
    """Show how far an import is, or what it did."""
    record, rule, home = queries.get_import(import_id), request.args.get("rule", ""), current_settings().home
    place = uploads.undo_progress_of if record.undo_asked_at else uploads.progress_of
    return progress_page(
        "imports/show.html",
        record=record,
        source=sources.get_source(record.source_id),
        running=record.status in queries.WAITING or record.undo_asked_at is not None,
        progress=read_progress(place(home, record.id)),
        rules=queries.problems_by_rule(record),
        rule=rule,
        problems=queries.problems_page(record, rule=rule, after=request.args.get("after")),
        project_names=queries.project_names(record),
        clients=links_to(_clients_in(record), signed_in_user()),
        way=queries.WAYS[record.way],
        why_not_undo=undoing.why_not_undoable(record),
    )


def _clients_in(record: HmisImport) -> list[Ref]:
    """Return the client records that the samples of a held import are about."""
    numbers = (sample.get("client_id") for sample in record.held.get("samples", []))
    return [Ref.to("client", number) for number in dict.fromkeys(numbers) if number is not None]


@blueprint.route("/<int:import_id>/approve", methods=["GET", "POST"])
@access(Permission.IMPORT_EXPORTS)
def approve(import_id: int) -> ResponseReturnValue:
    """Have a held import taken."""
    record = queries.get_import(import_id)
    return _decide(
        record, "approve", lambda: operations.approve_import(record, home=current_settings().home, by=signed_in_user())
    )


@blueprint.route("/<int:import_id>/cancel", methods=["GET", "POST"])
@access(Permission.IMPORT_EXPORTS)
def cancel(import_id: int) -> ResponseReturnValue:
    """Let a held import be."""
    record = queries.get_import(import_id)
    return _decide(
        record, "cancel", lambda: operations.cancel_import(record, home=current_settings().home, by=signed_in_user())
    )


@blueprint.route("/<int:import_id>/undo", methods=["GET", "POST"])
@access(Permission.IMPORT_EXPORTS)
def undo(import_id: int) -> ResponseReturnValue:
    """Take an import back."""
    record = queries.get_import(import_id)
    if operations.is_large(record):
        return _decide(record, "undo", lambda: operations.ask_for_undo(record, by=signed_in_user()), said="ask")
    return _decide(record, "undo", lambda: operations.undo_import(record, by=signed_in_user()))


def _decide(
    record: HmisImport, decision: str, verb: Callable[[], None], *, said: str | None = None
) -> ResponseReturnValue:
    """Ask once on a page of its own, then do it; a refusal is said there."""
    form = ConfirmForm()
    if form.submitted():
        with form.refusals():
            verb()
            flash(SAID[said or decision])
            return redirect(url_for(".show", import_id=record.id))
    return render_template("imports/decide.html", record=record, decision=decision, form=form), form.status


@blueprint.get("/<int:import_id>/problems.csv")
@access(Permission.IMPORT_EXPORTS)
def problems(import_id: int) -> ResponseReturnValue:
    """Hand out every problem of an import as a CSV file."""
    text = io.StringIO(newline="")
    write_problems(queries.all_problems(queries.get_import(import_id)), text)
    headers = {"Content-Disposition": f'attachment; filename="import-{import_id}-problems.csv"'}
    return Response(text.getvalue(), mimetype="text/csv", headers=headers)
