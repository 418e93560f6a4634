"""What a mail is, and how a verb asks for one.

A feature lists its mails in `Feature.mails`: a key and a function of ids that returns a `Mail` when it is sent, or
None when it should not be sent any more. Rows of the outbox hold ids only, so no client data, no ticket text and no
one-time token ever lies in them.
"""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from adminops.db import db
from adminops.identity.models import User
from adminops.outbox.models import OutboxMessage


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


def enqueue_mail(kind: str, *, to: User, **ids: int | str) -> OutboxMessage:
    """Ask for mail `kind` to user `to` about `ids`; asking again for the same changes nothing.

    Call it inside the verb: it is part of the transaction, and the mail leaves only if that is stored.
    """
    about = ":".join(f"{name}={value}" for name, value in sorted(ids.items()))
    key = f"{kind}:user={to.id}:{about}"
    found = db.session.scalar(select(OutboxMessage).where(OutboxMessage.key == key))
    if found is None:
        found = OutboxMessage(key=key, kind=kind, arguments=dict(ids), recipient_id=to.id)
        db.session.add(found)
        db.session.flush()
    return found
