"""Reading completions: one's own, those of the people one answers for, and who has none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import aliased

from adminops import clock
from adminops.db import db
from adminops.identity.models import Agency, User
from adminops.identity.permissions import Permission
from adminops.proofs import Proof
from adminops.settings import current_settings
from adminops.web.listing import Page, fetch_page
from training.models import Completion, Course, CourseState
from training.queries.classes import LEARNER_ROLES, holds_role

SOON = timedelta(days=60)
"""From when on a completion is said to run out."""


@dataclass(frozen=True)
class PersonCompletion:
    """A completion as its owner's page shows it. `is_current`: no later one of the same course counts longer."""

    id: int
    course_id: int
    title: str
    course_state: CourseState
    completed_on: date
    expires_on: date | None
    is_current: bool

    @property
    def standing(self) -> str:
        """One word: valid, soon (it runs out), expired, or renewed (by a later one)."""
        return "renewed" if not self.is_current else standing(self.expires_on)

    @property
    def is_open_to_learners(self) -> bool:
        """Whether everybody may open the course's page."""
        return self.course_state is CourseState.PUBLISHED


@dataclass(frozen=True)
class CompletionRow:
    """One line of the list of completions."""

    recorded_at: datetime
    id: int
    learner_id: int
    name: str
    agency: str | None
    course_id: int
    title: str
    completed_on: date
    expires_on: date | None
    is_renewed: bool

    @property
    def standing(self) -> str:
        """One word: valid, soon (it runs out), expired, or renewed (by one that counts longer)."""
        return "renewed" if self.is_renewed else standing(self.expires_on)


@dataclass(frozen=True)
class MissingRow:
    """Somebody without a valid completion of a course; `expired_on` is the last day of the latest they had."""

    name: str
    id: int
    agency: str | None
    expired_on: date | None


@dataclass(frozen=True)
class OfferedCourse:
    """A course that people may lack."""

    id: int
    title: str
    is_required: bool


def standing(expires_on: date | None) -> str:
    """Return "valid", "soon" (it runs out within 60 days) or "expired"."""
    if expires_on is None:
        return "valid"
    today = _today()
    if expires_on < today:
        return "expired"
    return "soon" if expires_on - today <= SOON else "valid"


def covers(user: User, viewer: User) -> bool:
    """Say whether the viewer may see the person's training: one's own, or within the reach of READ_TRAINING."""
    return user.id == viewer.id or viewer.reach(Permission.READ_TRAINING).covers(user.agency_id)


def completions_of(user_id: int, *, limit: int = 50) -> list[PersonCompletion]:
    """Return a person's completions, the newest first. The caller has asked `covers`."""
    chosen = (
        select(
            Completion.id,
            Completion.course_id,
            Course.title,
            Course.state,
            Completion.completed_on,
            Completion.expires_on,
        )
        .join(Course, Course.id == Completion.course_id)
        .where(Completion.learner_id == user_id, Completion.withdrawn_at.is_(None))
        .order_by(Completion.completed_on.desc(), Completion.id.desc())
    )
    rows = db.session.execute(chosen).all()
    longest: dict[int, int] = {}
    for row in sorted(rows, key=lambda row: (row.expires_on or date.max, row.completed_on, row.id)):
        longest[row.course_id] = row.id
    return [PersonCompletion(*row, is_current=longest[row.course_id] == row.id) for row in rows[:limit]]


def completions(
    viewer: User,
    *,
    course_id: int | None = None,
    agency_id: int | None = None,
    words: str = "",
    after: str | None = None,
) -> Page[CompletionRow]:
    """Return a page of the completions within the viewer's reach, the newest record first."""
    chosen = _filtered(viewer, course_id, agency_id, words).with_only_columns(
        Completion.recorded_at,
        Completion.id,
        User.id.label("learner_id"),
        User.name,
        Agency.name.label("agency"),
        Course.id.label("course_id"),
        Course.title,
        Completion.completed_on,
        Completion.expires_on,
        _is_renewed(),
    )
    return fetch_page(
        chosen, (Completion.recorded_at, Completion.id), after=after, shape=lambda row: CompletionRow(*row)
    )


def count_completions(
    viewer: User, *, course_id: int | None = None, agency_id: int | None = None, words: str = ""
) -> int:
    """Return how many completions `completions` goes through."""
    chosen = _filtered(viewer, course_id, agency_id, words).with_only_columns(func.count(Completion.id))
    return db.session.scalar(chosen) or 0


def prove(user_ids: Sequence[int]) -> dict[int, Proof]:
    """Return how people stand with the courses that everybody needs: what is missing, until when the rest counts."""
    needed = select(Course.id, Course.title).where(Course.state == CourseState.PUBLISHED, Course.is_required)
    courses = {id_: title for id_, title in db.session.execute(needed.order_by(Course.title, Course.id))}  # noqa: C416 - rows
    longest = func.max(func.coalesce(Completion.expires_on, date.max))
    chosen = (
        select(Completion.learner_id, Completion.course_id, longest)
        .where(Completion.withdrawn_at.is_(None), Completion.course_id.in_(courses))
        .where(Completion.learner_id.in_(user_ids))
        .group_by(Completion.learner_id, Completion.course_id)
    )
    ends = {(learner, course): until for learner, course, until in db.session.execute(chosen)}
    return {id_: _proof(courses, {course: ends.get((id_, course)) for course in courses}) for id_ in user_ids}


