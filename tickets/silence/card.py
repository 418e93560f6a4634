"""The card of a ticket that waits on its requester: what was tried, and when it closes by itself."""

from flask import render_template
from markupsafe import Markup

from adminops.db import db
from adminops.identity.models import User
from adminops.refs import Ref
from tickets import policies
from tickets.models import Ticket, WaitingOn
from tickets.silence.forms import AttemptForm
from tickets.silence.policies import silence_ends
from tickets.silence.queries import attempts_on
from tickets.silence.rules import ATTEMPTS, BUSINESS_DAYS


def silence_card(ref: Ref, viewer: User) -> Markup | None:
    """Return the card for the team; None for a ticket that waits on nobody's answer."""
    ticket = db.session.get(Ticket, ref.number)
    if ticket is None or ticket.waiting_on is not WaitingOn.USER or not policies.is_team(viewer, ticket):
        return None
    attempts = attempts_on(ticket.id)
    page = render_template(
        "tickets/silence_card.html",
        ticket=ticket,
        attempts=attempts,
        ends=silence_ends(attempts),
        needed=ATTEMPTS,
        days=BUSINESS_DAYS,
        form=AttemptForm(formdata=None),
    )
    return Markup(page)  # noqa: S704 - a template
