"""Days whose books a change makes wrong are marked as the change is flushed, whichever verb made it.

The table itself is listened to and no fact is: what a verb forgets to tell, or tells without the day before, would
leave a wrong number that nobody notices.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, event, inspect
from sqlalchemy.orm import Mapper

from adminops import clock
from adminops.settings import current_settings
from tickets.insights.models import TicketBookChange
from tickets.models import Ticket

COUNTED = (
    "filed_at", "resolved_at", "request_type", "agency_id", "priority", "is_private",
    "reply_took", "reply_met", "solution_took", "solution_met", "times_reopened", "rating",
)  # fmt: skip
"""The columns that tallies are made of."""


def days_spoilt(ticket: Ticket) -> set[date]:
    """Return the days before today whose tallies are others after what was changed of `ticket`."""
    history = {name: inspect(ticket).attrs[name].history for name in COUNTED}
    if not any(one.has_changes() for one in history.values()):
        return set()
    moments = [ticket.filed_at, ticket.resolved_at, *history["filed_at"].deleted, *history["resolved_at"].deleted]
    return _days(moments)


def _days(moments: Iterable[datetime | None]) -> set[date]:
    zone = ZoneInfo(current_settings().time_zone)
    days = {moment.astimezone(zone).date() for moment in moments if moment is not None}
    return {day for day in days if day < clock.today(zone.key)}


@event.listens_for(Ticket, "after_delete")
def _mark_gone(_mapper: Mapper[Any], connection: Connection, ticket: Ticket) -> None:
    if days := _days((ticket.filed_at, ticket.resolved_at)):
        connection.execute(TicketBookChange.__table__.insert(), [{"day": day} for day in sorted(days)])  # type: ignore[attr-defined]


@event.listens_for(Ticket, "after_insert")
@event.listens_for(Ticket, "after_update")
def _mark(_mapper: Mapper[Any], connection: Connection, ticket: Ticket) -> None:
    if days := days_spoilt(ticket):
        connection.execute(TicketBookChange.__table__.insert(), [{"day": day} for day in sorted(days)])  # type: ignore[attr-defined]
