"""Makers of courses, classes and who is in them."""

from datetime import date, datetime, timedelta
from typing import Any

from adminops import clock
from adminops.db import db
from adminops.identity.models import User
from adminops.identity.permissions import Role
from tests.make import make_user, next_mark
from training.models import Completion, Course, CourseEnrollment, CourseState, LearnerState, Offering


def make_trainer(**over: Any) -> User:
    """Make somebody who writes courses and runs classes."""
    return make_user(Role.TRAINER, **over)


def make_course(**over: Any) -> Course:
    """Make a published course."""
    values = {
        "title": f"HMIS basics {next_mark()}",
        "summary": "Finding a client.",
        "description": "Search before you add.\n\nEnroll a household.",
        "state": CourseState.PUBLISHED,
        **over,
    }
    course = Course(**values)
    db.session.add(course)
    db.session.flush()
    return course


def make_class(course: Course | None = None, *, in_days: float = 7, hours: float = 2, **over: Any) -> Offering:
    """Make a class that begins `in_days` from now (below zero: it has begun) and lasts `hours`."""
    starts_at: datetime = over.pop("starts_at", clock.now() + timedelta(days=in_days))
    trainer = over.pop("trainer", None) or make_trainer()
    values = {
        "course_id": (course or make_course()).id,
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=hours),
        "place": "Training room",
        "seats": 20,
        "trainer_id": trainer.id,
        **over,
    }
    offering = Offering(**values)
    db.session.add(offering)
    db.session.flush()
    return offering


def put_in(offering: Offering, learner: User, state: LearnerState = LearnerState.JOINED, **over: Any) -> User:
    """Put `learner` into a class without any mail or fact; return the learner."""
    db.session.add(CourseEnrollment(offering_id=offering.id, learner_id=learner.id, state=state, **over))
    db.session.flush()
    return learner


def make_completion(course: Course, learner: User, *, on: date, expires_on: date | None = None) -> Completion:
    """Make a completion of a course."""
    completion = Completion(course_id=course.id, learner_id=learner.id, completed_on=on, expires_on=expires_on)
    db.session.add(completion)
    db.session.flush()
    return completion
