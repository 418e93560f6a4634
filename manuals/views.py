"""The pages of the manuals."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adminops.errors import NotFound
from adminops.identity.permissions import Permission
from adminops.web.access import access, signed_in_user
from adminops.web.forms import ConfirmForm
from manuals import operations, policies, queries, rendering
from manuals.forms import DraftForm, PageForm, PublishForm
from manuals.models import ManualPage

blueprint = Blueprint("manuals", __name__, url_prefix="/manuals", template_folder="templates")


@blueprint.get("")
@access(Permission.READ_MANUALS)
def index() -> ResponseReturnValue:
    """Show the contents, or what a search finds."""
    viewer, words = signed_in_user(), request.args.get("q", "").strip()[:200]
    return render_template(
        "manuals/index.html",
        words=words,
        sections=queries.contents(viewer),
        found=queries.search(words, viewer) if words else [],
        retired=queries.retired(viewer),
        may_write=viewer.may(Permission.WRITE_MANUALS),
    )


@blueprint.get("/<slug>")
@access(Permission.READ_MANUALS)
def show(slug: str) -> ResponseReturnValue:
    """Show a page as readers see it; to a writer its draft where nothing is published yet."""
    viewer, page = signed_in_user(), _get(slug)
    revision = queries.find_revision(page, page.revision)
    body = revision.body if revision else page.draft_body
    return render_template(
        "manuals/show.html",
        page=page,
        body=rendering.render(body),
        headings=rendering.headings(body),
        may_write=viewer.may(Permission.WRITE_MANUALS),
    )


@blueprint.route("/new", methods=["GET", "POST"])
@access(Permission.WRITE_MANUALS)
def new() -> ResponseReturnValue:
    """Start a page."""
    if (form := PageForm()).submitted():
        with form.refusals():
            page = operations.write_page(**form.values(), by=signed_in_user())
            flash("The draft is saved. Publish it when it is ready.")
            return redirect(url_for(".draft", slug=page.slug))
    return render_template("manuals/edit.html", form=form, page=None), form.status


@blueprint.route("/<slug>/edit", methods=["GET", "POST"])
@access(Permission.WRITE_MANUALS)
def edit(slug: str) -> ResponseReturnValue:
    """Change a page's draft."""
    page = _get(slug)
    began = {"title": page.draft_title, "section": page.section, "body": page.draft_body, "version": page.version}
    if (form := DraftForm(data=began)).submitted():
        with form.refusals():
            operations.save_draft(page, **form.values(), by=signed_in_user())
            flash("The draft is saved.")
            return redirect(url_for(".draft", slug=page.slug))
    return render_template("manuals/edit.html", form=form, page=page), form.status


@blueprint.route("/<slug>/draft", methods=["GET", "POST"])
@access(Permission.WRITE_MANUALS)
def draft(slug: str) -> ResponseReturnValue:
    """Show the draft as readers would see it, and publish it."""
    viewer, page = signed_in_user(), _get(slug)
    if (form := PublishForm()).submitted():
        with form.refusals():
            operations.publish_page(page, note=form.note.data or "", by=viewer)
            flash("Published.")
            return redirect(url_for(".show", slug=page.slug))
    return render_template(
        "manuals/draft.html",
        page=page,
        form=form,
        body=rendering.render(page.draft_body),
        may_publish=policies.may_publish(page, viewer),
    ), form.status


@blueprint.route("/<slug>/retire", methods=["GET", "POST"])
@access(Permission.PUBLISH_MANUALS)
def retire(slug: str) -> ResponseReturnValue:
    """Ask once, then take the page out of the manuals."""
    page = _get(slug)
    if (form := ConfirmForm()).submitted():
        with form.refusals():
            operations.retire_page(page, by=signed_in_user())
            flash("The page is retired. Publish its draft to bring it back.")
            return redirect(url_for(".index"))
    return render_template("manuals/retire.html", page=page, form=form), form.status


@blueprint.get("/<slug>/history")
@access(Permission.READ_MANUALS)
def history(slug: str) -> ResponseReturnValue:
    """List the published revisions."""
    page = _get(slug)
    return render_template("manuals/history.html", page=page, revisions=queries.history(page))


@blueprint.get("/<slug>/history/<int:number>")
@access(Permission.READ_MANUALS)
def revision(slug: str, number: int) -> ResponseReturnValue:
    """Show a page as it was."""
    page = _get(slug)
    found = queries.find_revision(page, number)
    if found is None:
        raise NotFound("The page has no such revision.")
    return render_template("manuals/revision.html", page=page, revision=found, body=rendering.render(found.body))


def _get(slug: str) -> ManualPage:
    page = queries.find_page(slug, signed_in_user())
    if page is None:
        raise NotFound("There is no such page in the manuals.")
    return page
