"""The figures of the merge desk."""

from flask import render_template
from flask.typing import ResponseReturnValue

from adminops.identity.permissions import Permission
from adminops.web.access import access
from dedupe.figures import figures_of_desk
from dedupe.views.blueprint import blueprint


@blueprint.get("/figures")
@access(Permission.REVIEW_DUPLICATES)
def figures() -> ResponseReturnValue:
    """Show what was found and decided in the last twelve weeks."""
    return render_template("dedupe/figures.html", figures=figures_of_desk())
