"""Held imports: what is too odd waits for a person, changes nothing, and says what it would do."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from adminops import clock
from adminops.db import db
from adminops.hmis.intake import FileCounts, ImportResult
from adminops.hmis.intake.brakes import Brakes, brakes_hit
from adminops.hmis.intake.undoing import undo_import
from adminops.hmis.models import HmisImport, HmisSource, ImportStatus
from adminops.imports.queries import all_problems
from tests.hmis.conftest import contents, is_active, row, the_problem
from tests.hmis.exports import SmallExport
from tests.hmis.test_undo import dump, last_import, next_one

Take = Callable[..., ImportResult]
TIGHT = {"errors_least": 1, "changed_least": 2, "removed_least": 2, "rows_least": 4}


@pytest.fixture
def tight(source: HmisSource) -> HmisSource:
    """The source with brakes that take small exports seriously."""
    source.brakes = TIGHT
    db.session.flush()
    return source


def people(number: int = 6) -> SmallExport:
    export = SmallExport()
    for each in range(number):
        export.add_client(f"C{each}").add_stay(f"S{each}", f"C{each}")
    return export


def names(result: ImportResult) -> list[tuple[str, str]]:
    return [(brake.brake, brake.file) for brake in result.brakes]


@pytest.mark.parametrize(
    ("counts", "lines", "expected"),
    [
        (FileCounts(read=1000, unchanged=1000), 0, []),
        (FileCounts(read=1000, unchanged=940, rejected=60), 60, ["errors"]),
        (FileCounts(read=1000, unchanged=1000), 51, ["errors"]),
        (FileCounts(read=1000, unchanged=1000), 50, []),
        (FileCounts(read=1000, updated=401, unchanged=599), 0, ["changed"]),
        (FileCounts(read=1000, updated=400, unchanged=600), 0, []),
        (FileCounts(read=890, unchanged=890, removed=110), 0, ["removed"]),
        (FileCounts(read=900, unchanged=900, removed=100), 0, []),
        (FileCounts(read=699, unchanged=699), 0, ["fewer"]),
        (FileCounts(read=700, unchanged=700), 0, []),
        (FileCounts(read=2201, unchanged=1000, added=1201), 0, ["more"]),
        (FileCounts(read=2200, unchanged=1000, added=1200), 0, []),
        (FileCounts(), 0, ["fewer"]),
    ],
)
def test_each_brake_is_hit_just_past_its_limit(counts: FileCounts, lines: int, expected: list[str]):
    before = [{"Client.csv": {"read": 1100}}, {"Client.csv": {"read": 1000}}]
    hit = brakes_hit(Brakes(), {"Client.csv": counts}, {"Client.csv": lines}, before)
    assert [brake.brake for brake in hit] == expected
    assert all("Client.csv" in brake.sentence and "%" in brake.sentence for brake in hit)


def test_tiny_exports_hit_no_brake():
    before = [{"Client.csv": {"read": 150}}]
    counts = {"Client.csv": FileCounts(read=19, rejected=19, removed=49)}
    assert brakes_hit(Brakes(), counts, {"Client.csv": 19}, before) == []


def test_a_first_import_is_judged_by_its_errors_alone():
    counts = {"Client.csv": FileCounts(read=1000, added=900, rejected=100)}
    assert [brake.brake for brake in brakes_hit(Brakes(), counts, {}, [])] == ["errors"]


def test_a_brake_that_is_switched_off_is_never_hit():
    off = Brakes.of(dict.fromkeys(("errors_percent", "changed_percent", "removed_percent", "fewer_percent"), None))
    counts = {"Client.csv": FileCounts(read=500, updated=300, rejected=200, removed=500)}
    assert brakes_hit(off, counts, {}, [{"Client.csv": {"read": 5000}}]) == []
    assert Brakes.of(off.differences()) == off


def test_a_held_import_changes_nothing_and_says_why_and_what(take: Take, tight: HmisSource):
    take(people())
    before = dump()
    export = next_one(people(3))
    for number in range(3):
        export.change("Client", number, LastName="Vega", DOB="1990-01-01")
    result = take(export)
    assert result.status == "held"
    of_clients = [("changed", "Client.csv"), ("fewer", "Client.csv")]
    assert names(result) == [*of_clients, ("removed", "Enrollment.csv"), ("fewer", "Enrollment.csv")]
    assert dump() == before
    record = last_import(tight)
    assert (record.status, record.turn) == (ImportStatus.HELD, None)
    assert record.sentence.startswith("Nothing was changed. Client.csv: 3 of 3 known rows would change (100 %;")
    assert record.held["projects"] == [{"project_id": "P1", "added": 0, "changed": 0, "removed": 3}]
    changed = [each for each in record.held["samples"] if each["kind"] == "changed"]
    number = row("Client", "C0").id
    assert changed[0] == {
        "file": "Client.csv", "kind": "changed", "key": "C0", "columns": ["LastName", "DOB"], "client_id": number,
    }  # fmt: skip
    assert [each["key"] for each in record.held["samples"] if each["kind"] == "removed"] == ["S3", "S4", "S5"]
    assert "Vega" not in str(record.held)
    assert "1990" not in str(record.held)


def test_an_approved_import_is_taken(take: Take, tight: HmisSource):
    take(people())
    assert take(next_one(people(3)), approve=True).status == "applied"
    assert not is_active("Enrollment", "S5")
    undo_import(last_import(tight), by_id=None)
    assert is_active("Enrollment", "S5")


def test_a_dry_run_says_held_too_and_leaves_no_trace(take: Take, tight: HmisSource):
    take(people())
    result = take(next_one(people(3)), dry_run=True)
    assert (result.status, result.difference["projects"][0]["removed"]) == ("held", 3)
    assert len(db.session.scalars(select(HmisImport)).all()) == 1
    assert take(next_one(people(3)), dry_run=True, approve=True).status == "applied"
    assert len(contents(tight)["Enrollment"]) == 6


def _approve(record: HmisImport) -> None:
    record.approved_at = clock.now()
    db.session.flush()


def test_approval_is_of_the_same_files_onto_the_same_state(take: Take, tight: HmisSource):
    take(people())
    take(next_one(people(3)))
    held = last_import(tight)
    _approve(held)
    assert take(next_one(people(2)), record=held).status == "held"
    _approve(held)
    take(next_one(people(7)))
    assert take(next_one(people(2)), record=held).status == "held"
    _approve(held)
    assert take(next_one(people(2)), record=held).status == "applied"
    assert len(contents(tight)["Enrollment"]) == 2


def test_the_problems_of_an_import_are_logged_once_though_it_ran_twice(take: Take, tight: HmisSource):
    take(people())
    export = next_one(people(3).change("Client", 0, DOB="never"))
    first = take(export)
    record = last_import(tight)
    _approve(record)
    assert take(export, record=record).status == "applied"
    assert len(list(all_problems(record))) == len(first.problems)


def test_a_delta_is_not_compared_with_whole_exports(take: Take, tight: HmisSource):
    take(people())
    delta = next_one(people(1)).change("Export", ExportDirective="1")
    assert take(delta).status == "unchanged"


def two_exports() -> SmallExport:
    export = people(2).add("Export")
    second = {**export.rows["Export"][0], "ExportID": "E2", "SourceID": "FL-511"}
    export.change("Export", 1, **second)
    export.change("Export", 1, ExportStartDate="2023-01-01", ExportDate="2024-04-02 06:00:00")
    export.change("Client", 1, ExportID="E2").change("Enrollment", 1, ExportID="E2")
    return export


def test_several_export_rows_are_held_and_taken_as_one_once_approved(take: Take, source: HmisSource):
    result = take(two_exports())
    assert (result.status, names(result)) == ("held", [("several-exports", "Export.csv")])
    assert contents(source)["Client"] == {}
    taken = take(two_exports(), approve=True)
    assert taken.status == "applied"
    assert taken.files["Export.csv"].added == 2
    assert len(contents(source)["Client"]) == 2
    record = last_import(source)
    assert (record.export_id, record.hud_source_id, str(record.period_start)) == ("E2", "FL-510, FL-511", "2023-01-01")
    assert source.known_ids == ["FL-510", "FL-511"]
    assert str(source.newest_export) == "2024-04-02 06:00:00"


def test_the_same_export_row_twice_is_several_exports_too(take: Take, source: HmisSource):
    export = people()
    export.rows["Export"] *= 2
    assert names(take(export)) == [("several-exports", "Export.csv")]
    taken = take(export, approve=True)
    assert (taken.status, taken.files["Export.csv"].added, taken.files["Export.csv"].rejected) == ("applied", 1, 1)
    assert the_problem(taken, "duplicate-key").line == 3


def test_a_first_export_of_hashes_is_held_and_approved_makes_a_source_of_hashes(take: Take, source: HmisSource):
    def hashed(first_name: str = "a" * 64) -> SmallExport:
        return SmallExport().add_client(FirstName=first_name, LastName="b" * 64, SSN="4817" + "c" * 64)

    result = take(hashed())
    assert (result.status, names(result)) == ("held", [("first-hashes", "Client.csv")])
    assert (source.names_hashed, contents(source)["Client"]) == (False, {})
    first = take(hashed(), approve=True)
    assert (first.status, source.names_hashed) == ("applied", True)
    second = take(hashed("d" * 64))
    assert second.status == "applied"
    for each in (second, first):
        undo_import(db.session.get_one(HmisImport, each.import_id), by_id=None)
    assert (source.names_hashed, contents(source)["Client"]) == (False, {})
    assert take(hashed()).status == "held"


def test_one_foreign_source_among_several_refuses_all(take: Take, source: HmisSource):
    source.known_ids = ["FL-510"]
    assert the_problem(take(two_exports(), approve=True), "wrong-source")


def test_rows_of_an_export_that_is_not_named_refuse_the_whole(take: Take, source: HmisSource):
    result = take(people().change("Enrollment", 3, ExportID="E9"))
    assert (result.status, contents(source)["Client"]) == ("refused", {})
    assert result.sentence.startswith("Enrollment.csv, line 5: There are rows of another export")


def test_exports_of_changes_alone_do_not_hide_the_whole_ones_before_them(take: Take, tight: HmisSource):
    take(people())
    for number in range(25):
        delta = next_one(people(1).change("Client", 0, LastName=f"Vega{number}"), f"2024-06-{number + 1:02}")
        assert take(delta.change("Export", ExportDirective="1")).status == "applied"
    assert take(next_one(people(2), "2024-07-01")).status == "held"


def test_what_was_approved_is_held_again_when_a_newer_export_came_between(take: Take, tight: HmisSource):
    take(people())
    held = next_one(people(3))
    assert take(held).status == "held"
    record = last_import(tight)
    assert take(next_one(people(), "2024-06-01")).status == "unchanged"
    _approve(record)
    assert take(held, record=record).status == "held"
    assert "The store has changed since it was held." in str(record.sentence)
