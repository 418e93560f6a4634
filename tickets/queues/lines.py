"""What the timeline tells the team of a rule: by which one, and why this person."""

from adminops.db import db
from adminops.facts import TicketGiven
from tickets.models import TicketEntry
from tickets.queues.models import TicketQueue
from tickets.queues.rules import Rule


def given(fact: TicketGiven) -> TicketEntry:
    """Return the line that says why the person was chosen whom the next line names, or that nobody was there."""
    queue = db.session.get(TicketQueue, fact.queue_id)
    name = (queue.name if queue else "a queue").replace("{", "(").replace("}", ")")[:60]
    return TicketEntry(sentence=_said(fact, name), person_id=fact.instead_of_id, for_team=True)


def _said(fact: TicketGiven, name: str) -> str:
    present = f"{fact.present} of {fact.members} people present"
    if fact.assignee_id is None:
        return f"left this in the queue {name}: nobody of its people is present who may work on it"
    if fact.instead_of_id is not None:
        return f"found nobody of the queue {name} present, so chose who stands in for {{}}"
    if fact.rule == Rule.IN_TURN:
        return f"went by turn in the queue {name}: the longest without a new ticket, {present}"
    having = f"{fact.load} open ticket" if fact.load == 1 else f"{fact.load or 'no'} open tickets"
    return f"went by load in the queue {name}: {having}, nobody has fewer, {present}"
