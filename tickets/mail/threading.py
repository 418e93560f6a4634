"""Where a mail belongs: to which ticket, and how sure that is."""

import re
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import select

from adminops.db import db
from adminops.identity.models import User
from adminops.outbox.letters import earlier_message_id
from adminops.outbox.models import OutboxMessage
from adminops.outbox.signed_ids import Marked, ticket_of
from tickets import policies
from tickets.mail.models import IncomingMail
from tickets.mail.reading import Incoming
from tickets.models import Ticket

TOKEN = re.compile(r"\b(?:request|ticket)\s+#(\d{1,9})\b|\[#(\d{1,9})\]", re.IGNORECASE)
EARLIER = re.compile(r"^[0-9a-f]{32}\.(\d{1,12})@")


@dataclass(frozen=True)
class Thread:
    """The ticket that a mail belongs to. `is_own_mail`: it answers a mail that went to its sender."""

    ticket: Ticket
    is_own_mail: bool


def find_thread(mail: Incoming, sender: User | None) -> Thread | None:
    """Return where `mail` belongs: by signed ids, then by ids of mails that were seen, then by a number in the subject.

    The number counts only for who takes part in that ticket: anybody can write one.
    """
    return _by_signed_id(mail, sender) or _by_known_id(mail, sender) or _by_number(mail, sender)


def is_ours(mail_id: str) -> bool:
    """Say whether this desk wrote the mail of that id."""
    return Marked.read(mail_id) is not None or _sent_earlier(mail_id) is not None


def sent_as(mail_id: str) -> OutboxMessage | None:
    """Return the message that left under that id."""
    marked = Marked.read(mail_id)
    if marked is not None:
        return db.session.get(OutboxMessage, marked.message_id) if marked.message_id else None
    return _sent_earlier(mail_id)


def _by_signed_id(mail: Incoming, sender: User | None) -> Thread | None:
    marks = [marked for named in mail.named if (marked := Marked.read(named)) and marked.ticket_id]
    own = [marked for marked in marks if sender is not None and marked.user_id == sender.id]
    for marked in (*own, *marks):
        if (ticket := db.session.get(Ticket, marked.ticket_id)) is not None:
            return Thread(ticket, marked in own)
    return None


def _by_known_id(mail: Incoming, sender: User | None) -> Thread | None:
    for named in mail.named:
        if (sent := _sent_earlier(named)) and (ticket := db.session.get(Ticket, ticket_of(sent))):
            return Thread(ticket, sender is not None and sent.recipient_id == sender.id)
    keys = [sha256(f"id|{named}".encode()).hexdigest() for named in mail.named]
    seen = select(IncomingMail.fingerprint, IncomingMail.ticket_id).where(
        IncomingMail.fingerprint.in_(keys), IncomingMail.ticket_id.is_not(None)
    )
    tickets = {fingerprint: ticket_id for fingerprint, ticket_id in db.session.execute(seen)} if keys else {}  # noqa: C416
    nearest = next((tickets[key] for key in keys if key in tickets), None)
    return Thread(db.session.get_one(Ticket, nearest), is_own_mail=False) if nearest else None


def _by_number(mail: Incoming, sender: User | None) -> Thread | None:
    found = TOKEN.search(mail.subject)
    ticket = db.session.get(Ticket, int(found[1] or found[2])) if found else None
    if ticket is None or sender is None or policies.is_team(sender, ticket):
        return None
    takes_part = policies.is_own(sender, ticket) or policies.may_reply(ticket, by=sender)
    return Thread(ticket, is_own_mail=False) if takes_part else None


def _sent_earlier(mail_id: str) -> OutboxMessage | None:
    found = EARLIER.match(mail_id)
    sent = db.session.get(OutboxMessage, int(found[1])) if found else None
    return sent if sent is not None and mail_id.startswith(f"{earlier_message_id(sent)}@") else None
