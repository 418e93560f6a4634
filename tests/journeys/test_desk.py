"""A person who is locked out is helped: the ticket does the work it asks for and resolves itself."""

from playwright.sync_api import expect

from accounts.models import Account, AccountState
from adminops.db import db
from adminops.identity.models import User
from adminops.identity.permissions import Role
from tests.journeys.conftest import House, Walker
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
    caseworker.follow("It does not help: write to us")
    caseworker.look()
    caseworker.page.locator("input[name=subject]").fill("I am locked out of HMIS")
    caseworker.page.locator("select[name=screen]").select_option(label="The password has expired")
    caseworker.page.locator("textarea").first.fill("I tried twice this morning.")
    caseworker.press("Send request")
    caseworker.sees("I am locked out of HMIS")
    caseworker.look()
    ticket_path = caseworker.page.url.removeprefix(house.url).partition("?")[0]

    helper = house.walker(agent)
    helper.go("/tickets")
    expect(helper.page.get_by_role("table").get_by_role("row").nth(1)).to_contain_text("I am locked out of HMIS")
    helper.go(ticket_path)
    helper.page.locator("textarea").first.fill("I start a reset for you. Look for a mail from us.")
    helper.press("Send reply")
    helper.sees("I start a reset for you.")
    helper.follow("Reset the password")
    helper.look()
    helper.page.locator("select[name=proof]").select_option("called_back")
    helper.press("Send the link")
    helper.sees("started a password reset")
    helper.look()

    _choose_a_new_password(house.walker(), person)
    caseworker.page.goto("/sign-in")
    caseworker.page.locator("input[name=username]").fill(person.username)
    caseworker.page.locator("input[name=password]").fill(NEW_PASSWORD)
    caseworker.press("Sign in")
    caseworker.page.wait_for_url("**/help**")
    caseworker.go(ticket_path)
    caseworker.sees("Resolved")

    helper.go(ticket_path)
    for said in ("started a password reset", "set a new password", "Resolved"):
        helper.sees(said)


def _choose_a_new_password(walker: Walker, person: User) -> None:
    """Find the mail in the mailbox of the development, follow its link, choose a password."""
    mail = walker.page.get_by_role("row").filter(has_text=person.email).filter(has_text="password").get_by_role("link")
    for _ in range(60):
        walker.page.goto("/mailbox")
        if mail.count():
            break
        walker.page.wait_for_timeout(500)
    walker.look()
    mail.first.click()
    link = walker.page.locator("a[href*='/reset/']").get_attribute("href") or ""
    walker.look()
    walker.page.goto(f"/reset/{link.partition('/reset/')[2]}")  # the mail names the public address, this is a test's
    walker.look()
    walker.page.locator("input[name=password]").fill(NEW_PASSWORD)
    walker.page.locator("input[name=again]").fill(NEW_PASSWORD)
    walker.press("Save the password")
    walker.page.wait_for_url("**/sign-in**")
