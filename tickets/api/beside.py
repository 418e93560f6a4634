"""What programs read beside a ticket's conversation: relations, people, checklist, files, canned replies."""

from typing import Any

from sqlalchemy import or_, select
from werkzeug.wrappers import Response

from adminops.api.routes import Answer, Asked, Route
from adminops.api.shapes import moment, number, or_null, record, several, text, truth, word
from adminops.db import db
from adminops.errors import NotFound
from adminops.files import send_file_safely
from adminops.identity.permissions import Permission
from adminops.identity.tokens import TokenScope
from tickets import canned, policies, queries
from tickets.api import telling
from tickets.attached import NOT_THERE, TicketAttachment, get_attachment
from tickets.checklist.queries import checklist_of, steps_of
from tickets.models import Ticket, TicketMessage, Voice
from tickets.relations import Kind, TicketRelation, sources_of
from tickets.sight import Why, participants_of, visible_to


def list_relations(asked: Asked) -> Answer:
    """Return how a ticket stands to others that the owner may see, and what was merged into it; for the team."""
    ticket = _of_team(asked)
    ends = or_(TicketRelation.ticket_id == ticket.id, TicketRelation.other_id == ticket.id)
    found = db.session.scalars(select(TicketRelation).where(ends).order_by(TicketRelation.id)).all()
    merged = sources_of(ticket)
    named = {number_ for row in found for number_ in (row.ticket_id, row.other_id)} | set(merged)
    seen = set(db.session.scalars(visible_to(asked.user).where(Ticket.id.in_(named)).with_only_columns(Ticket.id)))
    told = [
        {"id": row.id, "ticket_id": row.ticket_id, "kind": row.kind.value, "other_id": row.other_id}
        for row in found
        if {row.ticket_id, row.other_id} <= seen
    ]
    into = ticket.merged_into_id if ticket.merged_into_id else None
    return Answer({"relations": told, "merged_into": into, "merged": [each for each in merged if each in seen]})


def list_participants(asked: Asked) -> Answer:
    """Return who takes part in a ticket beside who asked and who works on it."""
    ticket = queries.get_ticket(asked.path["ticket_id"], asked.user)
    rows = participants_of(ticket)
    told = [{"user_id": row.user_id, "name": row.user.name, "why": row.why.value} for row in rows]
    return Answer({"participants": told, "private": ticket.is_private})


def show_checklist(asked: Asked) -> Answer:
    """Return the checklist of a ticket to the team."""
    ticket = _of_team(asked)
    steps = steps_of(ticket, checklist_of(ticket))
    told = [
        {
            "place": place,
            "step": step.words,
            "required": step.required,
            "done_by": step.done_by,
            "done_at": telling.said(step.done_at),
        }
        for place, step in enumerate(steps, 1)
    ]
    return Answer({"checklist": told})


def list_files(asked: Asked) -> Answer:
    """Return the files of a ticket; those of notes only to the team."""
    ticket = queries.get_ticket(asked.path["ticket_id"], asked.user)
    rows = select(TicketAttachment).join(TicketMessage, TicketMessage.id == TicketAttachment.message_id)
    rows = rows.where(TicketAttachment.ticket_id.in_([ticket.id, *sources_of(ticket)]))
    if not policies.is_team(asked.user, ticket):
        rows = rows.where(TicketMessage.voice != Voice.NOTE)
    return Answer({"files": [_file(row) for row in db.session.scalars(rows.order_by(TicketAttachment.id))]})


def get_file(asked: Asked) -> Response:
    """Hand a file out."""
    ticket = queries.get_ticket(asked.path["ticket_id"], asked.user)
    row = get_attachment(ticket, asked.path["file_id"], asked.user)
    if row.file is None:
        raise NotFound(NOT_THERE)
    return send_file_safely(row.file)


def list_canned(asked: Asked) -> Answer:
    """Return the canned replies that the owner has."""
    return Answer({"canned_replies": [_kept(row, row.body) for row in canned.replies_of(asked.user)]})


def list_canned_for(asked: Asked) -> Answer:
    """Return the canned replies for such a ticket, filled in for it."""
    ticket = _of_team(asked)
    values = canned.values_for(ticket, asked.user)
    rows = [row for row in canned.replies_of(asked.user) if canned.fits(row, ticket)]
    return Answer({"canned_replies": [_kept(row, canned.fill(row.body, values)) for row in rows]})


