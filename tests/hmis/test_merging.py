"""Merging and undoing: a log of pairs, of which persons are the sum."""

from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from adminops.db import db
from adminops.errors import Conflict, DomainError, Invalid, InvalidState, NotFound
from adminops.hmis import sources
from adminops.hmis.clients import client_page
from adminops.hmis.intake import ImportResult, import_export
from adminops.hmis.merging import (
    MOST_RECORDS,
    allow_again,
    apart_on,
    apart_pairs,
    get_merge,
    keep_apart,
    merge_clients,
    persons_by_merges,
    undo_merge,
    verdict_on,
)
from adminops.hmis.models import Client, HmisSource, Merge, MergeDecision, PersonLink, Verdict
from tests.hmis.conftest import contents
from tests.hmis.exports import SmallExport

RECORDS = 6


def export_of(number: int) -> SmallExport:
    export = SmallExport()
    for key in range(number):
        export.add_client(f"C{key}", FirstName=f"Ana{key}", SSN=f"21945{1000 + key}").add_stay(f"S{key}", f"C{key}")
    return export


@pytest.fixture
def clients(source: HmisSource, tmp_path: Path) -> list[Client]:
    import_export(export_of(RECORDS).zip(tmp_path / "in.zip"), source=source, by_id=None)
    return list(db.session.scalars(select(Client).order_by(Client.id)))


def state(clients: list[Client]) -> dict[str, object]:
    """All that a merge may change, as a reader sees it."""
    return {
        "persons": {client.id: client.person_id for client in clients},
        "pages": [
            (page.kept.id, page.identity, page.records, page.stays, page.origins)
            for page in (client_page(client.id, scope=None) for client in clients)
        ],
        "verdicts": {(one.id, other.id): verdict_on(one, other) for one, other in combinations(clients, 2)},
    }


def test_a_merge_lets_the_stays_of_both_read_under_the_kept_record(clients: list[Client], source: HmisSource):
    before = contents(source)
    merge = merge_clients(clients[0], clients[1], {"name": "source"}, by_id=5, reason="same birth date and SSN")
    page = client_page(clients[1].id, scope=None)
    assert {stay.enrollment_id for stay in page.stays} == {"S0", "S1"}
    assert page.identity.name == "Ana0 Lopez"
    assert contents(source) == before, "no row of the source is rewritten"
    assert (merge.by_id, merge.reason, merge.is_active) == (5, "same birth date and SSN", True)
    assert verdict_on(clients[0], clients[1]) is Verdict.SAME


def test_a_choice_means_what_the_person_reads_as_now(clients: list[Client]):
    merge_clients(clients[1], clients[0], {"name": "source"}, by_id=None)
    before = client_page(clients[0].id, scope=None).identity
    merge = merge_clients(clients[0], clients[2], {"name": "source"}, by_id=None)
    after = client_page(clients[2].id, scope=None).identity
    assert before.name == after.name == "Ana1 Lopez", "the name of the third record, not that of the record named"
    undo_merge(merge, by_id=None)
    assert client_page(clients[0].id, scope=None).identity == before


def test_undoing_a_merge_leaves_everything_exactly_as_before(clients: list[Client]):
    before = state(clients)
    merge = merge_clients(clients[0], clients[1], {"name": "source", "ssn": "source"}, by_id=5)
    assert state(clients) != before
    undo_merge(merge, by_id=6, reason="a twin")
    assert state(clients) == before
    assert (merge.undone_by_id, merge.undo_reason) == (6, "a twin")


def test_the_log_says_who_went_where_and_is_only_added_to(clients: list[Client]):
    merge = merge_clients(clients[0], clients[1], {}, by_id=5)
    undo_merge(merge, by_id=6)
    links = db.session.scalars(select(PersonLink).order_by(PersonLink.id)).all()
    assert [(each.client_id, each.from_person_id, each.to_person_id, each.by_id) for each in links] == [
        (clients[0].id, clients[0].id, clients[1].id, 5),
        (clients[0].id, clients[1].id, clients[0].id, 6),
    ]
    assert db.session.scalars(select(Merge)).all() == [merge]
    assert get_merge(merge.id) is merge
    with pytest.raises(NotFound):
        get_merge(99)


