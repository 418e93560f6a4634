"""The verbs of silence: note an attempt to reach the requester."""

from datetime import timedelta

from sqlalchemy import select

from adminops import clock
from adminops.db import db
from adminops.errors import InvalidState
from adminops.facts import RequesterSought, publish
from adminops.identity.models import User
from tickets import policies
from tickets.models import OPEN_STATES, Ticket
from tickets.operations import lock
from tickets.silence.models import ContactAttempt, ContactWay

A_CLICK = timedelta(minutes=1)


def note_attempt(ticket: Ticket, *, way: ContactWay, by: User) -> ContactAttempt:
    """Note that somebody tried to reach the requester of `ticket` without a message on it.

    The same within a minute is a second click, and no second attempt: two end a ticket. Raises `NotAllowed`,
    `InvalidState` (see `check_may_work`), `InvalidState` when the ticket is resolved. Publishes `RequesterSought`.
    """
    lock(ticket)
    policies.check_may_work(ticket, by=by)
    if ticket.state not in OPEN_STATES:
        raise InvalidState("This is resolved already: nobody has to be reached.")
    if (known := _just_noted(ticket, way, by)) is not None:
        return known
    attempt = ContactAttempt(ticket_id=ticket.id, at=clock.now(), by_id=by.id, way=way)
    db.session.add(attempt)
    db.session.flush()
    publish(RequesterSought(ticket_id=ticket.id, agency_id=ticket.agency_id, way=way.value), by=by)
    return attempt


def _just_noted(ticket: Ticket, way: ContactWay, by: User) -> ContactAttempt | None:
    same = (ContactAttempt.ticket_id == ticket.id, ContactAttempt.way == way, ContactAttempt.by_id == by.id)
    return db.session.scalar(select(ContactAttempt).where(*same, ContactAttempt.at > clock.now() - A_CLICK))
