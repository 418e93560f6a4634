"""What stands beside a ticket's conversation: links, participants, … Few rows of many tables, in one read."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, String, cast, literal, null, select, union_all
from sqlalchemy.orm import InstrumentedAttribute

from adminops.db import db
from adminops.identity.models import User
from adminops.refs import Ref
from tickets.models import Ticket, TicketLink
from tickets.sight import TicketParticipant

Cell = InstrumentedAttribute[Any] | ColumnElement[Any] | None


@dataclass(frozen=True)
class Linked:
    """A link of a ticket to something."""

    id: int
    ref: Ref


@dataclass(frozen=True)
class Joined:
    """A participant."""

    id: int
    name: str


@dataclass
class Side:
    """All that stands beside the conversation of one ticket, each in the order in which it came."""

    linked: list[Linked] = field(default_factory=list)
    joined: list[Joined] = field(default_factory=list)


def side_of(ticket: Ticket) -> Side:
    """Return what stands beside `ticket`."""
    side = Side()
    for what, id_, _, text, more in db.session.execute(union_all(*_parts(ticket))):
        match what:
            case "link":
                side.linked.append(Linked(id_, Ref(text, more)))
            case "joined":
                side.joined.append(Joined(id_, text))
    for rows in (side.linked, side.joined):
        rows.sort(key=lambda row: row.id)
    return side


def _parts(ticket: Ticket) -> Iterable[Select[*tuple[Any, ...]]]:
    links = _row("link", TicketLink.id, text=TicketLink.kind, more=TicketLink.ref_id)
    yield links.where(TicketLink.ticket_id == ticket.id)
    joined = _row("joined", User.id, text=User.name).join(TicketParticipant, TicketParticipant.user_id == User.id)
    yield joined.where(TicketParticipant.ticket_id == ticket.id)


def _row(what: str, id_: Cell, number: Cell = None, text: Cell = None, more: Cell = None) -> Select[*tuple[Any, ...]]:
    """Return a part of the union: all have the same columns, of the same kinds on both databases."""
    numbers = (cast(null() if cell is None else cell, Integer) for cell in (id_, number))
    texts = (cast(null() if cell is None else cell, String) for cell in (text, more))
    return select(literal(what, String), *numbers, *texts)
