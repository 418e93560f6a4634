"""Merges survive imports: the retired client reads under the kept one until the vendor has merged them, too."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from adminops.db import db
from adminops.hmis import merging
from adminops.hmis.clients import ClientPage, client_page
from adminops.hmis.export import write_export
from adminops.hmis.intake import ImportResult, import_export
from adminops.hmis.intake.history import SAID_OF_MERGES
from adminops.hmis.intake.undoing import undo_import
from adminops.hmis.models import Client, HmisImport, HmisSource, ImportStatus, Merge, VendorState
from tests.hmis.conftest import row
from tests.hmis.exports import SmallExport

Take = Callable[..., ImportResult]


def both(day: int = 1, **over: str) -> SmallExport:
    """An export of the kept client C1 and the retired C2, each with a stay."""
    export = SmallExport().add_client("C1", FirstName="Maria")
    export.add_client("C2", **{"FirstName": "Mary", "SSN": "", **over})
    export.add_stay("S1", "C1").add_stay("S2", "C2", EntryDate="2024-02-20")
    return export.change("Export", ExportDate=f"2024-04-{day:02} 06:00:00")


def merged_by_the_vendor(day: int = 2) -> SmallExport:
    """The same once the vendor has merged them: C2 is gone, its stay is one of C1."""
    export = SmallExport().add_client("C1", FirstName="Maria")
    export.add_stay("S1", "C1").add_stay("S2", "C1", EntryDate="2024-02-20")
    return export.change("Export", ExportDate=f"2024-04-{day:02} 06:00:00")


@pytest.fixture
def merge(take: Take) -> Merge:
    """The merge of C2 into C1, which takes the name of C2."""
    take(both())
    return merging.merge_clients(client("C2"), client("C1"), {"name": "source"}, by_id=None)


def client(key: str) -> Client:
    return row("Client", key)


def page(key: str) -> ClientPage:
    return client_page(client(key).id, scope=None)


def at_vendor() -> VendorState:
    db.session.expire_all()
    return db.session.scalars(select(Merge)).one().at_vendor


def test_a_merge_survives_an_import_that_changes_both_records(merge: Merge, take: Take) -> None:
    changed = (
        both(2, FirstName="Mariana").change("Client", 0, SSN="219450999").add_stay("S3", "C2", EntryDate="2024-03-01")
    )
    result = take(changed)
    assert result.files["Client.csv"].updated == 2
    for key in ("C1", "C2"):
        shown = page(key)
        assert [record.personal_id for record in shown.records] == ["C1", "C2"]
        assert (shown.identity.name, shown.identity.masked_ssn) == ("Mariana Lopez", "•••-••-0999")
        assert {stay.enrollment_id for stay in shown.stays} == {"S1", "S2", "S3"}
    assert at_vendor() is VendorState.TO_DO


def test_an_export_still_has_both_records_as_their_source_gave_them(
    merge: Merge, take: Take, source: HmisSource, tmp_path: Path
) -> None:
    take(both(2, FirstName="Mariana"))
    out = tmp_path / "out.zip"
    write_export(out, source=source)
    second = HmisSource(name="Second", created_at=merge.merged_at)
    db.session.add(second)
    db.session.flush()
    import_export(out, source=second, by_id=None)
    found = db.session.scalars(select(Client).where(Client.source_id == second.id).order_by(Client.personal_id))
    assert [(each.personal_id, each.first_name) for each in found] == [("C1", "Maria"), ("C2", "Mariana")]


def test_a_whole_export_without_the_retired_client_confirms_the_merge(merge: Merge, take: Take) -> None:
    result = take(merged_by_the_vendor())
    assert "merges-confirmed" in {problem.rule for problem in result.problems}
    assert at_vendor() is VendorState.CONFIRMED
    assert db.session.get(HmisImport, merge.confirmed_import_id) is not None
    assert {stay.personal_id for stay in page("C2").stays} == {"C1"}
    again = take(merged_by_the_vendor(3))
    assert "merges-confirmed" not in {problem.rule for problem in again.problems}


def test_a_retired_client_that_the_vendor_marks_as_deleted_confirms_the_merge(merge: Merge, take: Take) -> None:
    take(both(2, DateDeleted="2024-04-01 10:00:00").change("Export", ExportDirective="1"))
    assert at_vendor() is VendorState.CONFIRMED


def test_a_retired_client_that_is_in_a_later_export_takes_the_confirmation_back(merge: Merge, take: Take) -> None:
    take(merged_by_the_vendor())
    result = take(both(3))
    assert "merges-back" in {problem.rule for problem in result.problems}
    assert at_vendor() is VendorState.CAME_BACK
    take(merged_by_the_vendor(4))
    assert at_vendor() is VendorState.CONFIRMED


def without_the_kept_client() -> SmallExport:
    return merged_by_the_vendor().drop("Enrollment").drop("Enrollment").drop("Client")


def of_another_project() -> SmallExport:
    return merged_by_the_vendor().change("Project", ProjectID="P9").change("Enrollment", 0, ProjectID="P9")


def of_an_earlier_period() -> SmallExport:
    return merged_by_the_vendor().change("Export", ExportStartDate="2023-01-01", ExportEndDate="2023-12-31")


SILENT: dict[str, Callable[[], SmallExport]] = {
    "the kept client is not there either": without_the_kept_client,
    "changes only": lambda: merged_by_the_vendor().change("Export", ExportDirective="1"),
    "an older export": lambda: merged_by_the_vendor().change("Export", ExportDate="2024-03-01 06:00:00"),
    "the stays of the retired client lie outside its projects": of_another_project,
    "the stays of the retired client lie outside its period": of_an_earlier_period,
}


@pytest.mark.parametrize("why", SILENT)
def test_an_export_whose_silence_says_nothing_confirms_nothing(merge: Merge, take: Take, why: str) -> None:
    take(SILENT[why]())
    assert at_vendor() is VendorState.TO_DO


def test_an_undone_merge_is_not_confirmed(merge: Merge, take: Take) -> None:
    merging.undo_merge(merge, by_id=None)
    take(merged_by_the_vendor())
    assert at_vendor() is VendorState.TO_DO


def test_a_dry_run_confirms_nothing(merge: Merge, take: Take) -> None:
    assert "merges-confirmed" in {problem.rule for problem in take(merged_by_the_vendor(), dry_run=True).problems}
    assert at_vendor() is VendorState.TO_DO


def test_what_imports_said_goes_back_with_them_step_by_step(merge: Merge, take: Take) -> None:
    said = [what_was_said()]
    for export in (merged_by_the_vendor(), both(3), merged_by_the_vendor(4)):
        export.change("Client", 0, MiddleName=f"M{len(said)}")
        assert take(export).status == "applied"
        said.append(what_was_said())
    assert [state for *_, state in said[1:]] == [VendorState.CONFIRMED, VendorState.CAME_BACK, VendorState.CONFIRMED]
    for before in reversed(said[:-1]):
        last = select(HmisImport).where(HmisImport.status == ImportStatus.APPLIED).order_by(HmisImport.turn.desc())
        undo_import(db.session.scalars(last.limit(1)).one(), by_id=None)
        assert what_was_said() == before


def test_an_undone_import_that_said_nothing_new_leaves_what_was_said(merge: Merge, take: Take) -> None:
    take(merged_by_the_vendor())
    said = what_was_said()
    take(merged_by_the_vendor(3).change("Client", 0, MiddleName="M"))
    last = db.session.scalars(select(HmisImport).order_by(HmisImport.turn.desc()).limit(1)).one()
    undo_import(last, by_id=None)
    assert what_was_said() == said
    assert at_vendor() is VendorState.CONFIRMED


def what_was_said() -> tuple[object, ...]:
    state = at_vendor()
    stored = db.session.scalars(select(Merge)).one()
    return (*(getattr(stored, name) for name in SAID_OF_MERGES), state)
