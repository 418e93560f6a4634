"""Who sees which tickets: one rule, as a filter for lists and as a check for a single one.

A ticket is seen by whom its agency's reach lets in, and by those who are named on it: who asked, who works on it, and
its participants. A private one (an incident) is in nobody's reach but that of security officers.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache, lru_cache

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    UniqueConstraint,
    and_,
    bindparam,
    exists,
    false,
    func,
    not_,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, aliased, joinedload, lazyload, mapped_column, relationship, selectinload

from adminops import clock
from adminops.db import NEVER_AGAIN, Key, Model, db
from adminops.identity.models import RoleGrant, User
from adminops.identity.permissions import ROLE_PERMISSIONS, Permission, Reach
from tickets.models import Ticket


class Why(StrEnum):
    """What made somebody a participant."""

    ADDED = "added"
    FILED = "filed"
    """Wrote it down for who asked."""
    MENTIONED = "mentioned"
    MERGED = "merged"
    """Asked for the same in a ticket that was merged into this one."""
    CLOSED_OFF = "closed_off"
    """Made it private, and goes on seeing it."""


class TicketParticipant(Model):
    """Somebody who is named on a ticket beside who asked and who works on it: sees it, answers, and is told."""

    __tablename__ = "ticket_participant"
    __table_args__ = (UniqueConstraint("ticket_id", "user_id"), Index(None, "user_id", "ticket_id"), NEVER_AGAIN)

    id: Mapped[Key]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    why: Mapped[Why] = mapped_column(default=Why.ADDED)
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    """None: AdminOps itself."""
    added_at: Mapped[datetime] = mapped_column(default=clock.now)

    user: Mapped[User] = relationship(foreign_keys=[user_id])


@dataclass(frozen=True)
class Sight:
    """How far somebody sees without being named: of which agencies public and private tickets."""

    public: Reach
    private: Reach

    def covers(self, ticket: Ticket) -> bool:
        """Say whether `ticket` lies in it."""
        return (self.private if ticket.is_private else self.public).covers(ticket.agency_id)


def sight_of(viewer: User) -> Sight:
    """Return how far `viewer` sees by the roles alone."""
    read, work = viewer.reach(Permission.READ_AGENCY_TICKETS), viewer.reach(Permission.WORK_TICKETS)
    public = Reach(read.everywhere or work.everywhere, read.agency_ids | work.agency_ids)
    return Sight(public, viewer.reach(Permission.READ_PRIVATE_TICKETS))


_HIDDEN = aliased(Ticket)
"""Made once: an alias of so many columns takes longer than the statement that it stands in."""


def visible_to(viewer: User) -> Select[Ticket]:
    """Return the tickets `viewer` may know of: those in their sight, and those that name them."""
    return _visible(sight_of(viewer), viewer.id)


@lru_cache(maxsize=1_000)
def _visible(sight: Sight, viewer_id: int) -> Select[Ticket]:
    """Return the same, which is asked for several times a page: putting it together takes longer than running it."""
    if not sight.public.everywhere:
        of_agencies = (_at(sight.public, private=False), _at(sight.private, private=True))
        return select(Ticket).where(
            or_(*_named(Ticket, viewer_id), *(each for each in of_agencies if each is not None))
        )
    if sight.private.everywhere:
        return select(Ticket)
    # Apart from the rest, and by number: so the lists still walk along their indexes, and counts read nothing else.
    shown = or_(*_named(_HIDDEN, viewer_id), _HIDDEN.agency_id.in_(sorted(sight.private.agency_ids)))
    unseen = select(_HIDDEN.id).where(_HIDDEN.is_private, not_(func.coalesce(shown, false())))
    return select(Ticket).where(Ticket.id.not_in(unseen))


def find_seen(ticket_id: int, viewer: User) -> Ticket | None:
    """Return a ticket that `viewer` may know of with its people and its agency, or None."""
    ticket = db.session.scalar(_one(), {"ticket_id": ticket_id})
    return ticket if ticket is not None and sees(viewer, ticket) else None


@cache
def _one() -> Select[Ticket]:
    people = [joinedload(person).options(lazyload(User.grants)) for person in (Ticket.requester, Ticket.assignee)]
    return select(Ticket).where(Ticket.id == bindparam("ticket_id")).options(*people, joinedload(Ticket.agency))


def sees(viewer: User, ticket: Ticket) -> bool:
    """Say whether `viewer` sees `ticket`: the same rule, for one that is at hand."""
    return sight_of(viewer).covers(ticket) or is_named(viewer, ticket)


def is_named(viewer: User, ticket: Ticket) -> bool:
    """Say whether `ticket` names `viewer`: as who asked, who works on it, or a participant."""
    return viewer.id in (ticket.requester_id, ticket.assignee_id) or takes_part(viewer, ticket)


def takes_part(person: User, ticket: Ticket) -> bool:
    """Say whether `person` is a participant of `ticket`."""
    row = exists().where(TicketParticipant.ticket_id == ticket.id, TicketParticipant.user_id == person.id)
    return bool(db.session.scalar(select(row)))


def participants_of(ticket: Ticket) -> list[TicketParticipant]:
    """Return the participants of `ticket` with their persons, the first first."""
    person = selectinload(TicketParticipant.user).options(lazyload(User.grants), selectinload(User.agency))
    chosen = select(TicketParticipant).where(TicketParticipant.ticket_id == ticket.id).options(person)
    return list(db.session.scalars(chosen.order_by(TicketParticipant.id)))


def readers_of(ticket: Ticket) -> list[User]:
    """Return everybody who can sign in and sees `ticket`."""
    taking_part = select(TicketParticipant.user_id).where(TicketParticipant.ticket_id == ticket.id)
    named = {ticket.requester_id, ticket.assignee_id, *db.session.scalars(taking_part)}
    people = db.session.scalars(select(User).where(User.may_sign_in).options(selectinload(User.grants)))
    return [person for person in people if person.id in named or sight_of(person).covers(ticket)]


def officers_for(ticket: Ticket) -> list[User]:
    """Return the security officers for `ticket`: who sees it when it is private, without being named."""
    roles = [role for role, held in ROLE_PERMISSIONS.items() if Permission.READ_PRIVATE_TICKETS in held]
    holds = select(RoleGrant.user_id).where(RoleGrant.role.in_(roles))
    people = db.session.scalars(select(User).where(User.may_sign_in, User.id.in_(holds)).order_by(User.name, User.id))
    return [p for p in people if p.reach(Permission.READ_PRIVATE_TICKETS).covers(ticket.agency_id)]


def of_mine(viewer: User) -> ColumnElement[bool]:
    """Return that a ticket is what `viewer` asked for or takes part in."""
    return or_(Ticket.requester_id == viewer.id, Ticket.id.in_(_joined(viewer.id)))


def _named(table: type[Ticket], viewer_id: int) -> tuple[ColumnElement[bool], ...]:
    return table.requester_id == viewer_id, table.assignee_id == viewer_id, table.id.in_(_joined(viewer_id))


def _joined(viewer_id: int) -> Select[int]:
    return select(TicketParticipant.ticket_id).where(TicketParticipant.user_id == viewer_id)


def _at(reach: Reach, *, private: bool) -> ColumnElement[bool] | None:
    """Return that a ticket is of an agency within `reach`, and private or not; None for a reach without any."""
    if reach.everywhere:
        return Ticket.is_private.is_(private)
    if not reach.agency_ids:
        return None
    return and_(Ticket.agency_id.in_(sorted(reach.agency_ids)), Ticket.is_private.is_(private))
