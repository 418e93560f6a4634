"""The verbs of courses: write, save, publish, retire."""

from sqlalchemy import func, select

from adminops import clock
from adminops.db import db
from adminops.errors import Conflict, Invalid, InvalidState
from adminops.facts import CoursePublished, CourseRetired, CourseSaved, publish
from adminops.identity.models import User
from training import policies
from training.models import Course, CourseState, Offering, OfferingState

LONGEST_VALIDITY = 120  # months


def write_course(
    *,
    title: str,
    summary: str,
    description: str,
    audience: str = "",
    valid_months: int | None = None,
    is_required: bool = False,
    by: User,
) -> Course:
    """Start a course as a draft and return it.

    `valid_months` says how long a completion counts, 1 to 120 (None: for good). Raises `NotAllowed`, `Invalid`.
    Publishes `CourseSaved`.
    """
    policies.check_may_manage(by)
    course = Course()
    _fill(course, title, summary, description, audience, valid_months, is_required)
    db.session.add(course)
    db.session.flush()
    publish(CourseSaved(course_id=course.id), by=by)
    return course


def save_course(
    course: Course,
    *,
    title: str,
    summary: str,
    description: str,
    audience: str,
    valid_months: int | None,
    is_required: bool,
    version: int | None,
    by: User,
) -> None:
    """Change a course. Learners of a published one see it at once; completions that are recorded stay as they are.

    `version` is the one that the writer began from: raises `Conflict` when somebody saved meanwhile. Raises
    `NotAllowed`, `Invalid`. Publishes `CourseSaved`.
    """
    policies.check_may_manage(by)
    hold_course(course)
    if version != course.version:
        raise Conflict(
            "Somebody saved this course while you were writing. Copy your text, reload, and put it in again."
        )
    if course.state is CourseState.PUBLISHED and not description.strip():
        raise Invalid("A published course needs a description.", field="description")
    _fill(course, title, summary, description, audience, valid_months, is_required)
    course.version += 1
    course.updated_at = clock.now()
    db.session.flush()
    publish(CourseSaved(course_id=course.id), by=by)


def publish_course(course: Course, *, by: User) -> None:
    """Let learners see a course. Raises `NotAllowed`, `InvalidState`, `Invalid`. Publishes `CoursePublished`."""
    hold_course(course)
    policies.check_may_publish(course, by)
    course.move(CourseState.PUBLISHED)
    db.session.flush()
    publish(CoursePublished(course_id=course.id), by=by)


def retire_course(course: Course, *, by: User) -> None:
    """Offer a course no longer; what was completed stays.

    Raises `NotAllowed`, and `InvalidState` while it has classes to come. Publishes `CourseRetired`.
    """
    hold_course(course)
    policies.check_may_retire(course, by)
    if coming := _coming_classes(course):
        classes = "a class" if coming == 1 else f"{coming} classes"
        raise InvalidState(f"This course has {classes} to come. Cancel or hold them first.")
    course.move(CourseState.RETIRED)
    db.session.flush()
    publish(CourseRetired(course_id=course.id), by=by)


def hold_course(course: Course) -> None:
    """Read the course anew and hold its row until the end of the transaction."""
    db.session.refresh(course, with_for_update={"key_share": True})


def _coming_classes(course: Course) -> int:
    coming = select(func.count(Offering.id)).where(
        Offering.course_id == course.id, Offering.state == OfferingState.SCHEDULED, Offering.ends_at > clock.now()
    )
    return db.session.scalar(coming) or 0


def _fill(
    course: Course,
    title: str,
    summary: str,
    description: str,
    audience: str,
    valid_months: int | None,
    is_required: bool,
) -> None:
    if valid_months is not None and not 1 <= valid_months <= LONGEST_VALIDITY:
        raise Invalid(f"Give 1 to {LONGEST_VALIDITY} months, or leave it empty.", field="valid_months")
    course.title = _tidy(title, "title", "Give the course a title.")
    course.summary = _tidy(summary, "summary", "Say in one sentence what it is about.")
    course.description = description.strip()
    course.audience = " ".join(audience.split())
    course.valid_months = valid_months
    course.is_required = is_required


def _tidy(text: str, field: str, sentence: str) -> str:
    tidy = " ".join(text.split())
    if not tidy:
        raise Invalid(sentence, field=field)
    return tidy
