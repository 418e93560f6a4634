"""What was tried since the requester last wrote, and whose silence may be over."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, Subquery, func, select, union_all

from adminops.db import db
from tickets.importing.models import CAME_ALONG
from tickets.models import Ticket, TicketMessage, TicketState, Voice, WaitingOn
from tickets.silence.models import ContactAttempt
from tickets.silence.rules import ATTEMPTS

BY_ROBOT = "robot:"
"""How the nonce of a message begins that a machine of the requester wrote: nobody has heard from them by it."""


def attempts_on(ticket_id: int) -> list[datetime]:
    """Return when the requester of a ticket was asked since they last wrote, the first attempt first."""
    tried = _attempts([ticket_id])
    return list(db.session.scalars(select(tried.c.at).order_by(tried.c.at)))


def asked_in_vain(before: datetime) -> list[int]:
    """Return the tickets that wait on a requester who was asked often enough, first before `before`.

    The longest silent first.
    """
    waits = select(Ticket.id).where(
        Ticket.is_open, Ticket.state == TicketState.WAITING, Ticket.waiting_on == WaitingOn.USER
    )
    tried = _attempts(waits)
    first = func.min(tried.c.at)
    enough = select(tried.c.ticket_id).group_by(tried.c.ticket_id).having(func.count() >= ATTEMPTS, first < before)
    return list(db.session.scalars(enough.order_by(first, tried.c.ticket_id)))


def _attempts(tickets: Sequence[int] | Select[int]) -> Subquery:
    """Return the attempts on `tickets` since their requesters last wrote: replies of the team, calls and the like."""
    heard = (
        select(
            TicketMessage.ticket_id,
            func.max(TicketMessage.written_at).label("at"),
            func.max(TicketMessage.id).label("id"),
        )
        .where(
            TicketMessage.ticket_id.in_(tickets),
            TicketMessage.voice == Voice.REQUESTER,
            func.coalesce(TicketMessage.nonce, "").not_like(f"{BY_ROBOT}%"),
        )
        .group_by(TicketMessage.ticket_id)
        .subquery()
    )
    replies = (
        select(TicketMessage.ticket_id, TicketMessage.written_at.label("at"))
        .outerjoin(heard, heard.c.ticket_id == TicketMessage.ticket_id)
        .where(
            TicketMessage.ticket_id.in_(tickets),
            TicketMessage.voice == Voice.TEAM,
            TicketMessage.id > func.coalesce(heard.c.id, 0),
            # What another desk wrote asked nobody here: else a ticket that is taken over would be closed at once.
            func.coalesce(TicketMessage.nonce, "").not_like(f"{CAME_ALONG}%"),
        )
    )
    others = (
        select(ContactAttempt.ticket_id, ContactAttempt.at.label("at"))
        .outerjoin(heard, heard.c.ticket_id == ContactAttempt.ticket_id)
        .where(
            ContactAttempt.ticket_id.in_(tickets),
            (heard.c.at.is_(None)) | (ContactAttempt.at > heard.c.at),
        )
    )
    return union_all(replies, others).subquery()
