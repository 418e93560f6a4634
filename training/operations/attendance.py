"""The verbs of attendance: who was there has completed the course, and a mark can be taken back."""

from sqlalchemy import select

from adminops import clock
from adminops.db import db
from adminops.errors import Invalid, InvalidState
from adminops.facts import AttendanceMarked, CompletionWithdrawn, CourseCompleted, publish
from adminops.identity.models import User
from adminops.settings import current_settings
from training import policies, queries
from training.local_times import day_of, months_after
from training.models import SEATED, Completion, CourseEnrollment, LearnerState, Offering, OfferingState
from training.operations.seats import find_enrollment, hold_offering, people_in

L = LearnerState
MARKS = (L.ATTENDED, L.ABSENT, L.JOINED)


def mark_attendance(offering: Offering, learner: User, mark: LearnerState, *, by: User) -> None:
    """Mark `learner` as attended or absent, or take the mark back (JOINED).

    Attended records a completion of the course, once; any other mark withdraws it. Rules in the order checked: `by`
    runs classes; not cancelled and at most an hour before the start; nobody marks themselves; the learner is in the
    class; there is a seat for who comes in from the waiting list or was absent. The same mark again changes nothing.
    Raises `NotAllowed`, `InvalidState`, `Invalid`. Publishes `AttendanceMarked` and `CourseCompleted` or
    `CompletionWithdrawn`.
    """
    if mark not in MARKS:
        raise Invalid("Mark a learner as attended or absent, or take the mark back.")
    hold_offering(offering)
    policies.check_may_mark(offering, by)
    policies.check_may_mark_person(learner.id, by)
    enrollment = find_enrollment(offering, learner)
    if enrollment is None or enrollment.state is L.LEFT:
        raise InvalidState("This person is not signed up for the class.")
    _mark(offering, enrollment, mark, by)


def mark_all_attended(offering: Offering, *, by: User) -> int:
    """Mark everybody who has a seat and no mark yet as attended; return how many.

    `by` is left out. Raises and publishes as `mark_attendance`.
    """
    hold_offering(offering)
    policies.check_may_mark(offering, by)
    marked = 0
    for learner in people_in(offering, L.JOINED):
        enrollment = find_enrollment(offering, learner)
        if enrollment is not None and policies.may(policies.check_may_mark_person, learner.id, by):
            _mark(offering, enrollment, L.ATTENDED, by)
            marked += 1
    return marked


def _mark(offering: Offering, enrollment: CourseEnrollment, mark: LearnerState, by: User) -> None:
    if enrollment.state is mark:
        return
    if enrollment.state is L.WAITING and mark is not L.ATTENDED:
        raise InvalidState("This person is on the waiting list: there is no mark to change.")
    if mark in SEATED and enrollment.state not in SEATED and not _has_free_seat(offering):
        raise InvalidState("Every seat is taken. Give the class one more seat first.")
    enrollment.move(mark)
    db.session.flush()
    _note_whether_held(offering)
    learner = enrollment.learner
    publish(
        AttendanceMarked(
            offering_id=offering.id, learner_id=learner.id, attendance=mark.value, agency_id=learner.agency_id
        ),
        by=by,
    )
    if mark is L.ATTENDED:
        _complete(offering, learner, by)
    else:
        _withdraw(offering, learner, by)


def _has_free_seat(offering: Offering) -> bool:
    return queries.count_in(offering, *SEATED) < offering.seats


def _note_whether_held(offering: Offering) -> None:
    marked = queries.count_in(offering, L.ATTENDED, L.ABSENT)
    if marked and offering.state is OfferingState.SCHEDULED:
        offering.move(OfferingState.HELD)
    elif not marked and offering.state is OfferingState.HELD:
        offering.move(OfferingState.SCHEDULED)
    db.session.flush()


def _complete(offering: Offering, learner: User, by: User) -> None:
    course = offering.course
    day = day_of(offering.ends_at, current_settings().time_zone)
    completion = Completion(
        course_id=course.id,
        learner_id=learner.id,
        completed_on=day,
        expires_on=months_after(day, course.valid_months) if course.valid_months else None,
        offering_id=offering.id,
        recorded_by_id=by.id,
    )
    db.session.add(completion)
    db.session.flush()
    publish(
        CourseCompleted(
            course_id=course.id, learner_id=learner.id, completion_id=completion.id, agency_id=learner.agency_id
        ),
        by=by,
    )


def _withdraw(offering: Offering, learner: User, by: User) -> None:
    recorded = select(Completion).where(
        Completion.offering_id == offering.id, Completion.learner_id == learner.id, Completion.withdrawn_at.is_(None)
    )
    for completion in db.session.scalars(recorded).all():
        completion.withdrawn_at, completion.withdrawn_by_id = clock.now(), by.id
        db.session.flush()
        publish(
            CompletionWithdrawn(
                course_id=completion.course_id,
                learner_id=learner.id,
                completion_id=completion.id,
                agency_id=learner.agency_id,
            ),
            by=by,
        )
