"""The list of tickets: views, the filter bar with its language, orders and columns."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.web.access import access, signed_in_user
from adminops.web.navigation import registry
from adminops.web.remembering import remembered
from tickets import queries
from tickets.catalogue import all_types
from tickets.language import ALIASES, FIELDS, Wrong, complete
from tickets.models import Priority, TicketState
from tickets.queries import MOST_COUNTED, MOST_IN_VIEW, Order, View
from tickets.views.asking import COLUMNS, Asked, read_address

blueprint = Blueprint("tickets", "tickets", url_prefix="/tickets", template_folder="templates")

VIEWS = {
    View.MINE: "Mine",
    View.UNASSIGNED: "Unassigned",
    View.LATE: "Late or due soon",
    View.WAITING: "Waiting",
    View.OPEN: "All open",
    View.ALL: "Everything",
}
ORDERS = {
    Order.ACTIVITY: "Newest activity first",
    Order.PRIORITY: "Most urgent first",
    Order.DUE: "Due first, without those whose clock stands still",
    Order.NEWEST: "Newest first",
    Order.OLDEST: "Oldest first",
}


@blueprint.get("")
@access(Permission.READ_AGENCY_TICKETS)
def index() -> ResponseReturnValue:
    """Show the list, or to htmx its results alone. A query that can't be understood is answered with a sentence."""
    user, asked = signed_in_user(), read_address(request.args)
    counts = remembered(("tickets.views", user.id), lambda: queries.count_views(user, most=MOST_IN_VIEW + 1))
    try:
        results, status = _results(asked, user, counts), 200
    except Wrong as wrong:
        results, status = {"asked": asked, "wrong": wrong.sentence}, 422
    if request.headers.get("HX-Request"):
        return render_template("tickets/results.html", **results), status
    choices = remembered("tickets.choices", _choices)
    return render_template("tickets/index.html", tabs=_tabs(asked, counts), choices=choices, **results), status


@blueprint.get("/complete")
@access(Permission.READ_AGENCY_TICKETS)
def completions() -> ResponseReturnValue:
    """Offer how the query may go on, as options of a list."""
    offered = complete(request.args.get("q", "")[:500], remembered("tickets.names", _names))
    return render_template("tickets/completions.html", offered=offered)


@blueprint.get("/searching")
@access(Permission.READ_AGENCY_TICKETS)
def searching() -> ResponseReturnValue:
    """Explain the language of the filter bar."""
    return render_template("tickets/searching.html", fields=FIELDS.values(), aliases=ALIASES)


def _results(asked: Asked, user: User, counts: Mapping[View, int]) -> dict[str, Any]:
    wanted = asked.filter()
    return {
        "asked": asked,
        "wanted": wanted,
        "page": queries.list_tickets(wanted, user, after=request.args.get("after")),
        "total": queries.count_tickets(wanted, user) if wanted.narrows else counts[wanted.view],
        "most": MOST_COUNTED if wanted.narrows else MOST_IN_VIEW,
        "order": ORDERS[wanted.order],
        "heads": _heads(asked, wanted.order),
        "topics": remembered("tickets.topics", _topics),
    }


def _tabs(asked: Asked, counts: Mapping[View, int]) -> list[dict[str, Any]]:
    return [
        {
            "label": label,
            "count": counts[view],
            "most": MOST_IN_VIEW,
            "current": view is asked.view,
            "url": Asked(view=view).address(),
        }
        for view, label in VIEWS.items()
    ]


def _choices() -> dict[str, list[tuple[Any, str]]]:
    """Return what each filter offers, as (value, label)."""
    return {
        "states": [(state.value, state.value.capitalize()) for state in TicketState],
        "priorities": [(level.value, level.value.capitalize()) for level in Priority],
        "types": list(_topics().items()),
        "agencies": [(row.id, row.name) for row in queries.agencies()],
        "team": [(row.id, row.name) for row in queries.team()],
        "orders": [(order.value, label.partition(",")[0]) for order, label in ORDERS.items()],
        "columns": list(COLUMNS.items()),
    }


def _topics() -> dict[str, str]:
    return {kind.key: kind.title for kind in all_types(registry().features)}


def _names() -> dict[str, list[str]]:
    """Return the names that the language may be completed with."""
    return {
        "type": list(_topics()),
        "agency": [row.name for row in queries.agencies()],
        "assignee": [row.name for row in queries.team()],
    }


def _heads(asked: Asked, order: Order) -> list[Any]:
    """Return the heads of the table; another order is one click away."""
    sorts = {
        "priority": (Order.PRIORITY, "descending"),
        "due": (Order.DUE, "ascending"),
        "activity": (Order.ACTIVITY, "descending"),
        "filed": (Order.OLDEST, "ascending") if order is Order.NEWEST else (Order.NEWEST, "descending"),
    }
    heads: list[Any] = ["Ticket"]
    for name in asked.columns:
        head: dict[str, Any] = {"label": COLUMNS[name], "cls": "cell-extra" if name in ("activity", "filed") else ""}
        if name in sorts:
            by, way = sorts[name]
            head |= {"sorted": way, "url": None} if by is order else {"url": asked.address(order=by.value)}
        heads.append(head)
    return heads
