"""What merges left to do: the list, and saying what was done."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adminops.identity.permissions import Permission
from adminops.web.access import access, signed_in_user
from adminops.web.forms import ConfirmForm
from dedupe.follow_ups import operations, queries
from dedupe.follow_ups.models import FollowUpState
from dedupe.views.blueprint import blueprint

STATES = {state.value: state for state in FollowUpState}


@blueprint.get("/follow-ups")
@access(Permission.REVIEW_DUPLICATES)
def follow_ups() -> ResponseReturnValue:
    """List the stays that clash since their records were merged; those to do unless another state is asked for."""
    state = STATES.get(request.args.get("state", ""), FollowUpState.TO_DO)
    return render_template(
        "dedupe/follow_ups.html",
        page=queries.list_follow_ups(state, after=request.args.get("after")),
        counts=queries.count_follow_ups(),
        labels=queries.LABELS,
        state=state,
    )


@blueprint.post("/follow-ups/<int:follow_up_id>/<any(to_do, exited, deleted, kept):answer>")
@access(Permission.REVIEW_DUPLICATES)
def settle_follow_up(follow_up_id: int, answer: str) -> ResponseReturnValue:
    """Say what was done about two stays."""
    found, form = queries.get_follow_up(follow_up_id, signed_in_user()), ConfirmForm()
    if form.submitted():
        with form.refusals():
            operations.settle_follow_up(found, STATES[answer], by=signed_in_user())
            flash(f"Noted: {queries.LABELS[STATES[answer]].lower()}.", "good")
    for _id, _label, sentence in form.problems:
        flash(sentence, "warn")
    return redirect(url_for(".follow_ups", state=request.form.get("state")))