def test_a_merge_is_undone_once(clients: list[Client]):
    merge = merge_clients(clients[0], clients[1], {}, by_id=None)
    undo_merge(merge, by_id=None)
    with pytest.raises(InvalidState, match="undone already"):
        undo_merge(merge, by_id=None)


def test_the_same_pair_is_merged_once_and_can_be_merged_again_after_undo(clients: list[Client]):
    first = merge_clients(clients[0], clients[1], {}, by_id=None)
    for pair in ((0, 1), (1, 0)):
        with pytest.raises(InvalidState, match="same person already"):
            merge_clients(clients[pair[0]], clients[pair[1]], {}, by_id=None)
    undo_merge(first, by_id=None)
    assert merge_clients(clients[1], clients[0], {}, by_id=None).is_active


def test_undoing_an_earlier_merge_takes_along_who_came_through_it(clients: list[Client]):
    first = merge_clients(clients[2], clients[0], {}, by_id=None)
    merge_clients(clients[3], clients[2], {}, by_id=None)
    undo_merge(first, by_id=None)
    assert clients[3].person_id == clients[2].person_id == clients[2].id
    assert clients[0].person_id == clients[0].id


def test_a_record_that_is_merged_moves_with_all_records_of_its_person(clients: list[Client]):
    merge_clients(clients[1], clients[0], {}, by_id=None)
    merge_clients(clients[0], clients[2], {}, by_id=None)
    assert {client.person_id for client in clients[:3]} == {clients[2].id}


def test_kept_apart_records_can_not_be_merged_until_that_is_taken_back(clients: list[Client]):
    keep_apart(clients[0], clients[1], by_id=4, reason="father and son")
    assert verdict_on(clients[1], clients[0]) is Verdict.APART
    with pytest.raises(Conflict, match="keep these two records apart"):
        merge_clients(clients[0], clients[1], {}, by_id=None)
    allow_again(clients[1], clients[0], by_id=4)
    assert verdict_on(clients[0], clients[1]) is None
    assert merge_clients(clients[0], clients[1], {}, by_id=None).is_active
    log = select(MergeDecision.verdict).order_by(MergeDecision.id)
    assert db.session.scalars(log).all() == [Verdict.APART, Verdict.WITHDRAWN, Verdict.SAME]


def test_kept_apart_records_are_not_joined_by_way_of_a_third(clients: list[Client]):
    keep_apart(clients[0], clients[2], by_id=None)
    merge_clients(clients[1], clients[0], {}, by_id=None)
    with pytest.raises(Conflict, match="by way of others"):
        merge_clients(clients[2], clients[1], {}, by_id=None)
    with pytest.raises(Conflict, match="by way of others"):
        merge_clients(clients[1], clients[2], {}, by_id=None)
    assert apart_pairs([client.id for client in clients]) == {(clients[0].id, clients[2].id)}


def test_merged_records_can_not_be_kept_apart(clients: list[Client]):
    merge_clients(clients[1], clients[0], {}, by_id=None)
    merge_clients(clients[2], clients[1], {}, by_id=None)
    with pytest.raises(InvalidState, match="undo the merge first"):
        keep_apart(clients[0], clients[2], by_id=None)


def test_records_whose_merge_was_undone_meanwhile_can_be_kept_apart(clients: list[Client]):
    one, other = clients[:2]
    merge_clients(other, one, {}, by_id=None)
    elsewhere = update(Client).where(Client.id == other.id).values(person_id=clients[2].person_id)
    db.session.execute(elsewhere, execution_options={"synchronize_session": False})
    assert other.person_id == one.person_id, "as it was read before"
    assert keep_apart(one, other, by_id=None).verdict is Verdict.APART


