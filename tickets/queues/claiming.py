"""Taking the next ticket of a queue: what is due first among those that nobody has."""

from adminops.db import db
from adminops.errors import InvalidState, NotAllowed
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from tickets.models import RUNNING_STATES, Ticket
from tickets.operations import assign
from tickets.queues.models import TicketQueue
from tickets.sight import visible_to


def claim_next(queue: TicketQueue, *, by: User) -> Ticket:
    """Give `by` the ticket of `queue` that presses most, and return it.

    What is due first comes first, then what is urgent, then what is old; not what waits on somebody, nor what `by`
    asked for. A ticket that somebody else is taking at this moment is passed over, so two people get two. Raises
    `NotAllowed` for who does not work on tickets, `InvalidState` when nothing is left. Publishes `TicketAssigned`.
    """
    reach = by.reach(Permission.WORK_TICKETS)
    if not reach:
        raise NotAllowed("Only the Systems Team can take tickets.")
    waiting = visible_to(by).where(
        Ticket.is_open,
        Ticket.state.in_(RUNNING_STATES),
        Ticket.assignee_id.is_(None),
        Ticket.requester_id != by.id,
        Ticket.request_type.in_(queue.request_types),
    )
    if not reach.everywhere:
        waiting = waiting.where(Ticket.agency_id.in_(sorted(reach.agency_ids)))
    first = waiting.order_by(Ticket.due_at.is_(None), Ticket.due_at, Ticket.urgency.desc(), Ticket.id).limit(1)
    ticket = db.session.scalar(first.with_for_update(of=Ticket, key_share=True, skip_locked=True))
    if ticket is None:
        raise InvalidState(f"Nothing is left in “{queue.name}” that nobody has.")
    assign(ticket, by, by=by)
    return ticket
