"""The verbs of the help desk, against both databases."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adminops import clock
from adminops.audit.models import AuditEntry
from adminops.db import db
from adminops.errors import Invalid, InvalidState, NotAllowed
from adminops.facts import PasswordResetFinished, PasswordResetStarted, publish
from adminops.identity.models import SYSTEM, User
from adminops.identity.permissions import Permission, Role
from adminops.outbox.models import OutboxMessage
from adminops.refs import Ref
from tests.make import make_agency, make_user
from tests.make_tickets import make_helper, make_kind, make_ticket
from tickets import linking, operations
from tickets.jobs import close_resolved
from tickets.models import Priority, Then, Ticket, TicketLink, TicketMessage, TicketState, Voice, WaitingOn
from tickets.timeline import Line, Message, timeline

S = TicketState
MONDAY = datetime(2026, 11, 9, 14, 0, tzinfo=UTC)  # 9 o'clock at the office

pytestmark = pytest.mark.usefixtures("session")


def facts(about: Ticket) -> list[str]:
    """Return the names of the facts about a ticket, in order."""
    chosen = select(AuditEntry.fact).where(AuditEntry.about_kind == "ticket", AuditEntry.about_id == str(about.id))
    return list(db.session.scalars(chosen.order_by(AuditEntry.id)))


def mails(to: User) -> list[str]:
    """Return the kinds of the mails to a person, in order."""
    chosen = select(OutboxMessage.kind).where(OutboxMessage.recipient_id == to.id).order_by(OutboxMessage.id)
    return list(db.session.scalars(chosen))


def lines(ticket: Ticket, *, team: bool = True) -> list[str]:
    """Return the lines of a ticket's timeline as one reads them."""
    told = [item for item in timeline(ticket, team=team) if isinstance(item, Line)]
    return [
        f"{line.actor} {line.before}{line.person or (line.thing if line.thing else '')}{line.after}" for line in told
    ]


# Filing


def test_filed_ticket_is_new_due_in_office_hours_and_confirmed(session: Session) -> None:
    person = make_user()
    with clock.frozen_at(MONDAY):
        ticket = make_ticket(person, kind=make_kind(priority="high", target_hours=9), subject="  Locked out ")
    assert (ticket.state, ticket.priority, ticket.subject) == (TicketState.NEW, Priority.HIGH, "Locked out")
    assert ticket.due_at == MONDAY + timedelta(hours=9 + 24 - 9)  # nine hours of office time are a day
    assert (ticket.requester_id, ticket.filed_by_id, ticket.agency_id) == (person.id, person.id, person.agency_id)
    assert facts(ticket) == ["TicketFiled"]
    assert mails(person) == ["tickets.filed"]
    session.refresh(ticket)
    assert (ticket.is_open, ticket.urgency) == (True, 2)


def test_text_of_the_request_is_its_first_message() -> None:
    ticket = make_ticket(body="It ends in the middle.")
    assert [(m.voice, m.body) for m in timeline(ticket, team=False) if isinstance(m, Message)] == [
        (Voice.REQUESTER, "It ends in the middle.")
    ]


def test_team_files_on_behalf_of_a_person() -> None:
    helper, person = make_helper(), make_user()
    ticket = make_ticket(helper, requester=person)
    assert (ticket.requester_id, ticket.filed_by_id, ticket.agency_id) == (person.id, helper.id, person.agency_id)
    assert mails(person) == ["tickets.filed"]


def test_nobody_else_files_on_behalf_of_a_person() -> None:
    with pytest.raises(NotAllowed):
        make_ticket(make_user(Role.AGENCY_LEAD), requester=make_user())


def test_request_type_for_some_is_refused_to_others() -> None:
    kind = make_kind(audience=Permission.REQUEST_FOR_AGENCY)
    with pytest.raises(NotAllowed):
        make_ticket(make_user(), kind=kind)
    make_ticket(make_user(Role.AGENCY_LEAD), kind=kind)


