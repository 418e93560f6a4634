"""The pages of the help desk as people meet them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from adminops import clock
from adminops.db import db
from adminops.identity.models import User
from adminops.identity.permissions import Role
from adminops.refs import Ref
from adminops.web.navigation import Registry
from tests.browsing import Desk, Visitor
from tests.make import make_agency, make_user
from tests.make_tickets import make_helper, make_kind, make_ticket
from tickets import linking, operations
from tickets.catalogue import offered_to
from tickets.models import Priority, Then, Ticket, TicketLink, TicketMessage, TicketState, Voice

SSN = "The number is 219-09-9999."


def helper_of(desk: Desk, role: Role = Role.HELP_DESK) -> Visitor:
    """Return the browser of a member of the team."""
    with desk.work():
        helper = make_helper(role, name="Grace Whitfield")
    return desk.signed_in(helper)


def filed(desk: Desk, **over: Any) -> Ticket:
    """Return a stored ticket."""
    with desk.work():
        ticket = make_ticket(**over)
        db.session.refresh(ticket)
        assert ticket.requester
        return ticket


def again(desk: Desk, ticket: Ticket) -> Ticket:
    """Return the ticket as it is stored now."""
    with desk.look() as session:
        return session.get_one(Ticket, ticket.id)


# The list


def test_list_shows_what_a_helper_needs_and_links_to_the_ticket(desk: Desk) -> None:
    ticket = filed(desk, subject="Locked out after the update", kind=make_kind(priority="high", target_hours=8))
    page = helper_of(desk).get("/tickets")
    assert page.says("1 ticket")
    for word in ("Locked out after the update", f"#{ticket.id}", ticket.requester.name, "New", "High", "Nobody yet"):
        assert page.says(word), word
    assert page.link("Locked out") == f"/tickets/{ticket.id}"


def test_filters_in_the_address_narrow_the_list_and_can_be_cleared(desk: Desk) -> None:
    one = filed(desk, subject="Report stops")
    other = filed(desk, subject="Printer is cut off")
    visitor = helper_of(desk)
    page = visitor.get(f"/tickets?q=report&status=new&agency={one.agency_id}")
    assert page.says("Report stops")
    assert not page.says("Printer")
    assert page.link("Clear filters") == "/tickets?view=open"
    empty = visitor.get(f"/tickets?q=report&agency={other.agency_id}")
    assert empty.says("No tickets match")
    assert "view=all" in empty.link("Search everything")


def test_htmx_gets_the_results_alone(desk: Desk) -> None:
    filed(desk, subject="Report stops")
    page = helper_of(desk).get("/tickets?q=report", headers={"HX-Request": "true"})
    assert page.html.lstrip().startswith("<section")
    assert 'id="results"' in page.html


@pytest.mark.parametrize(
    "hostile",
    [
        "view=%3Cscript%3E&status=nonsense&priority=1&order=nonsense&columns=nonsense",
        "agency=99999999999999999999&assignee=-1",
        "after=garbage",
        "after=W10&order=priority",
        "after=WzEsMl0",  # numbers where a moment and a number belong
        "after=WyJhIiwiYiJd",  # words
        "view=late&after=W3sidCI6ICIyMDI2LTExLTA5VDAwOjAwOjAwKzAwOjAwIn0sICJhIl0",
    ],
)
def test_hostile_addresses_of_the_list_show_a_page(desk: Desk, hostile: str) -> None:
    filed(desk)
    helper_of(desk).get(f"/tickets?{hostile}")


@pytest.mark.parametrize(
    "hostile",
    [
        "q=agncy:x",
        "q=%F0%9F%92%A5",
        "q=" + "x" * 5000,
        "q=%22half",
        "q=" + "x+" * 25,
        "agency=999999",
        "assignee=999999",
        "type=nothing",
    ],
)
def test_queries_that_cannot_be_understood_are_answered_with_a_sentence(desk: Desk, hostile: str) -> None:
    visitor = helper_of(desk)
    page = visitor.get(f"/tickets?{hostile}", status=422)
    assert page.says("Nothing was searched")
    part = visitor.get(f"/tickets?{hostile}", status=422, headers={"HX-Request": "true"})
    assert part.html.lstrip().startswith("<section")


def test_queries_are_completed_and_explained(desk: Desk) -> None:
    with desk.work():
        make_agency(name="Harbor House")
    visitor = helper_of(desk)
    part = visitor.get("/tickets/complete?q=is:open+agency:har")
    assert 'value="is:open agency:&#34;Harbor House&#34;"' in part.html
    assert visitor.get("/tickets/searching").says("Names with a blank stand in quotes")


def test_columns_can_be_chosen_and_stay_with_the_filters(desk: Desk) -> None:
    filed(desk, kind=make_kind(key="wrong_number"))
    page = helper_of(desk).get("/tickets?q=report&order=oldest&columns=topic&columns=filed&columns=due")
    assert page.says("A number looks wrong")
    assert not page.says("Nobody yet")
    assert page.says("Oldest first")
    assert "columns=due" in page.link("Due")
    assert 'name="columns" value="topic,filed,due"' in page.html  # filtering further keeps them
    assert helper_of(desk).get("/tickets?columns=due,topic").says("A number looks wrong")


def test_list_costs_few_statements_however_long_it_is(desk: Desk, counted: Callable[[], int]) -> None:
    with desk.work():
        helper = make_helper()
        for _ in range(30):
            operations.assign(make_ticket(), helper, by=helper)
    visitor = desk.signed_in(helper)
    counted()
    page = visitor.get("/tickets?q=report")
    assert counted() <= 8
    assert page.says("Next page")
    visitor.get(page.link("Next page"))
    assert counted() <= 8


# The ticket


def test_ticket_tells_its_story_to_the_team(desk: Desk) -> None:
    ticket = filed(desk, body="It ends in the middle.\n\nEvery time.")
    with desk.work() as session:
        helper, ticket = make_helper(name="Grace Whitfield"), session.get_one(Ticket, ticket.id)
        operations.assign(ticket, helper, by=helper)
        operations.reply(ticket, body="Which report?", then=Then.WAIT, by=helper)
        operations.write_note(ticket, body="Looks like the limit.", by=helper)
    page = desk.signed_in(helper).get(f"/tickets/{ticket.id}")
    assert page.heading == ticket.subject
    for words in (
        "It ends in the middle.",
        "Grace Whitfield took this",
        "Which report?",
        "is waiting for an answer",
        "Team note",
        "Looks like the limit.",
        "Clock paused",
    ):
        assert page.says(words), words


def test_ticket_shows_its_goals_and_how_they_are_counted_to_the_team_alone(
    desk: Desk, counted: Callable[[], int]
) -> None:
    with desk.work():
        helper, person = make_helper(), make_user()
        ticket = make_ticket(person)
        operations.reply(ticket, body="Which report?", then=Then.WAIT, by=helper)
        operations.reply(ticket, body="The APR.", by=person)
    visitor = desk.signed_in(helper)
    visitor.get(f"/tickets/{ticket.id}")
    counted()
    page = visitor.get(f"/tickets/{ticket.id}")
    assert counted() <= 8
    for words in ("Goals", "First reply", "Next reply", "Solution", "of working time from"):
        assert page.says(words), words
    spans = visitor.get(page.link("How it is counted"))
    assert spans.says("Standard, version 1")
    assert spans.says("Office hours, version 1")
    mine = desk.signed_in(person)
    assert not mine.get(f"/tickets/{ticket.id}").says("Goals")
    mine.get(f"/tickets/{ticket.id}/clocks", status=403)


def test_requester_reads_no_notes_and_no_matters_of_the_team(desk: Desk) -> None:
    with desk.work():
        person, helper = make_user(), make_helper()
        ticket = make_ticket(person)
        operations.write_note(ticket, body="Looks like the limit.", by=helper)
        operations.set_priority(ticket, Priority.URGENT, by=helper)
        operations.reply(ticket, body="Which report?", then=Then.WAIT, by=helper)
    page = desk.signed_in(person).get(f"/tickets/{ticket.id}")
    assert page.says("Waiting on you")
    for words in ("Looks like the limit.", "Team note", "Urgent", "Send and wait", "Link something"):
        assert not page.says(words), words
    assert "/properties" not in page.html


def test_ticket_costs_few_statements_however_long_it_is(desk: Desk, counted: Callable[[], int]) -> None:
    with desk.work():
        helper, person = make_helper(), make_user()
        ticket = make_ticket(person)
        for _ in range(10):
            operations.reply(ticket, body="On it.", by=helper)
            operations.reply(ticket, body="Thanks.", by=person)
            other = make_ticket()
            linking.link(ticket, other.ref, by=helper)
            linking.link(ticket, Ref.to("agency", other.agency_id or 0), by=helper)
    visitor, requester = desk.signed_in(helper), desk.signed_in(person)
    counted()
    whole = visitor.get(f"/tickets/{ticket.id}")
    assert counted() <= 12
    assert not whole.says("Show earlier messages")
    requester.get(f"/tickets/{ticket.id}")
    assert counted() <= 12


def test_long_conversation_shows_its_beginning_and_its_end_and_the_rest_when_asked(
    desk: Desk, counted: Callable[[], int]
) -> None:
    with desk.work():
        helper, ticket = make_helper(), make_ticket(body="How it began.")
        rows = [{"body": f"Mail {n}.", "written_at": clock.now() + timedelta(seconds=n)} for n in range(1, 130)]
        about = {"ticket_id": ticket.id, "author_id": ticket.requester_id, "voice": Voice.REQUESTER}
        db.session.execute(insert(TicketMessage), [row | about for row in rows])
        oldest = db.session.scalars(select(TicketMessage.id).where(TicketMessage.body == "Mail 3.")).one()
    visitor = desk.signed_in(helper)
    visitor.get(f"/tickets/{ticket.id}")
    counted()
    page = visitor.get(f"/tickets/{ticket.id}")
    assert counted() <= 8
    assert [page.says(words) for words in ("How it began.", "Mail 29.", "Mail 30.", "Mail 129.")] == [
        True,
        False,
        True,
        True,
    ]
    assert visitor.get(page.link("Show earlier messages")).says("Mail 1.")
    back = visitor.get(f"/tickets/{ticket.id}?message={oldest}")
    assert [back.says(f"Mail {n}.") for n in (2, 3)] == [False, True]
    for odd in ("shown=-4", "shown=x", "message=99999999999", "message=0"):
        assert visitor.get(f"/tickets/{ticket.id}?{odd}").says("Mail 129.")


def test_answer_is_stored_and_shown(desk: Desk) -> None:
    ticket, visitor = filed(desk), helper_of(desk)
    answer = visitor.post(
        f"/tickets/{ticket.id}/messages", {"kind": "reply", "body": "It is mended.", "then": "resolve", "nonce": "a"}
    )
    assert "#message-" in answer.goal
    assert visitor.get(answer.goal.partition("#")[0]).says("It is mended.")
    assert again(desk, ticket).state is TicketState.RESOLVED


def test_same_form_sent_twice_is_one_answer(desk: Desk) -> None:
    ticket, visitor = filed(desk), helper_of(desk)
    data = {"kind": "reply", "body": "It is mended.", "then": "resolve", "nonce": "form-1"}
    first = visitor.post(f"/tickets/{ticket.id}/messages", data)
    assert visitor.post(f"/tickets/{ticket.id}/messages", data).goal == first.goal
    with desk.look() as session:
        assert session.scalar(select(func.count(TicketMessage.id))) == 2


def test_each_form_has_a_number_of_its_own(desk: Desk) -> None:
    ticket, visitor = filed(desk), helper_of(desk)
    numbers = {visitor.get(f"/tickets/{ticket.id}").html.partition('name="nonce"')[2][:60] for _ in range(2)}
    assert len(numbers) == 2


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"body": "", "kind": "reply"}, "Write a message first."),
        ({"body": " \n ", "kind": "reply"}, "Write a message first."),
        ({"body": "x" * 20_001, "kind": "reply"}, "20000"),
        ({"body": "Hello.", "kind": "shout"}, "Choose one of the list"),
        ({"body": "Hello.", "kind": "reply", "then": "explode"}, "Invalid value"),
        ({"body": "Hello.", "kind": "reply", "nonce": "x" * 99}, "60"),
        ({}, "Write a message first."),
    ],
)
def test_answer_with_missing_or_hostile_fields_is_refused_with_a_sentence(
    desk: Desk, data: dict[str, str], sentence: str
) -> None:
    ticket, visitor = filed(desk), helper_of(desk)
    assert visitor.post(f"/tickets/{ticket.id}/messages", data, status=422).says(sentence)
    with desk.look() as session:
        assert session.scalar(select(func.count(TicketMessage.id))) == 1


def test_personal_data_is_stopped_and_nothing_typed_is_lost(desk: Desk) -> None:
    ticket = filed(desk)
    url, person = f"/tickets/{ticket.id}/messages", desk.signed_in(ticket.requester)
    page = person.post(url, {"body": SSN, "confirmed_clean": "y"}, status=422)
    assert page.says("This seems to hold a Social Security number.")
    assert SSN in page.html
    assert "confirmed_clean" not in page.html
    helper = helper_of(desk)
    for kind in ("reply", "note"):
        page = helper.post(url, {"kind": kind, "body": SSN, "nonce": kind}, status=422)
        assert page.says("I looked again")
        helper.post(url, {"kind": kind, "body": SSN, "nonce": kind, "confirmed_clean": "y"})
    with desk.look() as session:
        voices = session.scalars(select(TicketMessage.voice).order_by(TicketMessage.id)).all()
        assert voices == [Voice.REQUESTER, Voice.TEAM, Voice.NOTE]


def test_requester_can_not_write_a_note(desk: Desk) -> None:
    ticket = filed(desk)
    person = desk.signed_in(ticket.requester)
    page = person.post(f"/tickets/{ticket.id}/messages", {"kind": "note", "body": "Hello."}, status=422)
    assert page.says("Only the Systems Team can do this.")


# Properties and buttons


def test_one_property_is_changed_and_the_others_stay(desk: Desk) -> None:
    ticket, visitor = filed(desk), helper_of(desk)
    url = f"/tickets/{ticket.id}/properties"
    saved = visitor.post(url, {"state": "waiting:vendor"}, follow=True, headers={"HX-Request": "true"})
    assert saved.says("Saved")
    assert saved.says("Waiting on vendor")
    visitor.post(url, {"priority": "urgent"})
    with desk.look() as session:
        helper = session.scalars(select(User).where(User.name == "Grace Whitfield")).one()
    visitor.post(url, {"assignee": str(helper.id)})
    now = again(desk, ticket)
    assert (now.state, now.priority.value, now.assignee_id) == (TicketState.WAITING, "urgent", helper.id)
    visitor.post(url, {"assignee": ""})
    assert again(desk, ticket).assignee_id is None


def test_all_properties_are_sent_without_a_script(desk: Desk) -> None:
    ticket, visitor = filed(desk), helper_of(desk)
    visitor.post(f"/tickets/{ticket.id}/properties", {"state": "resolved", "assignee": "", "priority": "low"})
    now = again(desk, ticket)
    assert (now.state, now.priority.value) == (TicketState.RESOLVED, "low")


@pytest.mark.parametrize(
    "data",
    [{"state": "nonsense"}, {"state": "closed"}, {"assignee": "999"}, {"assignee": "x"}, {"priority": "9"}],
)
def test_property_that_can_not_be_is_refused_at_the_field(desk: Desk, data: dict[str, str]) -> None:
    ticket, visitor = filed(desk), helper_of(desk)
    page = visitor.post(f"/tickets/{ticket.id}/properties", data, status=422)
    assert page.says("Please look at this again")
    assert again(desk, ticket).state is TicketState.NEW


def test_state_offers_only_legal_moves(desk: Desk) -> None:
    ticket, visitor = filed(desk), helper_of(desk)
    page = visitor.get(f"/tickets/{ticket.id}")
    assert 'value="waiting:approval"' in page.html
    assert 'value="closed"' not in page.html


def test_buttons_take_resolve_and_reopen(desk: Desk) -> None:
    ticket, visitor = filed(desk), helper_of(desk)
    visitor.post(f"/tickets/{ticket.id}/take")
    person = desk.signed_in(ticket.requester)
    assert person.get(f"/tickets/{ticket.id}").says("This is solved")
    person.post(f"/tickets/{ticket.id}/resolve", follow=True)
    assert again(desk, ticket).state is TicketState.RESOLVED
    assert person.get(f"/tickets/{ticket.id}").says("Reopen")
    person.post(f"/tickets/{ticket.id}/reopen")
    assert again(desk, ticket).state is TicketState.OPEN
    person.post(f"/tickets/{ticket.id}/reopen", status=409)


def test_ticket_leads_to_the_screen_where_the_work_is_done(desk: Desk) -> None:
    registry: Registry = desk.app.extensions["features"]
    types = [kind for feature in registry.features for kind in feature.request_types if kind.key == "locked_out"]
    assert types, "accounts offers no request type locked_out"
    ticket = filed(desk, kind=types[0], answers={"username": ""})
    label = types[0].work.label if types[0].work else ""
    assert not desk.signed_in(ticket.requester).get(f"/tickets/{ticket.id}").says(label)
    assert helper_of(desk, Role.TRAINER).get(f"/tickets/{ticket.id}").says(label) is False


# Links


def test_found_thing_is_linked_shown_and_taken_off(desk: Desk) -> None:
    with desk.work():
        ticket, agency = make_ticket(), make_agency(name="Lakeview Supportive Housing")
    visitor, url = helper_of(desk), f"/tickets/{ticket.id}"
    assert visitor.get(f"{url}/links/new").says("Link something")
    assert visitor.post(f"{url}/links/new", {"q": "lakeview"}, status=200).says("Lakeview Supportive Housing")
    assert visitor.post(f"{url}/links/new", {"q": "\x00zzzz"}, status=200).says("Nothing found")
    visitor.post(f"{url}/links", {"ref": f"agency:{agency.id}"})
    page = visitor.get(url)
    assert page.link("Lakeview").endswith(f"/agencies/{agency.id}")
    assert page.says("linked Lakeview Supportive Housing")
    with desk.look() as session:
        link = session.scalars(select(TicketLink)).one()
    visitor.post(f"{url}/links/{link.id}/remove")
    assert visitor.get(url).says("took the link to Lakeview Supportive Housing off")
    visitor.post(f"{url}/links/{link.id}/remove", status=404)


@pytest.mark.parametrize(
    "ref", ["", "nonsense", "agency:999", "ticket:999", "nothing:1", "agency:", "ticket:" + "9" * 40]
)
def test_what_is_not_there_is_not_linked(desk: Desk, ref: str) -> None:
    ticket, visitor = filed(desk), helper_of(desk)
    visitor.post(f"/tickets/{ticket.id}/links", {"ref": ref}, status=404)


def test_link_that_the_requester_may_not_see_is_not_shown_to_them(desk: Desk) -> None:
    with desk.work():
        person, secret, helper = make_user(), make_ticket(subject="Not for everybody"), make_helper()
        ticket = make_ticket(person)
        linking.link(ticket, secret.ref, by=helper)
    assert not desk.signed_in(person).get(f"/tickets/{ticket.id}").says("Not for everybody")
    assert desk.signed_in(helper).get(f"/tickets/{ticket.id}").says("Not for everybody")


# Other people's tickets


def id_routes(desk: Desk) -> list[tuple[str, str]]:
    """Return (method, rule) of every route that names a ticket."""
    return [
        (method, rule.rule)
        for rule in desk.app.url_map.iter_rules()
        if "ticket_id" in rule.arguments and rule.endpoint.startswith("tickets.")
        for method in sorted((rule.methods or set()) & {"GET", "POST"})
    ]


def visit(visitor: Visitor, method: str, rule: str, ticket_id: int, link_id: int, status: int) -> None:
    """Fetch or send to a route that names a ticket."""
    url = rule.replace("<int:ticket_id>", str(ticket_id)).replace("<int:link_id>", str(link_id))
    if method == "GET":
        visitor.get(url, status=status)
    else:
        visitor.post(url, {"body": "Hello.", "kind": "reply", "state": "resolved", "ref": "agency:1"}, status=status)


def test_every_route_of_somebody_elses_ticket_is_not_there(desk: Desk) -> None:
    with desk.work():
        ticket, helper = make_ticket(), make_helper()
        link = linking.link(ticket, Ref.to("agency", ticket.agency_id or 0), by=helper)
        strangers = [
            make_user(),
            make_user(Role.AGENCY_LEAD),
            make_user(agency=ticket.agency),
            make_user(Role.SECURITY_OFFICER, agency=ticket.agency),
        ]
    routes = id_routes(desk)
    assert len(routes) >= 9
    for stranger in strangers:
        visitor = desk.signed_in(stranger)
        for method, rule in routes:
            visit(visitor, method, rule, ticket.id, link.id, status=404)
    with desk.look() as session:
        assert session.get_one(Ticket, ticket.id).state is TicketState.NEW


@pytest.mark.parametrize("ticket_id", [4711, 2**31, 2**63, 10**40])
def test_every_route_of_an_unknown_ticket_is_not_there(desk: Desk, ticket_id: int) -> None:
    visitor = helper_of(desk)
    for method, rule in id_routes(desk):
        visit(visitor, method, rule, ticket_id, 1, status=404)


def test_requester_does_not_reach_what_is_for_the_team(desk: Desk) -> None:
    ticket = filed(desk)
    person = desk.signed_in(ticket.requester)
    for path in ("properties", "take", "links"):
        data = {"ref": f"ticket:{ticket.id}"}
        assert person.post(f"/tickets/{ticket.id}/{path}", data, status=403).says("Only the Systems Team")
    person.get(f"/tickets/{ticket.id}/links/new", status=403)
    person.get("/tickets", status=403)
    person.get("/help/people?on_behalf_of=per", status=403)


def test_read_only_viewer_has_no_tickets(desk: Desk) -> None:
    with desk.work():
        ticket, viewer = make_ticket(), make_user(Role.VIEWER)
    visitor = desk.signed_in(viewer)
    for path in ("/tickets", "/tickets/mine", "/help", f"/tickets/{ticket.id}"):
        visitor.get(path, status=403)


# The catalogue, as far as it shows on these pages


def test_offered_types_are_those_one_may_ask_for(desk: Desk) -> None:
    with desk.work():
        board, user, lead = make_user(Role.VIEWER), make_user(), make_user(Role.AGENCY_LEAD)
        features = desk.app.extensions["features"].features
        none, some, every = ({kind.key for kind in offered_to(who, features)} for who in (board, user, lead))
        assert none < some
        assert some == every, "what one may not ask for goes through the lead"


@pytest.mark.parametrize(("address", "place"), [("/tickets", "Tickets"), ("/tickets/calls", "Calls and walk-ins")])
def test_navigation_shows_one_place_as_the_present_one(sqlite_desk: Desk, address: str, place: str) -> None:
    with sqlite_desk.work():
        helper = make_helper()
    page = sqlite_desk.signed_in(helper).get(address)
    sidebar = page.html.partition('class="sidebar')[2].partition("</aside>")[0].partition("</nav>")[0]
    marked = [part.partition("</a>")[0] for part in sidebar.split("<a ")[1:] if 'aria-current="page"' in part]
    assert [place in link for link in marked] == [True]
