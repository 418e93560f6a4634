"""The verbs of dated classes: schedule, change, cancel."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlsplit

from adminops import clock
from adminops.db import db
from adminops.errors import Conflict, Invalid
from adminops.facts import OfferingCancelled, OfferingChanged, OfferingScheduled, publish
from adminops.identity.models import SYSTEM, User
from adminops.outbox.messages import enqueue_mail
from adminops.settings import current_settings
from training import policies, queries
from training.local_times import moment_of
from training.models import SEATED, Course, LearnerState, Offering, OfferingState
from training.operations.courses import hold_course
from training.operations.seats import fill_seats, hold_offering, people_in

LONGEST_CLASS = timedelta(hours=12)
FARTHEST_DAYS = 731
MOST_SEATS = 500


@dataclass(frozen=True, kw_only=True)
class Plan:
    """When and where a class is, and for how many: what the form of a class asks for, checked."""

    starts_at: datetime
    ends_at: datetime
    place: str
    link: str
    seats: int
    trainer_id: int


def schedule_offering(
    course: Course,
    *,
    day: date,
    starts: time,
    ends: time,
    seats: int,
    trainer_id: int,
    place: str = "",
    link: str = "",
    by: User,
) -> Offering:
    """Give a course a class on `day` from `starts` to `ends` (the wall clock of the team's zone) and return it.

    Rules in the order checked: `by` runs classes and the course is published; the day is from today to two years
    ahead; both times exist on that day; the end lies after the start, at most 12 hours; it has not passed; 1 to 500
    seats; a place or an https link; somebody who may teach. Raises `NotAllowed`, `InvalidState`, `Invalid`.
    Publishes `OfferingScheduled`.
    """
    hold_course(course)
    policies.check_may_schedule(course, by)
    plan = _plan(day, starts, ends, seats, trainer_id, place, link)
    _check_lies_ahead(plan, day)
    offering = Offering(course_id=course.id, **vars(plan))
    db.session.add(offering)
    db.session.flush()
    publish(OfferingScheduled(offering_id=offering.id), by=by)
    return offering


def change_offering(
    offering: Offering,
    *,
    day: date,
    starts: time,
    ends: time,
    seats: int,
    trainer_id: int,
    place: str = "",
    link: str = "",
    revision: int | None,
    by: User,
) -> None:
    """Change time, place, seats or trainer of a class; everybody keeps the seat, and more seats go to who waits.

    `revision` is the one that `by` began from. Rules in the order checked: as `schedule_offering`; not cancelled;
    nobody changed it meanwhile (`Conflict`); a class that has begun keeps its time; no fewer seats than are taken.
    Mails everybody when time or place is another one. Publishes `OfferingChanged`; nothing when nothing changed.
    """
    hold_offering(offering)
    policies.check_may_change(offering, by)
    if revision != offering.revision:
        raise Conflict("Somebody changed this class meanwhile. Reload the page and look at it again.")
    plan = _plan(day, starts, ends, seats, trainer_id, place, link)
    changed = [name for name, value in vars(plan).items() if getattr(offering, name) != value]
    _check_change(offering, plan, day, changed)
    if not changed:
        return
    for name in changed:
        setattr(offering, name, getattr(plan, name))
    offering.revision += 1
    db.session.flush()
    publish(OfferingChanged(offering_id=offering.id, changed=", ".join(changed)), by=by)
    if {"starts_at", "ends_at", "place", "link"} & set(changed) and not offering.has_begun:
        for learner in people_in(offering, LearnerState.JOINED, LearnerState.WAITING):
            enqueue_mail("training.changed", to=learner, offering_id=offering.id, revision=offering.revision)
    fill_seats(offering, by=SYSTEM)


def cancel_offering(offering: Offering, *, reason: str = "", by: User) -> None:
    """Call a class off; who has or waits for a seat is told by mail.

    `reason` is a sentence that they read on the class's page. Raises `NotAllowed`, `InvalidState`. Publishes
    `OfferingCancelled`.
    """
    hold_offering(offering)
    policies.check_may_cancel(offering, by)
    offering.move(OfferingState.CANCELLED)
    offering.cancel_reason = " ".join(reason.split())
    offering.revision += 1
    db.session.flush()
    publish(OfferingCancelled(offering_id=offering.id), by=by)
    for learner in people_in(offering, LearnerState.JOINED, LearnerState.WAITING):
        enqueue_mail("training.cancelled", to=learner, offering_id=offering.id)


def _plan(day: date, starts: time, ends: time, seats: int, trainer_id: int, place: str, link: str) -> Plan:
    """Return what was asked for as a `Plan`. Raises `Invalid` at the field that breaks a rule."""
    _check_day(day)
    zone = current_settings().time_zone
    starts_at, ends_at = moment_of(day, starts, zone, field="starts"), moment_of(day, ends, zone, field="ends")
    if ends_at <= starts_at:
        raise Invalid("The end has to be after the start.", field="ends")
    if ends_at - starts_at > LONGEST_CLASS:
        raise Invalid("A class lasts 12 hours at most. Schedule one for each day.", field="ends")
    if not 1 <= seats <= MOST_SEATS:
        raise Invalid(f"Give 1 to {MOST_SEATS} seats.", field="seats")
    place, link = " ".join(place.split()), link.strip()
    if not place and not link:
        raise Invalid("Say where it is: a place, a link, or both.", field="place")
    if link and not _is_web_address(link):
        raise Invalid("Give an address that begins with https://.", field="link")
    if queries.find_trainer(trainer_id) is None:
        raise Invalid("Choose somebody who may teach.", field="trainer_id")
    return Plan(starts_at=starts_at, ends_at=ends_at, place=place, link=link, seats=seats, trainer_id=trainer_id)


def _check_day(day: date) -> None:
    today = clock.today(current_settings().time_zone)
    if not date(2000, 1, 1) <= day:
        raise Invalid("This day has passed.", field="day")
    if (day - today).days > FARTHEST_DAYS:
        raise Invalid("This is more than two years ahead. Look at the year again.", field="day")


def _check_lies_ahead(plan: Plan, day: date) -> None:
    if day < clock.today(current_settings().time_zone):
        raise Invalid("This day has passed.", field="day")
    if plan.starts_at <= clock.now():
        raise Invalid("This time has passed.", field="starts")


def _check_change(offering: Offering, plan: Plan, day: date, changed: list[str]) -> None:
    if {"starts_at", "ends_at"} & set(changed):
        if offering.has_begun or offering.state is OfferingState.HELD:
            raise Invalid("The class has begun: its time stays.", field="day")
        _check_lies_ahead(plan, day)
    if plan.seats < (taken := queries.count_in(offering, *SEATED)):
        raise Invalid(f"{taken} people have a seat: no fewer seats than that.", field="seats")


def _is_web_address(link: str) -> bool:
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    plain = link.isascii() and link.isprintable() and " " not in link and '"' not in link
    return parts.scheme == "https" and bool(parts.hostname) and plain
