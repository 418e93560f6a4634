"""The demo's conversations as a desk has them: texts to answer with, merges, parts, participants, an incident."""

import io
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta

from sqlalchemy import select

from adminops import clock
from adminops.db import db
from adminops.demo.cast import Cast
from adminops.errors import DomainError
from adminops.feature import RequestType
from tickets import canned, merging, operations, sharing
from tickets.attaching import Upload, attach
from tickets.models import Ticket, TicketState
from tickets.relations import Kind
from tickets.sending import Words, plan_reply

CANNED: Sequence[tuple[str, str, tuple[str, ...]]] = (
    (
        "Ask which report",
        (
            "Hi {first name}, which report is it, for which program, and with which dates? The name at the"
            " top of the page"
            " is enough.\n\n{my first name}"
        ),
        ("wrong_number", "pull_report"),
    ),
    (
        "Client ID instead of a name",
        (
            "Hi {first name}, please send the client ID instead: it stands at the top of the client's page."
            " We never need"
            " a name or a birth date here.\n\n{my first name}"
        ),
        (),
    ),
    (
        "Unlocked",
        (
            "Hi {first name}, your account is unlocked. Sign in as always; if it asks for a new password, three or four"
            " unrelated words work best.\n\n{my first name}"
        ),
        ("locked_out",),
    ),
    (
        "With the vendor",
        (
            "Hi {first name}, this is a fault of the software. We have reported it to the vendor and will tell you when"
            " there is a date. Nothing is needed from you for {number}.\n\n{my first name}"
        ),
        (),
    ),
)
FEWEST = 8
"""Open tickets below which a demo is too small to have conversations of every kind."""
INCIDENT_TEXT = (
    "A printout with a list of client IDs lay in the copy room overnight. I have locked it away. Two visitors were in"
    " the building."
)
COUNTS = b"Month,Beds,Nights\nMay,24,702\nJune,24,688\n"


def converse(cast: Cast, incident: RequestType | None) -> None:
    """Fill in what people do with tickets beside filing and answering them."""
    with clock.frozen_at(cast.now - timedelta(minutes=40)):
        for title, body, kinds in CANNED:
            canned.save_reply(title=title, body=body, request_types=kinds, shared=True, by=cast["maya"])
        chosen = select(Ticket).where(Ticket.state.in_((TicketState.NEW, TicketState.OPEN))).order_by(Ticket.id.desc())
        steps: tuple[Callable[[Cast, list[Ticket]], None], ...] = (_merge, _relate, _talk)
        if len(list(db.session.scalars(chosen))) < FEWEST:
            return
        for step in steps:
            with suppress(DomainError):  # a demo of another seed lacks what this one needs
                step(cast, list(db.session.scalars(chosen)))
        if incident is not None:
            _report(cast, incident)


def _merge(cast: Cast, tickets: list[Ticket]) -> None:
    """Merge two requests of one agency about the same."""
    newest: dict[tuple[int | None, str], Ticket] = {}
    for ticket in tickets:
        key = (ticket.agency_id, ticket.request_type)
        if ticket.agency_id is not None and key in newest:
            merging.merge(newest[key], into=ticket, by=cast["grace"])
            return
        newest[key] = ticket


def _relate(cast: Cast, tickets: list[Ticket]) -> None:
    """Let two open tickets be parts of a third."""
    whole, *parts = tickets[:3]
    for part in parts:
        merging.relate(part, whole, Kind.CHILD_OF, by=cast["grace"])


def _talk(cast: Cast, tickets: list[Ticket]) -> None:
    """Let a colleague take part in a conversation, with a file, a mention and an answer for tomorrow."""
    pairs = ((each, user) for each in tickets for user in cast.staff.get(each.agency_id or 0, ()))
    found = next(((each, user) for each, user in pairs if user.id != each.requester_id), None)
    if found is None:
        return
    ticket, colleague = found
    sharing.add_participant(ticket, colleague, by=cast["grace"])
    asked = operations.reply(ticket, body="Here is what I see on my side.", by=ticket.requester)
    attach(asked, [Upload("bed-nights.csv", io.BytesIO(COUNTS))], kind=None, by=ticket.requester)
    operations.write_note(ticket, body="@tomas you had one like this in spring. Can you look?", by=cast["grace"])
    words = Words(body="Good morning. The new numbers are in; please look once more.")
    plan_reply(ticket, words, at=cast.now + timedelta(hours=18), by=cast["maya"])


def _report(cast: Cast, incident: RequestType) -> None:
    """File an incident: only who reported it and security officers see it."""
    with suppress(DomainError):
        operations.file_ticket(
            kind=incident,
            subject="A list was left in the copy room",
            body=INCIDENT_TEXT,
            by=cast.lead_of(cast.agencies[0]),
        )
