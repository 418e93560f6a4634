"""What a second export changes: hashes, DateUpdated, and absence inside the scope and nowhere else."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from adminops import clock
from adminops.db import db, transaction
from adminops.errors import Conflict
from adminops.hmis import sources
from adminops.hmis.intake import ImportResult, Progress, ProgressFile, import_export, read_progress
from adminops.hmis.intake.records import BLOCK
from adminops.hmis.models import Client, HmisImport, HmisSource, ImportStatus, Person, Services
from adminops.imports import queries
from tests.hmis.conftest import contents, is_active, row
from tests.hmis.exports import SmallExport, whole_export

Take = Callable[..., ImportResult]


def next_export(export: SmallExport, day: str = "2024-05-01") -> SmallExport:
    """The same export, made later, under another ExportID."""
    for rows in export.rows.values():
        for each in rows:
            each["ExportID"] = f"E{day}"
    return export.change("Export", ExportDate=f"{day} 06:00:00")


def test_everything_of_a_first_export_is_added(take: Take):
    result = take(whole_export())
    assert (result.status, len(result.problems)) == ("applied", 0)
    for name, counts in result.files.items():
        assert (counts.read, counts.added) == (counts.read, counts.read), name
        assert counts.read > 0, name
    assert len(result.files) == 24


def test_the_same_export_again_changes_nothing_and_says_so(take: Take, source: HmisSource):
    take(whole_export())
    before = contents(source)
    result = take(whole_export())
    assert result.status == "unchanged"
    assert "Nothing has changed" in result.sentence
    assert all(counts.unchanged == counts.read for counts in result.files.values())
    assert contents(source) == before


def test_each_client_record_is_a_person_of_its_own_and_a_line_that_is_left_out_is_none(take: Take):
    take(whole_export())
    export = whole_export().add_client("C3").add_client("C3").add_client("C1").add_client("C4")
    assert take(export).files["Client.csv"].rejected == 2
    clients = db.session.execute(select(Client.id, Client.person_id)).all()
    assert [client for client, person in clients if client != person] == []
    assert sorted(db.session.scalars(select(Person.id))) == sorted(client for client, _ in clients)
    assert len(clients) == 4


def test_the_same_rows_in_the_next_nights_export_are_unchanged(take: Take):
    take(whole_export())
    result = take(next_export(whole_export()))
    assert result.status == "unchanged"
    assert result.files["Client.csv"].unchanged == 2
    assert result.files["Export.csv"].added == 1


def test_a_folder_and_a_zip_of_the_same_export_are_the_same(source: HmisSource, tmp_path: Path):
    import_export(whole_export().folder(tmp_path / "export"), source=source, by_id=None)
    result = import_export(whole_export().zip(tmp_path / "x.zip", inside="Export 2024/"), source=source, by_id=None)
    assert result.status == "unchanged"
    first, second = db.session.scalars(select(HmisImport).order_by(HmisImport.id))
    assert first.content_hash == second.content_hash


def test_null_and_blank_are_the_same_and_so_are_ways_to_write_a_value(take: Take):
    take(whole_export())
    export = whole_export().change(
        "Client", 0, MiddleName="  ", DOB="05/17/1985", VeteranStatus="01", SSN="219-45-0817"
    )
    assert take(export).status == "unchanged"


def test_a_changed_value_updates_its_row(take: Take):
    take(whole_export())
    result = take(next_export(whole_export().change("Client", 0, LastName="Vega")))
    assert (result.files["Client.csv"].updated, result.files["Client.csv"].unchanged) == (1, 1)
    changed = row("Client", "C1")
    assert (changed.last_name, changed.last_key) == ("Vega", "vega")


def test_a_changed_ssn_is_a_change(take: Take):
    take(whole_export())
    assert take(whole_export().change("Client", 0, SSN="219450818")).files["Client.csv"].updated == 1


def test_an_older_export_does_not_overwrite_newer_rows_and_removes_none(take: Take):
    newer = next_export(whole_export().change("Client", 0, LastName="Vega", DateUpdated="2024-04-20 10:00:00"))
    take(newer)
    older = whole_export().drop("Services")
    result = take(older)
    assert result.files["Client.csv"].unchanged == 2
    assert row("Client", "C1").last_name == "Vega"
    assert is_active("Services", "SV1")
    assert {problem.rule for problem in result.problems} >= {"older-export", "older-rows"}


@pytest.mark.parametrize(
    ("made", "rule", "is_removed"), [("2099-01-01", "export-date-ahead", True), ("", "older-export", False)]
)
def test_an_export_date_that_can_not_be_right_takes_nothing_from_later_exports(
    take: Take, source: HmisSource, made: str, rule: str, is_removed: bool
):
    take(whole_export())
    result = take(next_export(whole_export().drop("Exit")).change("Export", ExportDate=made))
    assert rule in result.problems.by_rule
    assert result.files["Exit.csv"].removed == is_removed
    assert source.newest_export is not None
    assert source.newest_export <= clock.now().replace(tzinfo=None)


def test_the_newest_export_is_right_even_where_a_row_looks_older(take: Take):
    take(whole_export())
    take(next_export(whole_export().change("Client", 0, LastName="Vega", DateUpdated="2024-02-01 10:00:00")))
    assert row("Client", "C1").last_name == "Vega"


# --- absence ---


@pytest.mark.parametrize(
    ("file", "key"),
    [
        ("Services", "SV1"),
        ("Exit", "X1"),
        ("IncomeBenefits", "IB1"),
        ("Assessment", "A1"),
        ("AssessmentQuestions", "AQ1"),
        ("AssessmentResults", "AR1"),
        ("Event", "EV1"),
        ("Funder", "F1"),
        ("ProjectCoC", "PC1"),
        ("Inventory", "I1"),
        ("HMISParticipation", "HP1"),
        ("CEParticipation", "CP1"),
        ("Affiliation", "AF1"),
    ],
)
def test_a_row_in_scope_that_is_absent_is_removed_and_comes_back(take: Take, file: str, key: str):
    take(whole_export())
    result = take(next_export(whole_export().drop(file)))
    assert result.files[f"{file}.csv"].removed == 1
    assert not is_active(file, key)
    result = take(next_export(whole_export(), "2024-06-01"))
    assert result.files[f"{file}.csv"].restored == 1
    assert is_active(file, key)


def test_a_stay_that_is_absent_is_removed_with_what_belongs_to_it(take: Take):
    take(whole_export())
    export = whole_export().drop("Enrollment", 0)
    for file in ("Exit", "Services", "IncomeBenefits"):
        export.drop(file)
    result = take(next_export(export))
    assert result.files["Enrollment.csv"].removed == 1
    assert [is_active(*each) for each in (("Exit", "X1"), ("Services", "SV1"), ("Enrollment", "S2"))] == [
        False,
        False,
        True,
    ]


@pytest.mark.parametrize("file", ["Client", "User", "Organization"])
def test_clients_users_and_organizations_are_never_removed_by_absence(take: Take, file: str):
    export = whole_export().add("Organization", OrganizationID="O2").add("User", UserID="U2").add_client("C3")
    take(export)
    result = take(next_export(whole_export()))
    assert result.files[f"{file}.csv"].removed == 0
    key = {"Client": "C3", "User": "U2", "Organization": "O2"}[file]
    assert is_active(file, key)


def two_projects() -> SmallExport:
    export = whole_export().add("Project", ProjectID="P2", ProjectName="Other").add_stay("S9", "C2", ProjectID="P2")
    export.add("Services", ServicesID="SV9", EnrollmentID="S9", PersonalID="C2", DateProvided="2024-02-03")
    return export.add("Funder", FunderID="F9", ProjectID="P2", GrantID="G-9", StartDate="2023-01-01")


def test_an_export_of_one_project_never_removes_rows_of_another(take: Take):
    take(two_projects())
    result = take(next_export(whole_export()))
    assert sum(counts.removed for counts in result.files.values()) == 0
    assert is_active("Enrollment", "S9")
    assert is_active("Services", "SV9")
    assert is_active("Funder", "F9")
    assert is_active("Project", "P2")


@pytest.mark.parametrize(
    ("exit_date", "removed"), [("2023-12-31", False), ("2024-01-01", True), ("2024-03-31", True), (None, True)]
)
def test_only_stays_that_overlap_the_period_are_removed_by_absence(take: Take, exit_date: str | None, removed: bool):
    export = whole_export().add_stay("S9", "C2", EntryDate="2023-06-01")
    if exit_date:
        export.add("Exit", ExitID="X9", EnrollmentID="S9", PersonalID="C2", ExitDate=exit_date)
    take(export)
    take(next_export(whole_export()))
    assert is_active("Enrollment", "S9") is not removed


def test_a_stay_that_began_after_the_period_is_not_removed(take: Take):
    take(whole_export().add_stay("S9", "C2", EntryDate="2024-04-01"))
    take(next_export(whole_export()))
    assert is_active("Enrollment", "S9")


def test_what_is_dated_after_the_period_is_not_removed(take: Take):
    export = whole_export().add("Services", ServicesID="LATE", DateProvided="2024-04-01")
    export.add("Services", ServicesID="LAST", DateProvided="2024-03-31")
    take(export)
    take(next_export(whole_export()))
    assert is_active("Services", "LATE")
    assert not is_active("Services", "LAST")


@pytest.mark.parametrize(("start", "end", "removed"), [("2024-04-01", "", False), ("2020-01-01", "2023-12-31", False)])
def test_a_grant_outside_the_period_is_not_removed(take: Take, start: str, end: str, removed: bool):
    take(whole_export().add("Funder", FunderID="F9", GrantID="G", StartDate=start, EndDate=end))
    take(next_export(whole_export()))
    assert is_active("Funder", "F9") is not removed


def test_an_export_without_projects_removes_nothing_and_says_so(take: Take):
    take(whole_export())
    result = take(next_export(whole_export().drop("Services").drop("Project")))
    assert is_active("Services", "SV1")
    assert "no-projects" in result.problems.by_rule


@pytest.mark.parametrize(("column", "code"), [("ExportDirective", "1"), ("ExportPeriodType", "1")])
def test_an_export_of_changes_only_removes_nothing(take: Take, column: str, code: str):
    take(whole_export())
    result = take(next_export(whole_export().drop("Services").change("Export", **{column: code})))
    assert is_active("Services", "SV1")
    assert "partial-export" in {problem.rule for problem in result.problems}


def test_a_file_that_is_missing_or_refused_removes_nothing(take: Take):
    take(whole_export())
    export = next_export(whole_export())
    export.without.add("Services.csv")
    export.raw["Exit.csv"] = export.csv("Exit", without=["ExitDate"]).encode()
    take(export)
    assert is_active("Services", "SV1")
    assert is_active("Exit", "X1")


def test_a_file_with_lines_that_could_not_be_identified_removes_nothing(take: Take):
    take(whole_export().add("Services", ServicesID="SV2"))
    export = next_export(whole_export())
    export.raw["Services.csv"] = export.csv("Services").encode() + b"SV2,broken\r\n"
    result = take(export)
    assert is_active("Services", "SV2")
    assert "absence-ignored" in {problem.rule for problem in result.problems}


def test_a_rejected_line_whose_key_is_known_is_not_absent(take: Take):
    take(whole_export())
    take(next_export(whole_export()).change("Services", 0, ExportID="OTHER"))
    assert is_active("Services", "SV1")


def test_a_row_that_is_marked_as_deleted_is_removed_and_comes_back(take: Take):
    take(whole_export())
    deleted = next_export(whole_export().change("Client", 0, DateDeleted="2024-04-02 10:00:00"))
    assert take(deleted).files["Client.csv"].removed == 1
    assert not is_active("Client", "C1")
    assert take(deleted).status == "unchanged"
    assert take(next_export(whole_export(), "2024-06-01")).files["Client.csv"].restored == 1


def test_the_same_keys_in_two_sources_are_different_rows(take: Take, source: HmisSource, tmp_path: Path):
    take(whole_export())
    other = sources.add_source("South HMIS")
    export = whole_export().change("Client", 0, LastName="Vega")
    import_export(export.zip(tmp_path / "other.zip"), source=other, by_id=None)
    names = db.session.scalars(select(Client.last_name).where(Client.personal_id == "C1").order_by(Client.id))
    assert list(names) == ["Lopez", "Vega"]
    assert take(whole_export()).status == "unchanged"


def test_every_client_record_is_a_person_of_its_own_number(take: Take):
    take(whole_export())
    for client in db.session.scalars(select(Client)):
        assert client.person_id == client.id
        assert db.session.get(Person, client.id) is not None


# --- dry runs, the log, locks, progress ---


def test_a_dry_run_gives_the_same_answer_and_writes_nothing(take: Take, source: HmisSource):
    take(whole_export())
    before = contents(source)
    changed = next_export(two_projects().change("Client", 0, LastName="Vega", DOB="x").drop("Event"))
    dry = take(changed, dry_run=True)
    assert dry.dry_run
    assert contents(source) == before
    assert db.session.scalar(select(func.count(HmisImport.id))) == 1
    wet = take(changed)
    assert (dry.status, dry.files) == (wet.status, wet.files)
    assert [problem.as_dict() for problem in dry.problems] == [problem.as_dict() for problem in wet.problems]


def test_the_log_keeps_who_when_what_and_every_problem(take: Take, source: HmisSource):
    result = take(whole_export().change("Client", 0, VeteranStatus="7"), by_id=12)
    logged = queries.get_import(result.import_id)
    assert (logged.status, logged.by_id, logged.export_id) == (ImportStatus.APPLIED, 12, "E1")
    assert (str(logged.period_start), str(logged.period_end)) == ("2024-01-01", "2024-03-31")
    assert logged.counts["Client.csv"]["added"] == 2
    assert logged.finished_at >= logged.started_at
    problems = list(queries.all_problems(logged))
    assert [(each.rule, each.file, each.line, each.column) for each in problems] == [
        ("unknown-code", "Client.csv", 2, "VeteranStatus")
    ]
    assert logged.problem_count == 1
    assert queries.list_imports().rows[0].id == logged.id


def test_a_queued_import_becomes_the_log_of_its_run(take: Take, source: HmisSource):
    queued = HmisImport(source_id=source.id, file_name="night.zip", queued_at=clock.now(), by_id=3)
    db.session.add(queued)
    db.session.flush()
    result = take(whole_export(), record=queued)
    assert (result.import_id, queued.status, queued.by_id) == (queued.id, ImportStatus.APPLIED, 3)


def test_two_imports_of_one_source_do_not_run_at_once(app_on_postgresql, tmp_path: Path):
    # On SQLite there is one writer anyway: `transaction` takes the lock.
    with app_on_postgresql.app_context():
        with transaction():
            source_id = sources.add_source("One at a time").id
        path = whole_export().zip(tmp_path / "x.zip")
        with db.engine.connect() as other:
            other.execute(select(HmisSource.id).where(HmisSource.id == source_id).with_for_update())
            with pytest.raises(Conflict, match="Another import"), transaction():
                import_export(path, source=db.session.get_one(HmisSource, source_id), by_id=None)


def test_an_error_in_the_middle_leaves_the_store_as_it_was(app, tmp_path: Path):
    path = whole_export().zip(tmp_path / "x.zip")

    def stop(progress: Progress) -> None:
        if progress.file == "Services.csv":
            raise OSError("The disk is full.")

    with app.app_context():
        with transaction():
            source = sources.add_source("North")
        with pytest.raises(OSError, match="disk"), transaction():
            import_export(path, source=source, by_id=None, progress=stop)
        with transaction(writes=False):
            assert db.session.scalar(select(func.count(Client.id))) == 0
            assert db.session.scalar(select(func.count(HmisImport.id))) == 0
        with transaction():
            assert import_export(path, source=source, by_id=None).files["Services.csv"].added == 1


def test_progress_is_told_and_can_be_read_from_a_file(take: Take, tmp_path: Path):
    told: list[Progress] = []
    to_file = ProgressFile(tmp_path / "imports" / "1" / "progress.json")

    def tell(progress: Progress) -> None:
        told.append(progress)
        to_file(progress)

    assert read_progress(tmp_path / "imports" / "1" / "progress.json") is None
    take(whole_export(), progress=tell)
    assert told[-1].percent == 100
    assert [each.percent for each in told] == sorted(each.percent for each in told)
    assert told[-1].rows == sum(1 for file in whole_export().rows.values() for _ in file)
    assert read_progress(tmp_path / "imports" / "1" / "progress.json") == told[-1]
    assert [each.name for each in (tmp_path / "imports" / "1").iterdir()] == ["progress.json"]


def test_many_rows_are_taken_in_batches(sqlite_app, tmp_path: Path):
    export = whole_export()
    for number in range(4_500):
        export.add("Services", ServicesID=f"N{number}", DateProvided="2024-02-03")
    export.add("Services", ServicesID="N7", DateProvided="2024-02-04")
    with sqlite_app.app_context(), transaction():
        source = sources.add_source("North")
        counts = import_export(export.zip(tmp_path / "x.zip"), source=source, by_id=None).files["Services.csv"]
        assert (counts.read, counts.added, counts.rejected) == (4_502, 4_501, 1)
        assert db.session.scalar(select(func.count(Services.id))) == 4_501
        again = import_export(export.zip(tmp_path / "x.zip"), source=source, by_id=None).files["Services.csv"]
        assert (again.unchanged, again.rejected) == (4_501, 1)


def test_a_block_of_nothing_but_doubled_keys_is_rejected_line_by_line(take: Take, source: HmisSource):
    export = SmallExport().add_client().add_stay()
    export.add("Services", ServicesID="V0000", DateProvided="2024-02-03")
    length = len(export.csv("Services")) - len(export.csv("Services").partition("\r\n")[0]) - 2
    for number in range(1, -(-BLOCK // length)):  # as many as fill the first block to its last line
        export.add("Services", ServicesID=f"V{number:04}", DateProvided="2024-02-03")
    rows = len(export.rows["Services"])
    export.add("Services", ServicesID="V0007", DateProvided="2024-02-04")
    counts = take(export).files["Services.csv"]
    assert (counts.read, counts.added, counts.rejected) == (rows + 1, rows, 1)
