"""Reading classes and who is in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ScalarSelect, Select, and_, func, or_, select

from adminops import clock
from adminops.db import db
from adminops.identity.models import Agency, RoleGrant, User
from adminops.identity.permissions import ROLE_PERMISSIONS, Permission, Role
from adminops.settings import current_settings
from adminops.web.listing import Page, fetch_page
from training.local_times import date_tile, hours_and_weekday, hours_of
from training.models import (
    SEATED,
    Course,
    CourseEnrollment,
    CourseState,
    LearnerState,
    Offering,
    OfferingState,
)

L = LearnerState
IN_CLASS = (L.JOINED, L.WAITING, L.ATTENDED, L.ABSENT)
ON_A_PAGE = 20

LEARNER_ROLES = tuple(role for role in Role if Permission.TAKE_TRAINING in ROLE_PERMISSIONS[role])
TRAINER_ROLES = tuple(role for role in Role if Permission.MANAGE_TRAINING in ROLE_PERMISSIONS[role])


@dataclass(frozen=True)
class ClassRow:
    """A class as lists and its own page show it. `mine` is where the viewer stands in it."""

    starts_at: datetime
    id: int
    ends_at: datetime
    course_id: int
    title: str
    place: str
    is_online: bool
    state: OfferingState
    seats: int
    trainer: str
    taken: int
    waiting: int
    mine: LearnerState | None

    @property
    def when(self) -> str:
        """The day and the hours in the team's zone."""
        return hours_of(self.starts_at, self.ends_at, current_settings().time_zone)

    @property
    def hours(self) -> str:
        """The weekday and the hours, to stand beside the date."""
        return hours_and_weekday(self.starts_at, self.ends_at, current_settings().time_zone)

    @property
    def date(self) -> tuple[str, str]:
        """Day and month of its date."""
        zone = current_settings().time_zone
        return date_tile(self.starts_at, zone, clock.today(zone))

    @property
    def free(self) -> int:
        """How many seats are left."""
        return max(0, self.seats - self.taken)

    @property
    def where(self) -> str:
        """The place in a few words."""
        return self.place or "Online"


@dataclass(frozen=True)
class LearnerRow:
    """One line of a class's roster."""

    id: int
    name: str
    agency: str | None
    state: LearnerState


@dataclass(frozen=True)
class PersonRow:
    """Somebody who might be signed up. `state` is where they stand in the class, if they are in it."""

    id: int
    name: str
    username: str
    agency: str | None
    state: LearnerState | None


def classes_visible_to(viewer: User) -> Select[Offering]:
    """Return the classes the viewer may open: of published courses, and those they take part in; trainers see all."""
    chosen = select(Offering).join(Course, Course.id == Offering.course_id)
    if viewer.may(Permission.MANAGE_TRAINING):
        return chosen
    if not viewer.may(Permission.TAKE_TRAINING):
        return chosen.where(Offering.id.is_(None))
    taking_part = (
        select(CourseEnrollment.id)
        .where(
            CourseEnrollment.offering_id == Offering.id,
            CourseEnrollment.learner_id == viewer.id,
            CourseEnrollment.state.in_(IN_CLASS),
        )
        .exists()
    )
    return chosen.where(or_(Course.state == CourseState.PUBLISHED, taking_part))


def find_class(offering_id: int, viewer: User) -> Offering | None:
    """Return a class, or None when there is none that the viewer may open."""
    return db.session.scalar(classes_visible_to(viewer).where(Offering.id == offering_id))


def row_of(offering: Offering, viewer: User) -> ClassRow:
    """Return a class as its page shows it."""
    return ClassRow(*db.session.execute(_rows(select(Offering), viewer).where(Offering.id == offering.id)).one())


def upcoming(viewer: User, *, after: str | None = None) -> Page[ClassRow]:
    """Return a page of the classes to come, the next one first."""
    return _page(_coming(_rows(classes_visible_to(viewer), viewer, joined=True)), after)


def count_upcoming(viewer: User) -> int:
    """Return how many classes `upcoming` goes through."""
    chosen = _coming(classes_visible_to(viewer)).with_only_columns(func.count(Offering.id))
    return db.session.scalar(chosen) or 0


def upcoming_of(course: Course, viewer: User) -> Sequence[ClassRow]:
    """Return the next classes of a course."""
    chosen = _coming(_rows(classes_visible_to(viewer), viewer, joined=True)).where(Offering.course_id == course.id)
    return _listed(chosen.order_by(Offering.starts_at, Offering.id))


