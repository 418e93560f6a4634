"""Who sees whose training: oneself, who answers for one's agency, and the team; nobody else, on any address."""

from datetime import date

from flask import current_app
from sqlalchemy.orm import Session

from adminops.identity.permissions import Role
from adminops.refs import Ref
from tests.browsing import Desk
from tests.make import make_agency, make_user
from tests.make_training import make_class, make_completion, make_course, make_trainer, put_in
from training import queries
from training.models import CourseState, LearnerState
from training.refs import person_card, resolve_classes, resolve_courses

TODAY = date(2026, 11, 24)


def test_a_lead_sees_the_completions_of_the_own_staff_and_of_nobody_else(desk: Desk) -> None:
    with desk.work():
        mine, other, course = make_agency(), make_agency(), make_course()
        lead = make_user(Role.AGENCY_LEAD, agency=mine)
        own = make_user(agency=mine, name="Own Person")
        stranger = make_user(agency=other, name="Strange Person")
        for who in (own, stranger):
            make_completion(course, who, on=TODAY)
    visitor = desk.signed_in(lead)
    for query in ("", f"?agency={other.id}", f"?course={course.id}", "?q=person"):
        page = visitor.get(f"/training/completions{query}")
        assert not page.says("Strange Person"), query
        assert not page.says(other.name), query
    assert visitor.get("/training/completions").says("1 completion")
    assert visitor.get("/training/completions").says("Own Person")


def test_a_lead_sees_who_of_the_own_staff_lacks_a_course(desk: Desk) -> None:
    with desk.work():
        mine, other, course = make_agency(), make_agency(), make_course(is_required=True)
        officer = make_user(Role.SECURITY_OFFICER, agency=mine, name="Officer")
        make_user(agency=mine, name="Own Person")
        make_completion(course, make_user(agency=mine, name="Good Person"), on=TODAY)
        make_user(agency=other, name="Strange Person")
    visitor = desk.signed_in(officer)
    page = visitor.get("/training/missing")
    assert page.says(f"2 of 3 without {course.title}")
    assert (page.says("Own Person"), page.says("Good Person"), page.says("Strange Person")) == (True, False, False)
    assert visitor.get(f"/training/missing?agency={other.id}").says("Nobody is missing here")


def test_an_end_user_sees_no_list_of_people(desk: Desk) -> None:
    with desk.work():
        person = make_user()
    visitor = desk.signed_in(person)
    visitor.get("/training/completions", status=403)
    visitor.get("/training/missing", status=403)


def test_the_card_of_a_person_is_for_that_person_the_lead_and_the_team(session: Session) -> None:
    agency = make_agency()
    person = make_user(agency=agency)
    make_completion(make_course(title="Bed nights"), person, on=TODAY)
    may = [
        person,
        make_user(Role.AGENCY_LEAD, agency=agency),
        make_user(Role.SECURITY_OFFICER, agency=agency),
        *(make_user(role) for role in (Role.TRAINER, Role.HELP_DESK, Role.SYSTEM_ADMIN, Role.MANAGER)),
    ]
    may_not = [make_user(agency=agency), make_user(Role.AGENCY_LEAD), make_user(Role.VIEWER), make_user()]
    with current_app.test_request_context():
        for viewer in may:
            assert "Bed nights" in (person_card(Ref.to("user", person.id), viewer) or ""), viewer.roles
        for viewer in may_not:
            assert person_card(Ref.to("user", person.id), viewer) is None, viewer.roles
        assert person_card(Ref.to("user", 999_999), may[3]) is None


def test_every_address_of_a_hidden_course_or_class_is_unknown_to_another_agencys_people(desk: Desk) -> None:
    with desk.work():
        hidden = make_course(title="Hidden", state=CourseState.DRAFT)
        offering = make_class(make_course(title="Gone", state=CourseState.RETIRED))
        learner = put_in(offering, make_user())
        strangers = [make_user(Role.AGENCY_LEAD), make_user()]
    for stranger in strangers:
        visitor = desk.signed_in(stranger)
        visitor.get(f"/training/courses/{hidden.id}", status=404)
        for page in ("", "/join", "/leave", "/calendar.ics"):
            visitor.get(f"/training/classes/{offering.id}{page}", status=404)
        for page in ("/join", "/leave"):
            visitor.post(f"/training/classes/{offering.id}{page}", status=404)
        for page in ("edit", "publish", "retire", "schedule"):
            visitor.get(f"/training/courses/{hidden.id}/{page}", status=403)
            visitor.post(f"/training/courses/{hidden.id}/{page}", status=403)
        for page in ("edit", "cancel", "sign-up", f"people/{learner.id}/take-out"):
            visitor.get(f"/training/classes/{offering.id}/{page}", status=403)
            visitor.post(f"/training/classes/{offering.id}/{page}", status=403)
        visitor.post(f"/training/classes/{offering.id}/attendance", {"mark": "all"}, status=403)
    assert desk.signed_in(learner).get(f"/training/classes/{offering.id}").heading == "Gone"


def test_in_a_class_that_everybody_sees_the_places_of_others_are_unknown(desk: Desk) -> None:
    with desk.work():
        offering = make_class()
        put_in(offering, make_user(name="Keiko Nguyen"))
        stranger = make_user(Role.AGENCY_LEAD)
    visitor = desk.signed_in(stranger)
    assert not visitor.get(f"/training/classes/{offering.id}").says("Keiko Nguyen")
    for page in ("/leave", "/calendar.ics"):
        visitor.get(f"/training/classes/{offering.id}{page}", status=404)
    visitor.post(f"/training/classes/{offering.id}/leave", status=404)


def test_a_link_says_nothing_of_what_the_viewer_may_not_see(session: Session) -> None:
    draft, shown = make_course(state=CourseState.DRAFT), make_course(title="Bed nights")
    offering, hidden = make_class(shown), make_class(draft)
    learner, trainer = make_user(), make_trainer()
    ids = [str(draft.id), str(shown.id), "x", "", "9" * 30]
    with current_app.test_request_context():
        assert set(resolve_courses(ids, learner)) == {str(shown.id)}
        assert set(resolve_courses(ids, trainer)) == {str(draft.id), str(shown.id)}
        numbers = [str(offering.id), str(hidden.id)]
        assert set(resolve_classes(numbers, learner)) == {str(offering.id)}
        assert resolve_classes(numbers, trainer)[str(offering.id)].title.startswith("Bed nights, ")


def test_who_left_a_class_of_a_retired_course_no_longer_finds_it(session: Session) -> None:
    offering = make_class(make_course(state=CourseState.RETIRED))
    assert queries.find_class(offering.id, put_in(offering, make_user(), LearnerState.LEFT)) is None
    assert queries.find_class(offering.id, put_in(offering, make_user(), LearnerState.ATTENDED)) is offering
