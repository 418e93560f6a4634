"""Reads of the help desk. Every one starts at `visible_to(viewer)`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Integer,
    ScalarSelect,
    Select,
    String,
    bindparam,
    cast,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased, joinedload, lazyload

from adminops import clock
from adminops.db import db
from adminops.errors import NotFound
from adminops.identity.models import Agency, RoleGrant, User
from adminops.identity.permissions import ROLE_PERMISSIONS, Permission
from adminops.web.listing import PAGE, Page, fetch_page, read_cursor, write_cursor
from adminops.web.remembering import recalled, remembered
from tickets.approvals import waiting_for
from tickets.columns.models import TicketColumns
from tickets.filters import can_use, has_words, narrow
from tickets.finding import MOST_COUNTED, Found, Total, find
from tickets.fulltext import number_key, words_of
from tickets.goals.queries import calendar_numbered
from tickets.language import MOST_TERMS, Query, Term, parse
from tickets.models import Priority, SavedView, Ticket, TicketLink, TicketMessage, TicketState, WaitingOn
from tickets.sight import find_seen, of_mine, visible_to

Assignee = aliased(User)


class View(StrEnum):
    """The views that everybody has, each with the query that it stands for."""

    def __new__(cls, value: str, query: str) -> "View":
        """Keep the query beside the name."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.query = query
        return member

    query: str

    MINE = "mine", "is:open is:mine"
    UNASSIGNED = "unassigned", "is:open is:unassigned"
    LATE = "late", "is:due-soon"
    WAITING = "waiting", "is:waiting"
    OPEN = "open", "is:open"
    ALL = "all", ""


