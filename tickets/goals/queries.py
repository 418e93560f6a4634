"""Reads of goals: which policy a request falls under, and rows as the values that clocks count by."""

import json
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Integer, Select, and_, bindparam, select

from adminops.db import db
from adminops.errors import NotFound
from adminops.feature import RequestType
from adminops.identity.models import User
from adminops.settings import current_settings
from adminops.web.remembering import remembered
from tickets.clocks import Calendar, Event, Policy, Step, Target, Told
from tickets.goals import standards
from tickets.goals.models import CalendarVersion, GoalCalendar, GoalPolicy, PolicyVersion
from tickets.models import Priority, Ticket, TicketEvent, WaitingOn

_NEWEST_HOURS = and_(CalendarVersion.calendar_id == GoalCalendar.id, CalendarVersion.number == GoalCalendar.number)

RULES = (GoalCalendar, CalendarVersion, GoalPolicy, PolicyVersion)
"""What clocks are counted by: read for every ticket, and changed a few times a year."""


@dataclass(frozen=True)
class InForce:
    """A policy with its newest version and the newest version of its calendar."""

    policy: GoalPolicy
    version: PolicyVersion
    calendar: GoalCalendar
    hours: CalendarVersion


def in_force() -> list[InForce]:
    """Return the policies as they are now, the standard one first."""
    found = [InForce(*row) for row in db.session.execute(_newest())]
    return sorted(found, key=lambda row: row.policy.key != standards.STANDARD)


def policy_for(kind: RequestType, policies: list[InForce]) -> InForce:
    """Return the policy that a request of type `kind` falls under."""
    named = next((row for row in policies if kind.key in row.version.request_types), None)
    key = standards.AROUND_THE_CLOCK if kind.around_the_clock else standards.STANDARD
    return named or next((row for row in policies if row.policy.key == key), policies[0])


def calendar_in_force(version: PolicyVersion) -> CalendarVersion:
    """Return the newest version of the calendar that a version of a policy counts by."""
    newest = select(CalendarVersion).join(GoalCalendar, _NEWEST_HOURS)
    return db.session.scalars(newest.where(GoalCalendar.id == version.calendar_id)).one()


def office_calendar() -> Calendar:
    """Return the calendar of the standard policy: when the office is open."""
    return next(iter(_in_force().calendars.values()), None) or calendar_of(
        standards.calendar_version(standards.STANDARD, current_settings().time_zone)
    )


def calendar_numbered(version_id: int | None) -> Calendar:
    """Return the calendar of a version; without one, the office's."""
    if version_id is None:
        return office_calendar()
    return _in_force().calendars.get(version_id) or remembered(
        ("tickets.calendar", version_id), lambda: calendar_of(db.session.get_one(CalendarVersion, version_id)), of=RULES
    )


def policy_numbered(version_id: int | None) -> Policy:
    """Return a version of a policy; without one, what AdminOps comes with."""
    if version_id is None:
        return policy_of(standards.policy_version(standards.STANDARD))
    return _in_force().policies.get(version_id) or remembered(
        ("tickets.policy", version_id), lambda: policy_of(db.session.get_one(PolicyVersion, version_id)), of=RULES
    )


def events_of(tickets: list[int]) -> dict[int, list[Event]]:
    """Return what happened to each of these tickets, in order."""
    found: dict[int, list[Event]] = {ticket_id: [] for ticket_id in tickets}
    for ticket_id, *happened in db.session.execute(_events(), {"tickets": tickets}):
        found[ticket_id].append(Event(*happened))
    return found


@cache
def _events() -> Select[*tuple[Any, ...]]:
    event = TicketEvent
    told = (event.at, event.happening, event.state, event.waiting_on, event.priority, event.promised)
    of_these = event.ticket_id.in_(bindparam("tickets", type_=Integer(), expanding=True))
    return select(event.ticket_id, *told).where(of_these).order_by(event.id)


def behind() -> Select[Ticket]:
    """Return the open tickets that count by an older version of their calendar, or by none yet."""
    current = select(CalendarVersion.id).join(GoalCalendar, _NEWEST_HOURS)
    old = Ticket.calendar_version_id.not_in(current) | Ticket.calendar_version_id.is_(None)
    return select(Ticket).where(Ticket.is_open, old).order_by(Ticket.id)


# Pages


