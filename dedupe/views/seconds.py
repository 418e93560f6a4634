"""Merges that wait for a second person: the list, and the answer."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adminops.errors import NotFound
from adminops.identity.permissions import Permission
from adminops.web.access import access, signed_in_user
from dedupe import queries
from dedupe.forms import AnswerForm
from dedupe.seconds import operations
from dedupe.seconds.models import Proposal
from dedupe.seconds.queries import list_waiting
from dedupe.views.blueprint import blueprint
from dedupe.views.pairs import page_of

SAID = {
    "agree": "Merged. You can undo it at any time.",
    "refuse": "Refused: the pair is in the queue again, with your reason.",
    "back": "Taken back: the pair is in the queue again.",
}


@blueprint.get("/seconds")
@access(Permission.REVIEW_DUPLICATES)
def seconds() -> ResponseReturnValue:
    """List the merges that wait for a second person."""
    page = list_waiting(after=request.args.get("after"))
    return render_template("dedupe/seconds.html", page=page, viewer=signed_in_user())


@blueprint.post("/pairs/<int:pair_id>/answer")
@access(Permission.REVIEW_DUPLICATES)
def answer(pair_id: int) -> ResponseReturnValue:
    """Agree to a merge, refuse it, or take one's own back."""
    pair, form = queries.get_pair(pair_id, signed_in_user()), AnswerForm()
    if not pair.proposals:
        raise NotFound("Nobody has to agree to this pair.")
    if form.submitted():
        with form.refusals():
            _answered(pair.proposals[-1], form)
            flash(SAID[form.answer.data or ""], "good")
            return redirect(url_for(".show", pair_id=pair.id))
    return page_of(pair, form)


def _answered(proposal: Proposal, form: AnswerForm) -> None:
    by, reason = signed_in_user(), form.reason.data or ""
    if form.answer.data == "agree":
        operations.agree_to_merge(proposal, seen=form.what_was_seen, reason=reason, by=by)
    elif form.answer.data == "refuse":
        operations.refuse_merge(proposal, reason=reason, seen=form.what_was_seen, by=by)
    else:
        operations.take_back_merge(proposal, by=by)
