"""What is missing, wrong or hostile gets a sentence at its field, and never an error page."""

from typing import Any

import pytest

from tests.browsing import Desk
from tests.make import make_user
from tests.make_training import make_class, make_course, make_trainer, put_in
from tests.training.words import class_form, course_form, facts

HUGE = "9" * 30


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        ({"title": ""}, "Give the course a title."),
        ({"title": "x" * 201}, "Write no more than 200 characters."),
        ({"summary": " "}, "Say in one sentence what it is about."),
        ({"valid_months": "0"}, "Give 1 to 120 months"),
        ({"valid_months": "-3"}, "Give 1 to 120 months"),
        ({"valid_months": HUGE}, "Give a whole number."),
        ({"valid_months": "twelve"}, "Give a whole number."),
        ({"valid_months": "١٢"}, "Give a whole number."),
        ({"description": "x" * 20_001}, "Write no more than 20000 characters."),
    ],
)
def test_a_wrong_course_is_refused_at_the_field(sqlite_desk: Desk, over: dict[str, str], sentence: str) -> None:
    with sqlite_desk.work():
        trainer = make_trainer()
    page = sqlite_desk.signed_in(trainer).post("/training/courses/new", course_form(**over), status=422)
    assert page.says(sentence)
    with sqlite_desk.look():
        assert facts() == []


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        ({"day": ""}, "Choose a day."),
        ({"day": "99999-01-01"}, "Give a day that is in the calendar"),
        ({"day": "2027-02-30"}, "Give a day that is in the calendar"),
        ({"day": "9999-12-31"}, "Enter a day between 1900 and 2199."),
        ({"day": "0001-01-01"}, "Enter a day between 1900 and 2199."),
        ({"day": "2199-12-31"}, "more than two years ahead"),
        ({"day": "2020-01-01"}, "This day has passed."),
        ({"starts": "25:00"}, "Give a time such as 14:30."),
        ({"starts": ""}, "Give the time it starts."),
        ({"starts": "12:00", "ends": "10:00"}, "The end has to be after the start."),
        ({"seats": "0"}, "Give 1 to 500 seats."),
        ({"seats": ""}, "Give the number of seats."),
        ({"seats": "1e3"}, "Give a whole number."),
        ({"seats": HUGE}, "Give a whole number."),
        ({"place": "", "link": ""}, "Say where it is"),
        ({"link": "javascript:alert(1)"}, "Give an address that begins with https://."),
        ({"trainer_id": "abc"}, "Choose one of the list."),
        ({"trainer_id": HUGE}, "Choose one of the list."),
    ],
)
def test_a_wrong_class_is_refused_at_the_field(sqlite_desk: Desk, over: dict[str, str], sentence: str) -> None:
    with sqlite_desk.work():
        trainer, course = make_trainer(), make_course()
    form = class_form(**{"day": "2027-06-01", "trainer_id": str(trainer.id), **over})
    page = sqlite_desk.signed_in(trainer).post(f"/training/courses/{course.id}/schedule", form, status=422)
    assert page.says(sentence)
    with sqlite_desk.look():
        assert facts() == []


@pytest.mark.parametrize("form", [{}, {"mark": ""}, {"mark": "attended"}, {"mark": "left:1"}, {"mark": "attended:x"}])
def test_a_mark_that_no_button_sends_is_refused(sqlite_desk: Desk, form: dict[str, Any]) -> None:
    with sqlite_desk.work():
        trainer, offering = make_trainer(), make_class(in_days=-1)
        put_in(offering, make_user())
    page = sqlite_desk.signed_in(trainer).post(f"/training/classes/{offering.id}/attendance", form, status=422)
    assert page.says("Use one of the buttons.")


@pytest.mark.parametrize("mark", ["attended:999999999", "attended:all", "attended:1;drop", "all attended:1"])
def test_a_mark_for_nobody_is_refused(sqlite_desk: Desk, mark: str) -> None:
    with sqlite_desk.work():
        trainer, offering = make_trainer(), make_class(in_days=-1)
    sqlite_desk.signed_in(trainer).post(f"/training/classes/{offering.id}/attendance", {"mark": mark}, status=422)


@pytest.mark.parametrize("learner", ["", "abc", "0", "-1", HUGE, "999999999"])
def test_nobody_is_signed_up_by_a_number_that_nobody_has(desk: Desk, learner: str) -> None:
    with desk.work():
        trainer, offering = make_trainer(), make_class()
    page = desk.signed_in(trainer).post(f"/training/classes/{offering.id}/sign-up", {"learner_id": learner}, status=422)
    assert page.says("Please look at this again")


@pytest.mark.parametrize(
    "query",
    [
        *(
            "course=abc",
            "course=-1",
            f"course={HUGE}",
            "agency=1'%20or%201=1",
            "agency=999999999",
            "after=%%%",
            "q=%25",
        ),
        *("after=bm90IGpzb24", "q=" + "x" * 5000, "course=%D9%A1"),
    ],
)
def test_an_address_that_somebody_made_up_still_shows_a_page(desk: Desk, query: str) -> None:
    with desk.work():
        trainer, course = make_trainer(), make_course()
    visitor = desk.signed_in(trainer)
    for page in ("", "/courses", f"/courses/{course.id}", "/completions", "/missing"):
        visitor.get(f"/training{page}?{query}")


def test_an_unknown_number_is_a_404_page(desk: Desk) -> None:
    with desk.work():
        trainer, offering = make_trainer(), make_class()
    visitor = desk.signed_in(trainer)
    for page in ("courses/99", "courses/99/edit", "courses/99/schedule", "courses/99/publish", "courses/99/retire"):
        assert visitor.get(f"/training/{page}", status=404).says("There is no such course.")
    for page in ("", "/edit", "/cancel", "/join", "/leave", "/sign-up", "/calendar.ics"):
        assert visitor.get(f"/training/classes/99{page}", status=404).says("There is no such class.")
    visitor.get(f"/training/classes/{offering.id}/people/99/take-out", status=404)
    visitor.post("/training/classes/99/attendance", {"mark": "all"}, status=404)
    visitor.get(f"/training/classes/{10**30}", status=404)


def test_what_people_typed_is_shown_as_text(desk: Desk) -> None:
    hostile = "<script>alert(1)</script>"
    with desk.work():
        trainer = make_trainer()
        course = make_course(title=hostile, summary=hostile, description=hostile, audience=hostile)
        offering = make_class(course, place=hostile, trainer=trainer)
        put_in(offering, make_user(name=hostile))
    visitor = desk.signed_in(trainer)
    for page in ("", "/courses", f"/courses/{course.id}", f"/classes/{offering.id}", f"/classes/{offering.id}/edit"):
        assert hostile not in visitor.get(f"/training{page}").html
