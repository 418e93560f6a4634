"""The catalogue as administrators keep it: words, targets, approvals, and what is switched off."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adminops.errors import NotFound
from adminops.feature import RequestType
from adminops.identity.permissions import Permission
from adminops.web.access import access, signed_in_user
from adminops.web.navigation import registry
from tickets.catalogue import all_types, filed_as, find_type, in_sections
from tickets.type_forms import TypeForm
from tickets.type_versions import Edit, change_type, history_of

blueprint = Blueprint("request_types", "tickets", url_prefix="/request-types", template_folder="templates")

APPROVALS = {"none": "Nobody", "team": "An approver of the team", "work": "Who carries it out"}


@blueprint.get("")
@access(Permission.MANAGE_REQUEST_TYPES)
def index() -> ResponseReturnValue:
    """List every request type by group."""
    words = request.args.get("q", "").replace("\x00", "").strip()[:100]
    kinds = [kind for section in in_sections(all_types(registry().features), words) for kind in section.kinds]
    return render_template("tickets/types.html", kinds=kinds, words=words, approvals=APPROVALS)


@blueprint.route("/<key>", methods=["GET", "POST"])
@access(Permission.MANAGE_REQUEST_TYPES)
def edit(key: str) -> ResponseReturnValue:
    """Change a request type; what was before stays in its history."""
    kind = _get(key)
    form = TypeForm(data=_shown(kind))
    if form.submitted():
        with form.refusals():
            read = filed_as(key, _number(form.based_on.data), registry().features) or kind
            change_type(read, form.edit(), because=form.because.data or "", by=signed_in_user())
            flash("Saved. Requests filed before keep what they were filed with.", "good")
            return redirect(url_for(".edit", key=key))
    page = render_template("tickets/type.html", kind=kind, form=form, history=history_of(key), approvals=APPROVALS)
    return page, form.status


def _shown(kind: RequestType) -> dict[str, object]:
    """Return what the form shows of `kind`."""
    now = Edit.of(kind)
    lists = {"checklist": "\n".join(now.checklist), "manuals": "\n".join(now.manuals)}
    return {**vars(now), **lists, "based_on": str(kind.version)}


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _get(key: str) -> RequestType:
    kind = find_type(key, registry().features)
    if kind is None:
        raise NotFound("There is no such request type.")
    return kind
