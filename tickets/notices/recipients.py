"""Who is told what happens to a ticket: one function, for those who are shown it before and for the sending itself.

Nobody is told of a ticket they don't see, of what they did themselves, or of what is the team's alone when they are
not of it.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache

from sqlalchemy import ColumnElement, Integer, Select, and_, bindparam, or_, select
from sqlalchemy.orm import joinedload

from adminops.db import db
from adminops.identity.models import RoleGrant, User
from adminops.identity.permissions import ROLE_PERMISSIONS, Permission
from tickets import policies
from tickets.models import Ticket
from tickets.notices.models import NoticeWishes
from tickets.notices.occasions import OFFERED, Nearness, Occasion, Way, cell, is_wide
from tickets.notices.wishes import house_ways, way_of
from tickets.queues.queries import all_queues
from tickets.sight import TicketParticipant, Why, sight_of


@dataclass(frozen=True)
class Told:
    """A person who is told, why, and on which ways."""

    person: User
    near: Nearness
    way: Way
    wishes: NoticeWishes | None


@dataclass(frozen=True)
class Audience:
    """Everybody who may have to be told something of a ticket, read once for any number of occasions."""

    ticket: Ticket
    people: Collection[tuple[User, NoticeWishes | None, Why | None]]
    queues: frozenset[str]
    """Numbers of the queues that the ticket stands in."""

    def told(self, occasion: Occasion, *, mine: Iterable[User] | None = None, by: User) -> list[Told]:
        """Return who is told of `occasion` when `by` does it, by name.

        `mine` are those whom it concerns themselves; if not given, all who are named on the ticket.
        """
        named = None if mine is None else {person.id for person in mine}
        found = (self._told(person, wishes, why, occasion, named) for person, wishes, why in self.people)
        return [told for told in found if told is not None and told.person.id != by.id]

    def _told(
        self, person: User, wishes: NoticeWishes | None, why: Why | None, occasion: Occasion, named: set[int] | None
    ) -> Told | None:
        is_named = person.id in (self.ticket.requester_id, self.ticket.assignee_id) or why is not None
        if not (is_named or sight_of(person).covers(self.ticket)):
            return None
        if occasion.for_team and not policies.works_on(person, self.ticket):
            return None
        mine = person.id in named if named is not None else is_named and why is not Why.FILED
        near = Nearness.MINE if mine else self._near(person, wishes)
        if near not in OFFERED[occasion]:
            return None
        way = way_of(wishes, cell(occasion, near))
        return None if way is Way.NOTHING else Told(person, near, way, wishes)

    def _near(self, person: User, wishes: NoticeWishes | None) -> Nearness:
        """Return how near the ticket is to somebody whom it does not concern."""
        if person.agency_id is not None:
            of_team = person.agency_id == self.ticket.agency_id
        elif wishes is not None and wishes.queues:
            of_team = not self.queues.isdisjoint(wishes.queues)
        else:
            of_team = self.ticket.assignee_id is None
        return Nearness.TEAM if of_team else Nearness.ALL


def audience_of(ticket: Ticket, *, mine: Iterable[User] = (), joining: Iterable[User] = ()) -> Audience:
    """Return who may have to be told something of `ticket`: those named on it, `mine`, and who listens widely.

    `joining` will take part in it by the time they are told.
    """
    joins = {person.id for person in joining}
    named = {ticket.requester_id, ticket.assignee_id, *joins, *(person.id for person in mine)}
    ids = sorted(id_ for id_ in named if id_ is not None)
    all_listen = any(way is not Way.NOTHING and is_wide(key) for key, way in house_ways().items())
    people = [
        (person, wishes, why or (Why.MENTIONED if person.id in joins else None))
        for person, wishes, why in db.session.execute(
            _people(all_listen), {"ticket_id": ticket.id, "ids": ids}
        ).unique()
    ]
    follows = any(wishes is not None and wishes.queues for _, wishes, _ in people)
    return Audience(ticket, people, _queues_of(ticket) if follows else frozenset())


def recipients(ticket: Ticket, occasion: Occasion, *, mine: Collection[User] | None = None, by: User) -> list[Told]:
    """Return who is told of `occasion` on `ticket` when `by` does it now."""
    return audience_of(ticket, mine=mine or ()).told(occasion, mine=mine, by=by)


def told_of_message(
    audience: Audience, *, note: bool, resolves: bool, mentioned: Collection[User], by: User
) -> dict[Occasion, list[Told]]:
    """Return who is told of a message and as what, each person of one thing alone.

    That it is resolved goes before all else, and a mention before the reply or the note that it stands in.
    """
    said = [(Occasion.MENTIONED, mentioned), (Occasion.NOTED if note else Occasion.REPLIED, None)]
    if resolves and not note:
        said.insert(0, (Occasion.RESOLVED, None))
    told: dict[Occasion, list[Told]] = {}
    already: set[int] = set()
    for occasion, mine in said:
        told[occasion] = [each for each in audience.told(occasion, mine=mine, by=by) if each.person.id not in already]
        already |= {each.person.id for each in told[occasion]}
    return told


@cache
def _people(all_listen: bool) -> Select[User, NoticeWishes, Why]:
    """Return the statement that gives those named on a ticket and who listens; it is made once."""
    ticket_id = bindparam("ticket_id", type_=Integer())
    joined = and_(TicketParticipant.user_id == User.id, TicketParticipant.ticket_id == ticket_id)
    taking_part = select(TicketParticipant.user_id).where(TicketParticipant.ticket_id == ticket_id)
    named = (User.id.in_(bindparam("ids", type_=Integer(), expanding=True)), User.id.in_(taking_part))
    return (
        select(User, NoticeWishes, TicketParticipant.why)
        .outerjoin(NoticeWishes, NoticeWishes.user_id == User.id)
        .outerjoin(TicketParticipant, joined)
        .where(User.may_sign_in, or_(*named, *_who_listen(all_listen)))
        .options(joinedload(User.grants))
        .order_by(User.name, User.id)
    )


def _who_listen(all_listen: bool) -> list[ColumnElement[bool]]:
    """Return whom else to look at: who chose to hear of tickets of others, and all who can when the house says so."""
    listening: list[ColumnElement[bool]] = [User.id.in_(select(NoticeWishes.user_id).where(NoticeWishes.is_wide))]
    if all_listen:
        wide = {Permission.READ_AGENCY_TICKETS, Permission.WORK_TICKETS, Permission.READ_PRIVATE_TICKETS}
        roles = [role for role, held in ROLE_PERMISSIONS.items() if wide & held]
        listening.append(User.id.in_(select(RoleGrant.user_id).where(RoleGrant.role.in_(roles))))
    return listening


def _queues_of(ticket: Ticket) -> frozenset[str]:
    return frozenset(str(queue.id) for queue in all_queues() if ticket.request_type in queue.request_types)
