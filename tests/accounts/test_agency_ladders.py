"""Ladders of agencies: an agreement that runs out, leavers whose clock runs, seen coming and taken back in time."""

from collections import Counter
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts import emails
from accounts.jobs import hold_what_lapses, remind_of_leavers, settle
from accounts.ladders.models import PolicyScope
from accounts.ladders.operations import propose_policy
from accounts.ladders.values import OFFERED, Ladder, PolicyKind, read, step_of, strictest
from accounts.lapses.cap import MOST_A_DAY
from accounts.lapses.operations import hold_agency
from accounts.lapses.preview import preview_of
from accounts.models import Account, AccountState, Hold, HoldKind
from accounts.operations import release_hold
from accounts.request_types import DEACTIVATE
from adminops import clock
from adminops.agencies.queries import mou_until, today
from adminops.audit.queries import AuditFilter, list_entries
from adminops.errors import Invalid
from adminops.identity.models import Agency, User
from adminops.identity.permissions import Role
from adminops.outbox.models import OutboxMessage
from adminops.settings import current_settings
from tests.accounts.test_ladders import in_force
from tests.agencies.test_agreements import make_mou
from tests.make import make_admin, make_agency, make_user
from tests.make_accounts import make_account
from tests.make_tickets import make_ticket
from tickets.deciding import approve, refuse
from tickets.models import Ticket

K, P, S, H = PolicyKind, PolicyScope, AccountState, HoldKind
MOU, LEAVERS = OFFERED[K.MOU].as_dict(), OFFERED[K.DEPARTURE].as_dict()


def _holds(account: Account) -> list[tuple[HoldKind, str, bool]]:
    return [(hold.kind, hold.source, hold.is_open) for hold in account.holds if hold.released_at is None]


