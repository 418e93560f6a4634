"""What is asked for of accounts that are there: the gates of each kind, what is carried out, and who is told."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from accounts.agreements.operations import publish_text, sign
from accounts.agreements.queries import current_text, today
from accounts.jobs import review_requests, settle
from accounts.ladders.models import AccountPolicy, PolicyScope, PolicyState
from accounts.ladders.values import OFFERED, PolicyKind
from accounts.leaving.operations import report_leaver
from accounts.leaving.queries import of_account
from accounts.licenses.operations import open_period
from accounts.licenses.queries import seats_of as license_seats
from accounts.lost_steps.models import Proof
from accounts.lost_steps.operations import agree_to_lost_step
from accounts.lost_steps.queries import waiting_of
from accounts.models import Account, AccountState, DisabledReason, HoldKind
from accounts.operations import archive_account, disable_account, limit_account, place_hold, release_hold
from accounts.queries import find_account
from accounts.request_types import (
    ACCESS,
    ASSESSOR,
    DEACTIVATE,
    LICENSE,
    LOCKED_OUT,
    NEW_ACCOUNT,
    PARTICULARS,
    REACTIVATE,
    TRANSFER,
)
from accounts.requests import words
from accounts.requests.kinds import GATES, NEVER_WAIVED, OF_THE_WORLD, SETTABLE, SPOKEN, GateKind, RequestKind
from accounts.requests.models import AccountRequest, RequestState
from accounts.requests.queries import find_request, of_ticket
from accounts.seats.models import AccountSeat
from accounts.seats.operations import end_seat
from accounts.setup.models import SetupSheet
from accounts.setup.operations import tick_step
from adminops import clock
from adminops.audit.models import AuditEntry
from adminops.errors import Conflict, Invalid, InvalidState, NotAllowed
from adminops.feature import RequestType
from adminops.identity.models import SYSTEM, Agency, User, UserSession
from adminops.identity.permissions import Permission, Role
from adminops.identity.sessions import start_session
from adminops.outbox.models import OutboxMessage
from adminops.settings import current_settings
from tests.agencies.test_agreements import make_mou
from tests.browsing import Desk
from tests.identity.test_second_step import _with_app
from tests.make import make_admin, make_agency, make_user
from tests.make_accounts import make_account
from tests.make_tickets import make_ticket
from tests.make_training import make_class, make_course
from tickets.authority import Designation, name_requester
from tickets.deciding import approve, refuse
from tickets.models import Ticket, TicketState, WaitingOn
from training.models import LearnerState
from training.operations import mark_attendance, sign_up_somebody

G, K, R, S = GateKind, RequestKind, RequestState, AccountState
TEXT = "I keep what I learn of clients to myself, use my own password only, and report what goes wrong at once. " * 3


@pytest.fixture(autouse=True)
def few_gates(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Ask for no more than the words of people, where a test is not about what the settings ask for."""
    if "session" in request.fixturenames:
        request.getfixturevalue("session")
        monkeypatch.setitem(current_settings().__dict__, "account_gates", "none")


def _all_gates(monkeypatch: pytest.MonkeyPatch) -> None:
    names = " ".join(kind.value for kind in SETTABLE)
    monkeypatch.setitem(current_settings().__dict__, "account_gates", names)


def _ask(by: User, kind: RequestType, account: Account | None, **answers: Any) -> tuple[Ticket, AccountRequest]:
    named = {"username": account.user.username} if account else {}
    ticket = make_ticket(by, kind=kind, answers={**named, "on": today().isoformat(), **answers})
    asked = of_ticket(ticket.ref)
    assert asked is not None
    return ticket, asked


def _missing(asked: AccountRequest) -> list[GateKind]:
    return [gate.kind for gate in asked.open_gates]


def _house() -> tuple[Agency, User, Account]:
    agency = make_agency()
    return agency, make_user(Role.AGENCY_LEAD, agency=agency), make_account(agency=agency)


def _ready(agency: Agency, account: Account, *, seats: int = 5) -> None:
    """Let agreement, seats and signature of an agency and a person be there."""
    make_mou(agency)
    day = today()
    open_period(agency, first_on=day, last_on=day + timedelta(days=300), price_cents=22_500, seats=seats, by=SYSTEM)
    text = current_text() or publish_text(TEXT, valid_days=365, for_everybody=False, by=SYSTEM)
    sign(account, text, typed_name=account.user.name, by=account.user)


