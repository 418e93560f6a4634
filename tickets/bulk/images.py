"""What a ticket was, as an undo needs it: taken before and after, compared, and put back exactly."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from adminops import clock
from adminops.db import db
from adminops.facts import TicketAssigned, TicketMoved, TicketPrioritised, publish
from adminops.identity.models import User
from tickets.goals import keeping
from tickets.models import Happening, Priority, Tag, Tagging, Ticket, TicketState, WaitingOn
from tickets.resolving.choices import resolution_named
from tickets.tagging import tag as put_on
from tickets.tagging import untag


def image_of(ticket: Ticket, tag: str = "") -> dict[str, Any]:
    """Return what acts change on `ticket`, fit for JSON; of its tags only whether it bears `tag`."""
    return {
        "assignee": ticket.assignee_id,
        "state": ticket.state.value,
        "waiting_on": ticket.waiting_on.value if ticket.waiting_on else None,
        "priority": ticket.priority.value,
        "resolved_at": ticket.resolved_at.isoformat() if ticket.resolved_at else None,
        "times_reopened": ticket.times_reopened,
        **({"resolution": ticket.resolution.value} if ticket.resolution else {}),
        "tagged": bool(tag) and tag_on(ticket, tag) is not None,
    }


def put_back(ticket: Ticket, image: dict[str, Any], *, tag: str = "", by: User) -> None:
    """Make `ticket` what `image` says, by no rule but that nothing has changed since (the caller has looked)."""
    _put_back_person(ticket, image["assignee"], by)
    _put_back_priority(ticket, Priority(image["priority"]), by)
    _put_back_state(ticket, image, by)
    if tag:
        _put_back_tag(ticket, tag, worn=image["tagged"], by=by)
    ticket.updated_at = clock.now()
    db.session.flush()


def _put_back_tag(ticket: Ticket, tag: str, *, worn: bool, by: User) -> None:
    named = tag_on(ticket, tag)
    if worn and named is None:
        put_on(ticket, name=tag, by=by)
    elif named is not None and not worn:
        untag(ticket, named, by=by)


def _put_back_person(ticket: Ticket, assignee_id: int | None, by: User) -> None:
    if ticket.assignee_id != assignee_id:
        ticket.assignee = db.session.get(User, assignee_id) if assignee_id else None
        db.session.flush()
        publish(TicketAssigned(ticket_id=ticket.id, agency_id=ticket.agency_id, assignee_id=assignee_id), by=by)


def _put_back_priority(ticket: Ticket, priority: Priority, by: User) -> None:
    if ticket.priority is not priority:
        old, ticket.priority = ticket.priority, priority
        keeping.happened(ticket, Happening.PRIORITISED)
        fact = TicketPrioritised(ticket_id=ticket.id, agency_id=ticket.agency_id, old=old.value, new=priority.value)
        publish(fact, by=by)


def _put_back_state(ticket: Ticket, image: dict[str, Any], by: User) -> None:
    state, waiting_on = TicketState(image["state"]), WaitingOn(image["waiting_on"]) if image["waiting_on"] else None
    if (ticket.state, ticket.waiting_on) == (state, waiting_on):
        return
    old, ticket.state, ticket.waiting_on = ticket.state, state, waiting_on
    ticket.resolved_at = datetime.fromisoformat(image["resolved_at"]) if image["resolved_at"] else None
    ticket.times_reopened = image["times_reopened"]
    ticket.resolution = resolution_named(image.get("resolution"))
    keeping.happened(ticket, Happening.MOVED)
    publish(
        TicketMoved(
            ticket_id=ticket.id,
            agency_id=ticket.agency_id,
            old=old.value,
            new=state.value,
            waiting_on=waiting_on.value if waiting_on else "",
            because="undone",
        ),
        by=by,
    )


def tag_on(ticket: Ticket, name: str) -> Tag | None:
    """Return the tag of that name when `ticket` bears it."""
    bears = select(Tag).join(Tagging, Tagging.tag_id == Tag.id)
    return db.session.scalar(bears.where(Tagging.ticket_id == ticket.id, Tag.name == name))
