"""Lists as files."""

import csv
import io

import pytest

from adminops.errors import Invalid
from adminops.identity.permissions import Role
from tests.browsing import Desk
from tests.make import make_agency, make_user
from tests.make_tickets import make_helper, make_ticket
from tickets import exporting
from tickets.exporting import export_tickets
from tickets.language import parse
from tickets.queries import COLUMNS, Order, TicketFilter
from tickets.tagging import tag


@pytest.mark.usefixtures("session")
def test_all_pages_of_a_list_are_exported_in_its_order(monkeypatch: pytest.MonkeyPatch) -> None:
    helper, here = make_helper(name="Grace Whitfield"), make_agency(name="Harbor House")
    made = [make_ticket(agency=here, subject=f"Printer {n}") for n in range(5)]
    make_ticket()
    tag(made[0], name="vendor", by=helper)
    monkeypatch.setattr(exporting, "AT_ONCE", 2)
    wanted = TicketFilter(query=parse(f"agency:#{here.id}"), order=Order.OLDEST)
    heads, rows = export_tickets(wanted, columns=tuple(COLUMNS), topics={"something_else": "Something else"}, by=helper)
    assert heads[:5] == ["Number", "Subject", "Requester", "Agency", "Status"]
    assert heads[-1] == "Tags"
    assert [row[0] for row in rows] == [ticket.id for ticket in made]
    assert rows[0][1] == "Printer 0"
    assert rows[0][3:6] == ["Harbor House", "New", "Normal"]
    assert rows[0][-1] == "vendor"
    assert "Something else" in rows[0]
    lead = make_user(Role.AGENCY_LEAD, agency=here)
    assert export_tickets(wanted, columns=("tags",), topics={}, by=lead)[1][0][-1] == ""
    monkeypatch.setattr(exporting, "MOST_EXPORTED", 4)
    with pytest.raises(Invalid, match="Narrow it first"):
        export_tickets(wanted, columns=(), topics={}, by=helper)


def test_files_of_the_list(desk: Desk) -> None:
    with desk.work():
        helper = make_helper()
        make_ticket(subject="=cmd|' /C calc'!A0")
        make_ticket(subject="Another")
    visitor = desk.signed_in(helper)
    page = visitor.get("/tickets?q=calc&columns=status")
    file = visitor.get(page.link("CSV"))
    rows = list(csv.reader(io.StringIO(file.body.decode("utf-8-sig"))))
    assert [row[1] for row in rows] == ["Subject", "'=cmd|' /C calc'!A0"]
    assert rows[0][4:] == ["Status"]
    book = visitor.get(page.link("Excel"))
    assert book.body.startswith(b"PK")
    assert book.response.headers["Content-Disposition"] == "attachment; filename=tickets.xlsx"
    visitor.get("/tickets/export.pdf", status=404)
    visitor.get("/tickets/export.csv?q=agncy:x", status=422)
