"""Reads of the help desk. Every one starts at `visible_to(viewer)`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, aliased, joinedload, lazyload

from adminops import clock
from adminops.db import db
from adminops.errors import NotFound
from adminops.identity.models import Agency, RoleGrant, User
from adminops.identity.permissions import ROLE_PERMISSIONS, Permission
from adminops.web.listing import PAGE, Page, fetch_page
from tickets.goals.queries import calendar_numbered, office_calendar
from tickets.models import Priority, Ticket, TicketLink, TicketState, WaitingOn

Assignee = aliased(User)
SOON = timedelta(hours=4)
"""A clock with less office time than this left is "due soon"."""


class View(StrEnum):
    """The saved views of the list."""

    MINE = "mine"
    UNASSIGNED = "unassigned"
    LATE = "late"
    OPEN = "open"
    ALL = "all"


class Order(StrEnum):
    """How the list may be ordered."""

    ACTIVITY = "activity"
    PRIORITY = "priority"
    DUE = "due"
    """Of the late ones only: elsewhere not every ticket has a time at which it is due."""


@dataclass(frozen=True, kw_only=True)
class TicketFilter:
    """What a list shows: a view, and what narrows it further. None and "" narrow nothing."""

    view: View = View.OPEN
    words: str = ""
    state: TicketState | None = None
    priority: Priority | None = None
    request_type: str = ""
    agency_id: int | None = None
    assignee_id: int | None = None
    order: Order = Order.ACTIVITY

    @property
    def narrows(self) -> bool:
        """Whether anything but the view is chosen."""
        chosen = (self.state, self.priority, self.agency_id, self.assignee_id)
        return bool(self.words or self.request_type) or any(value is not None for value in chosen)


@dataclass(frozen=True, slots=True)
class TicketRow:
    """One ticket on a list."""

    id: int
    subject: str
    state: TicketState
    waiting_on: WaitingOn | None
    priority: Priority
    requester: str
    agency: str | None
    assignee_id: int | None
    assignee: str | None
    updated_at: datetime
    minutes_left: int | None
    """Minutes of its calendar until it is due, below zero when late; None where no clock runs."""


@dataclass(frozen=True)
class Choice:
    """Something to choose in a select box."""

    id: int
    name: str


def visible_to(viewer: User) -> Select[Ticket]:
    """Return the tickets `viewer` may know of: their own, those of agencies they read, all for the team."""
    reach = viewer.reach(Permission.READ_AGENCY_TICKETS)
    if reach.everywhere or viewer.reach(Permission.WORK_TICKETS).everywhere:
        return select(Ticket)
    return select(Ticket).where(or_(Ticket.requester_id == viewer.id, Ticket.agency_id.in_(sorted(reach.agency_ids))))


def get_ticket(ticket_id: int, viewer: User) -> Ticket:
    """Return a ticket with requester, assignee and agency. Raises `NotFound` also for one that is not theirs to see."""
    people = [joinedload(person).options(lazyload(User.grants)) for person in (Ticket.requester, Ticket.assignee)]
    ticket = db.session.scalar(
        visible_to(viewer).where(Ticket.id == ticket_id).options(*people, joinedload(Ticket.agency))
    )
    if ticket is None:
        raise NotFound("There is no such ticket, or it is not yours to see.")
    return ticket


def get_link(ticket: Ticket, link_id: int) -> TicketLink:
    """Return a link of `ticket`. Raises `NotFound`."""
    found = db.session.get(TicketLink, link_id)
    if found is None or found.ticket_id != ticket.id:
        raise NotFound("That link was taken off already.")
    return found


def links_of(ticket: Ticket) -> list[TicketLink]:
    """Return what is linked to `ticket`, the oldest first."""
    return list(db.session.scalars(select(TicketLink).where(TicketLink.ticket_id == ticket.id).order_by(TicketLink.id)))


# Lists

_ROW = (
    Ticket.id,
    Ticket.subject,
    Ticket.state,
    Ticket.waiting_on,
    Ticket.priority,
    User.name,
    Agency.name,
    Ticket.assignee_id,
    Assignee.name,
    Ticket.updated_at,
    Ticket.due_at,
    Ticket.calendar_version_id,
)
_KEYS: Mapping[Order, tuple[InstrumentedAttribute[Any], ...]] = {
    Order.ACTIVITY: (Ticket.updated_at, Ticket.id),
    Order.PRIORITY: (Ticket.urgency, Ticket.updated_at, Ticket.id),
    Order.DUE: (Ticket.due_at, Ticket.id),
}


def list_tickets(wanted: TicketFilter, viewer: User, *, after: str | None = None) -> Page[TicketRow]:
    """Return a page of the list that `wanted` describes; `after` is the cursor of the page before."""
    return _page(_narrowed(wanted, viewer), wanted.order, after)


def count_tickets(wanted: TicketFilter, viewer: User) -> int:
    """Return how many tickets that list has."""
    return db.session.scalar(_narrowed(wanted, viewer).with_only_columns(func.count(Ticket.id))) or 0


def count_views(viewer: User) -> dict[View, int]:
    """Return how many tickets each view has, in one read."""
    counts = [
        visible_to(viewer).where(_in_view(view, viewer)).with_only_columns(func.count(Ticket.id)).scalar_subquery()
        for view in View
    ]
    return dict(zip(View, db.session.execute(select(*counts)).one(), strict=True))


def count_late(viewer: User) -> int:
    """Return how many open tickets are past the time at which they should have been resolved."""
    late = visible_to(viewer).where(Ticket.is_open, Ticket.due_at < clock.now())
    return db.session.scalar(late.with_only_columns(func.count(Ticket.id))) or 0


def count_resolved(viewer: User, *, since: datetime, until: datetime) -> int:
    """Return how many tickets were resolved from `since` on and before `until`, and have not been reopened."""
    resolved = visible_to(viewer).where(Ticket.resolved_at >= since, Ticket.resolved_at < until)
    return db.session.scalar(resolved.with_only_columns(func.count(Ticket.id))) or 0


def count_open(viewer: User) -> int:
    """Return how many open tickets `viewer` may see."""
    return db.session.scalar(visible_to(viewer).where(Ticket.is_open).with_only_columns(func.count(Ticket.id))) or 0


def list_requests(
    viewer: User, *, agency: bool = False, only_open: bool, after: str | None = None, limit: int = PAGE
) -> Page[TicketRow]:
    """Return a page of what `viewer` asked for, or (`agency`) of all requests that they may see."""
    chosen = visible_to(viewer)
    if not agency:
        chosen = chosen.where(Ticket.requester_id == viewer.id)
    if only_open:
        chosen = chosen.where(Ticket.is_open)
    return _page(chosen, Order.ACTIVITY, after, limit=limit)


def find_tickets(text: str, viewer: User, limit: int) -> list[TicketRow]:
    """Return the tickets that bear this number or these words in their subject, the latest first."""
    chosen = visible_to(viewer).where(*_hold(text))
    return list(_page(chosen, Order.ACTIVITY, None, limit=limit).rows)


def open_requests_of(user_id: int, viewer: User, limit: int) -> list[TicketRow]:
    """Return the open tickets of a person that `viewer` may see, the latest first."""
    chosen = visible_to(viewer).where(Ticket.is_open, Ticket.requester_id == user_id)
    return list(_page(chosen, Order.ACTIVITY, None, limit=limit).rows)


def _narrowed(wanted: TicketFilter, viewer: User) -> Select[Ticket]:
    chosen = visible_to(viewer).where(_in_view(wanted.view, viewer), *_hold(wanted.words))
    narrowing = (
        (Ticket.state, wanted.state),
        (Ticket.priority, wanted.priority),
        (Ticket.request_type, wanted.request_type or None),
        (Ticket.agency_id, wanted.agency_id),
        (Ticket.assignee_id, wanted.assignee_id),
    )
    return chosen.where(*(column == value for column, value in narrowing if value is not None))


def _in_view(view: View, viewer: User) -> ColumnElement[bool]:
    if view is View.ALL:
        return true()
    if view is View.MINE:
        return and_(Ticket.is_open, Ticket.assignee_id == viewer.id)
    if view is View.UNASSIGNED:
        return and_(Ticket.is_open, Ticket.assignee_id.is_(None))
    if view is View.LATE:
        return and_(Ticket.is_open, Ticket.due_at <= office_calendar().add(clock.now(), SOON))
    return Ticket.is_open.expression


def _hold(words: str) -> list[ColumnElement[bool]]:
    """Return one condition for each word: it stands in the subject or is the ticket's number."""
    conditions: list[ColumnElement[bool]] = []
    for word in words.split()[:8]:
        in_subject = Ticket.subject.icontains(word, autoescape=True)
        number = word.removeprefix("#")
        is_number = number.isascii() and number.isdecimal() and len(number) < 10
        conditions.append(or_(in_subject, Ticket.id == int(number)) if is_number else in_subject)
    return conditions


