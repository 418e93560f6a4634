"""Real exports: the sample of both years, where there is one."""

import csv
import io
import json
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminops.hmis import sources
from adminops.hmis.export import write_export
from adminops.hmis.intake import check_export, import_export
from adminops.hmis.intake.undoing import undo_import
from adminops.hmis.models import HmisImport, RetiredValues
from adminops.hmis.spec import conversion_from, current, spec_of
from tests.hmis.conftest import contents
from tests.hmis.exports import SmallExport, whole_export
from tests.samples import sample as named_sample

ROWS = {"Client.csv": 514, "Enrollment.csv": 574, "Exit.csv": 447, "Services.csv": 6385, "Disabilities.csv": 6942}


def sample(year: int) -> Path:
    return named_sample(f"datalab_fy{year}")


def test_the_sample_is_taken_whole_and_its_known_faults_are_found(session: Session):
    result = import_export(sample(2026), source=sources.add_source("Sample"), by_id=None)
    assert result.status == "applied"
    assert {name: result.files[name].added for name in ROWS} == ROWS
    assert result.total("rejected") == 0
    assert result.problems.by_severity["error"] == 0
    assert result.problems.by_rule["retired-code"] == 3
    assert result.problems.by_rule["ambiguous-dates"] == 1
    unknown = [problem for problem in result.problems if problem.rule == "unknown-user"]
    assert any(problem.file == "Services.csv" and problem.text.startswith("4,269 rows") for problem in unknown)
    assert any(problem.file == "Client.csv" and problem.text.startswith("34 rows") for problem in unknown)


def test_the_sample_again_changes_nothing(session: Session):
    source = sources.add_source("Sample")
    import_export(sample(2026), source=source, by_id=None)
    assert import_export(sample(2026), source=source, by_id=None).status == "unchanged"


def test_the_sample_of_2024_becomes_that_of_2026(session: Session):
    older, newer = sources.add_source("Older"), sources.add_source("Newer")
    import_export(sample(2024), source=older, by_id=None)
    import_export(sample(2026), source=newer, by_id=None)
    assert contents(older) == contents(newer)


OF_THE_WRITING = {"exportid", "exportdate", "csvversion", "softwarename", "softwareversion"}
OF_THE_WRITING |= {"exportstartdate", "exportenddate", "hashstatus"}


def cells(path: Path) -> dict[tuple[str, str, str], str]:
    """Every cell of an export that says something, by file, key and column (which HUD itself spells in two ways)."""
    found = {}
    with zipfile.ZipFile(path) as archive:
        names = {Path(name).name: name for name in archive.namelist()}
        for file in current().files:
            text = archive.read(names[file.file]).decode("utf-8-sig")
            for row in csv.DictReader(io.StringIO(text, newline="")):
                key = "" if file.name == "Export" else row[file.key]
                found |= {(file.file, key, column.lower()): value for column, value in row.items() if value}
    return found


def test_each_cell_of_the_converted_sample_is_that_of_the_newer_one(session: Session, tmp_path: Path):
    source = sources.add_source("Older")
    import_export(sample(2024), source=source, by_id=None)
    write_export(tmp_path / "converted.zip", source=source)
    ours, theirs = cells(tmp_path / "converted.zip"), cells(as_zip(sample(2026), tmp_path / "theirs.zip"))

    differing = {
        place: (ours.get(place), theirs.get(place))
        for place in ours.keys() | theirs.keys()
        if ours.get(place) != theirs.get(place) and place[2] not in OF_THE_WRITING
    }
    assert differing == {}
    assert len(ours) > 200_000


def as_zip(path: Path, target: Path) -> Path:
    if path.is_file():
        return path
    with zipfile.ZipFile(target, "w") as archive:
        for file in path.glob("*.csv"):
            archive.write(file, file.name)
    return target


def test_everything_in_columns_that_are_no_more_is_in_the_side_record(session: Session, tmp_path: Path):
    source = sources.add_source("Older")
    import_export(sample(2024), source=source, by_id=None)
    conversion, older = conversion_from(2024), spec_of(2024)
    assert conversion is not None
    assert older is not None
    expected = {}
    with zipfile.ZipFile(as_zip(sample(2024), tmp_path / "old.zip")) as archive:
        names = {Path(name).name: name for name in archive.namelist()}
        for file, removed in conversion.removed.items():
            text = archive.read(names[f"{file}.csv"]).decode("utf-8-sig")
            for row in csv.DictReader(io.StringIO(text, newline="")):
                if filled := {name: row[name].strip() for name in removed if row[name].strip()}:
                    expected[file, row[older.by_name[file].key]] = filled
    held = {(each.file, each.hud_key): json.loads(each.held) for each in session.scalars(select(RetiredValues))}
    assert held == expected
    assert sum(map(len, held.values())) > 1_000


def test_a_check_of_the_sample_says_what_an_import_would(session: Session):
    imported = import_export(sample(2024), source=sources.add_source("Sample"), by_id=None)
    checked = check_export(sample(2024))
    assert checked.files == imported.files
    assert [each.as_dict() for each in checked.problems] == [each.as_dict() for each in imported.problems]


def older_export() -> SmallExport:
    older = spec_of(2024)
    assert older is not None
    export = SmallExport(older).change("Export", CSVVersion="2024 v1.4")
    person = {"PersonalID": "C1", "FirstName": "Maria", "LastName": "Lopez", "HispanicLatinaeo": "1", "Woman": "1"}
    export.add("Client", **person, DifferentIdentityText="as I am")
    return export.add("Enrollment", EnrollmentID="S1", EntryDate="2024-02-01", SexualOrientation="2")


