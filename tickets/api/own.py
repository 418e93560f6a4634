"""What a person keeps beside tickets: drafts of requests, texts to answer with, saved views, asking again, look-ups."""

from typing import Any

from adminops.api.routes import Answer, Asked
from adminops.api.shapes import moment, number, record, several, table, text, truth
from adminops.errors import Invalid, NotFound
from adminops.feature import RequestType
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.web.navigation import registry
from tickets import canned, catalogue, drafts, following, linking, policies, queries
from tickets.api import telling
from tickets.api.acts import BODY, OUTLOOK, WRITING, Sent, act
from tickets.api.offering import ASK, TICKET, does, reads
from tickets.catalogue import all_types, find_type
from tickets.models import Ticket

# Drafts

_KEY = text("Key of the request type", least=1, most=60)
_FIELDS = table(
    several(text("A text", most=drafts.LONGEST), "What was typed or chosen", most=100),
    "The fields of its form, by their names",
)


@reads(
    "/drafts",
    "List the drafts of the owner",
    record(
        "Drafts",
        {
            "drafts": several(
                record("A draft", {"request_type": _KEY, "saved_at": moment("When it was kept"), "fields": _FIELDS}),
                "The latest first",
            )
        },
    ),
    needs=ASK,
)
def list_drafts(asked: Asked) -> Answer:
    """Return what the owner has begun to ask for; nobody else ever sees it."""
    told = []
    for row in drafts.drafts_of(asked.user):
        kind = find_type(row.request_type, registry().features)
        typed = drafts.draft_of(kind, asked.user) if kind else None
        if typed is not None:
            told.append({"request_type": row.request_type, "saved_at": telling.said(row.saved_at), "fields": typed})
    return Answer({"drafts": told})


_DRAFT = record("The draft", {"request_type": _KEY, "kept": truth("Whether there is one now")})


@does(
    "PUT",
    "/drafts",
    "Keep a draft of a request",
    _DRAFT,
    needs=ASK,
    body=record("A draft", {"request_type": _KEY, "fields": _FIELDS}),
    about="It takes the place of what was kept for that type. It is sealed, and forgotten after thirty days.",
)
def keep_draft(asked: Asked) -> Answer:
    """Keep what was typed so far."""
    kind = _kind(asked)
    kept = drafts.save_draft(kind, asked.body["fields"], by=asked.user)
    return Answer({"request_type": kind.key, "kept": kept})


@does(
    "POST",
    "/drafts/discard",
    "Forget a draft",
    _DRAFT,
    needs=ASK,
    body=record("Which", {"request_type": _KEY}),
)
def discard_draft(asked: Asked) -> Answer:
    """Forget what was typed."""
    kind = _kind(asked)
    drafts.drop_draft(kind, by=asked.user)
    return Answer({"request_type": kind.key, "kept": False})


def _kind(asked: Asked) -> RequestType:
    offered = catalogue.offered_to(asked.user, registry().features)
    kind = next((kind for kind in offered if kind.key == asked.body["request_type"]), None)
    if kind is None:
        raise NotFound("Nobody offers this request type here, or your role does not include it.")
    return kind


# Texts to answer with

_REPLY = record(
    "A canned reply",
    {
        "title": text("Its title", least=1, most=100),
        "body": text("Its text, with variables in braces", least=1, most=canned.LONGEST),
        "shared": truth("Whether everybody on the team has it"),
        "request_types": several(_KEY, "What it is for; none: everything", most=100),
    },
    optional=("shared", "request_types"),
)
_REPLY_NUMBERED = record("The canned reply", {"id": number("Its number")})


@does("POST", "/canned-replies", "Keep a canned reply", _REPLY_NUMBERED, body=_REPLY)
def add_canned(asked: Asked) -> Answer:
    """Keep a text to answer with."""
    return Answer({"id": canned.save_reply(**_reply(asked), by=asked.user).id})


@does("PUT", "/canned-replies/<int:reply_id>", "Change a canned reply", _REPLY_NUMBERED, body=_REPLY)
def change_canned(asked: Asked) -> Answer:
    """Change a text to answer with."""
    row = canned.get_reply(asked.path["reply_id"], asked.user)
    canned.change_reply(row, **_reply(asked), by=asked.user)
    return Answer({"id": row.id})


@does("DELETE", "/canned-replies/<int:reply_id>", "Remove a canned reply", _REPLY_NUMBERED)
def remove_canned(asked: Asked) -> Answer:
    """Remove a text to answer with; answers that were written with it stay."""
    row = canned.get_reply(asked.path["reply_id"], asked.user)
    canned.remove_reply(row, by=asked.user)
    return Answer({"id": asked.path["reply_id"]})


def _reply(asked: Asked) -> dict[str, Any]:
    if not {kind.key for kind in all_types(registry().features)}.issuperset(asked.body.get("request_types", ())):
        raise Invalid("There is no such request type.", field="request_types")
    return {"shared": False, **asked.body}


# Saved views

_VIEW = record(
    "A saved view",
    {
        "id": number("Its number"),
        "name": text("Its name"),
        "query": text("What it shows, in the language of the filter bar", most=telling.ANY_LENGTH),
        "shared": truth("Whether everybody has it"),
    },
)


@reads("/views", "List saved views", record("Views", {"views": several(_VIEW, "The owner's own first")}), needs=ASK)
def list_views(asked: Asked) -> Answer:
    """Return the queries that the owner keeps, and those that others share with everybody who sees lists."""
    rows = queries.views_of(asked.user) if asked.user.may(Permission.READ_AGENCY_TICKETS) else []
    told = [{"id": row.id, "name": row.name, "query": row.query, "shared": row.is_shared} for row in rows]
    return Answer({"views": told})


# On tickets


@act(
    "POST",
    "again",
    "Ask again for what was over long ago",
    body=record("What is missing", {"body": BODY, **WRITING}, optional=OUTLOOK),
)
def ask_again(ticket: Ticket, sent: Sent, user: User) -> Ticket:
    """Ask again; the answer tells how the new ticket stands."""
    kind = find_type(ticket.request_type, registry().features)
    if kind is None or not kind.offered:
        raise NotFound("This is no longer asked for here.")
    written = {name: sent.get(name, False) for name in OUTLOOK}
    return following.ask_again(ticket, kind, body=sent["body"], **written, by=user)


@reads(
    f"{TICKET}/links/search",
    "Find something to link to a ticket",
    record(
        "What was found",
        {
            "found": several(
                record(
                    "A thing", {"ref": text("Kind and number"), "title": text("Its title", most=telling.ANY_LENGTH)}
                ),
                "The best of each kind",
            )
        },
    ),
    needs=ASK,
    body=record("What to find", {"words": text("Words or a number", least=1)}),
)
def find_links(asked: Asked) -> Answer:
    """Look for things that the owner may see. The words come in the body: they may be a name."""
    ticket = queries.get_ticket(asked.path["ticket_id"], asked.user)
    policies.check_may_work(ticket, by=asked.user)
    groups = linking.candidates(ticket, asked.body["words"].strip(), asked.user)
    return Answer({"found": [{"ref": str(hit.ref), "title": hit.title} for _, hits in groups for hit in hits]})
