"""The verb of evidence: say what shows that something was done."""

from adminops.db import db
from adminops.errors import Invalid
from adminops.identity.models import User
from tickets.models import Ticket, TicketMessage
from tickets.operations import write_note
from tickets.resolving.models import TicketEvidence


def show_evidence(
    ticket: Ticket,
    *,
    body: str,
    nonce: str | None = None,
    confirmed_clean: bool = False,
    to_redactors: bool = False,
    by: User,
) -> TicketMessage:
    """Write a note for the team that says what shows that the work of `ticket` was done.

    Raises and publishes as `write_note`; the same `nonce` again is the same note.
    """
    if not body.strip():
        raise Invalid("Say what shows that it was done.", field="body")
    note = write_note(
        ticket,
        body=body,
        nonce=nonce,
        confirmed_clean=confirmed_clean,
        to_redactors=to_redactors,
        by=by,
    )
    if db.session.query(TicketEvidence).filter_by(message_id=note.id).first() is None:
        db.session.add(TicketEvidence(ticket_id=note.ticket_id, message_id=note.id))
        db.session.flush()
    return note
