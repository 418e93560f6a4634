"""What a ticket was right after its import, and taking back one that is still that."""

from typing import Any

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import IntegrityError

from adminops.db import db, savepoint
from adminops.errors import InvalidState
from adminops.facts import publish
from adminops.facts.taking_over import TicketTakenBack
from adminops.guard.operations import forget_held
from adminops.identity.models import User
from tickets.attached import TicketAttachment
from tickets.attaching import drop
from tickets.bulk.images import image_of
from tickets.guarded import MESSAGES
from tickets.importing.models import TicketExternal, TicketImportRow
from tickets.models import Tagging, Ticket, TicketEntry, TicketEvent, TicketMessage
from tickets.presence import TicketPresence

CHANGED = "Somebody has worked on it since, so it stays."
PARTS = (TicketMessage, TicketEntry, TicketEvent, Tagging)


def image_now(ticket: Ticket) -> dict[str, Any]:
    """Return what `ticket` is and how much belongs to it, fit for JSON."""
    counts = [
        db.session.scalar(select(func.count()).select_from(part).where(part.ticket_id == ticket.id)) for part in PARTS
    ]
    file = TicketAttachment
    there = select(func.count(file.id)).where(file.ticket_id == ticket.id, file.removed_at.is_(None))
    files = db.session.scalar(there)
    image = {**image_of(ticket), "updated_at": ticket.updated_at.isoformat(), "parts": counts}
    return {**image, "files": files} if files else image


def take_back(row: TicketImportRow, ticket: Ticket, *, by: User) -> None:
    """Delete `ticket` and all that came with it. Raises `InvalidState` for one that something happened to since.

    Whatever else refers to it by now stops the deletion, in tables that this module knows nothing of, too. Publishes
    `TicketTakenBack`.
    """
    if image_now(ticket) != row.image:
        raise InvalidState(CHANGED)
    number = ticket.id
    try:
        with savepoint():
            _delete(ticket, by)
    except IntegrityError:
        raise InvalidState(CHANGED) from None
    publish(TicketTakenBack(import_id=row.import_id, ticket=number), by=by)


def _delete(ticket: Ticket, by: User) -> None:
    messages = list(db.session.scalars(select(TicketMessage.id).where(TicketMessage.ticket_id == ticket.id)))
    forget_held(MESSAGES.kind, messages, by=by)
    drop(db.session.scalars(select(TicketAttachment).where(TicketAttachment.ticket_id == ticket.id)).all(), by=by)
    named = update(TicketImportRow).where(TicketImportRow.ticket_id == ticket.id)
    db.session.execute(named.values(ticket_id=None))  # an import of the same file later names it, too
    for part in (*PARTS, TicketExternal, TicketPresence):
        db.session.execute(delete(part).where(part.ticket_id == ticket.id))
    where = "ticket_id" if db.engine.dialect.name == "postgresql" else "rowid"
    db.session.execute(text(f"DELETE FROM ticket_fts WHERE {where} = :id"), {"id": ticket.id})  # noqa: S608 - two words
    db.session.delete(ticket)
    db.session.flush()
