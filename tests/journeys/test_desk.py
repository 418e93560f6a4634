"""A person who is locked out is helped: the ticket does the work it asks for and resolves itself."""

import re

from playwright.sync_api import expect

from accounts.models import Account, AccountState
from adminops.db import db
from adminops.identity.models import User
from adminops.identity.permissions import Role
from tests.journeys.conftest import House
from tests.make import give_password, make_user

NEW_PASSWORD = "seven quiet herons wade"


def _caseworker(house: House) -> User:
    with house.desk.work():
        person = give_password(make_user(Role.END_USER, name="Ben Turner"))
        db.session.add(Account(user_id=person.id, agency_id=person.agency_id, state=AccountState.ACTIVE))
        return person


def test_locked_out_and_helped(house: House) -> None:
    person, agent = _caseworker(house), house.person(Role.HELP_DESK, name="Grace Whitfield")
    caseworker = house.walker(person)
    caseworker.look()
    caseworker.follow("I can't sign in")
    caseworker.look()
    caseworker.page.locator("input[name=subject]").fill("I am locked out of HMIS")
    caseworker.page.locator("textarea").first.fill("It says my password has expired.")
    caseworker.page.get_by_role("main").get_by_role("button", name=re.compile("Send")).first.click()
    caseworker.sees("I am locked out of HMIS")
    caseworker.look()
    ticket_path = caseworker.page.url.removeprefix(house.url)

    helper = house.walker(agent)
    helper.go("/tickets")
    first = helper.page.get_by_role("table").get_by_role("row").nth(1)
    expect(first).to_contain_text("I am locked out of HMIS")
    helper.go(ticket_path)
    helper.page.locator("textarea").first.fill("I start a reset for you. Look for a mail from us.")
    helper.page.get_by_role("button", name=re.compile("Send reply")).click()
    helper.sees("I start a reset for you.")
    helper.page.get_by_role("link", name=re.compile("Reset the password")).first.click()
    helper.look()
    helper.page.get_by_role("main").get_by_role("button", name=re.compile("Send.*link|Start|Reset")).first.click()
    helper.page.wait_for_load_state()
    helper.look()

    mail = house.walker()
    expect(mail.page.locator("body")).to_be_attached()
    for _ in range(60):
        mail.page.goto("/mailbox")
        link = mail.page.get_by_role("link", name=re.compile("password", re.IGNORECASE))
        if link.count():
            break
        mail.page.wait_for_timeout(500)
    mail.look()
    link.first.click()
    mail.page.get_by_role("link", name=re.compile("/reset/|password", re.IGNORECASE)).last.click()
    for field in mail.page.locator("input[type=password]").all():
        field.fill(NEW_PASSWORD)
    mail.page.get_by_role("main").get_by_role(
        "button", name=re.compile("Save|Set|password", re.IGNORECASE)
    ).last.click()
    mail.page.goto("/sign-in")
    mail.page.locator("input[name=username]").fill(person.username)
    mail.page.locator("input[name=password]").fill(NEW_PASSWORD)
    mail.press("Sign in")
    expect(mail.page).not_to_have_url(f"{house.url}/sign-in")
    mail.go(ticket_path)
    expect(mail.page.get_by_text("Resolved").first).to_be_visible()

    helper.go(ticket_path)
    for said in ("started a password reset", "set a new password", "Resolved"):
        helper.sees(said)
