"""Reading courses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, or_, select

from adminops import clock
from adminops.db import db
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.web.listing import Page, fetch_page
from training.models import Course, CourseState, Offering, OfferingState


@dataclass(frozen=True)
class CourseRow:
    """One line of the list of courses. `next_at` is the start of its next class."""

    id: int
    title: str
    summary: str
    state: CourseState
    valid_months: int | None
    is_required: bool
    next_at: datetime | None


def courses_visible_to(viewer: User) -> Select[Course]:
    """Return the courses the viewer may open: published ones; trainers see drafts and retired ones too."""
    chosen = select(Course)
    if viewer.may(Permission.MANAGE_TRAINING):
        return chosen
    if not viewer.may(Permission.TAKE_TRAINING):
        return chosen.where(Course.id.is_(None))
    return chosen.where(Course.state == CourseState.PUBLISHED)


def find_course(course_id: int, viewer: User) -> Course | None:
    """Return a course, or None when there is none that the viewer may open."""
    return db.session.scalar(courses_visible_to(viewer).where(Course.id == course_id))


def courses(
    viewer: User, *, state: CourseState | None = None, words: str = "", after: str | None = None
) -> Page[CourseRow]:
    """Return a page of courses by title; without `state` those that are not retired."""
    next_at = (
        select(func.min(Offering.starts_at))
        .where(
            Offering.course_id == Course.id,
            Offering.state == OfferingState.SCHEDULED,
            Offering.starts_at > clock.now(),
        )
        .correlate(Course)
        .scalar_subquery()
    )
    chosen = _filtered(viewer, state, words).with_only_columns(
        Course.title,
        Course.id,
        Course.summary,
        Course.state,
        Course.valid_months,
        Course.is_required,
        next_at,
    )
    return fetch_page(
        chosen,
        (Course.title, Course.id),
        after=after,
        descending=False,
        shape=lambda row: CourseRow(row[1], row[0], *row[2:]),
    )


def count_courses(viewer: User, *, state: CourseState | None = None, words: str = "") -> int:
    """Return how many courses `courses` goes through."""
    return db.session.scalar(_filtered(viewer, state, words).with_only_columns(func.count(Course.id))) or 0


def _filtered(viewer: User, state: CourseState | None, words: str) -> Select[Course]:
    chosen = courses_visible_to(viewer)
    chosen = chosen.where(Course.state == state if state else Course.state != CourseState.RETIRED)
    return chosen.where(_holds(words)) if words else chosen


def _holds(word: str) -> ColumnElement[bool]:
    return or_(
        Course.title.icontains(word, autoescape=True),
        Course.summary.icontains(word, autoescape=True),
        Course.description.icontains(word, autoescape=True),
    )


def search_courses(words: str, viewer: User, *, limit: int = 20) -> Sequence[tuple[int, str, str]]:
    """Return id, title and summary of the courses that hold every word, title hits first."""
    terms = words.split()[:8]
    if not terms:
        return []
    in_title = or_(*(Course.title.icontains(term, autoescape=True) for term in terms))
    chosen = (
        courses_visible_to(viewer)
        .with_only_columns(Course.id, Course.title, Course.summary)
        .where(Course.state != CourseState.RETIRED, *(_holds(term) for term in terms))
        .order_by(in_title.desc(), Course.title, Course.id)
        .limit(limit)
    )
    return [(id_, title, summary) for id_, title, summary in db.session.execute(chosen)]
