"""The verbs of acts on many tickets: plan, carry out, undo. A ticket that refuses is left out; the others go on."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, select

from adminops.db import db, savepoint
from adminops.errors import DomainError, Invalid, InvalidState, NotAllowed
from adminops.facts import BulkActDone, BulkActUndone, publish
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from tickets import policies, tagging
from tickets.bulk.acting import carry_out, why_left
from tickets.bulk.images import image_of, put_back
from tickets.bulk.models import Act, BulkAct, BulkItem, BulkState, Outcome
from tickets.bulk.queries import count_outcomes, next_items
from tickets.locking import lock_all
from tickets.models import Ticket

MOST_TICKETS = 2_000
AT_ONCE = 40
"""So many tickets are changed while one waits; the rest goes on in the background and the page tells how far."""
WRITTEN = (Act.NOTE, Act.REPLY)
CHANGED_SINCE = "It has changed since, so it stays as it is."


def plan(ids: Sequence[int], act: Act, *, value: dict[str, Any], body: str = "", by: User) -> BulkAct:
    """Store what would be done to the tickets `ids`, which `by` may see, and which are left out and why.

    Rules in the order checked: `by` works on tickets (`NotAllowed`); some tickets and no more than `MOST_TICKETS`, a
    tag that can be one, a text for a message and nothing personal in it (`Invalid`). Changes no ticket.
    """
    _check_team(by)
    _check_number(ids)
    if act in (Act.TAG, Act.UNTAG):
        value = {"tag": tagging.read_tag(value.get("tag", ""))}
        policies.check_text(value["tag"], field="tag", agency_id=None, confirmed=False, by=by)
    if act in WRITTEN:
        _check_body(body.strip(), value, by)
    planned = BulkAct(by_id=by.id, act=act, value=value, body=body.strip() if act in WRITTEN else "")
    db.session.add(planned)
    db.session.flush()
    items = []
    for ticket in db.session.scalars(select(Ticket).where(Ticket.id.in_(ids)).order_by(Ticket.id)):
        why = why_left(planned, ticket, by=by)
        outcome = Outcome.LEFT if why else Outcome.PLANNED
        items.append({"act_id": planned.id, "ticket_id": ticket.id, "outcome": outcome, "why": why[:200]})
    db.session.execute(insert(BulkItem), items)
    return planned


def start(act: BulkAct, *, by: User) -> None:
    """Carry out what was planned: the first tickets now, the others in the background. Started already is nothing.

    Raises `NotAllowed` for an act of somebody else.
    """
    _lock(act, by)
    if act.state is BulkState.PLANNED:
        act.state = BulkState.RUNNING
        go_on(act, by=by)


def undo(act: BulkAct, *, by: User) -> None:
    """Put back what `act` changed, where nothing has changed since. Undone already is nothing.

    Raises `NotAllowed` for an act of somebody else, `InvalidState` for messages (they were read; what they did to the
    state of a ticket is put back) or before it is done.
    """
    _lock(act, by)
    if not act.can_be_undone:
        raise InvalidState("Messages can't be taken back: people may have read them.")
    if act.state in (BulkState.PLANNED, BulkState.RUNNING):
        raise InvalidState("This is not done yet. Undo it when it is.")
    if act.state is BulkState.DONE:
        act.state = BulkState.UNDOING
        go_on(act, by=by)


def go_on(act: BulkAct, *, limit: int = AT_ONCE, by: User) -> None:
    """Do or undo the next `limit` tickets of `act`. Publishes `BulkActDone` or `BulkActUndone` with the last."""
    undoing = act.state is BulkState.UNDOING
    work, waiting = (_undo_one, Outcome.DONE) if undoing else (_do_one, Outcome.PLANNED)
    items = next_items(act, waiting, limit + 1)
    lock_all(ticket.id for _, ticket in items[:limit])  # what others do meanwhile is part of what an undo puts back
    for item, ticket in items[:limit]:
        work(act, item, ticket, by)
    if len(items) <= limit:
        act.state = BulkState.UNDONE if undoing else BulkState.DONE
        act.body = ""
        outcomes = count_outcomes(act)
        if undoing:
            publish(BulkActUndone(user_id=by.id, act=act.act.value, tickets=outcomes[Outcome.UNDONE]), by=by)
        else:
            publish(BulkActDone(user_id=by.id, act=act.act.value, tickets=outcomes[Outcome.DONE]), by=by)
    db.session.flush()


def _do_one(act: BulkAct, item: BulkItem, ticket: Ticket, by: User) -> None:
    tag = act.value.get("tag", "")
    before = image_of(ticket, tag)
    try:
        with savepoint():
            carry_out(act, ticket, by=by)
    except DomainError as refused:
        item.outcome, item.why = Outcome.LEFT, refused.sentence[:200]
    else:
        item.outcome, item.before, item.after = Outcome.DONE, before, image_of(ticket, tag)
    db.session.flush()


def _undo_one(act: BulkAct, item: BulkItem, ticket: Ticket, by: User) -> None:
    tag = act.value.get("tag", "")
    try:
        with savepoint():
            _put_back(item, ticket, tag, by)
    except DomainError as refused:  # else one ticket would hold up this undo, and all acts behind it, for ever
        item.outcome, item.why = Outcome.KEPT, refused.sentence[:200]
    else:
        item.outcome = Outcome.UNDONE
    db.session.flush()


def _put_back(item: BulkItem, ticket: Ticket, tag: str, by: User) -> None:
    policies.check_is_team(ticket, by=by)
    if image_of(ticket, tag) != item.after:
        raise InvalidState(CHANGED_SINCE)
    put_back(ticket, item.before, tag=tag, by=by)


def _lock(act: BulkAct, by: User) -> None:
    _check_team(by)
    if act.by_id != by.id:
        raise NotAllowed("Only who planned this can do it or undo it.")
    db.session.refresh(act, with_for_update=True)


def _check_team(by: User) -> None:
    if not by.reach(Permission.WORK_TICKETS).everywhere:
        raise NotAllowed("Only the Systems Team can change tickets.")


def _check_number(ids: Sequence[int]) -> None:
    if not ids:
        raise Invalid("Select at least one ticket first.")
    if len(ids) > MOST_TICKETS:
        raise Invalid(f"These are more than {MOST_TICKETS:,} tickets. Narrow the list first, by dates for example.")


def _check_body(body: str, value: dict[str, Any], by: User) -> None:
    if not body:
        raise Invalid("Write a message first.", field="body")
    policies.check_text(body, field="body", agency_id=None, confirmed=bool(value.get("confirmed")), by=by)
