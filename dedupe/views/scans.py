"""The scan: how the last one went, and asking for another."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from adminops.identity.permissions import Permission
from adminops.web.access import access, signed_in_user
from adminops.web.forms import ConfirmForm
from dedupe import queries, scanning
from dedupe.views.blueprint import blueprint


def scan_state() -> dict[str, Any]:
    """Return what `dedupe/scan_state.html` shows."""
    last = queries.last_scan()
    return {
        "form": ConfirmForm(),
        "last": last,
        "groups": queries.groups_of(last),
        "present": queries.present_scan(),
        "waiting": queries.count_open(signed_in_user()),
    }


@blueprint.get("/scan")
@access(Permission.REVIEW_DUPLICATES)
def scan() -> ResponseReturnValue:
    """Show how the last scan went, and the one that runs."""
    return render_template("dedupe/scan.html", **scan_state())


@blueprint.post("/scan")
@access(Permission.REVIEW_DUPLICATES)
def ask_for_scan() -> ResponseReturnValue:
    """Have the store scanned."""
    form = ConfirmForm()
    if form.submitted():
        with form.refusals():
            scanning.ask_for_scan(by=signed_in_user())
            flash("The scan starts within a minute. New pairs appear in the queue.", "good")
    for _id, _label, sentence in form.problems:
        flash(sentence, "warn")
    return redirect(url_for(".scan"))
