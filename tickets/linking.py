"""The verbs of links: put what a ticket is about beside it, and take it off."""

from sqlalchemy import select

from adminops.db import db
from adminops.errors import Invalid
from adminops.facts import TicketLinked, TicketUnlinked, publish
from adminops.identity.models import User
from adminops.refs import Ref
from tickets import policies
from tickets.models import Ticket, TicketLink
from tickets.operations import lock, touch


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
