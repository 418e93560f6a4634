"""The pages of notices: what one was told, what one wishes to be told of, and what the house tells."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adminops.identity.permissions import Permission
from adminops.settings import current_settings
from adminops.web.access import access, signed_in_user
from adminops.web.forms import ConfirmForm
from tickets.notices import queries, reading
from tickets.notices.forms import defaults_form, wishes_form
from tickets.notices.operations import choose_notices, set_defaults
from tickets.notices.wishes import house_ways, wishes_of
from tickets.queues.queries import all_queues

blueprint = Blueprint("notices", __name__, template_folder="../templates")


@blueprint.get("/me/notices")
@access(Permission.ASK_FOR_HELP)
def index() -> ResponseReturnValue:
    """List what one was told in the app."""
    shown = "all" if request.args.get("show") == "all" else "unread"
    page = queries.list_notices(signed_in_user(), unread=shown == "unread", after=request.args.get("after"))
    return render_template("notices/index.html", page=page, shown=shown, form=ConfirmForm())


@blueprint.get("/me/notices/<int:notice_id>")
@access(Permission.ASK_FOR_HELP, writes=True)
def open_notice(notice_id: int) -> ResponseReturnValue:
    """Go to the ticket that a notice is about; what one was told of it counts as read."""
    user = signed_in_user()
    notice = queries.get_notice(notice_id, user)
    reading.read_on(notice.ticket_id, user)
    return redirect(url_for("tickets.show", ticket_id=notice.ticket_id))


@blueprint.post("/me/notices/read")
@access(Permission.ASK_FOR_HELP)
def read() -> ResponseReturnValue:
    """Mark everything as read."""
    count = reading.read_all(signed_in_user())
    flash("Everything is marked as read." if count else "You had read everything already.", "good")
    return redirect(url_for(".index"))


@blueprint.get("/me/notices/digests/<int:digest_id>")
@access(Permission.ASK_FOR_HELP)
def digest(digest_id: int) -> ResponseReturnValue:
    """Show what a digest told."""
    user = signed_in_user()
    found = queries.get_digest(digest_id, user)
    return render_template("notices/digest.html", digest=found, rows=queries.told_in(found, user))


@blueprint.route("/me/notices/choices", methods=["GET", "POST"])
@access(Permission.ASK_FOR_HELP)
def choose() -> ResponseReturnValue:
    """Choose what one is told of, on which ways and when."""
    user, zone = signed_in_user(), current_settings().time_zone
    queues = all_queues() if user.may(Permission.WORK_TICKETS) else []
    form = wishes_form(user, wishes_of(user), house_ways(), queues, zone)
    if form.submitted():
        with form.refusals():
            choose_notices(form.choices_made(), by=user)
            flash("Your choices are saved.", "good")
            return redirect(url_for(".choose"))
    return render_template("notices/choose.html", form=form), form.status


@blueprint.route("/notices/defaults", methods=["GET", "POST"])
@access(Permission.SHAPE_DESK)
def defaults() -> ResponseReturnValue:
    """Say what people are told who have not chosen."""
    form = defaults_form(house_ways())
    if form.submitted():
        with form.refusals():
            changed = set_defaults(form.ways(), by=signed_in_user())
            flash("Saved. It holds from now on." if changed else "Nothing was changed.", "good")
            return redirect(url_for(".defaults"))
    return render_template("notices/defaults.html", form=form), form.status
