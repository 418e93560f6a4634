"""Merges: the list, the page of one, taking it back."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adminops.identity.permissions import Permission
from adminops.web.access import Again, access, signed_in_user
from dedupe import merges as reads
from dedupe import operations, queries
from dedupe.forms import ReasonForm
from dedupe.units import UNITS
from dedupe.views.blueprint import blueprint
from dedupe.worklist import LABELS


@blueprint.get("/merges")
@access(Permission.REVIEW_DUPLICATES)
def merges() -> ResponseReturnValue:
    """List the merges."""
    return render_template("dedupe/merges.html", page=reads.list_merges(after=request.args.get("after")))


@blueprint.route("/merges/<int:merge_id>", methods=["GET", "POST"])
@access(Permission.REVIEW_DUPLICATES, confirm=Again.USING)
def merge(merge_id: int) -> ResponseReturnValue:
    """Show a merge, and undo it."""
    made, form = reads.get_merge(merge_id, signed_in_user()), ReasonForm()
    if form.submitted():
        with form.refusals():
            operations.undo_merge(made, reason=form.reason.data or "", by=signed_in_user())
            flash("The merge is undone: both records read as before.", "good")
            return redirect(url_for(".merge", merge_id=made.id))
    page = render_template(
        "dedupe/merge.html",
        story=reads.story_of(made),
        pair=queries.pair_of_merge(made),
        units={unit.key: unit.label for unit in UNITS},
        at_vendor=LABELS[made.at_vendor] if made.is_active else "",
        form=form,
    )
    return page, form.status
