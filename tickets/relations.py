"""How tickets stand to each other: merged into one, related, duplicates, needed for each other, parts of a larger one.

A merge moves no row. The source points to its target, whose page shows the messages of both; what is written on the
source goes to the target. So a merge can be undone at any time, and an undo brings back exactly what was there.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CTE, BindParameter, ForeignKey, Index, UniqueConstraint, select
from sqlalchemy.orm import Mapped, aliased, mapped_column

from adminops import clock
from adminops.db import Key, Model, db
from adminops.errors import InvalidState, NotFound
from adminops.identity.models import User
from tickets.models import OPEN_STATES, Ticket, TicketState, WaitingOn
from tickets.sight import visible_to


class Kind(StrEnum):
    """How one ticket stands to another, with the verb for it: "this depends on that"."""

    def __new__(cls, value: str, says: str = "") -> "Kind":
        """Keep the verb beside the value."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.says = says
        return member

    says: str

    RELATES = "relates", "belongs to"
    DUPLICATE_OF = "duplicate_of", "is a duplicate of"
    DEPENDS_ON = "depends_on", "depends on"
    CHILD_OF = "child_of", "is part of"
    SPLIT_FROM = "split_from", "was split off"


LADDERS = (Kind.DEPENDS_ON, Kind.CHILD_OF)
"""Those that lead up from ticket to ticket, and must never come back to where they began."""


class TicketRelation(Model):
    """That one ticket stands in some way to another."""

    __tablename__ = "ticket_relation"
    __table_args__ = (UniqueConstraint("ticket_id", "other_id", "kind"), Index(None, "other_id"))

    id: Mapped[Key]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    other_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    kind: Mapped[Kind]
    related_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    related_at: Mapped[datetime] = mapped_column(default=clock.now)


class TicketMerge(Model):
    """A merge of tickets, with what its undo needs. A row stays, undone or not."""

    __tablename__ = "ticket_merge"
    __table_args__ = (Index(None, "source_id"), Index(None, "target_id"))

    id: Mapped[Key]
    source_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    target_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    merged_at: Mapped[datetime] = mapped_column(default=clock.now)
    merged_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    was_state: Mapped[TicketState]
    """Where the source stood before."""
    was_waiting_on: Mapped[WaitingOn | None]
    was_resolved_at: Mapped[datetime | None]
    joined: Mapped[list[str]] = mapped_column(default=list)
    """Numbers of the people who became participants of the target by it."""
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))


@dataclass(frozen=True)
class Related:
    """How another ticket stands to the one whose page it is."""

    id: int
    """Number of the relation."""
    other_id: int
    says: str
    is_open: bool
    is_part: bool
    """Whether the other one is a part of this."""


def root_of(ticket: Ticket) -> Ticket:
    """Return the ticket whose conversation `ticket` is part of: itself unless it was merged, over any steps."""
    seen = {ticket.id}
    while ticket.merged_into_id is not None and ticket.merged_into_id not in seen:
        seen.add(ticket.merged_into_id)
        ticket = db.session.get_one(Ticket, ticket.merged_into_id)
    return ticket


_FURTHER = aliased(Ticket)
"""Made once: it takes longer than the statement that it stands in."""


def sources_under(ticket_id: int | BindParameter[int]) -> CTE:
    """Return the numbers of all tickets that were merged into one, over however many steps."""
    first = select(Ticket.id).where(Ticket.merged_into_id == ticket_id).cte("merged_sources", recursive=True)
    return first.union(select(_FURTHER.id).where(_FURTHER.merged_into_id == first.c.id))


def sources_of(ticket: Ticket) -> list[int]:
    """Return the numbers of all tickets that were merged into `ticket`, in order."""
    found = sources_under(ticket.id)
    return sorted(db.session.scalars(select(found.c.id)))


