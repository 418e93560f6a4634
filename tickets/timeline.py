"""What a ticket's page tells: messages and the lines between them, in the order in which they happened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Executable, Select, func, select, tuple_, union_all
from sqlalchemy.orm import aliased

from adminops.db import db
from adminops.identity.models import SYSTEM, Agency, User
from adminops.refs import Ref
from tickets.models import Ticket, TicketEntry, TicketMessage, Voice

Person = aliased(User)
NEWEST = 100
"""So many messages a page shows at first, beside the first one."""

Place = tuple[datetime, bool, int]
"""Where something stands on a timeline: its time, whether it is a line (these follow messages), its number."""


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


@dataclass(frozen=True, slots=True)
class Story:
    """What a page shows of it: all, or the first message and the latest ones with what happened from `since` on."""

    told: Sequence[Message | Line]
    since: datetime | None = None

    @property
    def shown_from(self) -> int:
        """The number of the oldest of the latest messages; 0 where nothing is left out."""
        return next((item.id for item in self.told[1:] if isinstance(item, Message)), 0) if self.since else 0


def timeline(
    ticket: Ticket, *, team: bool, sources: Sequence[int] = (), after: Place | None = None, limit: int | None = None
) -> list[Message | Line]:
    """Return messages and lines of `ticket`, the oldest first; notes and inner matters only for the team.

    `sources` are the numbers of the tickets that were merged into it: theirs stand between. With `after` it begins
    behind that place, with `limit` it ends after so many.
    """
    messages, lines = _messages(ticket, team, sources), _chosen_lines(ticket, team, sources)
    if after is not None:
        at, is_line, id_ = after
        message = (TicketMessage.written_at, TicketMessage.id)
        messages = messages.where(message[0] > at if is_line else tuple_(*message) > tuple_(at, id_))
        line = (TicketEntry.at, TicketEntry.id)
        lines = lines.where(tuple_(*line) > tuple_(at, id_) if is_line else line[0] >= at)
    messages = messages.order_by(TicketMessage.written_at, TicketMessage.id).limit(limit)
    lines = lines.order_by(TicketEntry.at, TicketEntry.id).limit(limit)
    return _in_order(_read(messages, ticket), _read_lines(lines))[:limit]


def place_of(item: Message | Line) -> Place:
    """Return where on the timeline it stands."""
    return item.at, isinstance(item, Line), item.id


def story(ticket: Ticket, *, team: bool, sources: Sequence[int], newest: int = NEWEST) -> Story:
    """Return what `timeline` does, without what lies between the first message and the `newest` ones."""
    chosen = _messages(ticket, team, sources)
    at, id_ = TicketMessage.written_at, TicketMessage.id
    ends = (chosen.order_by(at, id_).limit(1), chosen.order_by(at.desc(), id_.desc()).limit(newest + 2))
    read = _read(union_all(*(select(end.subquery()) for end in ends)), ticket)
    first, found = read[:1], read[1:]
    if len(found) < newest + 2:
        return Story(_in_order(found, _lines(ticket, team, sources)))
    latest = found[:newest]
    since = min(message.at for message in latest)
    return Story(_in_order([*first, *latest], _lines(ticket, team, sources, since)), since)


def how_many_since(message_id: int, ticket: Ticket, sources: Sequence[int]) -> int:
    """Return how many messages of `ticket` were written since one of them; 0 when it has no such message."""
    inside = TicketMessage.ticket_id.in_([ticket.id, *sources])
    then = select(TicketMessage.written_at).where(TicketMessage.id == message_id, inside).scalar_subquery()
    return db.session.scalar(select(func.count()).where(inside, TicketMessage.written_at >= then)) or 0


def _in_order(messages: Sequence[Message], lines: Sequence[Line]) -> list[Message | Line]:
    return sorted([*messages, *lines], key=place_of)


def _messages(ticket: Ticket, team: bool, sources: Sequence[int]) -> Select[*tuple[Any, ...]]:
    chosen: Select[*tuple[Any, ...]] = (
        select(
            TicketMessage.written_at,
            TicketMessage.id,
            TicketMessage.voice,
            TicketMessage.author_id,
            User.name,
            User.title,
            Agency.name.label("of_agency"),
            TicketMessage.body,
            TicketMessage.ticket_id,
        )
        .join(User, User.id == TicketMessage.author_id)
        .outerjoin(Agency, Agency.id == User.agency_id)
        .where(TicketMessage.ticket_id.in_([ticket.id, *sources]))
    )
    return chosen if team else chosen.where(TicketMessage.voice != Voice.NOTE)


def _read(chosen: Executable, ticket: Ticket) -> list[Message]:
    return [
        Message(at, id_, voice, author_id, author, _role(title, agency), body, of if of != ticket.id else 0)
        for at, id_, voice, author_id, author, title, agency, body, of in db.session.execute(chosen)
    ]


def _role(title: str, agency: str | None) -> str:
    return ", ".join(filter(None, (title, agency)))


def _chosen_lines(ticket: Ticket, team: bool, sources: Sequence[int]) -> Select[*tuple[Any, ...]]:
    chosen: Select[*tuple[Any, ...]] = (
        select(TicketEntry, User.name, Person.name)
        .outerjoin(User, User.id == TicketEntry.actor_id)
        .outerjoin(Person, Person.id == TicketEntry.person_id)
        .where(TicketEntry.ticket_id.in_([ticket.id, *sources]))
    )
    return chosen if team else chosen.where(TicketEntry.for_team.is_(False))


def _lines(ticket: Ticket, team: bool, sources: Sequence[int], since: datetime | None = None) -> list[Line]:
    chosen = _chosen_lines(ticket, team, sources)
    return _read_lines(chosen if since is None else chosen.where(TicketEntry.at >= since))


def _read_lines(chosen: Executable) -> list[Line]:
    return [_line(entry, actor, named) for entry, actor, named in db.session.execute(chosen)]


def _line(entry: TicketEntry, actor: str | None, person: str | None) -> Line:
    before, named, after = entry.sentence.partition("{}")
    whom, what = (person, entry.thing) if named else (None, None)
    return Line(entry.at, entry.id, actor or SYSTEM.name, before, whom, what, after)
