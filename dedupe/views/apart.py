"""The register of who was kept apart."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from adminops.identity.permissions import Permission
from adminops.web.access import access, signed_in_user
from dedupe import apart as reads
from dedupe.views.blueprint import blueprint


@blueprint.get("/apart")
@access(Permission.REVIEW_DUPLICATES)
def apart() -> ResponseReturnValue:
    """List who was kept apart, by whom, when and why."""
    wanted, viewer = reads.ApartFilter.read(request.args), signed_in_user()
    return render_template(
        "dedupe/apart.html",
        page=reads.list_apart(wanted, viewer, after=request.args.get("after")),
        count=reads.count_apart(wanted, viewer),
        wanted=wanted,
        people=reads.people_to_choose(),
        changed=reads.CHANGED,
    )
