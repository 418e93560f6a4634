"""Asking again about what is long over: a new ticket of the same type that is linked to the old one."""

from sqlalchemy import select

from adminops.db import db
from adminops.errors import InvalidState, NotAllowed
from adminops.facts import TicketLinked, publish
from adminops.feature import RequestType
from adminops.identity.models import User
from tickets import policies
from tickets.models import Ticket, TicketLink
from tickets.operations import file_ticket


def may_ask_again(ticket: Ticket, *, by: User) -> bool:
    """Say whether `by` asked for this, and can't bring it back any more."""
    return policies.is_own(by, ticket) and policies.is_over(ticket) and not policies.is_team(by, ticket)


def ask_again(
    ticket: Ticket,
    kind: RequestType,
    *,
    body: str,
    nonce: str | None = None,
    confirmed_clean: bool = False,
    to_redactors: bool = False,
    by: User,
) -> Ticket:
    """File what `ticket` asked for once more, linked to it; its answers are taken over.

    Rules in the order checked: it is one's own (`NotAllowed`) and over for good (`InvalidState`: reply on it instead);
    what `file_ticket` checks. Publishes `TicketFiled` and `TicketLinked`.
    """
    if not policies.is_own(by, ticket):
        raise NotAllowed("Only the person who asked can ask again.")
    if not policies.is_over(ticket):
        raise InvalidState("This can still be taken up again: write a reply on it instead.")
    again = file_ticket(
        kind=kind,
        subject=ticket.subject,
        body=body,
        answers=ticket.answers,
        agency=ticket.agency,
        nonce=nonce,
        confirmed_clean=confirmed_clean,
        to_redactors=to_redactors,
        by=by,
    )
    _link(again, ticket, by)
    return again


def _link(again: Ticket, ticket: Ticket, by: User) -> None:
    same = select(TicketLink.id).where(
        TicketLink.ticket_id == again.id, TicketLink.kind == "ticket", TicketLink.ref_id == str(ticket.id)
    )
    if db.session.scalar(same) is None:  # the same form may be sent twice
        db.session.add(TicketLink(ticket_id=again.id, kind="ticket", ref_id=str(ticket.id), linked_by_id=by.id))
        db.session.flush()
        publish(TicketLinked(ticket_id=again.id, agency_id=again.agency_id, linked=str(ticket.ref)), by=by)
