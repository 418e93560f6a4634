"""The written export: valid by HUD's rules, complete, the same every time, and nobody's."""

import csv
import tracemalloc
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from adminops.demo import ExportSummary, columns, iter_files, iter_rows, write_export
from tests.demo.spec_rules import FILES, wrong_with

TODAY = date(2026, 3, 17)
SMALL = 700
Rows = dict[str, list[dict[str, str]]]


def read(folder: Path) -> Rows:
    found: Rows = {}
    for name in FILES:
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
            found[name] = list(csv.DictReader(stream, strict=True))
    return found


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[ExportSummary, Rows]:
    """An export as in life, with faults."""
    folder = tmp_path_factory.mktemp("export")
    return write_export(folder, clients=SMALL, seed=7, today=TODAY), read(folder)


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """An export without deliberate faults in the client data."""
    folder = tmp_path_factory.mktemp("clean")
    write_export(folder, clients=SMALL, seed=8, today=TODAY, faults=0)
    return read(folder)


@pytest.fixture(scope="module", params=["as in life", "without faults"])
def rows(request: pytest.FixtureRequest, written: tuple[ExportSummary, Rows], clean: Rows) -> Rows:
    """Both exports in turn."""
    return written[1] if request.param == "as in life" else clean


def by_key(rows: Rows, name: str) -> dict[str, dict[str, str]]:
    return {row[FILES[name]["key"]]: row for row in rows[name]}


def complaints(rows: Rows) -> Iterator[str]:
    projects, enrollments = by_key(rows, "Project"), by_key(rows, "Enrollment")
    others = {"Export": rows["Export"][0]}
    for name, listed in rows.items():
        for row in listed:
            project = enrollments.get(row.get("EnrollmentID", ""), row).get("ProjectID", "")
            yield from wrong_with(name, row, others | {"Project": projects.get(project, {})})


def test_there_are_the_24_files_with_the_columns_of_the_specification_in_its_order(tmp_path):
    write_export(tmp_path, clients=5, today=TODAY)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(file["file"] for file in FILES.values())
    for file in FILES.values():
        header = (tmp_path / file["file"]).read_text(encoding="utf-8").splitlines()[0]
        assert header.split(",") == [column["name"] for column in file["columns"]]


def test_every_value_obeys_the_specification_when_no_faults_are_asked_for(clean):
    assert list(complaints(clean)) == []


def test_what_breaks_the_specification_is_a_fault_put_in_on_purpose(written):
    summary, rows = written
    found = list(complaints(rows))
    known = Counter(fault.kind for fault in summary.faults)
    assert all(line.startswith("Enrollment.EnrollmentCoC = ''") for line in found)
    assert len(found) <= known["head without CoC"] + known["household with two heads"]


@pytest.mark.parametrize(
    ("name", "column", "value", "complaint"),
    [
        ("Client", "Sex", "5", "not in its list"),
        ("Client", "PersonalID", "", "blank where it must be filled"),
        ("Client", "SSN", "12345678", "does not look like"),
        ("Client", "RaceNone", "8", "filled although not every race"),
        ("Enrollment", "EntryDate", "3/17/2026", "no date"),
        ("Enrollment", "ReasonNotEnrolled", "1", "filled although not ClientEnrolledInPATH=0"),
        ("Project", "ProjectName", "x" * 201, "longer than 200"),
        ("Funder", "OtherFunder", "Somebody", "filled although not Funder=46"),
        ("ProjectCoC", "CoCCode", "FL-999", "not in its list"),
        ("Services", "TypeProvided", "999", "not in its list"),
    ],
)
def test_the_check_against_the_specification_finds_a_wrong_value(clean, name, column, value, complaint):
    row = clean[name][0] | {column: value}
    found = list(wrong_with(name, row, {"Export": clean["Export"][0], "Project": clean["Project"][0]}))
    assert any(f"{name}.{column}" in line and complaint in line for line in found)


def test_keys_are_unique_and_references_lead_somewhere(rows):
    keys = {name: by_key(rows, name) for name in FILES}
    for name, file in FILES.items():
        assert len(keys[name]) == len(rows[name])
        for column in file["columns"]:
            target, _, key = column.get("ref", "").partition(".")
            if key == FILES.get(target, {}).get("key"):
                dangling = {row[column["name"]] for row in rows[name]} - set(keys[target])
                assert not dangling, f"{name}.{column['name']}"


