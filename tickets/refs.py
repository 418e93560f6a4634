"""How tickets are shown and found elsewhere: links, hits of the search box, a card on a person's page."""

from collections.abc import Sequence

from flask import render_template, url_for
from markupsafe import Markup

from adminops.db import db
from adminops.feature import Found
from adminops.identity.models import User
from adminops.refs import Link, Ref
from tickets.models import Ticket
from tickets.queries import find_tickets, open_requests_of, visible_to

ON_A_CARD = 5


def resolve(ids: Sequence[str], viewer: User) -> dict[str, Link]:
    """Return the links of the tickets among `ids` that `viewer` may see."""
    numbers = [int(id_) for id_ in ids if id_.isdecimal() and len(id_) < 10]
    rows = db.session.execute(
        visible_to(viewer).with_only_columns(Ticket.id, Ticket.subject).where(Ticket.id.in_(numbers))
    )
    return {str(id_): Link(f"#{id_} {subject}", address(id_), "inbox") for id_, subject in rows}


def find(text: str, viewer: User, limit: int) -> list[Found]:
    """Return the tickets with these words in the subject, or with this number."""
    return [
        Found(
            ref=Ref.to("ticket", row.id),
            title=row.subject,
            summary=" · ".join(filter(None, (f"#{row.id}", row.requester, row.agency))),
            url=address(row.id),
            icon="inbox",
        )
        for row in find_tickets(text, viewer, limit)
    ]


def open_requests(ref: Ref, viewer: User) -> Markup | None:
    """Return the card of a person's open tickets, or None where there is none to see."""
    rows = open_requests_of(ref.number, viewer, ON_A_CARD)
    return Markup(render_template("tickets/open_requests.html", rows=rows)) if rows else None  # noqa: S704 - a template


def address(ticket_id: int) -> str:
    """Return the address of a ticket's page."""
    return url_for("tickets.show", ticket_id=ticket_id)
