"""The ids of outgoing mails: each says which message it is, about which ticket and to whom, under a seal.

An answer names the id of what it answers, so a sealed id shows where it belongs without a look at any table, and that
its writer (or who passed the mail on) had a mail of ours. The keys are those of the ring's indexes: ids that were
sealed under an older one are still known.
"""

import hmac
import re
from dataclasses import dataclass

from adminops.hmis import sealing
from adminops.outbox import models
from adminops.outbox.models import OutboxMessage

PURPOSE = "mail|message-id"
SHAPE = re.compile(r"^a(\d{1,12})\.t(\d{1,12})\.u(\d{1,12})\.([0-9a-f]{40})@")


@dataclass(frozen=True)
class Marked:
    """What a signed id says; zero where it says nothing. One without `message_id` stands for all mails of a ticket."""

    message_id: int
    ticket_id: int
    user_id: int

    @property
    def _said(self) -> str:
        return f"a{self.message_id}.t{self.ticket_id}.u{self.user_id}"

    def signed(self, domain: str) -> str:
        """Return the id, in angle brackets."""
        return f"<{self._said}.{_seal(self._said)}@{domain}>"

    @classmethod
    def read(cls, mail_id: str) -> "Marked | None":
        """Return what an id (without brackets) says; None unless this desk signed it."""
        found = SHAPE.match(mail_id)
        if found is None:
            return None
        marked = cls(int(found[1]), int(found[2]), int(found[3]))
        if f"{marked._said}.{found[4]}@" != found[0]:
            return None
        seals = (seal.hex()[:40] for seal in sealing.key_ring().blind_indexes(marked._said, purpose=PURPOSE))
        return marked if any(hmac.compare_digest(seal, found[4]) for seal in seals) else None


def mark_of(message: OutboxMessage) -> Marked:
    """Return what the id of a message says."""
    return Marked(message.id, ticket_of(message), message.recipient_id)


def ticket_of(message: OutboxMessage) -> int:
    """Return the number of the ticket that a message is about; zero for none."""
    return models.ticket_of(message.arguments)


def _seal(said: str) -> str:
    return sealing.key_ring().blind_index(said, purpose=PURPOSE).hex()[:40]
