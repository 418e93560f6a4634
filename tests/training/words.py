"""Short words for the tests of training: what was published, what was mailed, who stands where."""

from typing import Any

from sqlalchemy import select

from adminops.audit.models import AuditEntry
from adminops.db import db
from adminops.identity.models import User
from adminops.outbox.models import OutboxMessage
from training.models import CourseEnrollment, LearnerState, Offering


def facts() -> list[str]:
    """Return the names of what was published, oldest first."""
    return list(db.session.scalars(select(AuditEntry.fact).order_by(AuditEntry.id)))


def mails() -> list[tuple[str, int]]:
    """Return kind and recipient of the mails that wait, in the order in which they were asked for."""
    rows = db.session.execute(select(OutboxMessage.kind, OutboxMessage.recipient_id).order_by(OutboxMessage.id))
    return [(kind, to) for kind, to in rows]


def mails_to(learner: User) -> list[str]:
    """Return the kinds of the mails that wait for `learner`, without the feature's name."""
    return [kind.partition(".")[2] for kind, to in mails() if to == learner.id]


def stands(offering: Offering, learner: User) -> LearnerState | None:
    """Return where `learner` stands in a class."""
    chosen = select(CourseEnrollment.state).where(
        CourseEnrollment.offering_id == offering.id, CourseEnrollment.learner_id == learner.id
    )
    return db.session.scalar(chosen)


def class_form(**over: Any) -> dict[str, Any]:
    """Return what a trainer types into the form of a class; name only what the test is about."""
    return {
        "day": "2026-12-01",
        "starts": "10:00",
        "ends": "12:00",
        "place": "Training room",
        "link": "",
        "seats": "20",
        **over,
    }


def course_form(**over: Any) -> dict[str, Any]:
    """Return what a trainer types into the form of a course."""
    return {"title": "Bed nights", "summary": "Counting beds.", "description": "One night, one row.", **over}
