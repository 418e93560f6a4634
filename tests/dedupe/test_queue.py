"""The order of the queue, where a pair stands in it, and which comes next."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from adminops import clock
from adminops.db import db
from adminops.errors import Invalid, NotFound
from adminops.hmis.models import Client, HmisSource
from adminops.identity.models import User
from dedupe.models import Pair, PairState
from dedupe.operations import defer_pair, keep_apart, merge_pair, review_pair
from dedupe.queries import clients_named, count_open, get_pair, requested_pairs
from dedupe.queue import SHOWN, Place, count_by_state, list_pairs, next_pair, queue_around
from tests.make import make_admin, make_user
from tests.make_dedupe import make_client, make_clients, make_pair, make_source

SCORES = (70, 95, 80, 95, 60)


@pytest.fixture
def queue(source: HmisSource) -> list[Pair]:
    """Five pairs, strongest first."""
    made = [make_pair(*make_clients(make_source(), 2), score=score) for score in SCORES]
    return sorted(made, key=lambda pair: (-pair.score, pair.id))


def ids(pairs: list[Pair]) -> list[int]:
    return [pair.id for pair in pairs]


def walk(by: User, pair_id: int | None, steps: int = 10) -> list[int]:
    """Return where one gets by going on from pair to pair without a decision."""
    seen: list[int] = []
    while pair_id is not None and pair_id not in seen and len(seen) < steps:
        seen.append(pair_id)
        pair_id = next_pair(by, after=Place.of(db.session.get_one(Pair, pair_id)))
    return seen


def test_the_strongest_pair_comes_first_and_the_older_of_two_alike(queue: list[Pair], reviewer: User) -> None:
    assert [row.id for row in queue_around(queue[0]).rows] == ids(queue)
    assert [row.score for row in queue_around(queue[0]).rows] == [95, 95, 80, 70, 60]
    assert walk(reviewer, next_pair(reviewer)) == ids(queue)


def test_a_pair_knows_its_place_and_its_neighbours(queue: list[Pair]) -> None:
    for position, pair in enumerate(queue, start=1):
        found = queue_around(pair)
        assert (found.position, found.to_review, found.deferred) == (position, 5, 0)
        assert found.previous_id == (queue[position - 2].id if position > 1 else None)
        assert found.next_id == (queue[position].id if position < 5 else None)


def test_a_long_queue_is_shown_around_the_pair(source: HmisSource) -> None:
    clients = make_clients(source, 10)
    made = [
        make_pair(one, other, score=99 - at)
        for at, (one, other) in enumerate((one, other) for one in clients for other in clients if one.id < other.id)
    ]
    found = queue_around(made[30])
    assert (found.position, found.to_review, len(found.rows)) == (31, 45, 45 - 27)
    assert (found.previous_id, found.next_id) == (made[29].id, made[31].id)
    assert len(queue_around(made[0]).rows) == SHOWN


def test_what_is_put_off_goes_behind_the_others_and_the_longest_put_off_comes_first(
    queue: list[Pair], reviewer: User
) -> None:
    for minutes, at in enumerate((1, 0)):
        with clock.frozen_at(clock.now() + timedelta(minutes=minutes)):
            defer_pair(queue[at], by=reviewer)
    order = ids([queue[2], queue[3], queue[4], queue[1], queue[0]])
    assert [row.id for row in queue_around(queue[2]).rows] == order
    assert [row.is_deferred for row in queue_around(queue[2]).rows] == [False] * 3 + [True] * 2
    found = queue_around(queue[0])
    assert (found.position, found.to_review, found.deferred, found.previous_id) == (2, 3, 2, queue[1].id)
    assert walk(reviewer, next_pair(reviewer)) == order[:3], "what is put off waits until nothing else does"
    for pair in queue[2:]:
        keep_apart(pair, by=reviewer)
    assert walk(reviewer, next_pair(reviewer)) == order[3:]


def test_after_a_decision_the_next_weaker_pair_comes_and_then_those_passed_by(
    queue: list[Pair], reviewer: User
) -> None:
    place = Place.of(queue[2])
    keep_apart(queue[2], by=reviewer)
    assert next_pair(reviewer, after=place) == queue[3].id
    last = Place.of(queue[4])
    keep_apart(queue[4], by=reviewer)
    assert next_pair(reviewer, after=last) == queue[0].id


def test_putting_off_goes_on_to_the_next_pair_and_round(queue: list[Pair], reviewer: User) -> None:
    seen, began = [], clock.now()
    pair = queue[0]
    for minutes in range(7):
        place = Place.of(pair)
        with clock.frozen_at(began + timedelta(minutes=minutes)):
            defer_pair(pair, by=reviewer)
        seen.append(pair.id)
        pair = db.session.get_one(Pair, next_pair(reviewer, after=place))
    assert seen == [*ids(queue), *ids(queue)[:2]]


def test_the_last_pair_comes_again_after_it_was_put_off(pair: Pair, reviewer: User) -> None:
    place = Place.of(pair)
    defer_pair(pair, by=reviewer)
    assert next_pair(reviewer, after=place) == pair.id


def test_pairs_that_others_hold_are_passed_over(queue: list[Pair], reviewer: User) -> None:
    colleague = make_admin()
    review_pair(queue[0], by=colleague)
    assert (next_pair(reviewer), next_pair(colleague)) == (queue[1].id, queue[0].id)
    with clock.frozen_at(clock.now() + timedelta(minutes=15)):
        assert next_pair(reviewer) == queue[0].id


def test_there_is_no_next_pair_in_an_empty_queue(pair: Pair, reviewer: User) -> None:
    place = Place.of(pair)
    merge_pair(pair, destination_client_id=pair.low_client_id, choices={}, by=reviewer)
    assert next_pair(reviewer, after=place) is None
    assert (count_open(reviewer), queue_around(pair).position) == (0, None)


def test_pairs_to_review_are_counted_without_those_put_off(queue: list[Pair], reviewer: User) -> None:
    defer_pair(queue[0], by=reviewer)
    keep_apart(queue[1], by=reviewer)
    queue[2].move(PairState.GONE)
    queue[3].move(PairState.SETTLED)
    db.session.flush()
    assert (count_open(reviewer), count_open(make_user())) == (1, 0)
    assert count_open(reviewer) == queue_around(queue[4]).to_review == count_by_state([PairState.OPEN])[PairState.OPEN]


def test_pairs_put_off_are_listed_in_the_order_in_which_they_come_again(queue: list[Pair], reviewer: User) -> None:
    began, order = clock.now(), [queue[at] for at in (3, 0, 4, 1)]
    for minutes, pair in enumerate(order):
        with clock.frozen_at(began + timedelta(minutes=minutes)):
            defer_pair(pair, by=reviewer)
    assert [row.pair.id for row in list_pairs(PairState.DEFERRED).rows] == ids(order)


def test_others_do_not_learn_that_there_is_a_pair(pair: Pair, reviewer: User, session: Session) -> None:
    assert get_pair(pair.id, reviewer) is pair
    with pytest.raises(NotFound):
        get_pair(pair.id, make_user())
    with pytest.raises(NotFound):
        get_pair(pair.id + 1, reviewer)


# Client IDs on tickets


def test_two_client_ids_mean_the_records_of_one_source(clients: list[Client]) -> None:
    elsewhere = make_client(make_source(), "A")
    assert requested_pairs(" A", "B ") == [(clients[0], clients[1])]
    make_client(make_source(), "A")
    assert requested_pairs("A", "B") == [(clients[0], clients[1])]
    assert list(clients_named("A")) == sorted([*clients_named("A")], key=lambda client: client.id)
    assert elsewhere in clients_named("A")


def test_client_ids_of_several_sources_leave_a_choice(clients: list[Client]) -> None:
    other = make_source()
    theirs = make_clients(other, 2)
    found = requested_pairs("A", "B")
    assert len(found) == 4
    assert (clients[0], clients[1]) in found
    assert (theirs[0], theirs[1]) in found


def test_one_client_id_in_two_sources_may_be_one_person(clients: list[Client]) -> None:
    other = make_client(make_source(), "A")
    assert requested_pairs("A", "A") == [(clients[0], other)]


def test_a_client_id_that_nobody_has_is_named(clients: list[Client]) -> None:
    with pytest.raises(NotFound, match="no client Z"):
        requested_pairs("A", "Z")
    with pytest.raises(Invalid, match="the same record"):
        requested_pairs("A", "A")
    clients[1].removed_at = clock.now()
    with pytest.raises(NotFound, match="no client B"):
        requested_pairs("A", "B")