def _of_team(asked: Asked) -> Ticket:
    ticket = queries.get_ticket(asked.path["ticket_id"], asked.user)
    policies.check_is_team(ticket, by=asked.user)
    return ticket


def _file(row: TicketAttachment) -> dict[str, Any]:
    return {
        "id": row.id,
        "message_id": row.message_id,
        "name": row.name,
        "size": row.size,
        "looked_into": row.is_read,
        "removed": row.removed_at is not None,
    }


def _kept(row: canned.CannedReply, body: str) -> dict[str, Any]:
    shared = row.owner_id is None
    return {"id": row.id, "title": row.title, "request_types": row.request_types, "shared": shared, "body": body}


_RELATION = record(
    "A relation",
    {
        "id": number("What to take it off by"),
        "ticket_id": number("The ticket that stands so to the other one"),
        "kind": word("How", Kind),
        "other_id": number("The other one"),
    },
)
_JOINED = record(
    "A participant", {"user_id": number("Who"), "name": text("The name"), "why": word("What made them one", Why)}
)
_STEP = record(
    "A step",
    {
        "place": number("What to tick it by"),
        "step": text("What is to be done", most=telling.ANY_LENGTH),
        "required": truth("Whether the ticket can't be resolved before"),
        "done_by": or_null(text("Who ticked it")),
        "done_at": or_null(moment("When")),
    },
)
_FILE = record(
    "A file",
    {
        "id": number("Its number"),
        "message_id": number("The message that it came with"),
        "name": text("Its name; empty once it was removed"),
        "size": number("Bytes", least=0, most=2**53),
        "looked_into": truth("Whether the guard could look at what is written in it"),
        "removed": truth("Whether it was removed"),
    },
)
_KEPT = record(
    "A canned reply",
    {
        "id": number("Its number"),
        "title": text("Its title"),
        "request_types": several(text("A key"), "What it is for; none: everything"),
        "shared": truth("Whether it is the team's"),
        "body": text("Its text", most=telling.ANY_LENGTH),
    },
)


def _route(name: str, path: str, summary: str, run: Any, answer: Any, needs: Permission, **more: Any) -> Route:
    scope = TokenScope.READ_TICKETS
    return Route(
        name=name, method="GET", path=path, summary=summary, run=run, answer=answer, needs=needs, scope=scope, **more
    )


_ASK, _WORK, _TICKET = Permission.ASK_FOR_HELP, Permission.WORK_TICKETS, "/tickets/<int:ticket_id>"
BESIDE = (
    _route(
        "list_relations",
        f"{_TICKET}/relations",
        "List how a ticket stands to others",
        list_relations,
        record(
            "Relations",
            {
                "relations": several(_RELATION, "Its relations"),
                "merged_into": or_null(number("The ticket that it is part of now")),
                "merged": several(number("A ticket"), "What was merged into it"),
            },
        ),
        _ASK,
    ),
    _route(
        "list_participants",
        f"{_TICKET}/participants",
        "List who takes part in a ticket",
        list_participants,
        record(
            "Participants",
            {"participants": several(_JOINED, "Who takes part"), "private": truth("Whether only they see it")},
        ),
        _ASK,
    ),
    _route(
        "show_checklist",
        f"{_TICKET}/checklist",
        "Show the checklist of a ticket",
        show_checklist,
        record("A checklist", {"checklist": several(_STEP, "Its steps")}),
        _ASK,
    ),
    _route(
        "list_files",
        f"{_TICKET}/files",
        "List the files of a ticket",
        list_files,
        record("Files", {"files": several(_FILE, "Its files")}),
        _ASK,
    ),
    _route(
        "get_file",
        f"{_TICKET}/files/<int:file_id>",
        "Fetch a file",
        get_file,
        {"type": "string", "format": "binary", "description": "What is in it"},
        _ASK,
        media="*/*",
    ),
    _route(
        "list_canned_for",
        f"{_TICKET}/canned-replies",
        "List canned replies, filled in for a ticket",
        list_canned_for,
        record("Canned replies", {"canned_replies": several(_KEPT, "Those for such a ticket")}),
        _WORK,
    ),
    _route(
        "list_canned",
        "/canned-replies",
        "List canned replies",
        list_canned,
        record("Canned replies", {"canned_replies": several(_KEPT, "All of them")}),
        _WORK,
    ),
)
