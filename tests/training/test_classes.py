"""Dated classes: scheduled, changed, cancelled, by the rules of the house."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from adminops import clock
from adminops.errors import Conflict, Invalid, InvalidState, NotAllowed
from adminops.identity.models import User
from adminops.identity.permissions import ROLE_PERMISSIONS, Permission, Role
from tests.make import make_user
from tests.make_training import make_class, make_course, make_trainer, put_in
from tests.training.words import facts, mails_to, stands
from training.models import CourseState, LearnerState, Offering, OfferingState
from training.operations import cancel_offering, change_offering, schedule_offering

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)  # 10:00 in New York
L = LearnerState


def _plan(by: User, **over: Any) -> dict[str, Any]:
    values = {"day": date(2026, 12, 1), "starts": time(10), "ends": time(12), "seats": 5, "place": "Room"}
    return {**values, "trainer_id": by.id, **over}


def _schedule(by: User, **over: Any) -> Offering:
    with clock.frozen_at(NOW):
        return schedule_offering(over.pop("course", None) or make_course(), **_plan(by, **over), by=by)


def _change(offering: Offering, by: User, **over: Any) -> None:
    values = _plan(by, trainer_id=offering.trainer_id, seats=offering.seats, revision=offering.revision)
    change_offering(offering, **{**values, **over}, by=by)


def test_a_class_keeps_its_wall_clock_time_over_the_change_of_clocks(session: Session) -> None:
    trainer = make_trainer()
    winter, summer = _schedule(trainer), _schedule(trainer, day=date(2027, 4, 1))
    assert winter.starts_at == datetime(2026, 12, 1, 15, tzinfo=UTC)
    assert summer.starts_at == datetime(2027, 4, 1, 14, tzinfo=UTC)
    assert summer.ends_at - summer.starts_at == winter.ends_at - winter.starts_at == timedelta(hours=2)
    assert facts() == ["OfferingScheduled", "OfferingScheduled"]


def test_a_class_through_the_night_of_the_change_has_its_true_length(session: Session) -> None:
    spring = _schedule(make_trainer(), day=date(2027, 3, 14), starts=time(1), ends=time(4))
    assert spring.ends_at - spring.starts_at == timedelta(hours=2)


@pytest.mark.parametrize(
    ("field", "over"),
    [
        ("day", {"day": date(2026, 11, 23)}),
        ("day", {"day": date(1, 1, 1)}),
        ("day", {"day": date(2028, 12, 1)}),
        ("day", {"day": date(9999, 12, 31)}),
        ("starts", {"day": date(2026, 11, 24), "starts": time(9, 59)}),
        ("starts", {"day": date(2027, 3, 14), "starts": time(2, 30), "ends": time(5)}),
        ("ends", {"starts": time(12), "ends": time(12)}),
        ("ends", {"starts": time(12), "ends": time(11)}),
        ("ends", {"starts": time(0), "ends": time(12, 1)}),
        ("seats", {"seats": 0}),
        ("seats", {"seats": -1}),
        ("seats", {"seats": 501}),
        ("place", {"place": " ", "link": ""}),
        ("link", {"link": "http://meet.example.org"}),
        ("link", {"link": "https://"}),
        ("link", {"link": "javascript:alert(1)"}),
        ("link", {"link": "https://meet.example.org/a b"}),
        ("link", {"link": "https://[::1"}),
        ("trainer_id", {"trainer_id": 999_999}),
    ],
)
def test_a_wrong_value_is_refused_at_its_field(session: Session, field: str, over: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        _schedule(make_trainer(), **over)
    assert refused.value.field == field
    assert facts() == []


def test_later_today_is_early_enough(session: Session) -> None:
    assert _schedule(make_trainer(), day=date(2026, 11, 24), starts=time(10, 1)).starts_at > NOW


@pytest.mark.parametrize("role", [Role.HELP_DESK, Role.END_USER, Role.VIEWER])
def test_only_who_may_teach_is_a_trainer(session: Session, role: Role) -> None:
    with pytest.raises(Invalid) as refused:
        _schedule(make_trainer(), trainer_id=make_user(role).id)
    assert refused.value.field == "trainer_id"


@pytest.mark.parametrize("state", [CourseState.DRAFT, CourseState.RETIRED])
def test_a_course_that_nobody_sees_gets_no_class(session: Session, state: CourseState) -> None:
    with pytest.raises(InvalidState):
        _schedule(make_trainer(), course=make_course(state=state))


@pytest.mark.parametrize("role", [r for r in Role if Permission.MANAGE_TRAINING not in ROLE_PERMISSIONS[r]])
def test_other_roles_run_no_classes(session: Session, role: Role) -> None:
    person, offering = make_user(role), make_class()
    for act in (
        lambda: _schedule(person),
        lambda: _change(offering, person, seats=9),
        lambda: cancel_offering(offering, by=person),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_a_moved_class_tells_everybody_who_is_in_it_once(session: Session) -> None:
    trainer = make_trainer()
    offering = _schedule(trainer, seats=1)
    seated, waits = put_in(offering, make_user()), put_in(offering, make_user(), L.WAITING)
    gone = put_in(offering, make_user(), L.LEFT)
    with clock.frozen_at(NOW):
        _change(offering, trainer, day=date(2026, 12, 2))
        assert offering.revision == 1
        _change(offering, trainer, day=date(2026, 12, 2))
    assert (mails_to(seated), mails_to(waits), mails_to(gone)) == (["changed"], ["changed"], [])
    assert offering.starts_at == datetime(2026, 12, 2, 15, tzinfo=UTC)
    assert facts()[-1] == "OfferingChanged"
    assert offering.revision == 1


def test_nothing_is_mailed_when_only_the_seats_change(session: Session) -> None:
    trainer = make_trainer()
    offering = _schedule(trainer)
    seated = put_in(offering, make_user())
    with clock.frozen_at(NOW):
        _change(offering, trainer, seats=9)
    assert mails_to(seated) == []


def test_more_seats_go_to_those_who_wait_in_their_order(session: Session) -> None:
    trainer = make_trainer()
    offering = _schedule(trainer, seats=1)
    put_in(offering, make_user())
    third, first, second = (
        put_in(offering, make_user(), L.WAITING, asked_at=NOW + timedelta(minutes=minutes)) for minutes in (3, 1, 2)
    )
    with clock.frozen_at(NOW):
        _change(offering, trainer, seats=3)
    assert [stands(offering, who) for who in (first, second, third)] == [L.JOINED, L.JOINED, L.WAITING]
    assert mails_to(first) == mails_to(second) == ["promoted"]
    assert mails_to(third) == []


def test_no_fewer_seats_than_are_taken(session: Session) -> None:
    trainer = make_trainer()
    offering = _schedule(trainer)
    put_in(offering, make_user())
    put_in(offering, make_user())
    with clock.frozen_at(NOW), pytest.raises(Invalid, match="2 people have a seat") as refused:
        _change(offering, trainer, seats=1)
    assert refused.value.field == "seats"


def test_a_class_that_has_begun_keeps_its_time_but_may_get_a_chair(session: Session) -> None:
    trainer = make_trainer()
    offering = _schedule(trainer)
    with clock.frozen_at(offering.starts_at + timedelta(minutes=5)):
        with pytest.raises(Invalid, match="its time stays"):
            _change(offering, trainer, ends=time(13))
        _change(offering, trainer, seats=6)
    assert offering.seats == 6


def test_two_trainers_do_not_overwrite_each_other(session: Session) -> None:
    trainer = make_trainer()
    offering = _schedule(trainer)
    with clock.frozen_at(NOW):
        _change(offering, trainer, seats=6)
        with pytest.raises(Conflict):
            _change(offering, trainer, seats=7, revision=0)


def test_cancelling_mails_everybody_and_happens_once(session: Session) -> None:
    trainer = make_trainer()
    offering = make_class(seats=1)
    seated, waits = put_in(offering, make_user()), put_in(offering, make_user(), L.WAITING)
    gone = put_in(offering, make_user(), L.LEFT)
    cancel_offering(offering, reason=" The room\n is flooded. ", by=trainer)
    assert (offering.state, offering.cancel_reason) == (OfferingState.CANCELLED, "The room is flooded.")
    assert (mails_to(seated), mails_to(waits), mails_to(gone)) == (["cancelled"], ["cancelled"], [])
    with pytest.raises(InvalidState):
        cancel_offering(offering, by=trainer)
    with pytest.raises(InvalidState):
        _change(offering, trainer, seats=9)
    assert facts() == ["OfferingCancelled"]


def test_a_class_that_took_place_is_not_cancelled(session: Session) -> None:
    offering = make_class(in_days=-1, state=OfferingState.HELD)
    with pytest.raises(InvalidState, match="took place"):
        cancel_offering(offering, by=make_trainer())
