"""What programs read: lists of tickets, one ticket, its goals, the calls, and what to choose from."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import url_for

from adminops.api.routes import Answer, Asked, Route
from adminops.api.shapes import number, or_null, record, several, text, truth, word
from adminops.errors import Invalid
from adminops.feature import RequestType
from adminops.identity.permissions import Permission
from adminops.identity.tokens import TokenScope
from adminops.refs import Ref
from adminops.web.listing import PAGE, Page, read_cursor, write_cursor
from adminops.web.navigation import links_to, registry
from tickets import catalogue, policies, queries
from tickets.api import telling
from tickets.api.schemas import schema_of
from tickets.calls import Call, list_calls
from tickets.forms import ticket_form
from tickets.goals.card import goals_of
from tickets.language import LONGEST, parse
from tickets.models import Channel
from tickets.queries import Order, TicketFilter, View
from tickets.side import side_of
from tickets.tagged import tags_of
from tickets.timeline import Line, Message, Place, place_of, timeline
from tickets.timeline import story as tell_story

MOST = 100
_ORDERS = {order.value: order for order in Order}
CURSOR = text("Where the page before ended", most=1000)
NEXT = or_null(text("The cursor of the next page; nothing on the last", most=1000))


def list_tickets(asked: Asked) -> Answer:
    """Return a page of the tickets that the owner may see."""
    wanted = TicketFilter(
        view=View.ALL,
        query=parse(asked.query.get("q", "")),
        order=_ORDERS[asked.query.get("order", Order.ACTIVITY.value)],
    )
    after = asked.query.get("cursor")
    page = queries.list_tickets(wanted, asked.user, after=after, limit=asked.query.get("limit", PAGE))
    return paged("tickets", [telling.row(row) for row in page.rows], page, asked)


def show_ticket(asked: Asked) -> Answer:
    """Return a ticket with its timeline, a long one without its middle; notes, tags, inner matters only to the team."""
    ticket = queries.get_ticket(asked.path["ticket_id"], asked.user)
    team = policies.is_team(asked.user, ticket)
    side = side_of(ticket)
    story = tell_story(ticket, team=team, sources=side.sources)
    tags = tags_of([ticket.id]).get(ticket.id, []) if team else []
    linked = [each.ref for each in side.linked] if team else []
    seen = links_to([*linked, *_things(story.told)], asked.user)
    links = [str(ref) for ref in linked if ref in seen]
    return Answer(telling.whole(ticket, story=story, tags=tags, links=links, seen=seen))


def list_timeline(asked: Asked) -> Answer:
    """Return a page of all that was said and done on a ticket, the oldest first."""
    ticket = queries.get_ticket(asked.path["ticket_id"], asked.user)
    after, limit = _place(asked.query.get("cursor")), asked.query.get("limit", MOST)
    team, sources = policies.is_team(asked.user, ticket), side_of(ticket).sources
    told = timeline(ticket, team=team, sources=sources, after=after, limit=limit + 1)
    shown = told[:limit]
    seen = links_to(_things(shown), asked.user)
    next_ = write_cursor(place_of(shown[-1])) if len(told) > limit else None
    page = Page([telling.entry(item, seen) for item in shown], after=next_, first=after is None)
    return paged("timeline", list(page.rows), page, asked)


def _things(told: Sequence[Message | Line]) -> list[Ref]:
    return [thing for item in told if isinstance(item, Line) for thing in item.things]


def _place(cursor: str | None) -> Place | None:
    match read_cursor(cursor, 3):
        case [datetime() as at, bool() as is_line, int() as id_] if 0 <= id_ < 2**31:
            return at, is_line, id_
    return None


def show_goals(asked: Asked) -> Answer:
    """Return the goals of a ticket to the team."""
    ticket = queries.get_ticket(asked.path["ticket_id"], asked.user)
    policies.check_is_team(ticket, by=asked.user)
    return Answer({"goals": [telling.goal(goal) for goal in goals_of(ticket, every=True).shown]})


def show_calls(asked: Asked) -> Answer:
    """Return a page of the log of calls and walk-ins."""
    page = list_calls(asked.user, after=asked.query.get("cursor"))
    return paged("calls", [_call(call) for call in page.rows], page, asked)


def list_types(asked: Asked) -> Answer:
    """Return what the owner may ask for, with the fields of each."""
    kinds = catalogue.offered_to(asked.user, registry().features)
    return Answer({"request_types": [_kind(kind) for kind in kinds if not kind.start]})


def list_team(_asked: Asked) -> Answer:
    """Return who works on tickets."""
    return Answer({"team": [{"id": choice.id, "name": choice.name} for choice in queries.team()]})


def paged(name: str, rows: list[dict[str, Any]], page: Page[Any], asked: Asked) -> Answer:
    """Return a page of a list whose route is called after it, with where it goes on. Raises `Invalid` for a cursor."""
    if asked.query.get("cursor") and page.first:
        raise Invalid("This cursor is not one of this list. Begin anew without it.", field="cursor")
    more = {**asked.path, **{k: v for k, v in asked.query.items() if k != "cursor"}}
    here = url_for(f"api.list_{name}", **more, cursor=page.after)
    headers = {"Link": f'<{here}>; rel="next"'} if page.after else {}
    return Answer({name: rows, "next": page.after}, headers)


def _call(call: Call) -> dict[str, Any]:
    return {
        "ticket_id": call.id,
        "filed_at": telling.said(call.filed_at),
        "subject": call.subject,
        "channel": call.channel.value,
        "state": call.state.value,
        "requester": call.requester,
        "agency": call.agency,
        "taken_by": call.taken_by,
    }


def _kind(kind: RequestType) -> dict[str, Any]:
    form = ticket_form(kind, team=False, by_token=True)
    fields = [
        {"name": field.name, "label": field.label.text, "required": bool(field.flags.required)}
        for field in form.own_fields
    ]
    return {
        "key": kind.key,
        "title": kind.title,
        "help": kind.help,
        "pii_rule": kind.pii_rule,
        "fields": fields,
        "schema": schema_of(form.own_fields),
    }


FIELD = record(
    "A field of a request type",
    {
        "name": text("Its name in answers"),
        "label": text("What it asks", most=1000),
        "required": truth("Whether it has to be filled in"),
    },
)
KIND = record(
    "A request type",
    {
        "key": text("What to file it by"),
        "title": text("Its title"),
        "help": text("What it is for", most=1000),
        "pii_rule": text("What to leave out", most=1000),
        "fields": several(FIELD, "Its own fields"),
        "schema": {"type": "object", "description": "JSON Schema of what `answers` may hold"},
    },
)
CALL = record(
    "A call or a walk-in",
    {
        "ticket_id": number("Its ticket"),
        "filed_at": telling.ROW["properties"]["filed_at"],
        "subject": text("What it is about"),
        "channel": word("How it came", Channel),
        "state": telling.STATE,
        "requester": text("Who asked"),
        "agency": or_null(text("The agency it is about")),
        "taken_by": text("Who took it down"),
    },
)

READING = (
    Route(
        name="list_tickets",
        method="GET",
        path="/tickets",
        summary="List tickets",
        about="The query is that of the filter bar: is:open type:merge due:<2d.",
        run=list_tickets,
        scope=TokenScope.READ_TICKETS,
        needs=Permission.ASK_FOR_HELP,
        query={
            "q": text("What has to hold, in the language of the filter bar", most=LONGEST),
            "order": word("In which order", Order),
            "limit": number("How many at once", most=MOST),
            "cursor": CURSOR,
        },
        answer=record("Tickets", {"tickets": several(telling.ROW, "The tickets"), "next": NEXT}),
    ),
    Route(
        name="show_ticket",
        method="GET",
        path="/tickets/<int:ticket_id>",
        summary="Show a ticket",
        run=show_ticket,
        scope=TokenScope.READ_TICKETS,
        needs=Permission.ASK_FOR_HELP,
        answer=telling.TICKET,
    ),
    Route(
        name="list_timeline",
        method="GET",
        path="/tickets/<int:ticket_id>/timeline",
        summary="List what was said and done on a ticket",
        about="All of it, the oldest first; the ticket itself comes without the middle of a long conversation.",
        run=list_timeline,
        scope=TokenScope.READ_TICKETS,
        needs=Permission.ASK_FOR_HELP,
        query={"limit": number("How many at once", most=MOST), "cursor": CURSOR},
        answer=record("A timeline", {"timeline": several(telling.ENTRY, "What was said and done"), "next": NEXT}),
    ),
    Route(
        name="show_goals",
        method="GET",
        path="/tickets/<int:ticket_id>/goals",
        summary="Show the goals of a ticket",
        run=show_goals,
        scope=TokenScope.READ_TICKETS,
        needs=Permission.ASK_FOR_HELP,
        answer=record("Goals", {"goals": several(telling.GOAL, "Its goals")}),
    ),
    Route(
        name="list_calls",
        method="GET",
        path="/calls",
        summary="List calls and walk-ins",
        run=show_calls,
        scope=TokenScope.READ_TICKETS,
        needs=Permission.WORK_TICKETS,
        query={"cursor": CURSOR},
        answer=record("Calls", {"calls": several(CALL, "The calls"), "next": NEXT}),
    ),
    Route(
        name="list_request_types",
        method="GET",
        path="/request-types",
        summary="List what can be asked for",
        run=list_types,
        scope=TokenScope.READ_TICKETS,
        needs=Permission.ASK_FOR_HELP,
        answer=record("Request types", {"request_types": several(KIND, "What can be asked for")}),
    ),
    Route(
        name="list_team",
        method="GET",
        path="/team",
        summary="List who works on tickets",
        run=list_team,
        scope=TokenScope.READ_TICKETS,
        needs=Permission.WORK_TICKETS,
        answer=record("The team", {"team": several(telling.CHOICE, "Its members")}),
    ),
)