def names_of(ticket: Ticket) -> tuple[str, str]:
    """Return by which version of which policy and calendar the clocks of `ticket` count."""
    policy = db.session.execute(
        select(GoalPolicy.name, PolicyVersion.number)
        .join(PolicyVersion, PolicyVersion.policy_id == GoalPolicy.id)
        .where(PolicyVersion.id == ticket.policy_version_id)
    ).first()
    calendar = db.session.execute(
        select(GoalCalendar.name, CalendarVersion.number)
        .join(CalendarVersion, CalendarVersion.calendar_id == GoalCalendar.id)
        .where(CalendarVersion.id == ticket.calendar_version_id)
    ).first()
    said = [f"{row[0]}, version {row[1]}" if row else "As AdminOps came" for row in (policy, calendar)]
    return said[0], said[1]


def get_calendar(calendar_id: int, viewer: User) -> GoalCalendar:  # noqa: ARG001 - the page is for administrators
    """Return a calendar. Raises `NotFound`."""
    found = db.session.get(GoalCalendar, calendar_id)
    if found is None:
        raise NotFound("There is no such calendar.")
    return found


def get_policy(policy_id: int, viewer: User) -> GoalPolicy:  # noqa: ARG001 - the page is for administrators
    """Return a policy. Raises `NotFound`."""
    found = db.session.get(GoalPolicy, policy_id)
    if found is None:
        raise NotFound("There is no such policy.")
    return found


def calendars() -> list[tuple[GoalCalendar, CalendarVersion]]:
    """Return the calendars with their newest versions, by name."""
    newest = select(GoalCalendar, CalendarVersion).join(CalendarVersion, _NEWEST_HOURS)
    return [(calendar, version) for calendar, version in db.session.execute(newest.order_by(GoalCalendar.name))]


def versions_of_calendar(calendar: GoalCalendar) -> list[tuple[CalendarVersion, str]]:
    """Return every version of a calendar with who saved it, the newest first."""
    chosen = select(CalendarVersion, User.name).outerjoin(User, User.id == CalendarVersion.saved_by_id)
    chosen = chosen.where(CalendarVersion.calendar_id == calendar.id).order_by(CalendarVersion.number.desc())
    return [(version, name or "AdminOps") for version, name in db.session.execute(chosen)]


def versions_of_policy(policy: GoalPolicy) -> list[tuple[PolicyVersion, str]]:
    """Return every version of a policy with who saved it, the newest first."""
    chosen = select(PolicyVersion, User.name).outerjoin(User, User.id == PolicyVersion.saved_by_id)
    chosen = chosen.where(PolicyVersion.policy_id == policy.id).order_by(PolicyVersion.number.desc())
    return [(version, name or "AdminOps") for version, name in db.session.execute(chosen)]


# Rows as values


def calendar_of(version: CalendarVersion) -> Calendar:
    """Return a version of a calendar as what clocks count by; the same rows give the same object."""
    written = json.dumps([version.hours["week"], version.days_off, version.worked], sort_keys=True)
    return _calendar(version.zone, version.region, written)


@lru_cache(maxsize=256)
def _calendar(zone: str, region: str, written: str) -> Calendar:
    week, days_off, worked = json.loads(written)
    return Calendar(
        zone=zone,
        week=tuple(tuple((opens, closes) for opens, closes in day) for day in week),
        region=region,
        days_off=tuple((date.fromisoformat(day), name) for day, name in sorted(days_off.items())),
        worked=tuple(date.fromisoformat(day) for day in worked),
    )


def policy_of(version: PolicyVersion) -> Policy:
    """Return a version of a policy as what clocks count by."""
    return Policy(
        targets={Priority(level): Target(*minutes) for level, minutes in version.targets.items()},
        pauses=frozenset({*map(WaitingOn, version.pauses), WaitingOn.PROJECT}),  # it has a day of its own
        steps=tuple(Step(minutes, Told(told)) for minutes, told in version.steps.get("steps", ())),
    )


@dataclass(frozen=True)
class _Values:
    """What most tickets count by, by the ids of the versions; the office's calendar is the first."""

    calendars: dict[int, Calendar]
    policies: dict[int, Policy]


def _in_force() -> _Values:
    return remembered("tickets.rules", _read_values, of=RULES)


def _read_values() -> _Values:
    rows = in_force()
    return _Values(
        calendars={row.hours.id: calendar_of(row.hours) for row in rows},
        policies={row.version.id: policy_of(row.version) for row in rows},
    )


@cache
def _newest() -> Select[GoalPolicy, PolicyVersion, GoalCalendar, CalendarVersion]:
    return (
        select(GoalPolicy, PolicyVersion, GoalCalendar, CalendarVersion)
        .join(PolicyVersion, and_(PolicyVersion.policy_id == GoalPolicy.id, PolicyVersion.number == GoalPolicy.number))
        .join(GoalCalendar, GoalCalendar.id == PolicyVersion.calendar_id)
        .join(CalendarVersion, _NEWEST_HOURS)
        .order_by(GoalPolicy.id)
    )
