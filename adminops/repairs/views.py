"""The pages of repairs."""

import io

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adminops.hmis import sources
from adminops.hmis.repairs import rule_named
from adminops.hmis.spec import current
from adminops.identity.permissions import Permission
from adminops.repairs import operations, queries
from adminops.repairs.forms import UndoForm
from adminops.repairs.value_file import write_values
from adminops.web.access import access, signed_in_user
from adminops.web.formats import plural
from adminops.web.forms import ConfirmForm

blueprint = Blueprint("repairs", __name__, url_prefix="/imports/repairs")


@blueprint.get("")
@access(Permission.IMPORT_EXPORTS)
def index() -> ResponseReturnValue:
    """List the sources; where there is one alone, show it."""
    found = sources.all_sources()
    if len(found) == 1:
        return redirect(url_for(".source", source_id=found[0].id))
    return render_template("repairs/index.html", sources=[(each, queries.rules_of(each)) for each in found])


@blueprint.get("/<int:source_id>")
@access(Permission.IMPORT_EXPORTS)
def source(source_id: int) -> ResponseReturnValue:
    """Show the switches of a source."""
    shown = sources.get_known_source(source_id)
    return render_template("repairs/source.html", source=shown, rows=queries.rules_of(shown))


@blueprint.get("/<int:source_id>/<rule>")
@access(Permission.IMPORT_EXPORTS)
def rule(source_id: int, rule: str) -> ResponseReturnValue:
    """Show what a rule changes at a source, value by value."""
    shown, known = sources.get_known_source(source_id), rule_named(rule)
    key, file = request.args.get("q", "").strip(), request.args.get("file", "")
    columns = shown.repair_counts.get(known.key, {})
    return render_template(
        "repairs/rule.html",
        source=shown,
        rule=known,
        is_on=known.key in shown.repairs,
        values=sum(columns.values()),
        files=sorted({column.partition(".")[0] for column in columns}, key=[f.name for f in current().files].index),
        key=key,
        file=file,
        page=queries.list_repairs(
            shown, known.key, viewer=signed_in_user(), key=key, file=file, after=request.args.get("after")
        ),
        exceptions=queries.exceptions_to(shown, known.key, after=request.args.get("taken_back_after")),
    )


@blueprint.get("/<int:source_id>/<rule>/values.csv")
@access(Permission.IMPORT_EXPORTS)
def values(source_id: int, rule: str) -> ResponseReturnValue:
    """Hand out what a rule changes at a source as a CSV file."""
    shown, known = sources.get_known_source(source_id), rule_named(rule)
    text = io.StringIO(newline="")
    write_values(queries.all_repairs(shown, known.key, viewer=signed_in_user()), text)
    headers = {"Content-Disposition": f'attachment; filename="repairs-{source_id}-{known.key}.csv"'}
    return Response(text.getvalue(), mimetype="text/csv", headers=headers)


@blueprint.route("/<int:source_id>/<rule>/switch", methods=["GET", "POST"])
@access(Permission.IMPORT_EXPORTS)
def switch(source_id: int, rule: str) -> ResponseReturnValue:
    """Say what switching a rule would change, and switch it."""
    by, shown, known = signed_in_user(), sources.get_known_source(source_id), rule_named(rule)
    on, form = request.args.get("to", "on") != "off", ConfirmForm()
    if form.submitted():
        with form.refusals():
            outcome = operations.switch_rule(shown, known, on=on, by=by)
            flash(f"Switched on: {plural(outcome.of_rule(known.key), 'value')} changed." if on else "Switched off.")
            return redirect(url_for(".source", source_id=source_id))
    count = operations.what_switching_does(shown, known, on=on, by=by)
    return render_template("repairs/switch.html", source=shown, rule=known, on=on, count=count, form=form), form.status


@blueprint.route("/<int:source_id>/<rule>/<int:repair_id>/undo", methods=["GET", "POST"])
@access(Permission.IMPORT_EXPORTS)
def undo(source_id: int, rule: str, repair_id: int) -> ResponseReturnValue:
    """Take a rule back from one row."""
    by, shown, known = signed_in_user(), sources.get_known_source(source_id), rule_named(rule)
    repair = queries.get_repair(shown, known.key, repair_id)
    if (form := UndoForm()).submitted():
        with form.refusals():
            operations.undo_repair(repair, **form.values(), by=by)
            flash("The row reads as it came.")
            return redirect(url_for(".rule", source_id=source_id, rule=rule))
    row = queries.row_of(repair, viewer=by)
    return render_template("repairs/undo.html", source=shown, rule=known, row=row, form=form), form.status


@blueprint.post("/exceptions/<int:exception_id>/withdraw")
@access(Permission.IMPORT_EXPORTS)
def withdraw(exception_id: int) -> ResponseReturnValue:
    """Let a rule change a row again that it was taken back from."""
    exception, form = queries.get_exception(exception_id), ConfirmForm()
    if form.submitted():
        with form.refusals():
            operations.allow_again(exception, by=signed_in_user())
            flash("The rule may change this row again.")
    for _id, _label, sentence in form.problems:
        flash(sentence, "warn")
    return redirect(url_for(".rule", source_id=exception.source_id, rule=exception.rule))
