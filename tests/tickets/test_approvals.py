"""Who may ask for what, who must agree first, and how a request comes to its work."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from adminops import clock
from adminops.audit.models import AuditEntry
from adminops.db import db
from adminops.errors import DomainError, Invalid, InvalidState, NotAllowed
from adminops.feature import RequestType
from adminops.identity.models import Agency, User
from adminops.identity.permissions import Permission, Role
from adminops.outbox.models import OutboxMessage
from tests.browsing import Desk
from tests.make import make_agency, make_user
from tests.make_tickets import make_helper, make_kind, make_ticket
from tickets import approvals, emails, operations
from tickets.approvals import Step, Verdict
from tickets.authority import leads_of, may_ask, name_requester, named_at, unname_requester
from tickets.deciding import approve, refuse
from tickets.models import Priority, Resolution, Then, Ticket, TicketState, WaitingOn
from tickets.queries import list_waiting_for
from tickets.reminding import remind_approvers
from tickets.timeline import Line, timeline

GUARDED = make_kind(key="new_account", audience=Permission.REQUEST_FOR_AGENCY, through_lead=True, approval="team")
OF_AGENCY = make_kind(key="merge_clients", audience=Permission.REQUEST_FOR_AGENCY, through_lead=True)


class House:
    """An agency with a lead and a caseworker, and the team."""

    def __init__(self) -> None:
        self.agency: Agency = make_agency()
        self.lead: User = make_user(Role.AGENCY_LEAD, agency=self.agency)
        self.user: User = make_user(agency=self.agency)
        self.helper, self.manager = make_helper(), make_user(Role.MANAGER)

    def ask(self, kind: RequestType = GUARDED, by: User | None = None, **over: Any) -> Ticket:
        """File a request of `kind`."""
        return make_ticket(by or self.user, kind=kind, **over)


@pytest.fixture
def house(session: Session) -> House:
    """The people of these tests."""
    return House()


def steps(ticket: Ticket) -> list[tuple[str, str | None]]:
    """Return the words a ticket waits for or had."""
    return [(row.step.value, row.verdict and row.verdict.value) for row in approvals.approvals_of(ticket)]


def told(kind: str) -> set[int]:
    """Return who was sent a mail of that kind."""
    chosen = select(OutboxMessage.recipient_id).where(OutboxMessage.kind == kind)
    return set(db.session.scalars(chosen))


def test_word_that_comes_after_the_request_was_taken_back_brings_it_not_back(house: House) -> None:
    ticket = house.ask(OF_AGENCY)
    taken_back = {"state": "resolved", "waiting_on": None, "resolved_at": clock.now()}
    db.session.execute(update(Ticket.__table__).values(taken_back))  # as another process: this one has not seen it
    with pytest.raises(InvalidState, match="waits for no approval"):
        approve(ticket, by=house.lead)
    assert ticket.state is TicketState.RESOLVED


# Who may ask


@pytest.mark.parametrize(
    ("who", "kind", "wanted"),
    [
        ("user", OF_AGENCY, ["agency"]),
        ("user", GUARDED, ["agency", "team"]),
        ("lead", OF_AGENCY, []),
        ("lead", GUARDED, ["team"]),
        ("user", make_kind(), []),
        ("user", make_kind(approval="work"), []),
    ],
)
def test_request_needs_the_words_that_its_type_and_requester_ask_for(
    house: House, who: str, kind: RequestType, wanted: list[str]
) -> None:
    ticket = house.ask(kind, by=getattr(house, who))
    assert [step for step, _ in steps(ticket)] == wanted
    assert ticket.state is (TicketState.WAITING if wanted else TicketState.NEW)
    assert (ticket.due_at is None) is bool(wanted), "nobody is late while somebody else has to agree"


def test_lead_of_one_agency_does_not_ask_for_another(house: House) -> None:
    other = make_agency()
    assert may_ask(OF_AGENCY, house.lead, house.agency.id)
    assert not may_ask(OF_AGENCY, house.lead, other.id)
    assert not may_ask(OF_AGENCY, house.lead, None)


def test_agency_without_a_lead_is_told_to_call(session: Session) -> None:
    with pytest.raises(NotAllowed, match="Please call us"):
        make_ticket(make_user(), kind=OF_AGENCY)


def test_type_that_does_not_go_through_the_lead_stays_closed(house: House) -> None:
    with pytest.raises(NotAllowed, match="Your agency lead can"):
        house.ask(make_kind(audience=Permission.REQUEST_FOR_AGENCY))


def test_team_that_takes_a_call_sends_it_to_the_callers_lead(house: House) -> None:
    ticket = make_ticket(house.helper, kind=OF_AGENCY, requester=house.user)
    assert steps(ticket) == [("agency", None)]
    assert make_ticket(make_user(Role.SYSTEM_ADMIN), kind=OF_AGENCY, requester=house.user).state is TicketState.NEW


def test_named_person_asks_like_a_lead_for_that_type_only(house: House) -> None:
    named = name_requester(house.agency, house.user, OF_AGENCY, by=house.lead)
    assert name_requester(house.agency, house.user, OF_AGENCY, by=house.manager) is named
    assert steps(house.ask(OF_AGENCY)) == []
    assert steps(house.ask(GUARDED)) == [("agency", None), ("team", None)]
    assert not may_ask(OF_AGENCY, house.user, make_agency().id)
    unname_requester(house.agency, named, by=house.lead)
    assert steps(house.ask(OF_AGENCY)) == [("agency", None)]
    audited = set(db.session.scalars(select(AuditEntry.fact)))
    assert {"RequesterNamed", "RequesterUnnamed"} <= audited


def test_only_the_lead_and_the_team_name_people_of_the_agency(house: House) -> None:
    stranger = make_user(Role.AGENCY_LEAD)
    for by in (house.user, stranger, house.helper):
        with pytest.raises(NotAllowed):
            name_requester(house.agency, house.user, OF_AGENCY, by=by)
    with pytest.raises(Invalid, match="people of the agency"):
        name_requester(house.agency, stranger, OF_AGENCY, by=house.lead)
    with pytest.raises(Invalid, match="Nobody has to be named"):
        name_requester(house.agency, house.user, make_kind(), by=house.lead)
    assert named_at(house.agency) == []


def test_lead_that_can_not_sign_in_is_no_lead(house: House) -> None:
    house.lead.may_sign_in = False
    db.session.flush()
    assert leads_of(house.agency.id) == []


# Saying yes and no


def test_one_word_after_the_other_brings_the_work_to_the_team(house: House) -> None:
    ticket = house.ask()
    assert told("tickets.approval") == {house.lead.id}
    assert [row.id for row in list_waiting_for(house.lead, 5)] == [ticket.id]
    assert list_waiting_for(house.manager, 5) == []
    approve(ticket, by=house.lead)
    assert (ticket.state, ticket.waiting_on) == (TicketState.WAITING, WaitingOn.APPROVAL)
    assert house.manager.id in told("tickets.approval")
    assert [row.id for row in list_waiting_for(house.manager, 5)] == [ticket.id]
    assert list_waiting_for(house.lead, 5) == []
    approve(ticket, by=house.manager)
    assert steps(ticket) == [("agency", "approved"), ("team", "approved")]
    assert (ticket.state, ticket.waiting_on) == (TicketState.OPEN, None)
    assert ticket.due_at is not None
    assert list_waiting_for(house.manager, 5) == []
    said = [line.before for line in timeline(ticket, team=False) if isinstance(line, Line)]
    assert [words for words in said if "approved" in words] == [
        "approved this for the agency",
        "approved this for the team",
    ]


def test_no_is_said_with_a_reason_that_the_requester_reads(house: House) -> None:
    ticket = house.ask()
    for reason in ("", "   "):
        with pytest.raises(Invalid, match="Say why"):
            refuse(ticket, reason=reason, by=house.lead)
    with pytest.raises(Invalid):
        refuse(ticket, reason="SSN 219-09-9999 is wrong", by=house.lead)
    refuse(ticket, reason="The person starts in May only.", by=house.lead)
    assert ticket.state is TicketState.RESOLVED
    assert steps(ticket) == [("agency", "refused"), ("team", None)]
    assert list_waiting_for(house.manager, 5) == []
    assert told("tickets.resolved") == {house.user.id}
    bodies = [item.body for item in timeline(ticket, team=False) if not isinstance(item, Line)]
    assert bodies[-1] == "The person starts in May only."


def test_what_was_refused_does_not_come_back_by_a_side_door(house: House) -> None:
    ticket = house.ask()
    refuse(ticket, reason="Not now.", by=house.lead)
    with pytest.raises(InvalidState, match="ask anew"):
        operations.reopen(ticket, by=house.user)
    with pytest.raises(InvalidState, match="ask anew"):
        operations.reply(ticket, body="Please!", by=house.user)
    assert ticket.state is TicketState.RESOLVED


def test_what_ended_before_everybody_agreed_waits_for_their_word_again(house: House) -> None:
    ticket = house.ask()
    operations.resolve(ticket, resolution=Resolution.NOT_NEEDED, by=house.user)
    operations.reopen(ticket, by=house.user)
    assert ticket.waiting_on is WaitingOn.APPROVAL
    assert [row.id for row in list_waiting_for(house.lead, 5)] == [ticket.id]
    approve(ticket, by=house.lead)
    operations.resolve(ticket, resolution=Resolution.NOT_NEEDED, by=house.helper)
    operations.reply(ticket, body="We need it after all.", by=house.user)
    assert ticket.waiting_on is WaitingOn.APPROVAL
    approve(ticket, by=house.manager)
    operations.resolve(ticket, by=house.user)
    operations.reopen(ticket, by=house.user)
    assert ticket.state is TicketState.OPEN, "everybody agreed"


def test_nobody_gives_a_word_that_is_not_theirs(house: House) -> None:
    other_lead, ticket = make_user(Role.AGENCY_LEAD), house.ask()
    for by in (house.user, other_lead, house.helper):
        with pytest.raises(NotAllowed):
            approve(ticket, by=by)
    approve(ticket, by=house.lead)
    for by in (house.lead, house.helper):
        with pytest.raises(NotAllowed):
            approve(ticket, by=by)


def test_nobody_approves_their_own_request(house: House) -> None:
    own = house.ask(make_kind(approval="team"), by=house.manager)
    written_down = house.ask(make_kind(approval="team"), by=house.manager, requester=house.user)
    for ticket in (own, written_down):
        with pytest.raises(NotAllowed, match="own request"):
            approve(ticket, by=house.manager)
        assert house.manager.id not in told("tickets.approval")
        assert list_waiting_for(house.manager, 5) == []
    approve(own, by=make_user(Role.SYSTEM_ADMIN))
    assert own.state is TicketState.OPEN


def test_work_and_state_wait_for_the_word_but_talk_goes_on(house: House) -> None:
    ticket = house.ask(OF_AGENCY)
    operations.reply(ticket, body="One more thing.", by=house.user)
    operations.reply(ticket, body="We wait for your lead.", then=Then.WAIT, by=house.helper)
    operations.set_priority(ticket, Priority.HIGH, by=house.helper)
    operations.assign(ticket, house.helper, by=house.helper)
    assert ticket.waiting_on is WaitingOn.APPROVAL
    for act in (
        lambda: operations.set_open(ticket, by=house.helper),
        lambda: operations.wait_on(ticket, WaitingOn.VENDOR, by=house.helper),
    ):
        with pytest.raises(InvalidState, match="waits for an approval"):
            act()
    operations.reply(ticket, body="Done already.", then=Then.RESOLVE, resolution=Resolution.NOT_NEEDED, by=house.helper)
    assert ticket.state is TicketState.RESOLVED
    with pytest.raises(DomainError):
        approve(ticket, by=house.lead)


def test_request_is_decided_once(house: House) -> None:
    ticket = house.ask(OF_AGENCY)
    approve(ticket, by=house.lead)
    for act in (lambda: approve(ticket, by=house.lead), lambda: refuse(ticket, reason="No.", by=house.lead)):
        with pytest.raises(InvalidState, match="waits for no approval"):
            act()
    assert [row.verdict for row in approvals.approvals_of(ticket)] == [Verdict.APPROVED]


def test_wait_that_the_team_set_by_hand_asks_for_no_word(house: House) -> None:
    ticket = house.ask(make_kind())
    operations.wait_on(ticket, WaitingOn.APPROVAL, by=house.helper)
    operations.set_open(ticket, by=house.helper)
    assert ticket.state is TicketState.OPEN


def test_steps_have_their_order() -> None:
    assert approvals.steps_of(GUARDED, {}, through_lead=True) == [Step.AGENCY, Step.TEAM]
    spared = make_kind(approval="team", spares=lambda answers: bool(answers.get("less")))
    assert [len(approvals.steps_of(spared, {"less": less}, through_lead=False)) for less in (False, True)] == [1, 0]


# Pages


def test_caseworker_sends_it_to_the_lead_with_one_click_who_sends_it_on(desk: Desk) -> None:
    with desk.work():
        agency = make_agency()
        lead, user = make_user(Role.AGENCY_LEAD, agency=agency, name="Alicia Kowalski"), make_user(agency=agency)
    visitor, leads = desk.signed_in(user), desk.signed_in(lead)
    page = visitor.get("/help/new/service_or_form")
    assert page.says("Send to my agency lead")
    assert page.says("Alicia Kowalski gets it with one click")
    data = {"subject": "Bus passes", "body": "We hand them out now.", "what": "list", "name": "Bus pass", "nonce": "a"}
    ticket = visitor.post("/help/new/service_or_form", data, follow=True)
    assert ticket.says("Waiting on approval")
    assert not ticket.says("Refuse")
    start = leads.get("/help")
    assert start.says("Waiting for your approval")
    address = start.link("Bus passes")
    assert leads.get(address).says("Agency lead")
    leads.post(f"{address}/refuse", {"body": ""}, status=422)
    assert (
        "<mark>904-555-0133</mark>" in leads.post(f"{address}/refuse", {"body": "Call 904-555-0133."}, status=422).html
    )
    visitor.get(f"{address}/refuse", status=403)
    visitor.post(f"{address}/approve", {}, status=403)
    assert leads.post(f"{address}/approve", {}, follow=True).says("You approved this.")
    assert not leads.get("/help").says("Waiting for your approval")
    assert visitor.get(address).says("approved this for the agency")
    leads.get(f"{address}/refuse", status=409)


def test_reason_that_needs_client_data_goes_to_the_redactors(desk: Desk) -> None:
    with desk.work():
        lead = make_user(Role.AGENCY_LEAD)
        ticket = make_ticket(make_user(agency=lead.agency), kind=OF_AGENCY)
    sent = {"body": "It is 219-09-9999.", "to_redactors": "y", "nonce": "a"}
    page = desk.signed_in(lead).post(f"/tickets/{ticket.id}/refuse", sent, follow=True)
    assert page.says("refused this for the agency")
    assert not page.says("219-09-9999")


def test_work_screen_opens_with_the_approval(desk: Desk) -> None:
    with desk.work():
        lead, manager = make_user(Role.AGENCY_LEAD), make_user(Role.MANAGER)
        kind = next(k for f in desk.app.extensions["features"].features for k in f.request_types if k.code == "A1")
        ticket = make_ticket(lead, kind=kind, answers={"person": "Ben Turner"})
    visitor = desk.signed_in(manager)
    page = visitor.get(f"/tickets/{ticket.id}")
    assert not page.says("See how it stands")
    visitor.post(f"/tickets/{ticket.id}/approve", {})
    assert visitor.get(f"/tickets/{ticket.id}").says("See how it stands")


def test_list_of_who_may_ask_is_kept_by_the_agencys_lead(desk: Desk) -> None:
    with desk.work():
        agency = make_agency()
        lead, user = (
            make_user(Role.AGENCY_LEAD, agency=agency),
            make_user(agency=agency, username="ben", name="Ben Turner"),
        )
    visitor, url = desk.signed_in(lead), f"/tickets/requesters/{agency.id}"
    assert visitor.get(f"/agencies/{agency.id}").link("Change") == url
    page = visitor.post(url, {"person": "ben", "request_type": "merge_clients"}, follow=True)
    assert page.says("Ben Turner")
    assert page.says("A client is in twice")
    visitor.post(url, {"person": "nobody", "request_type": "merge_clients"}, status=422)
    visitor.post(url, {"person": "ben", "request_type": "nonsense"}, status=422)
    assert desk.signed_in(user).get("/help/new/merge_clients").says("Send request")
    with desk.look():
        (named,) = named_at(agency)
    visitor.post(f"{url}/{named.id}/remove", {})
    visitor.post(f"{url}/{named.id}/remove", {}, status=404)
    with desk.work():
        stranger = make_user(Role.AGENCY_LEAD)
    desk.signed_in(stranger).get(url, status=404)


def test_who_is_asked_is_reminded_and_the_team_hears_of_an_agency_that_says_nothing(house: House) -> None:
    friday = datetime(2026, 3, 6, 15, tzinfo=UTC)
    with clock.frozen_at(friday):
        ticket = house.ask()

    def look_on(day: int) -> tuple[int, int]:
        """Return how many mails the lead and the HMIS lead have had of it by that day of March."""
        with clock.frozen_at(datetime(2026, 3, day, 15, tzinfo=UTC)):
            while remind_approvers():
                pass
        mails = Counter(
            tuple(row) for row in db.session.execute(select(OutboxMessage.kind, OutboxMessage.recipient_id))
        )
        return mails["tickets.approval", house.lead.id], mails["tickets.approval_late", house.manager.id]

    assert [look_on(day) for day in (9, 11, 11, 13, 14, 20, 21)] == [
        (1, 0),
        (2, 0),
        (2, 0),
        (2, 0),
        (3, 1),
        (3, 1),
        (4, 2),
    ]
    assert look_on(31) == (4, 2), "it has an end"
    (asked,) = [row.id for row in approvals.approvals_of(ticket) if row.step is Step.AGENCY]
    mail = {"to_id": house.lead.id, "ticket_id": ticket.id, "approval_id": asked, "reminder": 1}
    assert "still waits" in str(emails.approval(**mail))
    approve(ticket, by=house.lead)
    assert emails.approval(**mail) is emails.approval_late(**mail) is None, "said meanwhile"


def test_team_hears_at_once_of_an_agency_where_nobody_may_say_it(house: House) -> None:
    with clock.frozen_at(clock.now() - timedelta(days=8)):
        house.ask(OF_AGENCY)
        house.lead.may_sign_in = False
    remind_approvers()
    assert house.manager.id in told("tickets.approval_late")


def test_clock_of_an_approved_request_starts_with_the_approval(house: House) -> None:
    asked = clock.now()
    with clock.frozen_at(asked):
        ticket = house.ask()
        assert ticket.due_at is None
    with clock.frozen_at(asked + timedelta(days=3)):
        approve(ticket, by=house.lead)
        assert ticket.due_at is None, "one of two agreed"
        approve(ticket, by=house.manager)
        asked_now = house.ask(make_kind(key="merge_clients"))
    assert ticket.due_at == asked_now.due_at is not None
