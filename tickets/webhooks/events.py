"""What webhooks tell: facts of tickets by the names that other programs know them by, and the body of a call."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adminops.facts import (
    Fact,
    TicketAssigned,
    TicketFact,
    TicketFiled,
    TicketMerged,
    TicketMoved,
    TicketNoted,
    TicketPrioritised,
    TicketReplied,
    TicketUnmerged,
)


@dataclass(frozen=True)
class Event:
    """Something that a webhook may be called for: its name outside, its title here, and what is told of the fact.

    What is told is listed, so that what a fact carries one day does not leave by itself.
    """

    name: str
    title: str
    tells: tuple[str, ...]


PING = "ping"
EVENTS: Mapping[type[Fact], Event] = {
    TicketFiled: Event("ticket.filed", "A request is filed", ("request_type",)),
    TicketReplied: Event("ticket.replied", "A reply is written", ("message_id",)),
    TicketNoted: Event("ticket.noted", "A team note is written", ("message_id",)),
    TicketAssigned: Event("ticket.assigned", "A ticket is assigned", ("assignee_id",)),
    TicketPrioritised: Event("ticket.prioritised", "A ticket has another priority", ("old", "new")),
    TicketMoved: Event(
        "ticket.moved", "A ticket changes its status", ("old", "new", "waiting_on", "because", "resolution")
    ),
    TicketMerged: Event("ticket.merged", "A ticket is merged", ("other_id",)),
    TicketUnmerged: Event("ticket.unmerged", "A merge of tickets is undone", ("other_id",)),
}
NAMES: Mapping[str, str] = {event.name: event.title for event in EVENTS.values()}
OF_TICKETS = ("ticket_id", "other_id")
"""What names a ticket in a call."""


def told_by(fact: TicketFact) -> dict[str, Any]:
    """Return what a call tells of `fact`: ids and codes."""
    own = {name: getattr(fact, name) for name in EVENTS[type(fact)].tells}
    return {"ticket_id": fact.ticket_id, "agency_id": fact.agency_id, **own}


def tickets_in(told: Mapping[str, Any]) -> list[int]:
    """Return the numbers of the tickets that a call tells of."""
    return [told[name] for name in OF_TICKETS if told.get(name)]


def body_of(number: int, event: str, told: Mapping[str, Any], at: datetime, base_url: str) -> bytes:
    """Return the body of a call, the same at each try."""
    body: dict[str, Any] = {"delivery": number, "event": event, "at": at.isoformat(timespec="seconds"), **told}
    if "ticket_id" in told:
        body["link"] = f"{base_url}/tickets/{told['ticket_id']}"
    return json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
