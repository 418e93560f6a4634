"""Seats: never more than there are, first come first served, and a waiting list that moves by itself."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminops import clock
from adminops.app import AdminOps
from adminops.db import db, transaction
from adminops.errors import InvalidState, NotAllowed
from adminops.identity.models import User
from adminops.identity.permissions import ROLE_PERMISSIONS, Permission, Role
from tests.make import make_user
from tests.make_training import make_class, make_course, make_trainer, put_in
from tests.training.words import facts, mails_to, stands
from training import queries
from training.models import CourseEnrollment, CourseState, LearnerState, Offering, OfferingState
from training.operations import join_class, leave_class, sign_up_somebody, take_out

L = LearnerState


def test_who_joins_has_a_seat_until_there_is_none(session: Session) -> None:
    offering, learners = make_class(seats=2), [make_user() for _ in range(4)]
    assert [join_class(offering, by=who).state for who in learners] == [L.JOINED, L.JOINED, L.WAITING, L.WAITING]
    assert [queries.place_in_line(offering, who.id) for who in learners] == [0, 0, 1, 2]
    assert [mails_to(who) for who in learners] == [["joined"], ["joined"], ["waiting"], ["waiting"]]
    assert facts() == ["ClassJoined"] * 2 + ["WaitingListJoined"] * 2


def test_joining_twice_joins_once(session: Session) -> None:
    offering, learner = make_class(seats=1), make_user()
    assert join_class(offering, by=learner) is join_class(offering, by=learner)
    assert facts() == ["ClassJoined"]
    assert mails_to(learner) == ["joined"]
    assert queries.count_in(offering, L.JOINED) == 1


def test_a_seat_given_back_goes_to_who_waits_longest(session: Session) -> None:
    offering, (first, second, third) = make_class(seats=1), [make_user() for _ in range(3)]
    for who in (first, second, third):
        join_class(offering, by=who)
    leave_class(offering, by=first)
    assert [stands(offering, who) for who in (first, second, third)] == [L.LEFT, L.JOINED, L.WAITING]
    assert queries.place_in_line(offering, third.id) == 1
    assert mails_to(second) == ["waiting", "promoted"]
    assert facts()[-2:] == ["ClassLeft", "SeatGiven"]
    leave_class(offering, by=first)
    assert facts()[-1] == "SeatGiven"


def test_who_leaves_the_waiting_list_moves_nobody_into_the_class(session: Session) -> None:
    offering, (first, second, third) = make_class(seats=1), [make_user() for _ in range(3)]
    for who in (first, second, third):
        join_class(offering, by=who)
    leave_class(offering, by=second)
    assert stands(offering, third) is L.WAITING
    assert queries.place_in_line(offering, third.id) == 1


def test_who_comes_back_stands_at_the_end_of_the_line_and_gets_a_new_mail(session: Session) -> None:
    offering, (first, second, third) = make_class(seats=1), [make_user() for _ in range(3)]
    for minutes, who in enumerate((first, second, third)):
        with clock.frozen_at(clock.now() + timedelta(minutes=minutes)):
            join_class(offering, by=who)
    with clock.frozen_at(clock.now() + timedelta(minutes=9)):
        leave_class(offering, by=second)
        join_class(offering, by=second)
    assert (queries.place_in_line(offering, third.id), queries.place_in_line(offering, second.id)) == (1, 2)
    assert mails_to(second) == ["waiting", "waiting"]


def test_somebody_whose_account_is_closed_is_passed_over(session: Session) -> None:
    offering, (first, second, third) = make_class(seats=1), [make_user() for _ in range(3)]
    for who in (first, second, third):
        join_class(offering, by=who)
    second.may_sign_in, second.password_set_at = False, clock.now()
    session.flush()
    leave_class(offering, by=first)
    assert (stands(offering, second), stands(offering, third)) == (L.WAITING, L.JOINED)


def test_a_stranger_to_the_class_has_nothing_to_give_back(session: Session) -> None:
    with pytest.raises(InvalidState):
        leave_class(make_class(), by=make_user())


def test_a_class_that_has_begun_is_neither_joined_nor_left(session: Session) -> None:
    offering, learner = make_class(in_days=-0.01), make_user()
    with pytest.raises(InvalidState, match="has begun"):
        join_class(offering, by=learner)
    put_in(offering, learner)
    with pytest.raises(InvalidState, match="has begun"):
        leave_class(offering, by=learner)


def test_nobody_joins_what_does_not_take_place(session: Session) -> None:
    cancelled = make_class(state=OfferingState.CANCELLED)
    retired = make_class(make_course(state=CourseState.RETIRED))
    for offering in (cancelled, retired):
        with pytest.raises(InvalidState):
            join_class(offering, by=make_user())
    with pytest.raises(InvalidState):
        sign_up_somebody(cancelled, make_user(), by=make_trainer())


def test_a_trainer_does_not_join_the_own_class(session: Session) -> None:
    trainer = make_trainer()
    offering = make_class(trainer=trainer)
    with pytest.raises(InvalidState, match="You teach"):
        join_class(offering, by=trainer)
    with pytest.raises(InvalidState, match="teaches"):
        sign_up_somebody(offering, trainer, by=make_trainer())


@pytest.mark.parametrize("role", list(Role))
def test_who_takes_training_may_join(session: Session, role: Role) -> None:
    offering, person = make_class(), make_user(role)
    if Permission.TAKE_TRAINING in ROLE_PERMISSIONS[role]:
        assert join_class(offering, by=person).state is L.JOINED
    else:
        with pytest.raises(NotAllowed):
            join_class(offering, by=person)


@pytest.mark.parametrize("role", list(Role))
def test_only_trainers_sign_others_up_and_take_them_out(session: Session, role: Role) -> None:
    offering, learner, person = make_class(), make_user(), make_user(role)
    if Permission.MANAGE_TRAINING in ROLE_PERMISSIONS[role]:
        assert sign_up_somebody(offering, learner, by=person).signed_up_by_id == person.id
        take_out(offering, learner, by=person)
        assert stands(offering, learner) is L.LEFT
        assert mails_to(learner) == ["joined", "taken_out"]
        return
    with pytest.raises(NotAllowed):
        sign_up_somebody(offering, learner, by=person)
    put_in(offering, learner)
    with pytest.raises(NotAllowed):
        take_out(offering, learner, by=person)


def test_somebody_walks_in_and_gets_no_mail(session: Session) -> None:
    offering, learner = make_class(in_days=-0.01), make_user()
    assert sign_up_somebody(offering, learner, by=make_trainer()).state is L.JOINED
    assert mails_to(learner) == []


CLOSED = {"may_sign_in": False, "password_set_at": clock.now()}


@pytest.mark.parametrize("over", [CLOSED, {"role": None}, {"role": Role.VIEWER}])
def test_only_active_learners_are_signed_up(session: Session, over: dict[str, object]) -> None:
    with pytest.raises(InvalidState):
        sign_up_somebody(make_class(), make_user(**over), by=make_trainer())  # type: ignore[arg-type]


def test_who_is_marked_is_not_taken_out(session: Session) -> None:
    offering = make_class(in_days=-0.1)
    learner = put_in(offering, make_user(), L.ATTENDED)
    with pytest.raises(InvalidState, match="marked already"):
        take_out(offering, learner, by=make_trainer())


# At the same moment


def _all_at_once(app: AdminOps, offering_id: int, people: list[int]) -> list[LearnerState]:
    """Let everybody of `people` (ids) join at the same moment, each in a transaction of their own."""
    together = Barrier(len(people), timeout=30)

    def join(person: int) -> LearnerState:
        with app.app_context():
            together.wait()
            with transaction():
                user, offering = db.session.get_one(User, person), db.session.get_one(Offering, offering_id)
                return join_class(offering, by=user).state

    with ThreadPoolExecutor(len(people)) as pool:
        return list(pool.map(join, people))


def test_two_people_want_the_last_seat_and_one_has_it(app: AdminOps) -> None:
    with app.app_context(), transaction():
        offering = make_class(seats=3)
        put_in(offering, make_user())
        put_in(offering, make_user())
        one, other = make_user().id, make_user().id
    assert sorted(_all_at_once(app, offering.id, [one, other])) == [L.JOINED, L.WAITING]


def test_a_crowd_fills_the_seats_and_stands_in_one_line(app: AdminOps) -> None:
    with app.app_context(), transaction():
        offering, people = make_class(seats=2), [make_user().id for _ in range(8)]
    states = _all_at_once(app, offering.id, people)
    assert (states.count(L.JOINED), states.count(L.WAITING)) == (2, 6)
    with app.app_context(), transaction(writes=False):
        places = [queries.place_in_line(offering, person) for person in people]
        assert sorted(place for place in places if place) == [1, 2, 3, 4, 5, 6]


def test_a_click_that_comes_four_times_at_once_joins_once(app: AdminOps) -> None:
    with app.app_context(), transaction():
        offering, learner = make_class(seats=2), make_user()
    assert _all_at_once(app, offering.id, [learner.id] * 4) == [L.JOINED] * 4
    with app.app_context(), transaction(writes=False) as session:
        rows = session.scalars(select(CourseEnrollment).where(CourseEnrollment.offering_id == offering.id)).all()
        assert [(row.learner_id, row.round) for row in rows] == [(learner.id, 1)]
        assert facts() == ["ClassJoined"]
        assert mails_to(learner) == ["joined"]


def test_two_who_leave_at_once_let_two_others_in(app: AdminOps) -> None:
    with app.app_context(), transaction():
        offering, people = make_class(seats=2), [make_user() for _ in range(4)]
        for who in people:
            join_class(offering, by=who)
    together = Barrier(2, timeout=30)

    def leave(person: int) -> None:
        with app.app_context():
            together.wait()
            with transaction() as session:
                leave_class(session.get_one(Offering, offering.id), by=session.get_one(User, person))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(leave, [people[0].id, people[1].id]))
    with app.app_context(), transaction(writes=False):
        assert [stands(offering, who) for who in people] == [L.LEFT, L.LEFT, L.JOINED, L.JOINED]
