"""The verbs of queues: save, remove."""

from collections.abc import Sequence

from adminops.db import db
from adminops.errors import Conflict, Invalid, NotAllowed
from adminops.facts import QueueRemoved, QueueSaved, publish
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from tickets.queues.models import QueueMember, TicketQueue
from tickets.queues.queries import all_queues
from tickets.queues.rules import Rule


def save_queue(
    queue: TicketQueue | None,
    *,
    name: str,
    request_types: Sequence[str],
    untouched_hours: int = 0,
    rule: Rule = Rule.MANUAL,
    members: Sequence[User] = (),
    by: User,
) -> TicketQueue:
    """Give `queue` (or a new one) its name, its request types, when untouched tickets go back, and who is given them.

    A type that belonged to another queue moves; a member who stays keeps their turn. Rules in the order checked: `by`
    shapes the desk (`NotAllowed`); a name (`Invalid`) that no other queue bears (`Conflict`); members of the team, and
    some where a rule gives tickets out (`Invalid`). Publishes `QueueSaved`.
    """
    _check_may_shape(by)
    name, others = name.strip(), [other for other in all_queues() if other is not queue]
    if not name:
        raise Invalid("Give the queue a name.", field="name")
    if any(other.name.casefold() == name.casefold() for other in others):
        raise Conflict(f"There is a queue “{name}” already.", field="name")
    _check_members(rule, members)
    for other in others:
        other.request_types = [key for key in other.request_types if key not in request_types]
    queue = queue or TicketQueue()
    queue.name, queue.request_types, queue.untouched_hours = name, sorted(set(request_types)), untouched_hours
    queue.rule = rule
    chosen = {person.id for person in members}
    queue.members = [member for member in queue.members if member.user_id in chosen]
    known = {member.user_id for member in queue.members}
    queue.members += [QueueMember(user_id=id_) for id_ in sorted(chosen - known)]
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


def _check_members(rule: Rule, members: Sequence[User]) -> None:
    if not all(person.may_sign_in and person.may(Permission.WORK_TICKETS) for person in members):
        raise Invalid("Only active members of the Systems Team can be given tickets.", field="members")
    if rule is not Rule.MANUAL and not members:
        raise Invalid("Choose who is given the tickets of this queue.", field="members")


def _check_may_shape(by: User) -> None:
    if not by.may(Permission.SHAPE_DESK):
        raise NotAllowed("Only administrators can arrange queues.")