def test_a_merge_can_lift_that_its_two_records_are_kept_apart_as_long_as_it_is_in_force(clients: list[Client]):
    keep_apart(clients[0], clients[1], by_id=4, reason="father and son")
    merge = merge_clients(clients[0], clients[1], {}, by_id=5, lifts=True)
    assert (verdict_on(clients[0], clients[1]), apart_on(clients[0], clients[1])) == (Verdict.SAME, None)
    undo_merge(merge, by_id=5)
    word = apart_on(clients[1], clients[0])
    assert word is not None
    assert (word.reason, verdict_on(clients[0], clients[1])) == ("father and son", Verdict.APART)


def test_a_merge_does_not_lift_that_others_are_kept_apart(clients: list[Client]):
    keep_apart(clients[0], clients[2], by_id=None)
    merge_clients(clients[1], clients[0], {}, by_id=None)
    with pytest.raises(Conflict, match="by way of others"):
        merge_clients(clients[2], clients[1], {}, by_id=None, lifts=True)


def test_what_makes_no_sense_is_refused(clients: list[Client]):
    with pytest.raises(Invalid, match="with itself"):
        merge_clients(clients[0], clients[0], {}, by_id=None)
    with pytest.raises(Invalid, match="from itself"):
        keep_apart(clients[0], clients[0], by_id=None)
    with pytest.raises(Invalid, match="nothing called shoe size"):
        merge_clients(clients[0], clients[1], {"shoe size": "source"}, by_id=None)
    with pytest.raises(Invalid, match="source record or the destination"):
        merge_clients(clients[0], clients[1], {"name": "both"}, by_id=None)  # type: ignore[dict-item]
    with pytest.raises(InvalidState, match="not kept apart"):
        allow_again(clients[0], clients[1], by_id=None)
    assert db.session.scalar(select(func.count(Merge.id))) == 0


def test_a_record_that_left_its_source_is_not_merged(clients: list[Client], take: Callable[..., ImportResult]):
    take(export_of(RECORDS).change("Client", 0, DateDeleted="2024-03-03 10:00:00"))
    with pytest.raises(InvalidState, match="left its source"):
        merge_clients(clients[0], clients[1], {}, by_id=None)


def test_too_many_records_are_never_one_person(source: HmisSource, tmp_path: Path):
    import_export(export_of(MOST_RECORDS + 1).zip(tmp_path / "many.zip"), source=source, by_id=None)
    first, *others = db.session.scalars(select(Client).order_by(Client.id))
    for other in others[:-1]:
        merge_clients(other, first, {}, by_id=None)
    with pytest.raises(InvalidState, match=f"More than {MOST_RECORDS}"):
        merge_clients(others[-1], first, {}, by_id=None)


def test_a_merge_survives_the_next_import_of_both_records(clients: list[Client], take: Callable[..., ImportResult]):
    merge_clients(clients[0], clients[1], {"name": "source"}, by_id=None)
    take(export_of(RECORDS).change("Client", 0, FirstName="Anita").change("Client", 1, LastName="Vega"))
    page = client_page(clients[1].id, scope=None)
    assert page.identity.name == "Anita Lopez"
    assert {stay.enrollment_id for stay in page.stays} == {"S0", "S1"}


def test_records_of_two_sources_can_stand_for_one_person(clients: list[Client], tmp_path: Path):
    other = sources.add_source("South")
    import_export(export_of(1).zip(tmp_path / "south.zip"), source=other, by_id=None)
    southern = db.session.scalars(select(Client).where(Client.source_id == other.id)).one()
    merge_clients(southern, clients[0], {}, by_id=None)
    page = client_page(southern.id, scope=None)
    assert [(each.source_name, each.personal_id) for each in page.records] == [
        ("Northeast HMIS", "C0"),
        ("South", "C0"),
    ]
    assert len(page.stays) == 2


