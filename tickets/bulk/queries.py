"""Reads of acts on many tickets: which tickets, whose act, what became of them."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select

from adminops.db import db
from adminops.errors import NotFound
from adminops.identity.models import User
from adminops.web.listing import Page, fetch_page
from tickets.bulk.models import BulkAct, BulkItem, Outcome
from tickets.models import Ticket
from tickets.queries import TicketFilter, matching
from tickets.sight import visible_to

PAGE = 50


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One ticket of an act."""

    ticket_id: int
    subject: str
    outcome: Outcome
    why: str


def chosen_ids(numbers: Iterable[int], viewer: User) -> list[int]:
    """Return those of these tickets that `viewer` may see, by number."""
    seen = visible_to(viewer).where(Ticket.id.in_(set(numbers)))
    return list(db.session.scalars(seen.with_only_columns(Ticket.id).order_by(Ticket.id)))


def matching_ids(wanted: TicketFilter, viewer: User, limit: int) -> list[int]:
    """Return the tickets of a list, at most `limit`, by number. Raises `Wrong`."""
    found = matching(wanted, viewer).with_only_columns(Ticket.id, maintain_column_froms=True)
    return list(db.session.scalars(found.order_by(Ticket.id).limit(limit)))


def get_act(act_id: int, viewer: User) -> BulkAct:
    """Return an act of `viewer`. Raises `NotFound`, also for one of somebody else."""
    act = db.session.get(BulkAct, act_id)
    if act is None or act.by_id != viewer.id:
        raise NotFound("There is no such change of yours.")
    return act


def count_outcomes(act: BulkAct) -> dict[Outcome, int]:
    """Return how many tickets of `act` came out how."""
    counted = select(BulkItem.outcome, func.count()).where(BulkItem.act_id == act.id).group_by(BulkItem.outcome)
    return {**dict.fromkeys(Outcome, 0), **{row[0]: row[1] for row in db.session.execute(counted)}}


def reasons_of(act: BulkAct) -> list[tuple[str, int]]:
    """Return why tickets were left as they are, the most frequent reason first."""
    counted = select(BulkItem.why, func.count()).where(BulkItem.act_id == act.id, BulkItem.why != "")
    rows = db.session.execute(counted.group_by(BulkItem.why).order_by(func.count().desc(), BulkItem.why))
    return [(why, count) for why, count in rows]


def list_items(act: BulkAct, viewer: User, *, after: str | None = None) -> Page[ItemRow]:
    """Return a page of the tickets of `act` that `viewer` may (still) see."""
    rows = (
        visible_to(viewer)
        .join(BulkItem, BulkItem.ticket_id == Ticket.id)
        .where(BulkItem.act_id == act.id)
        .with_only_columns(BulkItem.id, BulkItem.ticket_id, Ticket.subject, BulkItem.outcome, BulkItem.why)
    )
    return fetch_page(
        rows, [BulkItem.id], after=after, descending=False, limit=PAGE, shape=lambda row: ItemRow(*row[1:])
    )


def next_items(act: BulkAct, outcome: Outcome, limit: int) -> list[tuple[BulkItem, Ticket]]:
    """Return the next tickets of `act` that came out so, with their people."""
    rows = (
        select(BulkItem, Ticket)
        .join(Ticket, Ticket.id == BulkItem.ticket_id)
        .where(BulkItem.act_id == act.id, BulkItem.outcome == outcome)
        .order_by(BulkItem.id)
        .limit(limit)
    )
    return [(item, ticket) for item, ticket in db.session.execute(rows)]
