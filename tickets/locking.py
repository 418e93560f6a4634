"""Locking several tickets: in the order of their numbers, before anything else, so that nobody waits in a ring.

A verb of one ticket locks it first, and who writes after that; what goes over many has to have all of them before it
comes to the writer, or a reply by hand holds the ticket that it comes to next and waits for the writer that it holds.
"""

from collections.abc import Iterable

from sqlalchemy import select

from adminops.db import db
from tickets.models import Ticket


def lock_all(ids: Iterable[int]) -> None:
    """Lock these tickets, and those that they are merged into, until the transaction ends, and read them anew."""
    db.session.flush()
    wanted = known = set(ids)
    while known:  # what a verb does to a merged one, it does to where that goes on
        into = select(Ticket.merged_into_id).where(Ticket.id.in_(known), Ticket.merged_into_id.is_not(None))
        known = {id_ for id_ in db.session.scalars(into) if id_ is not None} - wanted
        wanted = wanted | known
    # As weak as a lock on a row may be: rows that refer to the ticket are stored beside it.
    rows = select(Ticket).where(Ticket.id.in_(wanted)).order_by(Ticket.id).with_for_update(key_share=True)
    db.session.execute(rows.execution_options(populate_existing=True)).all()
