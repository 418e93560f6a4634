"""What a mail is, and how a verb asks for one.

A feature lists its mails in `Feature.mails`: a key and a function of ids that returns a `Mail` when it is sent, or
None when it should not be sent any more. Rows of the outbox hold ids only, so no client data, no ticket text and no
one-time token ever lies in them.
"""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from adminops import clock
from adminops.db import after_commit, db
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
    db.session.flush()
    message = db.session.scalar(
        _asking(db.engine.dialect.name),
        {
            "key": key,
            "way": way,
            "kind": kind,
            "arguments": dict(ids),
            "recipient_id": to.id,
            "ticket_id": ticket_of(ids) or None,
            "next_try_at": after or clock.now(),
        },
    )
    if message is None:  # somebody asked for the same before, or at this very moment
        return db.session.scalars(select(OutboxMessage).where(OutboxMessage.key == key)).one()
    after_commit(WORK_WAITS.ring)
    return message


@cache
def _asking(dialect: str) -> ReturningInsert[OutboxMessage]:
    """Return the statement that stores a message unless there is one of its key, and gives it back."""
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(OutboxMessage).on_conflict_do_nothing(index_elements=["key"]).returning(OutboxMessage)