def test_a_row_of_a_stay_names_the_client_of_that_stay(rows):
    owner = {row["EnrollmentID"]: row["PersonalID"] for row in rows["Enrollment"]}
    for name in FILES:
        for row in rows[name]:
            if "EnrollmentID" in row:
                assert owner[row["EnrollmentID"]] == row["PersonalID"]


def test_every_household_has_one_head_when_no_faults_are_asked_for(clean):
    heads: dict[tuple[str, str], int] = defaultdict(int)
    for row in clean["Enrollment"]:
        heads[row["ProjectID"], row["HouseholdID"]] += row["RelationshipToHoH"] == "1"
    assert set(heads.values()) == {1}
    assert len({household for _, household in heads}) == len(heads)


def test_households_without_exactly_one_head_are_the_deliberate_ones(written):
    summary, rows = written
    heads: Counter[str] = Counter()
    for row in rows["Enrollment"]:
        heads[row["HouseholdID"]] += row["RelationshipToHoH"] == "1"
    wrong = {household for household, count in heads.items() if count != 1}
    kinds = ("household without head", "household with two heads")
    assert wrong == {fault.key for fault in summary.faults if fault.kind in kinds}
    assert wrong


def test_dates_are_in_their_order_when_no_faults_are_asked_for(clean):
    projects, exits = by_key(clean, "Project"), {row["EnrollmentID"]: row["ExitDate"] for row in clean["Exit"]}
    today = TODAY.isoformat()
    for row in clean["Enrollment"]:
        last = exits.get(row["EnrollmentID"], today)
        project = projects[row["ProjectID"]]
        assert project["OperatingStartDate"] <= row["EntryDate"] <= last <= today
        assert last <= (project["OperatingEndDate"] or today)
        assert row["MoveInDate"] == "" or row["EntryDate"] <= row["MoveInDate"] <= last
        assert row["DateToStreetESSH"] <= row["EntryDate"]
        assert row["DateOfEngagement"] == "" or row["EntryDate"] <= row["DateOfEngagement"] <= last


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("IncomeBenefits", "InformationDate"), ("HealthAndDV", "InformationDate"), ("Disabilities", "InformationDate"),
        ("Services", "DateProvided"), ("CurrentLivingSituation", "InformationDate"), ("Event", "EventDate"),
        ("Assessment", "AssessmentDate"), ("EmploymentEducation", "InformationDate"),
        ("YouthEducationStatus", "InformationDate"),
    ],
)  # fmt: skip
def test_what_happens_in_a_stay_lies_within_it(clean, name, column):
    exits = {row["EnrollmentID"]: row["ExitDate"] for row in clean["Exit"]}
    entries = {row["EnrollmentID"]: row["EntryDate"] for row in clean["Enrollment"]}
    assert clean[name]
    for row in clean[name]:
        stay = row["EnrollmentID"]
        assert entries[stay] <= row[column] <= exits.get(stay, TODAY.isoformat())


def test_no_row_was_typed_after_the_day_of_the_export_or_changed_before_it_was_typed(rows):
    for name in FILES:
        for row in rows[name]:
            if "DateCreated" in row:
                assert row["DateCreated"] <= row["DateUpdated"] <= rows["Export"][0]["ExportDate"]


def test_every_stay_touches_the_period_of_the_export(clean):
    exits = {row["EnrollmentID"]: row["ExitDate"] for row in clean["Exit"]}
    start = clean["Export"][0]["ExportStartDate"]
    assert all(exits.get(row["EnrollmentID"], start) >= start for row in clean["Enrollment"])


def test_income_adds_up_and_agrees_with_its_sources_when_no_faults_are_asked_for(clean):
    amounts = [column["name"] for column in FILES["IncomeBenefits"]["columns"] if column["name"].endswith("Amount")]
    assert len(amounts) == 15
    with_income = 0
    for row in clean["IncomeBenefits"]:
        total = sum(float(row[amount] or 0) for amount in amounts)
        if row["IncomeFromAnySource"] in ("0", "1"):
            assert float(row["TotalMonthlyIncome"]) == total
            assert row["IncomeFromAnySource"] == str(int(total > 0))
            with_income += total > 0
        else:
            assert total == 0
    assert with_income > 20


