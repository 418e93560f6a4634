"""The verbs of checklists: tick a step, and take that back."""

from sqlalchemy import select

from adminops import clock
from adminops.db import db
from adminops.errors import NotFound
from adminops.facts import TicketStepTicked, TicketStepUnticked, publish
from adminops.identity.models import User
from tickets import policies
from tickets.checklist.models import TicketStep
from tickets.checklist.queries import checklist_of
from tickets.models import Ticket


def tick(ticket: Ticket, place: int, *, by: User) -> None:
    """Say that the step at `place` (from 1 on) of the checklist of `ticket` is done; the same again is nothing.

    Raises `NotAllowed` and `InvalidState` as `check_may_work`, `NotFound` for a step that is not there. Publishes
    `TicketStepTicked`.
    """
    step = _step(ticket, place, by)
    if _ticked(ticket, step) is None:
        db.session.add(TicketStep(ticket_id=ticket.id, step=step, ticked_by_id=by.id, ticked_at=clock.now()))
        db.session.flush()
        publish(TicketStepTicked(ticket_id=ticket.id, agency_id=ticket.agency_id, place=place), by=by)


def untick(ticket: Ticket, place: int, *, by: User) -> None:
    """Take back that a step is done; one that is not ticked stays so. Raises as `tick`.

    Publishes `TicketStepUnticked`.
    """
    row = _ticked(ticket, _step(ticket, place, by))
    if row is not None:
        db.session.delete(row)
        db.session.flush()
        publish(TicketStepUnticked(ticket_id=ticket.id, agency_id=ticket.agency_id, place=place), by=by)


def _step(ticket: Ticket, place: int, by: User) -> str:
    """Return the words of a step, with the ticket locked: two clicks act one after the other."""
    db.session.execute(select(Ticket.id).where(Ticket.id == ticket.id).with_for_update(key_share=True))
    policies.check_may_work(ticket, by=by)
    steps = list(dict.fromkeys(checklist_of(ticket)))
    if not 1 <= place <= len(steps):
        raise NotFound("There is no such step on this ticket's checklist.")
    return steps[place - 1]


def _ticked(ticket: Ticket, step: str) -> TicketStep | None:
    chosen = select(TicketStep).where(TicketStep.ticket_id == ticket.id, TicketStep.step == step)
    return db.session.scalar(chosen)
