"""The rule that merges exact pairs without a reviewer: proposing it, putting it in force, ending it."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from adminops.db import db
from adminops.errors import NotFound
from adminops.identity.permissions import Permission
from adminops.web.access import Again, access, signed_in_user
from adminops.web.forms import ConfirmForm
from dedupe import exact as rules
from dedupe.forms import ExactForm
from dedupe.matching.scores import VERY_LIKELY
from dedupe.models import ExactMerging, ExactState
from dedupe.views.blueprint import blueprint

SAID = {
    ExactState.ACTIVE: "In force. Every merge it makes is on the list of merges and can be undone.",
    ExactState.REFUSED: "Refused. Nothing is merged without a reviewer by it.",
    ExactState.ENDED: "Ended. What it merged stays merged; undo from the list of merges.",
}


@blueprint.route("/exact", methods=["GET", "POST"])
@access(Permission.REVIEW_DUPLICATES, confirm=Again.USING)
def exact() -> ResponseReturnValue:
    """Show the rule in force with what it did today, and propose one."""
    form = ExactForm()
    if form.submitted():
        with form.refusals():
            rules.propose_rule(form.cap.data or 0, by=signed_in_user())
            flash("Proposed. Another administrator has to put it in force.", "good")
            return redirect(url_for(".exact"))
    shown = {
        "today": rules.today(),
        "left": rules.left_to_reviewers(),
        "very_likely": VERY_LIKELY,
        "rules": rules.list_rules(),
        "me": signed_in_user().id,
    }
    return render_template("dedupe/exact.html", form=form, **shown), form.status


@blueprint.post("/exact/<int:rule_id>/<any(active, refused, ended):what>")
@access(Permission.REVIEW_DUPLICATES, confirm=Again.USING)
def decide_exact(rule_id: int, what: str) -> ResponseReturnValue:
    """Put a proposal in force, refuse it, or end the rule."""
    rule, form, to = db.session.get(ExactMerging, rule_id), ConfirmForm(), ExactState(what)
    if rule is None:
        raise NotFound("There is no such rule.")
    if form.submitted():
        with form.refusals():
            rules.decide_rule(rule, to, by=signed_in_user())
            flash(SAID[to], "good")
    for _id, _label, sentence in form.problems:
        flash(sentence, "warn")
    return redirect(url_for(".exact"))