def test_adults_and_heads_are_asked_where_they_slept_and_children_are_not(clean):
    born = {row["PersonalID"]: row["DOB"] for row in clean["Client"]}
    for row in clean["Enrollment"]:
        if row["RelationshipToHoH"] == "1":
            assert row["LivingSituation"]
        elif born[row["PersonalID"]] > f"{int(row['EntryDate'][:4]) - 10}":
            assert not row["LivingSituation"] or row["RelationshipToHoH"] != "2"


def test_a_victim_service_provider_has_programs_and_no_client_rows(rows):
    providers = {row["OrganizationID"] for row in rows["Organization"] if row["VictimServiceProvider"] == "1"}
    hidden = {row["ProjectID"] for row in rows["Project"] if row["OrganizationID"] in providers}
    assert len(providers) == 1
    assert len(hidden) >= 3
    assert not hidden & {row["ProjectID"] for row in rows["Enrollment"]}


def test_the_client_file_has_exactly_as_many_rows_as_asked_for(written):
    summary, rows = written
    assert len(rows["Client"]) == SMALL
    assert summary.rows == {name: len(listed) for name, listed in rows.items()}


@pytest.mark.parametrize("clients", [0, 1, 2, 3, 10])
def test_a_tiny_world_is_whole(tmp_path, clients):
    summary = write_export(tmp_path, clients=clients, seed=3, today=TODAY)
    assert summary.rows["Client"] == clients
    assert summary.rows["Project"] == 60
    assert not [line for line in complaints(read(tmp_path)) if "EnrollmentCoC" not in line]


def test_the_same_arguments_give_the_same_bytes(tmp_path):
    for name in ("one.zip", "two.zip"):
        write_export(tmp_path / name, clients=60, seed=5, today=TODAY)
    write_export(tmp_path / "other.zip", clients=60, seed=6, today=TODAY)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    assert (tmp_path / "one.zip").read_bytes() != (tmp_path / "other.zip").read_bytes()


def test_a_zip_holds_the_same_files_as_a_folder_without_a_subfolder(tmp_path):
    write_export(tmp_path / "folder", clients=40, today=TODAY)
    write_export(tmp_path / "new" / "export.zip", clients=40, today=TODAY)
    with zipfile.ZipFile(tmp_path / "new" / "export.zip") as archive:
        assert archive.namelist() == [file["file"] for file in FILES.values()]
        for name in archive.namelist():
            assert archive.read(name) == (tmp_path / "folder" / name).read_bytes()


def test_the_files_can_be_read_row_by_row(tmp_path):
    write_export(tmp_path, clients=30, seed=4, today=TODAY)
    written_rows = read(tmp_path)
    streamed = {name: list(listed) for name, listed in iter_files(clients=30, seed=4, today=TODAY)}
    assert streamed == written_rows


def test_the_stream_of_rows_brings_what_is_written(tmp_path):
    summary = write_export(tmp_path, clients=30, seed=4, today=TODAY)
    count = Counter(name for name, _ in iter_rows(clients=30, seed=4, today=TODAY))
    assert {name: count[name] for name in columns()} == summary.rows


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"clients": -1}, "number of clients"),
        ({"years": 0}, "one to five years"),
        ({"duplicates": 0.9}, "duplicate records"),
        ({"faults": -1}, "rate of faults"),
        ({"sloppiness": -0.1}, "sloppiness"),
    ],
)
def test_an_option_outside_its_range_is_refused_with_a_sentence(tmp_path, wrong, sentence):
    with pytest.raises(ValueError, match=sentence):
        write_export(tmp_path, today=TODAY, **wrong)
    assert list(tmp_path.iterdir()) == []


def test_people_can_be_reached_nowhere_but_at_invented_addresses(rows):
    assert all(row["UserEmail"].endswith(".example.org") for row in rows["User"])
    assert all(row["UserPhone"].startswith("90455501") for row in rows["User"])


def peak_of_streaming(clients: int) -> int:
    """Bytes that streaming a world of so many client records holds at most."""
    tracemalloc.start()
    try:
        for _ in iter_rows(clients=clients, seed=2, today=TODAY):
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_number_of_clients():
    peak_of_streaming(50)  # what is read once and kept
    small, large = peak_of_streaming(200), peak_of_streaming(2000)
    assert large - small < 400_000  # 1,800 client records more, with 50,000 rows
