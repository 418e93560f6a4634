"""The pages of the redactors, which the security officers of agencies read too."""

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adminops.errors import InvalidState
from adminops.feature import GuardedTexts
from adminops.guard import operations
from adminops.guard.models import IncidentState, PiiIncident
from adminops.identity.permissions import Permission
from adminops.privacy import queries
from adminops.privacy.forms import SettleForm, settle_form
from adminops.web.access import access, signed_in_user
from adminops.web.forms import ConfirmForm
from adminops.web.navigation import registry

blueprint = Blueprint("privacy", __name__, url_prefix="/privacy")


@blueprint.get("")
@access(Permission.READ_HELD)
def index() -> ResponseReturnValue:
    """List the texts that wait, or all incidents."""
    everything = request.args.get("show") == "all"
    state = None if everything else IncidentState.HELD
    page = queries.list_incidents(signed_in_user(), state=state, after=request.args.get("after"))
    return render_template("privacy/index.html", page=page, everything=everything, views=_tabs(everything))


@blueprint.get("/counts")
@access(Permission.REDACT)
def counts() -> ResponseReturnValue:
    """Show what was found by agency."""
    return render_template("privacy/counts.html", rows=queries.counts_by_agency(), views=_tabs(None))


def _tabs(everything: bool | None) -> list[dict[str, object]]:
    """Return the tabs above the lists; `everything` is None on that of the counts, which redactors alone see."""
    lists = [
        ("Waiting", url_for(".index"), everything is False),
        ("All incidents", url_for(".index", show="all"), everything),
    ]
    if signed_in_user().may(Permission.REDACT):
        lists.append(("By agency", url_for(".counts"), everything is None))
    return [{"label": label, "url": url, "current": bool(current)} for label, url, current in lists]


@blueprint.get("/<int:incident_id>")
@access(Permission.READ_HELD)
def show(incident_id: int) -> ResponseReturnValue:
    """Show an incident without its text."""
    return _page(queries.get_incident(incident_id, signed_in_user()))


@blueprint.post("/<int:incident_id>/text")
@access(Permission.READ_HELD)
def open_text(incident_id: int) -> ResponseReturnValue:
    """Show the text, which is on the record."""
    user = signed_in_user()
    incident = queries.get_incident(incident_id, user)
    texts = operations.open_held(incident, by=user)
    return _page(incident, settle_form(texts)) if user.may(Permission.REDACT) else _page(incident, texts=texts)


@blueprint.post("/<int:incident_id>/settle")
@access(Permission.REDACT)
def settle(incident_id: int) -> ResponseReturnValue:
    """Put the text back redacted or as it was, or delete it."""
    user = signed_in_user()
    incident = queries.get_incident(incident_id, user)
    form = settle_form(operations.open_held(incident, by=user))
    if form.submitted():
        with form.refusals():
            _carry_out(form, incident)
            flash(f"Incident {incident.id} is settled: {incident.state.label.lower()}.", "good")
            return redirect(url_for(".index"))
    return _page(incident, form)


def _carry_out(form: SettleForm, incident: PiiIncident) -> None:
    user, guarded = signed_in_user(), guarded_texts(incident.kind)
    if form.how.data == "redact":
        operations.redact(incident, form.texts(), guarded=guarded, by=user)
    elif form.how.data == "put_back":
        operations.put_back(incident, guarded=guarded, by=user)
    else:
        operations.drop(incident, guarded=guarded, by=user)


def guarded_texts(kind: str) -> GuardedTexts:
    """Return who keeps the texts of `kind`. Raises `InvalidState` when no feature does any more."""
    for feature in registry().features:
        for guarded in feature.guarded:
            if guarded.kind == kind:
                return guarded
    raise InvalidState("Nothing keeps texts of this kind any more.")


def _page(
    incident: PiiIncident, form: SettleForm | None = None, texts: Mapping[str, str] | None = None
) -> ResponseReturnValue:
    page = render_template(
        "privacy/show.html",
        incident=incident,
        form=form,
        texts=texts,
        opens=ConfirmForm(),
        kinds=queries.in_words(incident.found_kinds),
        seen_by=queries.could_have_seen(incident),
        what=guarded_texts(incident.kind).title,
    )
    return page, form.status if form else 200