def classes_of(course: Course, viewer: User, *, after: str | None = None) -> Page[ClassRow]:
    """Return a page of the classes of a course that are over or called off, the latest first."""
    over = or_(Offering.state != OfferingState.SCHEDULED, Offering.ends_at <= clock.now())
    chosen = _rows(classes_visible_to(viewer), viewer, joined=True).where(Offering.course_id == course.id, over)
    return _page(chosen, after, descending=True)


def my_classes(user_id: int, viewer: User) -> Sequence[ClassRow]:
    """Return the classes to come that a person is in; `mine` is where that person stands."""
    mine = _state_in(user_id)
    chosen = (
        _rows(select(Offering), viewer, mine=mine)
        .where(Offering.state != OfferingState.CANCELLED, Offering.ends_at > clock.now())
        .where(mine.in_((L.JOINED, L.WAITING)))
        .order_by(Offering.starts_at, Offering.id)
    )
    return _listed(chosen)


def classes_to_mark(viewer: User) -> Sequence[ClassRow]:
    """Return the classes that have begun and whose attendance is not all marked, the oldest first; for trainers."""
    if not viewer.may(Permission.MANAGE_TRAINING):
        return []
    unmarked = (
        select(CourseEnrollment.id)
        .where(CourseEnrollment.offering_id == Offering.id, CourseEnrollment.state == L.JOINED)
        .exists()
    )
    chosen = _rows(select(Offering), viewer).where(
        Offering.state != OfferingState.CANCELLED, Offering.starts_at <= clock.now(), unmarked
    )
    return _listed(chosen.order_by(Offering.starts_at, Offering.id))


def count_to_mark() -> int:
    """Return how many classes have begun and have people without a mark."""
    chosen = select(func.count(func.distinct(Offering.id))).join(
        CourseEnrollment, CourseEnrollment.offering_id == Offering.id
    )
    begun = (Offering.state != OfferingState.CANCELLED, Offering.starts_at <= clock.now())
    return db.session.scalar(chosen.where(*begun, CourseEnrollment.state == L.JOINED)) or 0


def count_coming(*, days: int) -> tuple[int, int]:
    """Return how many classes begin within `days` from now, and how many people have a seat in them."""
    seated = and_(CourseEnrollment.offering_id == Offering.id, CourseEnrollment.state.in_(SEATED))
    chosen = (
        select(func.count(func.distinct(Offering.id)), func.count(CourseEnrollment.id))
        .outerjoin(CourseEnrollment, seated)
        .where(
            Offering.state == OfferingState.SCHEDULED,
            Offering.starts_at > clock.now(),
            Offering.starts_at <= clock.now() + timedelta(days=days),
        )
    )
    classes, people = db.session.execute(chosen).one()
    return classes, people


def state_of(offering: Offering, user_id: int) -> LearnerState | None:
    """Return where a person stands in a class, None for somebody who is not or no longer in it."""
    chosen = select(CourseEnrollment.state).where(
        CourseEnrollment.offering_id == offering.id,
        CourseEnrollment.learner_id == user_id,
        CourseEnrollment.state.in_(IN_CLASS),
    )
    return db.session.scalar(chosen)


def was_in(offering: Offering, user_id: int) -> bool:
    """Say whether a person is in a class, or was and left."""
    chosen = select(CourseEnrollment.id).where(
        CourseEnrollment.offering_id == offering.id, CourseEnrollment.learner_id == user_id
    )
    return db.session.scalar(chosen) is not None


def place_in_line(offering: Offering, user_id: int) -> int:
    """Return a person's place on the waiting list, 1 for who is next; 0 for who does not wait."""
    waiting = (CourseEnrollment.offering_id == offering.id, CourseEnrollment.state == L.WAITING)
    mine = select(CourseEnrollment.asked_at, CourseEnrollment.id).where(*waiting)
    at = db.session.execute(mine.where(CourseEnrollment.learner_id == user_id)).one_or_none()
    if at is None:
        return 0
    before = or_(
        CourseEnrollment.asked_at < at.asked_at,
        and_(CourseEnrollment.asked_at == at.asked_at, CourseEnrollment.id <= at.id),
    )
    return db.session.scalar(select(func.count(CourseEnrollment.id)).where(*waiting, before)) or 0


def count_in(offering: Offering, *states: LearnerState) -> int:
    """Return how many people stand so in a class."""
    chosen = select(func.count(CourseEnrollment.id)).where(
        CourseEnrollment.offering_id == offering.id, CourseEnrollment.state.in_(states)
    )
    return db.session.scalar(chosen) or 0


