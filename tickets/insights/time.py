"""Time spent in a period: how much by topic, agency, person or kind of work, and the entries behind each number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import InstrumentedAttribute

from adminops.db import db
from adminops.errors import NotAllowed, NotFound
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.settings import current_settings
from adminops.web.listing import PAGE, Page, fetch_page
from tickets.insights.periods import Period
from tickets.insights.queries import reach_of
from tickets.insights.unlisted import seen_by
from tickets.models import Ticket
from tickets.sight import visible_to
from tickets.spent.models import Activity, TicketTime
from tickets.spent.queries import SPENT, Spent


class TimeBy(StrEnum):
    """What times are told apart by."""

    TYPE = "type"
    AGENCY = "agency"
    PERSON = "person"
    ACTIVITY = "activity"


_COLUMNS: dict[TimeBy, InstrumentedAttribute[Any]] = {
    TimeBy.TYPE: Ticket.request_type,
    TimeBy.AGENCY: Ticket.agency_id,
    TimeBy.PERSON: TicketTime.user_id,
    TimeBy.ACTIVITY: TicketTime.activity,
}


@dataclass(frozen=True)
class TimeLine:
    """What was spent on one of them: minutes, in how many entries, on how many tickets."""

    key: str
    minutes: int
    entries: int
    tickets: int

    @property
    def each(self) -> int:
        """Minutes a ticket, rounded down."""
        return self.minutes // self.tickets if self.tickets else 0


@dataclass(frozen=True)
class TimeReport:
    """The lines of a period, most time first, and what they come to."""

    told_by: TimeBy
    over_all: TimeLine
    rows: Sequence[TimeLine]


def check_sees_time(viewer: User, told_by: TimeBy = TimeBy.TYPE) -> None:
    """Raise `NotAllowed` for who does not see all numbers, or asks for single people and is not of the team.

    Raises `NotFound` where times are not kept.
    """
    if not current_settings().time_spent:
        raise NotFound("Times are not kept here.")
    if not reach_of(viewer).everywhere:
        raise NotAllowed("What the team spent its time on is not among the numbers of an agency.")
    if told_by is TimeBy.PERSON and not viewer.reach(Permission.WORK_TICKETS).everywhere:
        raise NotAllowed("Who spent how much time is for the Systems Team.")


def time_report(period: Period, told_by: TimeBy, viewer: User | None = None) -> TimeReport:
    """Return what was spent in `period`, told apart: two reads.

    On private tickets as far as `viewer` sees them; without a viewer on none, so that the numbers are everybody's.
    """
    column = _COLUMNS[told_by]
    counted = (func.sum(TicketTime.minutes), func.count(), func.count(TicketTime.ticket_id.distinct()))
    lines = _of(select(column, *counted), period, viewer).group_by(column)
    rows = [TimeLine(_key(key), *numbers) for key, *numbers in db.session.execute(lines)]
    minutes, entries, tickets = db.session.execute(_of(select(*counted), period, viewer)).one()
    ordered = sorted(rows, key=lambda row: (-row.minutes, row.key))
    return TimeReport(told_by, TimeLine("", minutes or 0, entries, tickets), ordered)


def minutes_in(period: Period, viewer: User | None = None) -> int:
    """Return all minutes of `period`, on the tickets of `time_report`."""
    return db.session.scalar(_of(select(func.sum(TicketTime.minutes)), period, viewer)) or 0


def list_entries(
    period: Period,
    viewer: User,
    *,
    told_by: TimeBy | None = None,
    key: str = "",
    after: str | None = None,
    limit: int = PAGE,
) -> Page[Spent]:
    """Return a page of the entries behind a number, the newest day first: of tickets that `viewer` may see."""
    rows = _entries(period, viewer, told_by, key)
    keyed = rows.with_only_columns(TicketTime.worked_on, TicketTime.id, *SPENT, maintain_column_froms=True)
    return fetch_page(
        keyed, [TicketTime.worked_on, TicketTime.id], after=after, limit=limit, shape=lambda row: Spent(*row[2:])
    )


def count_entries(period: Period, viewer: User, told_by: TimeBy, key: str) -> tuple[int, int]:
    """Return how many entries are behind a number, and how many minutes, as far as `viewer` sees their tickets."""
    numbers = (func.count(), func.sum(TicketTime.minutes))
    rows = _entries(period, viewer, told_by, key).with_only_columns(*numbers, maintain_column_froms=True)
    entries, minutes = db.session.execute(rows).one()
    return entries, minutes or 0


def _entries(period: Period, viewer: User, told_by: TimeBy | None, key: str) -> Select[Any]:
    rows = visible_to(viewer).join(TicketTime, TicketTime.ticket_id == Ticket.id)
    rows = rows.join(User, User.id == TicketTime.user_id).where(*_counts(period.first, period.last))
    return rows.where(_is(told_by, key)) if told_by is not None else rows


def _of(chosen: Select[*tuple[Any, ...]], period: Period, viewer: User | None) -> Select[*tuple[Any, ...]]:
    joined = chosen.select_from(TicketTime).join(Ticket, Ticket.id == TicketTime.ticket_id)
    seen = seen_by(viewer) if viewer is not None else Ticket.is_private.is_(False)
    return joined.where(seen, *_counts(period.first, period.last))


def _counts(first: date, last: date) -> tuple[ColumnElement[bool], ...]:
    return (
        TicketTime.worked_on >= first,
        TicketTime.worked_on <= last,
        TicketTime.is_current.is_(True),
        TicketTime.minutes > 0,
    )


def _is(told_by: TimeBy, key: str) -> ColumnElement[bool]:
    column = _COLUMNS[told_by]
    if told_by is TimeBy.TYPE:
        return column == key
    if told_by is TimeBy.ACTIVITY:
        return column == next((each for each in Activity if each == key), None)
    if not key:
        return column.is_(None)
    number = int(key) if key.isascii() and key.isdecimal() and len(key) < 10 else 0
    return column == number


def _key(value: Any) -> str:
    if value is None:
        return ""
    return value.value if isinstance(value, Activity) else str(value)
