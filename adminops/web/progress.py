"""Pages of work in the background: a panel of them asks for itself until the work is done (`ui/progress.html`)."""

from typing import Any

from flask import make_response, render_template, request
from flask.typing import ResponseReturnValue


def progress_page(template: str, *, running: bool, **values: Any) -> ResponseReturnValue:
    """Render a page with such a panel. Once the work is done, the panel has the browser load the page anew.

    The panel alone would not do: buttons, lists and particulars around it tell of the work, too.
    """
    answer = make_response(render_template(template, running=running, **values))
    if "HX-Request" in request.headers and not running:
        answer.headers["HX-Refresh"] = "true"
    return answer
