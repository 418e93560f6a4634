"""Exports: the files, columns, order and formats of the specification, and back in as the same rows."""

import csv
import hashlib
import io
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from adminops import clock
from adminops.errors import Invalid, NotFound
from adminops.hmis import sources
from adminops.hmis.export import write_export
from adminops.hmis.hashing import hashed_ssn, soundex
from adminops.hmis.intake import check_export, import_export
from adminops.hmis.models import HmisSource
from adminops.hmis.spec import ColumnSpec, current
from tests.hmis.conftest import contents, row
from tests.hmis.exports import SmallExport, filled, whole_export


def rows_of(path: Path, file: str) -> list[dict[str, str]]:
    """The rows of a file in a written export."""
    with zipfile.ZipFile(path) as archive:
        return list(csv.DictReader(io.StringIO(archive.read(file).decode("utf-8"), newline="")))


@pytest.fixture
def filled_source(source: HmisSource, tmp_path: Path) -> HmisSource:
    import_export(whole_export().zip(tmp_path / "in.zip"), source=source, by_id=None)
    return source


def test_an_export_has_the_files_and_columns_of_the_specification_in_order(filled_source: HmisSource, tmp_path: Path):
    write_export(tmp_path / "out.zip", source=filled_source)
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert sorted(archive.namelist()) == sorted(file.file for file in current().files)
        for file in current().files:
            header = archive.read(file.file).decode().split("\r\n", 1)[0]
            assert header == ",".join(column.name for column in file.columns)


def test_values_are_written_in_huds_formats(filled_source: HmisSource, tmp_path: Path):
    write_export(tmp_path / "out.zip", source=filled_source)
    client = rows_of(tmp_path / "out.zip", "Client.csv")[0]
    assert (client["SSN"], client["DOB"], client["DateCreated"]) == ("219450817", "1985-05-17", "2024-03-01 09:30:00")
    assert client["MiddleName"] == ""
    assert rows_of(tmp_path / "out.zip", "IncomeBenefits.csv")[0]["TotalMonthlyIncome"] == "1250.50"
    assert rows_of(tmp_path / "out.zip", "Client.csv")[1]["LastName"] == "Núñez"


def test_the_export_row_says_what_it_is(filled_source: HmisSource, tmp_path: Path):
    with clock.frozen_at(datetime(2024, 7, 1, 16, 0, tzinfo=UTC)):
        written = write_export(
            tmp_path / "out.zip", source=filled_source, start=date(2024, 1, 1), end=date(2024, 6, 30)
        )
    header = rows_of(tmp_path / "out.zip", "Export.csv")[0]
    assert header["ExportID"] == written.export_id == "20240701120000"
    assert header["ExportDate"] == "2024-07-01 12:00:00"
    assert (header["ExportStartDate"], header["ExportEndDate"]) == ("2024-01-01", "2024-06-30")
    assert (header["CSVVersion"], header["SourceID"], header["HashStatus"]) == (current().csv_version, "FL-510", "1")
    assert {each["ExportID"] for each in rows_of(tmp_path / "out.zip", "Client.csv")} == {written.export_id}


def test_the_same_rows_at_the_same_moment_are_the_same_bytes(filled_source: HmisSource, tmp_path: Path):
    with clock.frozen_at(datetime(2024, 7, 1, tzinfo=UTC)):
        write_export(tmp_path / "a.zip", source=filled_source)
        write_export(tmp_path / "b.zip", source=filled_source)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_what_was_exported_comes_in_again_as_the_same_rows(filled_source: HmisSource, tmp_path: Path):
    written = write_export(tmp_path / "out.zip", source=filled_source)
    copy = sources.add_source("Copy")
    result = import_export(tmp_path / "out.zip", source=copy, by_id=None)
    assert len(result.problems) == 0
    assert contents(copy) == contents(filled_source)
    assert {name: counts.added for name, counts in result.files.items()} == written.rows
    assert import_export(tmp_path / "out.zip", source=filled_source, by_id=None).status == "unchanged"


def test_removed_rows_are_left_out(filled_source: HmisSource, tmp_path: Path):
    gone = whole_export().change("Client", 0, DateDeleted="2024-04-01 10:00:00").drop("Services")
    import_export(gone.zip(tmp_path / "gone.zip"), source=filled_source, by_id=None)
    write_export(tmp_path / "out.zip", source=filled_source)
    assert [each["PersonalID"] for each in rows_of(tmp_path / "out.zip", "Client.csv")] == ["C2"]
    assert rows_of(tmp_path / "out.zip", "Services.csv") == []


def test_a_hashed_export_holds_hashes_and_is_taken_by_a_source_of_hashes(filled_source: HmisSource, tmp_path: Path):
    write_export(tmp_path / "out.zip", source=filled_source, hashed=True)
    first, second = rows_of(tmp_path / "out.zip", "Client.csv")
    assert first["LastName"] == hashlib.sha256(b"L120").hexdigest()
    assert first["SSN"] == "0817" + hashlib.sha256(b"219450817").hexdigest()
    assert second["SSN"] == "8123" + hashlib.sha256(b"xxxxx8123").hexdigest()
    assert first["MiddleName"] == ""
    assert rows_of(tmp_path / "out.zip", "Export.csv")[0]["HashStatus"] == "4"
    copy = sources.add_source("Copy", names_hashed=True)
    result = import_export(tmp_path / "out.zip", source=copy, by_id=None)
    assert (result.status, len(result.problems)) == ("applied", 0)


