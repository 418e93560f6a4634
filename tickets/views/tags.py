"""Tags: on a ticket, and the page where administrators rename and merge them."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from adminops.identity.permissions import Permission
from adminops.web.access import access, signed_in_user
from tickets import policies, queries, tagged, tagging
from tickets.forms import MergeTagForm, TagForm
from tickets.views.desk import blueprint
from tickets.views.ticket import ticket_page


@blueprint.post("/<int:ticket_id>/tags")
@access(Permission.ASK_FOR_HELP)
def add_tag(ticket_id: int) -> ResponseReturnValue:
    """Put a tag on a ticket."""
    user = signed_in_user()
    ticket, form = queries.get_ticket(ticket_id, user), TagForm()
    policies.check_is_team(ticket, by=user)
    if form.submitted():
        with form.refusals():
            tagging.tag(ticket, **form.values(), by=user)
            return redirect(url_for(".show", ticket_id=ticket.id))
    return ticket_page(ticket, tagged=form)


@blueprint.post("/<int:ticket_id>/tags/<int:tag_id>/remove")
@access(Permission.ASK_FOR_HELP)
def remove_tag(ticket_id: int, tag_id: int) -> ResponseReturnValue:
    """Take a tag off a ticket."""
    user = signed_in_user()
    ticket = queries.get_ticket(ticket_id, user)
    policies.check_is_team(ticket, by=user)
    tagging.untag(ticket, tagged.get_tag(tag_id), by=user)
    return redirect(url_for(".show", ticket_id=ticket.id))


@blueprint.get("/tags/names")
@access(Permission.WORK_TICKETS)
def tag_names() -> ResponseReturnValue:
    """Offer the tags there are, as options of a list."""
    return render_template("tickets/completions.html", offered=[(name, name) for name in tagged.tag_names()])


@blueprint.get("/tags")
@access(Permission.WORK_TICKETS)
def tags() -> ResponseReturnValue:
    """List the tags with how many tickets bear them."""
    may_shape = signed_in_user().may(Permission.SHAPE_DESK)
    return render_template("tickets/tags.html", tags=tagged.all_tags(), may_shape=may_shape)


@blueprint.route("/tags/<int:tag_id>", methods=["GET", "POST"])
@access(Permission.SHAPE_DESK)
def edit_tag(tag_id: int) -> ResponseReturnValue:
    """Rename a tag."""
    tag, user = tagged.get_tag(tag_id), signed_in_user()
    form = TagForm(data={"name": tag.name})
    if form.submitted():
        with form.refusals():
            tagging.rename_tag(tag, **form.values(), by=user)
            flash(f"The tag is called {tag.name} now, in saved views, too.", "good")
            return redirect(url_for(".tags"))
    return render_template("tickets/tag.html", tag=tag, form=form, merging=MergeTagForm(tag)), form.status


@blueprint.post("/tags/<int:tag_id>/merge")
@access(Permission.SHAPE_DESK)
def merge_tag(tag_id: int) -> ResponseReturnValue:
    """Merge a tag into another one."""
    tag, user = tagged.get_tag(tag_id), signed_in_user()
    form, name = MergeTagForm(tag), tag.name
    if form.submitted():
        with form.refusals():
            into = tagged.get_tag(form.into.data)
            tickets = tagging.merge_tags(tag, into=into, by=user)
            flash(f"{name} is merged into {into.name}: {tickets} {'ticket' if tickets == 1 else 'tickets'}.", "good")
            return redirect(url_for(".tags"))
    renaming = TagForm(formdata=None, data={"name": tag.name})
    return render_template("tickets/tag.html", tag=tag, form=renaming, merging=form), form.status
