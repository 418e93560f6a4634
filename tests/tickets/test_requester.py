"""What the team sees of who asked: account, training, open tickets, the agency's."""

from adminops.identity.permissions import Role
from tests.browsing import Desk
from tests.make import make_agency, make_user
from tests.make_accounts import make_account
from tests.make_tickets import make_helper, make_ticket


def test_the_team_sees_account_and_open_tickets_of_who_asked(desk: Desk) -> None:
    with desk.work():
        agency = make_agency(name="Harbor House")
        account = make_account(agency=agency)
        person = account.user
        number, helper = make_ticket(by=person).id, make_helper()
        make_ticket(by=person, subject="Printer jams")
        make_ticket(by=make_user(agency=agency))
        lead = make_user(Role.AGENCY_LEAD, agency=agency)
    browser, path = desk.signed_in(helper), f"/tickets/{number}"
    assert browser.get(path).link("Account, training, tickets") == f"{path}/requester"
    page = browser.get(f"{path}/requester")
    assert page.heading == person.name
    assert page.says(person.username)
    assert page.says("Printer jams")
    assert browser.get(page.link("3 open tickets")).says("3 tickets")
    desk.signed_in(person).get(f"{path}/requester", status=403)
    desk.signed_in(lead).get(f"{path}/requester", status=403)
