"""The work list for the vendor's desk: what is on it, in which state, ticking and taking back, the file."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminops.audit.models import AuditEntry
from adminops.db import db
from adminops.errors import InvalidState, NotAllowed
from adminops.hmis import merging
from adminops.hmis.models import HmisSource, Merge, VendorState
from adminops.identity.permissions import Role
from dedupe import operations, worklist
from tests.browsing import Desk
from tests.make import make_admin, make_user
from tests.make_dedupe import make_client, make_source

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def make_merge(source: HmisSource, kept: str = "48213", retired: str = "51907", **values: object) -> Merge:
    merge = merging.merge_clients(
        make_client(source, retired), make_client(source, kept), {"name": "source"}, by_id=None
    )
    for name, value in values.items():
        setattr(merge, name, value)
    db.session.flush()
    return merge


MOMENTS = [None, AT, AT + timedelta(days=1), AT + timedelta(days=2)]


def test_the_state_is_the_same_in_python_and_in_the_database(session: Session) -> None:
    source = make_source()
    said = list(product(MOMENTS, repeat=3))
    merges = [
        make_merge(source, f"K{n}", f"R{n}", done_at=done, confirmed_at=confirmed, came_back_at=back)
        for n, (done, confirmed, back) in enumerate(said)
    ]
    found = {row.id: row.state for row in worklist.all_work()}
    assert found == {merge.id: merge.at_vendor for merge in merges}
    assert set(found.values()) == set(VendorState)
    assert worklist.count_work() == {s: list(found.values()).count(s) for s in VendorState}
    for state in VendorState:
        assert {row.id for row in worklist.all_work(state=state)} == {
            id_ for id_, each in found.items() if each is state
        }


def test_what_no_vendor_can_make_is_not_on_the_list(session: Session) -> None:
    north, south = make_source(), make_source()
    merging.undo_merge(make_merge(north), by_id=None)
    across = merging.merge_clients(make_client(south), make_client(north), {}, by_id=None)
    assert worklist.all_work() == []
    with pytest.raises(InvalidState, match="two HMIS"):
        operations.tick_merge(across, by=make_admin())


def test_the_list_comes_by_source_and_in_pages_the_oldest_first(session: Session) -> None:
    north, south = make_source("North"), make_source("South")
    made = [make_merge(north, f"K{n}", f"R{n}").id for n in range(30)]
    other = make_merge(south).id
    first = worklist.list_work(source_id=north.id)
    second = worklist.list_work(source_id=north.id, after=first.after)
    assert [row.id for row in (*first.rows, *second.rows)] == made
    assert [row.id for row in worklist.list_work(source_id=south.id).rows] == [other]
    assert worklist.count_work(source_id=south.id)[VendorState.TO_DO] == 1


def test_a_merge_is_ticked_once_and_the_tick_can_be_taken_back(session: Session) -> None:
    merge, admin = make_merge(make_source()), make_admin()
    operations.tick_merge(merge, by=admin)
    assert (merge.at_vendor, merge.done_by_id) == (VendorState.DONE, admin.id)
    with pytest.raises(InvalidState, match="already"):
        operations.tick_merge(merge, by=admin)
    operations.untick_merge(merge, by=admin)
    assert (merge.at_vendor, merge.done_at, merge.done_by_id) == (VendorState.TO_DO, None, None)
    with pytest.raises(InvalidState, match="not ticked"):
        operations.untick_merge(merge, by=admin)
    facts = session.scalars(select(AuditEntry.fact).where(AuditEntry.fact.like("Merge%Vendor")).order_by(AuditEntry.id))
    assert list(facts) == ["MergeDoneAtVendor", "MergeNotDoneAtVendor"]


def test_what_an_export_showed_is_not_ticked_nor_taken_back(session: Session) -> None:
    merge, admin = make_merge(make_source(), done_at=AT, confirmed_at=AT), make_admin()
    with pytest.raises(InvalidState, match="export"):
        operations.tick_merge(merge, by=admin)
    with pytest.raises(InvalidState, match="export"):
        operations.untick_merge(merge, by=admin)


def test_one_that_came_back_can_be_ticked_again(session: Session) -> None:
    merge = make_merge(make_source(), done_at=AT, confirmed_at=AT, came_back_at=AT + timedelta(days=1))
    operations.tick_merge(merge, by=make_admin())
    assert merge.at_vendor is VendorState.DONE


def test_only_reviewers_tick(session: Session) -> None:
    with pytest.raises(NotAllowed):
        operations.tick_merge(make_merge(make_source()), by=make_user(Role.HELP_DESK))


def test_the_file_names_ids_and_whence_a_field_comes_and_no_value(session: Session) -> None:
    make_merge(make_source("=North"), "+1", "51907")
    (row,) = csv.DictReader(io.StringIO(worklist.write_work(worklist.all_work())))
    assert row["source"] == "'=North"
    assert (row["kept_client_id"], row["retired_client_id"]) == ("'+1", "51907")
    assert (row["field_choices"], row["state"]) == ("take name from 51907", "to_do")
    assert not {"Maria", "Lopez"} & set(" ".join(row.values()).split())


def test_the_page_ticks_and_takes_back(desk: Desk, counted: Callable[[], int]) -> None:
    with desk.work():
        admin, source = make_admin(), make_source("North")
        make_source("South")
        merge = make_merge(source)
        for number in range(40):
            make_merge(source, f"K{number}", f"R{number}")
    visitor = desk.signed_in(admin)
    page = visitor.get("/duplicates/vendor")
    assert page.says("Keep client 48213, retire 51907")
    assert page.says("take name from 51907")
    counted()
    visitor.get("/duplicates/vendor")
    assert counted() <= 12
    visitor.get(page.link("Next page"))
    where = {"state": "to_do", "source": str(source.id)}
    assert f"source={source.id}" in visitor.post(f"/duplicates/vendor/{merge.id}/done", where, status=302).goal
    assert visitor.get("/duplicates/vendor?state=done").says("Keep client 48213, retire 51907")
    assert visitor.get(f"/duplicates/merges/{merge.id}").says("Done at the vendor’s")
    visitor.post(f"/duplicates/vendor/{merge.id}/not-done", where, status=302)
    assert visitor.get("/duplicates/vendor?state=done").says("No merge in this state")
    visitor.post(f"/duplicates/vendor/{merge.id}/not-done", where, status=302)
    assert visitor.get("/duplicates/vendor").says("This merge is not ticked as done.")
    file = visitor.get("/duplicates/vendor.csv?state=to_do")
    assert file.response.mimetype == "text/csv"
    assert len(file.html.splitlines()) == 42


def test_who_has_nothing_new_to_do_is_led_to_what_came_back(desk: Desk) -> None:
    with desk.work():
        admin, north, south = make_admin(), make_source("North"), make_source("South")
        make_merge(north, done_at=AT, confirmed_at=AT, came_back_at=AT + timedelta(days=1))
    visitor = desk.signed_in(admin)
    page = visitor.get("/duplicates/vendor")
    assert not page.says("Nothing to do at the vendor’s")
    assert page.says("1 merge came back: an export shows the retired record again.")
    assert visitor.get(page.link("See what came back")).says("Keep client 48213, retire 51907")
    assert visitor.get(f"/duplicates/vendor?source={south.id}").says("Nothing to do at the vendor’s")


def test_the_pages_take_what_nobody_should_send(desk: Desk) -> None:
    with desk.work():
        admin, agent = make_admin(), make_user(Role.HELP_DESK)
    visitor = desk.signed_in(admin)
    for query in ("state=nonsense", "source=x", "source=99999999999999", "after=nonsense", "state=came_back"):
        visitor.get(f"/duplicates/vendor?{query}")
        visitor.get(f"/duplicates/vendor.csv?{query}")
    assert visitor.get("/duplicates/vendor").says("Nothing to do at the vendor’s")
    visitor.post("/duplicates/vendor/999/done", {}, status=404)
    desk.signed_in(agent).get("/duplicates/vendor", status=403)
    desk.signed_in(agent).get("/duplicates/vendor.csv", status=403)


def test_undoing_a_merge_that_the_vendor_has_made_says_so(desk: Desk) -> None:
    with desk.work():
        admin, merge = make_admin(), make_merge(make_source(), done_at=AT)
        merging.undo_merge(merge, by_id=admin.id)
    assert (
        desk.signed_in(admin).get(f"/duplicates/merges/{merge.id}").says("The vendor’s HMIS has merged these records.")
    )
