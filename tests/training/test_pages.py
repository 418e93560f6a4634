"""The pages of training as people click through them."""

from collections.abc import Callable
from datetime import date, timedelta

from adminops import clock
from adminops.db import db
from adminops.identity.models import User
from adminops.identity.permissions import Role
from tests.browsing import Desk
from tests.make import make_admin, make_agency, make_user
from tests.make_training import make_class, make_completion, make_course, make_trainer, put_in
from tests.training.words import class_form, course_form, facts, stands
from training.models import LearnerState, Offering

L = LearnerState


def _soon(days: int = 30) -> str:
    return (clock.today() + timedelta(days=days)).isoformat()


def test_a_course_is_written_published_scheduled_joined_marked_and_shows_as_completed(desk: Desk) -> None:
    with desk.work():
        trainer, learner = make_trainer(), make_user()
    teaching, learning = desk.signed_in(trainer), desk.signed_in(learner)

    written = teaching.post("/training/courses/new", course_form(valid_months="12"), follow=True)
    url = written.response.request.path
    learning.get(url, status=404)
    teaching.post(f"{url}/publish", follow=True)
    planned = class_form(day=_soon(), trainer_id=str(trainer.id))
    shown = teaching.post(f"{url}/schedule", planned, follow=True)
    class_url = shown.response.request.path

    assert learning.get("/training").link("Bed nights") == class_url
    assert learning.get(f"{class_url}/join").heading == "Sign up for this class?"
    assert learning.post(f"{class_url}/join", follow=True).says("You have a seat.")
    assert learning.get(f"{class_url}/calendar.ics").response.mimetype == "text/calendar"

    with desk.work() as session:
        offering = session.get_one(Offering, int(class_url.rpartition("/")[2]))
        offering.starts_at -= timedelta(days=31)
        offering.ends_at -= timedelta(days=31)
    assert teaching.get("/training").says("Attendance to mark")
    marked = teaching.post(f"{class_url}/attendance", {"mark": f"attended:{learner.id}"}, follow=True)
    assert marked.says("1 of 1 marked")
    assert not teaching.get("/training").says("Attendance to mark")
    assert learning.get("/training").says("Valid")
    assert learning.get("/me").says("Bed nights")
    assert learning.get("/me").says("Completed")


def test_a_full_class_offers_its_waiting_list_and_says_ones_place(desk: Desk) -> None:
    with desk.work():
        offering = make_class(seats=1)
        put_in(offering, make_user())
        put_in(offering, make_user(), L.WAITING)
        learner = make_user()
    visitor = desk.signed_in(learner)
    url = f"/training/classes/{offering.id}"
    assert visitor.get(url).says("Join the waiting list")
    assert visitor.post(f"{url}/join", follow=True).says("You are number 2 in line.")
    assert visitor.get("/training").says("Waiting list")
    assert visitor.post(f"{url}/leave", follow=True).says("You gave your seat back.")
    assert visitor.get(url).link("Join the waiting list") == f"{url}/join"


def test_a_double_click_on_join_joins_once(desk: Desk) -> None:
    with desk.work():
        offering, learner = make_class(), make_user()
    visitor = desk.signed_in(learner)
    for _ in range(2):
        visitor.post(f"/training/classes/{offering.id}/join", follow=True)
    with desk.look():
        assert facts().count("ClassJoined") == 1


def test_the_trainer_marks_everybody_with_one_button_and_undoes_one(desk: Desk) -> None:
    with desk.work():
        trainer, offering = make_trainer(), make_class(in_days=-0.05)
        learners = [put_in(offering, make_user()) for _ in range(3)]
        waits = put_in(offering, make_user(), L.WAITING)
    visitor = desk.signed_in(trainer)
    url = f"/training/classes/{offering.id}"
    assert visitor.get(url).says("0 of 3 marked")
    visitor.post(f"{url}/attendance", {"mark": f"absent:{learners[0].id}"})
    visitor.post(f"{url}/attendance", {"mark": "all"})
    assert visitor.get(url).says("3 of 3 marked")
    visitor.post(f"{url}/attendance", {"mark": f"joined:{learners[1].id}"})
    assert visitor.get(url).says("2 of 3 marked")
    with desk.look():
        assert [stands(offering, who) for who in (*learners, waits)] == [L.ABSENT, L.JOINED, L.ATTENDED, L.WAITING]


