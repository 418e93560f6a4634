"""Whose stays are once a merge is undone that the vendor has made, too: read off the imports of both exports."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from adminops.db import db
from adminops.errors import Invalid
from adminops.hmis import dividing, merging
from adminops.hmis.intake import ImportResult
from adminops.hmis.models import Client, Merge, VendorState
from adminops.hmis.stays import stays_of
from tests.hmis.conftest import row
from tests.hmis.exports import SmallExport

Take = Callable[..., ImportResult]


def export(day: int, *, merged: bool) -> SmallExport:
    """Make an export of C1 and C2 with a stay each, or of what the vendor's merge has left of them: C1 has both."""
    made = SmallExport().change("Export", ExportDate=f"2024-04-{day:02} 06:00:00").add_client("C1")
    made.add_stay("S1", "C1").add_stay("S2", "C1" if merged else "C2", EntryDate="2024-02-20")
    return made if merged else made.add_client("C2", FirstName="Mary")


def client(key: str) -> Client:
    found = row("Client", key)
    assert isinstance(found, Client)
    return found


def read_under(key: str) -> set[str]:
    return {stay.enrollment_id for stay in stays_of([client(key)])}


@pytest.fixture
def merge(take: Take) -> Merge:
    """The merge of C2 into C1, and then the export that shows the same merge made by the vendor."""
    take(export(1, merged=False))
    merging.merge_clients(client("C2"), client("C1"), {}, by_id=None)
    take(export(2, merged=True))
    return db.session.scalars(select(Merge)).one()


def test_an_undoing_gives_stays_back_that_an_import_has_brought_under_the_kept_record(merge: Merge) -> None:
    assert (merge.at_vendor, row("Enrollment", "S2").personal_id) == (VendorState.CONFIRMED, "C1")  # type: ignore[attr-defined]
    parting = dividing.part(merge)
    proposed = {stay.enrollment_id: dividing.proposed_owner(parting, stay) for stay in parting.stays}
    assert proposed == {"S2": "folded"}
    with pytest.raises(Invalid, match="1 are left over"):
        dividing.divide(parting, {}, by_id=None)
    merging.undo_merge(merge, by_id=None)
    dividing.divide(parting, {stay.id: "folded" for stay in parting.stays}, by_id=None)
    assert (read_under("C1"), read_under("C2")) == ({"S1"}, {"S2"})


def test_what_was_said_holds_through_the_next_import_and_can_be_said_otherwise(merge: Merge, take: Take) -> None:
    parting = dividing.part(merge)
    merging.undo_merge(merge, by_id=None)
    dividing.divide(parting, {stay.id: "folded" for stay in parting.stays}, by_id=None)
    take(export(3, merged=True).add_stay("S3", "C1", EntryDate="2024-03-20"))
    assert (read_under("C1"), read_under("C2")) == ({"S1", "S3"}, {"S2"})
    parting = dividing.part(db.session.scalars(select(Merge)).one())
    assert "S2" in {stay.enrollment_id for stay in parting.stays}
    assert dividing.divide(parting, {stay.id: "kept" for stay in parting.stays}, by_id=None) == 1
    assert (read_under("C1"), read_under("C2")) == ({"S1", "S2", "S3"}, set())