def ever_part_of(ticket: Ticket) -> list[Ticket]:
    """Return the tickets that showed `ticket` at some time, over however many steps, also where that was undone."""
    first = (
        select(TicketMerge.target_id).where(TicketMerge.source_id == ticket.id).cte("merged_targets", recursive=True)
    )
    found = first.union(select(TicketMerge.target_id).where(TicketMerge.source_id == first.c.target_id))
    return list(db.session.scalars(select(Ticket).where(Ticket.id.in_(select(found.c.target_id)))))


def standing_merge(source: Ticket) -> TicketMerge:
    """Return the merge that `source` is under. Raises `InvalidState` for one that is merged into nothing."""
    chosen = select(TicketMerge).where(TicketMerge.source_id == source.id, TicketMerge.undone_at.is_(None))
    found = db.session.scalar(chosen.with_for_update())
    if found is None:
        raise InvalidState("This ticket is merged into no other. Somebody may have undone it just now.")
    return found


def get_relation(ticket: Ticket, relation_id: int) -> TicketRelation:
    """Return a relation at one of whose ends `ticket` stands. Raises `NotFound`."""
    found = db.session.get(TicketRelation, relation_id, populate_existing=True)
    if found is None or ticket.id not in (found.ticket_id, found.other_id):
        raise NotFound("That was taken off already.")
    return found


def open_parts_of(ticket: Ticket) -> list[int]:
    """Return the numbers of the open tickets that are parts of `ticket`, in order."""
    chosen = select(Ticket.id).join(TicketRelation, TicketRelation.ticket_id == Ticket.id)
    parts = chosen.where(TicketRelation.other_id == ticket.id, TicketRelation.kind == Kind.CHILD_OF)
    return sorted(db.session.scalars(parts.where(Ticket.state.in_(OPEN_STATES))))


@dataclass(frozen=True)
class Candidate:
    """A ticket that another one may belong to."""

    id: int
    subject: str
    requester: str


def candidates_for(ticket: Ticket, viewer: User, limit: int = 8) -> list[Candidate]:
    """Return open tickets of the same agency that `ticket` could be merged into: those of who asked for it first."""
    chosen = (
        visible_to(viewer)
        .join(User, User.id == Ticket.requester_id)
        .where(
            Ticket.is_open,
            Ticket.agency_id.is_not_distinct_from(ticket.agency_id),
            Ticket.is_private.is_(ticket.is_private),
            Ticket.id != ticket.id,
        )
        .with_only_columns(Ticket.id, Ticket.subject, User.name, maintain_column_froms=True)
        .order_by(Ticket.requester_id != ticket.requester_id, Ticket.updated_at.desc(), Ticket.id.desc())
    )
    return [Candidate(*row) for row in db.session.execute(chosen.limit(limit))]


def leads_to(start: Ticket, goal: Ticket, kind: Kind) -> bool:
    """Say whether one comes from `start` to `goal` by relations of `kind`."""
    step = select(TicketRelation.other_id).where(TicketRelation.kind == kind)
    reached = step.where(TicketRelation.ticket_id == start.id).cte("reached", recursive=True)
    reached = reached.union(step.where(TicketRelation.ticket_id == reached.c.other_id))
    return db.session.scalar(select(reached.c.other_id).where(reached.c.other_id == goal.id).limit(1)) is not None


def those_waiting_for(ticket_id: int) -> Iterable[tuple[int, Kind]]:
    """Return the tickets that hear of it when one is resolved: what it is a part of, and what depends on it."""
    up = select(TicketRelation.other_id, TicketRelation.kind).where(
        TicketRelation.ticket_id == ticket_id, TicketRelation.kind == Kind.CHILD_OF
    )
    needing = select(TicketRelation.ticket_id, TicketRelation.kind).where(
        TicketRelation.other_id == ticket_id, TicketRelation.kind == Kind.DEPENDS_ON
    )
    return [(id_, kind) for id_, kind in db.session.execute(up.union_all(needing))]
