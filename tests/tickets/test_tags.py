"""Tags: the verbs, the rules of their names, the filter, the pages."""

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from adminops.db import db
from adminops.errors import Conflict, Invalid, NotAllowed, NotFound
from adminops.identity.models import User
from adminops.identity.permissions import Role
from tests.browsing import Desk
from tests.make import make_agency, make_user
from tests.make_tickets import make_helper, make_ticket
from tests.together import at_once
from tickets import tagging
from tickets.language import Wrong, parse
from tickets.models import Tag, Tagging, Ticket
from tickets.queries import TicketFilter, list_tickets
from tickets.saving import save_view
from tickets.tagged import all_tags, get_tag, tags_of
from tickets.tagging import merge_tags, read_tag, rename_tag, tag, untag


@pytest.mark.parametrize(
    ("text", "name"), [("Vendor", "vendor"), ("#v2.1", "v2.1"), (" Year  End ", "year-end"), ("Öl", "öl")]
)
def test_names_of_tags_are_kept_in_one_spelling(text: str, name: str) -> None:
    assert read_tag(text) == name


@pytest.mark.parametrize("text", ["", "  ", "#", "a,b", 'a"b', "-a", "a--b", "none", "x" * 41, "a:b", "a_b"])
def test_what_no_tag_can_be_called(text: str) -> None:
    with pytest.raises(Invalid):
        read_tag(text)


@pytest.mark.usefixtures("session")
def test_tags_are_put_on_taken_off_and_filtered_by() -> None:
    helper, here = make_helper(), make_agency()
    one, other, bare = make_ticket(agency=here), make_ticket(), make_ticket()
    vendor = tag(one, name="Vendor", by=helper)
    assert tag(one, name="vendor", by=helper) is vendor
    tag(one, name="urgent-2026", by=helper)
    tag(other, name="vendor", by=helper)

    def found(query: str) -> set[int]:
        return {row.id for row in list_tickets(TicketFilter(query=parse(query)), helper).rows}

    assert found("tag:vendor") == {one.id, other.id}
    assert found("tag:vendor tag:urgent-2026") == {one.id}
    assert found("-tag:vendor") == found("tag:none") == {bare.id}
    assert found("tag:none,urgent-2026") == {bare.id, one.id}
    with pytest.raises(Wrong, match='Did you mean "vendor"'):
        found("tag:vendors")
    with pytest.raises(Wrong, match="the team's own"):
        list_tickets(TicketFilter(query=parse("tag:vendor")), make_user(Role.AGENCY_LEAD, agency=here))
    assert [choice.name for choice in tags_of([one.id])[one.id]] == ["urgent-2026", "vendor"]
    untag(one, vendor, by=helper)
    untag(one, vendor, by=helper)
    assert found("tag:vendor") == {other.id}


@pytest.mark.usefixtures("session")
def test_only_the_team_tags_and_only_so_much(monkeypatch: pytest.MonkeyPatch) -> None:
    person, helper = make_user(), make_helper()
    ticket = make_ticket(person)
    with pytest.raises(NotAllowed):
        tag(ticket, name="vendor", by=person)
    with pytest.raises(Invalid, match="Social Security"):
        tag(ticket, name="219-09-9999", by=helper)
    monkeypatch.setattr(tagging, "MOST_TAGS", 1)
    vendor = tag(ticket, name="vendor", by=helper)
    with pytest.raises(Invalid, match="Take one off"):
        tag(ticket, name="another", by=helper)
    with pytest.raises(NotAllowed):
        untag(ticket, vendor, by=person)


def test_new_tag_that_several_think_of_at_once_is_one(desk: Desk) -> None:
    with desk.work():
        helper, (one, other) = make_helper(), (make_ticket() for _ in range(2))

    def put_on(ticket: Ticket) -> Callable[[], object]:
        return lambda: tag(db.session.get_one(Ticket, ticket.id), name="flood", by=db.session.get_one(User, helper.id))

    at_once(desk, *(put_on(ticket) for ticket in (one, one, other)))
    with desk.look():
        assert [(row.name, row.tickets) for row in all_tags()] == [("flood", 2)]


@pytest.mark.usefixtures("session")
def test_administrators_rename_and_merge_tags_and_no_ticket_loses_one() -> None:
    helper, admin = make_helper(), make_user(Role.SYSTEM_ADMIN)
    both, old_only, new_only = make_ticket(), make_ticket(), make_ticket()
    for ticket, names in ((both, ("old", "new")), (old_only, ("old",)), (new_only, ("new",))):
        for name in names:
            tag(ticket, name=name, by=helper)
    old, new = (db.session.scalars(select(Tag).where(Tag.name == name)).one() for name in ("old", "new"))
    with pytest.raises(NotAllowed):
        rename_tag(old, name="older", by=helper)
    with pytest.raises(NotAllowed):
        merge_tags(old, into=new, by=helper)
    with pytest.raises(Conflict, match="Merge this one into it"):
        rename_tag(old, name="New", by=admin)
    with pytest.raises(Invalid):
        merge_tags(old, into=old, by=admin)
    view = save_view(name="Left", query='is:open -tag:old,new "old rope"', by=helper)
    rename_tag(old, name="Older", by=admin)
    assert view.query == 'is:open -tag:older,new "old rope"'
    assert [(row.name, row.tickets) for row in all_tags()] == [("new", 2), ("older", 2)]
    assert merge_tags(old, into=new, by=admin) == 2
    assert view.query == 'is:open -tag:new "old rope"'
    assert [(row.name, row.tickets) for row in all_tags()] == [("new", 3)]
    assert db.session.scalar(select(func.count(Tagging.id))) == 3
    with pytest.raises(NotFound):
        get_tag(old.id)


def test_tags_on_the_pages(desk: Desk) -> None:
    with desk.work():
        helper, admin, person = make_helper(), make_user(Role.SYSTEM_ADMIN), make_user()
        ticket = make_ticket(person)
    visitor, url = desk.signed_in(helper), f"/tickets/{ticket.id}"
    visitor.post(f"{url}/tags", {"name": "Vendor"})
    assert visitor.post(f"{url}/tags", {"name": "a,b"}, status=422).says("letters and digits")
    page = visitor.get(url)
    assert page.says("put the tag vendor on this")
    assert "/tickets?view=all&q=tag:vendor" in [address for address, _ in page.reader.links]
    assert not desk.signed_in(person).get(url).says("vendor")
    desk.signed_in(person).post(f"{url}/tags", {"name": "mine"}, status=403)
    assert visitor.get("/tickets?q=tag:vendor&columns=tags").says("vendor")
    assert "vendor" in visitor.get("/tickets/complete?q=tag:ve").html
    assert "vendor" in visitor.get("/tickets/tags/names").html
    with desk.look() as session:
        number = session.scalars(select(Tag.id)).one()
    visitor.get(f"/tickets/tags/{number}", status=403)
    chief = desk.signed_in(admin)
    chief.post(f"/tickets/tags/{number}", {"name": "Software house"})
    assert chief.get("/tickets/tags").says("software-house")
    visitor.post(f"{url}/tags", {"name": "vendor"})
    chief.post(f"/tickets/tags/{number}/merge", {"into": "99", "sure": "y"}, status=422)
    chief.post(f"/tickets/tags/{number}/merge", {"into": str(number + 1), "sure": "y"})
    assert chief.get("/tickets/tags").says("software-house is merged into vendor")
    assert not chief.get("/tickets/tags").says("software-house")
    visitor.post(f"{url}/tags/{number + 1}/remove")
    assert visitor.get(url).says("took the tag vendor off")
