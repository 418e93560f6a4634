"""Makers of raw mails: name only what the test is about."""

from collections.abc import Mapping

from sqlalchemy import select

from adminops.db import db
from adminops.identity.models import SYSTEM, User
from adminops.outbox.letters import message_id
from adminops.outbox.models import OutboxMessage
from adminops.settings import current_settings
from tickets.mail.models import IncomingMail
from tickets.mail.operations import receive, sort_mail
from tickets.models import Ticket


def raw_mail(
    sender: str = "ben@example.org",
    subject: str = "Report stops",
    text: str = "It ends in the middle.",
    *,
    headers: Mapping[str, str] | None = None,
    mail_id: str = "1@example.org",
) -> bytes:
    """Return a plain mail. A header that is None is left out."""
    lines = {
        "From": f"Ben Turner <{sender}>",
        "To": "adminops@example.org",
        "Subject": subject,
        "Message-ID": f"<{mail_id}>" if mail_id else "",
        "Content-Type": "text/plain; charset=utf-8",
        **(headers or {}),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value)
    return f"{head}\r\n{text}\r\n".encode()


def take_in(raw: bytes) -> IncomingMail:
    """Keep `raw` and read it, as the command and the job do."""
    mail = receive(raw, by=SYSTEM)
    sort_mail(mail, by=SYSTEM)
    return mail


def id_of_mail_about(ticket: Ticket, to: User) -> str:
    """Return the id (in angle brackets) of the first mail about `ticket` that goes to a person."""
    sent = select(OutboxMessage).where(OutboxMessage.recipient_id == to.id).order_by(OutboxMessage.id)
    message = next(row for row in db.session.scalars(sent) if row.arguments.get("ticket_id") == ticket.id)
    return message_id(message, current_settings())


def bounce(failed: str, *, status: str = "5.1.1") -> bytes:
    """Return a mail server's report about the mail of that id."""
    return (
        "From: Mail Delivery System <MAILER-DAEMON@mx.example.net>\r\nTo: adminops@example.org\r\n"
        f"Subject: Undelivered Mail\r\nMessage-ID: <b-{status}@mx.example.net>\r\nAuto-Submitted: auto-replied\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nNo such person.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.net\r\n\r\n"
        f"Action: failed\r\nStatus: {status}\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {failed}\r\nSubject: x\r\n--b--\r\n"
    ).encode()
