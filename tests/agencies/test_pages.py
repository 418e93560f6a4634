"""The pages of agencies: who sees which, and what a wrong form does."""

from collections.abc import Callable

from adminops.identity.permissions import Role
from tests.browsing import Desk
from tests.make import make_admin, make_agency, make_user


def test_an_administrator_adds_and_changes_an_agency(desk: Desk) -> None:
    with desk.work():
        admin = make_admin()
    visitor = desk.signed_in(admin)
    shown = visitor.post("/agencies/new", {"name": "Pelican Point", "phone": "555-0101"}, follow=True)
    assert shown.heading == "Pelican Point"
    url = shown.response.request.path
    assert visitor.post(f"{url}/edit", {"name": "Pelican Pier", "phone": ""}, follow=True).heading == "Pelican Pier"


def test_a_taken_name_is_refused_at_the_field(desk: Desk) -> None:
    with desk.work():
        admin = make_admin()
        make_agency(name="Pelican Point")
    page = desk.signed_in(admin).post("/agencies/new", {"name": "pelican POINT"}, status=422)
    assert page.says("An agency of that name is there already.")
    assert 'value="pelican POINT"' in page.html


def test_a_lead_sees_the_own_agency_and_no_other(desk: Desk) -> None:
    with desk.work():
        mine, other = make_agency(), make_agency()
        lead = make_user(Role.AGENCY_LEAD, agency=mine)
    visitor = desk.signed_in(lead)
    assert visitor.get(f"/agencies/{mine.id}").heading == mine.name
    visitor.get(f"/agencies/{other.id}", status=404)
    assert not visitor.get("/agencies").says(other.name)
    visitor.get(f"/agencies/{mine.id}/edit", status=403)


def test_an_end_user_has_no_list_of_agencies(desk: Desk) -> None:
    with desk.work():
        person = make_user(Role.END_USER)
    desk.signed_in(person).get("/agencies", status=403)


def test_an_unknown_agency_is_a_404_page(desk: Desk) -> None:
    with desk.work():
        admin = make_admin()
    assert desk.signed_in(admin).get("/agencies/999999", status=404).says("There is no such agency.")


def test_the_list_costs_few_statements(desk: Desk, counted: Callable[[], int]) -> None:
    with desk.work():
        admin = make_admin()
        for _ in range(30):
            make_agency()
    visitor = desk.signed_in(admin)
    counted()
    page = visitor.get("/agencies")
    assert counted() <= 12
    assert visitor.get(page.link("Next page")).html.count("data-row") == 5
