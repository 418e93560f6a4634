"""The pages of an import in a real browser: accessible and as wide as their window."""

from adminops.identity.permissions import Role
from tests.browsing import Desk
from tests.make import make_user
from tests.services.browser import assert_usable_by_all
from tests.services.plugin import OpenPage
from tests.services.web import serving
from tickets.importing import jobs, operations

RAW = (
    b"Number;Subject;Status;Created;Text;From;Priority\n"
    b"31001;Report stops at 10,000 rows;in limbo;1/2/2025;It ends.;Ann Other <ann@x.example>;2 normal\n"
    b"31002;Locked out;closed;soon;Help;;3 high\n31003;New staff;asleep;1/5/2025;Please;;\n"
)
COLUMNS = {"number": "Number", "subject": "Subject", "created": "Created", "state": "Status", "requester": "From"}


def test_pages_of_an_import_are_accessible_at_every_width(sqlite_desk: Desk, open_page: OpenPage) -> None:
    with sqlite_desk.work():
        admin = make_user(Role.SYSTEM_ADMIN)
        mapped = {"source": "Old desk", "ticket": {**COLUMNS, "priority": "Priority"}, "message": {"body": "Text"}}
        waiting, tried = (operations.upload(RAW, name="tickets of the old desk.csv", by=admin) for _ in range(2))
        operations.note_columns(waiting, mapped, by=admin)
        operations.map_columns(tried, {**mapped, "states": {"in limbo": "waiting:vendor"}}, by=admin)
    with sqlite_desk.app.app_context():
        jobs.go_on()
    cookie = sqlite_desk.signed_in(admin).client.get_cookie("adminops")
    assert cookie is not None
    with serving(sqlite_desk.app) as address:
        page = open_page(address)
        page.context.add_cookies([{"name": "adminops", "value": cookie.value, "url": address}])
        for path in ("", "/new", f"/{waiting.id}/columns", f"/{waiting.id}/words", f"/{tried.id}"):
            page.goto(f"{address}/ticket-imports{path}")
            assert_usable_by_all(page)
