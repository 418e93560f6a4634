"""What a merge leaves to do, and whose the stays are that came while it was in force, on both databases."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from adminops import clock
from adminops.db import db
from adminops.errors import Invalid, InvalidState, NotAllowed
from adminops.facts import FollowUpSettled, MergeUndone, StaysDivided
from adminops.hmis import dividing
from adminops.hmis.clients import client_page
from adminops.hmis.models import Client, Enrollment, HmisSource, Merge, Project
from adminops.identity.models import User
from dedupe.follow_ups.models import Clashing, FollowUpState
from dedupe.follow_ups.operations import settle_follow_up
from dedupe.follow_ups.queries import count_follow_ups, get_follow_up, list_follow_ups
from dedupe.models import Pair
from dedupe.operations import divide_stays, merge_pair, undo_merge
from tests.browsing import Desk
from tests.make import make_admin, make_user
from tests.make_dedupe import make_clients, make_exit, make_pair, make_project, make_source, make_stay

Facts = Callable[[], list[Any]]
LATER = timedelta(days=2)


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
        (asked,) = dividing.stays_entered_meanwhile(merge)
        assert asked.enrollment_id == late.enrollment_id
        with pytest.raises(Invalid, match="1 are left over"):
            undo_merge(merge, by=reviewer)
        assert merge.is_active
        facts()
        undo_merge(merge, owners={asked.id: "folded"}, by=reviewer)
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
        divide_stays(merge, [], {}, by=reviewer)
    with clock.frozen_at(clock.now() + LATER):
        undo_merge(merge, owners={late.id: "kept"}, by=reviewer)
        assert (stays_of(low), stays_of(high)) == ({late.enrollment_id}, set())
        stays = dividing.stays_entered_meanwhile(merge)
        for owner, ours, theirs in (("folded", 0, 1), ("folded", 0, 1), ("kept", 1, 0)):
            divide_stays(merge, stays, {late.id: owner}, by=reviewer)  # type: ignore[dict-item]
            assert (len(stays_of(low)), len(stays_of(high))) == (ours, theirs)
            stays = dividing.stays_entered_meanwhile(merge)
    assert dividing.moves_of(merge) == []


def test_a_stay_is_proposed_to_who_was_in_its_project_before(pair: Pair, source: HmisSource, reviewer: User) -> None:
    low, high = pair.low_client, pair.high_client
    ours, theirs, both = (make_project(source) for _ in range(3))
    long_ago = datetime(2024, 1, 2, 9, 0)  # noqa: DTZ001 - HUD's times have no zone
    for client, project in ((low, ours), (high, theirs), (low, both), (high, both)):
        make_exit(
            make_stay(client, project, entry=date(2024, 1, 2), date_created=long_ago), date(2024, 1, 3), destination=435
        )
    merge = merged(pair, reviewer)
    late = [entered_later(low, project) for project in (ours, theirs, both)]
    with clock.frozen_at(clock.now() + LATER):
        proposed = dividing.proposed_owners(merge, dividing.stays_entered_meanwhile(merge))
    assert [proposed[stay.id] for stay in late] == ["kept", "folded", None]


def test_later_merges_are_undone_first_where_that_is_wanted(clients: list[Client], pair: Pair, reviewer: User) -> None:
    first = merged(pair, reviewer)
    second = merge_pair(make_pair(clients[1], clients[2]), destination_client_id=clients[1].id, choices={}, by=reviewer)
    undo_merge(first, also=[second], by=reviewer)
    assert [first.is_active, second.is_active] == [False, False]
    assert [client.person_id for client in clients] == [client.id for client in clients]


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
        assert page.says("Entered under client A while the two were merged: whose is each stay?")
        listed = visitor.get("/duplicates/follow-ups")
        assert listed.says("One stay entered twice")
        assert visitor.post("/duplicates/follow-ups/1/kept", {}, follow=True).says("Noted: both are right.")
        visitor.post("/duplicates/follow-ups/1/rubbish", {}, status=404)
        visitor.post("/duplicates/follow-ups/99/kept", {}, status=404)
        for hostile in ({}, {f"stay-{late.id}": "nobody"}):
            assert visitor.post(url, hostile, status=422).says("1 are left over")
        data = {f"stay-{late.id}": "folded", "also": str(second.id)}
        assert visitor.post(url, data, follow=True).says("The merge is undone")
        with desk.look() as session:
            assert not session.get_one(Merge, second.id).is_active
        assert visitor.get(f"/clients/{other.id}").says("Night Shelter")
        assert not visitor.get(f"/clients/{one.id}").says("Night Shelter")
        again = visitor.post(url, {"divide": "1", f"stay-{late.id}": "kept"}, follow=True)
        assert again.says("Each stay reads under the record that you chose.")
        assert visitor.get(f"/clients/{one.id}").says("Night Shelter")