def test_the_trainer_finds_somebody_signs_them_up_and_takes_them_out(desk: Desk) -> None:
    with desk.work():
        trainer, offering = make_trainer(), make_class()
        learner = make_user(name="Keiko Nguyen")
        make_user(name="Keiko Closed", may_sign_in=False, last_sign_in_at=clock.now())
    visitor = desk.signed_in(trainer)
    url = f"/training/classes/{offering.id}"
    found = visitor.get(f"{url}/sign-up?q=keiko")
    assert found.says("Keiko Nguyen")
    assert not found.says("Keiko Closed")
    signed = visitor.post(f"{url}/sign-up?q=keiko", {"learner_id": str(learner.id)}, follow=True)
    assert signed.says("Keiko Nguyen is signed up.")
    assert visitor.get(url).link("Take out") == f"{url}/people/{learner.id}/take-out"
    assert visitor.get(f"{url}/people/{learner.id}/take-out").heading == "Take Keiko Nguyen out?"
    assert visitor.post(f"{url}/people/{learner.id}/take-out", follow=True).says("Keiko Nguyen is no longer signed up.")


def test_a_class_is_moved_and_cancelled(desk: Desk) -> None:
    with desk.work():
        trainer, offering = make_trainer(), make_class()
    visitor = desk.signed_in(trainer)
    url = f"/training/classes/{offering.id}"
    form = visitor.get(f"{url}/edit")
    assert 'value="Training room"' in form.html
    moved = class_form(day=_soon(40), trainer_id=str(trainer.id), revision="0", place="Library")
    assert visitor.post(f"{url}/edit", moved, follow=True).says("Library")
    assert visitor.post(f"{url}/edit", moved, status=422).says("Somebody changed this class meanwhile.")
    assert visitor.get(f"{url}/cancel").heading == "Cancel this class?"
    cancelled = visitor.post(f"{url}/cancel", {"reason": "The room is flooded."}, follow=True)
    assert cancelled.says("This class does not take place. The room is flooded.")
    assert visitor.post(f"{url}/cancel", status=422).says("This class is cancelled already.")
    visitor.get(f"{url}/edit", status=409)


def test_a_course_is_changed_and_retired(desk: Desk) -> None:
    with desk.work():
        trainer, course = make_trainer(), make_course()
    visitor = desk.signed_in(trainer)
    url = f"/training/courses/{course.id}"
    changed = course_form(title="Bed days", version="1", is_required="y")
    assert visitor.post(f"{url}/edit", changed, follow=True).heading == "Bed days"
    assert visitor.post(f"{url}/edit", changed, status=422).says("Somebody saved this course")
    assert visitor.get(f"{url}/retire").heading == "Retire this course?"
    visitor.post(f"{url}/retire", follow=True)
    visitor.post(f"{url}/retire", status=422)
    assert not visitor.get("/training/courses").says("Bed days")
    assert visitor.get("/training/courses?state=retired").link("Bed days") == url
    visitor.get(f"{url}/schedule", status=409)


def test_the_link_of_a_class_is_for_people_with_a_seat(desk: Desk) -> None:
    meeting = "https://meet.example.org/secret"
    with desk.work():
        offering = make_class(link=meeting, seats=1)
        seated, waits = put_in(offering, make_user()), put_in(offering, make_user(), L.WAITING)
        stranger, trainer = make_user(), make_trainer()
    url = f"/training/classes/{offering.id}"
    shown = {who: meeting in desk.signed_in(who).get(url).html for who in (seated, waits, stranger, trainer)}
    assert shown == {seated: True, waits: False, stranger: False, trainer: True}
    assert meeting in desk.signed_in(seated).get(f"{url}/calendar.ics").html
    for other in (waits, stranger):
        desk.signed_in(other).get(f"{url}/calendar.ics", status=404)


