"""The pages of the merge desk."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adminops import clock
from adminops.hmis.merging import Side
from adminops.identity.permissions import Permission
from adminops.web import charts
from adminops.web.access import access, signed_in_user
from dedupe import operations, policies, queries, scanning
from dedupe.comparison import Comparison, compare
from dedupe.engine import band_of
from dedupe.forms import UNITS, DecisionForm, ScanForm
from dedupe.models import Pair, PairState

blueprint = Blueprint("dedupe", __name__, url_prefix="/duplicates", template_folder="templates")


@blueprint.get("")
@access(Permission.REVIEW_DUPLICATES)
def index() -> ResponseReturnValue:
    """Go to the strongest pair that waits, or say that none does."""
    viewer = signed_in_user()
    if pair_id := queries.next_pair(viewer):
        return redirect(url_for(".show", pair_id=pair_id))
    return render_template(
        "dedupe/empty.html", form=ScanForm(), last=queries.last_scan(), waiting=scanning.waiting_scan()
    )


@blueprint.post("/scan")
@access(Permission.REVIEW_DUPLICATES)
def scan() -> ResponseReturnValue:
    """Have the store scanned."""
    form = ScanForm()
    with form.refusals():
        scanning.ask_for_scan(by=signed_in_user())
        flash("The scan starts within a minute. New pairs appear in the queue.")
    for sentence in form.form_errors:
        flash(str(sentence))
    return redirect(url_for(".index"))


@blueprint.get("/pairs/<int:pair_id>")
@access(Permission.REVIEW_DUPLICATES, writes=True)
def show(pair_id: int) -> ResponseReturnValue:
    """Show a pair side by side, and hold it for the reviewer."""
    pair = queries.get_pair(pair_id, signed_in_user())
    operations.claim_pair(pair, by=signed_in_user())
    return _page(pair, DecisionForm())


@blueprint.post("/pairs/<int:pair_id>")
@access(Permission.REVIEW_DUPLICATES)
def decide(pair_id: int) -> ResponseReturnValue:
    """Take the reviewer's decision; a merge without the last word asks once more."""
    pair, form = queries.get_pair(pair_id, signed_in_user()), DecisionForm()
    act = request.form.get("act", "")
    if not form.submitted():
        return _page(pair, form)
    if act not in ("merge", "apart", "later"):
        return _confirm(pair, form)
    with form.refusals():
        return _done(pair, act, form.reason.data or "")
    return _page(pair, form)


def _done(pair: Pair, act: str, reason: str) -> ResponseReturnValue:
    by = signed_in_user()
    if act == "merge":
        merge = operations.merge_pair(pair, destination_client_id=_kept(pair), choices=_choices(), reason=reason, by=by)
        flash(f"Merged. You can undo it on the page of merge {merge.id}.")
    elif act == "apart":
        operations.keep_apart(pair, reason=reason, by=by)
        flash(f"Kept apart. You can reopen pair {pair.id}.")
    else:
        operations.defer_pair(pair, by=by)
        flash("Put off. The pair comes again after the others.")
    following = queries.next_pair(by, after=pair)
    if pair.request:
        return redirect(url_for(".show", pair_id=pair.id))
    return redirect(url_for(".show", pair_id=following) if following else url_for(".index"))


def _kept(pair: Pair) -> int:
    """Return the record that is kept: the one named, else the older one."""
    named = request.values.get("keep", "")
    if named in (str(pair.low_client_id), str(pair.high_client_id)):
        return int(named)
    older, newer = pair.low_client, pair.high_client
    if newer.date_created and (older.date_created is None or newer.date_created < older.date_created):
        older = newer
    return older.id


def _choices() -> dict[str, Side]:
    """Return the units whose value comes from the record that is folded in, or was named explicitly."""
    sides: dict[str, Side] = {"left": "destination", "right": "source"}
    return {unit: sides[value] for unit in UNITS if (value := request.form.get(unit, "")) in sides}


