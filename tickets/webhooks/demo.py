"""The demo's webhooks: one that gets through, with a call that did not, and one that is off.

They lead to names that no host has, so a demo calls nobody, and the one that is on hears of little.
"""

from datetime import timedelta

from sqlalchemy import select

from adminops import clock
from adminops.db import db
from adminops.demo.cast import Cast
from tickets.models import Ticket
from tickets.webhooks.models import TRIES, CallState, WebhookCall
from tickets.webhooks.operations import save_webhook, switch_webhook, try_webhook

GAP = timedelta(hours=7)


def show_webhooks(cast: Cast) -> None:
    """Save two webhooks, and fill the log of one as the calls of the last days would have."""
    maya = cast["maya"]
    with clock.frozen_at(cast.days_ago(20)):
        lake, _ = save_webhook(
            None,
            name="Data warehouse",
            address="https://hooks.warehouse.example/desk",
            events=["ticket.merged"],
            by=maya,
        )
        board, _ = save_webhook(
            None, name="Board of the CoC", address="https://board.coc.example/hooks", events=["ticket.filed"], by=maya
        )
        switch_webhook(board, on=False, by=maya)
        test = try_webhook(lake, by=maya)
        test.state, test.status, test.attempts, test.done_at = CallState.DONE, 200, 1, clock.now()
    newest = select(Ticket.id, Ticket.agency_id).where(Ticket.is_private.is_(False)).order_by(Ticket.id.desc()).limit(8)
    for place, (ticket_id, agency_id) in enumerate(reversed(db.session.execute(newest).all())):
        at = cast.now - (8 - place) * GAP
        failed = place == 3
        call = WebhookCall(
            webhook_id=lake.id,
            event="ticket.filed",
            told={"ticket_id": ticket_id, "agency_id": agency_id},
            state=CallState.GIVEN_UP if failed else CallState.DONE,
            attempts=TRIES if failed else 2 if place == 5 else 1,
            status=410 if failed else 204,
            problem="It was refused." if failed else "",
            made_at=at,
            next_try_at=at,
            done_at=at,
        )
        db.session.add(call)
    db.session.flush()
