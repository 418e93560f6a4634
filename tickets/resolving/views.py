"""What is missing before a ticket is resolved: the card on its page, and the page of evidence."""

from collections.abc import Sequence

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from adminops.feature import RequestType
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.web.access import access, signed_in_user
from tickets import policies, queries
from tickets.checklist.queries import kind_of, still_open
from tickets.models import OPEN_STATES, Resolution, Ticket, Voice
from tickets.resolving.forms import EvidenceForm
from tickets.resolving.guards import Gap, Standing, evidence_of, gaps
from tickets.resolving.operations import show_evidence
from tickets.side import Side
from tickets.timeline import Line, Message
from tickets.views.desk import blueprint


@blueprint.route("/<int:ticket_id>/evidence", methods=["GET", "POST"])
@access(Permission.ASK_FOR_HELP)
def evidence(ticket_id: int) -> ResponseReturnValue:
    """Say what shows that the work of a ticket was done."""
    user, form = signed_in_user(), EvidenceForm()
    ticket = queries.get_ticket(ticket_id, user)
    policies.check_may_work(ticket, by=user)
    if form.submitted() and not form.replaced(ticket.agency_id, user):
        with form.refusals():
            note = show_evidence(ticket, **form.values(), by=user)
            return redirect(url_for(".show", ticket_id=note.ticket_id, _anchor=f"message-{note.id}"))
    form.mark(ticket.agency_id, user)
    page = render_template("tickets/evidence.html", ticket=ticket, form=form, asked=evidence_of(kind_of(ticket)))
    return page, form.status


def missing_before(
    ticket: Ticket, kind: RequestType | None, side: Side, told: Sequence[Message | Line], user: User
) -> list[Gap]:
    """Return what the team still has to do before `ticket` is called done, from what its page has read anyway.

    That a part is open, or an answer still to be sent, the page shows by itself.
    """
    if kind is None or ticket.state not in OPEN_STATES or not policies.may_work(ticket, by=user):
        return []
    asked = {item.id for item in told if isinstance(item, Message) and item.voice is Voice.REQUESTER}
    files = any(not file.is_gone for id_, files in side.files.items() if id_ not in asked for file in files)
    standing = Standing(
        open_steps=still_open(kind.checklist, side.ticked),
        shown=side.shown or side.worked or files,
        worked=side.worked,
    )
    return gaps(kind, Resolution.DONE, standing)
