"""Courses, their dated classes, who takes part, and what was completed."""

from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, event, inspect, text
from sqlalchemy.orm import Mapped, Mapper, mapped_column, relationship

from adminops import clock
from adminops.db import Key, LongText, Model, Name
from adminops.errors import InvalidState
from adminops.identity.models import User


class CourseState(StrEnum):
    """Where a course stands."""

    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"


class OfferingState(StrEnum):
    """Where a dated class stands."""

    SCHEDULED = "scheduled"
    HELD = "held"
    """It took place: somebody's attendance is marked."""
    CANCELLED = "cancelled"


class LearnerState(StrEnum):
    """Where a learner stands in a class."""

    JOINED = "joined"
    WAITING = "waiting"
    LEFT = "left"
    ATTENDED = "attended"
    ABSENT = "absent"


COURSE_TRANSITIONS: dict[CourseState, tuple[CourseState, ...]] = {
    CourseState.DRAFT: (CourseState.PUBLISHED, CourseState.RETIRED),
    CourseState.PUBLISHED: (CourseState.RETIRED,),
    CourseState.RETIRED: (CourseState.PUBLISHED,),
}

OFFERING_TRANSITIONS: dict[OfferingState, tuple[OfferingState, ...]] = {
    OfferingState.SCHEDULED: (OfferingState.HELD, OfferingState.CANCELLED),
    OfferingState.HELD: (OfferingState.SCHEDULED,),  # the last mark was taken back
    OfferingState.CANCELLED: (),
}

L = LearnerState
LEARNER_TRANSITIONS: dict[LearnerState, tuple[LearnerState, ...]] = {
    L.JOINED: (L.LEFT, L.ATTENDED, L.ABSENT),
    L.WAITING: (L.JOINED, L.LEFT, L.ATTENDED),  # who waits may take the chair of somebody who did not come
    L.LEFT: (L.JOINED, L.WAITING),
    L.ATTENDED: (L.JOINED, L.ABSENT),
    L.ABSENT: (L.JOINED, L.ATTENDED),
}

SEATED = (L.JOINED, L.ATTENDED)
"""Who takes up a seat. Somebody marked absent leaves a chair free."""

State = TypeVar("State", CourseState, OfferingState, LearnerState)


class Course(Model):
    """What can be learned. Learners see it while it is published."""

    __tablename__ = "course"

    id: Mapped[Key]
    title: Mapped[Name]
    summary: Mapped[Name]
    """One sentence for lists."""
    description: Mapped[LongText]
    """Plain text; blank lines make paragraphs."""
    audience: Mapped[Name] = mapped_column(default="")
    """For whom it is, in words."""
    valid_months: Mapped[int | None]
    """How long a completion counts; None: for good. A change touches no completion that is there already."""
    is_required: Mapped[bool] = mapped_column(default=False)
    """Whether everybody who takes training needs a valid completion of it."""
    state: Mapped[CourseState] = mapped_column(default=CourseState.DRAFT)
    version: Mapped[int] = mapped_column(default=1)
    """Counts what was saved, so that two writers don't overwrite each other unawares."""
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(default=clock.now)

    def move(self, to: CourseState) -> None:
        """Change the state. Raises `InvalidState` for a move that is not in `COURSE_TRANSITIONS`."""
        self.state = _moved(COURSE_TRANSITIONS, self.state, to, "A course")


class Offering(Model):
    """A dated class of a course."""

    __tablename__ = "course_offering"
    __table_args__ = (Index(None, "state", "starts_at"),)

    id: Mapped[Key]
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    place: Mapped[Name] = mapped_column(default="")
    """Where to go: room and address; empty for a class that is only online."""
    link: Mapped[str] = mapped_column(String(500), default="")
    """Where to click (https); shown to who has a seat."""
    seats: Mapped[int]
    trainer_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    state: Mapped[OfferingState] = mapped_column(default=OfferingState.SCHEDULED)
    revision: Mapped[int] = mapped_column(default=0)
    """Counts changes: against overwriting unawares, and the SEQUENCE of the calendar entry."""
    cancel_reason: Mapped[Name] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    course: Mapped[Course] = relationship()
    trainer: Mapped[User] = relationship()

    def move(self, to: OfferingState) -> None:
        """Change the state. Raises `InvalidState` for a move that is not in `OFFERING_TRANSITIONS`."""
        self.state = _moved(OFFERING_TRANSITIONS, self.state, to, "A class")

    @property
    def has_begun(self) -> bool:
        """Whether its time has come."""
        return clock.now() >= self.starts_at


class CourseEnrollment(Model):
    """A learner in a class: one row for each, whatever becomes of it."""

    __tablename__ = "course_enrollment"
    __table_args__ = (UniqueConstraint("offering_id", "learner_id"), Index(None, "offering_id", "state"))

    id: Mapped[Key]
    offering_id: Mapped[int] = mapped_column(ForeignKey("course_offering.id"))
    learner_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    state: Mapped[LearnerState]
    asked_at: Mapped[datetime] = mapped_column(default=clock.now)
    """When the seat was asked for, most lately: the order of the waiting list."""
    round: Mapped[int] = mapped_column(default=1)
    """Counts how often the learner came in, so that each time has mails of its own."""
    signed_up_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    changed_at: Mapped[datetime] = mapped_column(default=clock.now)
    offering: Mapped[Offering] = relationship()
    learner: Mapped[User] = relationship(foreign_keys=[learner_id])

    def move(self, to: LearnerState) -> None:
        """Change the state. Raises `InvalidState` for a move that is not in `LEARNER_TRANSITIONS`."""
        self.state = _moved(LEARNER_TRANSITIONS, self.state, to, "A learner")
        self.changed_at = clock.now()


class Completion(Model):
    """That a learner completed a course. It never changes; one recorded by mistake is withdrawn."""

    __tablename__ = "course_completion"
    __table_args__ = (
        # A class gives a learner one completion, whoever clicks twice.
        Index(
            "uq_course_completion_of_offering",
            "offering_id",
            "learner_id",
            unique=True,
            sqlite_where=text("withdrawn_at IS NULL AND offering_id IS NOT NULL"),
            postgresql_where=text("withdrawn_at IS NULL AND offering_id IS NOT NULL"),
        ),
        Index(None, "learner_id", "course_id"),
        Index(None, "recorded_at", "id"),
    )

    id: Mapped[Key]
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"), index=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    completed_on: Mapped[date]
    """The day in the team's zone."""
    expires_on: Mapped[date | None]
    """The last day it counts; None: it counts for good."""
    offering_id: Mapped[int | None] = mapped_column(ForeignKey("course_offering.id"))
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    recorded_at: Mapped[datetime] = mapped_column(default=clock.now)
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    course: Mapped[Course] = relationship()
    learner: Mapped[User] = relationship(foreign_keys=[learner_id])


MAY_CHANGE = frozenset({"withdrawn_at", "withdrawn_by_id"})


@event.listens_for(Completion, "before_update")
def _keep_as_it_was(_mapper: Mapper[Completion], _connection: object, completion: Completion) -> None:
    """Refuse to rewrite what was recorded: audits and certificates point at it."""
    changed = {column.key for column in inspect(completion).attrs if column.history.has_changes()}
    if changed - MAY_CHANGE:
        raise ValueError(f"A completion never changes: {', '.join(sorted(changed - MAY_CHANGE))}.")


def _moved(machine: dict[State, tuple[State, ...]], state: State, to: State, what: str) -> State:
    if to not in machine[state]:
        raise InvalidState(f"{what} that is {state.value} can't become {to.value}.")
    return to
