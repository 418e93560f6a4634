"""Whom the rule of its queue gives a ticket to: present members first, then who stands in for the absent, else nobody.

Nobody is chosen who may not see the ticket and work on it, nor who asked for it. All that give out wait for each other
at the rows of the queues, so two tickets that come at the same moment never count the same load, nor take the same
turn.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.orm import selectinload

from adminops import clock
from adminops.db import db
from adminops.facts import TicketGiven, publish
from adminops.identity.models import SYSTEM, User
from adminops.web.remembering import remembered
from tickets import policies
from tickets.absences.models import Absence
from tickets.absences.queries import absent_on, office_day
from tickets.models import OPEN_STATES, RUNNING_STATES, Ticket, WaitingOn
from tickets.queues.models import LeftInQueue, QueueMember, TicketQueue
from tickets.queues.rules import Candidate, Rule, first_of


@dataclass(frozen=True)
class Line:
    """The people of a queue as they stand for one ticket."""

    present: Sequence[Candidate]
    stand_ins: Sequence[Candidate]
    members: int


def choose(ticket: Ticket) -> User | None:
    """Return whom `ticket`, which nobody has, is given to; None where its queue has no rule, or finds nobody.

    Says on the timeline which rule it went by, or (once) that nobody was there: then it stays in the queue and is
    tried again. Publishes `TicketGiven`.
    """
    queue = _locked_queue(ticket) if _waits_for_somebody(ticket) else None
    if queue is None:
        return None
    line = _line(queue, ticket)
    chosen = first_of(queue.rule, line.present) or first_of(queue.rule, line.stand_ins)
    left = db.session.get(LeftInQueue, ticket.id)
    if chosen is None:
        if left is None:
            db.session.add(LeftInQueue(ticket_id=ticket.id, left_at=clock.now()))
            db.session.flush()
            _say(ticket, queue, line, None)
        else:
            left.left_at = clock.now()  # behind those that were not tried: else many of one queue hold up all others
        return None
    if left is not None:
        db.session.delete(left)
    queue.turns += 1
    member = next(member for member in queue.members if member.id == chosen.member)
    member.last_turn = queue.turns
    db.session.flush()
    _say(ticket, queue, line, chosen)
    return db.session.get_one(User, chosen.person)


def left_over(limit: int) -> list[Ticket]:
    """Return tickets that were left in their queues, locked, those tried the longest ago first.

    Forgets those that need nobody now.
    """
    chosen = select(Ticket).join(LeftInQueue, LeftInQueue.ticket_id == Ticket.id).order_by(LeftInQueue.left_at)
    # Passing over those that somebody is at: waiting for them while holding the queues could wait in a circle.
    locked = chosen.limit(limit).with_for_update(of=Ticket, key_share=True, skip_locked=True)
    tickets = list(db.session.scalars(locked.execution_options(populate_existing=True)))
    done = [ticket.id for ticket in tickets if ticket.assignee_id is not None or ticket.state not in OPEN_STATES]
    db.session.execute(delete(LeftInQueue).where(LeftInQueue.ticket_id.in_(done)))
    return [ticket for ticket in tickets if ticket.id not in done]


def _waits_for_somebody(ticket: Ticket) -> bool:
    held = ticket.waiting_on is WaitingOn.APPROVAL or ticket.merged_into_id is not None
    return ticket.assignee_id is None and ticket.state in OPEN_STATES and not held


def _locked_queue(ticket: Ticket) -> TicketQueue | None:
    """Return the queue of `ticket` when it has a rule, with all that have one locked until the transaction ends."""
    if ticket.request_type not in remembered("tickets.giving", _given_types, of=(TicketQueue,)):
        return None
    ruled = select(TicketQueue).where(TicketQueue.rule != Rule.MANUAL).order_by(TicketQueue.id)
    locked = ruled.with_for_update(key_share=True).execution_options(populate_existing=True)
    people = selectinload(TicketQueue.members).joinedload(QueueMember.user)
    queues = db.session.scalars(locked.options(people)).all()
    return next((queue for queue in queues if ticket.request_type in queue.request_types), None)


def _given_types() -> frozenset[str]:
    ruled = select(TicketQueue.request_types).where(TicketQueue.rule != Rule.MANUAL)
    return frozenset(key for keys in db.session.scalars(ruled) for key in keys)


def _line(queue: TicketQueue, ticket: Ticket) -> Line:
    absences = {absence.user_id: absence for absence in absent_on(office_day())}
    able = {member.user_id for member in queue.members if _may_have(member.user, ticket)}
    here = [(member, member.user_id) for member in queue.members if member.user_id in able.difference(absences)]
    instead = [] if here else list(_stand_ins(queue, absences, ticket))
    load = _load(person for _, person in (*here, *instead))
    present, stand_ins = (
        [
            Candidate(member.id, person, member.last_turn, load.get(person, 0), _absent(member, person))
            for member, person in pairs
        ]
        for pairs in (here, instead)
    )
    return Line(present, stand_ins, len(queue.members))


def _absent(member: QueueMember, person: int) -> int | None:
    return member.user_id if member.user_id != person else None


def _stand_ins(queue: TicketQueue, absences: dict[int, Absence], ticket: Ticket) -> Iterable[tuple[QueueMember, int]]:
    """Yield who stands in for the absent members: present, and may have the ticket."""
    for member in queue.members:
        absence = absences.get(member.user_id)
        person = absence.substitute if absence else None
        if person is not None and person.id not in absences and _may_have(person, ticket):
            yield member, person.id


def _may_have(person: User, ticket: Ticket) -> bool:
    """Say whether `person` works, sees the ticket and works on it, and did not ask for it."""
    return person.may_sign_in and person.id != ticket.requester_id and policies.is_team(person, ticket)


def _load(people: Iterable[int]) -> dict[int, int]:
    counted = (
        select(Ticket.assignee_id, func.count(Ticket.id))
        .where(Ticket.is_open, Ticket.state.in_(RUNNING_STATES), Ticket.assignee_id.in_(sorted(set(people))))
        .group_by(Ticket.assignee_id)
    )
    return {person: number for person, number in db.session.execute(counted) if person is not None}


def _say(ticket: Ticket, queue: TicketQueue, line: Line, chosen: Candidate | None) -> None:
    fact = TicketGiven(
        ticket_id=ticket.id,
        agency_id=ticket.agency_id,
        queue_id=queue.id,
        rule=queue.rule.value,
        assignee_id=chosen.person if chosen else None,
        instead_of_id=chosen.instead_of if chosen else None,
        present=len(line.present),
        members=line.members,
        load=chosen.load if chosen else 0,
    )
    publish(fact, by=SYSTEM)
