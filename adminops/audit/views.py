"""The screens of the audit trail."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from adminops.audit import queries
from adminops.db import db
from adminops.errors import NotFound
from adminops.facts import all_facts
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.refs import Ref
from adminops.web.access import access, signed_in_user
from adminops.web.navigation import links_to

blueprint = Blueprint("audit", __name__, url_prefix="/audit")


@blueprint.get("")
@access(Permission.READ_AUDIT)
def index() -> ResponseReturnValue:
    """List what happened, newest first."""
    arguments = request.args
    wanted = queries.AuditFilter(
        actor=arguments.get("actor", "").strip(),
        fact=arguments.get("fact", "").strip(),
        about=Ref.parse(arguments.get("about", "").strip()),
    )
    page = queries.list_entries(wanted, after=arguments.get("after"))
    return render_template(
        "audit/index.html",
        page=page,
        wanted=wanted,
        links=links_to([row.about for row in page.rows], signed_in_user()),
        facts=[(fact.__name__, fact.__name__) for fact in all_facts() if not fact.__subclasses__()],
    )


@blueprint.get("/<int:entry_id>")
@access(Permission.READ_AUDIT)
def show(entry_id: int) -> ResponseReturnValue:
    """Show one entry with all that was kept."""
    entry = queries.get_entry(entry_id)
    if entry is None:
        raise NotFound("There is no such entry.")
    actor = db.session.get(User, entry.actor_id) if entry.actor_id else None
    return render_template("audit/show.html", entry=entry, actor=actor)
