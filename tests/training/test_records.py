"""Completions: how long they count, which one of several, and who has none."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from adminops import clock
from adminops.identity.permissions import Role
from tests.make import make_user
from tests.make_training import make_completion, make_course, make_trainer
from training import queries
from training.queries.records import standing

NOW = datetime(2026, 11, 24, 15, tzinfo=UTC)
TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("expires_on", "word"),
    [
        (None, "valid"),
        (TODAY, "soon"),
        (TODAY - timedelta(days=1), "expired"),
        (TODAY + timedelta(days=60), "soon"),
        (TODAY + timedelta(days=61), "valid"),
    ],
)
def test_a_completion_counts_through_its_last_day(session: Session, expires_on: date | None, word: str) -> None:
    with clock.frozen_at(NOW):
        assert standing(expires_on) == word


def test_the_last_day_ends_at_midnight_in_the_teams_zone(session: Session) -> None:
    with clock.frozen_at(datetime(2026, 11, 25, 4, 59, tzinfo=UTC)):
        assert standing(TODAY) == "soon"
    with clock.frozen_at(datetime(2026, 11, 25, 5, 0, tzinfo=UTC)):
        assert standing(TODAY) == "expired"


def test_a_renewal_counts_and_the_older_one_says_so(session: Session) -> None:
    learner, course, other = make_user(), make_course(), make_course()
    old = make_completion(course, learner, on=date(2024, 1, 1), expires_on=date(2025, 1, 1))
    new = make_completion(course, learner, on=date(2026, 9, 1), expires_on=date(2027, 9, 1))
    alone = make_completion(other, learner, on=date(2024, 5, 1), expires_on=date(2025, 5, 1))
    withdrawn = make_completion(other, learner, on=date(2026, 5, 1))
    withdrawn.withdrawn_at = NOW
    session.flush()
    with clock.frozen_at(NOW):
        shown = {row.id: row.standing for row in queries.completions_of(learner.id)}
        listed = {row.id: row.standing for row in queries.completions(make_trainer()).rows}
    assert shown == listed == {old.id: "renewed", new.id: "valid", alone.id: "expired"}


def test_an_older_completion_that_counts_longer_is_not_hidden_by_a_later_one(session: Session) -> None:
    learner, course = make_user(), make_course()
    for_good = make_completion(course, learner, on=date(2024, 1, 1))
    make_completion(course, learner, on=date(2025, 1, 1), expires_on=date(2026, 1, 1))
    make_completion(course, make_user(), on=date(2025, 1, 1))
    current = [row.id for row in queries.completions_of(learner.id) if row.is_current]
    listed = [row.id for row in queries.completions(make_trainer(), words=learner.name).rows if not row.is_renewed]
    assert current == listed == [for_good.id]


@pytest.mark.parametrize("expires_on", [None, date(2027, 1, 1)])
def test_of_two_that_count_as_long_the_later_one_is_the_current(session: Session, expires_on: date | None) -> None:
    learner, course = make_user(), make_course()
    later = make_completion(course, learner, on=date(2026, 2, 2), expires_on=expires_on)
    make_completion(course, learner, on=date(2026, 1, 1), expires_on=expires_on)
    last = make_completion(course, learner, on=date(2026, 2, 2), expires_on=expires_on)
    current = [row.id for row in queries.completions_of(learner.id) if row.is_current]
    listed = [row.id for row in queries.completions(make_trainer()).rows if not row.is_renewed]
    assert current == listed == [last.id]
    assert later.id != last.id


def test_who_lacks_a_course_are_the_active_learners_without_one_that_counts_today(session: Session) -> None:
    trainer, course = make_trainer(name="Trainer"), make_course()
    never, expired = make_user(name="Never"), make_user(name="Expired")
    make_completion(course, expired, on=date(2025, 11, 23), expires_on=date(2026, 11, 23))
    make_completion(course, make_user(name="Today"), on=date(2025, 11, 24), expires_on=TODAY)
    make_completion(course, make_user(name="For good"), on=date(2020, 1, 1))
    make_completion(make_course(), never, on=TODAY)
    taken_back = make_user(name="Withdrawn")
    make_completion(course, taken_back, on=TODAY).withdrawn_at = NOW
    make_user(name="Closed", may_sign_in=False)
    make_user(None, name="No role")
    make_user(Role.VIEWER, name="Viewer")
    session.flush()
    with clock.frozen_at(NOW):
        page = queries.missing(trainer, course.id)
        assert [(row.name, row.expired_on) for row in page.rows] == [
            ("Expired", date(2026, 11, 23)),
            ("Never", None),
            ("Trainer", None),
            ("Withdrawn", None),
        ]
        assert queries.count_missing(trainer, course.id) == (4, 6)
        assert [row.name for row in queries.missing(trainer, course.id, words="ever").rows] == ["Never"]


def test_the_list_goes_on_page_by_page_without_a_gap(session: Session) -> None:
    trainer, course = make_trainer(), make_course()
    recorded = [make_completion(course, make_user(), on=TODAY).id for _ in range(60)]
    seen: list[int] = []
    after = None
    while True:
        page = queries.completions(trainer, course_id=course.id, after=after)
        seen += [row.id for row in page.rows]
        if (after := page.after) is None:
            break
    assert seen == recorded[::-1]
    assert queries.count_completions(trainer, course_id=course.id) == 60
