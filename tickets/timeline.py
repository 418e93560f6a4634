"""What a ticket's page tells: messages and the lines between them, in the order in which they happened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import aliased

from adminops.db import db
from adminops.identity.models import SYSTEM, Agency, User
from adminops.refs import Ref
from tickets.models import Ticket, TicketEntry, TicketMessage, Voice

Person = aliased(User)


@dataclass(frozen=True, slots=True)
class Message:
    """Something written. `role` is the author's title and, outside the team, the agency."""

    at: datetime
    id: int
    voice: Voice
    author_id: int
    author: str
    role: str
    body: str
    of: int = 0
    """Number of the ticket that it was written on, where that was merged into this one; else 0."""


@dataclass(frozen=True, slots=True)
class Line:
    """Something that happened: "<actor> <before> <person or thing> <after>"."""

    at: datetime
    id: int
    actor: str
    before: str
    person: str | None
    thing: Ref | None
    after: str


def timeline(ticket: Ticket, *, team: bool, sources: Sequence[int] = ()) -> list[Message | Line]:
    """Return messages and lines of `ticket`, the oldest first; notes and inner matters only for the team.

    `sources` are the numbers of the tickets that were merged into it: theirs stand between.
    """
    told: list[Message | Line] = [*_messages(ticket, team, sources), *_lines(ticket, team, sources)]
    return sorted(told, key=lambda item: (item.at, isinstance(item, Line), item.id))


def _messages(ticket: Ticket, team: bool, sources: Sequence[int]) -> list[Message]:
    chosen = (
        select(
            TicketMessage.written_at,
            TicketMessage.id,
            TicketMessage.voice,
            TicketMessage.author_id,
            User.name,
            User.title,
            Agency.name,
            TicketMessage.body,
            TicketMessage.ticket_id,
        )
        .join(User, User.id == TicketMessage.author_id)
        .outerjoin(Agency, Agency.id == User.agency_id)
        .where(TicketMessage.ticket_id.in_([ticket.id, *sources]))
    )
    if not team:
        chosen = chosen.where(TicketMessage.voice != Voice.NOTE)
    return [
        Message(at, id_, voice, author_id, author, _role(title, agency), body, of if of != ticket.id else 0)
        for at, id_, voice, author_id, author, title, agency, body, of in db.session.execute(chosen)
    ]


def _role(title: str, agency: str | None) -> str:
    return ", ".join(filter(None, (title, agency)))


def _lines(ticket: Ticket, team: bool, sources: Sequence[int]) -> list[Line]:
    chosen = (
        select(TicketEntry, User.name, Person.name)
        .outerjoin(User, User.id == TicketEntry.actor_id)
        .outerjoin(Person, Person.id == TicketEntry.person_id)
        .where(TicketEntry.ticket_id.in_([ticket.id, *sources]))
    )
    if not team:
        chosen = chosen.where(TicketEntry.for_team.is_(False))
    return [_line(entry, actor, named) for entry, actor, named in db.session.execute(chosen)]


def _line(entry: TicketEntry, actor: str | None, person: str | None) -> Line:
    before, named, after = entry.sentence.partition("{}")
    whom, what = (person, entry.thing) if named else (None, None)
    return Line(entry.at, entry.id, actor or SYSTEM.name, before, whom, what, after)
