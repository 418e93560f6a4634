"""Saved views: the verbs, who has them, and their pages."""

from typing import Any

import pytest
from sqlalchemy import select

from adminops.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from adminops.identity.models import User
from adminops.identity.permissions import Role
from tests.browsing import Desk
from tests.make import make_agency, make_user
from tests.make_tickets import make_helper, make_ticket
from tickets import operations, policies, saving
from tickets.models import Priority, SavedView
from tickets.queries import choices_of, get_view, views_of
from tickets.saving import change_view, remove_view, save_view

WAITING = {"name": "Waiting long", "query": "is:waiting updated:>1w"}


def change(view: SavedView, by: User, **over: Any) -> None:
    """Change a view in part."""
    kept = {"name": view.name, "query": view.query, "sorting": "", "columns": (), "shared": view.is_shared}
    change_view(view, **{**kept, **over}, by=by)


@pytest.mark.usefixtures("session")
def test_a_view_is_ones_own_unless_it_is_shared() -> None:
    one, other, lead = make_helper(), make_helper(), make_user(Role.AGENCY_LEAD, agency=make_agency())
    own, shared = save_view(**WAITING, by=one), save_view(name="All late", query="is:late", shared=True, by=one)
    theirs = save_view(name="Waiting long", query="is:mine", by=lead)
    assert views_of(one) == [shared, own]
    assert views_of(other) == [shared]
    save_view(name="Praised", query="is:done Rated:good", shared=True, by=one)  # a lead can't filter by that
    assert views_of(lead) == [theirs, shared]
    assert [view.name for view in choices_of(lead).views] == ["Waiting long", "All late"]
    assert get_view(own.id, one) is own
    with pytest.raises(NotFound):
        get_view(own.id, other)


@pytest.mark.usefixtures("session")
@pytest.mark.parametrize(
    ("values", "refusal", "says"),
    [
        ({"name": " "}, Invalid, "Give the view a name."),
        ({"name": "Known"}, Conflict, "There is a view “Known” already."),
        ({"query": "agncy:x"}, Invalid, "Did you mean"),
        ({"query": "agency:zzz"}, Invalid, "No agency is called"),
        ({"query": '"219-09-9999"'}, Invalid, "Social Security"),
        ({"name": "219-09-9999"}, Invalid, "Social Security"),
    ],
)
def test_what_a_view_cannot_be(values: dict[str, Any], refusal: type[DomainError], says: str) -> None:
    helper = make_helper()
    save_view(name="Known", query="", by=helper)
    with pytest.raises(refusal, match=says):
        save_view(**{**WAITING, **values}, by=helper)
    changed = save_view(name="Another", query="", by=helper)
    with pytest.raises(refusal, match=says):
        change(changed, helper, **{**WAITING, **values})


@pytest.mark.usefixtures("session")
def test_only_the_team_shares_and_only_owner_and_administrator_change() -> None:
    helper, colleague = make_helper(), make_helper()
    admin, lead = make_user(Role.SYSTEM_ADMIN), make_user(Role.AGENCY_LEAD, agency=make_agency())
    with pytest.raises(NotAllowed):
        save_view(**WAITING, shared=True, by=lead)
    view = save_view(**WAITING, shared=True, by=helper)
    with pytest.raises(NotAllowed):
        change(view, colleague, name="Mine now")
    with pytest.raises(NotAllowed):
        remove_view(view, by=colleague)
    change(view, admin, name="Waiting for long", sorting="oldest", columns=["topic"])
    assert (view.name, view.sorting, view.columns) == ("Waiting for long", "oldest", ["topic"])
    change(view, helper, shared=False)
    assert not policies.may_change_view(view, by=admin)
    remove_view(view, by=helper)
    assert views_of(helper) == []


@pytest.mark.usefixtures("session")
def test_a_person_keeps_so_many_views_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    helper = make_helper()
    monkeypatch.setattr(saving, "MOST_VIEWS", 1)
    save_view(**WAITING, by=helper)
    with pytest.raises(Invalid, match="Remove one"):
        save_view(name="Another", query="", by=helper)


def test_what_the_list_shows_is_saved_opened_changed_and_removed(desk: Desk) -> None:
    with desk.work():
        helper, here = make_helper(), make_agency(name="Harbor House")
        wanted, other = make_ticket(agency=here, subject="Printer is cut off"), make_ticket(subject="Another")
        operations.set_priority(wanted, Priority.URGENT, by=helper)
    visitor = desk.signed_in(helper)
    page = visitor.get(f"/tickets?q=priority:urgent&agency={here.id}&order=oldest&columns=topic")
    form = visitor.get(page.link("Save as a view"))
    assert f"is:open priority:urgent agency:#{here.id}" in form.html
    sent = {
        "name": "Urgent at the harbor",
        "query": 'is:open priority:urgent agency:"harbor house"',
        "sorting": "oldest",
        "columns": ["topic"],
        "shared": "y",
    }
    visitor.post("/tickets/views/new", sent)
    with desk.look() as session:
        view = session.scalars(select(SavedView)).one()
    page = visitor.get(f"/tickets?view={view.id}")
    assert page.says("Printer is cut off")
    assert not page.says("Another")
    assert page.says("Oldest first")
    assert not page.says("Nobody yet")
    assert page.link("Urgent at the harbor") == f"/tickets?view={view.id}"
    assert visitor.get(f"/tickets?view={view.id}&q=another").says("No tickets match")
    assert visitor.get("/tickets/views").says("Urgent at the harbor")
    assert visitor.post(f"/tickets/views/{view.id}", {**sent, "query": "is:opne"}, status=422).says("is:open")
    visitor.post(f"/tickets/views/{view.id}", {**sent, "query": f"#{other.id}"})
    assert visitor.get(f"/tickets?view={view.id}").says("Another")
    assert visitor.get(f"/tickets/views/{view.id}/remove").says("It goes for everybody.")
    visitor.post(f"/tickets/views/{view.id}/remove")
    visitor.get(f"/tickets?view={view.id}", status=404)


def test_pages_of_somebody_elses_view_are_not_there(desk: Desk) -> None:
    with desk.work():
        view = save_view(**WAITING, by=make_helper())
        shared = save_view(name="Shared", query="is:late", shared=True, by=make_helper())
        lead = make_user(Role.AGENCY_LEAD, agency=make_agency())
    visitor = desk.signed_in(lead)
    for url in (f"/tickets?view={view.id}", f"/tickets/views/{view.id}", f"/tickets/views/{view.id}/remove"):
        visitor.get(url, status=404)
    visitor.get(f"/tickets/views/{shared.id}", status=403)
    assert "shared" not in visitor.get("/tickets/views/new?q=agncy:x").html
