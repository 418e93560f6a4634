"""Requests for accounts: the gates, who meets and waives them, and the way from the ticket to the first sign-in."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.agreements.models import AgreementText, SigningLink
from accounts.agreements.operations import publish_text, sign
from accounts.agreements.queries import current_text, signed_by, today
from accounts.jobs import review_requests
from accounts.licenses.operations import open_period
from accounts.models import Account, AccountState, DisabledReason
from accounts.operations import archive_account, disable_account, finish_password_reset
from accounts.operations.links import open_link
from accounts.request_types import NEW_ACCOUNT
from accounts.requests import words
from accounts.requests.kinds import GateKind
from accounts.requests.models import AccountRequest, GateState, RequestState
from accounts.requests.queries import of_ticket
from adminops import clock
from adminops.errors import Conflict, Invalid, InvalidState, NotAllowed
from adminops.identity.models import SYSTEM, Agency, User
from adminops.identity.permissions import Role
from adminops.settings import current_settings
from tests.accounts.mailing import link_in, mails_to
from tests.agencies.test_agreements import make_mou
from tests.browsing import Desk
from tests.make import make_admin, make_agency, make_user
from tests.make_accounts import make_account
from tests.make_tickets import make_ticket
from tests.make_training import make_class, make_course
from tickets.deciding import approve, refuse
from tickets.models import Ticket, TicketState
from tickets.operations import reopen, resolve
from training.models import LearnerState
from training.operations import mark_attendance, sign_up_somebody

G, S, R = GateKind, AccountState, RequestState
PASSWORD = "brass kettle under the pear tree"
TEXT = "I keep what I learn of clients to myself, use my own password only, and report what goes wrong at once. " * 3
ASKED = {
    "person": "Imani Brooks",
    "work_email": "imani@harbor.example.org",
    "job_title": "Intake worker",
    "employment": "staff",
    "on": "2026-11-30",
    "role": "direct",
    "had_login": "no",
    "background_check": True,
}


def _ask(lead: User, **over: Any) -> tuple[Ticket, AccountRequest]:
    ticket = make_ticket(lead, kind=NEW_ACCOUNT, answers={**ASKED, **over})
    asked = of_ticket(ticket.ref)
    assert asked is not None
    return ticket, asked


def _gates(asked: AccountRequest) -> Mapping[GateKind, GateState]:
    return {gate.kind: gate.state for gate in asked.gates}


def _missing(asked: AccountRequest) -> set[GateKind]:
    return {gate.kind for gate in asked.open_gates}


def _publish() -> AgreementText:
    return publish_text(TEXT, valid_days=365, for_everybody=False, by=SYSTEM)


def _seats(agency: Agency, seats: int) -> None:
    day = today()
    open_period(agency, first_on=day, last_on=day + timedelta(days=300), price_cents=22_500, seats=seats, by=SYSTEM)


def _all_but(asked: AccountRequest, ticket: Ticket, *left: GateKind) -> None:
    """See to everything that an account needs but `left`."""
    agency = asked.agency
    if G.MOU not in left:
        make_mou(agency)
    if G.SEAT not in left:
        _seats(agency, 1)
    if G.AGREEMENT not in left:
        sign(asked.account, current_text() or _publish(), typed_name="Imani Brooks", by=asked.account.user)
    if G.APPROVAL not in left:
        approve(ticket, by=make_user(Role.MANAGER))


def test_account_opens_by_itself_when_the_last_thing_is_there_and_the_ticket_with_it(session: Session) -> None:
    lead, course = make_user(Role.AGENCY_LEAD), make_course(is_required=True, valid_months=12)
    ticket, asked = _ask(lead)
    account = asked.account
    assert (account.state, account.user.may_sign_in, account.user.username) == (S.REQUESTED, False, "imani.brooks")
    assert _missing(asked) == {G.MOU, G.SEAT, G.AGREEMENT, G.TRAINING, G.APPROVAL}
    assert asked.gate(G.TRAINING).says == f"Missing: {course.title}"  # type: ignore[union-attr]
    _all_but(asked, ticket, G.TRAINING)
    assert _missing(asked) == {G.TRAINING}
    offering = make_class(course, in_days=-1)
    trainer = make_user(Role.TRAINER)
    sign_up_somebody(offering, account.user, by=trainer)
    mark_attendance(offering, account.user, LearnerState.ATTENDED, by=trainer)
    assert (asked.state, account.state) == (R.DONE, S.INVITED)
    link = open_link(account)
    assert link is not None
    assert ticket.state is TicketState.OPEN, "it is not done before the person is in"
    finish_password_reset(link, PASSWORD, by=account.user)
    assert (account.state, ticket.state) == (S.ACTIVE, TicketState.RESOLVED)


def test_gate_that_was_met_and_lapses_is_open_again_until_the_account_is_approved(session: Session) -> None:
    lead = make_user(Role.AGENCY_LEAD)
    ticket, asked = _ask(lead)
    _all_but(asked, ticket, G.APPROVAL)
    assert _missing(asked) == {G.APPROVAL}
    taken = make_account(agency=asked.agency)
    review_requests()
    assert _missing(asked) == {G.SEAT, G.APPROVAL}
    approve(ticket, by=make_user(Role.MANAGER))
    assert asked.account.state is S.REQUESTED, "without a seat nobody begins"
    disable_account(taken, DisabledReason.LEFT, by=SYSTEM)
    review_requests()
    assert (asked.state, asked.account.state) == (R.DONE, S.INVITED)


def test_e3_nobody_waives_or_confirms_for_themselves_and_words_of_people_are_never_waived(session: Session) -> None:
    agency = make_agency()
    lead, boss = make_user(Role.AGENCY_LEAD, agency=agency), make_user(agency=agency, username="boss")
    ticket, asked = _ask(lead, supervisor="boss", background_check=False)
    assert {G.SUPERVISOR, G.BACKGROUND} <= _missing(asked)
    manager = make_user(Role.MANAGER)
    for stranger in (make_user(Role.AGENCY_LEAD), make_user(agency=agency), asked.account.user):
        with pytest.raises(NotAllowed):
            words.give_word(asked, G.SUPERVISOR, by=stranger)
        with pytest.raises(NotAllowed):
            words.give_word(asked, G.BACKGROUND, proven_on=today(), by=stranger)
        with pytest.raises(NotAllowed):
            words.waive_gate(asked, G.MOU, reason="x", by=stranger)
    with pytest.raises(NotAllowed):
        words.waive_gate(asked, G.MOU, reason="x", by=make_admin())
    for kind in (G.APPROVAL, G.AUTHORITY):
        with pytest.raises(NotAllowed, match="somebody has to say it"):
            words.waive_gate(asked, kind, reason="x", by=manager)
    with pytest.raises(Invalid, match="Say why"):
        words.waive_gate(asked, G.MOU, reason=" ", by=manager)
    words.give_word(asked, G.SUPERVISOR, by=boss)
    with pytest.raises(InvalidState, match="met already"):
        words.give_word(asked, G.SUPERVISOR, by=boss)
    with pytest.raises(Invalid, match="not come yet"):
        words.give_word(asked, G.BACKGROUND, proven_on=today() + timedelta(days=1), by=lead)
    words.give_word(asked, G.BACKGROUND, proven_on=today(), by=lead)
    for kind in (G.MOU, G.SEAT, G.AGREEMENT):
        words.waive_gate(asked, kind, reason="The paper is with the director", by=manager)
    assert _gates(asked)[G.SEAT] is GateState.WAIVED
    assert asked.gate(G.MOU).by is manager  # type: ignore[union-attr]
    approve(ticket, by=manager)
    assert asked.account.state is S.INVITED


def test_who_may_not_ask_writes_it_for_the_lead_and_nobody_is_mailed_before(session: Session) -> None:
    agency = make_agency()
    lead, worker = make_user(Role.AGENCY_LEAD, agency=agency), make_user(agency=agency)
    ticket, asked = _ask(worker)
    assert {G.AUTHORITY, G.SUPERVISOR, G.BACKGROUND} <= _missing(asked)
    assert session.scalar(select(SigningLink.id)) is None
    with pytest.raises(InvalidState, match="send the request on first"):
        words.send_link_again(asked, by=lead)
    approve(ticket, by=lead)
    assert {G.AUTHORITY, G.SUPERVISOR} & _missing(asked) == set()
    assert session.scalar(select(SigningLink.id)) is not None


def test_request_that_is_refused_or_taken_back_leaves_an_account_that_can_do_nothing(session: Session) -> None:
    lead = make_user(Role.AGENCY_LEAD)
    for number, end in enumerate((lambda t: refuse(t, reason="No such office.", by=make_user(Role.MANAGER)), None)):
        ticket, asked = _ask(lead, work_email=f"imani{number}@harbor.example.org")
        (end or (lambda t: resolve(t, by=lead)))(ticket)
        assert asked.state is (R.REFUSED if end else R.WITHDRAWN)
        assert (asked.account.state, asked.account.user.roles) == (S.ARCHIVED, [])
        with pytest.raises(InvalidState):
            words.give_word(asked, G.SUPERVISOR, by=lead)
    reopen(ticket, by=lead)
    assert (asked.state, asked.account.state) == (R.WAITING, S.REQUESTED)
    assert _gates(asked)[G.BACKGROUND] is GateState.MET, "what was proven counts again"


def test_request_without_progress_is_reminded_of_and_ends_after_fifteen_days(session: Session) -> None:
    lead = make_user(Role.AGENCY_LEAD)
    ticket, asked = _ask(lead)
    account, begun = asked.account, asked.moved_at
    for days, state in ((14, R.WAITING), (15, R.EXPIRED)):
        with clock.frozen_at(begun + timedelta(days=days)):
            review_requests()
            assert asked.state is state
    assert (account.state, ticket.state, account.user.roles) == (S.ARCHIVED, TicketState.RESOLVED, [])
    ticket, again = _ask(lead)
    assert again.account is account, "who is asked for again has the account of before"
    with clock.frozen_at(begun + timedelta(days=14)):
        make_mou(again.agency)
    with clock.frozen_at(begun + timedelta(days=20)):
        review_requests()
        assert again.state is R.WAITING, "something has happened since"


def test_who_was_closed_for_a_security_concern_does_not_come_back_by_a_request(session: Session) -> None:
    lead, admin = make_user(Role.AGENCY_LEAD), make_admin()
    account = make_account(agency=lead.agency)
    account.user.email = ASKED["work_email"]
    disable_account(account, reason=DisabledReason.SECURITY, by=admin)
    archive_account(account, by=admin)
    with pytest.raises(Conflict) as refused:
        _ask(lead)
    assert "security" not in refused.value.sentence.casefold()
    assert [hold.kind.value for hold in account.open_holds] == ["security"]


def test_a7_who_comes_back_gets_the_account_of_before_and_what_held_it_is_over(session: Session) -> None:
    lead = make_user(Role.AGENCY_LEAD)
    agency = lead.agency
    before = make_account(agency=agency, email="imani@harbor.example.org", name="Imani Brooks", password=True)
    with pytest.raises(Conflict) as refused:
        _ask(lead)
    assert refused.value.field == "work_email"
    disable_account(before, DisabledReason.LEFT, by=SYSTEM)
    archive_account(before, by=SYSTEM)
    ticket, asked = _ask(lead)
    assert (asked.account, before.user.password_hash) == (before, "")
    _all_but(asked, ticket)
    assert (before.state, before.open_holds) == (S.INVITED, [])


def test_gates_are_those_of_the_settings(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(current_settings().__dict__, "account_gates", "mou")
    ticket, asked = _ask(make_user(Role.AGENCY_LEAD), role="lead")
    assert set(_gates(asked)) == {G.AUTHORITY, G.MOU, G.APPROVAL, G.GRANT}
    make_mou(asked.agency)
    approve(ticket, by=make_user(Role.MANAGER))
    assert _missing(asked) == {G.GRANT}, "who begins with a higher role is given it as the last word"
    words.give_word(asked, G.GRANT, by=make_admin())
    assert asked.account.state is S.INVITED
    assert asked.account.user.roles == [Role.END_USER, Role.AGENCY_LEAD]


def test_names_make_user_names_and_wrong_particulars_are_refused_at_their_field(session: Session) -> None:
    lead = make_user(Role.AGENCY_LEAD)
    names = ["José Ángel Núñez", "Jose Nunez", "李 小龙"]
    made = [_ask(lead, person=name, work_email=f"p{n}@a.example.org")[1] for n, name in enumerate(names)]
    assert [asked.account.user.username for asked in made] == ["jose.nunez", "jose.nunez2", "person"]
    with pytest.raises(Invalid) as refused:
        _ask(lead, work_email="no address")
    assert refused.value.field == "work_email"


def test_signature_counts_until_its_day_and_thirty_days_once_everybody_signs_anew(session: Session) -> None:
    account = make_account(name="Ben Turner")
    user = account.user
    with pytest.raises(NotAllowed):
        publish_text(TEXT, valid_days=365, for_everybody=False, by=make_admin())
    first = _publish()
    with pytest.raises(Invalid, match="as it is on record: Ben Turner"):
        sign(account, first, typed_name="B. Turner", by=user)
    with pytest.raises(NotAllowed):
        sign(account, first, typed_name="Ben Turner", by=make_user())
    signed = sign(account, first, typed_name=" ben  TURNER ", by=user)
    assert sign(account, first, typed_name="Ben Turner", by=user).id == signed.id
    assert signed_by(account.id).until == today() + timedelta(days=364)  # type: ignore[union-attr]
    publish_text(TEXT + "More.", valid_days=90, for_everybody=True, by=SYSTEM)
    found = signed_by(account.id)
    assert found is not None
    assert (found.until, found.standing_on(today())) == (today() + timedelta(days=30), "soon")
    with pytest.raises(Conflict, match="newer version"):
        sign(account, first, typed_name="Ben Turner", by=user)
    signed.typed_name = "Somebody Else"
    with pytest.raises(ValueError, match="never change"):
        session.flush()
    session.rollback()


@pytest.mark.usefixtures("session")
def test_who_signs_two_versions_on_one_day_has_signed_the_newer() -> None:
    account = make_account()
    for _ in range(2):
        sign(account, _publish(), typed_name=account.user.name, by=account.user)
    found = signed_by(account.id)
    assert found is not None
    assert found.version == 2


def test_newcomer_signs_by_the_link_of_the_mail_and_the_lead_sees_what_is_missing(desk: Desk) -> None:
    with desk.work():
        agency, manager = make_agency(), make_user(Role.MANAGER)
        lead, other = make_user(Role.AGENCY_LEAD, agency=agency), make_user(Role.AGENCY_LEAD)
        boss = make_user(agency=agency, username="boss", email="boss@example.org")
        _publish()
        _seats(agency, 2)
    leads = desk.signed_in(lead)
    sent = {**ASKED, "subject": "New case manager", "body": "Starts on Monday.", "supervisor": "boss"}
    sent = {**sent, "background_check": "", "program": "other"}
    refused = leads.post("/help/new/new_account", {**sent, "work_email": boss.email}, status=422)
    assert refused.says("has an account, or one is asked for")
    leads.post("/help/new/new_account", sent)
    listed = leads.get("/accounts/requests")
    assert listed.says("3 of 8")
    url = listed.link("Imani Brooks")
    page = leads.get(url)
    assert page.says("No agreement of the agency is on record.")
    assert page.says(f"{boss.name} has to confirm it on this page.")
    desk.signed_in(other).get(url, status=404)
    assert "/accounts/requests" in mails_to(desk, "boss@example.org")[-1].text
    bosses = desk.signed_in(boss)
    assert bosses.get(f"{url}/words/supervisor").says("under your supervision")
    assert bosses.post(f"{url}/words/supervisor", follow=True).says("it is noted")
    bosses.get(f"{url}/words/background", status=403)
    leads.post(f"{url}/words/background", {"proven_on": ""}, status=422)
    leads.get(f"{url}/words/approval", status=404)
    shown = leads.post(f"{url}/words/background", {"proven_on": "2026-01-05"}, follow=True)
    assert shown.says("on 5 Jan 2026")
    leads.get(f"{url}/waive/mou", status=403)
    managers = desk.signed_in(manager)
    managers.get(f"{url}/waive/nothing", status=404)
    managers.post(f"{url}/waive/mou", {"reason": ""}, status=422)
    assert managers.post(f"{url}/waive/mou", {"reason": "Being signed"}, follow=True).says("Waived by")
    first = _link(desk)
    leads.post(f"{url}/agreement", follow=True)
    newcomer, link = desk.visitor(), _link(desk)
    newcomer.get(first, status=404)
    assert newcomer.get(link).says("I keep what I learn of clients to myself")
    assert newcomer.get(link).response.headers["Referrer-Policy"] == "no-referrer"
    newcomer.post(link, {"typed_name": "Imani Brooks"}, status=422)
    newcomer.post(link, {"read": "y", "typed_name": "Somebody"}, status=422)
    thanks = newcomer.post(link, {"read": "y", "typed_name": "Imani Brooks"}, follow=True)
    assert thanks.says("this is still missing: The HMIS lead approves")
    with desk.work() as session:
        ticket = session.scalars(select(Ticket)).one()
        approve(ticket, by=session.get_one(User, manager.id))
    assert leads.get(url).says("Nothing is missing.")
    newcomer.get(link, status=404)
    choose = link_in(mails_to(desk, ASKED["work_email"])[-1])  # type: ignore[arg-type]
    desk.visitor().post(choose, {"password": PASSWORD, "again": PASSWORD}, follow=True)
    with desk.look() as session:
        account = session.scalars(select(Account).where(Account.state == S.ACTIVE)).one()
        assert session.scalars(select(Ticket.state)).one() is TicketState.RESOLVED
    assert desk.signed_in(account.user).get("/me").says("You signed version 1")


def _link(desk: Desk) -> str:
    mail = [mail for mail in mails_to(desk, str(ASKED["work_email"])) if "/agreement/" in mail.text][-1]
    found = re.search(r"https?://[^/]+(/agreement/\S+)", mail.text)
    assert found
    return found.group(1)


def test_manager_publishes_the_agreement_and_people_sign_it_on_their_page(desk: Desk, counted: Any) -> None:
    with desk.work():
        manager, account = make_user(Role.MANAGER), make_account(name="Ben Turner")
        admin = make_admin()
    managers, bens = desk.signed_in(manager), desk.signed_in(account.user)
    bens.get("/me/agreement", status=404)
    desk.signed_in(admin).get("/accounts/agreement", status=403)
    assert managers.get("/accounts/agreement").says("Nothing is published yet")
    managers.post("/accounts/agreement", {"body": "Too short", "valid_days": "365"}, status=422)
    managers.post("/accounts/agreement", {"body": TEXT, "valid_days": "0"}, status=422)
    managers.post("/accounts/agreement", {"body": TEXT, "valid_days": "365"})
    assert bens.get("/me").says("You have not signed it here yet.")
    bens.post("/me/agreement", {"read": "y", "typed_name": "Ben"}, status=422)
    assert bens.post("/me/agreement", {"read": "y", "typed_name": "ben turner"}, follow=True).says(
        "You signed version 1"
    )
    assert managers.get("/accounts/agreement").says("1 of 1 people")
    with desk.work() as session:
        ids = [_ask(make_user(Role.AGENCY_LEAD), work_email=f"p{n}@a.example.org")[1].id for n in range(2)]
        assert session.get_one(AccountRequest, ids[0]).account.state is S.REQUESTED
    for url in (f"/accounts/requests/{ids[0]}", "/accounts/requests", "/accounts/requests?state=all"):
        counted()
        managers.get(url)
        assert counted() <= 12, url
