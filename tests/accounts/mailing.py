"""The mails of a test: delivered through the outbox into the development mailbox, and read there."""

import re

from sqlalchemy import select

from adminops.outbox.delivery import deliver_due
from adminops.outbox.models import MailboxMail
from tests.browsing import Desk


def mails_to(desk: Desk, address: str) -> list[MailboxMail]:
    """Deliver what waits and return the mails to `address`, the oldest first."""
    with desk.app.app_context():
        deliver_due()
    with desk.look() as session:
        chosen = select(MailboxMail).where(MailboxMail.recipient == address).order_by(MailboxMail.id)
        return list(session.scalars(chosen))


def link_in(mail: MailboxMail) -> str:
    """Return the path of the one-time link in a mail."""
    found = re.search(r"^(https?://[^/]+)(/reset/\S+)$", mail.text, re.MULTILINE)
    assert found, mail.text
    return found.group(2)
