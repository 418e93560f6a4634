"""Reads of queues."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import lazyload, selectinload

from adminops import clock
from adminops.db import db
from adminops.errors import NotFound
from adminops.identity.models import User
from tickets.goals.queries import office_calendar
from tickets.models import Ticket, TicketState
from tickets.queues.models import QueueMember, TicketQueue


def all_queues() -> list[TicketQueue]:
    """Return the queues, by name."""
    return list(db.session.scalars(select(TicketQueue).order_by(TicketQueue.name)))


def queues_with_members() -> list[TicketQueue]:
    """Return the queues, by name, each with who is given its tickets."""
    people = selectinload(TicketQueue.members).joinedload(QueueMember.user).options(lazyload(User.grants))
    return list(db.session.scalars(select(TicketQueue).options(people).order_by(TicketQueue.name)))


def get_queue(queue_id: int) -> TicketQueue:
    """Return a queue. Raises `NotFound`."""
    queue = db.session.get(TicketQueue, queue_id)
    if queue is None:
        raise NotFound("There is no such queue any more.")
    return queue


def untouched(queue: TicketQueue, limit: int) -> Sequence[Ticket]:
    """Return assigned open tickets of `queue` that nobody touched for its business hours, locked, the longest first.

    Without those that somebody is at right now.
    """
    before = _long_ago(queue.untouched_hours)
    chosen = select(Ticket).where(
        Ticket.is_open,
        Ticket.state == TicketState.OPEN,
        Ticket.assignee_id.is_not(None),
        Ticket.request_type.in_(queue.request_types),
        Ticket.updated_at <= before,
    )
    locked = chosen.order_by(Ticket.updated_at).limit(limit).with_for_update(key_share=True, skip_locked=True)
    return db.session.scalars(locked.execution_options(populate_existing=True)).all()


def _long_ago(hours: int) -> datetime:
    return office_calendar().add(clock.now(), -timedelta(hours=hours))
