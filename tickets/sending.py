"""Answers that have not left yet: taken back within some seconds, or sent at a chosen time.

What somebody was told is kept is stored, before anything else happens: an answer lies here until its time has come,
and then becomes a message as if it had been written at that moment (the ticket moves, clocks hear of it, mails leave).
One that is taken back, or can't be sent, stays here for its author until they send it or throw it away.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from adminops import clock
from adminops.db import db, savepoint
from adminops.errors import DomainError, Invalid, InvalidState, NotAllowed, NotFound
from adminops.facts import ReplyPlanned, ReplySent, ReplyTakenBack, publish
from adminops.identity.models import User
from adminops.outbox.messages import enqueue_mail
from tickets import policies
from tickets.attached import TicketAttachment
from tickets.attaching import hand_over
from tickets.models import Resolution, Then, Ticket, TicketMessage
from tickets.operations import locked_root, reply
from tickets.resolving.guards import check_ready
from tickets.unsent import TicketSending

log = structlog.get_logger("adminops.tickets")

LATEST = timedelta(days=90)
BATCH = 200


@dataclass(frozen=True, kw_only=True)
class Words:
    """What is to be sent, as its author wrote it."""

    body: str
    then: Then = Then.NOTHING
    despite_parts: bool = False
    resolution: Resolution | None = Resolution.DONE
    confirmed_clean: bool = False
    nonce: str | None = None


def plan_reply(
    ticket: Ticket, words: Words, *, at: datetime, files: Sequence[TicketAttachment] = (), by: User
) -> TicketSending:
    """Keep an answer of the team to be sent at `at`; the same `nonce` again returns the one kept before.

    Rules in the order checked: `by` may answer as the team (`NotAllowed`, `InvalidState`); a text, and nothing
    personal in it (`Invalid`); a time that comes, within 90 days (`Invalid`); nothing missing where it resolves
    (`InvalidState`, see `check_ready`). Publishes `ReplyPlanned`.
    """
    ticket = locked_root(ticket)
    policies.check_may_reply(ticket, by=by)
    policies.check_is_team(ticket, by=by)
    if (known := _planned_before(words.nonce, by)) is not None:
        return known
    if not words.body.strip():
        raise Invalid("Write a message first.", field="body")
    policies.check_text(words.body, field="body", agency_id=ticket.agency_id, confirmed=words.confirmed_clean, by=by)
    if not clock.now() <= at <= clock.now() + LATEST:
        raise Invalid("Choose a time within the next 90 days.", field="send_at")
    if words.then is Then.RESOLVE:
        check_ready(ticket, words.resolution, despite_parts=words.despite_parts, by=by)
    row = TicketSending(
        ticket_id=ticket.id,
        author_id=by.id,
        body=words.body.strip(),
        then=words.then,
        despite_parts=words.despite_parts,
        resolution=words.resolution,
        confirmed_clean=words.confirmed_clean,
        files=[str(file.id) for file in files],
        nonce=words.nonce or None,
        written_at=clock.now(),
        sends_at=at,
    )
    db.session.add(row)
    db.session.flush()
    publish(ReplyPlanned(ticket_id=ticket.id, agency_id=ticket.agency_id, sending_id=row.id), by=by)
    return row


def take_back(row: TicketSending, *, by: User) -> None:
    """Stop an answer before it leaves; its author finds it in the composer. Raises `NotAllowed` for others.

    Publishes `ReplyTakenBack`. One that has left is no longer here: `get_sending` says so.
    """
    _check_own(row, by)
    if row.sends_at is None:
        return
    row.sends_at, row.problem = None, ""
    db.session.flush()
    ticket = db.session.get_one(Ticket, row.ticket_id)
    publish(ReplyTakenBack(ticket_id=ticket.id, agency_id=ticket.agency_id, sending_id=row.id), by=by)


def send_now(row: TicketSending, *, by: User) -> TicketMessage:
    """Send a planned answer at once, as its author. Raises `NotAllowed` for others, and as `reply`. Publishes
    `ReplySent` beside what `reply` does.
    """
    _check_own(row, by)
    return _send(row)


def throw_away(row: TicketSending, *, by: User) -> list[TicketAttachment]:
    """Forget an answer that was taken back or could not leave, and return the files that would have come with it.

    Raises `NotAllowed` for others than its author, `InvalidState` while it is still to be sent.
    """
    _check_own(row, by)
    if row.sends_at is not None:
        raise InvalidState("This is still to be sent. Take it back first.")
    files = files_of(row)
    db.session.delete(row)
    db.session.flush()
    return files


def send_due(ticket: Ticket | None = None) -> int:
    """Send the answers whose time has come (of one ticket), and return how many left."""
    return sum([send_if_due(sending_id) for sending_id in due_now(ticket)])


def due_now(ticket: Ticket | None = None) -> list[int]:
    """Return the numbers of the answers whose time has come (of one ticket), the longest due first."""
    due = select(TicketSending.id).where(TicketSending.sends_at <= clock.now())
    if ticket is not None:
        due = due.where(TicketSending.ticket_id == ticket.id)
    return list(db.session.scalars(due.order_by(TicketSending.sends_at, TicketSending.id).limit(BATCH)))


def send_if_due(sending_id: int) -> bool:
    """Send an answer unless it was taken back or somebody else is sending it; say whether it left.

    What can't be sent goes back to its author, who is told by mail: it is not lost, and holds up no other.
    """
    due = select(TicketSending).where(TicketSending.id == sending_id, TicketSending.sends_at <= clock.now())
    row = db.session.scalar(due.with_for_update(skip_locked=True))
    if row is None:
        return False
    try:
        with savepoint():
            _send(row)
    except DomainError as refused:
        log.info("a planned answer was refused", sending=row.id, error=type(refused).__name__)
        give_back(row, refused.sentence)
        return False
    return True


def give_back(row: TicketSending, why: str) -> None:
    """Give an answer that can't be sent back to its author, and tell them."""
    row.sends_at, row.problem = None, why[:200]
    db.session.flush()
    enqueue_mail("tickets.unsent", to=row.author, ticket_id=row.ticket_id, sending_id=row.id)


