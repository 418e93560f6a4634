"""Reads of time spent."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import joinedload, lazyload

from adminops.db import db
from adminops.errors import NotFound
from adminops.identity.models import User
from tickets.models import Ticket
from tickets.queries import TicketFilter, matching
from tickets.spent.models import Activity, TicketTime

MOST_EXPORTED = 50_000


def times_of(ticket: Ticket) -> list[TicketTime]:
    """Return all times of `ticket`, those that were corrected too, the newest first."""
    people = (joinedload(TicketTime.user), joinedload(TicketTime.entered_by))
    chosen = select(TicketTime).where(TicketTime.ticket_id == ticket.id)
    options = (each.options(lazyload(User.grants)) for each in people)
    return list(
        db.session.scalars(chosen.options(*options).order_by(TicketTime.worked_on.desc(), TicketTime.id.desc()))
    )


def get_time(ticket: Ticket, time_id: int) -> TicketTime:
    """Return a time of `ticket`. Raises `NotFound`."""
    found = db.session.get(TicketTime, time_id)
    if found is None or found.ticket_id != ticket.id:
        raise NotFound("There is no such time on this ticket.")
    return found


@dataclass(frozen=True, slots=True)
class Spent:
    """One time as a row of a file."""

    ticket_id: int
    subject: str
    request_type: str
    person: str
    worked_on: date
    activity: Activity
    minutes: int


SPENT = (
    TicketTime.ticket_id,
    Ticket.subject,
    Ticket.request_type,
    User.name,
    TicketTime.worked_on,
    TicketTime.activity,
    TicketTime.minutes,
)
"""The columns of `Spent`, of times joined with their tickets and people."""


def spent_on(wanted: TicketFilter, viewer: User) -> Iterator[Spent]:
    """Yield the times that count of the tickets that `wanted` describes, the oldest day first. Raises `Wrong`."""
    tickets = matching(wanted, viewer).with_only_columns(Ticket.id)
    chosen = (
        select(*SPENT)
        .join(Ticket, Ticket.id == TicketTime.ticket_id)
        .join(User, User.id == TicketTime.user_id)
        .where(TicketTime.is_current, TicketTime.minutes > 0, TicketTime.ticket_id.in_(tickets))
    )
    rows = chosen.order_by(TicketTime.worked_on, TicketTime.id).limit(MOST_EXPORTED + 1)
    return (Spent(*row) for row in db.session.execute(rows))


def in_words(minutes: int) -> str:
    """Return minutes as people say them: "1 h 25 min"."""
    hours, rest = divmod(minutes, 60)
    return " ".join(filter(None, (f"{hours} h" if hours else "", f"{rest} min" if rest or not hours else "")))
