"""Real exports: the sample of both years, where there is one."""

import json
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminops.hmis import sources
from adminops.hmis.intake import check_export, import_export
from adminops.hmis.models import RetiredValues
from adminops.hmis.spec import spec_of
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


@pytest.mark.parametrize("declared", ["", "1.0", "2024 v1.0", "2026"])
def test_the_year_is_recognised_by_the_columns_where_the_version_does_not_fit(
    session: Session, tmp_path: Path, declared: str
):
    export = whole_export().change("Export", CSVVersion=declared)
    result = import_export(export.zip(tmp_path / "x.zip"), source=sources.add_source("North"), by_id=None)
    assert result.status == "applied"
    assert result.files["Client.csv"].added == 2
    assert "converted" not in result.problems.by_rule
