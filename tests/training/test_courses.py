"""Courses: written, changed, published, retired."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from adminops.errors import Conflict, Invalid, InvalidState, NotAllowed
from adminops.identity.models import User
from adminops.identity.permissions import ROLE_PERMISSIONS, Permission, Role
from tests.make import make_user
from tests.make_training import make_class, make_course, make_trainer
from tests.training.words import facts
from training import queries
from training.models import Course, CourseState
from training.operations import publish_course, retire_course, save_course, write_course

TEXTS: dict[str, Any] = {"title": "Bed nights", "summary": "Counting beds.", "description": "One night, one row."}


def _save(course: Course, by: User, **over: Any) -> None:
    values = {**TEXTS, "audience": "", "valid_months": None, "is_required": False, "version": course.version, **over}
    save_course(course, **values, by=by)


def test_learners_see_a_course_once_it_is_published(session: Session) -> None:
    trainer, learner = make_trainer(), make_user()
    course = write_course(**TEXTS, by=trainer)
    assert queries.find_course(course.id, learner) is None
    assert queries.search_courses("bed", learner) == []
    publish_course(course, by=trainer)
    assert queries.find_course(course.id, learner) is course
    assert [title for _, title, _ in queries.search_courses("BED night", learner)] == ["Bed nights"]
    assert facts() == ["CourseSaved", "CoursePublished"]


def test_a_course_without_a_description_is_not_published(session: Session) -> None:
    trainer = make_trainer()
    course = write_course(**{**TEXTS, "description": "  "}, by=trainer)
    with pytest.raises(Invalid) as refused:
        publish_course(course, by=trainer)
    assert refused.value.field == "description"
    published = make_course()
    with pytest.raises(Invalid):
        _save(published, trainer, description="")


def test_publishing_and_retiring_twice_is_refused(session: Session) -> None:
    trainer, course = make_trainer(), make_course()
    with pytest.raises(InvalidState):
        publish_course(course, by=trainer)
    retire_course(course, by=trainer)
    with pytest.raises(InvalidState):
        retire_course(course, by=trainer)
    publish_course(course, by=trainer)
    assert course.state is CourseState.PUBLISHED
    assert facts() == ["CourseRetired", "CoursePublished"]


def test_a_course_with_classes_to_come_is_not_retired(session: Session) -> None:
    trainer, course = make_trainer(), make_course()
    make_class(course, in_days=-3)
    coming = make_class(course)
    with pytest.raises(InvalidState, match="a class to come"):
        retire_course(course, by=trainer)
    make_class(course, in_days=9)
    with pytest.raises(InvalidState, match="2 classes to come"):
        retire_course(course, by=trainer)
    assert coming.course.state is CourseState.PUBLISHED


def test_two_writers_do_not_overwrite_each_other(session: Session) -> None:
    trainer, course = make_trainer(), make_course()
    began = course.version
    _save(course, trainer, title="First")
    with pytest.raises(Conflict):
        _save(course, trainer, title="Second", version=began)
    with pytest.raises(Conflict):
        _save(course, trainer, title="Third", version=None)
    assert course.title == "First"


@pytest.mark.parametrize(
    ("field", "value"), [("title", " \n "), ("summary", ""), ("valid_months", 0), ("valid_months", 121)]
)
def test_a_wrong_value_is_refused_at_its_field(session: Session, field: str, value: Any) -> None:
    with pytest.raises(Invalid) as refused:
        write_course(**{**TEXTS, field: value}, by=make_trainer())
    assert refused.value.field == field


@pytest.mark.parametrize("role", [r for r in Role if Permission.MANAGE_TRAINING not in ROLE_PERMISSIONS[r]])
def test_other_roles_write_and_publish_nothing(session: Session, role: Role) -> None:
    person, course = make_user(role), make_course()
    for act in (
        lambda: write_course(**TEXTS, by=person),
        lambda: _save(course, person),
        lambda: publish_course(course, by=person),
        lambda: retire_course(course, by=person),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_drafts_and_retired_courses_are_the_trainers_alone(session: Session) -> None:
    draft, retired = make_course(state=CourseState.DRAFT), make_course(state=CourseState.RETIRED)
    shown = make_course()
    for role in Role:
        person = make_user(role)
        seen = {course.id for course in (draft, retired, shown) if queries.find_course(course.id, person)}
        if person.may(Permission.MANAGE_TRAINING):
            assert seen == {draft.id, retired.id, shown.id}, role
        else:
            assert seen == ({shown.id} if person.may(Permission.TAKE_TRAINING) else set()), role
