"""Counting tickets: of each part of a period, the tallies of types, agencies or priorities. Tickets, not books.

Private tickets are counted apart (`unlisted.py`), for each person those that they see: a number tells of a ticket.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, null, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, aliased

from adminops.db import db
from adminops.identity.models import Agency
from adminops.identity.permissions import Reach
from tickets.insights.models import By
from tickets.insights.periods import Period
from tickets.insights.tallies import Tally
from tickets.models import Priority, Ticket

Tallies = dict[str, Tally]
"""Tallies by the key of a type, the id of an agency as text ("" for none) or the value of a priority."""

COLUMNS: dict[By, InstrumentedAttribute[Any]] = {
    By.TYPE: Ticket.request_type,
    By.AGENCY: Ticket.agency_id,
    By.PRIORITY: Ticket.priority,
}
_OTHER = aliased(Ticket)
PRIVATE = Ticket.id.in_(select(_OTHER.id).where(_OTHER.is_private))
"""That a ticket is private, by number: so it is looked up among the few that are, and not among all that are open."""
RANKED = dict(enumerate((Priority.LOW, Priority.NORMAL, Priority.HIGH, Priority.URGENT)))
"""Priorities by their urgency."""


def key_of(value: Any) -> str:
    """Return what tallies know a value of one of `COLUMNS` by."""
    return "" if value is None else str(value)


def within(reach: Reach) -> list[ColumnElement[bool]]:
    """Return the condition that a ticket lies where somebody may see numbers."""
    return [] if reach.everywhere else [Ticket.agency_id.in_(sorted(reach.agency_ids))]


def count_tickets(parts: Sequence[Period], told_by: Collection[By], reach: Reach, zone: str) -> list[dict[By, Tallies]]:
    """Return the tallies of each of `parts` (in order, without overlaps): two reads for all of them.

    Of tickets that are not private.
    """
    bounds = [part.bounds(zone) for part in parts]
    starts = [start for start, _ in bounds]
    counted: list[dict[By, Tallies]] = [{by: {} for by in told_by} for _ in parts]
    columns = [COLUMNS[by] for by in told_by]
    if not parts:
        return counted

    def tallies(moment: datetime, values: Sequence[Any]) -> list[Tally]:
        part = counted[bisect_right(starts, moment) - 1]
        return [part[by].setdefault(key_of(value), Tally()) for by, value in zip(told_by, values, strict=True)]

    came = _within(Ticket.filed_at, bounds, reach).with_only_columns(
        Ticket.filed_at, Ticket.times_reopened > 0, Ticket.reply_took, Ticket.reply_met, *columns
    )
    for moment, reopened, took, met, *values in db.session.execute(came):
        for tally in tallies(moment, values):
            tally.open_one(reopened=reopened, took=took, met=met)
    went = _within(Ticket.resolved_at, bounds, reach).with_only_columns(
        Ticket.resolved_at, Ticket.solution_took, Ticket.solution_met, Ticket.rating, *columns
    )
    for moment, took, met, rating, *values in db.session.execute(went):
        for tally in tallies(moment, values):
            tally.resolve_one(took=took, met=met, rating=rating)
    return counted


def count_open(by: By, reach: Reach, *, merged_since: datetime | None = None) -> dict[str, int]:
    """Return how many tickets that are not private are open now, by the keys of their tallies.

    With `merged_since` those count, too, that came since and were merged: they are among those that came, and are
    neither open now nor resolved. All are counted in their indexes, and the few private ones taken off: an index does
    not say which those are.
    """
    column = Ticket.urgency if by is By.PRIORITY else COLUMNS[by]  # what the indexes of the lists begin with
    is_open = (Ticket.is_open, *within(reach))
    all_open = (
        _of_agencies(reach) if by is By.AGENCY else [select(column, func.count()).where(*is_open).group_by(column)]
    )
    others = [select(column, -func.count()).where(PRIVATE, *is_open).group_by(column)]
    if merged_since is not None:
        merged = (Ticket.merged_into_id.is_not(None), Ticket.filed_at >= merged_since, ~PRIVATE, *within(reach))
        others.append(select(column, func.count()).where(*merged).group_by(column))
    counted: Counter[str] = Counter()
    for value, number in db.session.execute(union_all(*all_open, *others)):
        counted[RANKED[value].value if by is By.PRIORITY else key_of(value)] += number
    return {key: number for key, number in counted.items() if number}


def _of_agencies(reach: Reach) -> list[Select[Any]]:
    """Return how many are open of each agency: one count in its own index each, which beats sorting all of them."""
    of_it = select(func.count()).where(Ticket.is_open)
    each = select(Agency.id, of_it.where(Ticket.agency_id == Agency.id).scalar_subquery())
    if not reach.everywhere:
        return [each.where(Agency.id.in_(sorted(reach.agency_ids)))]
    return [each, select(null(), of_it.where(Ticket.agency_id.is_(None)).scalar_subquery())]


def _within(
    moment: InstrumentedAttribute[Any], bounds: Sequence[tuple[datetime, datetime]], reach: Reach
) -> Select[Any]:
    """Return the tickets of these spans; spans that follow each other are asked for as one."""
    spans: list[list[datetime]] = []
    for start, end in bounds:
        if spans and spans[-1][1] == start:
            spans[-1][1] = end
        else:
            spans.append([start, end])
    inside = or_(*(and_(moment >= start, moment < end) for start, end in spans))
    return select(Ticket).where(inside, Ticket.is_private.is_(False), *within(reach))
