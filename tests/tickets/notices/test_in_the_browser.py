"""The pages of notices in a real browser: accessible, and as wide as its window."""

from adminops.identity.permissions import Role
from tests.browsing import Desk
from tests.make import make_user
from tests.make_tickets import make_ticket
from tests.services.browser import assert_usable_by_all
from tests.tickets.test_in_the_browser import SignIn, address, sign_in
from tickets import operations

__all__ = ["address", "sign_in"]


def test_pages_of_notices_are_accessible_at_any_width(sqlite_desk: Desk, sign_in: SignIn) -> None:
    with sqlite_desk.work():
        manager = make_user(Role.MANAGER)
        ticket = make_ticket()
        operations.assign(ticket, manager, by=manager)
        operations.reply(ticket, body="Hello?", by=ticket.requester)
    page = sign_in(manager)
    for path in ("/me/notices?show=all", "/me/notices/choices", "/notices/defaults"):
        page.goto(path)
        assert_usable_by_all(page)
