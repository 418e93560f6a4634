"""Merges: the list, the page of one, taking it back."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adminops.identity.permissions import Permission
from adminops.web.access import Again, access, signed_in_user
from dedupe import merges as reads
from dedupe import operations, queries
from dedupe.follow_ups.queries import LABELS as ANSWERS
from dedupe.follow_ups.queries import list_follow_ups
from dedupe.forms import SeenForm
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
    made, form = reads.get_merge(merge_id, signed_in_user()), SeenForm()
    if form.submitted():
        with form.refusals():
            _undo_or_divide(reads.story_of(made), form)
            return redirect(url_for(".merge", merge_id=made.id))
    story = reads.story_of(made)
    page = render_template(
        "dedupe/merge.html",
        story=story,
        version=reads.version_of(story),
        owners=_owners(story),
        ticked=_ticked(),
        follow_ups=list_follow_ups(None, merge_id=made.id).rows if made.is_active else (),
        answers=ANSWERS,
        pair=queries.pair_of_merge(made),
        units={unit.key: unit.label for unit in UNITS},
        at_vendor=LABELS[made.at_vendor] if made.is_active else "",
        form=form,
    )
    return page, form.status


def _undo_or_divide(story: reads.MergeStory, form: SeenForm) -> None:
    """Undo a merge that is in force; of one that is undone say anew whose the stays are."""
    made, owners, by = story.merge, _owners(story), signed_in_user()
    if not made.is_active and story.questions and "divide" in request.form:
        operations.divide_stays(made, owners, seen=form.what_was_seen, by=by)
        flash("Each stay reads under the record that you chose.", "good")
        return
    also = reads.others_of(story, _ticked())
    said = {"reason": form.reason.data or "", "seen": form.what_was_seen}
    operations.undo_merge(made, **said, owners=owners, also=also, by=by)
    flash("The merge is undone: both records read as before.", "good")


def _ticked() -> list[int]:
    """Return the other merges that are to be undone too; what is no number is no merge."""
    return [int(text) if text.isascii() and text.isdecimal() else 0 for text in request.form.getlist("also")]


def _owners(story: reads.MergeStory) -> dict[int, int]:
    """Return which record's each stay is as far as it was sent; anything else is nobody's."""
    return {
        question.stay.id: client.id
        for question in story.questions
        for client in question.records
        if request.form.get(f"stay-{question.stay.id}") == str(client.id)
    }
