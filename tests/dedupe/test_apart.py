"""The register of who was kept apart, on both databases."""

from typing import Any

import pytest

from adminops.errors import NotFound
from adminops.hmis.models import Client, HmisSource
from adminops.identity.models import User
from dedupe.apart import ApartFilter, count_apart, list_apart, people_to_choose
from dedupe.models import Pair, PairState
from dedupe.operations import keep_apart, merge_pair, reopen_pair
from tests.browsing import Desk
from tests.make import make_admin, make_user
from tests.make_dedupe import make_client, make_pair, make_project, make_source, make_stay


def kept_apart(source: HmisSource, by: User, reason: str = "") -> Pair:
    pair = make_pair(make_client(source), make_client(source))
    keep_apart(pair, reason=reason, by=by)
    return pair


def listed(viewer: User, **wanted: Any) -> list[int]:
    chosen = ApartFilter(**wanted)
    found = [row.pair_id for row in list_apart(chosen, viewer).rows]
    assert count_apart(chosen, viewer) == len(found)
    return found


def test_who_is_kept_apart_is_listed_with_who_when_and_why(source: HmisSource, reviewer: User) -> None:
    pair = kept_apart(source, reviewer, "Twins")
    make_pair(pair.low_client, make_client(source))
    (row,) = list_apart(ApartFilter(), reviewer).rows
    assert (row.one, row.other) == (pair.low_client.personal_id, pair.high_client.personal_id)
    assert (row.by, row.reason, row.when, row.has_new_rows) == (reviewer.name, "Twins", pair.decided_at, False)


def test_what_was_taken_back_or_merged_is_not_on_the_register(source: HmisSource, reviewer: User) -> None:
    lasting, back, other = (kept_apart(source, reviewer) for _ in range(3))
    for pair in (back, other):
        reopen_pair(pair, by=reviewer)
    merge_pair(other, destination_client_id=other.low_client_id, choices={}, by=reviewer)
    assert listed(reviewer) == [lasting.id]


def test_the_register_is_narrowed_by_who_decided_and_by_what_changed(source: HmisSource, reviewer: User) -> None:
    colleague = make_admin()
    first, second, again = (kept_apart(source, by) for by in (reviewer, colleague, colleague))
    second.high_client.import_id = 4
    again.low_client.import_id, again.changes, again.state = 4, ["SSN: was blank, is now same."], PairState.OPEN
    assert listed(reviewer) == [again.id, second.id, first.id]
    assert listed(reviewer, by_id=colleague.id) == [again.id, second.id]
    assert listed(reviewer, changed="yes") == [again.id, second.id], "one that is asked again is still kept apart"
    assert listed(reviewer, changed="no") == [first.id]
    assert people_to_choose() == sorted([(reviewer.id, reviewer.name), (colleague.id, colleague.name)], key=_by_name)
    hostile = ApartFilter.read({"by": "²", "changed": "perhaps"})
    assert (hostile, hostile.args) == (ApartFilter(), {})


def _by_name(person: tuple[int, str]) -> tuple[str, int]:
    return person[1], person[0]


@pytest.mark.parametrize("side", ["low_client", "high_client"])
def test_who_is_protected_is_not_on_the_register(source: HmisSource, reviewer: User, side: str) -> None:
    pair = kept_apart(source, reviewer)
    client: Client = getattr(pair, side)
    make_stay(client, make_project(source, victim_services=True))
    assert listed(reviewer) == []
    make_stay(client, make_project(source))
    assert listed(reviewer) == [pair.id]


def test_the_register_is_for_reviewers(source: HmisSource, reviewer: User) -> None:
    for read in (list_apart, count_apart):
        with pytest.raises(NotFound):
            read(ApartFilter(), make_user())


def test_the_register_is_reached_from_the_queue_and_leads_to_the_pairs(desk: Desk) -> None:
    with desk.work():
        rita = make_admin(name="Rita Reviewer")
        source = make_source()
        pairs = [kept_apart(source, rita, f"Papers of case {number}") for number in range(26)]
        pairs[24].low_client.import_id = pairs[23].low_client.import_id = 4
        pairs[23].changes, pairs[23].state = ["SSN: was blank, is now same."], PairState.OPEN
    visitor = desk.signed_in(rita)
    assert visitor.get("/duplicates/queue").link("Kept apart") == "/duplicates/apart"
    assert visitor.get(f"/duplicates/pairs/{pairs[0].id}").link("Kept apart") == "/duplicates/apart"
    page = visitor.get(f"/duplicates/apart?by={rita.id}")
    assert page.says("26 pairs")
    assert page.says("Papers of case 25 Rita Reviewer")
    assert page.link(f"Clients {pairs[25].low_client.personal_id} and") == f"/duplicates/pairs/{pairs[25].id}"
    assert page.says("New rows")
    assert page.says("Asked again SSN: was blank, is now same.")
    last = visitor.get(page.link("Next page"))
    assert last.says("Papers of case 0")
    assert not last.says("Papers of case 1 ")
    assert visitor.get("/duplicates/apart?changed=yes").says("2 pairs")
    assert visitor.get("/duplicates/apart?changed=yes&by=999").says("Nobody like this is kept apart")
