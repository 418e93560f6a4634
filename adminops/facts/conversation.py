"""Facts about who takes part in the conversation on a ticket, and what becomes of it."""

from dataclasses import dataclass
from typing import ClassVar

from adminops.facts.desk import TicketFact


@dataclass(frozen=True, kw_only=True)
class ParticipantFact(TicketFact):
    """Something about a person who takes part in a ticket."""

    user_id: int


@dataclass(frozen=True, kw_only=True)
class ParticipantAdded(ParticipantFact):
    """A person sees a ticket from now on and may answer; `why` is "added", "filed", "mentioned", …"""

    says: ClassVar[str] = "added user {user_id} to ticket {ticket_id}"
    why: str


@dataclass(frozen=True, kw_only=True)
class ParticipantRemoved(ParticipantFact):
    """A person no longer takes part in a ticket."""

    says: ClassVar[str] = "took user {user_id} off ticket {ticket_id}"


@dataclass(frozen=True, kw_only=True)
class TicketMadePrivate(TicketFact):
    """Only who is named on a ticket, and security officers, see it from now on."""

    says: ClassVar[str] = "made ticket {ticket_id} private"


@dataclass(frozen=True, kw_only=True)
class TicketOpenedUp(TicketFact):
    """A private ticket is seen by everybody again who sees others of its agency."""

    says: ClassVar[str] = "made ticket {ticket_id} no longer private"
