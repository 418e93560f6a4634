"""How a ticket is told to a program, and the shapes of that."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from adminops.api.shapes import KEY, either, moment, number, or_null, record, several, table, text, truth, word
from adminops.identity.models import User
from adminops.refs import Ref
from tickets.goals.card import Goal
from tickets.models import Priority, Resolution, Ticket, TicketState, Voice, WaitingOn
from tickets.queries import Choice, TicketRow
from tickets.timeline import Line, Message, Story

ANY_LENGTH = 10**6
STATE = word("Where it stands", TicketState)
WAITING_ON = or_null(word("Whose turn it is while it waits", WaitingOn))
PRIORITY = word("How much it presses", Priority)
CHOICE = record("A row with its name", {"id": number("Its number"), "name": text("Its name")})

ROW = record(
    "A ticket in a list",
    {
        "id": number("Its number"),
        "subject": text("What it is about"),
        "request_type": text("Key of its request type"),
        "state": STATE,
        "waiting_on": WAITING_ON,
        "priority": PRIORITY,
        "requester": text("Who asked"),
        "agency": or_null(text("The agency it is about")),
        "assignee": or_null(text("Who works on it")),
        "filed_at": moment("When it was filed"),
        "updated_at": moment("When something last happened"),
        "minutes_left": or_null(number("Minutes of its calendar until it is due; below zero when late", least=-KEY)),
    },
)

ENTRY = record(
    "A message, or a line about what happened",
    {
        "kind": word("What it is", [*(voice.value for voice in Voice), "line"]),
        "id": number("Its number among those of its kind"),
        "at": moment("When it was"),
        "author": text("Who wrote or did it"),
        "text": text("What was written or done", most=ANY_LENGTH),
    },
)

TICKET = record(
    "A ticket with what was said and done",
    {
        "id": number("Its number"),
        "subject": text("What it is about"),
        "request_type": text("Key of its request type"),
        "answers": table(
            either(
                text("A text", most=ANY_LENGTH),
                truth("Yes or no"),
                number("A number", least=-(2**53), most=2**53),
                several(text("A choice", most=ANY_LENGTH), "Choices"),
                {"type": "null"},
                what="An answer",
            ),
            "What was entered in the fields of its type",
        ),
        "state": STATE,
        "waiting_on": WAITING_ON,
        "priority": PRIORITY,
        "requester": CHOICE,
        "agency": or_null(CHOICE),
        "assignee": or_null(CHOICE),
        "filed_at": moment("When it was filed"),
        "updated_at": moment("When something last happened"),
        "due_at": or_null(moment("When it should be resolved; nothing while its clock stands still")),
        "resolved_at": or_null(moment("When it was resolved")),
        "resolution": or_null(word("How it ended, where somebody said so", Resolution)),
        "tags": several(text("A tag"), "Its tags, for the team"),
        "links": several(text("A thing: kind and number"), "What is linked to it"),
        "timeline": several(ENTRY, "What was said and done, the oldest first"),
        "is_whole": truth("Whether all of it stands in `timeline`; else it is the first message and the latest ones"),
    },
)

STANDING = record(
    "How a ticket stands after what was done",
    {
        "id": number("The ticket's number"),
        "state": STATE,
        "waiting_on": WAITING_ON,
        "priority": PRIORITY,
        "assignee_id": or_null(number("Who works on it")),
        "message_id": or_null(number("The message that was written")),
    },
)

GOAL = record(
    "A goal of a ticket",
    {
        "title": text("What is counted down to"),
        "due_at": or_null(moment("When it is due; nothing while its clock stands still")),
        "done_at": or_null(moment("When it was reached")),
        "standing": word("What the clock does", ["running", "paused", "done", "late"]),
        "sentence": text("Why it is due then", most=ANY_LENGTH),
    },
)


def said(when: datetime | None) -> str | None:
    """Return a time as the API writes it."""
    return when.isoformat() if when else None


def row(ticket: TicketRow) -> dict[str, Any]:
    """Return a ticket of a list."""
    return {
        "id": ticket.id,
        "subject": ticket.subject,
        "request_type": ticket.request_type,
        "state": ticket.state.value,
        "waiting_on": ticket.waiting_on.value if ticket.waiting_on else None,
        "priority": ticket.priority.value,
        "requester": ticket.requester,
        "agency": ticket.agency,
        "assignee": ticket.assignee,
        "filed_at": said(ticket.filed_at),
        "updated_at": said(ticket.updated_at),
        "minutes_left": ticket.minutes_left,
    }


def whole(
    ticket: Ticket,
    *,
    story: Story,
    tags: Sequence[Choice],
    links: Sequence[str],
    seen: Collection[Ref],
) -> dict[str, Any]:
    """Return a ticket with what was said and done; things are named that stand in `seen`, others by their kind."""
    return {
        "id": ticket.id,
        "subject": ticket.subject,
        "request_type": ticket.request_type,
        "answers": ticket.answers,
        "state": ticket.state.value,
        "waiting_on": ticket.waiting_on.value if ticket.waiting_on else None,
        "priority": ticket.priority.value,
        "requester": named(ticket.requester),
        "agency": {"id": ticket.agency.id, "name": ticket.agency.name} if ticket.agency else None,
        "assignee": named(ticket.assignee) if ticket.assignee else None,
        "filed_at": said(ticket.filed_at),
        "updated_at": said(ticket.updated_at),
        "due_at": said(ticket.due_at),
        "resolved_at": said(ticket.resolved_at),
        "resolution": ticket.resolution.value if ticket.resolution else None,
        "tags": [tag.name for tag in tags],
        "links": list(links),
        "timeline": [entry(item, seen) for item in story.told],
        "is_whole": story.since is None,
    }


def entry(item: Message | Line, seen: Collection[Ref]) -> dict[str, Any]:
    """Return a message or a line of the timeline."""
    if isinstance(item, Message):
        return {
            "kind": item.voice.value,
            "id": item.id,
            "at": said(item.at),
            "author": item.author,
            "text": item.body,
        }
    first = item.person or (_named(item.thing, seen) if item.thing else "")
    further = "".join(f"{_named(thing, seen)}{words}" for thing, words in item.more)
    words = f"{item.before}{first}{item.after}{further}"
    return {"kind": "line", "id": item.id, "at": said(item.at), "author": item.actor, "text": words}


def _named(thing: Ref, seen: Collection[Ref]) -> str:
    return str(thing) if thing in seen else f"the {thing.kind.replace('_', ' ')}"


def standing(ticket: Ticket, message_id: int | None = None) -> dict[str, Any]:
    """Return how a ticket stands: no text, for the answer is kept."""
    return {
        "id": ticket.id,
        "state": ticket.state.value,
        "waiting_on": ticket.waiting_on.value if ticket.waiting_on else None,
        "priority": ticket.priority.value,
        "assignee_id": ticket.assignee.id if ticket.assignee else None,
        "message_id": message_id,
    }


def goal(shown: Goal) -> dict[str, Any]:
    """Return a goal."""
    return {
        "title": shown.title,
        "due_at": said(shown.clock.due_at),
        "done_at": said(shown.clock.done_at),
        "standing": shown.standing,
        "sentence": shown.sentence,
    }


def named(person: User) -> dict[str, Any]:
    """Return a person by number and name."""
    return {"id": person.id, "name": person.name}