def test_an_older_export_is_converted_and_what_is_no_longer_asked_is_kept(session: Session, tmp_path: Path):
    source = sources.add_source("North")
    result = import_export(older_export().zip(tmp_path / "old.zip"), source=source, by_id=None)
    assert (result.status, result.csv_version) == ("applied", "2024 v1.4")
    assert "converted" in result.problems.by_rule
    client = next(iter(contents(source)["Client"].values()))
    assert client[10] == 1, "HispanicLatinaeo is read as HispanicLatinao"
    held = {each.hud_key: json.loads(each.held) for each in session.scalars(select(RetiredValues))}
    assert held["C1"]["DifferentIdentityText"] == "as I am"
    assert held["C1"]["Woman"] == "1"
    assert held["S1"]["SexualOrientation"] == "2"


def test_retired_values_follow_the_newest_export_even_when_nothing_else_changed(session: Session, tmp_path: Path):
    source = sources.add_source("North")
    import_export(older_export().zip(tmp_path / "a.zip"), source=source, by_id=None)
    changed = older_export().change("Client", 0, DifferentIdentityText="as I was")
    assert import_export(changed.zip(tmp_path / "b.zip"), source=source, by_id=None).status == "unchanged"
    held = session.scalars(select(RetiredValues).where(RetiredValues.file == "Client")).one()
    assert json.loads(held.held)["DifferentIdentityText"] == "as I was"


def test_rows_that_are_passed_over_as_older_leave_retired_values_as_they_are(session: Session, tmp_path: Path):
    source = sources.add_source("North")
    import_export(older_export().zip(tmp_path / "a.zip"), source=source, by_id=None)
    late = older_export().change("Export", ExportDate="2024-03-02 06:00:00")
    late.change("Client", 0, DifferentIdentityText="as I was", DateUpdated="2024-02-01 09:30:00", FirstName="Mary")
    late.change("Enrollment", 0, SexualOrientation="", DateUpdated="2024-02-01 09:30:00", EntryDate="2024-02-02")
    result = import_export(late.zip(tmp_path / "b.zip"), source=source, by_id=None)
    assert "older-rows" in result.problems.by_rule
    held = {each.hud_key: json.loads(each.held) for each in session.scalars(select(RetiredValues))}
    assert held["C1"]["DifferentIdentityText"] == "as I am"
    assert held["S1"]["SexualOrientation"] == "2"


def test_a_row_that_no_longer_fills_a_retired_column_keeps_none_until_that_is_undone(session: Session, tmp_path: Path):
    source = sources.add_source("North")
    import_export(older_export().zip(tmp_path / "a.zip"), source=source, by_id=None)
    blank = older_export().change("Client", 0, Woman="1").change("Enrollment", 0, EntryDate="2024-02-02")
    removed = {
        column for column in blank.rows["Enrollment"][0] if column not in current().by_name["Enrollment"].by_name
    }
    blank.change("Enrollment", 0, **dict.fromkeys(removed, ""))
    import_id = import_export(blank.zip(tmp_path / "b.zip"), source=source, by_id=None).import_id
    assert {each.hud_key for each in session.scalars(select(RetiredValues))} == {"C1"}
    undo_import(session.get_one(HmisImport, import_id), by_id=None)
    held = {each.hud_key: json.loads(each.held) for each in session.scalars(select(RetiredValues))}
    assert held["S1"]["SexualOrientation"] == "2"


@pytest.mark.parametrize("declared", ["", "1.0", "2024 v1.0", "2026"])
def test_the_year_is_recognised_by_the_columns_where_the_version_does_not_fit(
    session: Session, tmp_path: Path, declared: str
):
    export = whole_export().change("Export", CSVVersion=declared)
    result = import_export(export.zip(tmp_path / "x.zip"), source=sources.add_source("North"), by_id=None)
    assert result.status == "applied"
    assert result.files["Client.csv"].added == 2
    assert "converted" not in result.problems.by_rule


def test_a_vendor_who_sends_the_old_columns_under_the_new_version_is_understood(session: Session, tmp_path: Path):
    export = older_export().change("Export", CSVVersion="2026 v1.0")
    result = import_export(export.zip(tmp_path / "x.zip"), source=sources.add_source("North"), by_id=None)
    assert (result.status, result.problems.by_rule["converted"], result.not_read) == ("applied", 1, [])


def test_columns_of_both_years_are_read_as_the_version_says(session: Session, tmp_path: Path):
    export = whole_export()
    both = export.csv("Client").splitlines()
    export.raw["Client.csv"] = "\r\n".join([f"{both[0]},Woman", *(f"{line},1" for line in both[1:])]).encode()
    result = import_export(export.zip(tmp_path / "x.zip"), source=sources.add_source("North"), by_id=None)
    assert result.problems.by_rule["unknown-column"] == 1
    assert "converted" not in result.problems.by_rule


def test_one_bad_header_does_not_make_an_export_one_of_another_year(session: Session, tmp_path: Path):
    export = older_export()
    export.raw["Client.csv"] = export.csv("Client", without=["DOB"]).encode()
    result = import_export(export.zip(tmp_path / "x.zip"), source=sources.add_source("North"), by_id=None)
    assert result.not_read == ["Client.csv"]
    assert result.problems.by_rule["converted"] == 1
    assert result.files["Enrollment.csv"].added == 1


def test_an_export_that_shows_no_year_is_read_by_the_newest(session: Session, tmp_path: Path):
    export = SmallExport().change("Export", CSVVersion="")
    export.without = {f"{file.name}.csv" for file in current().files} - {
        "Export.csv",
        "Organization.csv",
        "Project.csv",
    }
    result = import_export(export.zip(tmp_path / "x.zip"), source=sources.add_source("North"), by_id=None)
    assert (result.status, result.csv_version) == ("applied", current().csv_version)
