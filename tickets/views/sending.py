"""Answers that have not left: kept while one writes, taken back, sent, thrown away. And who else is at the ticket."""

from datetime import UTC, datetime

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adminops import clock
from adminops.identity.permissions import Permission
from adminops.web.access import access, signed_in_user
from tickets import attaching, policies, presence, queries, sending
from tickets.drafts import Answer, drop_draft
from tickets.forms import MessageForm
from tickets.views import writing
from tickets.views.desk import blueprint
from tickets.views.ticket import ticket_page

STOP_POLLING = 286
"""What htmx takes for "ask no more"."""


@blueprint.post("/<int:ticket_id>/unsent/<int:sending_id>/take-back")
@access(Permission.ASK_FOR_HELP)
def take_back(ticket_id: int, sending_id: int) -> ResponseReturnValue:
    """Stop an answer before it leaves; its words stand in the composer again."""
    user = signed_in_user()
    ticket = queries.get_ticket(ticket_id, user)
    sending.take_back(sending.get_sending(ticket, sending_id), by=user)
    return redirect(url_for(".show", ticket_id=ticket.id, _anchor="body"))


@blueprint.post("/<int:ticket_id>/unsent/<int:sending_id>/send")
@access(Permission.ASK_FOR_HELP)
def send_now(ticket_id: int, sending_id: int) -> ResponseReturnValue:
    """Send an answer now that was planned for later."""
    user = signed_in_user()
    ticket = queries.get_ticket(ticket_id, user)
    message = sending.send_now(sending.get_sending(ticket, sending_id), by=user)
    return redirect(url_for(".show", ticket_id=message.ticket_id, _anchor=f"message-{message.id}"))


@blueprint.post("/<int:ticket_id>/unsent/<int:sending_id>/discard")
@access(Permission.ASK_FOR_HELP)
def throw_away(ticket_id: int, sending_id: int) -> ResponseReturnValue:
    """Forget an answer that was taken back."""
    user = signed_in_user()
    ticket = queries.get_ticket(ticket_id, user)
    attaching.drop(sending.throw_away(sending.get_sending(ticket, sending_id), by=user), by=user)
    flash("The answer is thrown away. It was never sent.", "good")
    return redirect(url_for(".show", ticket_id=ticket.id))


@blueprint.post("/<int:ticket_id>/unsent/due")
@access(Permission.ASK_FOR_HELP)
def send_due(ticket_id: int) -> ResponseReturnValue:
    """Send what is due on a ticket, and show it: the page asks when the time to take it back is over."""
    user = signed_in_user()
    ticket = queries.get_ticket(ticket_id, user)
    policies.check_is_team(ticket, by=user)
    sending.send_due(ticket)
    return ticket_page(ticket)


@blueprint.post("/<int:ticket_id>/draft")
@access(Permission.ASK_FOR_HELP)
def save_answer(ticket_id: int) -> ResponseReturnValue:
    """Keep what somebody is writing, while they write: it is sealed, and nobody else sees it."""
    user = signed_in_user()
    ticket = queries.get_ticket(ticket_id, user)
    policies.check_may_reply(ticket, by=user)
    kept = writing.keep_begun(ticket, MessageForm(), user)
    return render_template("tickets/draft_state.html", saved_at=clock.now() if kept else None)


@blueprint.post("/<int:ticket_id>/draft/discard")
@access(Permission.ASK_FOR_HELP)
def discard_answer(ticket_id: int) -> ResponseReturnValue:
    """Forget what somebody has begun to write."""
    user = signed_in_user()
    ticket = queries.get_ticket(ticket_id, user)
    drop_draft(Answer(ticket.id), by=user)
    return redirect(url_for(".show", ticket_id=ticket.id, _anchor="body"))


@blueprint.post("/<int:ticket_id>/here")
@access(Permission.ASK_FOR_HELP)
def here(ticket_id: int) -> ResponseReturnValue:
    """Note that a ticket is open on somebody's screen, and say who else has it open."""
    user = signed_in_user()
    ticket = queries.get_ticket(ticket_id, user)
    policies.check_is_team(ticket, by=user)
    presence.note_presence(ticket, writes="writes" in request.args, by=user)
    said = presence.in_words(presence.others_at(ticket, but=user))
    return render_template("tickets/others.html", said=said), STOP_POLLING if _too_long() else 200


def _too_long() -> bool:
    since = request.args.get("since", "")
    if not (since.isascii() and since.isdecimal() and len(since) < 12):
        return False
    return datetime.fromtimestamp(int(since), UTC) < clock.now() - presence.POLLS_FOR
