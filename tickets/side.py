"""What stands beside a ticket's conversation: links, participants, … Few rows of many tables, in one read."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute

from adminops.db import db
from adminops.identity.models import User
from adminops.outbox.models import OutboxMessage as Outbox
from adminops.refs import Ref
from tickets.attached import TicketAttachment, size_in_words
from tickets.canned import CannedReply, Numbered, offered
from tickets.cases.models import KIND as VENDOR_CASE
from tickets.cases.models import VendorCase
from tickets.checklist.models import TicketStep
from tickets.clocks import Event
from tickets.drafts import ANSWER, RequestDraft
from tickets.models import (
    OPEN_STATES,
    Happening,
    Priority,
    Tag,
    Tagging,
    Ticket,
    TicketEntry,
    TicketEvent,
    TicketLink,
    TicketState,
    WaitingOn,
)
from tickets.notices.mailed import Mailed, mailed_from, moment_from
from tickets.problems.models import KnownProblem
from tickets.problems.queries import likely_for
from tickets.projects.models import TicketProject
from tickets.queries import Choice
from tickets.relations import Kind, Related, TicketRelation, sources_under
from tickets.resolving.models import TicketEvidence
from tickets.sight import TicketParticipant
from tickets.spent.models import TicketTime
from tickets.survey.models import TicketSurvey
from tickets.unsent import TicketSending

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


@dataclass(frozen=True)
class Attached:
    """A file of a message. `is_read`: whether the guard could look into it; `is_gone`: it was removed."""

    id: int
    name: str
    size: str
    is_read: bool
    is_gone: bool


@dataclass(frozen=True)
class Kept:
    """A canned reply, and the request types that it is for (none: all)."""

    id: int
    title: str
    kinds: tuple[str, ...]


@dataclass
class Side:
    """All that stands beside the conversation of one ticket, each in the order in which it came."""

    linked: list[Linked] = field(default_factory=list)
    joined: list[Joined] = field(default_factory=list)
    related: list[Related] = field(default_factory=list)
    files: dict[int, list[Attached]] = field(default_factory=dict)
    """What came with messages, by their numbers."""
    draft: bool = False
    """Whether the writer has begun an answer and not sent it."""
    unsent: list[int] = field(default_factory=list)
    """Numbers of the answers that have not left yet."""
    kept: list[Kept] = field(default_factory=list)
    canned: list[tuple[int, str]] = field(default_factory=list)
    """Of the canned replies that the viewer has those for such a ticket, as number and title."""
    problems: list[tuple[int, str]] = field(default_factory=list)
    """Known problems that it may be about, as number and title."""
    tags: list[Choice] = field(default_factory=list)
    """For the team, by name."""
    ticked: set[str] = field(default_factory=set)
    """The steps of the checklist that are done."""
    shown: bool = False
    """Whether somebody noted what shows that it was done."""
    worked: bool = False
    """Whether work was done for it elsewhere."""
    minutes: int = 0
    """What the team has noted that it worked on it."""
    said: list[str] = field(default_factory=list)
    """What its requester added to the word they gave it, if anything."""
    cases: list[tuple[int, str, date | None]] = field(default_factory=list)
    """Cases at the vendor that it waits for: number of the page, name, promised day."""
    project: tuple[int, str, date] | None = None
    """Whether it is a project: who answers for it, by number and name, and its day."""
    sources: list[int] = field(default_factory=list)
    """Numbers of the tickets that were merged into this one, over however many steps."""

    mails: list[Mailed] = field(default_factory=list)
    """What was mailed about it, for the team."""
    happened: list[tuple[int, Event]] = field(default_factory=list)
    """What its clocks have heard of, by number, for the team."""

    @property
    def refs(self) -> list[Ref]:
        """All that is to be shown as a link."""
        tickets = (*(row.other_id for row in self.related), *self.sources)
        return [*(row.ref for row in self.linked), *(Ref.to("ticket", id_) for id_ in tickets)]

    @property
    def parts(self) -> list[Related]:
        """The tickets that are parts of this one."""
        return [row for row in self.related if row.is_part]

    @property
    def open_parts(self) -> list[Related]:
        """The tickets that are parts of this one and open."""
        return [row for row in self.parts if row.is_open]


def side_of(ticket: Ticket, writer: User | None = None) -> Side:
    """Return what stands beside `ticket`, with what helps `writer`, one of the team, to answer."""
    side = Side()
    numbers = {"ticket_id": ticket.id} | ({"writer_id": writer.id} if writer else {})
    for what, id_, number, text, more in db.session.execute(_statement(writer is not None), numbers):
        _PLACES[what](side, id_, number, text, more)
    side.happened.sort(key=lambda row: row[0])
    lists: list[list[Any]] = [side.linked, side.joined, side.related, side.mails, *side.files.values()]
    for rows in lists:
        rows.sort(key=lambda row: row.id)
    side.sources.sort()
    side.problems.sort()
    side.cases.sort(key=lambda row: row[0])
    side.tags.sort(key=lambda tag: tag.name)
    side.canned = sorted(
        ((row.id, row.title) for row in side.kept if not row.kinds or ticket.request_type in row.kinds),
        key=lambda row: row[1].casefold(),
    )
    return side


_PLACES: dict[str, Callable[[Side, int, int, str, str], None]] = {
    "link": lambda side, id_, _, text, more: side.linked.append(Linked(id_, Ref(text, more))),
    "joined": lambda side, id_, _, text, __: side.joined.append(Joined(id_, text)),
    "relation": lambda side, id_, number, text, more: side.related.append(_related(True, id_, number, text, more)),
    "related": lambda side, id_, number, text, more: side.related.append(_related(False, id_, number, text, more)),
    "file": lambda side, id_, number, text, more: _attach(side, number, Attached(id_, text, _size(more), True, False)),
    "file unread": lambda side, id_, number, text, more: _attach(
        side, number, Attached(id_, text, _size(more), False, False)
    ),
    "file gone": lambda side, id_, number, text, more: _attach(
        side, number, Attached(id_, text, _size(more), False, True)
    ),
    "draft": lambda side, *_: setattr(side, "draft", True),
    "unsent": lambda side, id_, *_: side.unsent.append(id_),
    "canned": lambda side, id_, _, text, more: side.kept.append(Kept(id_, text, tuple(json.loads(more)))),
    "problem": lambda side, id_, _, text, __: side.problems.append((id_, text)),
    "tag": lambda side, id_, _, text, __: side.tags.append(Choice(id_, text)),
    "step": lambda side, _, __, text, ___: side.ticked.add(text),
    "evidence": lambda side, *_: setattr(side, "shown", True),
    "work": lambda side, *_: setattr(side, "worked", True),
    "time": lambda side, _, number, *__: setattr(side, "minutes", side.minutes + number),
    "case": lambda side, id_, _, text, more: side.cases.append((id_, text, date.fromisoformat(more) if more else None)),
    "project": lambda side, _, number, text, more: setattr(side, "project", (number, text, date.fromisoformat(more))),
    "said": lambda side, _, __, text, ___: side.said.append(text),
    "source": lambda side, id_, *_: side.sources.append(id_),
    "mail": lambda side, id_, _, text, more: side.mails.append(mailed_from(id_, text, more)),
    "event": lambda side, id_, number, text, more: side.happened.append((id_, _event(number, text, more))),
}


def _event(promised: int, told: str, at: str) -> Event:
    happening, state, waiting_on, priority = told.split("|")
    whom = WaitingOn(waiting_on) if waiting_on else None
    return Event(moment_from(at), Happening(happening), TicketState(state), whom, Priority(priority), promised)


def _attach(side: Side, message_id: int, file: Attached) -> None:
    side.files.setdefault(message_id, []).append(file)


def _size(size: str) -> str:
    return size_in_words(int(size))


@dataclass(frozen=True)
class _Place:
    """Where a number is put into the statement, which is made once: that takes longer than running it."""

    id: BindParameter[int]


_TICKET = _Place(bindparam("ticket_id", type_=Integer()))
_WRITER = _Place(bindparam("writer_id", type_=Integer()))


@cache
def _statement(for_writer: bool) -> CompoundSelect[*tuple[Any, ...]]:
    return union_all(*_parts(_TICKET), *_for_writer(_TICKET, _WRITER if for_writer else None))


def _parts(ticket: Numbered) -> Iterable[Select[*tuple[Any, ...]]]:
    links = _row("link", TicketLink.id, text=TicketLink.kind, more=TicketLink.ref_id)
    yield links.where(TicketLink.ticket_id == ticket.id)
    joined = _row("joined", User.id, text=User.name).join(TicketParticipant, TicketParticipant.user_id == User.id)
    yield joined.where(TicketParticipant.ticket_id == ticket.id)
    relation, state = TicketRelation, cast(Ticket.state, String)
    up = _row("relation", relation.id, relation.other_id, cast(relation.kind, String), state)
    yield up.join(Ticket, Ticket.id == relation.other_id).where(relation.ticket_id == ticket.id)
    down = _row("related", relation.id, relation.ticket_id, cast(relation.kind, String), state)
    yield down.join(Ticket, Ticket.id == relation.ticket_id).where(relation.other_id == ticket.id)
    likely = _row("problem", KnownProblem.id, text=KnownProblem.title).join(Ticket, likely_for())
    yield likely.where(Ticket.id == ticket.id)
    project = _row("project", TicketProject.id, TicketProject.owner_id, User.name, TicketProject.due_on)
    yield project.join(User, User.id == TicketProject.owner_id).where(TicketProject.ticket_id == ticket.id)
    sources = sources_under(ticket.id)
    yield _row("source", sources.c.id)
    yield _files().where(TicketAttachment.ticket_id == ticket.id)
    yield _files().where(TicketAttachment.ticket_id.in_(select(sources.c.id)))


def _related(first: bool, id_: int, other_id: int, kind: str, state: str) -> Related:
    """Return a relation as the ticket at its first, or else its other, end tells it."""
    told = Kind(kind)
    return Related(
        id=id_,
        other_id=other_id,
        says=f"This {told.says} it" if first else f"It {told.says} this",
        is_open=TicketState(state) in OPEN_STATES,
        is_part=told is Kind.CHILD_OF and not first,
    )


def _for_writer(ticket: Numbered, writer: Numbered | None) -> Iterable[Select[*tuple[Any, ...]]]:
    if writer is not None:
        tags = _row("tag", Tag.id, text=Tag.name).join(Tagging, Tagging.tag_id == Tag.id)
        yield tags.where(Tagging.ticket_id == ticket.id)
        yield _row("step", TicketStep.id, text=TicketStep.step).where(TicketStep.ticket_id == ticket.id)
        yield _row("evidence", TicketEvidence.id).where(TicketEvidence.ticket_id == ticket.id)
        yield _row("work", TicketEntry.id).where(TicketEntry.ticket_id == ticket.id, TicketEntry.of_work)
        time = _row("time", TicketTime.id, TicketTime.minutes)
        yield time.where(TicketTime.ticket_id == ticket.id, TicketTime.is_current)
        known = _row(
            "case", VendorCase.id, text=VendorCase.vendor + " " + VendorCase.number, more=VendorCase.promised_on
        )
        of_it = (TicketLink.kind == VENDOR_CASE, TicketLink.ref_id == cast(VendorCase.id, String))
        yield known.join(TicketLink, and_(*of_it)).where(TicketLink.ticket_id == ticket.id)
        said = _row("said", TicketSurvey.id, text=TicketSurvey.comment)
        yield said.where(TicketSurvey.ticket_id == ticket.id, TicketSurvey.answered_at.is_not(None))
        begun = RequestDraft.request_type == literal(ANSWER) + cast(ticket.id, String)
        yield _row("draft", RequestDraft.id).where(RequestDraft.owner_id == writer.id, begun)
        yield _row("unsent", TicketSending.id).where(TicketSending.ticket_id == ticket.id)
        yield _row(
            "canned", CannedReply.id, text=CannedReply.title, more=cast(CannedReply.request_types, String)
        ).where(offered(writer))
        yield _mails(ticket)
        yield _events(ticket)


def _events(ticket: Numbered) -> Select[*tuple[Any, ...]]:
    event = TicketEvent
    told: ColumnElement[str] = cast(event.happening, String)
    for column in (event.state, func.coalesce(cast(event.waiting_on, String), ""), event.priority):
        told = told + "|" + cast(column, String)
    return _row("event", event.id, event.promised, told, event.at).where(event.ticket_id == ticket.id)


def _mails(ticket: Numbered) -> Select[*tuple[Any, ...]]:
    """Return the mails about `ticket`: to whom, and what, where it stands and when, as `mailed_from` reads it."""
    told: ColumnElement[str] = cast(Outbox.kind, String)
    for column in (Outbox.state, Outbox.created_at, Outbox.next_try_at):
        told = told + "|" + cast(column, String)
    row = _row("mail", Outbox.id, text=User.name, more=told).join(User, User.id == Outbox.recipient_id)
    return row.where(Outbox.ticket_id == ticket.id)


def _files() -> Select[*tuple[Any, ...]]:
    file = TicketAttachment
    what = case((file.removed_at.is_not(None), "file gone"), (file.is_read, "file"), else_="file unread")
    return _row(what, file.id, file.message_id, file.name, file.size).where(file.message_id.is_not(None))


def _row(
    what: str | ColumnElement[str], id_: Cell, number: Cell = None, text: Cell = None, more: Cell = None
) -> Select[*tuple[Any, ...]]:
    """Return a part of the union: all have the same columns, of the same kinds on both databases."""
    numbers = (cast(null() if cell is None else cell, Integer) for cell in (id_, number))
    texts = (cast(null() if cell is None else cell, String) for cell in (text, more))
    return select(literal(what, String) if isinstance(what, str) else what, *numbers, *texts)