def _living(user: User, session: Session) -> int:
    return len(
        session.scalars(select(UserSession).where(UserSession.user_id == user.id, UserSession.ended_at.is_(None))).all()
    )


def _enter(asked: AccountRequest, session: Session) -> None:
    """Tick off what is to be entered in the HMIS for a request."""
    chosen = select(SetupSheet).where(SetupSheet.account_id == asked.account_id, SetupSheet.finished_at.is_(None))
    sheet, admin = session.scalars(chosen).one(), make_admin()
    for step in sheet.steps:
        tick_step(sheet, step.key, evidence="As on the request", by=admin)


def _told(session: Session) -> set[tuple[str, int]]:
    return {(mail.kind, mail.recipient_id) for mail in session.scalars(select(OutboxMessage))}


def test_table_of_gates_leaves_no_gate_that_nobody_can_pass() -> None:
    on_the_ticket = {G.AUTHORITY, G.APPROVAL}
    passed = {*SPOKEN, *OF_THE_WORLD, *on_the_ticket, G.GRANT, G.REFRESHER}
    assert set(GATES) == set(K)
    assert {gate for gates in GATES.values() for gate in gates} <= passed
    assert set(G) == passed
    for kind, gates in GATES.items():
        assert G.AUTHORITY in gates or kind in (K.RESET, K.STEP), kind
        assert G.GRANT not in gates or G.APPROVAL in gates, kind
    assert not set(SETTABLE) & set(NEVER_WAIVED)


def test_higher_role_needs_the_hmis_lead_and_is_given_last_by_an_administrator(session: Session) -> None:
    agency, lead, account = _house()
    start_session(account.user, device="Firefox", hours=8)
    ticket, asked = _ask(lead, ACCESS, account, wanted="role", role="lead")
    assert (asked.kind, _missing(asked)) == (K.RAISE, [G.APPROVAL, G.GRANT])
    admin = make_admin()
    with pytest.raises(InvalidState, match="given last"):
        words.give_word(asked, G.GRANT, by=admin)
    approve(ticket, by=make_user(Role.MANAGER))
    for stranger in (lead, account.user, make_user(Role.HELP_DESK)):
        with pytest.raises(NotAllowed):
            words.give_word(asked, G.GRANT, by=stranger)
    words.give_word(asked, G.GRANT, by=admin)
    assert (asked.state, account.user.roles) == (R.DONE, [Role.END_USER, Role.AGENCY_LEAD])
    assert _living(account.user, session) == 0, "the role acts from the next sign-in"
    assert ("accounts.access_changed", account.user_id) in _told(session)
    assert ticket.state is not TicketState.RESOLVED, "the HMIS does not know yet"
    _enter(asked, session)
    assert ticket.state is TicketState.RESOLVED
    assert agency.id in account.user.reach(Permission.REQUEST_FOR_AGENCY).agency_ids


def test_lower_role_acts_at_once_and_waits_for_nobodys_approval(session: Session) -> None:
    agency, lead, _ = _house()
    account = make_account(Role.AGENCY_LEAD, agency=agency)
    start_session(account.user, device="Firefox", hours=8)
    ticket, asked = _ask(lead, ACCESS, account, wanted="role", role="direct")
    assert (asked.kind, asked.state, account.user.roles) == (K.LOWER, R.DONE, [Role.END_USER])
    assert ticket.waiting_on is not WaitingOn.APPROVAL
    assert _living(account.user, session) == 0
    _, later = _ask(
        lead, ACCESS, make_account(Role.AGENCY_LEAD, agency=agency), wanted="role", role="direct", on="2099-01-05"
    )
    assert _missing(later) == [G.DAY]


