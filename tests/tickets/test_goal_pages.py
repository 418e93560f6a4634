"""The pages on which administrators edit calendars and policies."""

import pytest
from sqlalchemy import select

from adminops.identity.permissions import Role
from tests.browsing import Desk, Visitor
from tests.make import make_user
from tests.make_tickets import make_ticket
from tests.tickets.test_pages import helper_of
from tickets.goals.models import CalendarVersion, GoalCalendar, GoalPolicy, PolicyVersion

CALENDAR = {
    "name": "Office hours",
    "zone": "America/New_York",
    **dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), "8:00-17:00"),
    "saturday": "",
    "sunday": "",
    "region": "US-FL",
    "days_off": "",
    "worked": "",
    "seen": "1",
}
POLICY = {
    **{f"{kind}_{level}": "4 h" for kind in ("first", "next") for level in ("urgent", "high", "normal", "low")},
    **{f"resolution_{level}": "" for level in ("urgent", "high", "normal", "low")},
    "calendar": "1",
    "pauses": ["user", "vendor"],
    "steps": "1 h before: assignee",
    "request_types": [],
    "seen": "1",
}


@pytest.fixture
def boss(desk: Desk) -> Visitor:
    """The browser of somebody who sets goals; a ticket was filed, so that there are some."""
    with desk.work():
        make_ticket()
        person = make_user(Role.SYSTEM_ADMIN)
    return desk.signed_in(person)


def test_fresh_installation_says_that_goals_are_coming(desk: Desk) -> None:
    with desk.work():
        person = make_user(Role.SYSTEM_ADMIN)
    assert desk.signed_in(person).get("/goals").says("within a minute")


def test_goals_are_listed_with_what_they_are_for(boss: Visitor) -> None:
    page = boss.get("/goals")
    for words in ("Standard", "All other requests", "Around the clock", "Office hours", "Mon to Fri 8:00-17:00"):
        assert page.says(words), words


def office(boss: Visitor) -> str:
    """Return the address of the office's calendar."""
    return boss.get("/goals").link("Office hours")


def test_calendar_is_edited_and_its_versions_are_kept(boss: Visitor, desk: Desk) -> None:
    assert boss.get(office(boss)).says("Holidays to come")
    sent = {**CALENDAR, "friday": "8:00-12:00, 13:00-15:00", "days_off": "2026-12-24 Christmas Eve"}
    boss.post(office(boss), data=sent, status=302)
    with desk.look() as session:
        calendar = session.scalars(select(GoalCalendar).where(GoalCalendar.name == "Office hours")).one()
        newest = session.scalars(
            select(CalendarVersion).where(CalendarVersion.calendar_id == calendar.id, CalendarVersion.number == 2)
        ).one()
    assert newest.hours["week"][4] == [[480, 720], [780, 900]]
    assert newest.days_off == {"2026-12-24": "Christmas Eve"}
    with desk.work():
        manager = make_user(Role.MANAGER)
    assert desk.signed_in(manager).get("/audit").link("Office hours") == f"/goals/calendars/{calendar.id}"
    assert boss.get(office(boss)).says("Fri 8:00-12:00, 13:00-15:00")


@pytest.mark.parametrize(
    ("field", "text", "sentence"),
    [
        ("monday", "nine to five", "Write hours like"),
        ("days_off", "Christmas", "Write each day like"),
        ("zone", "Atlantis", "no such time zone"),
        ("name", "", "Enter a name"),
        ("name", "Around the clock", "Another calendar has that name"),
        ("region", "US-XX", "Choose one of the list"),
        ("seen", "x", "Somebody else saved a version"),
    ],
)
def test_calendar_that_makes_no_sense_is_refused_with_a_sentence(
    boss: Visitor, field: str, text: str, sentence: str
) -> None:
    assert boss.post(office(boss), data={**CALENDAR, field: text}, status=422).says(sentence)


def test_calendar_is_added_and_chosen_in_a_policy(boss: Visitor, desk: Desk) -> None:
    boss.post("/goals/calendars/new", data={**CALENDAR, "name": "Mornings", "region": "", "seen": "0"}, status=302)
    with desk.look() as session:
        mornings = session.scalars(select(GoalCalendar).where(GoalCalendar.name == "Mornings")).one()
    sent = {**POLICY, "calendar": str(mornings.id), "first_urgent": "45 min", "resolution_low": "80 h"}
    boss.post(boss.get("/goals").link("Standard"), data=sent, status=302)
    with desk.look() as session:
        policy = session.scalars(select(GoalPolicy).where(GoalPolicy.key == "standard")).one()
        newest = session.scalars(
            select(PolicyVersion).where(PolicyVersion.policy_id == policy.id, PolicyVersion.number == 2)
        ).one()
    assert newest.calendar_id == mornings.id
    assert (newest.targets["urgent"], newest.targets["low"]) == ([45, 240, None], [240, 240, 4800])
    assert newest.steps == {"steps": [[-60, "assignee"]]}
    assert newest.pauses == ["user", "vendor"]


@pytest.mark.parametrize(
    ("field", "text", "sentence"),
    [
        ("first_urgent", "soon", "Write a length like"),
        ("first_urgent", "", "Write a length like"),
        ("resolution_low", "-1 h", "Write a length like"),
        ("steps", "tell everybody", "Write each step like"),
        ("calendar", "9999", "Choose one of the list"),
        ("request_types", "nothing", "Choose from the list"),
        ("pauses", "weather", "Choose from the list"),
    ],
)
def test_policy_that_makes_no_sense_is_refused_with_a_sentence(
    boss: Visitor, field: str, text: str, sentence: str
) -> None:
    page = boss.post(boss.get("/goals").link("Standard"), data={**POLICY, field: text}, status=422)
    assert page.says(sentence)


def test_help_desk_sets_no_goals_and_unknown_ones_are_not_found(boss: Visitor, desk: Desk) -> None:
    helper_of(desk).get("/goals", status=403)
    for url in ("/goals/calendars/999", "/goals/policies/999"):
        boss.get(url, status=404)
