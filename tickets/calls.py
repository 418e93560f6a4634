"""The log of what reached the team by phone or in person."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlalchemy.orm import aliased

from adminops import clock
from adminops.db import db
from adminops.identity.models import Agency, User
from adminops.web.listing import Page, fetch_page
from tickets.models import Channel, Ticket, TicketState
from tickets.sight import visible_to

SPOKEN = (Channel.PHONE, Channel.WALK_IN)
WINDOW = timedelta(days=92)
"""The log shows this far back; older ones are found in the list of tickets."""

Taker = aliased(User)


@dataclass(frozen=True, slots=True)
class Call:
    """One line of the log."""

    filed_at: datetime
    id: int
    subject: str
    channel: Channel
    state: TicketState
    requester: str
    agency: str | None
    taken_by: str


def list_calls(viewer: User, *, after: str | None = None) -> Page[Call]:
    """Return a page of the log as far as `viewer` may see it, the latest first."""
    chosen = (
        visible_to(viewer)
        .where(Ticket.channel.in_(SPOKEN), Ticket.filed_at >= clock.now() - WINDOW)
        .join(User, User.id == Ticket.requester_id)
        .join(Taker, Taker.id == Ticket.filed_by_id)
        .outerjoin(Agency, Agency.id == Ticket.agency_id)
        .with_only_columns(
            Ticket.filed_at,
            Ticket.id,
            Ticket.subject,
            Ticket.channel,
            Ticket.state,
            User.name,
            Agency.name,
            Taker.name,
            maintain_column_froms=True,
        )
    )
    return fetch_page(chosen, (Ticket.filed_at, Ticket.id), after=after, shape=lambda row: Call(*row))


def count_calls(viewer: User, *, since: datetime) -> dict[Channel, int]:
    """Return how many came by phone and how many in person since then."""
    chosen = visible_to(viewer).where(Ticket.channel.in_(SPOKEN), Ticket.filed_at >= since)
    counted = chosen.with_only_columns(Ticket.channel, func.count(Ticket.id)).group_by(Ticket.channel)
    found = {channel: count for channel, count in db.session.execute(counted)}  # noqa: C416 - rows, not pairs
    return {channel: found.get(channel, 0) for channel in SPOKEN}
