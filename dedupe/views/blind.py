"""Judging without the score: a reviewer may hide it until they have decided."""

from typing import Any

from flask import Response, redirect, request, url_for

from adminops.identity.permissions import Permission
from adminops.settings import current_settings
from adminops.web.access import access
from adminops.web.forms import ConfirmForm
from dedupe.views.blueprint import blueprint

COOKIE = "dedupe_score"
HIDDEN = "hidden"


@blueprint.context_processor
def is_blind() -> dict[str, Any]:
    """Tell the templates of the desk whether the score is hidden."""
    return {"is_blind": request.cookies.get(COOKIE) == HIDDEN}


@blueprint.post("/score/<any(hide, show):what>")
@access(Permission.REVIEW_DUPLICATES)
def hide_score(what: str) -> Response:
    """Remember in a cookie, as the theme is, whether the score is shown before the decision."""
    pair = request.form.get("pair", "")
    is_number = pair.isascii() and pair.isdecimal() and len(pair) < 10
    answer = redirect(url_for(".show", pair_id=int(pair)) if is_number else url_for(".queue"))
    if ConfirmForm().submitted():
        wanted = {"hide": HIDDEN, "show": "shown"}[what]
        secure = current_settings().secure_cookies
        answer.set_cookie(COOKIE, wanted, max_age=31_536_000, httponly=True, samesite="Lax", secure=secure)
    return answer  # type: ignore[return-value]  # Flask redirects with its own response class
