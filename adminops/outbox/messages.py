"""What a mail is, and how a verb asks for one.

A feature lists its mails in `Feature.mails`: a key and a function of ids that returns a `Mail` when it is sent, or
None when it should not be sent any more. Rows of the outbox hold ids only, so no client data, no ticket text and no
one-time token ever lies in them.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from adminops import clock
from adminops.db import after_commit, db, savepoint
from adminops.identity.models import User
from adminops.outbox.bell import WORK_WAITS
from adminops.outbox.models import OutboxMessage, ticket_of


@dataclass(frozen=True, kw_only=True)
class Mail:
    """A mail ready to be laid out: subject and a template `mail/<template>.txt` with its values.

    The layout adds greeting, link button and signature. `link` is a path below the base URL.
    """

    subject: str
    template: str
    values: dict[str, Any] = field(default_factory=dict)
    link: str | None = None
    link_label: str = "Open AdminOps"


def enqueue_mail(kind: str, *, to: User, after: datetime | None = None, **ids: int | str) -> OutboxMessage:
    """Ask for mail `kind` to user `to` about `ids`, not before `after`; asking again for the same changes nothing.

    Call it inside the verb: it is part of the transaction, and the mail leaves only if that is stored.
    """
    return _enqueue("mail", kind, to, after, ids)


def enqueue_errand(way: str, kind: str, *, about: User, **ids: int | str) -> OutboxMessage:
    """Ask the courier of `way` to see to something that concerns a user; asking again for the same changes nothing."""
    return _enqueue(way, kind, about, None, ids)


def _enqueue(way: str, kind: str, to: User, after: datetime | None, ids: dict[str, int | str]) -> OutboxMessage:
    about = ":".join(f"{name}={value}" for name, value in sorted(ids.items()))
    key = f"{kind}:user={to.id}:{about}"
    asked_before = select(OutboxMessage).where(OutboxMessage.key == key)
    found = db.session.scalar(asked_before)
    if found is not None:
        return found
    message = OutboxMessage(key=key, way=way, kind=kind, arguments=dict(ids), recipient_id=to.id)
    message.ticket_id, message.next_try_at = ticket_of(ids) or None, after or clock.now()
    try:
        with savepoint():
            db.session.add(message)
            db.session.flush()
    except IntegrityError:  # somebody asked for the same at this very moment
        return db.session.scalars(asked_before).one()
    after_commit(WORK_WAITS.ring)
    return message
