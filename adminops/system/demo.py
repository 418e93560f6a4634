"""The demo's mails of the past have left; those of its last day are still to come to the mailbox."""

from datetime import timedelta

from sqlalchemy import select

from adminops.db import db
from adminops.demo.cast import Cast
from adminops.outbox.models import MessageState, OutboxMessage

FRESH = timedelta(days=1)
ON_THE_WAY = timedelta(seconds=20)


def settle_history(cast: Cast) -> None:
    """Mark what the scenes put into the outbox before the last day as sent at its time."""
    waiting = OutboxMessage.state == MessageState.PENDING
    old = select(OutboxMessage).where(waiting, OutboxMessage.created_at < cast.now - FRESH)
    for message in db.session.scalars(old):
        message.state, message.attempts = MessageState.SENT, 1
        message.sent_at = message.created_at + ON_THE_WAY
    db.session.flush()
