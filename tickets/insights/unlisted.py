"""Private tickets in numbers: everybody's count those that they see themselves, so no number tells of another.

Books are everybody's and know nothing of them. They are few: one read has those of a period, and they are counted here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, or_

from adminops import clock
from adminops.db import db
from adminops.identity.models import User
from adminops.identity.permissions import Reach
from adminops.settings import current_settings
from tickets.insights.counting import COLUMNS, PRIVATE, Tallies, key_of, within
from tickets.insights.models import By
from tickets.insights.periods import Period
from tickets.insights.tallies import Tally
from tickets.models import Ticket
from tickets.sight import visible_to

_COUNTED = (
    Ticket.filed_at, Ticket.resolved_at, Ticket.is_open, Ticket.times_reopened > 0,
    Ticket.reply_took, Ticket.reply_met, Ticket.solution_took, Ticket.solution_met, Ticket.rating,
)  # fmt: skip


@dataclass(frozen=True)
class _Private:
    key: str
    filed_at: datetime
    resolved_at: datetime | None
    is_open: bool
    reopened: bool
    reply_took: int | None
    reply_met: bool | None
    solution_took: int | None
    solution_met: bool | None
    rating: str | None

    def left_open(self, now: bool, end: datetime) -> bool:
        """Say whether it is open `now`, or was at `end`: what the list behind that number asks."""
        return self.is_open if now or self.resolved_at is None else self.resolved_at >= end


def seen_by(viewer: User) -> ColumnElement[bool]:
    """Return that a ticket is not private, or one that `viewer` sees."""
    private = visible_to(viewer).where(PRIVATE).with_only_columns(Ticket.id).correlate(None)
    return or_(Ticket.is_private.is_(False), Ticket.id.in_(private))


def add_private(
    counted: Sequence[Tallies],
    backlog: dict[str, int],
    parts: Sequence[Period],
    told_by: By,
    viewer: User,
    reach: Reach,
) -> None:
    """Add the private tickets that `viewer` sees within `reach` to the tallies of `parts` and what was open after them.

    One read, for all parts together.
    """
    zone = current_settings().time_zone
    bounds = [part.bounds(zone) for part in parts]
    for ticket in _private(bounds[0][0], bounds[-1][1], told_by, viewer, reach):
        for tallies, (start, end) in zip(counted, bounds, strict=True):
            _add(ticket, tallies, start, end)
        if ticket.left_open(parts[-1].last >= clock.today(zone), bounds[-1][1]):
            backlog[ticket.key] = backlog.get(ticket.key, 0) + 1


def _private(start: datetime, end: datetime, told_by: By, viewer: User, reach: Reach) -> Iterator[_Private]:
    """Return those that were there between `start` and `end` and not resolved before that."""
    rows = visible_to(viewer).where(PRIVATE, *within(reach), Ticket.filed_at < end)
    rows = rows.where(or_(Ticket.resolved_at.is_(None), Ticket.resolved_at >= start, Ticket.filed_at >= start))
    for key, *values in db.session.execute(rows.with_only_columns(COLUMNS[told_by], *_COUNTED)):
        yield _Private(key_of(key), *values)


def _add(ticket: _Private, tallies: Tallies, start: datetime, end: datetime) -> None:
    if start <= ticket.filed_at < end:
        tally = tallies.setdefault(ticket.key, Tally())
        tally.open_one(reopened=ticket.reopened, took=ticket.reply_took, met=ticket.reply_met)
    if ticket.resolved_at is not None and start <= ticket.resolved_at < end:
        tally = tallies.setdefault(ticket.key, Tally())
        tally.resolve_one(took=ticket.solution_took, met=ticket.solution_met, rating=ticket.rating)