@pytest.mark.parametrize(
    ("kind", "steps", "field"),
    [
        (K.MOU, {**MOU, "warn": []}, "warn"),
        (K.MOU, {**MOU, "hold": 0}, "hold"),
        (K.MOU, {**MOU, "ahead": 6}, "ahead"),
        (K.DEPARTURE, {**LEAVERS, "due": None}, "due"),
        (K.DEPARTURE, {**LEAVERS, "escalate": 25}, "escalate"),
        (K.DEPARTURE, {**LEAVERS, "hold": 0}, "hold"),  # it was kept as none
        (K.DEPARTURE, {"due": 12, "escalate": 12}, "escalate"),
        (K.PRIVILEGED, {"due": 14, "escalate": 7}, "escalate"),
    ],
)
def test_steps_of_agencies_that_do_not_fit_are_refused(kind: K, steps: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(kind, steps)
    assert refused.value.field == field


def test_strictest_agreement_keeps_every_warning_and_the_earliest_hold() -> None:
    everybody, ours = read(K.MOU, MOU), read(K.MOU, {"warn": [14], "hold": 3, "ahead": 10})
    assert strictest([everybody, ours]) == Ladder(warn=(60, 30, 14, 7), hold=3, ahead=30)


@pytest.mark.parametrize(
    ("hours", "told"), [(11.9, None), (12, ("team", 12)), (23.9, ("team", 12)), (24, ("managers", 24))]
)
def test_clock_of_a_leaver_runs_in_hours(hours: float, told: tuple[str, int] | None) -> None:
    now = clock.now()
    assert step_of(OFFERED[K.DEPARTURE], now - timedelta(hours=hours), now) == told


def test_policies_of_agencies_are_for_the_scopes_that_they_fit(session: Session) -> None:
    admin, agency = make_admin(), make_agency()
    for kind, scope, scope_id in (
        (K.MOU, P.ROLE, "manager"),
        (K.DEPARTURE, P.ROLE, "manager"),
        (K.PRIVILEGED, P.AGENCY, str(agency.id)),
    ):
        with pytest.raises(Invalid, match="can't be said of"):
            propose_policy(kind, scope, scope_id, OFFERED[kind].as_dict(), why="x", by=admin)


def test_agreement_that_is_followed_by_another_without_a_gap_goes_on(session: Session) -> None:
    day, ends = today(), {}
    for name, spans in {
        "renewed": [(-300, 20), (21, 400)],
        "gap": [(-300, 20), (30, 400)],
        "lapsed": [(-400, -36)],
        "again": [(-400, -36), (-10, 90)],
        "endless": [(-300, None)],
        "none": [],
    }.items():
        agency = make_agency()
        for begins, last in spans:
            make_mou(agency, begins, last)
        ends[name] = agency.id
    found = mou_until(ends.values())
    left = {name: (found[id_] - day).days for name, id_ in ends.items() if id_ in found}
    assert left == {"renewed": 400, "gap": 20, "lapsed": -36, "again": 90}


def test_people_of_an_agency_are_warned_seen_coming_and_held_with_its_agreement(session: Session) -> None:
    agency, other, manager = make_agency(), make_agency(), make_user(Role.MANAGER)
    lead = make_account(Role.AGENCY_LEAD, agency=agency)
    one, free, elsewhere = make_account(agency=agency), make_account(agency=agency), make_account(agency=other)
    for each in (agency, other):
        make_mou(each, -300, 20)
    policy, start = in_force(K.MOU, steps=MOU), clock.now()
    hold_what_lapses()
    assert session.scalar(select(func.count(Hold.id))) == 0, "thirty days ahead, not earlier"
    mails = session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "accounts.agency_closes")).all()
    mine = [mail for mail in mails if mail.arguments["agency"] == agency.id]
    assert {lead.user_id, manager.id} <= {mail.recipient_id for mail in mine}
    assert {mail.arguments["step"] for mail in mine} == {30}
    written = emails.agency_closes(to_id=lead.user_id, **mine[0].arguments)
    assert written is not None
    with clock.frozen_at(start + timedelta(days=5)):
        hold_what_lapses()
        assert _holds(one) == _holds(elsewhere) == [(H.AGENCY_MOU, policy.name, False)]
        make_mou(other, 16, 400)
        assert (_holds(elsewhere), len(_holds(one))) == ([], 1), "a new agreement takes them back at once"
        release_hold(free.coming_holds[0], by=make_admin())
        hold_what_lapses()
        assert _holds(free) == [], "what somebody cancelled is not placed again"
    with clock.frozen_at(start + timedelta(days=36)):
        settle()
        hold_what_lapses()
        assert [each.state for each in (one, lead, free, elsewhere)] == [S.DISABLED, S.DISABLED, S.ACTIVE, S.ACTIVE]
        assert _holds(one) == [(H.AGENCY_MOU, policy.name, True)]
        make_mou(agency, 0, 400)
        assert one.state is S.ACTIVE
        trail = list_entries(AuditFilter(actor="mou@1"), limit=99).rows
        assert {row.actor for row in trail if row.actor_id is None} == {"Policy mou@1"}
        done = Counter(row.fact for row in trail)
        assert (done["AccountHeld"], done["AccountDisabled"], done["AccountReleased"]) == (4, 2, 3)
        assert emails.agency_closes(to_id=lead.user_id, **mine[0].arguments) is None


def test_hold_of_an_agreement_is_looked_at_again_when_it_acts_and_ends_with_its_policy(session: Session) -> None:
    agency = make_agency()
    account, closed = make_account(agency=agency), make_agency()
    by_hand = make_account(agency=closed)
    make_mou(agency, -300, -2), make_mou(closed, -300, -40)
    hold_agency(closed, by=make_user(Role.MANAGER))
    in_force(K.MOU, steps=MOU)
    hold_what_lapses()
    assert len(account.coming_holds) == 1
    in_force(K.MOU, steps={}, ends=True)
    with clock.frozen_at(account.coming_holds[0].begins_at + timedelta(minutes=1)):
        settle()
        hold_what_lapses()
        assert (account.state, _holds(account)) == (S.ACTIVE, [])
        assert by_hand.state is S.DISABLED, "what a manager has closed opens with a new agreement alone"


