"""The demo's training: it tells a story that holds together, the same for the same seed."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adminops import clock
from adminops.app import AdminOps
from adminops.db import db, transaction
from adminops.demo.cast import CHARACTERS, Cast
from tests.make import make_agency, make_user
from training import demo, queries
from training.models import SEATED, Completion, Course, CourseEnrollment, LearnerState, Offering, OfferingState

NOW = datetime(2026, 11, 24, 15, tzinfo=UTC)


def _cast(seed: int) -> Cast:
    agencies = [make_agency() for _ in range(12)]
    people = {
        username: make_user(role, agency=agencies[at] if at is not None else None, username=username, name=name)
        for username, name, _, role, at in CHARACTERS
    }
    cast = Cast(seed=seed, now=NOW, source_id=1, agencies=agencies, people=people)
    for agency in agencies:
        cast.leads[agency.id] = make_user(agency=agency)
        cast.staff[agency.id] = [make_user(agency=agency) for _ in range(3)]
    cast.staff[agencies[0].id].append(people["ben"])
    cast.leads[agencies[0].id] = people["alicia"]
    return cast


def test_the_story_holds_together(sqlite_app: AdminOps) -> None:
    with sqlite_app.app_context(), transaction() as session, clock.frozen_at(NOW):
        cast = _cast(seed=7)
        demo.fill(cast)
        assert session.scalar(select(func.count(Course.id))) == 8
        offerings = session.scalars(select(Offering)).all()
        recent = [o for o in offerings if NOW - timedelta(days=90) <= o.starts_at <= NOW + timedelta(days=32)]
        assert len(recent) >= 30
        assert all(queries.count_in(offering, *SEATED) <= offering.seats for offering in offerings)
        assert {offering.state for offering in offerings} == set(OfferingState)
        assert {row.state for row in session.scalars(select(CourseEnrollment))} == set(LearnerState)
        assert len(queries.classes_to_mark(cast["ruth"])) == 1
        ben = {row.title: row.standing for row in queries.completions_of(cast["ben"].id)}
        assert ben["Privacy and security"] == "soon"
        assert queries.my_classes(cast["ben"].id, cast["ben"])
        privacy = queries.courses_offered()[0]
        without, everybody = queries.count_missing(cast["ruth"], privacy.id)
        assert 0 < without < everybody


def test_the_same_seed_tells_the_same_story(sqlite_app: AdminOps) -> None:
    def story() -> list[tuple[int, int]]:
        with sqlite_app.app_context(), clock.frozen_at(NOW):
            try:
                with transaction() as session:
                    demo.fill(_cast(seed=7))
                    told = _told(session)
                    raise _Enough
            except _Enough:
                return told

    assert story() == story()


class _Enough(Exception):
    """Undo what was told."""


def _told(session: Session) -> list[tuple[int, int]]:
    rows = session.execute(select(Completion.course_id, Completion.learner_id).order_by(Completion.id))
    first = db.session.scalar(select(func.min(Completion.learner_id))) or 0
    courses = db.session.scalar(select(func.min(Completion.course_id))) or 0
    return [(course - courses, learner - first) for course, learner in rows]
