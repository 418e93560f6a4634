"""How a request ended, and what the team has to give before it says so: the guard, by every way, and the pages."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

import wsgi
from adminops import clock
from adminops.db import db
from adminops.errors import Invalid, InvalidState, NotAllowed
from adminops.feature import RequestType
from adminops.identity.models import User
from adminops.identity.permissions import Role
from tests.browsing import Desk
from tests.make import make_admin, make_user
from tests.make_tickets import make_helper, make_kind, make_ticket
from tickets import operations, sending
from tickets.bulk.models import Act, BulkItem, Outcome
from tickets.bulk.operations import plan, start, undo
from tickets.catalogue import declared_types
from tickets.models import Resolution, Then, Ticket, TicketEntry, TicketMessage, TicketState, Voice
from tickets.resolving.guards import Standing, check_ready, gaps
from tickets.resolving.operations import show_evidence
from tickets.sending import Words, plan_reply
from tickets.type_versions import Edit, change_type

S = TicketState
CORRECTION = next(kind for kind in declared_types(wsgi.FEATURES) if kind.key == "data_correction")


def change(key: str, **over: Any) -> RequestType:
    """Change a request type as an administrator."""
    kind = next(kind for kind in declared_types(wsgi.FEATURES) if kind.key == key)
    return change_type(kind, replace(Edit.of(kind), **over), because="", by=make_admin())


def make_correction() -> Ticket:
    """File what asks for evidence, and let nothing be waited for."""
    return make_ticket(kind=replace(CORRECTION, approval="none"))


# The rule


@pytest.mark.parametrize(
    ("closing", "resolution", "standing", "places"),
    [
        ("free", None, {}, []),
        ("free", Resolution.DONE, {"open_parts": [7], "planned": 1}, ["related", "unsent"]),
        ("free", Resolution.DONE, {"open_steps": ["Call"]}, ["checklist"]),
        ("code", None, {}, ["details"]),
        ("code", Resolution.DONE, {}, []),
        ("evidence", None, {}, ["details", "evidence"]),
        ("evidence", Resolution.DONE, {"shown": True}, []),
        ("evidence", Resolution.DONE, {"open_steps": ["Call"]}, ["checklist", "evidence"]),
        ("evidence", Resolution.DUPLICATE, {"open_steps": ["Call"]}, []),
        ("work", Resolution.DONE, {"shown": True}, ["work"]),
        ("work", Resolution.DONE, {"worked": True}, []),
        ("work", Resolution.NOT_POSSIBLE, {"open_parts": [7]}, ["related"]),
    ],
)
def test_what_is_missing_depends_on_the_type_and_on_how_it_ends(
    closing: Any, resolution: Resolution | None, standing: dict[str, Any], places: list[str]
) -> None:
    found = gaps(make_kind(closing=closing), resolution, Standing(**standing))
    assert [gap.place for gap in found] == places
    assert all(gap.sentence.endswith(".") for gap in found)
    assert gaps(make_kind(closing=closing), resolution, Standing(**standing), despite_parts=True) == [
        gap for gap in found if gap.place != "related"
    ]


# The verbs


@pytest.mark.usefixtures("session")
def test_how_it_ended_is_kept_told_and_forgotten_when_it_is_taken_up_again() -> None:
    helper, ticket = make_helper(), make_ticket()
    operations.resolve(ticket, resolution=Resolution.DUPLICATE, by=helper)
    assert (ticket.state, ticket.resolution) == (S.RESOLVED, Resolution.DUPLICATE)
    told = db.session.scalars(select(TicketEntry.sentence).order_by(TicketEntry.id)).all()
    assert told[-1] == "resolved this: it was asked for twice"
    operations.close(ticket, by=helper)
    assert ticket.resolution is Resolution.DUPLICATE
    operations.reopen(ticket, by=helper)
    assert ticket.resolution is None
    operations.resolve(ticket, by=ticket.requester)
    assert ticket.resolution is Resolution.DONE


@pytest.mark.usefixtures("session")
def test_evidence_is_a_note_a_file_of_the_team_or_work_done_elsewhere() -> None:
    helper = make_helper()
    noted, worked, neither = (make_correction() for _ in range(3))
    show_evidence(noted, body="Both IDs are on the change list of today.", nonce="e", by=helper)
    show_evidence(noted, body="Both IDs are on the change list of today.", nonce="e", by=helper)
    voices = select(TicketMessage.voice).where(TicketMessage.ticket_id == noted.id).order_by(TicketMessage.id)
    assert db.session.scalars(voices).all() == [Voice.REQUESTER, Voice.NOTE], (
        "sent twice, kept once; the requester never reads it"
    )
    db.session.add(TicketEntry(ticket_id=worked.id, sentence="merged", of_work=True))
    for ticket in (noted, worked):
        operations.resolve(ticket, by=helper)
    with pytest.raises(InvalidState, match="Which IDs were changed"):
        operations.resolve(neither, by=helper)
    with pytest.raises(Invalid, match="seems to hold"):
        show_evidence(neither, body="The SSN 219-45-0817 is right now.", by=helper)
    with pytest.raises(NotAllowed):
        show_evidence(neither, body="I looked.", by=neither.requester)
    operations.resolve(neither, resolution=Resolution.NOT_POSSIBLE, by=helper)


@pytest.mark.usefixtures("session")
def test_who_asked_and_work_that_is_done_are_not_asked_for_anything() -> None:
    own, refused = make_correction(), make_correction()
    operations.resolve(own, by=own.requester)
    assert own.state is S.RESOLVED
    check_ready(refused, None, by=refused.requester)


@pytest.mark.usefixtures("session")
def test_every_way_of_resolving_meets_the_same_guard() -> None:
    helper, sentence = make_helper(), "Say what shows"
    ticket = make_correction()
    later = clock.now() + timedelta(hours=1)
    ways = (
        lambda: operations.reply(ticket, body="Done.", then=Then.RESOLVE, by=helper),
        lambda: operations.bring_to(ticket, S.RESOLVED, None, by=helper),
        lambda: plan_reply(ticket, Words(body="Done.", then=Then.RESOLVE), at=later, by=helper),
    )
    for way in ways:
        with pytest.raises(InvalidState, match=sentence):
            way()
    act = plan([ticket.id], Act.STATE, value={"state": "resolved", "waiting_on": None, "resolution": "done"}, by=helper)
    item = db.session.scalars(select(BulkItem).where(BulkItem.act_id == act.id)).one()
    assert (item.outcome, sentence in item.why) == (Outcome.LEFT, True)
    assert ticket.state is S.NEW


@pytest.mark.usefixtures("session")
def test_a_planned_answer_that_resolves_carries_how_it_ended_and_others_are_waited_for() -> None:
    helper, ticket = make_helper(), make_ticket()
    words = Words(body="It was asked twice.", then=Then.RESOLVE, resolution=Resolution.DUPLICATE)
    row = plan_reply(ticket, words, at=clock.now() + timedelta(days=1), by=helper)
    with pytest.raises(InvalidState, match="still to be sent"):
        operations.resolve(ticket, by=helper)
    sending.send_now(row, by=helper)
    assert (ticket.state, ticket.resolution) == (S.RESOLVED, Resolution.DUPLICATE)


@pytest.mark.usefixtures("session")
def test_many_at_once_end_so_and_an_undo_forgets_it() -> None:
    helper, ticket = make_helper(), make_ticket()
    value = {"state": "resolved", "waiting_on": None, "resolution": "not_needed"}
    act = plan([ticket.id], Act.STATE, value=value, by=helper)
    start(act, by=helper)
    assert (ticket.state, ticket.resolution) == (S.RESOLVED, Resolution.NOT_NEEDED)
    undo(act, by=helper)
    assert (ticket.state, ticket.resolution) == (S.NEW, None)


@pytest.mark.usefixtures("session")
def test_administrators_say_what_a_type_asks_and_old_tickets_keep_theirs() -> None:
    helper, before = make_helper(), make_ticket()
    after = make_ticket(kind=change("something_else", closing="code"))
    operations.resolve(before, resolution=None, by=helper)
    with pytest.raises(InvalidState, match="Choose how it ended") as refused:
        operations.resolve(after, resolution=None, by=helper)
    assert refused.value.field == "resolution"
    with pytest.raises(Invalid) as wrong:
        change("fault", closing="work")
    assert wrong.value.field == "closing"


# Pages


def test_what_is_missing_stands_on_the_ticket_with_the_way_to_do_it(desk: Desk) -> None:
    with desk.work():
        helper, manager = make_helper(), make_user(Role.MANAGER)
        ticket = make_correction()
    visitor, url = desk.signed_in(helper), f"/tickets/{ticket.id}"
    assert visitor.get(url).says("Before this is resolved")
    sent = {"kind": "reply", "body": "Done.", "then": "resolve", "nonce": "a", "resolution": ""}
    assert visitor.post(f"{url}/messages", sent, status=422).says("Choose how it ended first.")
    evidence = visitor.get(url).link("Say what shows it")
    assert visitor.get(evidence).says("Which IDs were changed")
    assert visitor.post(evidence, {"body": ""}, status=422).says("Say what shows that it was done.")
    assert visitor.post(evidence, {"body": "Her SSN is 219-45-0817."}, status=422).says("seems to hold")
    visitor.post(evidence, {"body": "The change list of today.", "nonce": "b"})
    page = visitor.get(url)
    assert not page.says("Before this is resolved")
    assert page.says("The change list of today.")
    visitor.post(f"{url}/messages", {**sent, "resolution": "done", "nonce": "c"})
    assert desk.signed_in(manager).get(url).says("How it ended It is done")
    with desk.look() as session:
        requester = session.get_one(User, ticket.requester_id)
    asker = desk.signed_in(requester)
    assert not asker.get(url).says("The change list of today.")
    asker.get(evidence, status=403)
