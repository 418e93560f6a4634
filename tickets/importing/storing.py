"""Storing one ticket of another desk as if it had always been here, without telling anybody."""

import re
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from adminops.db import db
from adminops.facts import publish
from adminops.facts.taking_over import TicketImported
from adminops.guard.looking import look_at
from adminops.guard.models import FoundBy
from adminops.guard.operations import HELD_BACK, hold
from adminops.identity.models import User
from adminops.pii import Finding
from adminops.refs import Ref
from tickets.clocks import Event
from tickets.fulltext import index_ticket
from tickets.goals import keeping
from tickets.guarded import MESSAGES, rewrite
from tickets.importing.carried import Archive
from tickets.importing.filing import belong_to, keep_files
from tickets.importing.judging import Problem, Taken, files_left
from tickets.importing.models import CAME_ALONG, STAND_IN, TicketExternal, TicketImport
from tickets.models import (
    Channel,
    Happening,
    Tag,
    Tagging,
    Ticket,
    TicketMessage,
    TicketState,
    Voice,
    WaitingOn,
)

S = TicketState


def store(
    taken: Taken, record: TicketImport, *, archive: Archive | None = None, by: User
) -> tuple[Ticket, list[Problem]]:
    """Store `taken` and return its ticket with what was found on the way. Publishes `TicketImported`.

    Nobody is told: no mail, no warning that was due before today. What the guard finds is held back for the redactors.
    Files pass what a file of the page passes; one that does not is left out and named.
    """
    stands_in = taken.requester_id is None or _has_strangers(taken) or (by.is_system and _has_files(taken))
    stand_in = stand_in_of(record.source) if stands_in else None
    requester_id = taken.requester_id or (stand_in.id if stand_in else 0)
    ticket = Ticket(
        subject=taken.subject,
        request_type=taken.kind.key,
        type_version=taken.kind.version,
        state=taken.state,
        waiting_on=taken.waiting_on,
        priority=taken.priority,
        requester_id=requester_id,
        filed_by_id=requester_id,
        channel=Channel.IMPORT,
        agency_id=taken.agency_id,
        is_private=taken.kind.private,
        assignee_id=taken.assignee_id,
        filed_at=taken.created,
        updated_at=taken.updated,
        resolved_at=taken.ended,
    )
    db.session.add(ticket)
    db.session.flush()
    keeping.take_over(ticket, taken.kind, history(taken))
    problems = _write(ticket, taken, archive, stand_in, by)
    problems += [Problem(0, "", rule) for rule in _tag(ticket, taken.tags, by)]
    db.session.add(TicketExternal(ticket_id=ticket.id, source=record.source, number=taken.number))
    index_ticket(ticket.id)
    publish(TicketImported(ticket_id=ticket.id, agency_id=ticket.agency_id, import_id=record.id), by=by)
    db.session.flush()
    return ticket, problems


def history(taken: Taken) -> list[Event]:
    """Return what the clocks hear of a ticket's life before it came."""

    def event(at: datetime, happening: Happening, state: TicketState, whom: WaitingOn | None = None) -> Event:
        promised = taken.kind.target_hours * 60 if happening is Happening.FILED else 0
        return Event(at, happening, state, whom, taken.priority, promised)

    events = [event(taken.created, Happening.FILED, S.NEW)]
    if taken.state is S.NEW:
        return events
    events.append(event(taken.created, Happening.MOVED, S.OPEN))
    spoken = [said for said in taken.messages[1:] if said.voice is not Voice.NOTE]
    for said in spoken:
        happening = Happening.ANSWERED if said.voice is Voice.TEAM else Happening.ASKED
        events.append(event(max(said.written, taken.created), happening, S.OPEN))
    if taken.ended is not None:  # what was written after its end does not open it again
        ended = taken.ended
        events = [each for each in events if each.at <= ended]
    if taken.state is not S.OPEN:
        events.append(event(taken.ended or taken.updated, Happening.MOVED, taken.state, taken.waiting_on))
    return events


def stand_in_of(source: str) -> User:
    """Return who stands for the people of a desk that have no account here: nobody can sign in as that."""
    username = f"{STAND_IN}{re.sub(r'[^a-z0-9]+', '-', source.casefold()).strip('-')}"[:60]
    found = db.session.scalar(select(User).where(User.username == username))
    if found is None:
        found = User(username=username, name=f"No account ({source})", email="", may_sign_in=False)
        db.session.add(found)
        db.session.flush()
    return found


def found_in(taken: Taken, by: User) -> bool:
    """Say whether the guard would hold anything of `taken` back."""
    texts = [taken.subject, *(said.body for said in taken.messages)]
    return any(look_at(text, agency_id=taken.agency_id, by=by) for text in texts)


def _has_strangers(taken: Taken) -> bool:
    return any(said.author_id is None for said in taken.messages)


def _has_files(taken: Taken) -> bool:
    return any(said.files for said in taken.messages)


def _write(ticket: Ticket, taken: Taken, archive: Archive | None, stand_in: User | None, by: User) -> list[Problem]:
    held, problems = False, list[Problem]()
    for place, said in enumerate(taken.messages):
        author_id = said.author_id or (stand_in.id if stand_in else 0)
        keeper = stand_in if by.is_system and stand_in else by
        files, refused = keep_files(ticket, said.files, taken.kind, archive, by=keeper)
        problems += [Problem(said.line, what, "file-refused") for what in refused]
        body = f"{said.body}\n\n{files_left(len(refused))}" if refused else said.body
        message = TicketMessage(
            ticket_id=ticket.id,
            author_id=author_id,
            voice=said.voice,
            body=body,
            written_at=said.written,
            nonce=f"{CAME_ALONG}{ticket.id}:{place}",
        )
        db.session.add(message)
        db.session.flush()
        belong_to(files, message)
        texts = {"subject": ticket.subject, "body": body} if place == 0 else {"body": body}
        held |= _hold_back(ticket, message, texts, by)
    return [*problems, *([Problem(0, "", "held-back")] if held else [])]


def _hold_back(ticket: Ticket, message: TicketMessage, texts: dict[str, str], by: User) -> bool:
    found: dict[str, list[Finding]] = {
        name: look_at(text, agency_id=ticket.agency_id, by=by) for name, text in texts.items()
    }
    held = {name: texts[name] for name, each in found.items() if each}
    if held:
        about = Ref.to(MESSAGES.kind, message.id)
        findings = [finding for each in found.values() for finding in each]
        author = message.author_id
        hold(about, held, findings, agency_id=ticket.agency_id, author_id=author, found_by=FoundBy.IMPORT, by=by)
        rewrite(about.id, dict.fromkeys(held, HELD_BACK))
    return bool(held)


def _tag(ticket: Ticket, names: Sequence[str], by: User) -> list[str]:
    rules: list[str] = []
    for name in names:
        if look_at(name, agency_id=None, by=by):
            rules.append("tag-held")
            continue
        named = db.session.scalar(select(Tag).where(Tag.name == name))
        if named is None:
            named = Tag(name=name)
            db.session.add(named)
            db.session.flush()
        db.session.add(Tagging(ticket_id=ticket.id, tag_id=named.id))
    db.session.flush()
    return rules
