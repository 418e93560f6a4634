"""The demo's webhooks: one that gets through, with a call that did not, and one that is off.

They lead to names that no host has, so a demo calls nobody, and the one that is on hears of little.
"""

from datetime import timedelta

from sqlalchemy import select

from adminops import clock
from adminops.db import db
from adminops.demo.cast import Cast
from tickets.relations import TicketMerge
from tickets.webhooks.events import PING
from tickets.webhooks.models import TRIES, CallState, WebhookCall
from tickets.webhooks.operations import save_webhook, switch_webhook, try_webhook

GAP = timedelta(hours=7)
MERGED = "ticket.merged"


def show_webhooks(cast: Cast) -> None:
    """Save two webhooks, and fill the log of one as the calls of the last days would have."""
    maya = cast["maya"]
    with clock.frozen_at(cast.days_ago(20)):
        lake, _ = save_webhook(
            None,
            name="Data warehouse",
            address="https://hooks.warehouse.example/desk",
            events=[MERGED, "ticket.unmerged"],
            by=maya,
        )
        board, _ = save_webhook(
            None, name="Board of the CoC", address="https://board.coc.example/hooks", events=["ticket.filed"], by=maya
        )
        switch_webhook(board, on=False, by=maya)
        test = try_webhook(lake, by=maya)
        test.state, test.status, test.attempts, test.done_at = CallState.DONE, 200, 1, clock.now()
    merges = select(TicketMerge.source_id, TicketMerge.target_id).order_by(TicketMerge.id.desc()).limit(3)
    told = [(MERGED, {"ticket_id": one, "other_id": other}) for one, other in db.session.execute(merges)]
    for place, (event, ids) in enumerate([(PING, {}), *told, (PING, {}), (PING, {})]):
        at = cast.now - (8 - place) * GAP
        failed = place == len(told) + 1
        call = WebhookCall(
            webhook_id=lake.id,
            event=event,
            told=ids,
            state=CallState.GIVEN_UP if failed else CallState.DONE,
            attempts=TRIES if failed else 1,
            status=410 if failed else 204,
            problem="It was refused." if failed else "",
            made_at=at,
            next_try_at=at,
            done_at=at,
        )
        db.session.add(call)
    db.session.flush()
