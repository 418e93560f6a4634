"""The one search box."""

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adminops.pii import holds_ssn
from adminops.web.access import SIGNED_IN, access, signed_in_user
from adminops.web.navigation import registry

blueprint = Blueprint("search", __name__)

HITS = 8


@blueprint.route("/search", methods=["GET", "POST"])
@access(SIGNED_IN, writes=False)
def results() -> ResponseReturnValue:
    """Show what every feature finds for the words, by kind. The box sends them in the body: they may be a name."""
    user, text = signed_in_user(), request.values.get("q", "").replace("\x00", "").strip()[:200]
    sealed = request.method == "POST"
    everything = [provider for feature in registry().features for provider in feature.search]
    hidden = {provider.kind for provider in everything if provider.private}
    offered = [provider for provider in everything if provider.private == sealed or provider.kind not in hidden]
    found = [
        (provider.title, [(hit.icon, hit.title, hit.url, hit.summary) for hit in provider.find(text, user, HITS)])
        for provider in offered
        if text and (provider.permission is None or user.may(provider.permission))
    ]
    shown = "" if holds_ssn(text) else text  # it stands on no page, not even on the answer to who typed it
    groups = [group for group in found if group[1]]
    here = url_for(".results", q=None if sealed else shown or None)
    return render_template("search/results.html", text=shown, has_ssn=shown != text, groups=groups, page_path=here)
