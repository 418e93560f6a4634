"""The pages of the monthly lists of who may do most."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts.policies import refusal
from accounts.privileged import operations, policies, queries
from accounts.privileged.models import PrivilegedAnswer, PrivilegedReview
from accounts.reviewing.models import ReviewState
from accounts.views.blueprint import blueprint
from adminops.errors import NotFound
from adminops.identity.permissions import Permission
from adminops.web.access import access, signed_in_user
from adminops.web.forms import ConfirmForm


@blueprint.get("/accounts/administrators")
@access(Permission.MANAGE_ACCOUNTS)
def privileged_lists() -> ResponseReturnValue:
    """List the lists of the last months."""
    return render_template("accounts/privileged/index.html", lists=queries.recent_lists())


@blueprint.route("/accounts/administrators/<int:review_id>", methods=["GET", "POST"])
@access(Permission.MANAGE_ACCOUNTS)
def privileged_list(review_id: int) -> ResponseReturnValue:
    """Show one list, and take what is said about its people."""
    viewer, form = signed_in_user(), ConfirmForm()
    found = queries.find_list(review_id)
    if found is None:
        raise NotFound("There is no such list.")
    if form.submitted():
        with form.refusals():
            said = operations.answer_lines(found, _answers(found), by=viewer)
            flash(_thanks(found, said), "good" if said else "info")
            return redirect(url_for(".privileged_list", review_id=found.id))
    page = render_template(
        "accounts/privileged/show.html",
        review=found,
        form=form,
        answers=list(PrivilegedAnswer),
        viewer=viewer,
        may_answer=refusal(policies.check_may_answer, found, by=viewer) is None,
    )
    return page, form.status


def _answers(review: PrivilegedReview) -> dict[int, PrivilegedAnswer]:
    sent = {line.id: request.form.get(f"line-{line.id}", "") for line in review.lines}
    return {id_: PrivilegedAnswer(answer) for id_, answer in sent.items() if answer in set(PrivilegedAnswer)}


def _thanks(review: PrivilegedReview, said: int) -> str:
    if review.state is ReviewState.DONE:
        return "Thank you: everybody is confirmed, until the next month."
    return f"{said} noted." if said else "Nothing was chosen yet."
