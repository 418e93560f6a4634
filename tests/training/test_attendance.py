"""Attendance: a mark records a completion once, and a mark taken back withdraws it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from adminops import clock
from adminops.db import db, savepoint
from adminops.errors import Invalid, InvalidState, NotAllowed
from adminops.identity.permissions import ROLE_PERMISSIONS, Permission, Role
from tests.make import make_user
from tests.make_training import make_class, make_course, make_trainer, put_in
from tests.training.words import facts, stands
from training.models import Completion, LearnerState, Offering, OfferingState
from training.operations import mark_all_attended, mark_attendance

L = LearnerState


def _completions(session: Session, offering: Offering) -> Sequence[Completion]:
    return session.scalars(
        select(Completion).where(Completion.offering_id == offering.id).order_by(Completion.id)
    ).all()


def test_attended_records_a_completion_once(session: Session) -> None:
    trainer, offering = make_trainer(), make_class(make_course(valid_months=12), in_days=-1)
    learner = put_in(offering, make_user())
    mark_attendance(offering, learner, L.ATTENDED, by=trainer)
    mark_attendance(offering, learner, L.ATTENDED, by=trainer)
    (completion,) = _completions(session, offering)
    assert (completion.learner_id, completion.recorded_by_id) == (learner.id, trainer.id)
    assert offering.state is OfferingState.HELD
    assert facts() == ["AttendanceMarked", "CourseCompleted"]


def test_the_day_is_that_of_the_teams_zone(session: Session) -> None:
    late = datetime(2026, 11, 25, 1, tzinfo=UTC)  # eight in the evening of the 24th in New York
    offering = make_class(make_course(valid_months=12), starts_at=late)
    learner = put_in(offering, make_user())
    with clock.frozen_at(late):
        mark_attendance(offering, learner, L.ATTENDED, by=make_trainer())
    (completion,) = _completions(session, offering)
    assert (completion.completed_on, completion.expires_on) == (date(2026, 11, 24), date(2027, 11, 24))


def test_a_course_without_a_limit_counts_for_good(session: Session) -> None:
    offering = make_class(in_days=-1)
    mark_attendance(offering, put_in(offering, make_user()), L.ATTENDED, by=make_trainer())
    assert _completions(session, offering)[0].expires_on is None


@pytest.mark.parametrize("then", [L.JOINED, L.ABSENT])
def test_a_mark_taken_back_withdraws_the_completion(session: Session, then: LearnerState) -> None:
    trainer, offering = make_trainer(), make_class(in_days=-1)
    learner = put_in(offering, make_user())
    mark_attendance(offering, learner, L.ATTENDED, by=trainer)
    mark_attendance(offering, learner, then, by=trainer)
    (completion,) = _completions(session, offering)
    assert completion.withdrawn_by_id == trainer.id
    assert completion.withdrawn_at is not None
    assert facts() == ["AttendanceMarked", "CourseCompleted", "AttendanceMarked", "CompletionWithdrawn"]
    mark_attendance(offering, learner, L.ATTENDED, by=trainer)
    first, second = _completions(session, offering)
    assert (first.withdrawn_at is None, second.withdrawn_at is None) == (False, True)


def test_the_last_mark_taken_back_makes_the_class_one_to_come_again(session: Session) -> None:
    trainer, offering = make_trainer(), make_class(in_days=-1)
    one, other = put_in(offering, make_user()), put_in(offering, make_user())
    mark_attendance(offering, one, L.ATTENDED, by=trainer)
    mark_attendance(offering, other, L.ABSENT, by=trainer)
    mark_attendance(offering, one, L.JOINED, by=trainer)
    assert offering.state is OfferingState.HELD
    mark_attendance(offering, other, L.JOINED, by=trainer)
    assert [offering.state] == [OfferingState.SCHEDULED]


def test_mark_all_leaves_out_who_has_a_mark_or_no_seat_and_oneself(session: Session) -> None:
    trainer, offering = make_trainer(), make_class(in_days=-1, seats=3)
    absent = put_in(offering, make_user(), L.ABSENT)
    waits, gone = put_in(offering, make_user(), L.WAITING), put_in(offering, make_user(), L.LEFT)
    one, other, myself = put_in(offering, make_user()), put_in(offering, make_user()), put_in(offering, trainer)
    assert mark_all_attended(offering, by=trainer) == 2
    assert [stands(offering, who) for who in (one, other, absent, waits, gone, myself)] == [
        *(L.ATTENDED, L.ATTENDED, L.ABSENT, L.WAITING, L.LEFT, L.JOINED)
    ]
    assert mark_all_attended(offering, by=trainer) == 0


def test_nobody_marks_their_own_attendance(session: Session) -> None:
    trainer, offering = make_trainer(), make_class(in_days=-1)
    put_in(offering, trainer)
    with pytest.raises(NotAllowed, match="Somebody else"):
        mark_attendance(offering, trainer, L.ATTENDED, by=trainer)


@pytest.mark.parametrize("role", [r for r in Role if Permission.MANAGE_TRAINING not in ROLE_PERMISSIONS[r]])
def test_other_roles_mark_nobody(session: Session, role: Role) -> None:
    offering, person = make_class(in_days=-1), make_user(role)
    learner = put_in(offering, make_user())
    with pytest.raises(NotAllowed):
        mark_attendance(offering, learner, L.ATTENDED, by=person)
    with pytest.raises(NotAllowed):
        mark_all_attended(offering, by=person)


def test_attendance_is_marked_from_an_hour_before_the_start(session: Session) -> None:
    trainer, offering = make_trainer(), make_class(in_days=1)
    learner = put_in(offering, make_user())
    with clock.frozen_at(offering.starts_at - timedelta(minutes=61)), pytest.raises(InvalidState):
        mark_attendance(offering, learner, L.ATTENDED, by=trainer)
    with clock.frozen_at(offering.starts_at - timedelta(minutes=60)):
        mark_attendance(offering, learner, L.ATTENDED, by=trainer)


def test_who_waits_gets_the_chair_of_who_did_not_come_and_no_more(session: Session) -> None:
    trainer, offering = make_trainer(), make_class(in_days=-1, seats=1)
    absent, waits = put_in(offering, make_user()), put_in(offering, make_user(), L.WAITING)
    with pytest.raises(InvalidState, match="Every seat is taken"):
        mark_attendance(offering, waits, L.ATTENDED, by=trainer)
    mark_attendance(offering, absent, L.ABSENT, by=trainer)
    mark_attendance(offering, waits, L.ATTENDED, by=trainer)
    for mark in (L.JOINED, L.ATTENDED):
        with pytest.raises(InvalidState, match="Every seat is taken"):
            mark_attendance(offering, absent, mark, by=trainer)


@pytest.mark.parametrize("mark", [L.ABSENT, L.JOINED])
def test_who_waits_has_no_mark_to_change(session: Session, mark: LearnerState) -> None:
    offering = make_class(in_days=-1)
    with pytest.raises(InvalidState, match="waiting list"):
        mark_attendance(offering, put_in(offering, make_user(), L.WAITING), mark, by=make_trainer())


def test_marks_are_for_people_of_the_class_in_words_that_exist(session: Session) -> None:
    trainer, offering = make_trainer(), make_class(in_days=-1)
    with pytest.raises(InvalidState):
        mark_attendance(offering, make_user(), L.ATTENDED, by=trainer)
    with pytest.raises(InvalidState):
        mark_attendance(offering, put_in(offering, make_user(), L.LEFT), L.ATTENDED, by=trainer)
    with pytest.raises(Invalid):
        mark_attendance(offering, put_in(offering, make_user()), L.WAITING, by=trainer)
    cancelled = make_class(in_days=-1, state=OfferingState.CANCELLED)
    with pytest.raises(InvalidState):
        mark_attendance(cancelled, put_in(cancelled, make_user()), L.ATTENDED, by=trainer)


def test_a_completion_never_changes(session: Session) -> None:
    offering = make_class(in_days=-1)
    mark_attendance(offering, put_in(offering, make_user()), L.ATTENDED, by=make_trainer())
    (completion,) = _completions(session, offering)
    with pytest.raises(ValueError, match="never changes: completed_on"):
        _redate(completion)


def _redate(completion: Completion) -> None:
    with savepoint():
        completion.completed_on = date(2020, 1, 1)
        db.session.flush()


def test_the_database_holds_one_living_completion_of_a_class_and_learner(session: Session) -> None:
    offering = make_class(in_days=-1)
    learner = put_in(offering, make_user())
    mark_attendance(offering, learner, L.ATTENDED, by=make_trainer())
    (first,) = _completions(session, offering)
    again = {"course_id": first.course_id, "completed_on": first.completed_on, "offering_id": offering.id}
    with pytest.raises(IntegrityError):
        _store(Completion(**again, learner_id=learner.id))


def _store(completion: Completion) -> None:
    with savepoint():
        db.session.add(completion)
        db.session.flush()
