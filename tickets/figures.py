"""What the dashboard counts of tickets, in one read."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, func, select

from adminops import clock
from adminops.db import db
from adminops.identity.models import User
from tickets.filters import SOON
from tickets.goals.queries import office_calendar
from tickets.models import Ticket
from tickets.sight import visible_to

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Figures:
    """Numbers of the tickets that somebody sees."""

    open: int
    unassigned: int
    late: int
    """Open ones past the time at which they should have been resolved."""
    soon: int
    """Those that are late or due soon."""
    resolved: int
    """In the last seven days, and not reopened since."""
    before: int
    """In the seven days before."""


def figures_of(viewer: User) -> Figures:
    """Return the numbers of the dashboard as they are now."""
    now = clock.now()
    soon = office_calendar().add(now, SOON)
    wanted: tuple[tuple[ColumnElement[bool], ...], ...] = (
        (Ticket.is_open.expression,),
        (Ticket.is_open.expression, Ticket.assignee_id.is_(None)),
        (Ticket.is_open.expression, Ticket.due_at < now),
        (Ticket.is_open.expression, Ticket.due_at <= soon),
        (Ticket.resolved_at >= now - WEEK, Ticket.resolved_at < now),
        (Ticket.resolved_at >= now - 2 * WEEK, Ticket.resolved_at < now - WEEK),
    )
    visible = visible_to(viewer).with_only_columns(func.count(Ticket.id))
    counts = (visible.where(*conditions).scalar_subquery() for conditions in wanted)
    return Figures(*db.session.execute(select(*counts)).one())
