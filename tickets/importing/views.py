"""The pages of an import: upload, columns, words, report, take over, take back."""

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adminops.identity.permissions import Permission
from adminops.web.access import access, signed_in_user
from adminops.web.forms import ConfirmForm
from adminops.web.progress import progress_page
from adminops.web.sheets import csv_file
from tickets.catalogue import SOMETHING_ELSE
from tickets.importing import operations, queries
from tickets.importing.forms import FileForm, columns_form, words_form
from tickets.importing.mapping import MESSAGE, TICKET, settle, words_in
from tickets.importing.models import ImportState, Outcome, TicketImport
from tickets.importing.records import LARGEST, Sheet

blueprint = Blueprint("ticket_imports", __name__, url_prefix="/ticket-imports", template_folder="../templates")

WORDS = (("states", "state"), ("priorities", "priority"), ("types", "type"))
BEFORE = (ImportState.UPLOADED, ImportState.CHECKED, ImportState.FAILED)
RUNNING = (ImportState.CHECKING, ImportState.RUNNING, ImportState.UNDOING)


@blueprint.get("")
@access(Permission.IMPORT_TICKETS)
def index() -> ResponseReturnValue:
    """List the imports of tickets."""
    page = queries.list_imports(signed_in_user(), after=request.args.get("after"))
    return render_template("tickets/imports/index.html", page=page)


@blueprint.route("/new", methods=["GET", "POST"])
@access(Permission.IMPORT_TICKETS)
def new() -> ResponseReturnValue:
    """Take a file of another desk."""
    if (form := FileForm()).submitted():
        with form.refusals():
            raw = form.file.data.stream.read(LARGEST + 1)
            record = operations.upload(raw, name=form.file.data.filename or "", by=signed_in_user())
            return redirect(url_for(".columns", import_id=record.id))
    return render_template("tickets/imports/new.html", form=form), form.status


@blueprint.route("/<int:import_id>/columns", methods=["GET", "POST"])
@access(Permission.IMPORT_TICKETS)
def columns(import_id: int) -> ResponseReturnValue:
    """Say which column of the file is what."""
    record = _open(import_id)
    sheet = operations.content(record)
    form = columns_form(record, record.mapping or operations.guessed(sheet))
    if form.submitted():
        with form.refusals():
            said = {**record.mapping, **form.said()}
            mapping = settle(said, sheet, queries.kinds().keys(), "UTC")
            words = _words(sheet, mapping.ticket)
            if not words:
                operations.map_columns(record, said, by=signed_in_user())
                return redirect(url_for(".show", import_id=record.id))
            every = [text for texts in words.values() for text in texts]
            operations.note_columns(record, said, words=every, by=signed_in_user())
            return redirect(url_for(".words", import_id=record.id))
    page = render_template("tickets/imports/columns.html", record=record, form=form, ticket=TICKET, message=MESSAGE)
    return page, form.status


@blueprint.route("/<int:import_id>/words", methods=["GET", "POST"])
@access(Permission.IMPORT_TICKETS)
def words(import_id: int) -> ResponseReturnValue:
    """Say what the words of the file mean: its states, priorities and topics."""
    record = _open(import_id)
    sheet = operations.content(record)
    mapping = settle(record.mapping, sheet, queries.kinds().keys(), "UTC")
    form = words_form(_words(sheet, mapping.ticket), mapping, queries.titles(), SOMETHING_ELSE)
    if form.submitted():
        with form.refusals():
            operations.map_columns(record, {**record.mapping, **form.said()}, by=signed_in_user())
            return redirect(url_for(".show", import_id=record.id))
    return render_template("tickets/imports/words.html", record=record, form=form), form.status


@blueprint.get("/<int:import_id>")
@access(Permission.IMPORT_TICKETS)
def show(import_id: int) -> ResponseReturnValue:
    """Show what would become of each ticket, how far it is, or what became of them."""
    user = signed_in_user()
    record = queries.get_import(import_id, user)
    if record.state is ImportState.UPLOADED:
        return redirect(url_for(".columns", import_id=record.id))
    named = request.args.get("outcome", "")
    outcome = Outcome(named) if named in {each.value for each in Outcome} else None
    counts = queries.counts_of(record)
    return progress_page(
        "tickets/imports/show.html",
        record=record,
        counts=counts,
        total=sum(counts.values()),
        running=record.state in RUNNING,
        before=record.state in BEFORE,
        why_not_undo=operations.why_not_undo(record),
        rules=queries.rules_of(record),
        outcome=outcome,
        outcomes=Outcome,
        page=queries.list_rows(record, outcome, after=request.args.get("after")),
        strangers=list(operations.strangers_of(record).items()),
        confirm=ConfirmForm(),
    )


@blueprint.get("/<int:import_id>/report.csv")
@access(Permission.IMPORT_TICKETS)
def report(import_id: int) -> ResponseReturnValue:
    """Give the report as a file: a line for each problem, and one for each ticket without any."""
    record = queries.get_import(import_id, signed_in_user())
    heads = ["Line", "Number", "What became of it", "Ticket", "Column", "Rule", "What is wrong"]
    lines: list[list[Any]] = []
    for row in queries.all_rows(record):
        begun = [row.number, row.outcome.value, row.ticket_id]
        lines += [[each.line, *begun, each.column, each.rule, each.sentence] for each in row.problems] or [
            [row.place, *begun, "", "", ""]
        ]
    with csv_file(heads, lines) as file:
        name = f'attachment; filename="ticket-import-{record.id}.csv"'
        return Response(file.read(), mimetype="text/csv", headers={"Content-Disposition": name})


@blueprint.post("/<int:import_id>/start")
@access(Permission.IMPORT_TICKETS)
def start(import_id: int) -> ResponseReturnValue:
    """Have the tickets taken over."""
    user = signed_in_user()
    operations.start(queries.get_import(import_id, user), by=user)
    return redirect(url_for(".show", import_id=import_id))


@blueprint.post("/<int:import_id>/drop")
@access(Permission.IMPORT_TICKETS)
def drop(import_id: int) -> ResponseReturnValue:
    """Decide against an import."""
    user = signed_in_user()
    operations.drop(queries.get_import(import_id, user), by=user)
    flash("The import was dropped and its file is forgotten. Nothing was stored.", "good")
    return redirect(url_for(".index"))


@blueprint.route("/<int:import_id>/undo", methods=["GET", "POST"])
@access(Permission.IMPORT_TICKETS)
def undo(import_id: int) -> ResponseReturnValue:
    """Take the tickets of an import back, once that was confirmed."""
    user, form = signed_in_user(), ConfirmForm()
    record = queries.get_import(import_id, user)
    if form.submitted():
        with form.refusals():
            operations.undo(record, by=user)
            return redirect(url_for(".show", import_id=import_id))
    tickets = queries.counts_of(record)[Outcome.DONE]
    return render_template("tickets/imports/undo.html", record=record, form=form, tickets=tickets), form.status


def _open(import_id: int) -> TicketImport:
    return queries.get_import(import_id, signed_in_user())


def _words(sheet: Sheet, ticket: dict[str, str] | Any) -> dict[str, list[str]]:
    """Return the words of the columns that have meanings. Raises `Invalid` for a column of free text."""
    found = {part: words_in(sheet, ticket[name]) for part, name in WORDS if name in ticket}
    return {part: texts for part, texts in found.items() if texts}
