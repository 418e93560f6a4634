"""Policies as ladders: the strictest counts, two people put one in force, and what they come to is seen before."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.jobs import hold_what_lapses, settle
from accounts.ladders.models import AccountPolicy, PolicyScope, PolicyState
from accounts.ladders.operations import activate_policy, propose_policy, refuse_policy
from accounts.ladders.queries import rules_of
from accounts.ladders.values import OFFERED, STANDARD, Ladder, PolicyKind, idle_on, read, strictest
from accounts.lapses.preview import preview_of
from accounts.lists.models import ListPurpose, ListState, VendorList, VendorMatch, VendorUser
from accounts.models import Account, AccountState, Hold, HoldKind
from accounts.operations import release_hold
from adminops import clock
from adminops.db import db
from adminops.errors import Invalid, InvalidState, NotAllowed
from adminops.identity.models import User
from adminops.identity.permissions import Role
from adminops.outbox.models import OutboxMessage
from tests.browsing import Desk
from tests.make import make_admin, make_agency, make_user
from tests.make_accounts import make_account
from tests.make_training import make_class, make_course, make_trainer, put_in
from training.models import LearnerState
from training.operations import mark_attendance

K, P, S, H = PolicyKind, PolicyScope, AccountState, HoldKind
NOW = datetime(2026, 11, 27, 15, tzinfo=UTC)
STEPS = OFFERED[K.INACTIVITY].as_dict()


def _list(days_ago: float = 1) -> VendorList:
    """Put a list of the HMIS on record, as old as its newest sign-in."""
    made = VendorList(
        purpose=ListPurpose.LOGINS, source="ct", file_name="x", size=1, digest="0" * 64, columns=[], rows=1,
        state=ListState.DONE, newest_at=clock.now() - timedelta(days=days_ago),
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()
    return made


def in_force(
    kind: K = K.INACTIVITY, scope: P = P.EVERYBODY, scope_id: str = "", steps: dict[str, Any] | None = None, **more: Any
) -> AccountPolicy:
    """Let one propose a policy and another put it in force."""
    given = STEPS if steps is None else steps
    policy = propose_policy(kind, scope, scope_id, given, why="It was agreed on.", **more, by=make_admin())
    activate_policy(policy, by=make_user(Role.MANAGER))
    return policy


def test_policy_of_one_agency_is_never_looser_than_what_everybody_has(session: Session) -> None:
    agency = make_agency()
    in_force(K.TRAINING, P.AGENCY, str(agency.id), {"ahead": 3, "grace": 300})
    for agency_id in (agency.id, make_agency().id):
        found = rules_of(K.TRAINING).ladder_for(agency_id)
        assert found is not None
        assert (found.ahead, found.grace) == (14, None), "the standard, which comes along"
    in_force(K.TRAINING, P.AGENCY, str(agency.id), {}, ends=True)
    assert rules_of(K.TRAINING).ladder_for(agency.id) == STANDARD[K.TRAINING]
    in_force(K.TRAINING, steps={}, ends=True)
    assert rules_of(K.TRAINING).ladder_for(agency.id) is None, "nobody has one any more: two people said so"


def _idle(days: float, **over: Any) -> Account:
    account = make_account(**over)
    account.created_at = account.activated_at = clock.now() - timedelta(days=days)
    return account


def _holds(session: Session, account: Account) -> list[tuple[HoldKind, str]]:
    unreleased = select(Hold.kind, Hold.source).where(Hold.account_id == account.id, Hold.released_at.is_(None))
    return [(kind, source) for kind, source in session.execute(unreleased.order_by(Hold.id))]


@pytest.mark.parametrize(
    ("kind", "steps", "field"),
    [
        (K.INACTIVITY, {"warn": [3], "hold": 6}, "hold"),
        (K.INACTIVITY, {"warn": [], "hold": 60}, "warn"),
        (K.INACTIVITY, {"warn": [58], "hold": 60}, "warn"),
        (K.INACTIVITY, {"warn": [45], "hold": 60, "refresher": 60}, "refresher"),
        (K.INACTIVITY, {"warn": [45], "hold": 60, "archive": 5000}, "archive"),
        (K.TRAINING, {"warn": [30], "ahead": 2}, "ahead"),
        (K.REVIEW, {"due": 30, "escalate": 14}, "escalate"),
        (K.REVIEW, {}, "due"),
    ],
)
def test_ladder_whose_steps_do_not_fit_is_refused_at_the_step(kind: K, steps: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(kind, steps)
    assert refused.value.field == field


def test_strictest_of_each_step_counts() -> None:
    everybody = Ladder(warn=(45, 55), hold=60, archive=365, names=("inactivity@1",))
    ours = Ladder(warn=(20,), hold=35, refresher=90, names=("inactivity@2",))
    assert strictest([everybody, ours]) == Ladder(
        warn=(20,), hold=35, refresher=90, archive=365, names=("inactivity@2", "inactivity@1")
    )
    assert strictest([Ladder(ahead=14, grace=7), Ladder(ahead=30)]) == Ladder(ahead=30)
    assert strictest([Ladder(grace=7), Ladder(grace=3)]) == Ladder(grace=3)
    assert (strictest([]), strictest([ours])) == (None, ours)


@pytest.mark.parametrize(
    ("days", "warned", "needs", "archives"),
    [
        (44.9, None, "", False),
        (45, 45, "", False),
        (60, 55, "", False),
        (90, 55, "refresher", False),
        (180, 55, "full", False),
        (365, 55, "full", True),
    ],
)
def test_steps_of_inactivity_come_on_their_days(days: float, warned: int | None, needs: str, archives: bool) -> None:
    found = idle_on(OFFERED[K.INACTIVITY], NOW - timedelta(days=days), NOW)
    assert (found.warned, found.needs, found.archives) == (warned, needs, archives)


def test_nobody_puts_their_own_proposal_in_force_and_the_one_before_is_retired(session: Session) -> None:
    manager, other, admin = make_user(Role.MANAGER), make_user(Role.MANAGER), make_admin()
    with pytest.raises(NotAllowed):
        propose_policy(K.INACTIVITY, P.EVERYBODY, "", STEPS, why="x", by=make_user(Role.HELP_DESK))
    with pytest.raises(Invalid, match="Say why"):
        propose_policy(K.INACTIVITY, P.EVERYBODY, "", STEPS, why=" ", by=admin)
    for scope, scope_id in ((P.EVERYBODY, "1"), (P.ROLE, "king"), (P.AGENCY, "999"), (P.AGENCY, "x")):
        with pytest.raises(Invalid, match="for whom"):
            propose_policy(K.INACTIVITY, scope, scope_id, STEPS, why="x", by=admin)
    with pytest.raises(Invalid, match="of a role"):
        propose_policy(K.REVIEW, P.ROLE, "manager", {"due": 3}, why="x", by=admin)
    first = propose_policy(K.INACTIVITY, P.EVERYBODY, "", STEPS, why="agreed", by=manager)
    assert rules_of(K.INACTIVITY).ladder_for(None) is None
    for by in (manager, admin):
        with pytest.raises(NotAllowed):
            activate_policy(first, by=by)
    activate_policy(first, by=other)
    with pytest.raises(InvalidState):
        activate_policy(first, by=other)
    second = propose_policy(K.INACTIVITY, P.EVERYBODY, "", {"warn": [20], "hold": 30}, why="agreed", by=admin)
    activate_policy(second, by=manager)
    assert (first.state, second.state, second.name) == (PolicyState.RETIRED, PolicyState.ACTIVE, "inactivity@2")
    ends = propose_policy(K.INACTIVITY, P.EVERYBODY, "", {}, why="no more", ends=True, by=admin)
    refuse_policy(ends, by=admin)
    assert ends.state is PolicyState.REFUSED
    assert (ladder := rules_of(K.INACTIVITY).ladder_for(None)) is not None
    assert ladder.hold == 30


def test_a4_newly_approved_who_never_signed_in_is_not_held_before_the_ladder_and_is_after(session: Session) -> None:
    _list()
    in_force()
    fresh, idle, team = _idle(44), _idle(50), _idle(70, role=Role.VIEWER)
    hold_what_lapses()
    assert (_holds(session, fresh), _holds(session, idle)) == ([], [(H.INACTIVITY, "inactivity@1")])
    [soon] = team.coming_holds
    assert soon.begins_at > clock.now() + timedelta(days=2), "nobody is shut out without a warning"
    start = clock.now()
    for days, state in ((9, S.ACTIVE), (11, S.DISABLED)):
        with clock.frozen_at(start + timedelta(days=days)):
            _list()
            settle()
            assert idle.state is state
    assert session.scalar(select(func.count()).where(OutboxMessage.kind == "accounts.runs_out")) == 2


def test_each_warning_comes_once_also_when_the_hold_stands_on_the_list_already(session: Session) -> None:
    _list()
    in_force()
    _idle(46)
    for days, steps in ((0, [45]), (0, [45]), (10, [45, 55])):
        with clock.frozen_at(clock.now() + timedelta(days=days)):
            _list()
            hold_what_lapses()
            sent = session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "accounts.runs_out"))
            assert sorted(mail.arguments["step"] for mail in sent) == steps


def test_hold_is_looked_at_again_when_it_acts_and_a_sign_in_to_the_hmis_takes_it_back(session: Session) -> None:
    made = _list()
    in_force()
    account = _idle(58)
    hold_what_lapses()
    assert len(account.coming_holds) == 1
    there = VendorUser(source="ct", login="a", name="", email="", is_active=True, list_id=made.id)
    there.match, there.account_id, there.last_login_at = VendorMatch.EMAIL, account.id, clock.now() - timedelta(days=2)
    session.add(there)
    with clock.frozen_at(clock.now() + timedelta(days=4)):
        settle()
        assert (account.state, _holds(session, account)) == (S.ACTIVE, [])


def test_without_a_young_list_of_the_hmis_nobody_of_an_agency_is_held_for_inactivity(session: Session) -> None:
    _list(days_ago=8)
    policy = in_force()
    account, team = _idle(100), _idle(100, role=Role.VIEWER)
    hold_what_lapses()
    assert (_holds(session, account), len(_holds(session, team))) == ([], 1)
    assert preview_of(K.INACTIVITY, policy).blind


def test_who_takes_a_coming_hold_back_gives_a_new_start_and_the_clock_never_shuts_the_house(session: Session) -> None:
    _list()
    in_force()
    account, admin = _idle(50), _idle(80, role=Role.SYSTEM_ADMIN)
    for other in session.scalars(select(User).where(User.id != admin.user_id)):
        other.grants[:] = [grant for grant in other.grants if grant.role is not Role.MANAGER]
    hold_what_lapses()
    [coming] = account.coming_holds
    assert admin.coming_holds == []
    release_hold(coming, by=admin.user)
    hold_what_lapses()
    assert _holds(session, account) == []


def test_refresher_then_whole_training_come_before_it_opens_and_after_a_year_it_is_put_away(session: Session) -> None:
    _list()
    in_force()
    course = make_course(is_required=True, valid_months=12)
    account, start = _idle(50), clock.now()
    session.flush()

    def at(days: int) -> list[tuple[HoldKind, str]]:
        with clock.frozen_at(start + timedelta(days=days)):
            _list()
            settle()
            hold_what_lapses()
            return _holds(session, account)

    at(0)
    assert at(12) == [(H.INACTIVITY, "inactivity@1")]
    assert at(45) == [(H.INACTIVITY, "inactivity@1"), (H.TRAINING, "inactivity@1, refresher")]
    with clock.frozen_at(start + timedelta(days=50)):
        offering, trainer = make_class(course, in_days=-1), make_trainer()
        put_in(offering, account.user)
        mark_attendance(offering, account.user, LearnerState.ATTENDED, by=trainer)
        assert _holds(session, account) == [(H.INACTIVITY, "inactivity@1")], "the refresher is taken"
    assert at(135) == [(H.INACTIVITY, "inactivity@1"), (H.TRAINING, "inactivity@1, full training")]
    at(320)
    assert account.state is S.ARCHIVED


def test_policy_of_an_agency_counts_beside_that_of_everybody_and_a_role_has_its_own(session: Session) -> None:
    agency = make_agency()
    in_force()
    in_force(scope=P.AGENCY, scope_id=str(agency.id), steps={"warn": [20], "hold": 30})
    in_force(scope=P.ROLE, scope_id="system_admin", steps={"warn": [25], "hold": 35})
    rules = rules_of(K.INACTIVITY)
    found = [rules.ladder_for(*place) for place in ((agency.id, ()), (None, (Role.SYSTEM_ADMIN,)), (999, ()))]
    assert [(ladder.hold, ladder.name, ladder.archive) for ladder in found if ladder] == [
        (30, "inactivity@2", 365),
        (35, "inactivity@3", 365),
        (60, "inactivity@1", 365),
    ]


def test_preview_says_what_it_would_come_to_today(session: Session) -> None:
    _list()
    for days in (10, 50, 58, 61, 400):
        _idle(days)
    policy = propose_policy(K.INACTIVITY, P.EVERYBODY, "", STEPS, why="agreed", by=make_admin())
    then, now = preview_of(K.INACTIVITY, policy), preview_of(K.INACTIVITY)
    assert ((then.warns, then.holds, len(then.held)), (now.warns, now.holds)) == ((2, 2, 2), (0, 0))
    assert session.scalar(select(func.count(Hold.id))) == 0


def test_policy_is_proposed_and_put_in_force_on_its_pages(desk: Desk) -> None:
    with desk.work():
        _list()
        admin, manager, lead = make_admin(), make_user(Role.MANAGER), make_account(Role.AGENCY_LEAD).user
        _idle(50, agency=lead.agency, name="Casper Lund")
    visitor, second, outside = desk.signed_in(admin), desk.signed_in(manager), desk.signed_in(lead)
    assert visitor.get("/accounts/policies").says("Nobody is held before a policy is in force")
    visitor.get("/accounts/policies/new/other", status=404)
    outside.get("/accounts/policies/new/inactivity", status=403)
    form = {"scope": "everybody:", "warn": "45, 55", "hold": "60", "refresher": "90", "full": "", "archive": ""}
    url = "/accounts/policies/new/inactivity"
    assert visitor.get(url).says("propose a version")
    visitor.post(url, {**form, "why": "agreed", "warn": "soon"}, status=422)
    visitor.post(url, {**form, "why": "agreed", "hold": "5"}, status=422)
    page = visitor.post(url, {**form, "why": "The board agreed."}, follow=True)
    assert page.says("Would warn today 1")
    assert page.says("Only an HMIS manager puts policies in force.")
    visitor.post("/accounts/policies/1/activate", status=403)
    assert second.get("/accounts/policies").says("Waiting for a second person")
    assert second.get("/accounts/policies/1").says("Put it in force")
    second.post("/accounts/policies/1/activate")
    second.post("/accounts/policies/1/refuse", status=409)
    for kind in K:
        visitor.get(f"/accounts/policies/new/{kind}?from=1")
    with desk.work():
        hold_what_lapses()
    assert outside.get("/accounts/coming").says("Casper Lund")
    assert visitor.get("/accounts/coming").link("Cancel the hold of Casper Lund")
    assert outside.get("/accounts/policies").says("hold after 60")
    visitor.get("/accounts/policies/9", status=404)
