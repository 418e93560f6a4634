"""A trainer publishes a course and a class, an end user signs up, attendance is marked, the completion shows."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from accounts.models import Account, AccountState
from adminops import clock
from adminops.db import db
from adminops.identity.models import User
from adminops.identity.permissions import Role
from tests.journeys.conftest import House, Walker
from training.models import Offering


def _learner(house: House) -> User:
    learner = house.person(Role.END_USER, name="Ben Turner")
    with house.desk.work():
        db.session.add(Account(user_id=learner.id, agency_id=learner.agency_id, state=AccountState.ACTIVE))
    return learner


def _course_with_a_class(walker: Walker) -> str:
    """Write and publish a course, schedule a class of it, and return the path of the class."""
    walker.go("/training/courses/new")
    walker.page.locator("[name=title]").fill("Privacy and security")
    walker.page.locator("[name=summary]").fill("What may be shared with whom.")
    walker.page.locator("[name=description]").fill("Two hours, with a quiz at the end.")
    walker.page.get_by_role("main").locator("form button[type=submit], form button.button-primary").first.click()
    walker.page.wait_for_url("**/training/courses/1")
    walker.look()
    walker.go("/training/courses/1/publish")
    walker.page.get_by_role("main").locator("form .button-primary").click()
    walker.page.wait_for_url("**/training/courses/1")
    walker.go("/training/courses/1/schedule")
    soon = clock.now().astimezone(ZoneInfo("America/New_York")) + timedelta(days=2)
    fields = {"day": f"{soon:%Y-%m-%d}", "starts": "09:00", "ends": "11:00", "place": "Room 2", "seats": "12"}
    for name, value in fields.items():
        walker.page.locator(f"[name={name}]").fill(value)
    walker.page.get_by_role("main").locator("form .button-primary").click()
    walker.page.wait_for_url("**/training/classes/1")
    walker.look()
    return "/training/classes/1"


def test_publish_join_mark_complete(house: House) -> None:
    trainer, learner = house.person(Role.TRAINER), _learner(house)
    teaching = house.walker(trainer)
    path = _course_with_a_class(teaching)

    learning = house.walker(learner)
    learning.go("/training")
    learning.sees("Privacy and security")
    learning.go(f"{path}/join")
    learning.press("Sign up")
    learning.page.wait_for_url(f"**{path}")
    learning.look()

    with house.desk.work() as session:  # the day of the class comes
        offering = session.get_one(Offering, 1)
        offering.starts_at, offering.ends_at = clock.now() - timedelta(hours=3), clock.now() - timedelta(hours=1)
    teaching.go(path)
    teaching.page.get_by_role("button", name="Attended: Ben Turner").click()
    teaching.sees("1 of 1")
    teaching.look()
    with house.desk.look() as session:
        account_id = session.scalars(select(Account.id).where(Account.user_id == learner.id)).one()
    teaching.go(f"/accounts/{account_id}")
    teaching.sees("Privacy and security")
    learning.go("/me")
    learning.sees("Privacy and security")
