"""What is asked for by ticket and done here: the ticket tells the story and resolves itself."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from accounts.models import Account, AccountState
from accounts.request_forms import DeactivateForm, LockedOutForm, NewAccountForm, ParticularsForm
from accounts.request_types import ACCESS, DEACTIVATE, LOCKED_OUT, NEW_ACCOUNT, REQUEST_TYPES
from adminops import clock
from adminops.app import AdminOps
from adminops.feature import RequestType
from adminops.identity.models import User
from adminops.identity.permissions import Permission, Role
from adminops.web.forms import Form
from tests.accounts.mailing import link_in, mails_to
from tests.browsing import Desk, Visitor
from tests.make import make_agency, make_user
from tests.make_accounts import make_account
from tests.make_tickets import make_ticket, sent_by
from tickets.deciding import approve
from tickets.models import Ticket, TicketState
from tickets.sending import Words, plan_reply
from tickets.tagging import tag

NEW = "marble bicycle thunder spoon"


def _agent(desk: Desk, role: Role = Role.HELP_DESK) -> Visitor:
    with desk.work():
        user = make_account(role).user
    return desk.signed_in(user)


def _file(desk: Desk, by: Account, request_type: RequestType, **answers: Any) -> Ticket:
    with desk.work() as session:
        return make_ticket(session.get_one(User, by.user_id), kind=request_type, answers=answers)


def _approve(desk: Desk, ticket: Ticket) -> None:
    with desk.work() as session:
        approve(session.get_one(Ticket, ticket.id), by=make_user(Role.MANAGER))


def _work(agent: Visitor, ticket: Ticket, label: str) -> str:
    return agent.get(f"/tickets/{ticket.id}").link(label)


def _state(desk: Desk, ticket: Ticket) -> TicketState:
    with desk.look() as session:
        return session.get_one(Ticket, ticket.id).state


def test_locked_out_person_gets_in_and_the_ticket_resolves_itself(desk: Desk) -> None:
    with desk.work():
        account = make_account(password=True, email="ben@example.org")
    ticket, agent = _file(desk, account, LOCKED_OUT, username="", screen="locked"), _agent(desk)
    assert ticket.priority.value == "high"
    identity = _work(agent, ticket, "Reset the password")
    assert agent.get(identity).says(account.user.name)
    agent.post(identity, {}, status=422)
    told = agent.post(identity, {"proof": "called_back"}, follow=True)
    assert told.says("The person can get in again, or has a link in the mail.")
    assert told.says("started a password reset")
    assert _state(desk, ticket) in (TicketState.NEW, TicketState.OPEN), "it is not done before the person is in"
    mail = next(m for m in mails_to(desk, "ben@example.org") if "/reset/" in m.text)
    person = desk.visitor()
    person.post(link_in(mail), {"password": NEW, "again": NEW})
    person.post("/sign-in", {"username": account.user.username, "password": NEW})
    assert _state(desk, ticket) is TicketState.RESOLVED
    assert agent.get(f"/tickets/{ticket.id}").says("set a new password")


def test_page_with_work_to_do_costs_few_statements_also_with_tags_and_an_answer_to_come(
    desk: Desk, counted: Callable[[], int]
) -> None:
    with desk.work():
        account = make_account(password=True)
    ticket, agent = _file(desk, account, LOCKED_OUT, username="", screen="locked"), _agent(desk)
    with desk.work() as session:
        stored, colleague = session.get_one(Ticket, ticket.id), make_user(Role.HELP_DESK, name="Tomás Lindqvist")
        for name in ("print", "training"):
            tag(stored, name=name, by=colleague)
        plan_reply(stored, Words(body="Look for a mail."), at=clock.now() + timedelta(hours=1), by=colleague)
    counted()
    page = agent.get(f"/tickets/{ticket.id}")
    assert counted() <= 12
    for words in ("An answer of Tomás Lindqvist goes out", "Reset the password", "print", "training"):
        assert page.says(words), words


def test_named_user_is_the_one_whose_password_is_reset(desk: Desk) -> None:
    with desk.work():
        requester, named = make_account(), make_account(name="Named Person")
    ticket, agent = (
        _file(desk, requester, LOCKED_OUT, username=named.user.username.upper(), screen="other"),
        _agent(desk),
    )
    assert agent.get(_work(agent, ticket, "Reset the password")).says("Named Person")


@pytest.mark.parametrize("username", ["nobody", "%", "x" * 200, "💡"])
def test_unknown_name_offers_no_reset(desk: Desk, username: str) -> None:
    with desk.work():
        requester = make_account()
    ticket, agent = _file(desk, requester, LOCKED_OUT, username=username, screen="other"), _agent(desk)
    assert not agent.get(f"/tickets/{ticket.id}").says("Reset the password")


def test_new_colleague_is_created_from_the_ticket_which_then_resolves(desk: Desk) -> None:
    with desk.work():
        agency = make_agency()
        lead = make_account(Role.AGENCY_LEAD, agency=agency)
    answers = {"person": "Ben Turner", "work_email": "ben@harbor.example.org"}
    ticket, admin = _file(desk, lead, NEW_ACCOUNT, **answers), _agent(desk, Role.SYSTEM_ADMIN)
    _approve(desk, ticket)
    work = _work(admin, ticket, "See how it stands")
    assert admin.get(work).says("When this is done, it says so on")
    form = {"name": "Ben Turner", "email": "ben@example.org", "username": "ben", "role": "end_user"}
    admin.post(work, {**form, "agency": str(agency.id)})
    assert _state(desk, ticket) is TicketState.RESOLVED


def test_leaver_is_disabled_from_the_ticket_which_then_resolves(desk: Desk) -> None:
    with desk.work():
        agency = make_agency()
        lead, leaver = make_account(Role.AGENCY_LEAD, agency=agency), make_account(agency=agency)
    ticket, admin = _file(desk, lead, DEACTIVATE, username=leaver.user.username), _agent(desk, Role.SYSTEM_ADMIN)
    admin.post(_work(admin, ticket, "Close the account"), {"reason": "left"})
    with desk.look() as session:
        assert session.get_one(Account, leaver.id).state is AccountState.DISABLED
    assert _state(desk, ticket) is TicketState.RESOLVED
    told = desk.signed_in(lead.user).get(f"/tickets/{ticket.id}")
    assert told.says("disabled")


def test_change_leads_to_the_person_and_an_unknown_name_to_the_list(desk: Desk) -> None:
    with desk.work():
        lead, away = make_account(Role.AGENCY_LEAD), make_account()
    admin = _agent(desk, Role.SYSTEM_ADMIN)
    known = _file(desk, lead, ACCESS, wanted="role", username=away.user.username)
    unknown = _file(desk, lead, DEACTIVATE, username="nobody")
    _approve(desk, known)
    assert _work(admin, known, "See how it stands") == f"/accounts/{away.id}?ticket={known.id}"
    assert _work(admin, unknown, "Close the account") == "/accounts"


def test_who_may_ask_for_what() -> None:
    assert (LOCKED_OUT.key, LOCKED_OUT.priority, LOCKED_OUT.target_hours) == ("locked_out", "high", 8)
    assert LOCKED_OUT.audience is None
    assert {kind.audience for kind in REQUEST_TYPES[1:]} == {Permission.REQUEST_FOR_AGENCY}


JOINS = {
    "person": "Ben Turner",
    "work_email": "ben@harbor.example.org",
    "employment": "staff",
    "on": "2026-11-30",
    "role": "direct",
    "had_login": "no",
}
LEAVES = {"username": "ben", "on": "2026-11-30", "at": "17:00", "why": "left", "seat": "keep"}
CHANGES = {"what": "lead", "username": "ben", "on": "2026-11-30", "signer": "Alicia Kowalski"}


@pytest.mark.parametrize(
    ("form", "data", "field"),
    [
        (NewAccountForm, JOINS, ""),
        (NewAccountForm, {**JOINS, "work_email": "no address"}, "work_email"),
        (NewAccountForm, {**JOINS, "work_email": "ben.turner@GMail.com"}, "work_email"),
        (NewAccountForm, {**JOINS, "person": " "}, "person"),
        (NewAccountForm, {**JOINS, "role": "king"}, "role"),
        (NewAccountForm, {**JOINS, "on": "yesterday"}, "on"),
        (NewAccountForm, {**JOINS, "had_login": "yes"}, "old_login"),
        (NewAccountForm, {**JOINS, "had_login": "yes", "old_login": "Duval, bturner"}, ""),
        (NewAccountForm, {**JOINS, "replaces": "nobody"}, "replaces"),
        (DeactivateForm, LEAVES, ""),
        (DeactivateForm, {**LEAVES, "username": "BEN "}, ""),
        (DeactivateForm, {**LEAVES, "username": " "}, "username"),
        (DeactivateForm, {**LEAVES, "username": "stranger"}, "username"),
        (DeactivateForm, {**LEAVES, "at": "25:00"}, "at"),
        (ParticularsForm, CHANGES, ""),
        (ParticularsForm, {**CHANGES, "signer": ""}, "signer"),
        (ParticularsForm, {**CHANGES, "what": "name"}, "new_value"),
        (ParticularsForm, {**CHANGES, "instead_of": "stranger"}, "instead_of"),
    ],
)
def test_staff_request_asks_for_what_the_work_needs(
    session: Session, app: AdminOps, form: type[Form], data: dict[str, str], field: str
) -> None:
    agency = make_agency()
    lead = make_user(Role.AGENCY_LEAD, agency=agency)
    make_user(agency=agency, username="ben")
    make_user(username="stranger")
    with sent_by(app, lead, data):
        filled = form(meta={"csrf": False})
        assert filled.validate() is not bool(field)
        assert list(filled.errors) == ([field] if field else [])


def test_locked_out_form_tells_of_the_way_without_a_ticket(sqlite_desk: Desk) -> None:
    with sqlite_desk.app.test_request_context("/"):
        form = LockedOutForm(meta={"csrf": False})
    assert "Forgot your password?" in form.username.description


def test_ticket_without_answers_is_about_its_requester(desk: Desk) -> None:
    with desk.work():
        account = make_account()
    ticket, agent = _file(desk, account, LOCKED_OUT), _agent(desk)
    assert agent.get(_work(agent, ticket, "Reset the password")).says(account.user.name)
