"""Putting pairs together without joining what was told apart."""

from itertools import combinations, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.matching.clusters import LARGEST, Conflict, Link, make_clusters


def test_links_put_records_together() -> None:
    clusters = make_clusters([Link(1, 2, 9.0), Link(2, 3, 9.0), Link(1, 3, 4.0), Link(8, 9, 1.0)])
    assert clusters.groups == ((1, 2, 3), (8, 9))
    assert clusters.conflicts == ()


def test_links_that_are_unlikely_put_nothing_together() -> None:
    assert make_clusters([Link(1, 2, -0.5)]).groups == ()


def test_a_chain_of_weak_links_does_not_become_one_person() -> None:
    clusters = make_clusters([Link(1, 2, 12.0), Link(3, 4, 12.0), Link(2, 3, 2.0)])
    assert clusters.groups == ((1, 2), (3, 4))
    assert clusters.conflicts == ()


def test_one_is_two_and_two_is_three_but_one_is_not_three_is_a_conflict() -> None:
    clusters = make_clusters([Link(1, 2, 20.0), Link(2, 3, 15.0)], cannot_link=[(3, 1)])
    assert clusters.groups == ()
    assert clusters.conflicts == (Conflict(records=(1, 2, 3), apart=((1, 3),), links=((1, 2), (2, 3))),)


def test_a_crowd_is_put_together_by_a_person_or_not_at_all() -> None:
    everybody = [Link(one, other, 9.0) for one, other in combinations(range(LARGEST + 1), 2)]
    clusters = make_clusters([*everybody, Link(90, 91, 9.0)])
    assert clusters.groups == ((90, 91),)
    assert [(len(conflict.records), conflict.apart) for conflict in clusters.conflicts] == [(LARGEST + 1, ())]


@pytest.mark.parametrize("order", list(permutations([(1, 2), (2, 3)])))
def test_decisions_that_contradict_each_other_are_a_conflict(order: tuple[tuple[int, int], ...]) -> None:
    clusters = make_clusters([], must_link=order, cannot_link=[(1, 3)])
    assert clusters.groups == ()
    assert [conflict.records for conflict in clusters.conflicts] == [(1, 2, 3)]


def test_a_decided_pair_and_a_scored_pair_can_contradict_each_other() -> None:
    clusters = make_clusters([Link(2, 3, 8.0)], must_link=[(1, 2)], cannot_link=[(1, 3)])
    assert clusters.groups == ()
    assert clusters.conflicts[0].links == ((1, 2), (2, 3))


def test_a_conflict_leaves_other_people_alone() -> None:
    links = [Link(1, 2, 9.0), Link(2, 3, 9.0), Link(7, 8, 9.0)]
    clusters = make_clusters(links, cannot_link=[(1, 3)])
    assert clusters.groups == ((7, 8),)
    assert [conflict.records for conflict in clusters.conflicts] == [(1, 2, 3)]


def test_a_pair_told_apart_is_settled_and_no_conflict() -> None:
    clusters = make_clusters([Link(1, 2, 30.0)], cannot_link=[(1, 2)])
    assert clusters.groups == ()
    assert clusters.conflicts == ()


def test_decided_pairs_are_joined_without_any_score() -> None:
    assert make_clusters([], must_link=[(3, 1), (1, 2)]).groups == ((1, 2, 3),)


def test_a_record_with_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="two different records"):
        make_clusters([], must_link=[(1, 1)])


_KEYS = st.integers(0, 7)
_PAIRS = st.tuples(_KEYS, _KEYS).filter(lambda pair: pair[0] != pair[1])
_LINKS = st.lists(
    st.builds(lambda pair, weight: Link(pair[0], pair[1], weight), _PAIRS, st.floats(-5, 25)), max_size=14
)


@settings(deadline=None, database=None, max_examples=300)
@given(_LINKS, st.lists(_PAIRS, max_size=5), st.lists(_PAIRS, max_size=5))
def test_no_cluster_ever_holds_a_pair_told_apart(
    links: list[Link], must: list[tuple[int, int]], cannot: list[tuple[int, int]]
) -> None:
    clusters = make_clusters(links, must_link=must, cannot_link=cannot)
    apart = {frozenset(pair) for pair in cannot}
    placed = [key for group in clusters.groups for key in group]
    contested = [key for conflict in clusters.conflicts for key in conflict.records]
    assert len(placed) == len(set(placed))
    assert len(contested) == len(set(contested))
    assert set(placed).isdisjoint(contested)
    for group in clusters.groups:
        assert all(frozenset(pair) not in apart for pair in combinations(group, 2))
    for conflict in clusters.conflicts:
        assert conflict.apart
        assert all(frozenset(pair) in apart for pair in conflict.apart)


@settings(deadline=None, database=None, max_examples=150)
@given(_LINKS, st.lists(_PAIRS, max_size=4), st.lists(_PAIRS, max_size=4), st.data())
def test_clusters_do_not_depend_on_the_order_of_anything(
    links: list[Link], must: list[tuple[int, int]], cannot: list[tuple[int, int]], data: st.DataObject
) -> None:
    turned = [Link(link.other, link.one, link.weight) for link in data.draw(st.permutations(links))]
    other_must, other_cannot = data.draw(st.permutations(must)), data.draw(st.permutations(cannot))
    assert make_clusters(links, must_link=must, cannot_link=cannot) == make_clusters(
        turned, must_link=other_must, cannot_link=other_cannot
    )


@settings(deadline=None, database=None, max_examples=150)
@given(st.lists(_PAIRS, max_size=8))
def test_decided_pairs_without_contradiction_always_end_up_together(must: list[tuple[int, int]]) -> None:
    group_of = {key: group for group in make_clusters([], must_link=must).groups for key in group}
    assert all(group_of[one] == group_of[other] for one, other in must)