def test_read_only_viewer_files_nothing() -> None:
    with pytest.raises(NotAllowed):
        make_ticket(make_user(Role.VIEWER))


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"subject": "  "}, "subject"),
        ({"body": "\n \n"}, "body"),
        ({"subject": "SSN 219-09-9999 is wrong"}, "subject"),
        ({"body": "Her DOB is 3/17/1984."}, "body"),
        ({"answers": {"change": "from 219-09-9999"}}, "change"),
    ],
)
def test_request_without_words_or_with_personal_data_is_refused_at_the_field(over: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        make_ticket(make_user(), **over)
    assert refusal.value.field == field
    assert db.session.scalar(select(func.count(Ticket.id))) == 0


def test_only_the_team_may_say_that_a_text_is_clean() -> None:
    number = "The code on the grant letter is 219-09-9999"
    with pytest.raises(Invalid):
        make_ticket(make_user(), body=number, confirmed_clean=True)
    assert make_ticket(make_helper(), body=number, confirmed_clean=True).id


def test_same_form_sent_twice_files_one_ticket() -> None:
    person = make_user()
    first = make_ticket(person, nonce="form-1")
    assert make_ticket(person, nonce="form-1") is first
    assert facts(first) == ["TicketFiled"]
    assert make_ticket(make_user(), nonce="form-1") is not first


# Answering


def test_first_answer_of_the_team_opens_a_ticket_and_reaches_the_requester() -> None:
    ticket, helper = make_ticket(), make_helper()
    operations.reply(ticket, body="We look into it.", by=helper)
    assert ticket.state is TicketState.OPEN
    assert ticket.first_reply_at is not None
    assert facts(ticket) == ["TicketFiled", "TicketReplied", "TicketMoved"]
    assert mails(ticket.requester) == ["tickets.filed", "tickets.replied"]
    assert lines(ticket) == []  # the message says it


def test_answer_of_the_requester_brings_a_waiting_ticket_back_and_reaches_the_assignee() -> None:
    ticket, helper = make_ticket(), make_helper()
    operations.assign(ticket, helper, by=helper)
    operations.reply(ticket, body="Which report?", then=Then.WAIT, by=helper)
    assert (ticket.state, ticket.waiting_on) == (TicketState.WAITING, WaitingOn.USER)
    operations.reply(ticket, body="The APR.", by=ticket.requester)
    assert (ticket.state, ticket.waiting_on) == (TicketState.OPEN, None)
    assert mails(helper) == ["tickets.replied"]
    assert lines(ticket)[-1].endswith("replied, so this is open again")


def test_answer_that_resolves_sends_one_mail() -> None:
    ticket, helper = make_ticket(), make_helper()
    operations.reply(ticket, body="It is mended.", then=Then.RESOLVE, by=helper)
    assert ticket.state is TicketState.RESOLVED
    assert mails(ticket.requester) == ["tickets.filed", "tickets.resolved"]


def test_requester_can_not_decide_by_the_teams_buttons() -> None:
    ticket, helper = make_ticket(), make_helper()
    operations.assign(ticket, helper, by=helper)
    operations.reply(ticket, body="Never mind.", then=Then.RESOLVE, by=ticket.requester)
    assert ticket.state is TicketState.OPEN
    assert mails(helper) == ["tickets.replied"]


def test_answer_within_14_days_reopens_and_a_later_one_is_refused() -> None:
    ticket, helper = make_ticket(), make_helper()
    with clock.frozen_at(MONDAY):
        operations.resolve(ticket, by=helper)
    with clock.frozen_at(MONDAY + timedelta(days=13)):
        operations.reply(ticket, body="It is back.", by=ticket.requester)
        assert (ticket.state, ticket.resolved_at, ticket.times_reopened) == (TicketState.OPEN, None, 1)
        operations.resolve(ticket, by=helper)
    with clock.frozen_at(MONDAY + timedelta(days=28)), pytest.raises(InvalidState, match="ask again"):
        operations.reply(ticket, body="Once more.", by=ticket.requester)
    assert mails(ticket.requester).count("tickets.resolved") == 2


def test_same_reply_sent_twice_is_stored_once() -> None:
    ticket, helper = make_ticket(), make_helper()
    first = operations.reply(ticket, body="We look into it.", then=Then.RESOLVE, nonce="form-7", by=helper)
    assert operations.reply(ticket, body="We look into it.", then=Then.RESOLVE, nonce="form-7", by=helper) is first
    assert db.session.scalar(select(func.count(TicketMessage.id))) == 2
    assert facts(ticket).count("TicketReplied") == 1


def test_member_of_the_team_speaks_as_requester_on_an_own_ticket() -> None:
    helper = make_helper()
    ticket = make_ticket(helper)
    message = operations.reply(ticket, body="It is the printer.", by=helper)
    assert message.voice is Voice.REQUESTER
    assert (ticket.state, ticket.first_reply_at) == (TicketState.NEW, None)


def test_note_is_for_the_team_alone() -> None:
    ticket, helper = make_ticket(), make_helper()
    operations.write_note(ticket, body="Ask the vendor.", by=helper)
    assert [item.body for item in timeline(ticket, team=True) if isinstance(item, Message)][1:] == ["Ask the vendor."]
    assert len(timeline(ticket, team=False)) == 1
    assert mails(ticket.requester) == ["tickets.filed"]
    assert ticket.state is TicketState.NEW


def test_personal_data_is_stopped_in_answers_and_notes() -> None:
    ticket, helper = make_ticket(), make_helper()
    with pytest.raises(Invalid):
        operations.reply(ticket, body="Is it 219-09-9999?", by=helper)
    with pytest.raises(Invalid):
        operations.write_note(ticket, body="Is it 219-09-9999?", by=helper)
    operations.write_note(ticket, body="Grant code 219-09-9999", confirmed_clean=True, by=helper)


# Working


def test_assigning_opens_a_ticket_and_tells_the_assignee() -> None:
    ticket, helper, colleague = make_ticket(), make_helper(), make_helper(name="Grace Whitfield")
    operations.assign(ticket, colleague, by=helper)
    assert ticket.state is TicketState.OPEN
    assert mails(colleague) == ["tickets.assigned"]
    assert lines(ticket) == [f"{helper.name} assigned this to Grace Whitfield"]
    operations.assign(ticket, colleague, by=helper)
    assert facts(ticket).count("TicketAssigned") == 1
    operations.assign(ticket, None, by=colleague)
    assert lines(ticket)[-1] == "Grace Whitfield put this back into the queue"


def test_taking_sends_no_mail_to_oneself() -> None:
    ticket, helper = make_ticket(), make_helper()
    operations.assign(ticket, helper, by=helper)
    assert mails(helper) == []
    assert lines(ticket) == [f"{helper.name} took this"]


@pytest.mark.parametrize(("role", "active"), [(Role.HELP_DESK, False), (Role.END_USER, True), (Role.VIEWER, True)])
def test_ticket_is_given_to_active_members_of_the_team_only(role: Role, active: bool) -> None:
    ticket = make_ticket()
    with pytest.raises(Invalid):
        operations.assign(ticket, make_user(role, may_sign_in=active), by=make_helper())


def test_priority_is_changed_once_and_told_to_the_team() -> None:
    ticket, helper = make_ticket(), make_helper()
    operations.set_priority(ticket, Priority.URGENT, by=helper)
    operations.set_priority(ticket, Priority.URGENT, by=helper)
    assert facts(ticket).count("TicketPrioritised") == 1
    assert lines(ticket) == [f"{helper.name} changed the priority from Normal to Urgent"]
    assert lines(ticket, team=False) == []


def test_clock_stands_still_while_a_ticket_waits() -> None:
    helper = make_helper()
    with clock.frozen_at(MONDAY):
        ticket = make_ticket(kind=make_kind(target_hours=8))
    with clock.frozen_at(MONDAY + timedelta(hours=2)):
        operations.wait_on(ticket, WaitingOn.VENDOR, by=helper)
        assert ticket.due_at is None
    with clock.frozen_at(MONDAY + timedelta(days=7)):
        operations.set_open(ticket, by=helper)
        assert ticket.due_at == MONDAY + timedelta(days=7, hours=6)


def test_waiting_on_somebody_else_is_a_move_and_on_the_same_is_none() -> None:
    ticket, helper = make_ticket(), make_helper()
    operations.wait_on(ticket, WaitingOn.AGENCY, by=helper)
    operations.wait_on(ticket, WaitingOn.AGENCY, by=helper)
    operations.wait_on(ticket, WaitingOn.VENDOR, by=helper)
    assert lines(ticket) == [
        f"{helper.name} changed the status to Waiting on agency",
        f"{helper.name} changed the status to Waiting on vendor",
    ]


def test_resolving_twice_is_refused_and_mails_once() -> None:
    ticket, helper = make_ticket(), make_helper()
    operations.resolve(ticket, by=helper)
    with pytest.raises(InvalidState):
        operations.resolve(ticket, by=helper)
    assert mails(ticket.requester).count("tickets.resolved") == 1


def test_requester_resolves_and_reopens_an_own_ticket() -> None:
    ticket = make_ticket()
    operations.resolve(ticket, by=ticket.requester)
    assert "tickets.resolved" not in mails(ticket.requester)
    operations.reopen(ticket, by=ticket.requester)
    assert ticket.state is TicketState.OPEN


def test_closed_ticket_rests_until_the_team_reopens_it() -> None:
    ticket, helper = make_ticket(), make_helper()
    operations.resolve(ticket, by=helper)
    operations.close(ticket, by=helper)
    for verb in (
        lambda: operations.reply(ticket, body="Hello?", by=helper),
        lambda: operations.assign(ticket, helper, by=helper),
        lambda: operations.close(ticket, by=helper),
    ):
        with pytest.raises(InvalidState):
            verb()
    with clock.frozen_at(clock.now() + timedelta(days=15)), pytest.raises(InvalidState):
        operations.reopen(ticket, by=ticket.requester)
    operations.reopen(ticket, by=helper)
    assert ticket.state is TicketState.OPEN


def test_change_does_what_differs_and_nothing_else() -> None:
    ticket, helper = make_ticket(), make_helper()
    same = {"state": ticket.state, "waiting_on": None, "assignee": None, "priority": ticket.priority}
    operations.change(ticket, **same, by=helper)
    assert facts(ticket) == ["TicketFiled"]
    operations.change(
        ticket, state=S.WAITING, waiting_on=WaitingOn.APPROVAL, assignee=helper, priority=Priority.LOW, by=helper
    )
    assert (ticket.state, ticket.waiting_on) == (S.WAITING, WaitingOn.APPROVAL)
    assert (ticket.assignee_id, ticket.priority) == (helper.id, Priority.LOW)


@pytest.mark.parametrize("path", [("open",), ("resolved", "open"), ("resolved", "closed", "open")])
def test_change_walks_to_every_state(path: tuple[str, ...]) -> None:
    ticket, helper = make_ticket(), make_helper()
    for state in path:
        goal = {"state": S(state), "waiting_on": None, "assignee": ticket.assignee, "priority": ticket.priority}
        operations.change(ticket, **goal, by=helper)
        assert ticket.state is S(state)


# Links


def test_link_is_made_once_and_taken_off() -> None:
    ticket, helper = make_ticket(), make_helper()
    ref = Ref.to("agency", make_agency().id)
    linked = linking.link(ticket, ref, by=helper)
    assert linking.link(ticket, ref, by=helper) is linked
    assert lines(ticket) == [f"{helper.name} linked {ref}"]
    assert lines(ticket, team=False) == []
    linking.unlink(ticket, linked, by=helper)
    assert db.session.scalar(select(func.count(TicketLink.id))) == 0
    assert facts(ticket) == ["TicketFiled", "TicketLinked", "TicketUnlinked"]


def test_ticket_is_not_linked_to_itself() -> None:
    ticket = make_ticket()
    with pytest.raises(Invalid):
        linking.link(ticket, ticket.ref, by=make_helper())


# What happens elsewhere


def test_work_done_for_a_ticket_stands_on_its_timeline_and_resolves_it() -> None:
    ticket, helper = make_ticket(), make_helper()
    publish(PasswordResetStarted(account_id=12, request=ticket.ref, reason="help desk"), by=helper)
    assert ticket.state is TicketState.NEW
    publish(PasswordResetFinished(account_id=12, request=ticket.ref), by=ticket.requester)
    assert ticket.state is TicketState.RESOLVED
    assert lines(ticket, team=False) == [
        f"{helper.name} started a password reset for account:12",
        f"{ticket.requester.name} set a new password",
        "AdminOps resolved this: the work is done",
    ]
    assert mails(ticket.requester)[-1] == "tickets.resolved"


def test_settled_ticket_is_not_settled_again() -> None:
    ticket = make_ticket()
    operations.resolve(ticket, by=make_helper())
    publish(PasswordResetFinished(account_id=12, request=ticket.ref), by=ticket.requester)
    assert facts(ticket).count("TicketMoved") == 1


@pytest.mark.parametrize("request_ref", [Ref.to("ticket", 4711), Ref("ticket", "many"), Ref.to("page", 1), None])
def test_work_for_no_ticket_of_ours_is_nobodys_line(request_ref: Ref | None) -> None:
    ticket = make_ticket()
    publish(PasswordResetFinished(account_id=12, request=request_ref), by=make_helper())
    assert lines(ticket) == []


# By the clock


def test_old_resolved_tickets_close_by_themselves() -> None:
    helper, old, recent = make_helper(), make_ticket(), make_ticket()
    with clock.frozen_at(MONDAY - timedelta(days=15)):
        operations.resolve(old, by=helper)
    with clock.frozen_at(MONDAY - timedelta(days=13)):
        operations.resolve(recent, by=helper)
    with clock.frozen_at(MONDAY):
        close_resolved()
        close_resolved()
    assert (old.state, recent.state) == (TicketState.CLOSED, TicketState.RESOLVED)
    assert lines(old)[-1] == f"{SYSTEM.name} closed this"
