"""The demo's training: eight courses, their classes of three months back and one ahead, and who was there.

Everything goes through the verbs at the time at which it would have been done, so that waiting lists, completions and
the audit look lived.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import cycle

from adminops import clock
from adminops.demo.cast import Cast
from adminops.identity.models import User
from adminops.settings import current_settings
from training.local_times import day_of
from training.models import Course, LearnerState, Offering
from training.operations import (
    cancel_offering,
    join_class,
    leave_class,
    mark_all_attended,
    mark_attendance,
    publish_course,
    schedule_offering,
    write_course,
)

ROOM = "Training room, 120 Ocean Street"
MEETING = "https://meet.example.org/hmis-training"
WEEKEND = 5


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A course of the demo; `days` are its classes, counted from the demo's present."""

    title: str
    summary: str
    description: str
    audience: str
    days: tuple[int, ...]
    hours: tuple[time, time]
    seats: int = 20
    learners: int = 7
    """How many sign up for a class, about."""
    valid_months: int | None = None
    is_required: bool = False
    online: bool = False


MORNING, LONG_MORNING = (time(10), time(11, 30)), (time(9), time(12))
AFTERNOON, LONG_AFTERNOON = (time(13, 30), time(15)), (time(13), time(16))

PLANS = (
    Plan(
        title="Privacy and security",
        summary="What the law and our agreement ask of everybody who opens HMIS.",
        description=(
            "Once a year, before the first sign-in and then every twelve months.\n\n"
            "We go through the privacy notice and consent, what may be said to whom, passwords and screens, "
            "domestic violence and victim service providers, and what to do when something went wrong.\n\n"
            "There are no slides to learn by heart: we work through eight situations that happened somewhere."
        ),
        audience="Everybody with an HMIS account",
        days=(-380, -350, -88, -74, -60, -46, -32, -18, -6, 5, 19),
        hours=MORNING,
        learners=5,
        valid_months=12,
        is_required=True,
        online=True,
    ),
    Plan(
        title="HMIS basics",
        summary="Finding a client, starting an enrollment, and not making a second record.",
        description=(
            "For everybody who is new. You work in the training site, with invented clients.\n\n"
            "Search before you add. Enroll a household. Record a service. Exit on the last day of service.\n\n"
            "Bring the questions your program asks at intake."
        ),
        audience="New staff of all programs",
        days=(-83, -55, -27, -1, 2, 22),
        hours=LONG_MORNING,
        seats=12,
        learners=6,
    ),
    Plan(
        title="Intake and exit",
        summary="The universal data elements, one by one, and what reports make of them.",
        description=(
            "Which answers count as missing, how to record that somebody prefers not to answer, prior living situation "
            "and the three questions after it, and destinations at exit.\n\n"
            "We look at real error tables of an annual performance report and trace each error back to a screen."
        ),
        audience="Case managers and intake staff",
        days=(-69, -20, 12),
        hours=LONG_AFTERNOON,
        seats=15,
        learners=7,
    ),
    Plan(
        title="Bed nights",
        summary="Night-by-night shelters: who slept here, and how the count stays right.",
        description=(
            "Entering a night for forty people in five minutes, correcting one, and why no night belongs on the exit "
            "date.\n\nA small class, so that everybody types."
        ),
        audience="Staff of night-by-night shelters",
        days=(-41, 15),
        hours=AFTERNOON,
        seats=6,
        learners=9,
    ),
    Plan(
        title="Coordinated entry",
        summary="Assessment, events and referrals, from the first call to the housed household.",
        description=(
            "When an assessment is due, which events to record, and how a referral gets its result.\n\n"
            "We follow two households through the system and read the by-name list together."
        ),
        audience="Access points and housing navigators",
        days=(-50, -13, 26),
        hours=AFTERNOON,
        online=True,
    ),
    Plan(
        title="Reports and data quality",
        summary="Pulling an APR, reading its quality tables, and mending what they show.",
        description=(
            "The questions of the annual performance report that funders read first, the difference between an error "
            "and a missing answer, and a monthly routine of thirty minutes.\n\n"
            "Bring the program and the operating year of a grant."
        ),
        audience="Program managers",
        days=(-36, -8, 10),
        hours=LONG_AFTERNOON,
        seats=10,
        learners=5,
    ),
    Plan(
        title="For agency leads",
        summary="Accounts, roles, program requests, and what your staff's training says.",
        description=(
            "Asking for accounts and closing them in time, who may see what, requesting a program with its funding, "
            "and where you see which of your people need a course."
        ),
        audience="Agency leads and security officers",
        days=(-64, 17),
        hours=MORNING,
        valid_months=24,
        online=True,
    ),
    Plan(
        title="Data standards FY2026",
        summary="What changed on 1 October 2025, element by element.",
        description=(
            "New and retired elements and answers, what the vendor changed on the screens, and what has to be asked "
            "again.\n\nThirty minutes for everybody, then questions by program type."
        ),
        audience="Everybody who enters data",
        days=(-30, -11),
        hours=MORNING,
        online=True,
    ),
)

