"""The dashboard."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from adminops.identity.permissions import Permission
from adminops.web.access import access, signed_in_user
from adminops.web.navigation import panels, registry

blueprint = Blueprint("insights", __name__, url_prefix="/dashboard")


@blueprint.get("")
@access(Permission.SEE_FIGURES)
def dashboard() -> ResponseReturnValue:
    """Show the figures and the cards of all features."""
    viewer = signed_in_user()
    figures = [figure for feature in registry().features if feature.figures for figure in feature.figures(viewer)]
    return render_template(
        "insights/dashboard.html",
        figures=sorted(figures, key=lambda figure: figure.order),
        cards=panels("dashboard", "today", viewer),
    )
