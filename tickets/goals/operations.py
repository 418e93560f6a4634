"""The verbs of goals: save a version of a calendar or a policy, and warn of a goal that is close or was passed."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import select

from adminops import clock
from adminops.db import db
from adminops.errors import Conflict, Invalid, NotAllowed
from adminops.facts import CalendarSaved, PolicySaved, TicketWarned, publish
from adminops.identity.models import RoleGrant, User
from adminops.identity.permissions import Permission, Role
from tickets.clocks import Step, Target, Told, Warned, warnings_of
from tickets.clocks.calendars import DAY_MINUTES, Hours
from tickets.goals import keeping, queries
from tickets.goals.models import CalendarVersion, GoalCalendar, GoalPolicy, PolicyVersion
from tickets.models import Priority, Ticket, WaitingOn
from tickets.notices.occasions import Occasion
from tickets.notices.telling import tell

T = TypeVar("T", GoalCalendar, GoalPolicy)
V = TypeVar("V", CalendarVersion, PolicyVersion)
LEAST_OPEN = 60
"""A week has at least so many open minutes, or nothing would ever be due."""


def save_calendar(
    calendar: GoalCalendar | None,
    *,
    name: str,
    zone: str,
    week: Sequence[Hours],
    region: str,
    days_off: Mapping[date, str],
    worked: Iterable[date],
    seen: int = 0,
    by: User,
) -> GoalCalendar:
    """Save a new version of `calendar`, or (None) a new calendar, and count the clocks of open tickets by it.

    `seen` is the number of the version that `by` was looking at. Rules in the order checked: `by` sets goals
    (`NotAllowed`); nobody saved another version meanwhile, and the name is free (`Conflict`); a zone that exists, an
    hour a week at least, days in order (`Invalid`). Where many tickets are open, the job counts the rest within
    minutes. Saving what is there already changes nothing. Publishes `CalendarSaved`.
    """
    _check_may_set(by)
    calendar = _numbered(calendar, seen) if calendar else GoalCalendar(name=name, number=0)
    _check_free(GoalCalendar, name, calendar.id)
    _check_week(zone, week)
    wanted = {
        "zone": zone,
        "hours": {"week": [[list(span) for span in day] for day in week]},
        "region": region,
        "days_off": {day.isoformat(): said for day, said in sorted(days_off.items())},
        "worked": [day.isoformat() for day in sorted(worked)],
    }
    if calendar.number and calendar.name == name and _same(_newest(CalendarVersion, calendar), wanted):
        return calendar
    calendar.name, calendar.number = name, calendar.number + 1
    db.session.add(calendar)
    db.session.flush()
    db.session.add(
        CalendarVersion(
            calendar_id=calendar.id, number=calendar.number, saved_at=clock.now(), saved_by_id=by.id, **wanted
        )
    )
    db.session.flush()
    publish(CalendarSaved(calendar_id=calendar.id, number=calendar.number), by=by)
    keeping.count_anew()
    return calendar


def save_policy(
    policy: GoalPolicy,
    *,
    calendar: GoalCalendar,
    targets: Mapping[Priority, Target],
    pauses: Iterable[WaitingOn],
    steps: Iterable[Step],
    request_types: Iterable[str],
    seen: int,
    by: User,
) -> GoalPolicy:
    """Save a new version of `policy`, for tickets filed from now on; those there are keep what they were promised.

    Rules in the order checked: `by` sets goals (`NotAllowed`); nobody saved another version meanwhile (`Conflict`);
    no request type stands in another policy (`Invalid`). Saving what is there already changes nothing. Publishes
    `PolicySaved`.
    """
    _check_may_set(by)
    policy, types = _numbered(policy, seen), sorted(request_types)
    taken = {key for other in queries.in_force() if other.policy.id != policy.id for key in other.version.request_types}
    if both := taken.intersection(types):
        raise Invalid(f"Another policy is for {', '.join(sorted(both))} already.", field="request_types")
    wanted = {
        "calendar_id": calendar.id,
        "targets": {level.value: [aim.first, aim.next, aim.resolution] for level, aim in targets.items()},
        "pauses": sorted(who.value for who in pauses),
        "steps": {"steps": [[step.minutes, step.told.value] for step in sorted(steps, key=lambda s: s.minutes)]},
        "request_types": types,
    }
    if _same(_newest(PolicyVersion, policy), wanted):
        return policy
    policy.number += 1
    db.session.add(
        PolicyVersion(policy_id=policy.id, number=policy.number, saved_at=clock.now(), saved_by_id=by.id, **wanted)
    )
    db.session.flush()
    publish(PolicySaved(policy_id=policy.id, number=policy.number), by=by)
    return policy


def warn(ticket: Ticket, *, by: User) -> list[Warned]:
    """Tell those whom its policy names of goals of `ticket` that are close or were passed; return what was new.

    Each step is done once for each clock. Of several that are due at once a person is told the latest. A
    ticket that nobody has is the managers'. Publishes `TicketWarned`, once for each kind of reader.
    """
    clocks, policy = keeping.clocks_of(ticket)
    due = [
        warning
        for warning in warnings_of(clocks, policy)
        if warning.at <= clock.now() and warning.key not in ticket.warned
    ]
    latest = {warning.step.told: warning for warning in due}
    told_already: list[User] = []
    for told in sorted(latest, key=lambda told: -latest[told].step.minutes):
        warning = latest[told]
        told_already += tell(
            ticket,
            Occasion.WARNED,
            mine=_readers(ticket, told),
            but=told_already,
            aim=warning.aim.value,
            round=warning.round,
            minutes=warning.step.minutes,
            by=by,
        )
        publish(
            TicketWarned(
                ticket_id=ticket.id,
                agency_id=ticket.agency_id,
                aim=warning.aim.value,
                minutes=warning.step.minutes,
                told=told.value,
            ),
            by=by,
        )
    ticket.warned = [*ticket.warned, *(warning.key for warning in due)]
    keeping.set_next_step(ticket, clocks, policy)
    db.session.flush()
    return due


def _readers(ticket: Ticket, told: Told) -> list[User]:
    assignee = ticket.assignee
    if told is Told.ASSIGNEE and assignee is not None and assignee.may_sign_in:
        return [assignee]
    manages = select(RoleGrant.user_id).where(RoleGrant.role == Role.MANAGER)
    return list(db.session.scalars(select(User).where(User.may_sign_in, User.id.in_(manages)).order_by(User.id)))


def _check_may_set(by: User) -> None:
    if not by.may(Permission.SET_GOALS):
        raise NotAllowed("Your role does not include setting goals.")


def _numbered(thing: T, seen: int) -> T:
    """Lock `thing` and return it, if its newest version is still the one that was seen."""
    locked = select(type(thing)).where(type(thing).id == thing.id).with_for_update()
    found = db.session.scalars(locked.execution_options(populate_existing=True)).one()
    if found.number != seen:
        raise Conflict("Somebody else saved a version meanwhile. Look at it, and change it again.")
    return found


def _check_free(kind: type[GoalCalendar], name: str, own_id: int | None) -> None:
    other = db.session.scalar(select(kind.id).where(kind.name == name))
    if other is not None and other != own_id:
        raise Conflict("Another calendar has that name.", field="name")


def _check_week(zone: str, week: Sequence[Hours]) -> None:
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise Invalid("There is no such time zone. Try America/New_York.", field="zone") from None
    edges = [[0, *(edge for span in day for edge in span), DAY_MINUTES] for day in week]
    empty = any(opens == closes for day in week for opens, closes in day)
    if len(week) != 7 or empty or any(day != sorted(day) for day in edges):
        raise Invalid("The hours of a day come one after the other, from early to late.")
    if sum(closes - opens for day in week for opens, closes in day) < LEAST_OPEN:
        raise Invalid("A week needs an open hour at least, or nothing would ever be due.")


def _newest(kind: type[V], thing: GoalCalendar | GoalPolicy) -> V:
    owner = CalendarVersion.calendar_id if kind is CalendarVersion else PolicyVersion.policy_id
    return db.session.scalars(select(kind).where(owner == thing.id, kind.number == thing.number)).one()


def _same(version: CalendarVersion | PolicyVersion, wanted: Mapping[str, object]) -> bool:
    return all(getattr(version, name) == value for name, value in wanted.items())