def get_sending(ticket: Ticket, sending_id: int) -> TicketSending:
    """Return an answer on `ticket` that has not left. Raises `NotFound`."""
    found = db.session.scalar(select(TicketSending).where(TicketSending.id == sending_id).with_for_update())
    if found is None or found.ticket_id != ticket.id:
        raise NotFound("It has left already, or was thrown away.")
    return found


def waiting_on(ticket: Ticket) -> list[TicketSending]:
    """Return the answers on `ticket` that have not left, the first first."""
    chosen = select(TicketSending).where(TicketSending.ticket_id == ticket.id).order_by(TicketSending.id)
    return list(db.session.scalars(chosen.options(joinedload(TicketSending.author).lazyload(User.grants))))


def files_of(row: TicketSending) -> list[TicketAttachment]:
    """Return the files that will come with an answer."""
    ids = [int(id_) for id_ in row.files]
    chosen = select(TicketAttachment).where(TicketAttachment.id.in_(ids)).order_by(TicketAttachment.id)
    return list(db.session.scalars(chosen))


def _send(row: TicketSending) -> TicketMessage:
    ticket, author = db.session.get_one(Ticket, row.ticket_id), row.author
    row.sends_at = clock.now()  # it leaves: the guard before resolving no longer waits for it
    if not author.may_sign_in:
        raise InvalidState("Who wrote it can't sign in any more. Somebody else has to answer.")
    message = reply(
        ticket,
        body=row.body,
        then=row.then,
        despite_parts=row.despite_parts,
        resolution=row.resolution,
        nonce=row.nonce,
        confirmed_clean=row.confirmed_clean,
        by=author,
    )
    hand_over(files_of(row), message, by=author)
    fact = ReplySent(ticket_id=message.ticket_id, agency_id=ticket.agency_id, sending_id=row.id)
    db.session.delete(row)
    db.session.flush()
    publish(fact, by=author)
    return message


def _check_own(row: TicketSending, by: User) -> None:
    if row.author_id != by.id:
        raise NotAllowed("Only who wrote it can do that.")


def _planned_before(nonce: str | None, by: User) -> TicketSending | None:
    mine = (TicketSending.author_id == by.id, TicketSending.nonce == nonce)
    return db.session.scalar(select(TicketSending).where(*mine)) if nonce else None
