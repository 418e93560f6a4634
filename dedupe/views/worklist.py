"""The work list for the vendor's desk."""

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adminops.hmis.models import VendorState
from adminops.hmis.sources import all_sources
from adminops.identity.permissions import Permission
from adminops.web.access import access, signed_in_user
from adminops.web.forms import ConfirmForm
from dedupe import merges, operations
from dedupe import worklist as reads
from dedupe.views.blueprint import blueprint


@blueprint.get("/vendor")
@access(Permission.REVIEW_DUPLICATES)
def vendor() -> ResponseReturnValue:
    """List the merges to make at the vendor's; those to do unless another state is asked for."""
    asked, source_id = request.args.get("state", VendorState.TO_DO.value), _source_id()
    state, counts = reads.read_state(asked), reads.count_work(source_id=source_id)
    return render_template(
        "dedupe/vendor.html",
        page=reads.list_work(state=state, source_id=source_id, after=request.args.get("after")),
        counts=counts,
        came_back=counts[VendorState.CAME_BACK],
        labels=reads.LABELS,
        state=state,
        sources=[(source.id, source.name) for source in all_sources()],
        source_id=source_id,
    )


@blueprint.get("/vendor.csv")
@access(Permission.REVIEW_DUPLICATES)
def vendor_csv() -> ResponseReturnValue:
    """Give the list as a file: client IDs and from which of the two to take a field, no value of either."""
    rows = reads.all_work(state=reads.read_state(request.args.get("state")), source_id=_source_id())
    headers = {"Content-Disposition": 'attachment; filename="merges-to-make.csv"'}
    return Response(reads.write_work(rows), mimetype="text/csv", headers=headers)


@blueprint.post("/vendor/<int:merge_id>/done")
@access(Permission.REVIEW_DUPLICATES)
def vendor_done(merge_id: int) -> ResponseReturnValue:
    """Tick a merge as made at the vendor's."""
    made, form = merges.get_merge(merge_id, signed_in_user()), ConfirmForm()
    if form.submitted():
        with form.refusals():
            operations.tick_merge(made, by=signed_in_user())
            flash(f"Ticked: merge {made.id} is done at the vendor’s. The next export will show it.", "good")
    return _back(form)


@blueprint.post("/vendor/<int:merge_id>/not-done")
@access(Permission.REVIEW_DUPLICATES)
def vendor_not_done(merge_id: int) -> ResponseReturnValue:
    """Take the tick back."""
    made, form = merges.get_merge(merge_id, signed_in_user()), ConfirmForm()
    if form.submitted():
        with form.refusals():
            operations.untick_merge(made, by=signed_in_user())
            flash(f"Merge {made.id} is to do at the vendor’s again.", "good")
    return _back(form)


def _back(form: ConfirmForm) -> ResponseReturnValue:
    for _id, _label, sentence in form.problems:
        flash(sentence, "warn")
    return redirect(url_for(".vendor", state=request.form.get("state"), source=_source_id()))


def _source_id() -> int | None:
    text = request.values.get("source", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None
