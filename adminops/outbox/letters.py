"""From a `Mail` to what travels: subject, text, a plain HTML alternative, and a Message-ID that never changes."""

import hashlib
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from flask import current_app

from adminops import clock
from adminops.identity.models import User
from adminops.outbox.messages import Mail
from adminops.outbox.models import OutboxMessage
from adminops.outbox.signed_ids import Marked, mark_of, ticket_of
from adminops.settings import Settings


class NoAddress(Exception):
    """The person has no address that a mail could go to."""


@dataclass(frozen=True)
class Letter:
    """A mail laid out. `recipient` is the bare address, `message_id` stands in angle brackets."""

    sender: str
    recipient: str
    subject: str
    text: str
    html: str
    message_id: str
    product_name: str
    thread_id: str = ""
    """Stands for all mails about one ticket, so that a mail program shows them as one conversation."""
    reply_to: str = ""

    def as_bytes(self) -> bytes:
        """Return the message as it goes over the line: plain ASCII, lines end with CR LF."""
        message = EmailMessage(policy=SMTP)
        message["From"] = Address(self.product_name, addr_spec=self.sender)
        message["To"] = Address(addr_spec=self.recipient)
        message["Subject"] = self.subject
        message["Date"] = format_datetime(clock.now())
        message["Message-ID"] = self.message_id
        if self.thread_id:
            message["References"] = message["In-Reply-To"] = self.thread_id
        if self.reply_to:
            message["Reply-To"] = Address(self.product_name, addr_spec=self.reply_to)
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
        message["X-AdminOps-Loop"] = self.sender  # who sends it back to us is not answered
        message.set_content(self.text, cte="quoted-printable")
        message.add_alternative(self.html, subtype="html", cte="quoted-printable")
        return message.as_bytes()


def compose(mail: Mail, message: OutboxMessage, *, to: User, settings: Settings) -> Letter:
    """Return `mail` laid out for `to`.

    The text is `mail/<template>.txt` with the mail's values and `product_name`, `team_name`, `team_phone`; the
    layout adds greeting, link and signature. Raises `NoAddress`; whatever the template raises passes through.
    """
    values: dict[str, Any] = {
        "product_name": settings.product_name,
        "team_name": settings.team_name,
        "team_phone": settings.team_phone,
    }
    body = _template(f"mail/{mail.template}.txt").render({**values, **mail.values}).strip()
    frame = {
        **values,
        "name": to.name,
        "paragraphs": [paragraph.strip().splitlines() for paragraph in body.split("\n\n") if paragraph.strip()],
        "subject": mail.subject,
        "link": settings.base_url + mail.link if mail.link else None,
        "link_label": mail.link_label,
    }
    return Letter(
        sender=settings.mail_from,
        recipient=_address_of(to),
        subject=" ".join(mail.subject.split()),  # a line break would start a header of its own
        text=_template("mail/layout.txt").render(frame),
        html=_template("mail/layout.html").render(frame),
        message_id=message_id(message, settings),
        product_name=settings.product_name,
        thread_id=thread_id(message, settings),
        reply_to=settings.mail_reply_to,
    )


def message_id(message: OutboxMessage, settings: Settings) -> str:
    """Return the Message-ID of a row: the same at every try, so that a mail that came twice is known as one."""
    return mark_of(message).signed(_domain(settings))


def thread_id(message: OutboxMessage, settings: Settings) -> str:
    """Return the id that all mails about the ticket of a row name; empty when it is about none."""
    ticket_id = ticket_of(message)
    return Marked(0, ticket_id, 0).signed(_domain(settings)) if ticket_id else ""


def earlier_message_id(message: OutboxMessage) -> str:
    """Return the part before the @ of the id that mails had before ids were signed: answers to these still come."""
    told_apart = f"{message.id}|{message.key}|{message.created_at.isoformat()}"
    return f"{hashlib.sha256(told_apart.encode()).hexdigest()[:32]}.{message.id}"


def _domain(settings: Settings) -> str:
    return settings.mail_from.rpartition("@")[2]


def _template(name: str) -> Any:
    return current_app.jinja_env.get_template(name)


def _address_of(user: User) -> str:
    try:
        address = Address(addr_spec=user.email.strip())
        address.addr_spec.encode("ascii")
    except (ValueError, IndexError, HeaderParseError):  # IndexError: the parser's way of saying "empty"
        raise NoAddress from None
    if not address.username or not address.domain:
        raise NoAddress
    return address.addr_spec
