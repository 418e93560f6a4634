"""How the clocks of tickets are kept: verbs note what happened, and what the clocks say is written beside it.

Always the whole history is counted, never a number carried on: so nothing drifts, and counting anew gives the same.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from adminops import clock
from adminops.db import db, savepoint
from adminops.feature import RequestType
from adminops.settings import current_settings
from tickets.clocks import Clock, Clocks, Event, Policy, run, warnings_of
from tickets.goals import queries, standards
from tickets.goals.models import CalendarVersion, PolicyVersion
from tickets.models import OPEN_STATES, Happening, Ticket, TicketEvent, TicketState

_MINUTE = timedelta(minutes=1)
BATCH = 20
"""So many tickets are counted anew in one transaction: while they are, nobody else writes on SQLite."""


def begin(ticket: Ticket, kind: RequestType) -> None:
    """Store a ticket that is being filed, with its policy and its clocks."""
    policy = queries.policy_for(kind, policies_there())
    ticket.policy_version_id, ticket.warned = policy.version.id, []
    promised = kind.target_hours * 60
    filed = Event(ticket.filed_at, Happening.FILED, ticket.state, ticket.waiting_on, ticket.priority, promised)
    _write(ticket, [filed], policy.hours, policy.version)
    db.session.add(ticket)
    db.session.flush()
    db.session.add(_row(ticket, filed))


def take_over(ticket: Ticket, kind: RequestType, events: Sequence[Event]) -> None:
    """Give a ticket that was filed and worked on elsewhere its policy and its history.

    Nobody is warned of what was due before it came.
    """
    policy = queries.policy_for(kind, policies_there())
    ticket.policy_version_id = policy.version.id
    rules = queries.policy_of(policy.version)
    clocks = run(events, queries.calendar_of(policy.hours), rules, clock.now())
    ticket.warned = [warning.key for warning in warnings_of(clocks, rules) if warning.at <= clock.now()]
    db.session.add_all(_row(ticket, event) for event in events)
    _write(ticket, events, policy.hours, policy.version)


def happened(ticket: Ticket, happening: Happening) -> None:
    """Note what happened to `ticket`, which stands now where that brought it, and set its clocks."""
    _note(ticket, happening)
    db.session.flush()
    resolved_now = happening is Happening.MOVED and ticket.state is TicketState.RESOLVED
    _count(ticket, counts_on=ticket.state in OPEN_STATES or resolved_now)


def put_aside(ticket: Ticket) -> None:
    """Have nothing expected of `ticket`, which is part of another one now. Its history does not hear of that."""
    ticket.due_at = ticket.next_step_at = None


def take_up_again(ticket: Ticket) -> None:
    """Set the clocks of `ticket`, which stands where its history left it, as if it had never been put aside."""
    _count(ticket, counts_on=ticket.state in OPEN_STATES)


def measure_older(limit: int = BATCH) -> int:
    """Measure tickets from before clocks were measured; return how many. One without a history has no measure."""
    unmeasured = select(Ticket).where(Ticket.measured.is_(False)).order_by(Ticket.id).limit(limit)
    tickets = db.session.scalars(unmeasured.with_for_update(key_share=True, skip_locked=True)).all()
    events = queries.events_of([ticket.id for ticket in tickets])
    for ticket in tickets:
        ticket.measured = True
        if known := events[ticket.id]:
            policy = queries.policy_of(_settled_policy(ticket))
            calendar = queries.calendar_numbered(ticket.calendar_version_id)
            _measure(ticket, run(known, calendar, policy, clock.now()))
    db.session.flush()
    return len(tickets)


def count_anew(limit: int = BATCH) -> int:
    """Count the clocks of open tickets by their calendars as these are now; return how many were behind."""
    tickets = db.session.scalars(queries.behind().limit(limit).with_for_update(key_share=True, skip_locked=True)).all()
    events = queries.events_of([ticket.id for ticket in tickets])
    hours: dict[int, CalendarVersion] = {}
    for ticket in tickets:
        policy = _settled_policy(ticket)
        ticket.policy_version_id = policy.id
        if policy.calendar_id not in hours:
            hours[policy.calendar_id] = queries.calendar_in_force(policy)
        _write(ticket, events[ticket.id], hours[policy.calendar_id], policy)
    db.session.flush()
    return len(tickets)


def policies_there() -> list[queries.InForce]:
    """Return the policies, and store those that AdminOps comes with where there are none yet."""
    return queries.in_force() or _first_policies()


def clocks_of(ticket: Ticket, events: Sequence[Event] = ()) -> tuple[Clocks, Policy]:
    """Return the clocks of `ticket` as they stand now, and its policy; `events` where they were read. Reads only."""
    policy = queries.policy_numbered(ticket.policy_version_id)
    calendar = queries.calendar_numbered(ticket.calendar_version_id)
    events = events or queries.events_of([ticket.id])[ticket.id] or _without_history(ticket)
    return run(events, calendar, policy, clock.now()), policy


def set_next_step(ticket: Ticket, clocks: Clocks, policy: Policy) -> None:
    """Write when the next warning is to be given that was not given yet."""
    still_to_give = (warning.at for warning in warnings_of(clocks, policy) if warning.key not in ticket.warned)
    ticket.next_step_at = next(still_to_give, None)


def _count(ticket: Ticket, *, counts_on: bool) -> None:
    policy = _settled_policy(ticket)
    hours = None if counts_on else db.session.get(CalendarVersion, ticket.calendar_version_id or 0)
    _write(ticket, queries.events_of([ticket.id])[ticket.id], hours or queries.calendar_in_force(policy), policy)


def _settled_policy(ticket: Ticket) -> PolicyVersion:
    """Return the policy that `ticket` was filed under; one from before there were any falls under the standard."""
    known = db.session.get(PolicyVersion, ticket.policy_version_id or 0)
    return known or policies_there()[0].version


def _note(ticket: Ticket, happening: Happening) -> None:
    event = Event(clock.now(), happening, ticket.state, ticket.waiting_on, ticket.priority)
    db.session.add(_row(ticket, event))


def _row(ticket: Ticket, event: Event) -> TicketEvent:
    return TicketEvent(
        ticket_id=ticket.id,
        at=event.at,
        happening=event.happening,
        state=event.state,
        waiting_on=event.waiting_on,
        priority=event.priority,
        promised=event.promised,
    )


def _write(ticket: Ticket, events: Sequence[Event], hours: CalendarVersion, version: PolicyVersion) -> None:
    """Write what the clocks say into the ticket's columns. The only place that does."""
    policy = queries.policy_of(version)
    clocks = run(events or _without_history(ticket), queries.calendar_of(hours), policy, clock.now())
    answers = (event.at for event in events if event.happening is Happening.ANSWERED)
    ticket.calendar_version_id = hours.id
    ticket.due_at = clocks.solution.due_at if clocks.solution.runs else None
    ticket.first_reply_at = next(answers, None)
    _measure(ticket, clocks)
    set_next_step(ticket, clocks, policy)