def _compared(pair: Pair) -> tuple[int, Comparison]:
    kept_id = _kept(pair)
    kept, folded = pair.low_client, pair.high_client
    if kept.id != kept_id:
        kept, folded = folded, kept
    return kept_id, compare(kept, folded, sources=queries.source_names([kept.source_id, folded.source_id]))


def _page(pair: Pair, form: DecisionForm) -> ResponseReturnValue:
    viewer = signed_in_user()
    kept_id, compared = _compared(pair)
    rows = queries.queue(pair)
    places = [row.id for row in rows]
    at = places.index(pair.id) if pair.id in places else None
    shown = render_template(
        "dedupe/pair.html",
        pair=pair,
        form=form,
        compared=compared,
        kept_id=kept_id,
        other_id=pair.high_client_id if kept_id == pair.low_client_id else pair.low_client_id,
        queue=rows,
        total=queries.count_open(viewer),
        previous_id=places[at - 1] if at else None,
        next_id=places[at + 1] if at is not None and at + 1 < len(places) else None,
        held=policies.is_claimed_by_another(pair, viewer),
        is_open=pair.state in (PairState.OPEN, PairState.DEFERRED),
        drawn=_drawn(compared),
        today=clock.today(),
        band=band_of(pair.score),
    )
    return shown, form.status


def _drawn(compared: Comparison) -> list[charts.Stay]:
    stays = [
        charts.Stay(side, stay.project_name, stay.project_type_label, stay.entry_date, stay.exit_date)
        for side, stay in compared.stays
        if stay.entry_date
    ]
    return stays[:24]


def _confirm(pair: Pair, form: DecisionForm) -> ResponseReturnValue:
    kept_id, compared = _compared(pair)
    chosen: dict[str, Any] = {unit: request.form[unit] for unit in UNITS if unit in request.form}
    return render_template(
        "dedupe/confirm.html", pair=pair, form=form, compared=compared, kept_id=kept_id, chosen=chosen
    )


@blueprint.post("/pairs/<int:pair_id>/reopen")
@access(Permission.REVIEW_DUPLICATES)
def reopen(pair_id: int) -> ResponseReturnValue:
    """Take a decision back."""
    pair = queries.get_pair(pair_id, signed_in_user())
    operations.reopen_pair(pair, by=signed_in_user())
    flash("The pair is open again.")
    return redirect(url_for(".show", pair_id=pair.id))


@blueprint.get("/requested/<int:ticket_id>/<first>/<second>")
@access(Permission.REVIEW_DUPLICATES, writes=True)
def requested(ticket_id: int, first: str, second: str) -> ResponseReturnValue:
    """Open the pair that a ticket asks to merge."""
    pair = operations.pair_for_request(
        queries.find_client(first), queries.find_client(second), ticket_id=ticket_id, by=signed_in_user()
    )
    return redirect(url_for(".show", pair_id=pair.id))


@blueprint.get("/merges")
@access(Permission.REVIEW_DUPLICATES)
def merges() -> ResponseReturnValue:
    """List the merges."""
    return render_template("dedupe/merges.html", page=queries.list_merges(after=request.args.get("after")))


@blueprint.route("/merges/<int:merge_id>", methods=["GET", "POST"])
@access(Permission.REVIEW_DUPLICATES)
def merge(merge_id: int) -> ResponseReturnValue:
    """Show a merge, and undo it."""
    made, form = queries.get_merge(merge_id), DecisionForm()
    if form.submitted():
        with form.refusals():
            operations.undo_merge(made, reason=form.reason.data or "", by=signed_in_user())
            flash("The merge is undone: both records read as before.")
            return redirect(url_for(".merge", merge_id=made.id))
    pair = queries.pair_of_merge(made) or queries.find_pair(made.source_client_id, made.destination_client_id)
    return render_template("dedupe/merge.html", merge=made, pair=pair, form=form), form.status