CANCELLED = ("Coordinated entry", 26)
UNMARKED = ("HMIS basics", -1)
PARTS = {
    ("Privacy and security", -350): "ben",
    ("Privacy and security", -46): "alicia",
    ("Privacy and security", 5): "ben",
    ("HMIS basics", -83): "ben",
    ("Bed nights", 15): "ben",
    ("For agency leads", -64): "alicia",
}
"""Who of the cast is in which class."""


def fill(cast: Cast) -> None:
    """Write the courses, hold their classes and fill those to come."""
    trainer = cast["ruth"]
    for number, plan in enumerate(PLANS):
        course = _publish(plan, cast.days_ago(420 - 3 * number), trainer)
        deck = cycle(_deck(cast, plan))
        for day in plan.days:
            learners = [next(deck) for _ in range(plan.learners)]
            part = PARTS.get((plan.title, day))
            _hold(cast, plan, course, day, [*learners, cast[part]] if part else learners)


def _publish(plan: Plan, moment: datetime, trainer: User) -> Course:
    with clock.frozen_at(moment):
        course = write_course(
            title=plan.title,
            summary=plan.summary,
            description=plan.description,
            audience=plan.audience,
            valid_months=plan.valid_months,
            is_required=plan.is_required,
            by=trainer,
        )
        publish_course(course, by=trainer)
    return course


def _hold(cast: Cast, plan: Plan, course: Course, day: int, learners: list[User]) -> None:
    trainer = cast["ruth"]
    on, planned = _workday(cast.now + timedelta(days=day)), min(cast.days_ago(4), cast.days_ago(28 - day))
    with clock.frozen_at(planned):
        offering = schedule_offering(
            course,
            day=on,
            starts=plan.hours[0],
            ends=plan.hours[1],
            seats=plan.seats,
            trainer_id=trainer.id,
            place="" if plan.online else ROOM,
            link=MEETING if plan.online else "",
            by=trainer,
        )
    for hours, learner in enumerate(learners, start=2):
        with clock.frozen_at(min(planned + timedelta(hours=9 * hours), cast.now)):
            join_class(offering, by=learner)
    if (plan.title, day) == CANCELLED:
        with clock.frozen_at(cast.days_ago(1)):
            cancel_offering(offering, reason="The room is needed for the point-in-time count.", by=trainer)
    elif offering.ends_at <= cast.now:
        _mark(cast, offering, learners, trainer, finished=(plan.title, day) != UNMARKED)


def _workday(moment: datetime) -> date:
    day = day_of(moment, current_settings().time_zone)
    return day + timedelta(days=7 - day.weekday()) if day.weekday() >= WEEKEND else day


def _deck(cast: Cast, plan: Plan) -> list[User]:
    """Return who takes a course, in the order in which they do: a class deals from the top, so nobody comes twice soon.

    Those with a part of their own (`PARTS`) are dealt by the story.
    """
    people = [cast.leads[agency.id] for agency in cast.agencies]
    if plan.title != "For agency leads":
        people += [person for agency in cast.agencies for person in cast.staff.get(agency.id, [])]
    deck = [person for person in people if person.username not in PARTS.values()]
    cast.chance.shuffle(deck)
    return deck


def _mark(cast: Cast, offering: Offering, learners: list[User], trainer: User, *, finished: bool) -> None:
    """Let somebody give the seat back the day before; mark who came."""
    with clock.frozen_at(offering.starts_at - timedelta(days=1)):
        if len(learners) > offering.seats:
            leave_class(offering, by=learners[0])
    if not finished:
        return
    with clock.frozen_at(min(offering.ends_at + timedelta(minutes=15), cast.now)):
        if cast.chance.random() < 0.6:
            mark_attendance(offering, learners[1], LearnerState.ABSENT, by=trainer)
        mark_all_attended(offering, by=trainer)
