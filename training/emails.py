"""Mails about classes: what, when and where. Called when a mail is sent; one that is no longer true is not sent."""

from collections.abc import Callable

from adminops.clock import now
from adminops.db import db
from adminops.outbox.messages import Mail
from adminops.settings import current_settings
from training import queries
from training.local_times import hours_of, short_day
from training.models import CourseEnrollment, LearnerState, Offering, OfferingState

L = LearnerState


def joined(*, to_id: int, enrollment_id: int, round: int) -> Mail | None:  # noqa: A002 - stored by this name
    """Tell a learner that a seat is theirs."""
    return _seat_mail("joined", "You are signed up", to_id, enrollment_id, round, L.JOINED)


def waiting(*, to_id: int, enrollment_id: int, round: int) -> Mail | None:  # noqa: A002 - stored by this name
    """Tell a learner that the class is full and they are on the waiting list."""
    return _seat_mail("waiting", "You are on the waiting list", to_id, enrollment_id, round, L.WAITING)


def promoted(*, to_id: int, enrollment_id: int, round: int) -> Mail | None:  # noqa: A002 - stored by this name
    """Tell a learner who waited that a seat is theirs now."""
    return _seat_mail("promoted", "You have a seat", to_id, enrollment_id, round, L.JOINED)


def taken_out(*, to_id: int, enrollment_id: int, round: int) -> Mail | None:  # noqa: A002 - stored by this name
    """Tell a learner that the trainer took them out of a class."""
    return _seat_mail("taken_out", "You are no longer signed up", to_id, enrollment_id, round, L.LEFT)


def changed(*, to_id: int, offering_id: int, revision: int) -> Mail | None:
    """Tell who is in a class that time or place changed; not of a change that another one has overtaken."""
    offering = _coming(offering_id)
    if offering is None or offering.revision != revision:
        return None
    if queries.state_of(offering, to_id) not in (L.JOINED, L.WAITING):
        return None
    return _mail("changed", "Your class has changed", offering)


def cancelled(*, to_id: int, offering_id: int) -> Mail | None:  # noqa: ARG001 - who was in it is told, wherever they stand
    """Tell who was in a class that it does not take place."""
    offering = db.session.get(Offering, offering_id)
    if offering is None or offering.state is not OfferingState.CANCELLED:
        return None
    return _mail("cancelled", "Your class is cancelled", offering)


def reminder(*, to_id: int, offering_id: int, starts: int) -> Mail | None:
    """Remind a learner of a class that is near; `starts` (seconds since 1970) tells a moved class from the old one."""
    offering = _coming(offering_id)
    if offering is None or int(offering.starts_at.timestamp()) != starts:
        return None
    return _mail("reminder", "Your class is soon", offering) if queries.state_of(offering, to_id) is L.JOINED else None


MAILS: dict[str, Callable[..., Mail | None]] = {
    "training.joined": joined,
    "training.waiting": waiting,
    "training.promoted": promoted,
    "training.taken_out": taken_out,
    "training.changed": changed,
    "training.cancelled": cancelled,
    "training.reminder": reminder,
}


def _seat_mail(
    template: str, subject: str, to_id: int, enrollment_id: int, round_: int, state: LearnerState
) -> Mail | None:
    enrollment = db.session.get(CourseEnrollment, enrollment_id)
    if enrollment is None or enrollment.learner_id != to_id:
        return None
    offering = _coming(enrollment.offering_id)
    if offering is None or enrollment.state is not state or enrollment.round != round_:
        return None
    return _mail(template, subject, offering)


def _coming(offering_id: int) -> Offering | None:
    offering = db.session.get(Offering, offering_id)
    comes = offering is not None and offering.state is OfferingState.SCHEDULED and offering.starts_at > now()
    return offering if comes else None


def _mail(template: str, subject: str, offering: Offering) -> Mail:
    zone, title = current_settings().time_zone, offering.course.title
    return Mail(
        subject=f"{subject}: {title}, {short_day(offering.starts_at, zone)}",
        template=f"training/{template}",
        values={
            "title": title,
            "when": hours_of(offering.starts_at, offering.ends_at, zone),
            "place": offering.place,
            "is_online": bool(offering.link),
        },
        link=f"/training/classes/{offering.id}",
        link_label="Open the class",
    )
