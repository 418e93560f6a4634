"""Lists of tickets as rows of a file."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from adminops.errors import Invalid
from adminops.facts import TicketsExported, publish
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.web.sheets import Cell
from tickets.queries import COLUMNS, TicketFilter, TicketRow, list_tickets
from tickets.tagged import tags_of

MOST_EXPORTED = 50_000
AT_ONCE = 500


def export_tickets(
    wanted: TicketFilter, *, columns: Sequence[str], topics: Mapping[str, str], by: User
) -> tuple[list[str], list[list[Cell]]]:
    """Return heads and rows of the list that `wanted` describes, with number, subject, requester and agency first.

    `topics` are the titles of the request types. Raises `Wrong` as the list does, `Invalid` for more than
    `MOST_EXPORTED` tickets. Publishes `TicketsExported`: data left the house.
    """
    cells = _cells(topics)
    tagged = "tags" in columns and by.may(Permission.WORK_TICKETS)
    rows: list[list[Cell]] = []
    for page in _pages(wanted, by):
        tags = tags_of(row.id for row in page) if tagged else {}
        for row in page:
            shown = [", ".join(t.name for t in tags.get(row.id, ())) if c == "tags" else cells[c](row) for c in columns]
            rows.append([row.id, row.subject, row.requester, row.agency, *shown])
        if len(rows) > MOST_EXPORTED:
            raise Invalid(f"This list has more than {MOST_EXPORTED:,} tickets. Narrow it first, by dates for example.")
    publish(TicketsExported(user_id=by.id, tickets=len(rows)), by=by)
    return ["Number", "Subject", "Requester", "Agency", *(_HEADS.get(name, COLUMNS[name]) for name in columns)], rows


_HEADS = {"due": "Office minutes left"}


def _pages(wanted: TicketFilter, by: User) -> Iterator[Sequence[TicketRow]]:
    after: str | None = None
    while True:
        page = list_tickets(wanted, by, after=after, limit=AT_ONCE)
        yield page.rows
        if (after := page.after) is None:
            return


def _cells(topics: Mapping[str, str]) -> dict[str, Callable[[TicketRow], Cell]]:
    return {
        "status": lambda row: row.waiting_on.label if row.waiting_on else row.state.value.capitalize(),
        "priority": lambda row: row.priority.value.capitalize(),
        "due": lambda row: row.minutes_left,
        "assignee": lambda row: row.assignee,
        "activity": lambda row: row.updated_at,
        "topic": lambda row: topics.get(row.request_type, row.request_type),
        "filed": lambda row: row.filed_at,
        "tags": lambda _row: "",
    }