def roster(offering: Offering, *states: LearnerState) -> list[LearnerRow]:
    """Return who stands so in a class: who waits in the order in which they asked, others by name."""
    order = (
        (CourseEnrollment.asked_at, CourseEnrollment.id) if states == (L.WAITING,) else (func.lower(User.name), User.id)
    )
    chosen = (
        select(User.id, User.name, Agency.name, CourseEnrollment.state)
        .join(CourseEnrollment, CourseEnrollment.learner_id == User.id)
        .outerjoin(Agency, Agency.id == User.agency_id)
        .where(CourseEnrollment.offering_id == offering.id, CourseEnrollment.state.in_(states))
        .order_by(*order)
    )
    return [LearnerRow(*row) for row in db.session.execute(chosen)]


def find_people(words: str, offering: Offering, *, limit: int = ON_A_PAGE) -> list[PersonRow]:
    """Return people who take training and whose name, user name or address holds `words`, for a trainer."""
    state = _state_in(User.id, offering.id)
    chosen = (
        select(User.id, User.name, User.username, Agency.name, state)
        .outerjoin(Agency, Agency.id == User.agency_id)
        .where(User.takes_part, holds_role(LEARNER_ROLES))
        .where(
            or_(
                User.name.icontains(words, autoescape=True),
                User.username.icontains(words, autoescape=True),
                User.email.icontains(words, autoescape=True),
            )
        )
        .order_by(func.lower(User.name), User.id)
        .limit(limit)
    )
    return [PersonRow(*row) for row in db.session.execute(chosen)] if words else []


def trainers() -> list[tuple[int, str]]:
    """Return id and name of everybody who may run a class."""
    chosen = select(User.id, User.name).where(User.may_sign_in, holds_role(TRAINER_ROLES))
    return [(id_, name) for id_, name in db.session.execute(chosen.order_by(func.lower(User.name), User.id))]


def find_trainer(user_id: int) -> User | None:
    """Return the user of that number who may run a class, or None."""
    return db.session.scalar(select(User).where(User.id == user_id, User.may_sign_in, holds_role(TRAINER_ROLES)))


def holds_role(roles: Sequence[Role]) -> Any:
    return select(RoleGrant.id).where(RoleGrant.user_id == User.id, RoleGrant.role.in_(roles)).exists()


def _coming(chosen: Select[Any]) -> Select[Any]:
    return chosen.where(
        Offering.state == OfferingState.SCHEDULED,
        Offering.ends_at > clock.now(),
        Course.state == CourseState.PUBLISHED,
    )


def _state_in(user_id: Any, offering_id: Any = Offering.id) -> ScalarSelect[Any]:
    return (
        select(CourseEnrollment.state)
        .where(
            CourseEnrollment.offering_id == offering_id,
            CourseEnrollment.learner_id == user_id,
            CourseEnrollment.state.in_(IN_CLASS),
        )
        .correlate(Offering, User)
        .scalar_subquery()
    )


def _count(*states: LearnerState) -> ScalarSelect[int]:
    return (
        select(func.count(CourseEnrollment.id))
        .where(CourseEnrollment.offering_id == Offering.id, CourseEnrollment.state.in_(states))
        .correlate(Offering)
        .scalar_subquery()
    )


def _rows(chosen: Select[Any], viewer: User, *, joined: bool = False, mine: ScalarSelect[Any] | None = None) -> Any:
    """Return `chosen` with the columns of `ClassRow`; `joined`: the course is part of it already."""
    if not joined:
        chosen = chosen.join(Course, Course.id == Offering.course_id)
    return chosen.join(User, User.id == Offering.trainer_id).with_only_columns(
        Offering.starts_at,
        Offering.id,
        Offering.ends_at,
        Course.id.label("course_id"),
        Course.title,
        Offering.place,
        (Offering.link != "").label("is_online"),
        Offering.state,
        Offering.seats,
        User.name.label("trainer"),
        _count(*SEATED),
        _count(L.WAITING),
        mine if mine is not None else _state_in(viewer.id),
    )


def _page(chosen: Select[Any], after: str | None, *, descending: bool = False) -> Page[ClassRow]:
    return fetch_page(
        chosen,
        (Offering.starts_at, Offering.id),
        after=after,
        descending=descending,
        shape=lambda row: ClassRow(*row),
    )


def _listed(chosen: Select[Any]) -> list[ClassRow]:
    return [ClassRow(*row) for row in db.session.execute(chosen.limit(ON_A_PAGE))]
