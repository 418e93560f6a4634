"""The scan: how the last one went, and asking for another."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adminops.identity.permissions import Permission
from adminops.web.access import access, signed_in_user
from adminops.web.forms import ConfirmForm
from dedupe import left_out, queries, scanning
from dedupe.contradictions import list_contradictions
from dedupe.views.blueprint import blueprint


def scan_state() -> dict[str, Any]:
    """Return what `dedupe/scan_state.html` shows."""
    last = queries.last_scan()
    return {
        "form": ConfirmForm(),
        "last": last,
        "failed": queries.failed_scan(),
        "groups": queries.groups_of(last),
        "present": queries.present_scan(),
        "waiting": queries.count_open(signed_in_user()),
        "word_of": left_out.word_of,
    }


@blueprint.get("/scan")
@access(Permission.REVIEW_DUPLICATES)
def scan() -> ResponseReturnValue:
    """Show how the last scan went, and the one that runs."""
    return render_template("dedupe/scan.html", **scan_state())


@blueprint.get("/scan/left-out/<word>")
@access(Permission.REVIEW_DUPLICATES)
def who_is_left_out(word: str) -> ResponseReturnValue:
    """List the records that take no part for a reason, by client ID."""
    page = left_out.list_left_out(word, signed_in_user(), after=request.args.get("after"))
    said = {"reason": left_out.REASONS[word], "what_to_do": left_out.WHAT_TO_DO[word], "word": word}
    return render_template("dedupe/left_out.html", page=page, **said)


@blueprint.get("/conflicts")
@access(Permission.REVIEW_DUPLICATES)
def conflicts() -> ResponseReturnValue:
    """Show the groups of records that contradict themselves, with all scores."""
    asked = request.args.get("from", "")
    first = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 6 else 0
    return render_template("dedupe/contradictions.html", found=list_contradictions(signed_in_user(), first=first))


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
