"""The list of tickets, with its saved views and filters."""

from enum import StrEnum
from functools import partial
from typing import Any, TypeVar

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from adminops.identity.permissions import Permission
from adminops.web.access import access, signed_in_user
from adminops.web.navigation import registry
from adminops.web.remembering import remembered
from tickets import queries
from tickets.catalogue import all_types
from tickets.models import Priority, TicketState
from tickets.queries import Order, TicketFilter, View

blueprint = Blueprint("tickets", "tickets", url_prefix="/tickets", template_folder="templates")

VIEWS = {
    View.MINE: "Mine",
    View.UNASSIGNED: "Unassigned",
    View.LATE: "Late or due soon",
    View.OPEN: "All open",
    View.ALL: "Everything",
}
ORDERS = {
    Order.ACTIVITY: "Newest activity first",
    Order.PRIORITY: "Most urgent first",
    Order.DUE: "Due first",
}

E = TypeVar("E", bound=StrEnum)


@blueprint.get("")
@access(Permission.READ_AGENCY_TICKETS)
def index() -> ResponseReturnValue:
    """Show the list, or to htmx its results alone."""
    user, wanted = signed_in_user(), read_filter(request.args)
    counts = remembered(("tickets.views", user.id), lambda: queries.count_views(user))
    results = {
        "wanted": wanted,
        "page": queries.list_tickets(wanted, user, after=request.args.get("after")),
        "total": queries.count_tickets(wanted, user) if wanted.narrows else counts[wanted.view],
        "order": ORDERS[wanted.order],
        "columns": _columns(wanted),
        "address": partial(address, wanted),
    }
    if request.headers.get("HX-Request"):
        return render_template("tickets/results.html", **results)
    return render_template(
        "tickets/index.html", tabs=_tabs(wanted, counts), choices=remembered("tickets.choices", _choices), **results
    )


def _tabs(wanted: TicketFilter, counts: dict[View, int]) -> list[dict[str, Any]]:
    return [
        {"label": label, "count": counts[view], "current": view is wanted.view, "url": address(TicketFilter(view=view))}
        for view, label in VIEWS.items()
    ]


def _choices() -> dict[str, list[tuple[Any, str]]]:
    """Return what each filter offers, as (value, label)."""
    return {
        "states": [(state.value, state.value.capitalize()) for state in TicketState],
        "priorities": [(level.value, level.value.capitalize()) for level in Priority],
        "types": [(kind.key, kind.title) for kind in all_types(registry().features)],
        "agencies": [(row.id, row.name) for row in queries.agencies()],
        "team": [(row.id, row.name) for row in queries.team()],
    }


def _columns(wanted: TicketFilter) -> list[Any]:
    """Return the heads of the table; another order is one click away, except where the late ones come first anyway."""
    heads: dict[Order, dict[str, Any]] = {
        Order.PRIORITY: {"label": "Priority", "url": address(wanted, order="priority")},
        Order.DUE: {"label": "Due", "url": None},
        Order.ACTIVITY: {"label": "Last activity", "cls": "cell-extra", "url": address(wanted, order=None)},
    }
    heads[wanted.order].update(sorted="ascending" if wanted.order is Order.DUE else "descending", url=None)
    if wanted.view is View.LATE:
        heads = {order: {**head, "url": None} for order, head in heads.items()}
    return ["Ticket", "Status", heads[Order.PRIORITY], heads[Order.DUE], "Assigned to", heads[Order.ACTIVITY]]


def read_filter(args: MultiDict[str, str]) -> TicketFilter:
    """Return the filter of an address; what it does not understand narrows nothing."""
    view = _one_of(View, args.get("view")) or View.OPEN
    by_priority = args.get("order") == Order.PRIORITY
    return TicketFilter(
        view=view,
        words=args.get("q", "").strip()[:200],
        state=_one_of(TicketState, args.get("status")),
        priority=_one_of(Priority, args.get("priority")),
        request_type=args.get("type", "")[:60],
        agency_id=_number(args.get("agency")),
        assignee_id=_number(args.get("assignee")),
        order=Order.DUE if view is View.LATE else Order.PRIORITY if by_priority else Order.ACTIVITY,
    )


def address(wanted: TicketFilter, **over: Any) -> str:
    """Return the address of a list, without what goes without saying; `over` changes or (None) drops a part."""
    said: dict[str, Any] = {
        "view": wanted.view.value if wanted.view is not View.OPEN else None,
        "q": wanted.words,
        "status": wanted.state.value if wanted.state else None,
        "priority": wanted.priority.value if wanted.priority else None,
        "type": wanted.request_type,
        "agency": wanted.agency_id,
        "assignee": wanted.assignee_id,
        "order": wanted.order.value if wanted.order is Order.PRIORITY else None,
    }
    parts = {name: value for name, value in {**said, **over}.items() if value not in (None, "")}
    return url_for("tickets.index", **parts)


def _one_of(kind: type[E], text: str | None) -> E | None:
    return next((member for member in kind if member.value == text), None)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else None
