"""Checklists on tickets: who ticked what when, taking that back, and steps that resolving waits for."""

import pytest
from sqlalchemy.orm import Session

from adminops.db import db
from adminops.errors import InvalidState, NotAllowed, NotFound
from adminops.identity.models import SYSTEM, User
from adminops.identity.permissions import Role
from adminops.web.navigation import registry
from tests.browsing import Desk
from tests.make import make_user
from tests.make_tickets import make_helper, make_ticket
from tests.tickets.test_operations import lines
from tickets import operations
from tickets.catalogue import find_type
from tickets.checklist.operations import tick, untick
from tickets.checklist.queries import Step, checklist_of, steps_of
from tickets.models import Then, Ticket, TicketState
from tickets.type_versions import Edit, change_type


def fault(**over: object) -> Ticket:
    """File a ticket of a type that a manager gave a checklist with a required step."""
    kinds = [kind for feature in registry().features for kind in feature.request_types if kind.checklist]
    kind = find_type(kinds[0].key, registry().features)
    assert kind is not None
    edit = Edit.of(kind)
    values = {**edit.__dict__, "checklist": ("Look at the page.", "! Tell everybody.")}
    changed = change_type(kind, Edit(**values), because="", by=make_user(Role.MANAGER))
    return make_ticket(kind=changed, **over)


def done(ticket: Ticket) -> list[str | None]:
    return [step.done_by for step in steps_of(ticket, checklist_of(ticket))]


def test_step_that_must_be_done_is_known_by_its_mark() -> None:
    assert (Step("! Tell them.").words, Step("! Tell them.").required) == ("Tell them.", True)
    assert (Step("Look!").words, Step("Look!").required) == ("Look!", False)


@pytest.mark.usefixtures("session")
def test_ticks_say_who_did_it_and_can_be_taken_back() -> None:
    helper, ticket = make_helper(name="Grace Whitfield"), fault()
    tick(ticket, 1, by=helper)
    tick(ticket, 1, by=make_helper())
    assert done(ticket) == ["Grace Whitfield", None]
    untick(ticket, 1, by=helper)
    untick(ticket, 1, by=helper)
    assert done(ticket) == [None, None]
    told = [line for line in lines(ticket) if "step 1" in line]
    assert len(told) == 2


@pytest.mark.usefixtures("session")
def test_team_cannot_resolve_before_a_required_step_is_done() -> None:
    helper, ticket = make_helper(), fault()
    with pytest.raises(InvalidState, match=r"Tick “Tell everybody.” in the checklist first"):
        operations.resolve(ticket, by=helper)
    with pytest.raises(InvalidState):
        operations.reply(ticket, body="Done.", then=Then.RESOLVE, by=helper)
    tick(ticket, 2, by=helper)
    operations.resolve(ticket, by=helper)
    assert ticket.state is TicketState.RESOLVED


@pytest.mark.usefixtures("session")
@pytest.mark.parametrize("way", ["asked for", "settled"])
def test_requester_and_work_that_was_done_resolve_without_ticks(way: str) -> None:
    ticket = fault()
    if way == "settled":
        operations.resolve(ticket, because="settled", by=SYSTEM)
    else:
        operations.resolve(ticket, by=ticket.requester)
    assert ticket.state is TicketState.RESOLVED


def _strangers(ticket: Ticket) -> list[User]:
    return [ticket.requester, make_user()]


def test_only_the_team_ticks_and_only_steps_that_are_there(session: Session) -> None:
    helper, ticket = make_helper(), fault()
    for person in _strangers(ticket):
        with pytest.raises(NotAllowed):
            tick(ticket, 1, by=person)
    for place in (0, 3):
        with pytest.raises(NotFound):
            tick(ticket, place, by=helper)
    plain = make_ticket()
    with pytest.raises(NotFound):
        tick(plain, 1, by=helper)
    session.flush()
    operations.resolve(plain, by=helper)


def test_steps_are_ticked_on_the_page(desk: Desk) -> None:
    with desk.work():
        helper, ticket = make_helper(name="Grace Whitfield"), fault()
        number = ticket.id
        db.session.flush()
    visitor = desk.signed_in(helper)
    page = visitor.get(f"/tickets/{number}")
    assert page.says("Tell everybody. Required before resolving.")
    page = visitor.post(f"/tickets/{number}/steps/2/tick", follow=True)
    assert page.says("Done by Grace Whitfield")
    assert not page.says("Required before resolving.")
    assert visitor.post(f"/tickets/{number}/steps/2/untick", follow=True).says("Required before resolving.")
    visitor.post(f"/tickets/{number}/steps/9/tick", status=404)
