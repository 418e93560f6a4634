"""Queues: arranging them, the filter, tickets that go back, the pages."""

import time
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest

from adminops import clock
from adminops.db import db
from adminops.errors import Conflict, Invalid, NotAllowed, NotFound
from adminops.identity.models import User
from adminops.identity.permissions import Role
from tests.browsing import Desk
from tests.make import make_user
from tests.make_tickets import make_helper, make_kind, make_ticket
from tests.together import at_once
from tickets import operations
from tickets.language import Wrong, parse
from tickets.models import Priority, Ticket, WaitingOn
from tickets.queries import TicketFilter, list_tickets
from tickets.queues.jobs import give_back_untouched
from tickets.queues.operations import remove_queue, save_queue
from tickets.queues.queries import all_queues, get_queue

MONDAY = datetime(2026, 3, 2, 15, tzinfo=UTC)


@pytest.mark.usefixtures("session")
def test_type_belongs_to_one_queue_and_the_filter_follows_it() -> None:
    admin, helper = make_user(Role.SYSTEM_ADMIN), make_helper()
    wrong, other = make_ticket(kind=make_kind(key="wrong_number")), make_ticket()
    data = save_queue(None, name="Data quality", request_types=["wrong_number"], by=admin)

    def found(query: str) -> set[int]:
        return {row.id for row in list_tickets(TicketFilter(query=parse(query)), helper).rows}

    assert found('queue:"Data quality"') == found("queue:data") == {wrong.id}
    assert found("queue:none") == found("-queue:data") == {other.id}
    assert found("queue:none,data") == {wrong.id, other.id}
    with pytest.raises(Wrong, match='Did you mean "Data quality"'):
        found('queue:"Data qualitty"')
    save_queue(None, name="Reports", request_types=["wrong_number"], by=admin)
    assert (data.request_types, found("queue:reports")) == ([], {wrong.id})
    remove_queue(data, by=admin)
    assert [queue.name for queue in all_queues()] == ["Reports"]
    with pytest.raises(NotFound):
        get_queue(data.id)


@pytest.mark.usefixtures("session")
def test_only_administrators_arrange_queues_and_names_are_their_own() -> None:
    admin, helper = make_user(Role.SYSTEM_ADMIN), make_helper()
    queue = save_queue(None, name="Accounts", request_types=[], by=admin)
    save_queue(queue, name="accounts", request_types=[], by=admin)
    for verb in (
        lambda: save_queue(queue, name="Mine", request_types=[], by=helper),
        lambda: remove_queue(queue, by=helper),
    ):
        with pytest.raises(NotAllowed):
            verb()
    with pytest.raises(Conflict):
        save_queue(None, name="ACCOUNTS", request_types=[], by=admin)
    with pytest.raises(Invalid):
        save_queue(queue, name=" ", request_types=[], by=admin)


def test_ticket_that_somebody_touches_at_that_moment_does_not_go_back(desk: Desk) -> None:
    with clock.frozen_at(MONDAY), desk.work():
        admin, helper = make_user(Role.SYSTEM_ADMIN), make_helper()
        save_queue(None, name="Desk", request_types=["something_else"], untouched_hours=8, by=admin)
        tickets = [make_ticket() for _ in range(2)]
        for ticket in tickets:
            operations.assign(ticket, helper, by=helper)
    held = Event()

    def touch() -> None:
        ticket = db.session.get_one(Ticket, tickets[0].id)
        operations.set_priority(ticket, Priority.HIGH, by=db.session.get_one(User, helper.id))
        held.set()
        time.sleep(0.5)  # the job looks at it meanwhile

    def give_back() -> None:
        assert held.wait(timeout=30)
        give_back_untouched()

    with clock.frozen_at(MONDAY + timedelta(days=3)):
        at_once(desk, touch, give_back)
    with desk.look() as session:
        assert [session.get_one(Ticket, ticket.id).assignee_id for ticket in tickets] == [helper.id, None]


@pytest.mark.usefixtures("session")
def test_untouched_tickets_go_back_after_business_hours_and_waiting_ones_rest() -> None:
    admin, helper = make_user(Role.SYSTEM_ADMIN), make_helper()
    with clock.frozen_at(MONDAY):
        left, touched, waiting = (make_ticket() for _ in range(3))
        elsewhere = make_ticket(kind=make_kind(key="wrong_number"))
        for ticket in (left, touched, waiting, elsewhere):
            operations.assign(ticket, helper, by=helper)
        operations.wait_on(waiting, WaitingOn.VENDOR, by=helper)
        save_queue(None, name="Desk", request_types=["something_else"], untouched_hours=8, by=admin)
        save_queue(None, name="Data", request_types=["wrong_number"], by=admin)
    with clock.frozen_at(MONDAY + timedelta(hours=16)):
        give_back_untouched()
        assert left.assignee_id == helper.id
    with clock.frozen_at(MONDAY + timedelta(hours=23)):
        operations.reply(touched, body="Still on it.", by=helper)
    with clock.frozen_at(MONDAY + timedelta(hours=26)):
        give_back_untouched()
        give_back_untouched()
    assert [t.assignee_id for t in (left, touched, waiting, elsewhere)] == [None, helper.id, helper.id, helper.id]


def test_queues_on_the_pages(desk: Desk) -> None:
    with desk.work():
        helper, admin = make_helper(), make_user(Role.SYSTEM_ADMIN)
        ticket = make_ticket(subject="Printer is cut off")
    visitor, chief = desk.signed_in(helper), desk.signed_in(admin)
    assert visitor.get("/tickets/queues").says("No queues yet")
    visitor.get("/tickets/queues/new", status=403)
    assert chief.post("/tickets/queues/new", {"name": "", "untouched_hours": "x"}, status=422).says(
        "Give the queue a name"
    )
    sent = {"name": "Front desk", "untouched_hours": "8", "request_types": "something_else"}
    page = chief.post("/tickets/queues/new", sent, follow=True)
    assert page.says("8 business hours")
    assert visitor.get(page.link("Unassigned")).says("Printer is cut off")
    assert "Front desk" in visitor.get("/tickets/complete?q=queue:fr").html
    url = page.link("Arrange")
    assert chief.get(url).heading == "Front desk"
    chief.post(url, {**sent, "name": "Desk"})
    assert chief.post(f"{url}/remove", follow=True).says("is removed")
    chief.get(url, status=404)
    with desk.look() as session:
        assert session.get_one(Ticket, ticket.id).request_type == "something_else"
