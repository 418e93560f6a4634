"""People who leave: reported with day and time, closed at that moment by itself, done when the HMIS is closed, too."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.jobs import remind_of_leavers, settle
from accounts.leaving.models import CLOCK, Departure, DepartureState
from accounts.leaving.operations import close_leaver, report_leaver, withdraw_leaver
from accounts.leaving.queries import of_account, of_ticket
from accounts.models import Account, AccountState, DisabledReason, HoldKind
from accounts.operations import place_hold, release_hold
from accounts.request_types import DEACTIVATE
from adminops import clock
from adminops.errors import Conflict, Invalid, InvalidState, NotAllowed
from adminops.identity.models import SYSTEM
from adminops.identity.permissions import Role
from adminops.outbox.models import OutboxMessage
from adminops.settings import current_settings
from tests.browsing import Desk
from tests.make import make_admin, make_agency, make_user
from tests.make_accounts import make_account
from tests.make_tickets import make_ticket
from tickets.deciding import approve, refuse
from tickets.models import TicketState

S, D, LEFT = AccountState, DepartureState, DisabledReason.LEFT


def _in(hours: float) -> datetime:
    return clock.now() + timedelta(hours=hours)


def test_access_ends_by_itself_at_the_moment_and_the_hmis_is_noted_after_it(session: Session) -> None:
    agency, admin = make_agency(), make_admin()
    account, lead = make_account(agency=agency), make_user(Role.AGENCY_LEAD, agency=agency)
    leaves_at = _in(30)
    departure = report_leaver(account, reason=LEFT, leaves_at=leaves_at, by=lead)
    [hold] = account.holds
    assert (hold.kind, hold.placed_by_id, account.state) == (HoldKind.OFFBOARDED, lead.id, S.ACTIVE)
    with pytest.raises(Conflict, match="reported already"):
        report_leaver(account, reason=LEFT, leaves_at=_in(2), by=lead)
    with pytest.raises(InvalidState, match="once access has ended"):
        close_leaver(departure, by=admin)
    with clock.frozen_at(_in(31)):
        settle()
        assert (account.state, departure.state, departure.due_at) == (S.DISABLED, D.OPEN, leaves_at + CLOCK)
        with pytest.raises(NotAllowed):
            close_leaver(departure, by=lead)
        close_leaver(departure, by=admin)
        assert (departure.state, of_account(account.id)) == (D.DONE, None)


def test_a9_leaver_at_17_local_on_the_day_that_clocks_are_set_back(session: Session) -> None:
    lead, settings = make_user(Role.AGENCY_LEAD), current_settings()
    account = make_account(agency=lead.agency)
    assert settings.time_zone == "America/New_York"
    with clock.frozen_at(datetime(2026, 10, 30, 12, tzinfo=UTC)):
        answers = {"username": account.user.username, "on": "2026-11-01", "at": "17:00", "why": "left"}
        ticket = make_ticket(lead, kind=DEACTIVATE, answers=answers)
        departure = of_ticket(ticket.ref)
    assert departure is not None
    assert departure.leaves_at == datetime(2026, 11, 1, 22, tzinfo=UTC), "five hours from UTC again by then"
    with clock.frozen_at(datetime(2026, 11, 1, 21, 59, tzinfo=UTC)):
        settle()
        assert account.state is S.ACTIVE
    with clock.frozen_at(datetime(2026, 11, 1, 22, 0, 1, tzinfo=UTC)):
        settle()
        assert (account.state, ticket.state) == (S.DISABLED, TicketState.NEW), "the HMIS is not closed yet"
        close_leaver(departure, by=make_admin())
        assert ticket.state is TicketState.RESOLVED


def test_security_concern_ends_access_at_once_and_the_agency_can_not_take_it_back(session: Session) -> None:
    officer = make_user(Role.SECURITY_OFFICER)
    account = make_account(agency=officer.agency)
    departure = report_leaver(account, reason=DisabledReason.SECURITY, leaves_at=_in(50), by=officer)
    assert (account.state, account.open_holds[0].kind) == (S.DISABLED, HoldKind.SECURITY)
    with pytest.raises(InvalidState, match="ended already"):
        withdraw_leaver(departure, by=officer)


def test_leaver_is_reported_by_their_agency_and_taken_back_before_the_moment(session: Session) -> None:
    agency = make_agency()
    lead, other = make_user(Role.AGENCY_LEAD, agency=agency), make_user(Role.AGENCY_LEAD)
    account, own = make_account(agency=agency), make_account(user=lead)
    team, helper = make_account(Role.TRAINER), make_user(Role.HELP_DESK)
    for refused, by in ((account, other), (own, lead), (make_account(Role.MANAGER), lead), (team, helper)):
        with pytest.raises(NotAllowed):
            report_leaver(refused, reason=LEFT, leaves_at=_in(1), by=by)
    with pytest.raises(Invalid, match="within a year"):
        report_leaver(account, reason=LEFT, leaves_at=_in(24 * 400), by=lead)
    departure = report_leaver(account, reason=DisabledReason.ON_LEAVE, leaves_at=_in(1), by=lead)
    withdraw_leaver(departure, by=lead)
    assert (departure.state, account.coming_holds) == (D.WITHDRAWN, [])
    with clock.frozen_at(_in(2)):
        settle()
    assert account.state is S.ACTIVE


def test_account_that_is_opened_again_is_no_leaver_any_more_and_other_holds_stay(session: Session) -> None:
    lead = make_user(Role.AGENCY_LEAD)
    account = make_account(agency=lead.agency)
    place_hold(account, HoldKind.TRAINING, by=SYSTEM)
    departure = report_leaver(account, reason=LEFT, leaves_at=_in(-30), by=lead)
    assert departure.told_late
    [training, left] = account.open_holds
    release_hold(left, by=SYSTEM)
    assert (account.state, departure.state) == (S.DISABLED, D.OPEN)
    release_hold(training, by=SYSTEM)
    assert (account.state, departure.state) == (S.ACTIVE, D.WITHDRAWN)


def test_ticket_of_somebody_else_begins_when_the_lead_sends_it_on_and_ends_when_they_refuse(session: Session) -> None:
    agency = make_agency()
    lead, worker = make_user(Role.AGENCY_LEAD, agency=agency), make_user(agency=agency)
    accounts = [make_account(agency=agency) for _ in range(2)]
    day = f"{_in(-24):%Y-%m-%d}"
    for account, stays in zip(accounts, (False, True), strict=True):
        answers = {"username": account.user.username, "on": day, "at": "17:00", "why": "left"}
        ticket = make_ticket(worker, kind=DEACTIVATE, answers=answers)
        assert (of_ticket(ticket.ref), account.state) == (None, S.ACTIVE), "nothing begins before the lead's word"
        if stays:
            refuse(ticket, reason="He stays with us.", by=lead)
        else:
            approve(ticket, by=lead)
    assert [account.state for account in accounts] == [S.DISABLED, S.ACTIVE]
    assert of_account(accounts[1].id) is None


@pytest.mark.parametrize("wrong", [{"username": "nobody"}, {"at": "noon"}, {"why": "?"}])
def test_ticket_whose_answers_do_not_do_is_worked_on_by_hand(session: Session, wrong: dict[str, str]) -> None:
    lead = make_user(Role.AGENCY_LEAD)
    account = make_account(agency=lead.agency)
    answers = {"username": account.user.username, "on": "2026-11-01", "at": "17:00", "why": "left", **wrong}
    assert of_ticket(make_ticket(lead, kind=DEACTIVATE, answers=answers).ref) is None


def test_those_who_close_accounts_hear_after_12_hours_and_the_managers_after_24(session: Session) -> None:
    lead, admin, manager = make_user(Role.AGENCY_LEAD), make_admin(), make_user(Role.MANAGER)
    report_leaver(make_account(agency=lead.agency), reason=LEFT, leaves_at=_in(0), by=lead)
    told = {}
    for hours in (11, 13, 14, 25):
        with clock.frozen_at(_in(hours)):
            remind_of_leavers()
        told[hours] = {
            (mail.recipient_id, mail.arguments["hours"])
            for mail in session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "accounts.leaver_waits"))
        }
    first = {(admin.id, 12), (manager.id, 12)}
    assert [told[hours] for hours in (11, 13, 14, 25)] == [set(), first, first, first | {(manager.id, 24)}]


def test_lead_sees_their_people_and_reports_one(desk: Desk, counted: Callable[[], int]) -> None:
    with desk.work():
        agency = make_agency(name="Harbor House")
        lead = make_account(Role.AGENCY_LEAD, agency=agency).user
        account = make_account(agency=agency, name="Casper Lund")
        elsewhere = make_account()
        admin = make_admin()
    visitor = desk.signed_in(lead)
    page = visitor.get("/accounts/staff", follow=True)
    assert (page.heading, page.says("Not signed")) == ("People of Harbor House", True)
    counted(), visitor.get(f"/accounts/agencies/{agency.id}")
    assert counted() <= 12
    assert page.link("Ask for an account") == "/help/new/new_account"
    assert "/accounts/staff" in visitor.get("/help").html
    url = page.link("Leaves: report Casper Lund")
    visitor.post(url, {"reason": "left"}, status=422)
    day = f"{_in(72):%Y-%m-%d}"
    shown = visitor.post(url, {"reason": "left", "on": day, "at": "17:00"}, follow=True)
    assert shown.says("Access goes on until then.")
    assert visitor.get(url).says("This was reported already")
    assert visitor.get("/accounts/leavers").says("Casper Lund")
    assert visitor.get(f"/accounts/agencies/{agency.id}").says("Leaving")
    gone = visitor.get("/accounts/leavers").link("Casper Lund")
    visitor.get(f"{gone}/closed", status=403)
    visitor.get(f"/accounts/{elsewhere.id}/leaving", status=404)
    visitor.get(f"/accounts/agencies/{elsewhere.agency_id}", status=404)
    assert visitor.get(f"{gone}/withdraw").says("goes on as before")
    with desk.work() as session:
        session.get_one(Departure, int(gone.rpartition("/")[2])).leaves_at = _in(-1)
    helper = desk.signed_in(admin)
    assert helper.get(f"{gone}/closed").says("inactive in the HMIS")
    assert helper.post(f"{gone}/closed", follow=True).says("All access has ended.")
    assert helper.get("/accounts/leavers?show=over").says("Casper Lund")
    with desk.look() as session:
        assert session.get_one(Account, account.id).coming_holds
