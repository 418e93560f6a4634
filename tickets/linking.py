"""Links: what could be put beside a ticket, and the verbs that put it there and take it off."""

from sqlalchemy import select

from adminops.db import db
from adminops.errors import Invalid
from adminops.facts import TicketLinked, TicketUnlinked, publish
from adminops.feature import Found
from adminops.identity.models import User
from adminops.refs import Ref
from adminops.web.navigation import registry
from tickets import policies
from tickets.models import Ticket, TicketLink
from tickets.operations import lock, touch

HITS = 6


def candidates(ticket: Ticket, text: str, viewer: User) -> list[tuple[str, list[Found]]]:
    """Return what `viewer` may see and could link to `ticket`, by kind with its title; of each kind the best few."""
    everything = (provider for feature in registry().features for provider in feature.search)
    providers = [provider for provider in everything if not provider.private and provider.kind != "request_type"]
    groups = [
        (provider.title, [hit for hit in provider.find(text, viewer, HITS) if hit.ref != ticket.ref])
        for provider in providers
        if text and (provider.permission is None or viewer.may(provider.permission))
    ]
    return [(title, hits) for title, hits in groups if hits]


def link(ticket: Ticket, ref: Ref, *, by: User) -> TicketLink:
    """Link `ref`, which `by` may see, to `ticket`; linking it again changes nothing.

    Raises as `check_may_work`. Publishes `TicketLinked`.
    """
    lock(ticket)
    policies.check_may_work(ticket, by=by)
    if ref == ticket.ref:
        raise Invalid("A ticket can't be linked to itself.")
    return put_beside(ticket, ref, by=by)


def put_beside(ticket: Ticket, ref: Ref, *, by: User) -> TicketLink:
    """Do what `link` does for `ticket`, locked, where another verb has checked who may. Publishes `TicketLinked`."""
    known = db.session.scalar(
        select(TicketLink).where(
            TicketLink.ticket_id == ticket.id,
            TicketLink.kind == ref.kind,
            TicketLink.ref_id == ref.id,
        )
    )
    if known is not None:
        return known
    linked = TicketLink(ticket_id=ticket.id, kind=ref.kind, ref_id=ref.id, linked_by_id=by.id)
    db.session.add(linked)
    touch(ticket)
    publish(TicketLinked(ticket_id=ticket.id, agency_id=ticket.agency_id, linked=str(ref)), by=by)
    return linked


def unlink(ticket: Ticket, linked: TicketLink, *, by: User) -> None:
    """Take a link off `ticket`. Raises as `check_may_work`. Publishes `TicketUnlinked`."""
    lock(ticket)
    policies.check_may_work(ticket, by=by)
    db.session.delete(linked)
    touch(ticket)
    publish(TicketUnlinked(ticket_id=ticket.id, agency_id=ticket.agency_id, linked=str(linked.ref)), by=by)