CLOSE = 4
"""So few of the records take part in steps, that what meets by way of a third one does meet."""
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["merge", "merge", "merge", "undo", "apart", "again"]),
        st.integers(0, CLOSE - 1),
        st.integers(0, CLOSE - 1),
    ).filter(lambda step: step[1] != step[2]),
    min_size=6,
    max_size=14,
)


def take_step(clients: list[Client], step: tuple[str, int, int]) -> None:
    verb, one, other = step
    active = list(db.session.scalars(select(Merge).where(Merge.undone_at.is_(None)).order_by(Merge.id)))
    try:
        if verb == "merge":
            merge_clients(clients[one], clients[other], {"name": "source" if one % 2 else "destination"}, by_id=None)
        elif verb == "undo" and active:
            undo_merge(active[one % len(active)], by_id=None)
        elif verb == "apart":
            keep_apart(clients[one], clients[other], by_id=None)
        elif verb == "again":
            allow_again(clients[one], clients[other], by_id=None)
    except DomainError:
        pass


def groups_by_log(clients: list[Client]) -> set[frozenset[int]]:
    """Who stands for one person, worked out from scratch: records that merges in force connect, in whatever order."""
    groups = {client.id: {client.id} for client in clients}
    for merge in db.session.scalars(select(Merge).where(Merge.undone_at.is_(None))):
        joined = groups[merge.source_client_id] | groups[merge.destination_client_id]
        groups.update(dict.fromkeys(joined, joined))
    return {frozenset(group) for group in groups.values()}


def groups_as_read(clients: list[Client]) -> set[frozenset[int]]:
    persons: dict[int, set[int]] = {}
    for client in clients:
        persons.setdefault(client.person_id or client.id, set()).add(client.id)
    return {frozenset(group) for group in persons.values()}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(steps=[("apart", 0, 2), ("merge", 1, 0), ("merge", 2, 1)], pair=(0, 3))
@example(steps=[("merge", 1, 0), ("merge", 2, 1), ("undo", 0, 1), ("apart", 0, 2), ("merge", 1, 0)], pair=(3, 2))
@given(steps=STEPS, pair=st.tuples(st.integers(0, RECORDS - 1), st.integers(0, RECORDS - 1)))
def test_after_any_steps_a_merge_and_its_undo_are_nothing(
    session: Session, clients: list[Client], steps: list[tuple[str, int, int]], pair: tuple[int, int]
):
    nested = session.begin_nested()
    try:
        for step in steps:
            take_step(clients, step)
            ids = [client.id for client in clients]
            assert persons_by_merges(ids) == {client.id: client.person_id for client in clients}
            assert groups_as_read(clients) == groups_by_log(clients)
            for one, other in apart_pairs(ids):
                assert session.get_one(Client, one).person_id != session.get_one(Client, other).person_id
        before = state(clients)
        try:
            merge = merge_clients(clients[pair[0]], clients[pair[1]], {"dob": "source"}, by_id=None)
        except DomainError:
            assert state(clients) == before
        else:
            undo_merge(merge, by_id=None)
            assert state(clients) == before
    finally:
        nested.rollback()
        session.expire_all()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pairs=st.lists(st.tuples(st.integers(0, RECORDS - 1), st.integers(0, RECORDS - 1)), max_size=8),
    order=st.randoms(use_true_random=False),
)
def test_undoing_all_merges_in_any_order_leaves_every_record_its_own_person(
    session: Session, clients: list[Client], pairs: list[tuple[int, int]], order
):
    nested = session.begin_nested()
    try:
        before = state(clients)
        for one, other in pairs:
            take_step(clients, ("merge", one, other))
        merges = list(session.scalars(select(Merge).where(Merge.undone_at.is_(None)).order_by(Merge.id)))
        order.shuffle(merges)
        for merge in merges:
            undo_merge(merge, by_id=None)
        assert state(clients) == before
    finally:
        nested.rollback()
        session.expire_all()
