"""What the clock does for training: remind people of their classes."""

from datetime import timedelta

from sqlalchemy import select

from adminops import clock
from adminops.db import db
from adminops.feature import Job
from adminops.identity.models import User
from adminops.outbox.messages import enqueue_mail
from training.models import CourseEnrollment, LearnerState, Offering, OfferingState

AHEAD = timedelta(days=2)


def remind_classes() -> None:
    """Mail everybody with a seat in a class that begins within two days, once.

    Who signed up within these two days has just had a mail and gets no second one.
    """
    now = clock.now()
    near = (
        select(Offering.id, Offering.starts_at, CourseEnrollment.asked_at, User)
        .join(CourseEnrollment, CourseEnrollment.offering_id == Offering.id)
        .join(User, User.id == CourseEnrollment.learner_id)
        .where(
            Offering.state == OfferingState.SCHEDULED,
            Offering.starts_at > now,
            Offering.starts_at <= now + AHEAD,
            CourseEnrollment.state == LearnerState.JOINED,
            User.takes_part,
        )
        .order_by(Offering.starts_at, User.id)
    )
    for offering_id, starts_at, asked_at, learner in db.session.execute(near).all():
        if asked_at <= starts_at - AHEAD:
            starts = int(starts_at.timestamp())
            enqueue_mail("training.reminder", to=learner, offering_id=offering_id, starts=starts)


JOBS = (Job(name="remind-classes", title="Remind people of classes", run=remind_classes, every=timedelta(hours=1)),)
