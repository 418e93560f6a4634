"""The pages of webhooks in a real browser: accessible and as wide as their window."""

from adminops.identity.models import SYSTEM
from adminops.identity.permissions import Role
from tests.browsing import Desk
from tests.make import make_user
from tests.services.browser import assert_usable_by_all
from tests.services.plugin import OpenPage
from tests.services.web import serving
from tests.tickets.webhooks.hooks import calls, make_hook
from tickets.webhooks.models import CallState
from tickets.webhooks.operations import try_webhook


def test_pages_of_webhooks_are_accessible_at_every_width(sqlite_desk: Desk, open_page: OpenPage) -> None:
    with sqlite_desk.work():
        admin, hook = make_user(Role.SYSTEM_ADMIN), make_hook()
        for _ in range(3):
            try_webhook(hook, by=SYSTEM)
        done, given_up, _ = calls()
        done.state, done.status = CallState.DONE, 204
        given_up.state, given_up.status, given_up.problem = CallState.GIVEN_UP, 500, "It was refused."
        hook.failing_since = given_up.made_at
    cookie = sqlite_desk.signed_in(admin).client.get_cookie("adminops")
    assert cookie is not None
    with serving(sqlite_desk.app) as address:
        page = open_page(address)
        page.context.add_cookies([{"name": "adminops", "value": cookie.value, "url": address}])
        for path in ("", "new", str(hook.id), f"{hook.id}/remove"):
            page.goto(f"{address}/webhooks/{path}")
            assert_usable_by_all(page)