def _page(chosen: Select[Ticket], order: Order, after: str | None, limit: int = PAGE) -> Page[TicketRow]:
    keys, now = _KEYS[order], clock.now()

    def shape(row: Any) -> TicketRow:
        *values, due_at, version_id = row[len(keys) :]
        values.append(calendar_numbered(version_id).minutes(now, due_at) if due_at else None)
        return TicketRow(*values)

    rows = (
        chosen.join(User, User.id == Ticket.requester_id)
        .outerjoin(Agency, Agency.id == Ticket.agency_id)
        .outerjoin(Assignee, Assignee.id == Ticket.assignee_id)
        .with_only_columns(*keys, *_ROW, maintain_column_froms=True)
    )
    return fetch_page(rows, keys, after=after, descending=order is not Order.DUE, limit=limit, shape=shape)


# Choices


def team() -> list[Choice]:
    """Return who works on tickets, by name."""
    roles = [role for role, held in ROLE_PERMISSIONS.items() if Permission.WORK_TICKETS in held]
    works = select(RoleGrant.user_id).where(RoleGrant.role.in_(roles))
    return _choices(select(User.id, User.name).where(User.may_sign_in, User.id.in_(works)).order_by(User.name))


def agencies() -> list[Choice]:
    """Return the agencies, by name."""
    return _choices(select(Agency.id, Agency.name).order_by(Agency.name))


def find_people(text: str, limit: int) -> list[User]:
    """Return people whose name or user name holds `text`, with their agencies: for filing on somebody's behalf."""
    named = or_(User.name.icontains(text, autoescape=True), User.username.icontains(text, autoescape=True))
    chosen = select(User).where(named).options(lazyload(User.grants), joinedload(User.agency))
    return list(db.session.scalars(chosen.order_by(User.name, User.id).limit(limit)))


def _choices(chosen: Select[int, str]) -> list[Choice]:
    return [Choice(id_, name) for id_, name in db.session.execute(chosen)]
