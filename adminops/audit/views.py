"""The screens of the audit trail."""

from flask import Blueprint, render_template, request, send_file
from flask.typing import ResponseReturnValue

from adminops import clock
from adminops.audit import chain, queries
from adminops.audit.forms import ExportForm
from adminops.audit.jobs import anchors_folder
from adminops.audit.operations import MOST, export_trail
from adminops.db import db
from adminops.errors import NotFound
from adminops.facts import all_facts
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.refs import Ref
from adminops.web.access import Again, access, signed_in_user
from adminops.web.navigation import links_to

SHOWN_ANCHORS = 30
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
        facts=[(name, name) for name in _facts()],
    )


def _facts() -> list[str]:
    return [fact.__name__ for fact in all_facts() if not fact.__subclasses__()]


@blueprint.route("/chain", methods=["GET", "POST"])
@access(Permission.READ_AUDIT, writes=False)
def show_chain() -> ResponseReturnValue:
    """Show the chain and its anchors; check all of it when that is asked for."""
    verdict = chain.check(anchors_folder()) if request.method == "POST" else None
    return render_template(
        "audit/chain.html",
        now=queries.chain_now(),
        anchors=chain.last_anchors(anchors_folder(), most=SHOWN_ANCHORS),
        verdict=verdict,
    )


@blueprint.route("/export", methods=["GET", "POST"])
@access(Permission.READ_AUDIT, confirm=Again.OPENING)
def export() -> ResponseReturnValue:
    """Give entries out as a file; what is looked for comes in the body."""
    form = ExportForm(_facts())
    if form.submitted():
        with form.refusals():
            as_lines = form.kind.data == "lines"
            file = export_trail(form.wanted(), as_lines=as_lines, by=signed_in_user())
            name = f"audit-{clock.now():%Y%m%d-%H%M}.{'jsonl' if as_lines else 'csv'}"
            kind = "application/jsonl" if as_lines else "text/csv"
            return send_file(file, mimetype=kind, as_attachment=True, download_name=name)
    return render_template("audit/export.html", form=form, most=MOST), form.status


@blueprint.get("/<int:entry_id>")
@access(Permission.READ_AUDIT)
def show(entry_id: int) -> ResponseReturnValue:
    """Show one entry with all that was kept."""
    entry = queries.get_entry(entry_id)
    if entry is None:
        raise NotFound("There is no such entry.")
    actor = db.session.get(User, entry.actor_id) if entry.actor_id else None
    who = queries.who_did(entry.detail.get("policy"))
    return render_template("audit/show.html", entry=entry, actor=actor, who=who)
