"""Free texts outside of requests pass the same guard: what its writer sees, and what the team's word does."""

from sqlalchemy import func, select

from adminops.guard.models import Outcome, PiiEvent
from adminops.identity.permissions import Role
from manuals.models import ManualPage
from tests.browsing import Desk
from tests.make import make_user

TEXT = "Call Ms. Verrick on 904-555-0133."
FORM = {"title": "Call back", "section": "Contacts", "body": TEXT}


def stored(desk: Desk) -> list[str]:
    with desk.look() as session:
        return list(session.scalars(select(ManualPage.title)))


def test_a_text_with_client_data_is_not_stored_and_its_writer_sees_what_was_found(desk: Desk) -> None:
    with desk.work():
        helper = make_user(Role.TRAINER)
    page = desk.signed_in(helper).post("/manuals/new", FORM, status=422)
    assert "<mark>904-555-0133</mark>" in page.html
    assert page.says("the client ID is enough")
    assert "to_redactors" not in page.html
    assert stored(desk) == []
    with desk.look() as session:
        assert session.scalars(
            select(func.count()).select_from(PiiEvent).where(PiiEvent.outcome == Outcome.STOPPED)
        ).one()


def test_one_click_takes_it_out_and_stores_nothing_yet(desk: Desk) -> None:
    with desk.work():
        helper = make_user(Role.TRAINER)
    page = desk.signed_in(helper).post("/manuals/new", FORM | {"replace": "all"}, status=200)
    assert "[phone left out]" in page.html
    assert "<mark>" not in page.html
    assert stored(desk) == []


def test_the_team_may_say_that_it_is_no_clients_data(desk: Desk) -> None:
    with desk.work():
        helper = make_user(Role.TRAINER)
    desk.signed_in(helper).post("/manuals/new", FORM | {"confirmed_clean": "y"}, status=302)
    assert stored(desk) == ["Call back"]
