"""What differs between the accounts and the directory, and putting it right."""

from flask import current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from accounts.reconciling.models import DirectoryFinding
from accounts.reconciling.operations import mend_findings
from accounts.reconciling.queries import find_finding, findings_now, last_comparisons
from accounts.views.blueprint import blueprint
from adminops.errors import NotFound
from adminops.feature import Job
from adminops.identity.permissions import Permission
from adminops.scheduler import ask_for_job, find_job
from adminops.settings import current_settings
from adminops.web.access import access, signed_in_user
from adminops.web.forms import ConfirmForm


@blueprint.get("/accounts/directory")
@access(Permission.MANAGE_ACCOUNTS)
def compared() -> ResponseReturnValue:
    """Show what differs, each with the two sides and what would be done."""
    found = findings_now()
    return render_template(
        "accounts/directory.html",
        findings=found,
        comparisons=last_comparisons(),
        is_set=bool(current_settings().directory_url),
        able=sum(each.can_be_mended for each in found),
    )


@blueprint.post("/accounts/directory/compare")
@access(Permission.MANAGE_ACCOUNTS)
def compare() -> ResponseReturnValue:
    """Have everything compared once more, by the scheduler."""
    ask_for_job(_job(), by=signed_in_user())
    flash("The directory is being compared. Look again in a minute.", "good")
    return redirect(url_for(".compared"))


def _job() -> Job:
    job = find_job(current_app, "compare-directory")
    if job is None:
        raise NotFound("This installation does not compare with a directory.")
    return job


@blueprint.route("/accounts/directory/mend", methods=["GET", "POST"])
@access(Permission.MANAGE_ACCOUNTS)
def mend_all() -> ResponseReturnValue:
    """Put everything right that may be, after asking once: whoever does has looked at the list."""
    return _mend([each for each in findings_now() if each.can_be_mended])


@blueprint.route("/accounts/directory/<int:finding_id>/mend", methods=["GET", "POST"])
@access(Permission.MANAGE_ACCOUNTS)
def mend(finding_id: int) -> ResponseReturnValue:
    """Put one thing right, after asking once."""
    finding = find_finding(finding_id)
    if finding is None:
        raise NotFound("This does not differ any more.")
    return _mend([finding])


def _mend(findings: list[DirectoryFinding]) -> ResponseReturnValue:
    if (form := ConfirmForm()).submitted():
        with form.refusals():
            count = mend_findings(findings, by=signed_in_user())
            words = "one account" if count == 1 else f"{count:,} accounts"
            flash(f"The directory is told how {words} should be.", "good")
            return redirect(url_for(".compared"))
    return render_template("accounts/mend.html", findings=findings, form=form), form.status
