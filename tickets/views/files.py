"""Files of tickets: handed out to who sees the ticket, and removed."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from adminops.errors import NotFound
from adminops.files import send_file_safely
from adminops.identity.permissions import Permission
from adminops.web.access import access, signed_in_user
from adminops.web.forms import ConfirmForm
from tickets import attaching, queries
from tickets.attached import NOT_THERE, get_attachment
from tickets.views.desk import blueprint


@blueprint.get("/<int:ticket_id>/files/<int:attachment_id>")
@access(Permission.ASK_FOR_HELP)
def file(ticket_id: int, attachment_id: int) -> ResponseReturnValue:
    """Hand a file out as a download."""
    user = signed_in_user()
    row = get_attachment(queries.get_ticket(ticket_id, user), attachment_id, user)
    if row.file is None:
        raise NotFound(NOT_THERE)
    return send_file_safely(row.file)


@blueprint.route("/<int:ticket_id>/files/<int:attachment_id>/remove", methods=["GET", "POST"])
@access(Permission.ASK_FOR_HELP)
def remove_file(ticket_id: int, attachment_id: int) -> ResponseReturnValue:
    """Ask before a file is removed, and remove it."""
    user = signed_in_user()
    ticket = queries.get_ticket(ticket_id, user)
    row, form = get_attachment(ticket, attachment_id, user), ConfirmForm()
    attaching.check_may_remove(ticket, row, by=user)
    if form.submitted():
        attaching.remove_attachment(ticket, row, by=user)
        flash("The file is removed. The conversation says that there was one.", "good")
        return redirect(
            url_for(".show", ticket_id=ticket.id, message=row.message_id, _anchor=f"message-{row.message_id}")
        )
    return render_template("tickets/remove_file.html", ticket=ticket, file=row, form=form), form.status