def _proof(courses: dict[int, str], ends: dict[int, date | None]) -> Proof:
    today = _today()
    lacking = [course for course, until in ends.items() if until is None or until < today]
    counts = [until for until in ends.values() if until is not None and today <= until < date.max]
    lapsed = [until for until in ends.values() if until is not None and until < today]
    return Proof([courses[course] for course in lacking], min(counts, default=None), max(lapsed, default=None))


def courses_completed(viewer: User) -> list[tuple[int, str]]:
    """Return id and title of the courses to filter completions by."""
    chosen = select(Course.id, Course.title).where(Course.state != CourseState.DRAFT)
    chosen = chosen.order_by(func.lower(Course.title), Course.id)
    return [(id_, title) for id_, title in db.session.execute(chosen)] if viewer.may(Permission.READ_TRAINING) else []


def agencies_in_reach(viewer: User) -> list[tuple[int, str]]:
    """Return id and name of the agencies whose people the viewer sees."""
    reach = viewer.reach(Permission.READ_TRAINING)
    chosen = select(Agency.id, Agency.name).order_by(func.lower(Agency.name))
    if not reach.everywhere:
        chosen = chosen.where(Agency.id.in_(reach.agency_ids))
    return [(id_, name) for id_, name in db.session.execute(chosen)]


def courses_offered() -> list[OfferedCourse]:
    """Return the published courses, those that everybody needs first."""
    chosen = (
        select(Course.id, Course.title, Course.is_required)
        .where(Course.state == CourseState.PUBLISHED)
        .order_by(Course.is_required.desc(), func.lower(Course.title), Course.id)
    )
    return [OfferedCourse(*row) for row in db.session.execute(chosen)]


def missing(
    viewer: User, course_id: int, *, agency_id: int | None = None, words: str = "", after: str | None = None
) -> Page[MissingRow]:
    """Return a page of the people within reach who take training and have no valid completion of a course, by name."""
    latest = (
        select(func.max(Completion.expires_on))
        .where(Completion.learner_id == User.id, Completion.course_id == course_id, Completion.withdrawn_at.is_(None))
        .correlate(User)
        .scalar_subquery()
    )
    chosen = (
        _without(viewer, course_id, agency_id, words)
        .outerjoin(Agency, Agency.id == User.agency_id)
        .with_only_columns(User.name, User.id, Agency.name.label("agency"), latest)
    )
    return fetch_page(chosen, (User.name, User.id), after=after, descending=False, shape=lambda row: MissingRow(*row))


def count_missing(viewer: User, course_id: int, *, agency_id: int | None = None, words: str = "") -> tuple[int, int]:
    """Return how many people `missing` goes through, and of how many who take training."""
    without = _without(viewer, course_id, agency_id, words).with_only_columns(func.count(User.id)).scalar_subquery()
    everybody = _learners(viewer, agency_id, words).with_only_columns(func.count(User.id)).scalar_subquery()
    row = db.session.execute(select(without, everybody)).one()
    return row[0], row[1]


def _is_renewed() -> ColumnElement[bool]:
    """Say whether the same learner has another completion of the course that counts longer (or as long, but later)."""
    other = aliased(Completion)
    longer = or_(
        and_(other.expires_on.is_(None), Completion.expires_on.is_not(None)),
        other.expires_on > Completion.expires_on,
        and_(other.expires_on.is_not_distinct_from(Completion.expires_on), _is_later(other)),
    )
    same = (other.learner_id == Completion.learner_id, other.course_id == Completion.course_id)
    return select(other.id).where(*same, other.withdrawn_at.is_(None), longer).correlate(Completion).exists()


def _is_later(other: type[Completion]) -> ColumnElement[bool]:
    same_day = and_(other.completed_on == Completion.completed_on, other.id > Completion.id)
    return or_(other.completed_on > Completion.completed_on, same_day)


def _filtered(viewer: User, course_id: int | None, agency_id: int | None, words: str) -> Select[Any]:
    chosen = (
        select(Completion)
        .join(User, User.id == Completion.learner_id)
        .join(Course, Course.id == Completion.course_id)
        .outerjoin(Agency, Agency.id == User.agency_id)
        .where(Completion.withdrawn_at.is_(None))
    )
    chosen = _in_reach(chosen, viewer)
    if course_id is not None:
        chosen = chosen.where(Completion.course_id == course_id)
    if agency_id is not None:
        chosen = chosen.where(User.agency_id == agency_id)
    return chosen.where(User.name.icontains(words, autoescape=True)) if words else chosen


def _learners(viewer: User, agency_id: int | None, words: str) -> Select[Any]:
    chosen = _in_reach(select(User).where(User.may_sign_in, holds_role(LEARNER_ROLES)), viewer)
    if agency_id is not None:
        chosen = chosen.where(User.agency_id == agency_id)
    return chosen.where(User.name.icontains(words, autoescape=True)) if words else chosen


def _without(viewer: User, course_id: int, agency_id: int | None, words: str) -> Select[Any]:
    valid = (
        select(Completion.id)
        .where(
            Completion.learner_id == User.id,
            Completion.course_id == course_id,
            Completion.withdrawn_at.is_(None),
            or_(Completion.expires_on.is_(None), Completion.expires_on >= _today()),
        )
        .exists()
    )
    return _learners(viewer, agency_id, words).where(~valid)


def _in_reach(chosen: Select[Any], viewer: User) -> Select[Any]:
    reach = viewer.reach(Permission.READ_TRAINING)
    return chosen if reach.everywhere else chosen.where(User.agency_id.in_(reach.agency_ids))


def _today() -> date:
    return clock.today(current_settings().time_zone)
