"""The pages of sources: where exports come from, and when they are held."""

from zoneinfo import available_timezones

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adminops.hmis.intake.brakes import Brakes
from adminops.hmis.sources import get_known_source
from adminops.identity.permissions import Permission
from adminops.imports import operations, queries
from adminops.imports.forms import SourceForm
from adminops.settings import current_settings
from adminops.web.access import access, signed_in_user
from adminops.web.navigation import panels

sources = Blueprint("sources", __name__, url_prefix="/imports/sources")


@sources.get("")
@access(Permission.IMPORT_EXPORTS)
def index() -> ResponseReturnValue:
    """List the sources."""
    return render_template("imports/sources.html", rows=queries.list_sources())


@sources.get("/<int:source_id>")
@access(Permission.IMPORT_EXPORTS)
def show(source_id: int) -> ResponseReturnValue:
    """Show one source: its particulars, its brakes and its last imports."""
    source = get_known_source(source_id)
    return render_template(
        "imports/source.html",
        source=source,
        brakes=Brakes.of(source.brakes),
        folder=current_settings().drop / source.drop_folder if source.is_watched and source.drop_folder else None,
        cards=panels("source", source.id, signed_in_user()),
        page=queries.list_imports(source_id=source.id, after=request.args.get("after"), limit=20),
    )


@sources.route("/new", methods=["GET", "POST"])
@access(Permission.IMPORT_EXPORTS)
def new() -> ResponseReturnValue:
    """Add a source."""
    if (form := SourceForm.blank()).submitted():
        with form.refusals():
            source = operations.add_source(**form.values(), by=signed_in_user())
            flash("The source was added.")
            return redirect(url_for(".show", source_id=source.id))
    return _page(form, None)


@sources.route("/<int:source_id>/edit", methods=["GET", "POST"])
@access(Permission.IMPORT_EXPORTS)
def edit(source_id: int) -> ResponseReturnValue:
    """Change a source."""
    source = get_known_source(source_id)
    if (form := SourceForm.of(source)).submitted():
        with form.refusals():
            operations.change_source(source, **form.values(), by=signed_in_user())
            flash("Saved.")
            return redirect(url_for(".show", source_id=source.id))
    return _page(form, source_id)


def _page(form: SourceForm, source_id: int | None) -> ResponseReturnValue:
    zones = sorted(zone for zone in available_timezones() if zone.startswith(("America/", "Pacific/", "US/")))
    return render_template("imports/source_edit.html", form=form, source_id=source_id, zones=zones), form.status