def test_the_roster_is_the_trainers_alone(desk: Desk) -> None:
    with desk.work():
        agency = make_agency()
        offering = make_class()
        learner = put_in(offering, make_user(agency=agency, name="Keiko Nguyen"))
        others = [make_user(agency=agency), make_user(Role.AGENCY_LEAD, agency=agency), make_user(Role.HELP_DESK)]
        trainer = make_trainer()
    url = f"/training/classes/{offering.id}"
    for person in others:
        assert not desk.signed_in(person).get(url).says(learner.name)
    assert desk.signed_in(trainer).get(url).says(learner.name)


def test_the_search_box_finds_courses(desk: Desk) -> None:
    with desk.work():
        learner, course = make_user(), make_course(title="Coordinated entry")
    found = desk.signed_in(learner).get("/search?q=coordinated").reader.links
    (address,) = {url for url, _ in found if "/courses/" in url}
    assert address == f"/training/courses/{course.id}"


def test_empty_pages_say_so(desk: Desk) -> None:
    with desk.work():
        trainer, learner = make_trainer(), make_user()
    visitor = desk.signed_in(trainer)
    assert desk.signed_in(learner).get("/training").says("No classes planned")
    assert desk.signed_in(learner).get("/training/courses").says("No courses yet")
    assert visitor.get("/training/courses").says("No courses here")
    assert visitor.get("/training/courses?q=zebra").says("No courses match")
    assert visitor.get("/training/completions").says("No completions yet")
    assert visitor.get("/training/completions?q=zebra").says("No completions match")
    assert visitor.get("/training/missing").says("No course to look for")


def test_a_long_list_goes_on_and_says_where(desk: Desk) -> None:
    with desk.work():
        learner, course = make_user(), make_course(title="Bed nights")
        trainer = make_trainer()
        for days in range(1, 31):
            make_class(course, in_days=days, trainer=trainer)
    visitor = desk.signed_in(learner)
    first = visitor.get("/training")
    assert first.says("30 classes to come")
    assert first.html.count('class="title"') == 25
    assert visitor.get(first.link("Next page")).html.count('class="title"') == 5


def test_pages_cost_few_statements(desk: Desk, counted: Callable[[], int]) -> None:
    with desk.work():
        agency, course = make_agency(), make_course(is_required=True)
        trainer, lead = make_trainer(), make_user(Role.AGENCY_LEAD, agency=agency)
        past = make_class(course, in_days=-1, trainer=trainer)
        coming = make_class(course, trainer=trainer, seats=10)
        make_class(course, in_days=9, trainer=trainer)
        for _ in range(20):
            learner = make_user(agency=agency)
            put_in(past, learner)
            put_in(coming, learner, L.JOINED if learner.id % 2 else L.WAITING)
            make_completion(course, learner, on=date(2026, 1, 1))
            make_user(agency=agency)
    urls = (
        *("", "/courses", f"/courses/{course.id}", f"/classes/{past.id}", f"/classes/{coming.id}"),
        *("/completions", "/missing", f"/classes/{coming.id}/sign-up?q=person", f"/classes/{coming.id}/edit"),
    )
    for person, pages in ((trainer, urls), (lead, urls[:7]), (learner, urls[:5])):
        visitor = desk.signed_in(person)
        for url in pages:
            counted()
            visitor.get(f"/training{url}")
            assert counted() <= 12, (person.roles, url)


def test_the_dashboard_shows_the_figures_of_who_runs_training(desk: Desk) -> None:
    with desk.work():
        admin, course = make_admin(), make_course(title="Privacy", is_required=True)
        put_in(make_class(course, in_days=3), make_user())
        put_in(make_class(course, in_days=-1), make_user())
        make_completion(course, admin, on=date(2026, 1, 1))
        everybody = db.session.query(User).count()
    page = desk.signed_in(admin).get("/dashboard")
    assert page.says("Classes in the next 14 days 1 1 person signed up")
    assert page.says("Classes to mark 1")
    assert page.says(f"Staff without Privacy {everybody - 1} of {everybody} people who need it")
    assert page.link("Staff without Privacy") == f"/training/missing?course={course.id}"
