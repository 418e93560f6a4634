"""Exact merges: off by default, allowed by two people, with a cap, and never where anything speaks against it."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adminops import clock
from adminops.db import db
from adminops.errors import Conflict, Invalid, InvalidState, NotAllowed
from adminops.hmis.models import HmisSource, Merge
from adminops.identity.models import User
from dedupe import exact, jobs
from dedupe.exact import decide_rule, exact_pairs, merge_exact_pair, propose_rule
from dedupe.models import Act, Decision, ExactMerging, ExactState, Pair, PairState, Scan, ScanState
from dedupe.operations import defer_pair, keep_apart, keep_clients_apart, reopen_pair, undo_merge
from dedupe.scanning import begin_scan, fail_scan
from dedupe.seconds.models import Proposal
from dedupe.seconds.operations import decide_merge, refuse_merge, take_back_merge
from tests.browsing import Desk
from tests.make import make_admin, make_user
from tests.make_dedupe import make_client, make_pair, make_source

SSN = "219450817"


@pytest.fixture
def allowed(session: Session, reviewer: User) -> None:
    """Let two administrators allow two merges a day."""
    decide_rule(propose_rule(2, by=reviewer), ExactState.ACTIVE, by=make_admin())


def exact_pair(source: HmisSource, number: int = 0, *, pair: dict[str, Any] | None = None, **other: Any) -> Pair:
    ssn = f"2194508{number + 10}"
    one = make_client(source, ssn=ssn)
    two = make_client(source, **{"ssn": ssn, **other})
    return make_pair(one, two, **{"score": 99, **(pair or {})})


def merge_exact_pairs() -> int:
    """Merge in the open transaction what the job merges in one each; return how many were merged."""
    return sum(merge_exact_pair(pair_id) for pair_id in exact_pairs())


def test_nothing_is_merged_without_two_people(source: HmisSource, reviewer: User) -> None:
    made = exact_pair(source)
    assert merge_exact_pairs() == 0
    rule = propose_rule(5, by=reviewer)
    with pytest.raises(NotAllowed, match="their own"):
        decide_rule(rule, ExactState.ACTIVE, by=reviewer)
    with pytest.raises(Conflict):
        propose_rule(5, by=reviewer)
    assert merge_exact_pairs() == 0
    decide_rule(rule, ExactState.ACTIVE, by=make_admin())
    assert (merge_exact_pairs(), made.state) == (1, PairState.MERGED)
    merge = db.session.get_one(Merge, made.merge_id)
    undo_merge(merge, by=reviewer)
    assert not merge.is_active
    decide_rule(rule, ExactState.ENDED, by=reviewer)
    assert merge_exact_pairs() == 0
    with pytest.raises(InvalidState):
        decide_rule(rule, ExactState.ACTIVE, by=make_admin())


def test_no_more_are_merged_than_the_cap_of_the_day(source: HmisSource, allowed: None) -> None:
    for number in range(4):
        exact_pair(source, number)
    assert (merge_exact_pairs(), merge_exact_pairs()) == (2, 0)
    with clock.frozen_at(clock.now() + timedelta(days=1)):
        assert merge_exact_pairs() == 2


@pytest.mark.parametrize(
    "other",
    [
        {"first_name": "Mary"},
        {"name_suffix": "Jr"},
        {"dob": date(1985, 5, 18)},
        {"ssn": "219450899"},
        {"ssn": ""},
        {"ssn_data_quality": 2},
        {"dob_data_quality": 2},
        {"name_data_quality": 2},
        {"sex": 1},
        {"veteran_status": 1},
        {"pair": {"warnings": ["Check this."]}},
        {"pair": {"changes": ["SSN: was different, is now same."]}},
        {"pair": {"reasons": [{"field": "Household", "says": "both entered it together", "strength": "against"}]}},
        {"pair": {"ticket_id": 4}},
        {"pair": {"state": PairState.DEFERRED}},
    ],
)
def test_what_does_not_agree_in_full_waits_for_a_reviewer(
    source: HmisSource, allowed: None, other: dict[str, Any]
) -> None:
    exact_pair(source, **other)
    assert merge_exact_pairs() == 0


def test_a_birth_date_that_a_form_gives_is_none(source: HmisSource, allowed: None) -> None:
    new_year = date(1985, 1, 1)
    make_pair(*(make_client(source, ssn=SSN, dob=new_year) for _ in range(2)), score=99)
    assert merge_exact_pairs() == 0


def test_who_was_kept_apart_is_not_joined_also_by_way_of_a_third(
    source: HmisSource, allowed: None, reviewer: User
) -> None:
    one, two, three = (make_client(source, ssn=SSN) for _ in range(3))
    make_pair(one, two, score=99)
    make_pair(two, three, score=98)
    keep_clients_apart(one, three, by=reviewer)
    assert merge_exact_pairs() == 1
    assert len({client.person_id or client.id for client in (one, three)}) == 2


def _undone(pair: Pair, by: User) -> None:
    assert merge_exact_pairs() == 1
    undo_merge(db.session.get_one(Merge, pair.merge_id), reason="Two people", by=by)


def _reopened(pair: Pair, by: User) -> None:
    keep_apart(pair, by=by)
    reopen_pair(pair, by=by)


def _resumed(pair: Pair, by: User) -> None:
    defer_pair(pair, by=by)
    reopen_pair(pair, by=by)


def _proposed(pair: Pair, by: User) -> Proposal:
    pair.has_conflict = True
    proposal = decide_merge(pair, destination_client_id=pair.low_client_id, choices={}, reason="Papers", by=by)
    assert isinstance(proposal, Proposal)
    pair.has_conflict = False  # a later scan sees it otherwise
    return proposal


def _refused(pair: Pair, by: User) -> None:
    refuse_merge(_proposed(pair, by), reason="Twins", by=make_admin())


def _withdrawn(pair: Pair, by: User) -> None:
    take_back_merge(_proposed(pair, by), by=by)


@pytest.mark.parametrize("speak", [_undone, _reopened, _resumed, _refused, _withdrawn])
def test_what_a_person_has_spoken_of_is_left_to_a_person(
    source: HmisSource, allowed: None, reviewer: User, speak: Callable[[Pair, User], None]
) -> None:
    made = exact_pair(source)
    speak(made, reviewer)
    assert (made.state, merge_exact_pairs()) == (PairState.OPEN, 0)


def test_what_a_person_has_spoken_of_is_not_decided_by_way_of_a_third(
    source: HmisSource, allowed: None, reviewer: User
) -> None:
    one, two, three = (make_client(source, ssn=SSN) for _ in range(3))
    _reopened(make_pair(one, two, score=70), reviewer)
    made = [make_pair(one, three, score=99), make_pair(two, three, score=98)]
    assert merge_exact_pairs() == 1
    assert [pair.state for pair in made] == [PairState.MERGED, PairState.OPEN]


@pytest.mark.parametrize("act", [Act.CAME, Act.LEFT])
def test_what_left_the_queue_by_itself_and_came_back_was_not_spoken_of(
    source: HmisSource, allowed: None, act: Act
) -> None:
    db.session.add(Decision(pair_id=exact_pair(source).id, act=act, score=99))
    assert merge_exact_pairs() == 1


def test_a_scan_that_failed_frees_nobody_who_is_contested(source: HmisSource, allowed: None, reviewer: User) -> None:
    made = exact_pair(source)
    group = {"records": [made.low_client_id, made.high_client_id], "apart": [], "more": 0}
    db.session.add(Scan(state=ScanState.DONE, groups=[group], finished_at=clock.now()))
    db.session.flush()
    fail_scan(begin_scan(by=reviewer))
    assert merge_exact_pairs() == 0


def _merged(desk: Desk) -> int:
    with desk.look() as session:
        return session.scalar(select(func.count(Pair.id)).where(Pair.state == PairState.MERGED)) or 0


def test_the_job_merges_each_pair_by_itself_and_stops_when_the_rule_ends(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with desk.work():
        source, one = make_source(), make_admin()
        for number in range(5):
            exact_pair(source, number)
        rule_id = propose_rule(4, by=one).id
        decide_rule(db.session.get_one(ExactMerging, rule_id), ExactState.ACTIVE, by=make_admin())
    merge, made = exact.merge_pair, []

    def failing(pair: Pair, **values: Any) -> Merge:
        made.append(pair.id)
        if len(made) == 2:
            raise RuntimeError("broken")
        return merge(pair, **values)

    monkeypatch.setattr(exact, "merge_pair", failing)
    with desk.app.app_context(), pytest.raises(RuntimeError, match="broken"):
        jobs.merge_exact()
    assert _merged(desk) == 1, "what was merged before stays so"
    room = jobs.has_room_today

    def ended() -> bool:
        if _merged_here() == 2:
            decide_rule(db.session.get_one(ExactMerging, rule_id), ExactState.ENDED, by=make_admin())
        return room()

    monkeypatch.setattr(jobs, "has_room_today", ended)
    with desk.app.app_context():
        jobs.merge_exact()
    assert (_merged(desk), len(made)) == (2, 3)


def _merged_here() -> int:
    return db.session.scalar(select(func.count(Merge.id))) or 0


def test_a_cap_has_bounds_and_a_reviewer(session: Session, reviewer: User) -> None:
    for cap in (0, 201):
        with pytest.raises(Invalid, match="1 to 200"):
            propose_rule(cap, by=reviewer)
    with pytest.raises(NotAllowed):
        propose_rule(5, by=make_user())


def test_the_page_says_what_agrees_and_waits_and_why(desk: Desk) -> None:
    with desk.work():
        source, admin = make_source(), make_admin()
        for number, score in enumerate((99, 90, 89, 62)):
            exact_pair(source, number, pair={"score": score})
        exact_pair(source, 4, pair={"warnings": ["Check this."], "score": 70})
        exact_pair(source, 5, pair={"ticket_id": 4})
        exact_pair(source, 6, dob=date(1985, 5, 18))
        defer_pair(exact_pair(source, 7), by=admin)
    page = desk.signed_in(admin).get("/duplicates/exact")
    assert page.says("whose score is 90 or more")
    assert page.says("5 pairs that the rule would leave")
    assert page.says("2: Its score is below 90")
    assert page.says("2: Somebody is looking at it, has spoken of it before")
    assert page.says("1: Something speaks against it: a warning")


def test_who_is_in_a_group_that_was_not_joined_is_told_to_wait_for_it(source: HmisSource, allowed: None) -> None:
    pair = exact_pair(source)
    group = {"records": [pair.low_client_id, pair.high_client_id], "apart": [], "more": 0}
    db.session.add(Scan(state=ScanState.DONE, groups=[group], finished_at=clock.now()))
    db.session.flush()
    assert dict(exact.left_to_reviewers().counts) == {exact.Left.GROUP: 1}


def test_the_page_says_whether_it_is_on_and_who_allowed_it(desk: Desk) -> None:
    with desk.work():
        rita, carl = make_admin(name="Rita Reviewer"), make_admin(name="Carl Colleague")
    first, second = desk.signed_in(rita), desk.signed_in(carl)
    assert first.get("/duplicates/exact").says("Every merge is made by a reviewer.")
    first.post("/duplicates/exact", {"cap": "0"}, status=422)
    first.post("/duplicates/exact", {"cap": "5"}, status=302)
    assert not first.get("/duplicates/exact").says("Put in force")
    second.post("/duplicates/exact/1/active", {}, status=302)
    assert second.get("/duplicates/exact").says("Merged so far: 0 of 5.")
    second.post("/duplicates/exact/9/ended", {}, status=404)
    second.post("/duplicates/exact/1/ended", {}, status=302)
    with desk.look() as session:
        assert session.scalar(select(func.count(Merge.id))) == 0
