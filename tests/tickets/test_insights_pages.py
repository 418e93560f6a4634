"""The page of insights and its files."""

from datetime import timedelta

from adminops import clock
from adminops.identity.permissions import Role
from tests.browsing import Desk
from tests.make import make_agency, make_user
from tests.make_tickets import make_helper, make_ticket
from tickets import operations
from tickets.models import Then


def test_every_number_opens_the_list_behind_it(desk: Desk) -> None:
    with desk.work():
        helper = make_helper()
        with clock.frozen_at(clock.now() - timedelta(days=2)):
            for _ in range(3):
                ticket = make_ticket(make_user(agency=make_agency()))
            operations.reply(ticket, body="Here it is.", then=Then.RESOLVE, by=helper)
    visitor = desk.signed_in(helper)
    page = visitor.get("/insights?by=agency&period=30d")
    assert page.says("Opened 3 in 30 days")
    for label, number in (("Opened", 3), ("Resolved", 1), ("Open at the end", 2)):
        assert visitor.get(page.link(label)).says(f"{number} ticket")
    lines = visitor.get(page.link("These tables as CSV")).body.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("Agency,Opened,Resolved")
    assert lines[-1].startswith("All,3,1,2,0,0,0,100,0,0,100,")
    assert len(visitor.get(page.link("The days as CSV")).body.splitlines()) == 31


def test_page_costs_few_statements(desk: Desk) -> None:
    with desk.work():
        helper = make_helper()
        for days in range(1, 60, 9):
            with clock.frozen_at(clock.now() - timedelta(days=days)):
                make_ticket(make_user(agency=make_agency()))
    visitor, count = desk.signed_in(helper), desk.app.extensions["statements"]
    for address in ("/insights?by=agency&period=12m", "/insights?period=last-month"):
        visitor.get(address)
        count["count"] = 0
        visitor.get(address)
        assert count["count"] <= 12


def test_days_that_make_no_period_are_answered_with_a_sentence(desk: Desk) -> None:
    with desk.work():
        helper = make_helper()
    visitor = desk.signed_in(helper)
    page = visitor.get("/insights?from=2026-13-01&until=x", status=422)
    assert page.says("Enter both days")
    assert visitor.get("/insights?period=nothing&by=nonsense").says("No tickets in these days")
    visitor.get("/insights/days.csv?from=x&until=y", status=404)


def test_who_reads_no_tickets_sees_numbers_without_lists(desk: Desk) -> None:
    with desk.work():
        make_ticket()
        board, lead = make_user(Role.VIEWER), make_user(Role.AGENCY_LEAD, agency=make_agency())
        anybody = make_user(agency=make_agency())
    page = desk.signed_in(board).get("/insights")
    assert page.says("Opened 1")
    assert "/tickets?" not in page.html
    assert desk.signed_in(lead).get("/insights").says("Opened 0")
    desk.signed_in(anybody).get("/insights", status=403)
