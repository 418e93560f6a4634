"""What a merge leaves to do, and whose the stays are that came while it was in force, on both databases."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from adminops import clock
from adminops.db import db
from adminops.errors import Invalid, InvalidState, NotAllowed
from adminops.facts import FollowUpSettled, MergeUndone, StaysDivided
from adminops.hmis import dividing
from adminops.hmis.clients import client_page
from adminops.hmis.models import Client, Enrollment, HmisSource, Merge, Project, StayMove
from adminops.hmis.stays import stays_of as all_stays_of
from adminops.identity.models import User
from dedupe.follow_ups.models import Clashing, FollowUpState
from dedupe.follow_ups.operations import settle_follow_up
from dedupe.follow_ups.queries import count_follow_ups, get_follow_up, list_follow_ups
from dedupe.merges import questions_of
from dedupe.models import Pair
from dedupe.operations import divide_stays, merge_pair, undo_merge
from tests.browsing import Desk
from tests.dedupe.test_seconds import seen_on
from tests.make import make_admin, make_user
from tests.make_dedupe import make_clients, make_exit, make_pair, make_project, make_source, make_stay

Facts = Callable[[], list[Any]]
LATER = timedelta(days=2)
LONG_AGO = datetime(2024, 1, 2, 9, 0)  # noqa: DTZ001 - HUD's times have no zone


def merged(pair: Pair, by: User) -> Merge:
    return merge_pair(pair, destination_client_id=pair.low_client_id, choices={}, by=by)


def entered_later(client: Client, project: Project, days: int = 1) -> Enrollment:
    """Make a stay that somebody enters so many days from now."""
    made: datetime = (clock.now() + timedelta(days=days)).replace(tzinfo=None)
    return make_stay(client, project, date_created=made)


def stays_of(client: Client) -> set[str]:
    return {stay.enrollment_id for stay in client_page(client.id, scope=None).stays}


# What a merge leaves to do


def test_stays_that_share_nights_are_listed_and_settled(
    pair: Pair, source: HmisSource, reviewer: User, facts: Facts
) -> None:
    low, high = pair.low_client, pair.high_client
    here, there = (make_project(source, project_type=0, project_name=name) for name in ("Harbor", "Bay"))
    for client in (low, high):
        make_exit(make_stay(client, here, entry=date(2026, 3, 1)), date(2026, 3, 9))
    make_exit(make_stay(high, there, entry=date(2026, 3, 5)), date(2026, 3, 20))
    make_stay(high, make_project(source, project_type=11), entry=date(2026, 3, 5))
    merge = merged(pair, reviewer)
    rows = list_follow_ups().rows
    assert [(row.kind, row.first, row.last, row.project, row.other_project) for row in rows] == [
        (Clashing.TWICE, date(2026, 3, 1), date(2026, 3, 8), "Harbor", "Harbor"),
        (Clashing.OVERLAP, date(2026, 3, 5), date(2026, 3, 8), "Harbor", "Bay"),
    ]
    facts()
    item = get_follow_up(rows[0].id, reviewer)
    settle_follow_up(item, FollowUpState.DELETED, by=reviewer)
    ids = {"client_id": low.id, "merge_id": merge.id, "follow_up_id": item.id}
    assert facts() == [FollowUpSettled(**ids, answer="deleted")]
    assert count_follow_ups()[FollowUpState.TO_DO] == 1
    assert [row.by for row in list_follow_ups(FollowUpState.DELETED).rows] == [reviewer.name]
    settle_follow_up(item, FollowUpState.TO_DO, by=reviewer)
    assert (item.settled_by_id, count_follow_ups()[FollowUpState.TO_DO]) == (None, 2)
    with pytest.raises(NotAllowed):
        settle_follow_up(item, FollowUpState.KEPT, by=make_user())
    undo_merge(merge, by=reviewer)
    assert list_follow_ups(None).rows == []
    with pytest.raises(InvalidState, match="undone"):
        settle_follow_up(item, FollowUpState.KEPT, by=reviewer)


# Stays that came meanwhile


def test_a_stay_entered_under_the_kept_record_is_asked_about(
    pair: Pair, source: HmisSource, reviewer: User, facts: Facts
) -> None:
    low, high = pair.low_client, pair.high_client
    before = make_stay(low, make_project(source), date_created=datetime(2024, 1, 2, 9, 0))  # noqa: DTZ001
    merge = merged(pair, reviewer)
    late, back = entered_later(low, make_project(source)), entered_later(high, make_project(source))
    with clock.frozen_at(clock.now() + LATER):
        (asked,) = dividing.part(merge).stays
        assert asked.enrollment_id == late.enrollment_id
        with pytest.raises(Invalid, match="1 are left over"):
            undo_merge(merge, by=reviewer)
        assert merge.is_active
        facts()
        undo_merge(merge, owners={asked.id: high.id}, by=reviewer)
    told = facts()
    assert [type(fact) for fact in told] == [MergeUndone, StaysDivided]
    assert told[1].stays == 1
    assert stays_of(low) == {before.enrollment_id}
    assert stays_of(high) == {late.enrollment_id, back.enrollment_id}
    entered = {low.personal_id: low.personal_id}
    assert late.personal_id == entered[low.personal_id], "the row is as it came"
    assert dividing.moved_stays(source.id) == {late.enrollment_id: high.personal_id}


def test_what_was_said_of_a_stay_can_be_said_otherwise(pair: Pair, source: HmisSource, reviewer: User) -> None:
    low, high = pair.low_client, pair.high_client
    merge = merged(pair, reviewer)
    late = entered_later(low, make_project(source))
    with pytest.raises(InvalidState, match="in force"):
        divide_stays(merge, {}, by=reviewer)
    with clock.frozen_at(clock.now() + LATER):
        undo_merge(merge, owners={late.id: low.id}, by=reviewer)
        assert (stays_of(low), stays_of(high)) == ({late.enrollment_id}, set())
        for owner, ours, theirs in ((high, 0, 1), (high, 0, 1), (low, 1, 0)):
            divide_stays(merge, {late.id: owner.id}, by=reviewer)
            assert (len(stays_of(low)), len(stays_of(high))) == (ours, theirs)
    assert dividing.moves_of(merge) == []


def rewritten_by_the_vendor(stay: Enrollment, kept: Client, retired: Client) -> None:
    """Let the next export show that the vendor has made the merge, too."""
    stay.personal_id, retired.removed_at = kept.personal_id, clock.now()
    db.session.flush()


def read_under(client: Client) -> set[str]:
    return {stay.enrollment_id for stay in all_stays_of([client])}


def test_old_stays_of_the_folded_record_are_asked_about_once_the_vendor_has_merged_too(
    pair: Pair, source: HmisSource, reviewer: User
) -> None:
    low, high = pair.low_client, pair.high_client
    project = make_project(source)
    ours, theirs = (make_stay(client, project, date_created=LONG_AGO) for client in (low, high))
    merge = merged(pair, reviewer)
    rewritten_by_the_vendor(theirs, low, high)
    (question,) = questions_of(merge)
    assert (question.stay.id, question.proposed) == (theirs.id, high.id)
    with pytest.raises(Invalid, match="1 are left over"):
        undo_merge(merge, by=reviewer)
    undo_merge(merge, owners={theirs.id: high.id}, by=reviewer)
    assert (read_under(low), read_under(high)) == ({ours.enrollment_id}, {theirs.enrollment_id})
    assert dividing.moved_stays(source.id) == {}, "the record has left its source: no row of an export can bear its ID"


def test_old_stays_of_the_kept_record_are_asked_about_when_the_vendor_has_kept_the_other_one(
    pair: Pair, source: HmisSource, reviewer: User
) -> None:
    low, high = pair.low_client, pair.high_client
    ours = make_stay(low, make_project(source), date_created=LONG_AGO)
    merge = merged(pair, reviewer)
    rewritten_by_the_vendor(ours, high, low)
    assert [(question.stay.id, question.proposed) for question in questions_of(merge)] == [(ours.id, low.id)]
    undo_merge(merge, owners={ours.id: low.id}, by=reviewer)
    assert (read_under(low), read_under(high)) == ({ours.enrollment_id}, set())


def test_a_stay_that_came_too_late_for_the_merge_to_know_of_it_is_asked_about(
    pair: Pair, source: HmisSource, reviewer: User
) -> None:
    merge = merged(pair, reviewer)
    late = make_stay(pair.low_client, make_project(source), date_created=LONG_AGO)
    assert [question.stay.id for question in questions_of(merge)] == [late.id]


def test_in_a_chain_stays_under_any_record_of_the_remaining_person_are_asked_about(
    clients: list[Client], source: HmisSource, reviewer: User
) -> None:
    a, b, c = clients
    first = merged(make_pair(a, b), reviewer)
    second = merged(make_pair(b, c), reviewer)
    late = entered_later(a, make_project(source))
    assert [question.stay.id for question in questions_of(second)] == [late.id]
    undo_merge(second, owners={late.id: c.id}, by=reviewer)
    assert (read_under(a), read_under(b), read_under(c)) == (set(), set(), {late.enrollment_id})
    assert questions_of(first) == [], "it is no stay of these two any more"


def test_in_a_chain_stays_under_the_record_that_went_on_being_used_are_asked_about(
    clients: list[Client], source: HmisSource, reviewer: User
) -> None:
    a, b, c = clients
    first = merged(make_pair(a, b), reviewer)
    merge_pair(make_pair(b, c), destination_client_id=c.id, choices={}, by=reviewer)
    late = entered_later(c, make_project(source))
    (question,) = questions_of(first)
    assert (question.stay.id, [record.id for record in question.records]) == (late.id, [a.id, c.id])
    undo_merge(first, owners={late.id: a.id}, by=reviewer)
    assert (read_under(a), read_under(b), read_under(c)) == ({late.enrollment_id}, set(), set())


def test_in_a_chain_nobody_is_asked_about_stays_that_a_record_brought_along(
    clients: list[Client], source: HmisSource, reviewer: User
) -> None:
    a, b, c = clients
    project = make_project(source)
    make_stay(a, project)
    first = merged(make_pair(a, b), reviewer)
    old, between = make_stay(c, project, date_created=LONG_AGO), entered_later(c, project)
    maybe_its = entered_later(a, project)
    with clock.frozen_at(clock.now() + LATER):
        second = merge_pair(make_pair(b, c), destination_client_id=c.id, choices={}, by=reviewer)
    assert [question.stay.id for question in questions_of(first)] == [maybe_its.id]
    assert questions_of(first, [second])[0].stay.id == maybe_its.id
    undo_merge(first, owners={maybe_its.id: b.id}, by=reviewer)
    assert read_under(c) >= {old.enrollment_id, between.enrollment_id}


def test_the_last_move_of_a_stay_holds_on_pages_and_in_exports(
    clients: list[Client], source: HmisSource, reviewer: User
) -> None:
    a, b, c = clients
    late = entered_later(a, make_project(source))
    for to in (c, b):
        merge = merged(make_pair(a, to), reviewer)
        db.session.add(
            StayMove(
                source_id=source.id,
                enrollment_id=late.enrollment_id,
                to_client_id=to.id,
                merge_id=merge.id,
                moved_at=clock.now(),
            )
        )
    db.session.flush()
    assert (read_under(b), read_under(c)) == ({late.enrollment_id}, set())
    assert dividing.moved_stays(source.id) == {late.enrollment_id: b.personal_id}


def test_one_move_of_a_stay_holds_at_a_time(pair: Pair, source: HmisSource, reviewer: User) -> None:
    merge = merged(pair, reviewer)
    move = {"source_id": source.id, "enrollment_id": "E", "to_client_id": pair.low_client_id, "merge_id": merge.id}
    db.session.add(StayMove(**move, moved_at=clock.now(), taken_back_at=clock.now()))
    db.session.add(StayMove(**move, moved_at=clock.now()))
    db.session.flush()
    db.session.add(StayMove(**move, moved_at=clock.now()))
    with pytest.raises(IntegrityError):
        db.session.flush()
    db.session.rollback()


def test_a_stay_is_proposed_to_who_was_in_its_project_before(pair: Pair, source: HmisSource, reviewer: User) -> None:
    low, high = pair.low_client, pair.high_client
    ours, theirs, both = (make_project(source) for _ in range(3))
    for client, project in ((low, ours), (high, theirs), (low, both), (high, both)):
        make_exit(
            make_stay(client, project, entry=date(2024, 1, 2), date_created=LONG_AGO), date(2024, 1, 3), destination=435
        )
    merge = merged(pair, reviewer)
    late = [entered_later(low, project) for project in (ours, theirs, both)]
    with clock.frozen_at(clock.now() + LATER):
        proposed = {question.stay.id: question.proposed for question in questions_of(merge)}
    assert [proposed[stay.id] for stay in late] == [low.id, high.id, None]


def test_later_merges_are_undone_first_where_that_is_wanted(clients: list[Client], pair: Pair, reviewer: User) -> None:
    first = merged(pair, reviewer)
    second = merge_pair(make_pair(clients[1], clients[2]), destination_client_id=clients[1].id, choices={}, by=reviewer)
    undo_merge(first, also=[second], by=reviewer)
    assert [first.is_active, second.is_active] == [False, False]
    assert [client.person_id for client in clients] == [client.id for client in clients]


def test_later_merges_with_stays_of_their_own_are_undone_by_one_plan(
    clients: list[Client], source: HmisSource, reviewer: User, facts: Facts
) -> None:
    a, b, c = clients
    first, second = merged(make_pair(a, b), reviewer), merged(make_pair(a, c), reviewer)
    own = [entered_later(a, make_project(source)) for _ in clients]
    questions = questions_of(first, [second])
    assert [{client.id for client in question.records} for question in questions] == [{a.id, b.id, c.id}] * 3
    with pytest.raises(Invalid, match="1 are left over"), db.session.begin_nested():
        undo_merge(first, also=[second], owners={own[0].id: a.id, own[1].id: b.id}, by=reviewer)
    facts()
    owners = {stay.id: client.id for stay, client in zip(own, clients, strict=True)}
    undo_merge(first, also=[second], owners=owners, by=reviewer)
    assert [read_under(client) for client in clients] == [{stay.enrollment_id} for stay in own]
    assert [fact.merge_id for fact in facts() if isinstance(fact, StaysDivided)] == [second.id, first.id]


def test_a_stay_that_only_the_other_merge_is_about_is_asked_with_it_alone(
    clients: list[Client], source: HmisSource, reviewer: User
) -> None:
    a, b, c = clients
    second = merged(make_pair(b, c), reviewer)
    late = entered_later(b, make_project(source))
    first = merged(make_pair(a, b), reviewer)
    (question,) = questions_of(first, [second])
    assert (question.stay.id, question.only_with) == (late.id, (second.id,))
    undo_merge(first, by=reviewer)
    undo_merge(second, owners={late.id: c.id}, by=reviewer)
    assert read_under(c) == {late.enrollment_id}


def test_a_merge_is_undone_and_divided_on_its_page(desk: Desk) -> None:
    with desk.work():
        source, reviewer = make_source(), make_admin()
        one, other, third = make_clients(source, 3)
        project = make_project(source, project_name="Harbor Shelter")
        make_stay(one, project), make_stay(other, project)
        merge = merged(make_pair(one, other), reviewer)
        second = merge_pair(make_pair(other, third), destination_client_id=other.id, choices={}, by=reviewer)
        late = entered_later(one, make_project(source, project_name="Night Shelter"))
        db.session.flush()
    url = f"/duplicates/merges/{merge.id}"
    with clock.frozen_at(clock.now() + LATER):
        visitor = desk.signed_in(reviewer)
        page = visitor.get(url)
        assert page.says("Harbor Shelter and Harbor Shelter: one stay entered twice. To do.")
        assert page.says("Whose is each of these stays?")
        listed = visitor.get("/duplicates/follow-ups")
        assert listed.says("One stay entered twice")
        assert visitor.post("/duplicates/follow-ups/1/kept", {}, follow=True).says("Noted: both are right.")
        visitor.post("/duplicates/follow-ups/1/rubbish", {}, status=404)
        visitor.post("/duplicates/follow-ups/99/kept", {}, status=404)
        for hostile in ({}, {f"stay-{late.id}": "nobody"}):
            assert visitor.post(url, {"seen": seen_on(page), **hostile}, status=422).says("1 are left over")
        data = {"seen": seen_on(page), f"stay-{late.id}": str(other.id), "also": str(second.id)}
        assert visitor.post(url, data, follow=True).says("The merge is undone")
        with desk.look() as session:
            assert not session.get_one(Merge, second.id).is_active
        assert visitor.get(f"/clients/{other.id}").says("Night Shelter")
        assert not visitor.get(f"/clients/{one.id}").says("Night Shelter")
        assert visitor.get(f"/duplicates/merges/{second.id}").says("Undone by")
        data = {"divide": "1", f"stay-{late.id}": str(one.id)}
        assert visitor.post(url, data, status=422).says("This merge has changed since you opened this page.")
        again = visitor.post(url, {"seen": seen_on(visitor.get(url)), **data}, follow=True)
        assert again.says("Each stay reads under the record that you chose.")
        assert visitor.get(f"/clients/{one.id}").says("Night Shelter")


def test_the_page_asks_for_the_stays_of_other_merges_that_are_ticked(desk: Desk) -> None:
    with desk.work():
        source, reviewer = make_source(), make_admin()
        one, other, third = make_clients(source, 3)
        second = merged(make_pair(other, third), reviewer)
        late = entered_later(other, make_project(source))
        first = merged(make_pair(one, other), reviewer)
        db.session.flush()
    url = f"/duplicates/merges/{first.id}"
    visitor = desk.signed_in(reviewer)
    page = visitor.get(url)
    assert page.says(f"Asked only if you tick merge {second.id}.")
    data = {"seen": seen_on(page), "also": str(second.id)}
    assert visitor.post(url, data, status=422).says("1 are left over")
    data |= {f"stay-{late.id}": str(third.id)}
    assert visitor.post(url, data, follow=True).says("The merge is undone")
    with desk.look():
        assert read_under(third) == {late.enrollment_id}