def test_soundex_is_the_american_one():
    words = {"Robert": "R163", "Rupert": "R163", "Ashcraft": "A261", "Tymczak": "T522", "Pfister": "P236"}
    assert {word: soundex(word) for word in words} == words
    assert soundex("Núñez") == "N520"
    assert soundex("123") == ""
    assert hashed_ssn("") == ""


def two_projects() -> SmallExport:
    export = whole_export().add("Organization", OrganizationID="O2", OrganizationName="Second Step")
    export.add("Project", ProjectID="P2", OrganizationID="O2", ProjectName="Other").add_client("C3")
    export.add_stay("S9", "C3", ProjectID="P2", EntryDate="2023-02-01")
    export.add("Exit", ExitID="X9", EnrollmentID="S9", PersonalID="C3", ExitDate="2023-05-01")
    return export.add("Services", ServicesID="SV9", EnrollmentID="S9", PersonalID="C3", UserID="U9")


def test_an_export_of_a_project_holds_what_belongs_to_it_and_nothing_else(source: HmisSource, tmp_path: Path):
    export = two_projects().add("User", UserID="U9").add("User", UserID="U8")
    import_export(export.zip(tmp_path / "in.zip"), source=source, by_id=None)
    write_export(tmp_path / "out.zip", source=source, project_ids=["P2"])
    keys = {
        file.file: [each[file.key] for each in rows_of(tmp_path / "out.zip", file.file)] for file in current().files
    }
    assert keys["Project.csv"] == ["P2"]
    assert keys["Organization.csv"] == ["O2"]
    assert keys["Client.csv"] == ["C3"]
    assert keys["Enrollment.csv"] == ["S9"]
    assert keys["Services.csv"] == ["SV9"]
    assert keys["Funder.csv"] == []
    assert keys["User.csv"] == ["U1", "U9"]


def test_an_export_of_a_period_holds_stays_that_overlap_it(source: HmisSource, tmp_path: Path):
    import_export(two_projects().zip(tmp_path / "in.zip"), source=source, by_id=None)
    write_export(tmp_path / "out.zip", source=source, start=date(2024, 1, 1), end=date(2024, 2, 28))
    assert [each["EnrollmentID"] for each in rows_of(tmp_path / "out.zip", "Enrollment.csv")] == ["S1", "S2"]
    assert rows_of(tmp_path / "out.zip", "Exit.csv") == [], "the exit of S1 is after the period"
    write_export(tmp_path / "out.zip", source=source, start=date(2023, 1, 1), end=date(2023, 12, 31))
    assert [each["PersonalID"] for each in rows_of(tmp_path / "out.zip", "Client.csv")] == ["C3"]


def test_an_export_of_nothing_known_is_refused_and_leaves_no_file(filled_source: HmisSource, tmp_path: Path):
    with pytest.raises(NotFound, match="no project P9"):
        write_export(tmp_path / "out.zip", source=filled_source, project_ids=["P9"])
    with pytest.raises(Invalid):
        write_export(tmp_path / "out.zip", source=filled_source, start=date(2024, 2, 1), end=date(2024, 1, 1))
    assert not list(tmp_path.glob("*out*"))


def test_a_source_without_any_rows_can_be_exported(source: HmisSource, tmp_path: Path):
    written = write_export(tmp_path / "out.zip", source=source)
    assert sum(written.rows.values()) == 1


# --- any rows at all: out and in again ---

LISTS = current().lists
TEXT = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=20
)


def values(column: ColumnSpec) -> st.SearchStrategy[str]:
    """Texts that a column may hold in a valid export."""
    if column.is_key or column.ref or column.name == "ExportID":
        return st.just(filled(column))
    if column.list_id:
        return st.sampled_from(sorted(LISTS[column.list_id].codes)) | st.just("")
    by_type = {
        "int": st.integers(-99_999, 99_999).map(str),
        "money": st.integers(0, 10**9).map(lambda cents: f"{cents / 100:.2f}"),
        "date": st.dates(date(1900, 1, 1), date(2100, 1, 1)).map(str),
        "datetime": st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)).map(  # noqa: DTZ001 - as HUD's are
            lambda moment: moment.isoformat(" ", "seconds")
        ),
    }
    if column.name == "SSN":
        return st.text("0123456789x", min_size=9, max_size=9) | st.just("")
    if column.name == "DateDeleted":
        return st.just("")
    if column.type in by_type:
        return by_type[column.type] | st.just("")
    return TEXT.map(lambda text: text[: column.max_length]) | st.just("")


@st.composite
def any_rows(draw: st.DrawFn) -> SmallExport:
    export = SmallExport()
    for name in draw(st.lists(st.sampled_from(sorted(set(export.rows) - {"Export"})), min_size=1, max_size=4)):
        file = current().by_name[name]
        drawn = {column.name: draw(values(column)) for column in file.columns}
        export.add(name, **{**drawn, file.key: f"K{len(export.rows[name])}"})
    return export


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(export=any_rows())
def test_any_rows_come_back_from_an_export_as_they_were(session: Session, tmp_path: Path, export: SmallExport):
    nested = session.begin_nested()
    try:
        one, other = sources.add_source("One"), sources.add_source("Other")
        import_export(export.zip(tmp_path / "in.zip"), source=one, by_id=None)
        write_export(tmp_path / "out.zip", source=one)
        import_export(tmp_path / "out.zip", source=other, by_id=None)
        assert contents(one) == contents(other)
    finally:
        nested.rollback()


def test_a_check_finds_nothing_wrong_with_what_we_write(filled_source: HmisSource, tmp_path: Path):
    write_export(tmp_path / "out.zip", source=filled_source)
    assert [problem.as_dict() for problem in check_export(tmp_path / "out.zip").problems] == []
    assert row("Client", "C1").last_name == "Lopez"
