"""The verbs of queues: save, remove."""

from collections.abc import Sequence

from adminops.db import db
from adminops.errors import Conflict, Invalid, NotAllowed
from adminops.facts import QueueRemoved, QueueSaved, publish
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from tickets.queues.models import TicketQueue
from tickets.queues.queries import all_queues


def save_queue(
    queue: TicketQueue | None, *, name: str, request_types: Sequence[str], untouched_hours: int = 0, by: User
) -> TicketQueue:
    """Give `queue` (or a new one) its name, its request types and after how long untouched tickets go back to it.

    A type that belonged to another queue moves. Rules in the order checked: `by` shapes the desk (`NotAllowed`); a name
    (`Invalid`) that no other queue bears (`Conflict`). Publishes `QueueSaved`.
    """
    _check_may_shape(by)
    name, others = name.strip(), [other for other in all_queues() if other is not queue]
    if not name:
        raise Invalid("Give the queue a name.", field="name")
    if any(other.name.casefold() == name.casefold() for other in others):
        raise Conflict(f"There is a queue “{name}” already.", field="name")
    for other in others:
        other.request_types = [key for key in other.request_types if key not in request_types]
    queue = queue or TicketQueue()
    queue.name, queue.request_types, queue.untouched_hours = name, sorted(set(request_types)), untouched_hours
    db.session.add(queue)
    db.session.flush()
    publish(QueueSaved(queue_id=queue.id), by=by)
    return queue


def remove_queue(queue: TicketQueue, *, by: User) -> None:
    """Remove `queue`; its tickets stay, in no queue. Raises `NotAllowed`. Publishes `QueueRemoved`."""
    _check_may_shape(by)
    db.session.delete(queue)
    db.session.flush()
    publish(QueueRemoved(queue_id=queue.id), by=by)


def _check_may_shape(by: User) -> None:
    if not by.may(Permission.SHAPE_DESK):
        raise NotAllowed("Only administrators can arrange queues.")
