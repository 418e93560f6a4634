"""The verbs of the merge desk, on both databases."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adminops import clock
from adminops.db import db
from adminops.errors import Conflict, Invalid, InvalidState, NotAllowed, NotFound
from adminops.facts import (
    ClientsMerged,
    ClientViewed,
    MergeUndone,
    PairAnswered,
    PairDeferred,
    PairKeptApart,
    PairReopened,
)
from adminops.hmis.clients import client_page
from adminops.hmis.merging import verdict_on
from adminops.hmis.models import Client, HmisSource, Merge, MergeDecision, Organization, Verdict
from adminops.identity.models import User
from adminops.identity.permissions import Role
from adminops.refs import Ref
from dedupe.claims import CLAIM, take
from dedupe.models import Pair, PairState
from dedupe.operations import (
    defer_pair,
    keep_apart,
    merge_pair,
    pair_for_request,
    reopen_pair,
    review_pair,
    undo_merge,
)
from dedupe.queries import clients_named
from dedupe.scanning import scan_store
from tests.make import make_admin, make_user
from tests.make_dedupe import make_client, make_pair, make_project, make_source, make_stay

Facts = Callable[[], list[Any]]


def merge(pair: Pair, by: User, *, into: Client | None = None, **over: Any) -> Merge:
    """Merge a pair into its older record, or into `into`."""
    kept = into.id if into else pair.low_client_id
    return merge_pair(pair, destination_client_id=kept, by=by, **{"choices": {}, **over})


def ask_for(pair: Pair, ticket_id: int) -> None:
    """Let a ticket ask for a pair."""
    pair.ticket_id = ticket_id
    db.session.flush()


def state(pair: Pair) -> PairState:
    """Return the state as it is now, whatever the type check remembers of it."""
    return pair.state


def lose(pair: Pair) -> None:
    """Let a pair be proposed no longer."""
    pair.move(PairState.GONE)
    db.session.flush()


def test_a_merged_pair_reads_under_the_kept_record(clients: list[Client], pair: Pair, reviewer: User) -> None:
    project = make_project(db.session.get_one(HmisSource, clients[0].source_id))
    stays = [make_stay(client, project).enrollment_id for client in clients[:2]]
    made = merge(pair, reviewer, reason=" same SSN ")
    page = client_page(clients[1].id, scope=None)
    assert ({stay.enrollment_id for stay in page.stays}, page.kept.id) == (set(stays), clients[0].id)
    assert (pair.state, pair.merge_id, pair.decided_by_id, pair.reason) == (
        PairState.MERGED,
        made.id,
        reviewer.id,
        "same SSN",
    )


def test_merging_says_what_happened_and_for_whom(pair: Pair, reviewer: User, facts: Facts) -> None:
    ask_for(pair, 12)
    made = merge(pair, reviewer)
    (fact,) = facts()
    assert fact == ClientsMerged(
        client_id=pair.low_client_id,
        source_client_id=pair.high_client_id,
        merge_id=made.id,
        request=Ref.to("ticket", 12),
    )
    assert fact.settles


def test_the_other_record_may_be_kept(clients: list[Client], pair: Pair, reviewer: User) -> None:
    merge(pair, reviewer, into=clients[1])
    assert clients[0].person_id == clients[1].id


def test_a_record_outside_the_pair_is_not_kept(clients: list[Client], pair: Pair, reviewer: User) -> None:
    for wrong in (clients[2].id, 0, -1, 999_999):
        with pytest.raises(Invalid, match="which of the two"):
            merge_pair(pair, destination_client_id=wrong, choices={}, by=reviewer)
    assert db.session.scalar(select(func.count(Merge.id))) == 0


def test_a_second_click_on_merge_does_it_once(pair: Pair, reviewer: User, facts: Facts) -> None:
    merge(pair, reviewer)
    with pytest.raises(InvalidState, match="merged already"):
        merge(pair, reviewer)
    assert db.session.scalar(select(func.count(Merge.id))) == 1
    assert len(facts()) == 1


@pytest.mark.parametrize("verb", [defer_pair, keep_apart])
def test_a_merged_pair_is_not_decided_otherwise(pair: Pair, reviewer: User, verb: Callable[..., None]) -> None:
    merge(pair, reviewer)
    with pytest.raises(InvalidState, match="Undo the merge first"):
        verb(pair, by=reviewer)


def test_undoing_brings_the_pair_back(clients: list[Client], pair: Pair, reviewer: User, facts: Facts) -> None:
    ask_for(pair, 12)
    made = merge(pair, reviewer, reason="same SSN")
    facts()
    undo_merge(made, reason="a twin", by=reviewer)
    assert (pair.state, pair.merge_id, pair.decided_by_id, pair.reason) == (PairState.OPEN, None, None, "")
    assert [client.person_id for client in clients[:2]] == [client.id for client in clients[:2]]
    assert facts() == [
        MergeUndone(
            client_id=clients[0].id,
            source_client_id=clients[1].id,
            merge_id=made.id,
            request=Ref.to("ticket", 12),
        )
    ]


def test_a_merge_is_undone_once_and_can_be_made_again(pair: Pair, reviewer: User) -> None:
    first = merge(pair, reviewer)
    undo_merge(first, by=reviewer)
    with pytest.raises(InvalidState, match="undone already"):
        undo_merge(first, by=reviewer)
    second = merge(pair, reviewer)
    with pytest.raises(InvalidState, match="undone already"):
        undo_merge(first, by=reviewer)
    assert (pair.state, pair.merge_id) == (PairState.MERGED, second.id)


def test_undoing_a_merge_that_no_pair_made_touches_no_pair(
    clients: list[Client], pair: Pair, reviewer: User, facts: Facts
) -> None:
    other = make_pair(clients[1], clients[2])
    undo_merge(merge(other, reviewer), by=reviewer)
    assert (pair.state, other.state) == (PairState.OPEN, PairState.OPEN)


def test_a_merged_pair_is_not_reopened_beside_its_merge(pair: Pair, reviewer: User) -> None:
    made = merge(pair, reviewer)
    with pytest.raises(InvalidState, match="Undo the merge"):
        reopen_pair(pair, by=reviewer)
    assert (pair.state, pair.merge_id, made.is_active) == (PairState.MERGED, made.id, True)


def test_an_open_pair_is_not_reopened(pair: Pair, reviewer: User, facts: Facts) -> None:
    with pytest.raises(InvalidState, match="open already"):
        reopen_pair(pair, by=reviewer)
    assert facts() == []


def test_keeping_apart_holds_until_it_is_taken_back(pair: Pair, reviewer: User, facts: Facts) -> None:
    keep_apart(pair, reason="two cousins", by=reviewer)
    assert verdict_on(pair.low_client, pair.high_client) is Verdict.APART
    assert (pair.state, pair.reason, facts()) == (
        PairState.APART,
        "two cousins",
        [PairKeptApart(pair_id=pair.id, client_ids=pair.client_ids)],
    )
    with pytest.raises(InvalidState, match="Reopen the pair first"):
        merge(pair, reviewer)
    reopen_pair(pair, by=reviewer)
    assert verdict_on(pair.low_client, pair.high_client) is None
    assert (pair.state, pair.reason, pair.decided_at) == (PairState.OPEN, "", None)
    assert facts() == [PairReopened(pair_id=pair.id, client_ids=pair.client_ids)]
    merge(pair, reviewer)


def test_what_a_colleague_kept_apart_is_reopened_with_a_reason(pair: Pair, reviewer: User) -> None:
    keep_apart(pair, by=reviewer)
    with pytest.raises(Invalid, match="A colleague kept these two apart"):
        reopen_pair(pair, by=make_admin())
    assert pair.state is PairState.APART
    reopen_pair(pair, reason=" Seen with one ID card ", by=make_admin())
    said = select(MergeDecision).where(MergeDecision.verdict == Verdict.WITHDRAWN)
    assert [word.reason for word in db.session.scalars(said)] == ["Seen with one ID card"]
    assert (pair.state, verdict_on(pair.low_client, pair.high_client)) == (PairState.OPEN, None)


def test_putting_off_a_pair_that_is_asked_about_again_is_no_way_around_who_kept_it_apart(
    pair: Pair, reviewer: User
) -> None:
    keep_apart(pair, reason="Two cousins", by=reviewer)
    pair.state, pair.changes = PairState.OPEN, ["SSN: was 1 digit differs, is now same."]
    colleague = make_admin()
    defer_pair(pair, by=colleague)
    reopen_pair(pair, by=colleague)
    assert verdict_on(pair.low_client, pair.high_client) is Verdict.APART
    assert (pair.state, pair.reason, len(pair.changes)) == (PairState.OPEN, "Two cousins", 1)
    with pytest.raises(InvalidState, match="Somebody kept these two apart: merging them takes that back"):
        merge(pair, colleague)


def test_a_pair_may_be_put_off_again_and_again(pair: Pair, reviewer: User, facts: Facts) -> None:
    for _ in range(2):
        defer_pair(pair, by=reviewer)
    assert (pair.state, facts()) == (PairState.DEFERRED, [PairDeferred(pair_id=pair.id)] * 2)
    reopen_pair(pair, by=reviewer)
    assert (pair.state, pair.deferred_at) == (PairState.OPEN, None)


def test_a_pair_that_was_put_off_can_be_merged(pair: Pair, reviewer: User) -> None:
    defer_pair(pair, by=reviewer)
    undo_merge(merge(pair, reviewer), by=reviewer)
    assert (pair.state, pair.deferred_at) == (PairState.OPEN, None)


def test_a_pair_that_is_gone_is_decided_only_after_it_is_reopened(pair: Pair, reviewer: User) -> None:
    lose(pair)
    with pytest.raises(InvalidState, match="no longer proposed"):
        merge(pair, reviewer)
    reopen_pair(pair, by=reviewer)
    merge(pair, reviewer)


def test_a_record_that_left_its_source_is_not_merged(clients: list[Client], pair: Pair, reviewer: User) -> None:
    clients[1].removed_at = clock.now()
    db.session.flush()
    with pytest.raises(InvalidState, match="left its source"):
        merge(pair, reviewer)


@pytest.mark.parametrize("text", ["her SSN is 219-45-0817", "born 5/17/1985"])
def test_a_reason_holds_no_personal_data(pair: Pair, reviewer: User, text: str) -> None:
    for verb in (lambda: merge(pair, reviewer, reason=text), lambda: keep_apart(pair, reason=text, by=reviewer)):
        with pytest.raises(Invalid, match="take it out") as refused:
            verb()
        assert refused.value.field == "reason"
    assert pair.state is PairState.OPEN


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.SYSTEM_ADMIN, Role.MANAGER)])
def test_only_reviewers_review(pair: Pair, reviewer: User, session: Session, role: Role) -> None:
    stranger = make_user(role)
    made = merge(
        make_pair(pair.low_client, make_client(db.session.get_one(HmisSource, pair.low_client.source_id))), reviewer
    )
    for verb in (
        lambda: review_pair(pair, by=stranger),
        lambda: merge(pair, stranger),
        lambda: keep_apart(pair, by=stranger),
        lambda: defer_pair(pair, by=stranger),
        lambda: reopen_pair(pair, by=stranger),
        lambda: undo_merge(made, by=stranger),
        lambda: pair_for_request(pair.low_client, pair.high_client, ticket_id=1, by=stranger),
    ):
        with pytest.raises(NotAllowed):
            verb()


# Claims


def test_a_pair_is_held_for_fifteen_minutes(pair: Pair, reviewer: User) -> None:
    colleague = make_admin()
    assert timedelta(minutes=15) == CLAIM
    assert review_pair(pair, by=reviewer)
    assert not review_pair(pair, by=colleague)
    assert pair.claimed_by is reviewer
    for verb in (
        lambda: merge(pair, colleague),
        lambda: keep_apart(pair, by=colleague),
        lambda: defer_pair(pair, by=colleague),
    ):
        with pytest.raises(Conflict, match=f"{reviewer.name} is looking at this pair"):
            verb()
    with clock.frozen_at(clock.now() + CLAIM):
        assert review_pair(pair, by=colleague)
        with pytest.raises(Conflict, match=colleague.name):
            merge(pair, reviewer)
        merge(pair, colleague)


def test_looking_again_holds_the_pair_anew(pair: Pair, reviewer: User) -> None:
    began = clock.now()
    with clock.frozen_at(began):
        review_pair(pair, by=reviewer)
    with clock.frozen_at(began + timedelta(minutes=10)):
        review_pair(pair, by=reviewer)
    assert pair.claimed_until == began + timedelta(minutes=25)


def test_a_reviewer_holds_one_pair_at_a_time(clients: list[Client], pair: Pair, reviewer: User) -> None:
    other, colleague = make_pair(clients[1], clients[2]), make_admin()
    held = make_pair(clients[0], clients[2])
    review_pair(held, by=colleague)
    review_pair(pair, by=reviewer)
    review_pair(other, by=reviewer)
    db.session.refresh(pair)
    assert (pair.claimed_by_id, other.claimed_by_id, held.claimed_by_id) == (None, reviewer.id, colleague.id)


@pytest.mark.parametrize("verb", [defer_pair, keep_apart, merge])
def test_a_decision_lets_go_of_the_pair(pair: Pair, reviewer: User, verb: Callable[..., Any]) -> None:
    review_pair(pair, by=reviewer)
    verb(pair, by=reviewer)
    assert (pair.claimed_by_id, pair.claimed_until) == (None, None)


def test_a_decided_pair_is_held_by_nobody(pair: Pair, reviewer: User) -> None:
    keep_apart(pair, by=reviewer)
    assert not review_pair(pair, by=reviewer)
    assert pair.claimed_by_id is None


def test_looking_at_a_pair_is_on_the_record_of_both_clients(pair: Pair, reviewer: User, facts: Facts) -> None:
    review_pair(pair, by=reviewer)
    looked = [ClientViewed(client_id=id_) for id_ in (pair.low_client_id, pair.high_client_id)]
    assert facts() == looked
    review_pair(pair, by=reviewer)
    assert facts() == [], "still the same look"
    review_pair(pair, by=make_admin())
    assert facts() == looked, "a colleague looks, though without holding it"
    with clock.frozen_at(clock.now() + CLAIM):
        review_pair(pair, by=reviewer)
    assert facts() == looked


# Pairs that other decisions settle


def test_merges_of_three_records_settle_the_third_pair(clients: list[Client], pair: Pair, reviewer: User) -> None:
    a, b, c = clients
    second, third = make_pair(b, c), make_pair(a, c)
    first_merge = merge(pair, reviewer)
    assert third.state is PairState.OPEN, "C is nobody's yet"
    second_merge = merge(second, reviewer)
    assert (third.state, {client.person_id for client in clients}) == (PairState.SETTLED, {a.id})
    for verb in (merge, keep_apart, defer_pair):
        with pytest.raises(InvalidState, match="Other decisions settle this pair"):
            verb(third, by=reviewer)
    with pytest.raises(InvalidState, match="Other decisions settle this pair"):
        reopen_pair(third, by=reviewer)
    undo_merge(first_merge, by=reviewer)
    assert (pair.state, second.state, third.state) == (PairState.OPEN, PairState.MERGED, PairState.OPEN)
    assert (a.person_id, b.person_id, c.person_id) == (a.id, b.id, b.id), "the later merge stays in force"
    undo_merge(second_merge, by=reviewer)
    assert [client.person_id for client in clients] == [client.id for client in clients]
    assert {each.state for each in (pair, second, third)} == {PairState.OPEN}


def test_a_pair_that_was_put_off_comes_back_put_off(clients: list[Client], pair: Pair, reviewer: User) -> None:
    second, third = make_pair(clients[1], clients[2]), make_pair(clients[0], clients[2])
    defer_pair(third, by=reviewer)
    merge(pair, reviewer)
    made = merge(second, reviewer)
    assert state(third) is PairState.SETTLED
    undo_merge(made, by=reviewer)
    assert state(third) is PairState.DEFERRED


def test_keeping_apart_settles_pairs_of_the_same_people(clients: list[Client], pair: Pair, reviewer: User) -> None:
    second, third = make_pair(clients[1], clients[2]), make_pair(clients[0], clients[2])
    merge(pair, reviewer)
    keep_apart(second, by=reviewer)
    assert state(third) is PairState.SETTLED, "A is B, and B is not C"
    reopen_pair(second, by=reviewer)
    assert state(third) is PairState.OPEN


def test_a_merge_settles_pairs_with_whom_one_side_was_kept_apart(clients: list[Client], reviewer: User) -> None:
    a, b, c = clients
    apart, second, third = make_pair(a, c), make_pair(a, b), make_pair(b, c)
    keep_apart(apart, by=reviewer)
    made = merge(second, reviewer)
    assert third.state is PairState.SETTLED
    undo_merge(made, by=reviewer)
    assert (apart.state, second.state, third.state) == (PairState.APART, PairState.OPEN, PairState.OPEN)


def test_a_merge_that_would_join_kept_apart_records_is_refused_with_the_reason(
    clients: list[Client], reviewer: User
) -> None:
    a, b, c = clients
    keep_apart(make_pair(a, c), by=reviewer)
    merge(make_pair(a, b), reviewer)
    late = make_pair(b, c)  # proposed by a scan that had begun before
    with pytest.raises(Conflict, match="by way of others"):
        merge(late, reviewer)


# Requests


def test_a_request_opens_the_pair_that_a_scan_proposed(pair: Pair, reviewer: User, facts: Facts) -> None:
    found = pair_for_request(pair.high_client, pair.low_client, ticket_id=7, by=reviewer)
    assert (found is pair, pair.request, pair.score, facts()) == (True, Ref.to("ticket", 7), 90, [])


def test_a_request_scores_a_pair_that_no_scan_proposed(source: HmisSource, reviewer: User) -> None:
    one, other = make_client(source, ssn="219450817"), make_client(source, ssn="219450817")
    found = pair_for_request(one, other, ticket_id=7, by=reviewer)
    assert (found.state, found.ticket_id) == (PairState.OPEN, 7)
    assert found.score > 80
    assert sum(reason["points"] for reason in found.reasons) == found.score
    assert pair_for_request(other, one, ticket_id=7, by=reviewer) is found


def test_a_request_reopens_a_pair_that_was_gone(pair: Pair, reviewer: User) -> None:
    lose(pair)
    pair_for_request(pair.low_client, pair.high_client, ticket_id=7, by=reviewer)
    assert (pair.state, pair.ticket_id) == (PairState.OPEN, 7)


def test_a_request_does_not_take_over_what_was_decided(pair: Pair, reviewer: User) -> None:
    ask_for(pair, 3)
    merge(pair, reviewer)
    pair_for_request(pair.low_client, pair.high_client, ticket_id=7, by=reviewer)
    assert (pair.state, pair.ticket_id) == (PairState.MERGED, 3)


def test_a_request_for_records_that_are_one_already_is_settled_and_answered(
    clients: list[Client], pair: Pair, reviewer: User, facts: Facts
) -> None:
    merge(pair, reviewer)
    merge(make_pair(clients[1], clients[2]), reviewer)
    facts()
    found = pair_for_request(clients[0], clients[2], ticket_id=7, by=reviewer)
    assert found.state is PairState.SETTLED
    (answered,) = facts()
    told = {"pair_id": found.id, "client_ids": found.client_ids, "outcome": "merged", "on": ""}
    assert answered == PairAnswered(**told, request=Ref.to("ticket", 7))


def test_all_tickets_that_ask_for_a_pair_are_answered(pair: Pair, reviewer: User, facts: Facts) -> None:
    for ticket_id in (7, 9, 7, 8):
        pair_for_request(pair.low_client, pair.high_client, ticket_id=ticket_id, by=reviewer)
    assert (pair.ticket_id, [asked.ticket_id for asked in pair.tickets]) == (7, [7, 8, 9])
    keep_apart(pair, by=reviewer)
    (fact,) = facts()
    assert list(map(str, fact.requests)) == ["ticket:7", "ticket:8", "ticket:9"]
    told = {"pair_id": pair.id, "client_ids": pair.client_ids, "also": ["ticket:8", "ticket:9"]}
    assert fact.detail() == told


def apart(pair: Pair, by: User) -> None:
    keep_apart(pair, by=by)


@pytest.mark.parametrize("decide", [merge, apart])
def test_a_request_for_what_is_decided_is_answered_at_once_and_alone(
    pair: Pair, reviewer: User, facts: Facts, decide: Callable[[Pair, User], object]
) -> None:
    pair_for_request(pair.low_client, pair.high_client, ticket_id=3, by=reviewer)
    decide(pair, reviewer)
    facts()
    for _again in range(2):
        pair_for_request(pair.low_client, pair.high_client, ticket_id=7, by=reviewer)
    (answered,) = facts()
    assert isinstance(answered, PairAnswered)
    assert list(map(str, answered.requests)) == ["ticket:7"]
    assert (answered.outcome, answered.on) == (pair.state.value, f"{clock.today()}")


def test_requests_for_a_pair_that_others_settle_are_answered(
    clients: list[Client], pair: Pair, reviewer: User, facts: Facts
) -> None:
    a, b, c = clients
    for ticket_id in (7, 9):
        pair_for_request(a, c, ticket_id=ticket_id, by=reviewer)
    merge(pair, reviewer)
    facts()
    merge(make_pair(b, c), reviewer)
    (answered,) = [fact for fact in facts() if isinstance(fact, PairAnswered)]
    assert list(map(str, answered.requests)) == ["ticket:7", "ticket:9"]


def test_a_request_for_one_record_twice_is_refused(pair: Pair, reviewer: User) -> None:
    with pytest.raises(Invalid, match="the same record"):
        pair_for_request(pair.low_client, pair.low_client, ticket_id=7, by=reviewer)


def test_a_request_for_a_client_of_victim_services_is_refused(pair: Pair, source: HmisSource, reviewer: User) -> None:
    make_stay(pair.low_client, make_project(source, victim_services=True))
    with pytest.raises(Invalid, match="victim service provider"):
        pair_for_request(pair.low_client, pair.high_client, ticket_id=7, by=reviewer)
    assert pair.ticket_id is None


def test_a_pair_from_before_the_organization_was_marked_is_not_merged(
    pair: Pair, source: HmisSource, reviewer: User
) -> None:
    project = make_project(source)
    make_stay(pair.low_client, project)
    db.session.query(Organization).filter_by(organization_id=project.organization_id).one().victim_service_provider = 1
    db.session.flush()
    with pytest.raises(Invalid, match="victim service provider"):
        merge_pair(pair, destination_client_id=pair.low_client_id, choices={}, by=reviewer)
    assert pair.state is PairState.OPEN


def _protect(client: Client) -> None:
    make_stay(client, make_project(db.session.get_one(HmisSource, client.source_id), victim_services=True))


def test_a_client_of_victim_services_is_not_looked_at_in_a_pair(
    pair: Pair, reviewer: User, facts: Callable[[], list[Any]]
) -> None:
    _protect(pair.high_client)
    assert not review_pair(pair, by=reviewer)
    assert (pair.state, pair.claimed_by_id) == (PairState.GONE, None)
    assert facts() == []


def test_who_stands_for_a_client_of_victim_services_is_not_looked_at_either(
    clients: list[Client], pair: Pair, reviewer: User, facts: Callable[[], list[Any]]
) -> None:
    """The page would show what it knows of that record, and a merge would let still others read under it."""
    first, second, third = clients
    made = merge(pair, reviewer)
    other = make_pair(first, third)
    assert review_pair(other, by=reviewer)
    _protect(second)
    facts()
    with pytest.raises(Invalid, match="victim service provider"):
        merge_pair(other, destination_client_id=first.id, choices={}, by=reviewer)
    assert take([other], reviewer) == []
    with clock.frozen_at(clock.now() + timedelta(minutes=16)):
        assert not review_pair(other, by=reviewer)
    assert (other.state, facts()) == (PairState.GONE, [])
    scan_store()
    assert other.state is PairState.GONE
    with pytest.raises(Invalid, match="victim service provider"):
        pair_for_request(first, third, ticket_id=7, by=reviewer)
    with pytest.raises(NotFound):
        clients_named(first.personal_id)
    assert (state(other), other.ticket_id) == (PairState.GONE, None)
    undo_merge(made, by=reviewer)
    scan_store()
    assert (pair.state, other.state) == (PairState.GONE, PairState.OPEN)


def test_a_client_who_also_stays_elsewhere_is_looked_at(pair: Pair, source: HmisSource, reviewer: User) -> None:
    _protect(pair.high_client)
    make_stay(pair.high_client, make_project(source))
    assert review_pair(pair, by=reviewer)
    assert pair.state is PairState.OPEN


def test_a_pair_with_a_client_of_victim_services_is_not_reopened(pair: Pair, reviewer: User) -> None:
    keep_apart(pair, by=reviewer)
    _protect(pair.low_client)
    with pytest.raises(Invalid, match="victim service provider"):
        reopen_pair(pair, by=reviewer)
    assert pair.state is PairState.APART


def test_undoing_a_merge_does_not_propose_a_client_of_victim_services_again(
    clients: list[Client], pair: Pair, reviewer: User
) -> None:
    other = make_pair(clients[1], clients[2])
    made = merge(pair, reviewer)
    keep_apart(make_pair(clients[0], clients[2]), by=reviewer)
    assert other.state is PairState.SETTLED
    _protect(clients[1])
    undo_merge(made, by=reviewer)
    assert (pair.state, other.state) == (PairState.GONE, PairState.GONE)


def test_hashed_names_are_not_compared(source: HmisSource, reviewer: User) -> None:
    clear, hashes = make_client(source), make_client(source, last_name="ab" * 32)
    of_hashed_source = make_client(make_source(names_hashed=True))
    for other in (hashes, of_hashed_source):
        with pytest.raises(Invalid, match="hashed"):
            pair_for_request(clear, other, ticket_id=7, by=reviewer)
    assert db.session.scalar(select(func.count(Pair.id))) == 0


def test_a_request_for_a_record_that_left_its_source_is_refused(pair: Pair, reviewer: User) -> None:
    pair.low_client.removed_at = clock.now()
    db.session.flush()
    with pytest.raises(Invalid, match="left its source"):
        pair_for_request(pair.low_client, pair.high_client, ticket_id=7, by=reviewer)