def _measure(ticket: Ticket, clocks: Clocks) -> None:
    """Write how the clocks that have stopped did, and nothing for those that have not."""
    ticket.reply_took, ticket.reply_met = _result(clocks.first)
    ticket.solution_took, ticket.solution_met = _result(clocks.solution)
    ticket.measured = True


def _result(stopped: Clock) -> tuple[int | None, bool | None]:
    return (stopped.counted // _MINUTE, not stopped.missed) if stopped.done_at else (None, None)


def _without_history(ticket: Ticket) -> list[Event]:
    """Return what is known of a ticket whose history was not kept: how it began, and when it was resolved."""
    state, waiting_on = ticket.state, ticket.waiting_on
    filed = Event(ticket.filed_at, Happening.FILED, state, waiting_on, ticket.priority, 40 * 60)
    if state in OPEN_STATES:
        return [filed]
    ended = Event(ticket.resolved_at or ticket.updated_at, Happening.MOVED, state, waiting_on, ticket.priority)
    return [replace(filed, state=TicketState.NEW), ended]


def _first_policies() -> list[queries.InForce]:
    """Store the calendars and policies that AdminOps comes with, unless somebody does so at this very moment."""
    try:
        with savepoint():
            for key in (standards.STANDARD, standards.AROUND_THE_CLOCK):
                _store_standard(key)
    except IntegrityError:
        db.session.expire_all()
    return queries.in_force()


def _store_standard(key: str) -> None:
    calendar, policy = standards.calendar(key), standards.policy(key)
    db.session.add_all((calendar, policy))
    db.session.flush()
    hours, version = standards.calendar_version(key, current_settings().time_zone), standards.policy_version(key)
    hours.calendar_id = version.calendar_id = calendar.id
    version.policy_id = policy.id
    db.session.add_all((hours, version))
    db.session.flush()
