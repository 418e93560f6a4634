"""The verbs of seats: join, leave, sign somebody up, take somebody out.

Each holds the class's row first, so that two people who want the last seat come one after the other: the first has
it, the second waits. There is one ledger of seats, the rows of `CourseEnrollment`; nothing is counted twice.
"""

from typing import TypedDict

from sqlalchemy import Select, select

from adminops import clock
from adminops.db import db
from adminops.errors import InvalidState
from adminops.facts import ClassJoined, ClassLeft, SeatGiven, WaitingListJoined, publish
from adminops.identity.models import SYSTEM, User
from adminops.outbox.messages import enqueue_mail
from training import policies, queries
from training.models import SEATED, CourseEnrollment, LearnerState, Offering, OfferingState

L = LearnerState


class _Who(TypedDict):
    """Who in which class: what every fact about a learner carries."""

    offering_id: int
    learner_id: int
    agency_id: int | None


def join_class(offering: Offering, *, by: User) -> CourseEnrollment:
    """Sign up for a class and return one's place in it: a seat, or a place on the waiting list when it is full.

    Whoever is in it already keeps what they have. Raises `NotAllowed`, `InvalidState`. Publishes `ClassJoined` or
    `WaitingListJoined`; mails the learner.
    """
    hold_offering(offering)
    policies.check_may_join(offering, by)
    return _let_in(offering, by, by=by)


def sign_up_somebody(offering: Offering, learner: User, *, by: User) -> CourseEnrollment:
    """Sign `learner` up for a class, also for one that has begun (somebody walked in).

    As `join_class`, with a trainer's authority.
    """
    hold_offering(offering)
    policies.check_may_sign_up(offering, learner, by)
    return _let_in(offering, learner, by=by)


def leave_class(offering: Offering, *, by: User) -> None:
    """Give one's seat or place on the waiting list back; the first who waits has the seat.

    Who has left already has left. Raises `InvalidState`. Publishes `ClassLeft` (and `SeatGiven`); mails who has the
    seat now.
    """
    hold_offering(offering)
    policies.check_may_leave(offering)
    _let_out(offering, by, by=by)


def take_out(offering: Offering, learner: User, *, by: User) -> None:
    """Take `learner` out of a class, as `leave_class` with a trainer's authority; mails the learner."""
    hold_offering(offering)
    policies.check_may_take_out(offering, by)
    enrollment = _let_out(offering, learner, by=by)
    if enrollment is not None:
        enqueue_mail("training.taken_out", to=learner, enrollment_id=enrollment.id, round=enrollment.round)


def fill_seats(offering: Offering, *, by: User) -> None:
    """Give free seats to who waits, in the order in which they asked, while the class has not begun.

    Publishes `SeatGiven` for each (`by` is AdminOps: nobody picks); mails them. The caller holds the class.
    """
    free = offering.seats - queries.count_in(offering, *SEATED)
    if free <= 0 or offering.has_begun or offering.state is not OfferingState.SCHEDULED:
        return
    for enrollment in db.session.scalars(_waiting(offering).limit(free)).all():
        enrollment.move(L.JOINED)
        db.session.flush()
        learner = enrollment.learner
        publish(SeatGiven(offering_id=offering.id, learner_id=learner.id, agency_id=learner.agency_id), by=by)
        enqueue_mail("training.promoted", to=learner, enrollment_id=enrollment.id, round=enrollment.round)


def hold_offering(offering: Offering) -> None:
    """Read the class anew and hold its row until the end of the transaction: seats are given one at a time."""
    db.session.refresh(offering, with_for_update={"key_share": True})


def find_enrollment(offering: Offering, learner: User) -> CourseEnrollment | None:
    """Return the learner's row in a class as it is now (the caller holds the class)."""
    chosen = select(CourseEnrollment).where(
        CourseEnrollment.offering_id == offering.id, CourseEnrollment.learner_id == learner.id
    )
    return db.session.scalar(chosen.execution_options(populate_existing=True))


def people_in(offering: Offering, *states: LearnerState) -> list[User]:
    """Return who stands so in the class."""
    chosen = (
        select(User)
        .join(CourseEnrollment, CourseEnrollment.learner_id == User.id)
        .where(CourseEnrollment.offering_id == offering.id, CourseEnrollment.state.in_(states))
        .order_by(User.id)
    )
    return list(db.session.scalars(chosen))


def _waiting(offering: Offering) -> Select[CourseEnrollment]:
    return (
        select(CourseEnrollment)
        .join(User, User.id == CourseEnrollment.learner_id)
        .where(CourseEnrollment.offering_id == offering.id, CourseEnrollment.state == L.WAITING, User.takes_part)
        .order_by(CourseEnrollment.asked_at, CourseEnrollment.id)
    )


def _let_in(offering: Offering, learner: User, *, by: User) -> CourseEnrollment:
    enrollment = find_enrollment(offering, learner)
    if enrollment is not None and enrollment.state is not L.LEFT:
        return enrollment
    has_seat = queries.count_in(offering, *SEATED) < offering.seats
    state = L.JOINED if has_seat else L.WAITING
    if enrollment is None:
        enrollment = CourseEnrollment(offering_id=offering.id, learner_id=learner.id, state=state)
        db.session.add(enrollment)
    else:
        enrollment.move(state)
        enrollment.round += 1
        enrollment.asked_at = clock.now()
    enrollment.signed_up_by_id = by.id
    db.session.flush()
    about = _Who(offering_id=offering.id, learner_id=learner.id, agency_id=learner.agency_id)
    publish(ClassJoined(**about) if has_seat else WaitingListJoined(**about), by=by)
    if not offering.has_begun:  # who walked in is in the room
        kind = "training.joined" if has_seat else "training.waiting"
        enqueue_mail(kind, to=learner, enrollment_id=enrollment.id, round=enrollment.round)
    return enrollment


def _let_out(offering: Offering, learner: User, *, by: User) -> CourseEnrollment | None:
    """Return the row that was let out, None when the person had left before."""
    enrollment = find_enrollment(offering, learner)
    if enrollment is None:
        raise InvalidState("Nobody of that name is signed up for this class.")
    if enrollment.state is L.LEFT:
        return None
    if enrollment.state not in (L.JOINED, L.WAITING):
        raise InvalidState("Attendance is marked already. Take the mark back first.")
    enrollment.move(L.LEFT)
    db.session.flush()
    publish(ClassLeft(offering_id=offering.id, learner_id=learner.id, agency_id=learner.agency_id), by=by)
    fill_seats(offering, by=SYSTEM)
    return enrollment
