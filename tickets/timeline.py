"""What a ticket's page tells: messages and the lines between them, in the order in which they happened."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Executable, Integer, Select, bindparam, func, select, tuple_, union_all
from sqlalchemy.orm import aliased

from adminops.db import Moment, db
from adminops.identity.models import SYSTEM, Agency, User
from adminops.refs import Ref
from tickets.models import Ticket, TicketEntry, TicketMessage, Voice

Person = aliased(User)
_NUMBERS = bindparam("tickets", type_=Integer(), expanding=True)
_FURTHER = re.compile(r"\{(\w+):(\w+)\}")
"""A further thing in a sentence, behind the first one: {client:51907}."""
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
    """Something that happened: "<actor> <before> <person or thing> <after>", then further things with words after."""

    at: datetime
    id: int
    actor: str
    before: str
    person: str | None
    thing: Ref | None
    after: str
    more: Sequence[tuple[Ref, str]] = ()

    @property
    def things(self) -> list[Ref]:
        """All that it names."""
        return [*([self.thing] if self.thing else []), *(thing for thing, _ in self.more)]


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
    messages, lines = _messages(team), _entries(team, latest=False)
    message, line = (TicketMessage.written_at, TicketMessage.id), (TicketEntry.at, TicketEntry.id)
    if after is not None:
        at, is_line, id_ = after
        messages = messages.where(message[0] > at if is_line else tuple_(*message) > tuple_(at, id_))
        lines = lines.where(tuple_(*line) > tuple_(at, id_) if is_line else line[0] >= at)
    told = _read(messages.order_by(*message).limit(limit), ticket, sources)
    return _in_order(told, _read_lines(lines.order_by(*line).limit(limit), ticket, sources))[:limit]


def place_of(item: Message | Line) -> Place:
    """Return where on the timeline it stands."""
    return item.at, isinstance(item, Line), item.id


def story(ticket: Ticket, *, team: bool, sources: Sequence[int], newest: int = NEWEST) -> Story:
    """Return what `timeline` does, without what lies between the first message and the `newest` ones."""
    read = _read(_ends(team), ticket, sources, most=newest + 2)
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


# The statements are put together once: that takes several times longer than running one.


@cache
def _messages(team: bool) -> Select[*tuple[Any, ...]]:
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
        .where(TicketMessage.ticket_id.in_(_NUMBERS))
    )
    return chosen if team else chosen.where(TicketMessage.voice != Voice.NOTE)


@cache
def _ends(team: bool) -> Executable:
    """Return the first message and the latest ones."""
    at, id_ = TicketMessage.written_at, TicketMessage.id
    first = _messages(team).order_by(at, id_).limit(1)
    latest = _messages(team).order_by(at.desc(), id_.desc()).limit(bindparam("most", type_=Integer()))
    return union_all(*(select(end.subquery()) for end in (first, latest)))


def _read(chosen: Executable, ticket: Ticket, sources: Sequence[int], **numbers: int) -> list[Message]:
    rows = db.session.execute(chosen, {"tickets": [ticket.id, *sources], **numbers})
    return [
        Message(at, id_, voice, author_id, author, _role(title, agency), body, of if of != ticket.id else 0)
        for at, id_, voice, author_id, author, title, agency, body, of in rows
    ]


def _role(title: str, agency: str | None) -> str:
    return ", ".join(filter(None, (title, agency)))


def _lines(ticket: Ticket, team: bool, sources: Sequence[int], since: datetime | None = None) -> list[Line]:
    latest = {"since": since} if since else {}
    return _read_lines(_entries(team, latest=bool(latest)), ticket, sources, **latest)


def _read_lines(chosen: Executable, ticket: Ticket, sources: Sequence[int], **moments: datetime) -> list[Line]:
    rows = db.session.execute(chosen, {"tickets": [ticket.id, *sources], **moments})
    return [_line(*row) for row in rows]


@cache
def _entries(team: bool, *, latest: bool) -> Select[*tuple[Any, ...]]:
    entry = TicketEntry
    chosen: Select[*tuple[Any, ...]] = (
        select(entry.at, entry.id, entry.sentence, entry.thing_kind, entry.thing_id, User.name, Person.name)
        .outerjoin(User, User.id == entry.actor_id)
        .outerjoin(Person, Person.id == entry.person_id)
        .where(entry.ticket_id.in_(_NUMBERS))
    )
    if not team:
        chosen = chosen.where(entry.for_team.is_(False))
    return chosen.where(entry.at >= bindparam("since", type_=Moment())) if latest else chosen


def _line(
    at: datetime, id_: int, sentence: str, kind: str | None, thing: str | None, actor: str | None, person: str | None
) -> Line:
    before, named, after = sentence.partition("{}")
    whom, what = (person, Ref(kind, thing) if kind and thing else None) if named else (None, None)
    after, *further = _FURTHER.split(after)
    more = [(Ref(*further[start : start + 2]), further[start + 2]) for start in range(0, len(further), 3)]
    return Line(at, id_, actor or SYSTEM.name, before, whom, what, after, more)
