"""The style guide: every component of the UI kit on one page, with how it is written. Development only."""

from flask import Blueprint, render_template

from adminops.web.access import PUBLIC, access


def style_guide_blueprint() -> Blueprint:
    """Return the blueprint of `/style-guide`; the app registers it outside production."""
    blueprint = Blueprint("style_guide", __name__)

    @blueprint.get("/style-guide")
    @access(PUBLIC)
    def show() -> str:
        return render_template("style_guide.html")

    return blueprint
