"""Columns of the list: one's own, in one's order, in the address, in saved views and in files."""

import csv
import io

import pytest

from adminops.errors import Invalid
from adminops.identity.models import User
from tests.browsing import Desk, Visitor
from tests.make_tickets import make_helper, make_ticket
from tickets.columns.operations import choose_columns
from tickets.columns.queries import USUAL_COLUMNS, columns_of


@pytest.mark.usefixtures("session")
def test_columns_are_kept_for_a_person_in_their_order_and_the_usual_ones_are_no_choice() -> None:
    helper, other = make_helper(), make_helper()
    choose_columns(["tags", "nonsense", "due", "tags"], by=helper)
    assert (columns_of(helper), columns_of(other)) == (("tags", "due"), USUAL_COLUMNS)
    choose_columns(["due", "tags"], by=helper)
    assert columns_of(helper) == ("due", "tags")
    choose_columns(USUAL_COLUMNS, by=helper)
    assert columns_of(helper) == USUAL_COLUMNS
    with pytest.raises(Invalid):
        choose_columns(["nonsense"], by=helper)


def heads(visitor: Visitor, address: str) -> list[str]:
    """Return the heads of the file that is exported with what an address shows."""
    rows = csv.reader(io.StringIO(visitor.get(address).body.decode("utf-8-sig")))
    return next(rows)[4:]


def test_list_and_file_follow_the_choice_and_views_keep_theirs(desk: Desk) -> None:
    with desk.work():
        helper: User = make_helper()
        make_ticket()
    visitor = desk.signed_in(helper)
    visitor.post("/tickets/columns", {}, status=422)
    assert visitor.post("/tickets/columns", {"columns": ["topic", "status"]}, follow=True).says("Ticket Topic Status")
    moved = visitor.post("/tickets/columns", {"columns": ["topic", "status"], "move": "up:status"}, follow=True)
    assert moved.html.index('value="status"') < moved.html.index('value="topic"')
    assert visitor.get("/tickets").says("Ticket Status Topic")
    assert heads(visitor, "/tickets/export.csv") == ["Status", "Topic"]
    assert heads(visitor, "/tickets/export.csv?columns=tags,due") == ["Tags", "Office minutes left"]
    form = {"name": "Tagged", "query": "is:open", "sorting": "", "columns": ["tags", "status"]}
    view = visitor.post("/tickets/views/new?columns=tags,status", form).goal
    assert visitor.get(view).says("Ticket Tags Status")
    visitor.post("/tickets/columns", {"usual": "y"})
    assert visitor.get("/tickets").says("Ticket Status Priority Due")
    assert visitor.get(view).says("Ticket Tags Status")
