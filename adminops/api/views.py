"""The pages about the API: one's own tokens, and what can be asked for."""

from flask import Blueprint, flash, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from adminops import clock
from adminops.api.document import document
from adminops.api.forms import TokenForm
from adminops.api.routes import routes_of, scopes_for
from adminops.identity.tokens import TokenScope, make_token, revoke_token, tokens_of
from adminops.settings import current_settings
from adminops.web.access import PUBLIC, SIGNED_IN, Again, access, signed_in_user
from adminops.web.navigation import registry
from adminops.web.problem_json import API

blueprint = Blueprint("api_pages", __name__)


@blueprint.route("/me/tokens", methods=["GET", "POST"])
@access(SIGNED_IN, confirm=Again.USING)
def tokens() -> ResponseReturnValue:
    """Show one's own tokens, and make one: its text is on the answer to that alone."""
    user, made = signed_in_user(), ""
    offered = scopes_for(user, routes_of(registry().features))
    form = TokenForm(offered)
    if form.submitted():
        with form.refusals():
            made = make_token(**form.values(), by=user)
            form = TokenForm(offered, formdata=None)
    page = render_template(
        "api/tokens.html", tokens=tokens_of(user), form=form, offered=offered, made=made, now=clock.now()
    )
    return page, form.status


@blueprint.post("/me/tokens/<int:token_id>/revoke")
@access(SIGNED_IN)
def revoke(token_id: int) -> ResponseReturnValue:
    """End a token of one's own."""
    revoke_token(token_id, by=signed_in_user())
    flash("The token is revoked. Programs that use it are refused from now on.", "good")
    return redirect(url_for(".tokens"))


@blueprint.get("/api")
@access(SIGNED_IN)
def reference() -> ResponseReturnValue:
    """Show what can be asked for, as a page."""
    return render_template(
        "api/reference.html", routes=routes_of(registry().features), base=API, scopes=list(TokenScope)
    )


@blueprint.get(f"{API}/openapi.json")
@access(PUBLIC)
def openapi() -> ResponseReturnValue:
    """Give the document of the API. It says what the program can do, and nothing of what it holds."""
    return jsonify(document(routes_of(registry().features), title=current_settings().product_name))