def test_e3_nobody_asks_sends_on_or_approves_what_is_for_themselves(session: Session) -> None:
    agency, lead, account = _house()
    own = make_account(user=lead)
    for kind, answers in ((ACCESS, {"wanted": "programs"}), (REACTIVATE, {}), (ASSESSOR, {}), (LICENSE, {})):
        with pytest.raises(Invalid, match="their own access") as refused:
            _ask(lead, kind, own, **answers)
        assert refused.value.field == "username"
    other = make_account(Role.AGENCY_LEAD, agency=agency)
    ticket, asked = _ask(account.user, ACCESS, other, wanted="programs")
    with pytest.raises(NotAllowed, match="own account"):
        approve(ticket, by=other.user)
    ticket, asked = _ask(account.user, ACCESS, account, wanted="programs")
    approve(ticket, by=lead)
    assert _missing(asked) == [G.APPROVAL], "sent on, it is the lead who asks"
    manager = make_account(Role.MANAGER)
    manager.user.agency_id = manager.agency_id = agency.id
    ticket, _ = _ask(lead, ACCESS, manager, wanted="programs")
    with pytest.raises(NotAllowed, match="own account"):
        approve(ticket, by=manager.user)


def test_further_agency_agrees_gives_a_seat_and_can_end_it_and_the_home_stays(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    _all_gates(monkeypatch)
    agency, lead, account = _house()
    other = make_agency()
    theirs = make_user(Role.AGENCY_LEAD, agency=other)
    ticket, asked = _ask(
        lead, ACCESS, account, wanted="agency", agency=str(other.id), until=f"{today() + timedelta(days=9)}"
    )
    assert ("accounts.other_agency", theirs.id) in _told(session)
    with clock.frozen_at(clock.now() + timedelta(days=8)):
        review_requests()
    assert {("accounts.request_waits", person.id) for person in (lead, theirs)} <= _told(session)
    _ready(other, account, seats=1)
    approve(ticket, by=make_user(Role.MANAGER))
    assert _missing(asked) == [G.OTHER_AGENCY]
    for stranger in (lead, make_admin(), account.user):
        with pytest.raises(NotAllowed):
            words.give_word(asked, G.OTHER_AGENCY, by=stranger)
    assert find_account(account.id, theirs) is None
    assert find_request(asked.id, theirs) is asked
    words.give_word(asked, G.OTHER_AGENCY, by=theirs)
    places = {grant.agency_id for grant in account.user.grants}
    assert (asked.state, account.agency_id, places) == (R.DONE, agency.id, {agency.id, other.id})
    assert (license_seats(other.id).free, find_account(account.id, theirs)) == (0, account)
    with pytest.raises(Conflict) as refused:
        _ask(lead, ACCESS, account, wanted="agency", agency=str(other.id))
    assert refused.value.field == "agency"
    with clock.frozen_at(clock.now() + timedelta(days=11)):
        settle()
        assert {grant.agency_id for grant in account.user.grants} == {agency.id}
        assert (license_seats(other.id).used, find_account(account.id, theirs)) == (0, None)


def test_seat_is_ended_by_either_lead_or_with_the_account_and_a_role_for_a_time_by_the_clock(session: Session) -> None:
    _, lead, account = _house()
    other = make_agency()
    theirs, stranger = make_user(Role.AGENCY_LEAD, agency=other), make_user(Role.AGENCY_LEAD)
    seats = []
    for who in (account, make_account(agency=account.agency)):
        ticket, asked = _ask(lead, ACCESS, who, wanted="agency", agency=str(other.id))
        words.give_word(asked, G.OTHER_AGENCY, by=theirs)
        approve(ticket, by=make_user(Role.MANAGER))
        seats += session.scalars(select(AccountSeat).where(AccountSeat.account_id == who.id)).all()
    for wrong in (stranger, seats[0].account.user):
        with pytest.raises(NotAllowed):
            end_seat(seats[0], by=wrong)
    end_seat(seats[0], by=theirs)
    with pytest.raises(InvalidState):
        end_seat(seats[0], by=lead)
    report_leaver(seats[1].account, reason=DisabledReason.LEFT, leaves_at=clock.now(), by=lead)
    assert ("accounts.leaves_elsewhere", theirs.id) in _told(session)
    archive_account(seats[1].account, by=SYSTEM)
    assert [seat.ended_at is not None for seat in seats] == [True, True]
    ticket, asked = _ask(lead, ACCESS, account, wanted="role", role="lead", until=f"{today()}")
    approve(ticket, by=make_user(Role.MANAGER))
    words.give_word(asked, G.GRANT, by=make_admin())
    assert Role.AGENCY_LEAD in account.user.roles
    with clock.frozen_at(clock.now() + timedelta(days=2)):
        settle()
        assert account.user.roles == [Role.END_USER]


def test_a8_agency_move_removes_the_old_scope_at_once_and_keeps_the_account_with_its_audit(session: Session) -> None:
    old, new = make_agency(), make_agency()
    old_lead, new_lead = make_user(Role.AGENCY_LEAD, agency=old), make_user(Role.AGENCY_LEAD, agency=new)
    account = make_account(Role.AGENCY_LEAD, agency=old)
    name_requester(old, account.user, DEACTIVATE, by=old_lead)
    _, theirs = _ask(account.user, ACCESS, make_account(agency=old), wanted="programs")
    assert find_request(theirs.id, account.user) is theirs
    start_session(account.user, device="Firefox", hours=8)
    told = session.scalars(select(AuditEntry.id).order_by(AuditEntry.id)).all()
    ticket, asked = _ask(new_lead, TRANSFER, account, agency=str(old.id), role="direct", same_type="yes")
    assert _missing(asked) == [G.OTHER_AGENCY, G.APPROVAL]
    approve(ticket, by=make_user(Role.MANAGER))
    with pytest.raises(NotAllowed):
        words.give_word(asked, G.OTHER_AGENCY, by=new_lead)
    words.give_word(asked, G.OTHER_AGENCY, by=old_lead)
    user = account.user
    assert (asked.state, account.agency_id, user.agency_id) == (R.DONE, new.id, new.id)
    assert [(grant.role, grant.agency_id) for grant in user.grants] == [(Role.END_USER, new.id)]
    assert not any(old.id in user.reach(each).agency_ids for each in Permission)
    assert session.scalar(select(Designation.id)) is None
    assert find_request(theirs.id, user) is None
    assert (_living(user, session), find_account(account.id, old_lead)) == (0, None)
    kept = select(AuditEntry.id).where(AuditEntry.id.in_(told)).order_by(AuditEntry.id)
    assert session.scalars(kept).all() == told


def test_transfer_of_who_was_reported_to_leave_opens_the_account_and_a_security_concern_holds_it(
    session: Session,
) -> None:
    old, new = make_agency(), make_agency()
    old_lead, new_lead = make_user(Role.AGENCY_LEAD, agency=old), make_user(Role.AGENCY_LEAD, agency=new)
    for reason, state in ((DisabledReason.LEFT, S.ACTIVE), (DisabledReason.SECURITY, S.DISABLED)):
        account = make_account(agency=old)
        report_leaver(account, reason=reason, leaves_at=clock.now(), by=old_lead)
        ticket, asked = _ask(new_lead, TRANSFER, account, agency=str(old.id), role="direct")
        words.give_word(asked, G.OTHER_AGENCY, by=old_lead)
        approve(ticket, by=make_user(Role.MANAGER))
        assert account.state is state, reason
    assert _missing(asked) == [G.CLEAR]
    assert asked.gate(G.CLEAR).says == "", "why the team closed an account is the team's to know"  # type: ignore[union-attr]
    release_hold(account.open_holds[0], by=make_admin())
    assert (asked.state, account.agency_id, of_account(account.id)) == (R.DONE, new.id, None)


def test_a7_who_was_put_away_elsewhere_comes_back_by_a_transfer_as_the_same_account(session: Session) -> None:
    old, lead = make_agency(), make_user(Role.AGENCY_LEAD)
    account = make_account(agency=old, password=True)
    disable_account(account, DisabledReason.LEFT, by=SYSTEM)
    archive_account(account, by=SYSTEM)
    ticket, asked = _ask(lead, TRANSFER, account, agency=str(old.id), role="direct")
    approve(ticket, by=make_user(Role.MANAGER))
    words.waive_gate(asked, G.OTHER_AGENCY, reason="The old agency is closed", by=make_user(Role.MANAGER))
    assert (account.state, account.user.password_hash, account.agency_id) == (S.INVITED, "", lead.agency_id)


def test_a2_two_holds_reactivation_ends_what_was_asked_for_and_another_one_keeps_it_closed(session: Session) -> None:
    _, lead, account = _house()
    disable_account(account, DisabledReason.ON_LEAVE, by=SYSTEM)
    place_hold(account, HoldKind.SECURITY, reason=DisabledReason.SECURITY, by=SYSTEM)
    _, asked = _ask(lead, REACTIVATE, account)
    assert (_missing(asked), account.state) == ([G.CLEAR], S.DISABLED)
    security = next(hold for hold in account.open_holds if hold.kind is HoldKind.SECURITY)
    release_hold(security, by=make_admin())
    assert (asked.state, account.state, account.open_holds) == (R.DONE, S.ACTIVE, [])


@pytest.mark.parametrize(("days", "needs"), [(80, None), (100, G.REFRESHER), (200, G.FULL)])
def test_long_absence_needs_the_refresher_or_the_whole_training_by_the_policy(
    session: Session, days: int, needs: GateKind | None
) -> None:
    _, lead, account = _house()
    steps = OFFERED[PolicyKind.INACTIVITY].as_dict()
    session.add(
        AccountPolicy(
            kind=PolicyKind.INACTIVITY,
            scope=PolicyScope.EVERYBODY,
            version=1,
            steps=steps,
            state=PolicyState.ACTIVE,
            why="The agreement says so",
            proposed_by_id=lead.id,
        )
    )
    gone = clock.now() - timedelta(days=days)
    account.created_at = account.activated_at = account.user.last_sign_in_at = gone
    place_hold(account, HoldKind.INACTIVITY, source="inactivity@1", by=SYSTEM)
    ticket, asked = _ask(lead, REACTIVATE, account)
    assert _missing(asked) == ([needs] if needs else [])
    if needs is G.FULL:
        with pytest.raises(NotAllowed):
            words.give_word(asked, G.FULL, proven_on=today(), by=lead)
        words.give_word(asked, G.FULL, proven_on=today(), by=make_user(Role.TRAINER))
    elif needs is G.REFRESHER:
        trainer, offering = make_user(Role.TRAINER), make_class(make_course(is_required=False), in_days=-1)
        sign_up_somebody(offering, account.user, by=trainer)
        mark_attendance(offering, account.user, LearnerState.ATTENDED, by=trainer)
    assert (asked.state, account.state) == (R.DONE, S.ACTIVE)
    _enter(asked, session)
    assert ticket.state is TicketState.RESOLVED


def test_reactivation_extends_the_time_of_an_account_and_one_put_away_is_asked_for_anew(session: Session) -> None:
    _, lead, account = _house()
    limit_account(account, valid_from=None, valid_until=clock.now() + timedelta(hours=1), by=SYSTEM)
    with clock.frozen_at(clock.now() + timedelta(hours=2)):
        settle()
        assert account.state is S.DISABLED
        _ask(lead, REACTIVATE, account, until=f"{today() + timedelta(days=30)}")
        assert account.state is S.ACTIVE
        assert account.valid_until is not None
        assert account.valid_until > clock.now() + timedelta(days=29)
    gone = make_account(agency=account.agency, state=S.ARCHIVED)
    with pytest.raises(Invalid, match="Ask for a new account"):
        _ask(lead, REACTIVATE, gone)


def test_sign_in_help_begins_when_somebody_made_sure_who_it_is_and_tells_nobody_else(session: Session) -> None:
    account, helper = make_account(), make_user(Role.HELP_DESK)
    stranger = make_user()
    ticket, asked = _ask(stranger, LOCKED_OUT, account, screen="wrong")
    assert (_missing(asked), find_request(asked.id, stranger)) == ([G.IDENTITY], None)
    with pytest.raises(Invalid, match="made sure"):
        words.give_word(asked, G.IDENTITY, by=helper)
    for wrong in (account.user, stranger):
        with pytest.raises(NotAllowed):
            words.give_word(asked, G.IDENTITY, proof=Proof.IN_PERSON, by=wrong)
    words.give_word(asked, G.IDENTITY, proof=Proof.CALLED_BACK, by=helper)
    assert asked.state is R.DONE
    assert ("accounts.reset", account.user_id) in _told(session)
    assert ticket.is_open, "it is over when the person has the new password"
    boss = make_account(Role.SYSTEM_ADMIN)
    _, asked = _ask(stranger, LOCKED_OUT, boss, screen="locked")
    with pytest.raises(NotAllowed, match="higher role"):
        words.give_word(asked, G.IDENTITY, proof=Proof.CALLED_BACK, by=helper)


def test_lost_second_step_waits_for_a_second_person_of_the_team(session: Session) -> None:
    account, helper = make_account(), make_user(Role.HELP_DESK)
    _with_app(account.user)
    ticket, asked = _ask(account.user, LOCKED_OUT, None, screen="code")
    words.give_word(asked, G.IDENTITY, proof=Proof.CALLED_BACK, by=helper)
    assert _missing(asked) == [G.SECOND]
    lost = waiting_of(account)
    assert lost is not None
    agree_to_lost_step(lost, by=make_user(Role.HELP_DESK))
    assert (asked.state, ticket.state) == (R.DONE, TicketState.RESOLVED)


@pytest.mark.parametrize(("kind", "extra"), [(ASSESSOR, (G.CE_LEAD,)), (LICENSE, ())])
def test_assessor_and_report_license_need_the_course_and_end_in_the_hmis(
    session: Session, kind: RequestType, extra: tuple[GateKind, ...]
) -> None:
    _, lead, account = _house()
    ticket, asked = _ask(lead, kind, account, purpose="Board report", fee_accepted=True)
    assert _missing(asked) == [G.COURSE, *extra, G.APPROVAL]
    with pytest.raises(NotAllowed):
        words.give_word(asked, G.COURSE, proven_on=today(), by=lead)
    words.give_word(asked, G.COURSE, proven_on=today(), by=make_user(Role.TRAINER))
    approver = make_user(Role.MANAGER)
    for gate in extra:
        words.give_word(asked, gate, proven_on=today(), by=approver)
    approve(ticket, by=approver)
    assert (asked.state, ticket.is_open) == (R.DONE, True)
    _enter(asked, session)
    assert ticket.state is TicketState.RESOLVED


def test_particulars_change_on_their_day_and_a_wrong_address_is_refused_at_its_field(session: Session) -> None:
    _, lead, account = _house()
    with pytest.raises(Invalid) as refused:
        _ask(lead, PARTICULARS, account, what="email", new_value="no address")
    assert refused.value.field == "new_value"
    ticket, asked = _ask(
        lead, PARTICULARS, account, what="name", new_value="Imani Okafor", on=f"{today() + timedelta(days=20)}"
    )
    approve(ticket, by=make_user(Role.MANAGER))
    assert _missing(asked) == [G.DAY]
    with clock.frozen_at(clock.now() + timedelta(days=16)):
        review_requests()
        assert asked.state is R.WAITING, "what waits for its day only is not over before that"
    with clock.frozen_at(clock.now() + timedelta(days=21)):
        review_requests()
        assert (asked.state, account.user.name) == (R.DONE, "Imani Okafor")


def test_office_goes_from_one_person_to_another_when_the_designation_is_on_file(session: Session) -> None:
    agency, lead, account = _house()
    before = make_account(Role.SECURITY_OFFICER, agency=agency)
    ticket, asked = _ask(
        lead, PARTICULARS, account, what="security", signer="A. Kowalski", instead_of=before.user.username
    )
    manager = make_user(Role.MANAGER)
    approve(ticket, by=manager)
    words.give_word(asked, G.DESIGNATION, proven_on=today(), by=manager)
    words.give_word(asked, G.GRANT, by=manager)
    assert (account.user.roles, before.user.roles) == ([Role.END_USER, Role.SECURITY_OFFICER], [Role.END_USER])
    assert ticket.state is TicketState.RESOLVED


def test_pages_lead_from_the_question_to_the_word_the_seat_and_its_end(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, counted: Callable[[], int]
) -> None:
    monkeypatch.setitem(desk.app.extensions["settings"].__dict__, "account_gates", "none")
    with desk.work():
        agency, lead, account = _house()
        other = make_agency(name="Lakeview")
        theirs, manager = make_user(Role.AGENCY_LEAD, agency=other), make_user(Role.MANAGER)
        ticket, _ = _ask(lead, ACCESS, account, wanted="agency", agency=str(other.id))
        raised, wish = _ask(lead, ACCESS, account, wanted="role", role="lead")
        approve(ticket, by=manager), approve(raised, by=manager)
        leaves = {"person": "Imani Brooks", "work_email": "imani@harbor.example.org", "employment": "staff"}
        _, joins = _ask(lead, NEW_ACCOUNT, None, **leaves, replaces=account.user.username)
    leads, others, managers = (desk.signed_in(user) for user in (lead, theirs, manager))
    assert leads.get(f"/tickets/{raised.id}").link("See how it stands") == f"/accounts/requests/{wish.id}"
    asks = leads.get(f"/accounts/requests/{joins.id}")
    assert asks.link(f"Report that {account.user.name} leaves") == f"/accounts/{account.id}/leaving"
    assert leads.get(f"/agencies/{agency.id}").link("See what is missing, and whose move it is")
    listed = others.get("/accounts/requests")
    assert listed.says("The lead of the other agency")
    say = others.get(listed.link(account.user.name)).link("Confirm: The other agency agrees")
    leads.get(say, status=403)
    assert others.get(say).says("takes up a seat of Lakeview")
    assert others.post(say, follow=True).says("Nothing is missing any more.")
    leads.get(f"/accounts/requests/{wish.id}/grant", status=403)
    counted(), managers.get(f"/accounts/requests/{wish.id}")
    assert counted() <= 12
    managers.post(managers.get(f"/accounts/requests/{wish.id}").link("Give the role"))
    counted(), leads.get(f"/accounts/requests?agency={agency.id}&state=all")
    assert counted() <= 12
    end = others.get(f"/accounts/{account.id}").link("End it: Lakeview")
    assert others.get(end).says("no longer end user at Lakeview")
    others.post(end)
    others.get(f"/accounts/{account.id}", status=404)
    with desk.look() as session:
        roles = session.get_one(Account, account.id).user.roles
    assert roles == [Role.END_USER, Role.AGENCY_LEAD]


def test_same_is_asked_for_once_and_again_when_the_first_was_refused(session: Session) -> None:
    _, lead, account = _house()
    ticket, asked = _ask(lead, ACCESS, account, wanted="programs")
    with pytest.raises(Conflict, match="asked for already"):
        _ask(lead, ACCESS, account, wanted="programs")
    manager = make_user(Role.MANAGER)
    refuse(ticket, reason="Not with this funder.", by=manager)
    assert (asked.state, asked.ended_by_id, account.state) == (R.REFUSED, manager.id, S.ACTIVE)
    _, again = _ask(lead, ACCESS, account, wanted="programs")
    assert again.state is R.WAITING


def test_word_that_is_said_as_somebody_else_says_the_last_one_carries_nothing_out_again(session: Session) -> None:
    _, lead, account = _house()
    other = make_agency()
    ticket, asked = _ask(lead, ACCESS, account, wanted="agency", agency=str(other.id))
    approve(ticket, by=make_user(Role.MANAGER))
    elsewhere = update(AccountRequest).values(state=R.DONE).execution_options(synchronize_session=False)
    session.execute(elsewhere)  # by another connection, while this one waited for the account
    with pytest.raises(InvalidState):
        words.give_word(asked, G.OTHER_AGENCY, by=make_user(Role.AGENCY_LEAD, agency=other))
    assert session.scalars(select(AccountSeat)).all() == []


def test_what_can_not_be_carried_out_says_why_and_is_tried_again(session: Session) -> None:
    old, lead = make_agency(), make_user(Role.AGENCY_LEAD)
    account = make_account(agency=old)
    ticket, asked = _ask(lead, TRANSFER, account, agency=str(old.id), role="direct")
    words.waive_gate(asked, G.OTHER_AGENCY, reason="Nobody answers there", by=make_user(Role.MANAGER))
    account.agency_id = make_agency().id
    approve(ticket, by=make_user(Role.MANAGER))
    assert (asked.state, asked.trouble[:26]) == (R.WAITING, "The person does not work f")
    account.agency_id = old.id
    review_requests()
    assert (asked.state, asked.trouble, account.agency_id) == (R.DONE, "", lead.agency_id)


def test_leaver_whose_lead_does_not_send_it_on_stays_and_who_replaces_somebody_closes_nobody(session: Session) -> None:
    agency, lead, account = _house()
    answers = {"on": f"{today()}", "at": "17:00", "why": "left"}
    ticket, asked = _ask(make_user(agency=agency), DEACTIVATE, account, **answers)
    assert (_missing(asked), asked.kind, of_account(account.id)) == ([G.AUTHORITY], K.LEAVE, None)
    approve(ticket, by=lead)
    assert (asked.state, of_account(account.id) is not None) == (R.DONE, True)