def test_agreement_holds_no_more_than_a_few_a_day_and_says_before_whom(session: Session) -> None:
    agency = make_agency()
    for _ in range(MOST_A_DAY + 2):
        make_account(agency=agency)
    make_mou(agency, -300, -15)
    policy = propose_policy(K.MOU, P.AGENCY, str(agency.id), MOU, why="agreed", by=make_admin())
    found = preview_of(K.MOU, policy)
    assert (found.holds, found.warns, len(found.held)) == (MOST_A_DAY + 2, 0, MOST_A_DAY + 2)
    in_force(K.MOU, steps=MOU)
    for days, count in ((0, MOST_A_DAY), (0, MOST_A_DAY), (1, MOST_A_DAY + 2)):
        with clock.frozen_at(clock.now() + timedelta(days=days)):
            hold_what_lapses()
            assert session.scalar(select(func.count(Hold.id))) == count


def _report(worker: User, account: Account, hours: float = -1) -> Ticket:
    at = (clock.now() + timedelta(hours=hours)).astimezone(ZoneInfo(current_settings().time_zone))
    answers = {"username": account.user.username, "on": f"{at:%Y-%m-%d}", "at": f"{at:%H:%M}", "why": "left"}
    return make_ticket(worker, kind=DEACTIVATE, answers=answers)


def _people(agency: Agency) -> tuple[User, User, list[Account]]:
    lead, worker = make_user(Role.AGENCY_LEAD, agency=agency), make_user(agency=agency)
    return lead, worker, [make_account(agency=agency) for _ in range(3)]


def test_leaver_who_waits_for_the_lead_is_held_at_the_hour_unless_somebody_speaks(session: Session) -> None:
    lead, worker, (silent, stays, goes) = _people(make_agency())
    tickets = [_report(worker, account) for account in (silent, stays, goes)]
    settle()
    assert silent.coming_holds == [], "without a policy it waits"
    policy = in_force(K.DEPARTURE, steps=LEAVERS)
    settle()
    [coming] = silent.coming_holds
    assert (coming.kind, coming.source, silent.state) == (H.OFFBOARDED, policy.name, S.ACTIVE)
    assert coming.begins_at >= tickets[0].filed_at + timedelta(hours=24)
    refuse(tickets[1], reason="She stays with us.", by=lead)
    approve(tickets[2], by=lead)
    assert (stays.coming_holds, _holds(goes)) == ([], [(H.OFFBOARDED, "", True)])
    with clock.frozen_at(coming.begins_at + timedelta(minutes=1)):
        settle()
        assert [each.state for each in (silent, stays, goes)] == [S.DISABLED, S.ACTIVE, S.DISABLED]
        refuse(tickets[0], reason="He is back.", by=lead)
        assert silent.state is S.ACTIVE, "what the policy held opens with the lead's word"


def test_hold_of_a_waiting_leaver_that_is_taken_back_or_whose_policy_ends_is_gone(session: Session) -> None:
    _, worker, (one, other, _) = _people(make_agency())
    for account in (one, other):
        _report(worker, account)
    in_force(K.DEPARTURE, steps=LEAVERS)
    settle()
    release_hold(one.coming_holds[0], by=make_admin())
    settle()
    assert (one.coming_holds, len(other.coming_holds)) == ([], 1)
    assert "2 who wait for a lead’s word" in preview_of(K.DEPARTURE).says
    in_force(K.DEPARTURE, steps={"due": 2, "escalate": 6})
    settle()
    assert other.coming_holds == []


def test_stricter_clock_of_an_agency_tells_the_managers_earlier(session: Session) -> None:
    agency, manager = make_agency(), make_user(Role.MANAGER)
    in_force(K.DEPARTURE, scope=P.AGENCY, scope_id=str(agency.id), steps={"due": 1, "escalate": 3})
    lead = make_user(Role.AGENCY_LEAD, agency=agency)
    _report(lead, make_account(agency=agency), 0)
    with clock.frozen_at(clock.now() + timedelta(hours=3, minutes=1)):
        remind_of_leavers()
    told = select(OutboxMessage).where(OutboxMessage.kind == "accounts.leaver_waits")
    assert {(mail.recipient_id, mail.arguments["hours"]) for mail in session.scalars(told)} >= {(manager.id, 3)}
