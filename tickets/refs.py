"""How tickets are shown and found elsewhere: links, hits of the search box, cards, figures of the dashboard."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import render_template, url_for
from markupsafe import Markup

from adminops.db import db
from adminops.feature import Figure, Found, RequestType
from adminops.identity.models import Agency, User
from adminops.identity.permissions import Permission
from adminops.refs import Link, Ref
from adminops.web.navigation import registry
from tickets import approvals, authority, policies
from tickets.approvals import TicketApproval
from tickets.catalogue import all_types, filed_as, in_sections, offered_to
from tickets.checklist.queries import steps_of
from tickets.figures import figures_of
from tickets.models import Ticket
from tickets.queries import (
    Order,
    TicketFilter,
    View,
    find_tickets,
    list_tickets,
    list_waiting_for,
    open_requests_of,
)
from tickets.sight import visible_to

ON_A_CARD = 5


def resolve(ids: Sequence[str], viewer: User) -> dict[str, Link]:
    """Return the links of the tickets among `ids` that `viewer` may see. One that was merged goes on elsewhere."""
    numbers = [int(id_) for id_ in ids if id_.isdecimal() and len(id_) < 10]
    is_over = ~Ticket.is_open & Ticket.merged_into_id.is_(None)
    rows = db.session.execute(
        visible_to(viewer).with_only_columns(Ticket.id, Ticket.subject, is_over).where(Ticket.id.in_(numbers))
    )
    return {str(id_): Link(f"#{id_} {subject}", address(id_), "inbox", over) for id_, subject, over in rows}


def answers(id_: str, viewer: User) -> Mapping[str, Any] | None:
    """Return what a ticket says in the fields of its form, or None when `viewer` may not see it."""
    if not id_.isdecimal() or len(id_) >= 10:
        return None
    chosen = visible_to(viewer).with_only_columns(Ticket.answers).where(Ticket.id == int(id_))
    return db.session.scalar(chosen)


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


def figures(viewer: User) -> list[Figure]:
    """Return the numbers of the desk, for who reads all its tickets."""
    if not viewer.reach(Permission.READ_AGENCY_TICKETS).everywhere:
        return []
    counted = figures_of(viewer)
    return [
        Figure(
            label="Open tickets",
            value=counted.open,
            note=f"{counted.unassigned:,} with nobody yet",
            url=url_for("tickets.index"),
            order=10,
        ),
        Figure(
            label="Past goal",
            value=counted.late,
            note=f"{counted.soon - counted.late:,} more due soon",
            url=url_for("tickets.index", view=View.LATE.value),
            tone="bad" if counted.late else "plain",
            order=20,
        ),
        Figure(
            label="Resolved in 7 days",
            value=counted.resolved,
            note=f"{counted.before:,} in the 7 days before",
            url=url_for("tickets.index", view=View.ALL.value, status="resolved"),
            order=30,
        ),
    ]


def attention(_ref: Ref, viewer: User) -> Markup | None:
    """Return the card of what presses most, or None when nothing does."""
    if not viewer.may(Permission.WORK_TICKETS):
        return None
    rows = list_tickets(TicketFilter(view=View.LATE, order=Order.DUE), viewer).rows[:ON_A_CARD]
    return Markup(render_template("tickets/attention.html", rows=rows)) if rows else None  # noqa: S704 - a template


def approval_card(ref: Ref, viewer: User) -> Markup | None:
    """Return the card of a ticket that waits for an approval; None for one that doesn't."""
    ticket = db.session.get(Ticket, ref.number)
    asked = approvals.asked_now(ticket) if ticket else None
    if ticket is None or asked is None:
        return None
    told = [
        ("done" if row.verdict else "current" if row is asked else "todo", row.step.label, _said(row))
        for row in approvals.approvals_of(ticket)
    ]
    may_decide = approvals.may_decide(asked, ticket, by=viewer)
    page = render_template("tickets/approval_card.html", ticket=ticket, told=told, may_decide=may_decide)
    return Markup(page)  # noqa: S704 - a template


def _said(row: TicketApproval) -> str:
    if row.verdict and row.decided_by:
        return f"{row.verdict.value.capitalize()} by {row.decided_by.name}"
    return "Is asked now" if row.asked_at else "Is asked after that"


def guide_card(ref: Ref, viewer: User) -> Markup | None:
    """Return the card of what the team does for a ticket's type; None for others and for types without."""
    ticket = db.session.get(Ticket, ref.number)
    if ticket is None or not viewer.may(Permission.WORK_TICKETS):
        return None
    kind = filed_as(ticket.request_type, ticket.type_version, registry().features)
    if kind is None or not (kind.checklist or kind.manuals):
        return None
    steps, may_tick = steps_of(ticket, kind.checklist), policies.may_work(ticket, by=viewer)
    page = render_template("tickets/guide_card.html", kind=kind, ticket=ticket, steps=steps, may_tick=may_tick)
    return Markup(page)  # noqa: S704 - a template


def to_approve(_ref: Ref, viewer: User) -> Markup | None:
    """Return the card of what waits for the viewer's word, or None when nothing does."""
    rows = list_waiting_for(viewer, ON_A_CARD)
    return Markup(render_template("tickets/to_approve.html", rows=rows)) if rows else None  # noqa: S704 - a template


def requesters_card(ref: Ref, viewer: User) -> Markup | None:
    """Return the card of who may ask for an agency, for who keeps that list."""
    agency = db.session.get(Agency, ref.number)
    if agency is None or not authority.may_name(agency, by=viewer):
        return None
    people = list(dict.fromkeys(row.user.name for row in authority.named_at(agency)))
    page = render_template("tickets/agency_card.html", agency_id=agency.id, people=people)
    return Markup(page)  # noqa: S704 - a template


def resolve_types(ids: Sequence[str], viewer: User) -> dict[str, Link]:
    """Return the links of request types, for who keeps them."""
    if not viewer.may(Permission.MANAGE_REQUEST_TYPES):
        return {}
    kinds = {kind.key: kind for kind in all_types(registry().features)}
    return {
        key: Link(kinds[key].title, url_for("request_types.edit", key=key), "list-checks")
        for key in ids
        if key in kinds
    }


def resolve_asks(ids: Sequence[str], viewer: User) -> dict[str, Link]:
    """Return where the viewer asks for something, by the keys of its request types: for pages of other features."""
    offered = {kind.key: kind for kind in offered_to(viewer, registry().features)}
    asked = [offered[id_] for id_ in ids if id_ in offered]
    return {kind.key: Link(kind.title, _address_of(kind), kind.icon) for kind in asked}


def _address_of(kind: RequestType) -> str:
    return url_for(kind.start) if kind.start else url_for("help.new", key=kind.key)


def find_types(text: str, viewer: User, limit: int) -> list[Found]:
    """Return what one can ask for that holds the words; a bare number is that of a ticket or a client."""
    if not any(sign.isalpha() for sign in text):
        return []
    sections = in_sections(offered_to(viewer, registry().features), text)
    return [
        Found(
            ref=Ref.to("request_type", kind.key),
            title=kind.title,
            summary=kind.help,
            url=_address_of(kind),
            icon=kind.icon,
        )
        for section in sections
        for kind in section.kinds
    ][:limit]


def address(ticket_id: int) -> str:
    """Return the address of a ticket's page."""
    return url_for("tickets.show", ticket_id=ticket_id)
