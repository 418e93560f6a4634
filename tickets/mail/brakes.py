"""When no mail goes to somebody: mails to their address came back, or too many have left about one ticket.

The second is what ends a loop that no sign gives away. The person reads the same in the app.
"""

from datetime import timedelta
from hashlib import sha256

from sqlalchemy import select

from adminops import clock
from adminops.db import db
from adminops.identity.models import User
from adminops.outbox.models import OutboxMessage
from tickets.mail.queries import is_stopped

BRAKES = (
    (timedelta(minutes=10), 10),
    (timedelta(minutes=30), 15),
    (timedelta(hours=1), 25),
    (timedelta(hours=3), 50),
    (timedelta(hours=10), 100),
)
"""At most so many mails about one ticket to one person within so long."""


def is_held_off(reader: User, ticket_id: int) -> bool:
    """Say whether `reader` gets no mail about that ticket now."""
    return has_bounced(reader) or _are_too_many(reader, ticket_id)


def has_bounced(reader: User) -> bool:
    """Say whether mails to the address of `reader` came back for good not long ago."""
    return is_stopped(reader, sha256(reader.email.strip().lower().encode()).hexdigest())


def _are_too_many(reader: User, ticket_id: int) -> bool:
    now = clock.now()
    recent = select(OutboxMessage.sent_at).where(
        OutboxMessage.ticket_id == ticket_id,
        OutboxMessage.recipient_id == reader.id,
        OutboxMessage.sent_at > now - BRAKES[-1][0],
    )
    sent = [at for at in db.session.scalars(recent) if at]
    return any(sum(at > now - within for at in sent) >= most for within, most in BRAKES)
