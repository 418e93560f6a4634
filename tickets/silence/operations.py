"""The verbs of silence: note an attempt to reach the requester."""

from adminops import clock
from adminops.db import db
from adminops.errors import InvalidState
from adminops.facts import RequesterSought, publish
from adminops.identity.models import User
from tickets import policies
from tickets.models import OPEN_STATES, Ticket
from tickets.silence.models import ContactAttempt, ContactWay


def note_attempt(ticket: Ticket, *, way: ContactWay, by: User) -> ContactAttempt:
    """Note that somebody tried to reach the requester of `ticket` without a message on it.

    Raises `NotAllowed`, `InvalidState` (see `check_may_work`), `InvalidState` when the ticket is resolved. Publishes
    `RequesterSought`.
    """
    policies.check_may_work(ticket, by=by)
    if ticket.state not in OPEN_STATES:
        raise InvalidState("This is resolved already: nobody has to be reached.")
    attempt = ContactAttempt(ticket_id=ticket.id, at=clock.now(), by_id=by.id, way=way)
    db.session.add(attempt)
    db.session.flush()
    publish(RequesterSought(ticket_id=ticket.id, agency_id=ticket.agency_id, way=way.value), by=by)
    return attempt