class Order(StrEnum):
    """How the list may be ordered, each with the words for it."""

    def __new__(cls, value: str, label: str) -> "Order":
        """Keep the label beside the name."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member

    label: str

    ACTIVITY = "activity", "Newest activity first"
    PRIORITY = "priority", "Most urgent first"
    DUE = "due", "Due first"
    """Without those whose clock stands still: they are due at no time."""
    NEWEST = "newest", "Newest first"
    OLDEST = "oldest", "Oldest first"


COLUMNS = {
    "status": "Status",
    "priority": "Priority",
    "due": "Due",
    "assignee": "Assigned to",
    "activity": "Last activity",
    "topic": "Topic",
    "filed": "Filed",
    "tags": "Tags",
}
"""What may stand beside the subject, by names that addresses and saved views use."""


@dataclass(frozen=True, kw_only=True)
class TicketFilter:
    """What a list shows: a view, and what narrows it further."""

    view: View = View.OPEN
    query: Query = ()
    order: Order = Order.ACTIVITY

    @property
    def narrows(self) -> bool:
        """Whether anything but the view is chosen."""
        return bool(self.query)

    @property
    def terms(self) -> Query:
        """All that has to hold."""
        return (*parse(self.view.query), *self.query)


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
    filed_at: datetime
    request_type: str
    minutes_left: int | None
    """Minutes of its calendar until it is due, below zero when late; None where no clock runs."""

    @property
    def clock(self) -> Literal["running", "paused", "done"]:
        """What the clock of the solution does: a wait stops it only where the policy says so."""
        return "running" if self.minutes_left is not None else self.state.clock


@dataclass(frozen=True)
class Choice:
    """Something to choose in a select box."""

    id: int
    name: str


def get_ticket(ticket_id: int, viewer: User) -> Ticket:
    """Return a ticket with requester, assignee and agency. Raises `NotFound` also for one that is not theirs to see."""
    ticket = find_seen(ticket_id, viewer)
    if ticket is None:
        raise NotFound("There is no such ticket, or it is not yours to see.")
    return ticket


def get_link(ticket: Ticket, link_id: int) -> TicketLink:
    """Return a link of `ticket`. Raises `NotFound`."""
    found = db.session.get(TicketLink, link_id)
    if found is None or found.ticket_id != ticket.id:
        raise NotFound("That link was taken off already.")
    return found


def first_message(ticket: Ticket) -> TicketMessage:
    """Return the text of the request."""
    first = select(TicketMessage).where(TicketMessage.ticket_id == ticket.id).order_by(TicketMessage.id).limit(1)
    return db.session.scalars(first).one()


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
    Ticket.filed_at,
    Ticket.request_type,
    Ticket.due_at,
    Ticket.calendar_version_id,
)
_KEYS: Mapping[Order, tuple[InstrumentedAttribute[Any], ...]] = {
    Order.ACTIVITY: (Ticket.updated_at, Ticket.id),
    Order.PRIORITY: (Ticket.urgency, Ticket.updated_at, Ticket.id),
    Order.DUE: (Ticket.due_at, Ticket.id),
    Order.NEWEST: (Ticket.id,),
    Order.OLDEST: (Ticket.id,),
}
_ASCENDING = (Order.DUE, Order.OLDEST)


def list_tickets(wanted: TicketFilter, viewer: User, *, after: str | None = None, limit: int = PAGE) -> Page[TicketRow]:
    """Return a page of the list that `wanted` describes; `after` is the cursor of the page before.

    Raises `Wrong` for a name in the query that nobody bears.
    """
    if _is_search(wanted):
        found, before = _found(wanted, viewer, after, limit)
        return _page_of(found, viewer, first=before is None, limit=limit)
    return _page(matching(wanted, viewer), wanted.order, after, searching=has_words(wanted.query), limit=limit)


def list_and_count(wanted: TicketFilter, viewer: User, *, after: str | None = None) -> tuple[Page[TicketRow], Total]:
    """Return a page as `list_tickets` does, and how many tickets the list has. Raises `Wrong`."""
    if _is_search(wanted) and (after is None or read_cursor(after, 1) is None):
        found, _ = _found(wanted, viewer, None, PAGE)
        return _page_of(found, viewer, first=True, limit=PAGE), found.total
    return list_tickets(wanted, viewer, after=after), count_tickets(wanted, viewer)


def count_tickets(wanted: TicketFilter, viewer: User) -> Total:
    """Return how many tickets that list has. Raises `Wrong`."""
    if has_words(wanted.query):
        return _found(wanted, viewer, None, PAGE)[0].total
    return Total.counted(db.session.scalar(select(_counted(matching(wanted, viewer), MOST_COUNTED + 1))) or 0)


def _is_search(wanted: TicketFilter) -> bool:
    return has_words(wanted.query) and wanted.order is Order.NEWEST


def _found(wanted: TicketFilter, viewer: User, after: str | None, page: int) -> tuple[Found, int | None]:
    """Return what a search finds, and before which number it looked; a cursor of another list is none."""
    at = read_cursor(after, 1)
    before = at[0] if at and isinstance(at[0], int) and 0 < at[0] < 2**31 else None
    visible = visible_to(viewer)
    if wanted.order is Order.DUE:
        visible = visible.where(Ticket.due_at.is_not(None))
    return find(visible, wanted.terms, viewer, page=page, before=before), before


def _page_of(found: Found, viewer: User, *, first: bool, limit: int) -> Page[TicketRow]:
    shown, now = found.ids[:limit], clock.now()
    rows = db.session.execute(_shown(visible_to(viewer)), {"shown": shown}) if shown else ()
    after = write_cursor(shown[-1:]) if len(found.ids) > limit else None
    return Page(rows=[_row(row, now) for row in rows], after=after, first=first)


@lru_cache(maxsize=500)
def _shown(visible: Select[Ticket]) -> Select[*tuple[Any, ...]]:
    these = visible.where(Ticket.id.in_(bindparam("shown", type_=Integer(), expanding=True)))
    return _rows(these, ()).order_by(Ticket.id.desc())


def count_views(viewer: User, *, most: int | None = None) -> dict[View, int]:
    """Return how many tickets each view has (and no more than `most`), in one read."""
    visible = visible_to(viewer)
    counts = [_counted(narrow(visible, parse(view.query), viewer), most) for view in View]
    return dict(zip(View, db.session.execute(select(*counts)).one(), strict=True))


def _counted(chosen: Select[Ticket], most: int | None) -> ScalarSelect[int]:
    if most is None:
        return chosen.with_only_columns(func.count(Ticket.id)).scalar_subquery()
    some = chosen.with_only_columns(Ticket.id).limit(most).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


def views_counted(viewer: User) -> dict[View, int]:
    """Return what `count_views` counts up to `MOST_COUNTED`, and one more where there are more; remembered."""
    return remembered(("tickets.views", viewer.id), lambda: count_views(viewer, most=MOST_COUNTED + 1))


def open_counted(viewer: User) -> ScalarSelect[int] | int:
    """Return what counts the open tickets of `viewer` up to that, or the number where a list has just counted."""
    known: dict[View, int] | None = recalled(("tickets.views", viewer.id))
    return known[View.OPEN] if known else _counted(visible_to(viewer).where(Ticket.is_open), MOST_COUNTED + 1)


def list_requests(
    viewer: User, *, agency: bool = False, only_open: bool, after: str | None = None, limit: int = PAGE
) -> Page[TicketRow]:
    """Return a page of what `viewer` asked for or takes part in, or (`agency`) of all requests that they may see."""
    chosen = visible_to(viewer)
    if not agency:
        chosen = chosen.where(of_mine(viewer))
    if only_open:
        chosen = chosen.where(Ticket.is_open)
    return _page(chosen, Order.ACTIVITY, after, limit=limit)


def find_tickets(text: str, viewer: User, limit: int) -> list[TicketRow]:
    """Return the tickets that bear this number or these words, the newest first."""
    query = tuple(Term("", (word,)) for word in words_of(text)[:MOST_TERMS])
    if not query:
        return []
    found = find(visible_to(viewer), query, viewer, page=limit)
    return list(_page_of(found, viewer, first=True, limit=limit).rows) if found.ids else []


def open_requests_of(user_id: int, viewer: User, limit: int) -> list[TicketRow]:
    """Return the open tickets of a person that `viewer` may see, the latest first."""
    chosen = visible_to(viewer).where(Ticket.is_open, Ticket.requester_id == user_id)
    return list(_page(chosen, Order.ACTIVITY, None, limit=limit).rows)


def list_waiting_for(viewer: User, limit: int) -> list[TicketRow]:
    """Return the tickets that wait for a word `viewer` may give, the latest first."""
    if not (viewer.may(Permission.APPROVE_REQUESTS) or viewer.may(Permission.REQUEST_FOR_AGENCY)):
        return []
    return list(_page(waiting_for(viewer), Order.ACTIVITY, None, limit=limit).rows)


def matching(wanted: TicketFilter, viewer: User) -> Select[Ticket]:
    """Return the tickets of the list that `wanted` describes, in no order. Raises `Wrong`."""
    chosen = narrow(visible_to(viewer), wanted.terms, viewer)
    return chosen.where(Ticket.due_at.is_not(None)) if wanted.order is Order.DUE else chosen


def _page(
    chosen: Select[Ticket], order: Order, after: str | None, *, searching: bool = False, limit: int = PAGE
) -> Page[TicketRow]:
    keys, now = [*_KEYS[order][:-1], number_key(searching)], clock.now()
    return fetch_page(
        _rows(chosen, keys),
        keys,
        after=after,
        descending=order not in _ASCENDING,
        limit=limit,
        shape=lambda row: _row(row[len(keys) :], now),
    )


def _rows(chosen: Select[Ticket], keys: Sequence[Any]) -> Select[*tuple[Any, ...]]:
    joined = chosen.join(User, User.id == Ticket.requester_id).outerjoin(Agency, Agency.id == Ticket.agency_id)
    assigned = joined.outerjoin(Assignee, Assignee.id == Ticket.assignee_id)
    return assigned.with_only_columns(*keys, *_ROW, maintain_column_froms=True)


def _row(row: Any, now: datetime) -> TicketRow:
    *values, due_at, version_id = row
    values.append(calendar_numbered(version_id).minutes(now, due_at) if due_at else None)
    return TicketRow(*values)


# Saved views


def views_of(viewer: User) -> list[SavedView]:
    """Return the saved views that `viewer` has: their own by name, then the shared ones of others."""
    return list(db.session.scalars(_views(viewer).order_by(SavedView.owner_id != viewer.id, SavedView.name)))


def get_view(view_id: int, viewer: User) -> SavedView:
    """Return a saved view that `viewer` has. Raises `NotFound`."""
    view = db.session.scalar(_views(viewer).where(SavedView.id == view_id))
    if view is None:
        raise NotFound("There is no such view, or its owner no longer shares it.")
    return view


def _views(viewer: User) -> Select[SavedView]:
    owner = joinedload(SavedView.owner).options(lazyload(User.grants))
    return select(SavedView).where(_is_theirs(viewer)).options(owner)


def _is_theirs(viewer: User) -> ColumnElement[bool]:
    return or_(SavedView.owner_id == viewer.id, SavedView.is_shared & can_use(viewer))


# Choices

TEAM = select(User.id, User.name).where(
    User.may_sign_in,
    User.id.in_(
        select(RoleGrant.user_id).where(
            RoleGrant.role.in_([role for role, held in ROLE_PERMISSIONS.items() if Permission.WORK_TICKETS in held])
        )
    ),
)


@dataclass(frozen=True)
class Choices:
    """What the bar above a list offers by name."""

    agencies: list[Choice]
    team: list[Choice]
    views: list[Choice]
    columns: Sequence[str] = ()
    """The columns that the viewer wants on lists; none: the usual ones."""


def choices_of(viewer: User) -> Choices:
    """Return what `viewer` may narrow a list to: agencies, the team, saved views as `views_of` has them."""
    return remembered(
        ("tickets.choices", viewer.id),
        lambda: _choices_of(viewer),
        of=(Agency, User, RoleGrant, SavedView, TicketColumns),
    )


def team() -> list[Choice]:
    """Return who works on tickets, by name."""
    return _choices(TEAM.order_by(User.name, User.id))


def agencies() -> list[Choice]:
    """Return the agencies, by name; remembered."""
    named = select(Agency.id, Agency.name).order_by(Agency.name)
    return remembered("tickets.agencies", lambda: _choices(named), of=(Agency,))


def _choices_of(viewer: User) -> Choices:
    views = select(SavedView.id, SavedView.name).where(_is_theirs(viewer))
    own = SavedView.owner_id == viewer.id
    columns = select(TicketColumns.user_id, cast(TicketColumns.columns, String)).where(
        TicketColumns.user_id == viewer.id
    )
    offered: dict[int, list[Choice]] = {part: [] for part in range(5)}
    parts = (select(Agency.id, Agency.name), TEAM, views.where(own), views.where(~own), columns)
    listed = union_all(
        *(part.add_columns(literal(number).label("part")) for number, part in enumerate(parts))
    ).subquery()
    for id_, name, part in db.session.execute(select(listed).order_by(listed.c.name, listed.c.id)):
        offered[part].append(Choice(id_, name))
    kept = [name for row in offered[4] for name in json.loads(row.name)]
    return Choices(agencies=offered[0], team=offered[1], views=offered[2] + offered[3], columns=kept)


def _choices(chosen: Select[int, str]) -> list[Choice]:
    return [Choice(id_, name) for id_, name in db.session.execute(chosen)]
