"""Who may write courses, schedule classes, take part and mark attendance, and when."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from adminops import clock
from adminops.errors import DomainError, Invalid, InvalidState, NotAllowed
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from training.models import Course, CourseState, Offering, OfferingState

MARK_BEFORE = timedelta(hours=1)
"""How long before its start a class's attendance may be marked: people come early."""


def check_may_manage(by: User) -> None:
    """Raise unless `by` writes courses and runs classes."""
    if not by.may(Permission.MANAGE_TRAINING):
        raise NotAllowed("Only trainers write courses and run classes.")


def check_may_publish(course: Course, by: User) -> None:
    """Raise unless `by` may publish the course and there is something to read."""
    check_may_manage(by)
    if course.state is CourseState.PUBLISHED:
        raise InvalidState("This course is published already.")
    if not course.description.strip():
        raise Invalid("Describe the course before you publish it.", field="description")


def check_may_retire(course: Course, by: User) -> None:
    """Raise unless `by` may retire the course (whose coming classes the verb looks at)."""
    check_may_manage(by)
    if course.state is CourseState.RETIRED:
        raise InvalidState("This course is retired already.")


def check_may_schedule(course: Course, by: User) -> None:
    """Raise unless `by` may give the course a class."""
    check_may_manage(by)
    if course.state is not CourseState.PUBLISHED:
        raise InvalidState("Publish the course first: nobody could sign up for its classes.")


def check_may_change(offering: Offering, by: User) -> None:
    """Raise unless `by` may change the class."""
    check_may_manage(by)
    if offering.state is OfferingState.CANCELLED:
        raise InvalidState("This class is cancelled. Schedule a new one.")


def check_may_cancel(offering: Offering, by: User) -> None:
    """Raise unless `by` may call the class off."""
    check_may_manage(by)
    if offering.state is OfferingState.CANCELLED:
        raise InvalidState("This class is cancelled already.")
    if offering.state is OfferingState.HELD:
        raise InvalidState("This class took place. Take the marks of attendance back first.")


def check_may_join(offering: Offering, by: User) -> None:
    """Raise unless `by` may sign up for the class."""
    if not by.may(Permission.TAKE_TRAINING):
        raise NotAllowed("Your role does not take part in classes.")
    _check_is_open(offering)
    if offering.course.state is not CourseState.PUBLISHED:
        raise InvalidState("This course is no longer offered.")
    if offering.trainer_id == by.id:
        raise InvalidState("You teach this class.")
    if offering.has_begun:
        raise InvalidState("This class has begun. Choose another date.")


def check_may_leave(offering: Offering) -> None:
    """Raise unless a learner may still give the seat back."""
    _check_is_open(offering)
    if offering.has_begun:
        raise InvalidState("This class has begun. Tell the trainer when you can't come.")


def check_may_sign_up(offering: Offering, learner: User, by: User) -> None:
    """Raise unless `by` may put `learner` into the class; also one that has begun, for people who walk in."""
    check_may_manage(by)
    _check_is_open(offering, also_held=True)
    if not learner.takes_part or not learner.may(Permission.TAKE_TRAINING):
        raise InvalidState("This person's account does not take part in classes.")
    if offering.trainer_id == learner.id:
        raise InvalidState("This person teaches the class.")


def check_may_take_out(offering: Offering, by: User) -> None:
    """Raise unless `by` may take somebody out of the class."""
    check_may_manage(by)
    _check_is_open(offering, also_held=True)


def check_may_mark(offering: Offering, by: User) -> None:
    """Raise unless `by` may mark attendance in the class now."""
    check_may_manage(by)
    _check_is_open(offering, also_held=True)
    if clock.now() < offering.starts_at - MARK_BEFORE:
        raise InvalidState("Attendance can be marked from an hour before the class begins.")


def check_may_mark_person(learner_id: int, by: User) -> None:
    """Raise where `by` would mark themselves."""
    if learner_id == by.id:
        raise NotAllowed("Somebody else has to mark your own attendance.")


def may(check: Callable[..., None], *arguments: Any) -> bool:
    """Say whether `check(*arguments)` passes: whether a button works."""
    try:
        check(*arguments)
    except DomainError:
        return False
    return True


def _check_is_open(offering: Offering, *, also_held: bool = False) -> None:
    if offering.state is OfferingState.CANCELLED:
        raise InvalidState("This class is cancelled.")
    if offering.state is OfferingState.HELD and not also_held:
        raise InvalidState("This class is over.")
