"""The list of tickets: views, the filter bar with its language, orders and columns."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from adminops.errors import NotFound
from adminops.files.kinds import FileKind
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.settings import current_settings
from adminops.web.access import Again, access, signed_in_user
from adminops.web.navigation import registry
from adminops.web.remembering import remembered
from adminops.web.sheets import csv_file, xlsx_file
from tickets import queries
from tickets.catalogue import all_types
from tickets.exporting import export_tickets
from tickets.finding import MOST_COUNTED, Total
from tickets.language import ALIASES, FIELDS, Wrong, complete
from tickets.models import Priority, TicketState
from tickets.queries import COLUMNS, Order, View
from tickets.queues.queries import all_queues
from tickets.tagged import tag_names, tags_of
from tickets.views.asking import Asked, read_address

NOT_DUE = ", without those whose clock stands still"
MEDIA_TYPES = {"csv": FileKind.CSV.media_type, "xlsx": FileKind.EXCEL.media_type}
TABS = 6
"""So many saved views stand beside those that everybody has; the others are on the page of the views."""

blueprint = Blueprint("tickets", "tickets", url_prefix="/tickets", template_folder="templates")

VIEWS = {
    View.MINE: "Mine",
    View.UNASSIGNED: "Unassigned",
    View.LATE: "Late or due soon",
    View.WAITING: "Waiting",
    View.OPEN: "All open",
    View.ALL: "Everything",
}


@blueprint.get("")
@access(Permission.READ_AGENCY_TICKETS)
def index() -> ResponseReturnValue:
    """Show the list, or to htmx its results alone. A query that can't be understood is answered with a sentence."""
    user = signed_in_user()
    asked = read_address(request.args, user)
    counts = queries.views_counted(user)
    try:
        results, status = _results(asked, user, counts), 200
    except Wrong as wrong:
        results, status = {"asked": asked, "wrong": wrong.sentence}, 422
    if request.headers.get("HX-Request"):
        return render_template("tickets/results.html", **results), status
    choices = _choices(user)
    tabs = [*_tabs(asked, counts), *_saved_tabs(asked, user)]
    may_tag = user.may(Permission.WORK_TICKETS)
    page = render_template("tickets/index.html", tabs=tabs, choices=choices, may_tag=may_tag, **results)
    return page, status


@blueprint.get("/complete")
@access(Permission.READ_AGENCY_TICKETS)
def completions() -> ResponseReturnValue:
    """Offer how the query may go on, as options of a list."""
    names = remembered("tickets.names", _names)
    known = names if signed_in_user().may(Permission.WORK_TICKETS) else {**names, "tag": []}
    offered = complete(request.args.get("q", "")[:500], known)
    return render_template("tickets/completions.html", offered=offered)


@blueprint.get("/searching")
@access(Permission.READ_AGENCY_TICKETS)
def searching() -> ResponseReturnValue:
    """Explain the language of the filter bar."""
    return render_template("tickets/searching.html", fields=FIELDS.values(), aliases=ALIASES)


@blueprint.get("/export.<ending>")
@access(Permission.READ_AGENCY_TICKETS, writes=True, confirm=Again.USING)
def export(ending: str) -> ResponseReturnValue:
    """Give the list as a file, with the columns that it shows."""
    user = signed_in_user()
    if ending not in ("csv", "xlsx"):
        raise NotFound("Lists are exported as CSV and as XLSX.")
    asked = read_address(request.args, user)
    heads, rows = export_tickets(asked.filter(), columns=asked.columns, topics=_topics(), by=user)
    file = csv_file(heads, rows) if ending == "csv" else xlsx_file("Tickets", heads, rows)
    return send_file(file, MEDIA_TYPES[ending], as_attachment=True, download_name=f"tickets.{ending}")


def _results(asked: Asked, user: User, counts: Mapping[View, int]) -> dict[str, Any]:
    wanted = asked.filter()
    after = request.args.get("after")
    if wanted.narrows:
        page, total = queries.list_and_count(wanted, user, after=after)
    else:
        page, total = queries.list_tickets(wanted, user, after=after), Total.counted(counts[wanted.view])
    tagged = "tags" in asked.columns and user.may(Permission.WORK_TICKETS)
    return {
        "asked": asked,
        "may_act": user.may(Permission.WORK_TICKETS),
        "keeps_time": current_settings().time_spent,
        "wanted": wanted,
        "page": page,
        "tags": tags_of(row.id for row in page.rows) if tagged else {},
        "total": total.number + total.more,
        "most": total.number if total.more else MOST_COUNTED,
        "order": f"{wanted.order.label}{NOT_DUE if wanted.order is Order.DUE else ''}",
        "heads": _heads(asked, wanted.order),
        "topics": _topics(),
    }


def _tabs(asked: Asked, counts: Mapping[View, int]) -> list[dict[str, Any]]:
    return [
        {
            "label": label,
            "count": counts[view],
            "most": MOST_COUNTED,
            "current": view is asked.view and not asked.saved,
            "url": Asked(view=view).address(),
        }
        for view, label in VIEWS.items()
    ]


def _saved_tabs(asked: Asked, user: User) -> list[dict[str, Any]]:
    kept = queries.choices_of(user).views
    shown = [row for n, row in enumerate(kept) if n < TABS or row.id == (asked.saved and asked.saved.id)]
    return [
        {
            "label": row.name,
            "current": asked.saved is not None and asked.saved.id == row.id,
            "url": url_for(".index", view=row.id),
        }
        for row in shown
    ]


def _choices(user: User) -> dict[str, list[tuple[Any, str]]]:
    """Return what each filter offers, as (value, label)."""
    offered = queries.choices_of(user)
    return {
        "states": [(state.value, state.value.capitalize()) for state in TicketState],
        "priorities": [(level.value, level.value.capitalize()) for level in Priority],
        "types": list(_topics().items()),
        "agencies": [(row.id, row.name) for row in offered.agencies],
        "team": [(row.id, row.name) for row in offered.team],
        "orders": [(order.value, order.label) for order in Order],
        "columns": list(COLUMNS.items()),
    }


def _topics() -> dict[str, str]:
    return {kind.key: kind.title for kind in all_types(registry().features)}


def _names() -> dict[str, list[str]]:
    """Return the names that the language may be completed with."""
    return {
        "type": list(_topics()),
        "queue": [queue.name for queue in all_queues()],
        "agency": [row.name for row in queries.agencies()],
        "tag": tag_names(),
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
