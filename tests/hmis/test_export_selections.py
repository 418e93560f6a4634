"""Exports of some projects or of a period: exactly what belongs to them, and everything that it refers to."""

import csv
import io
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from adminops.demo import write_export as write_demo
from adminops.hmis import sources
from adminops.hmis.export import write_export
from adminops.hmis.intake import import_export
from adminops.hmis.models import HmisSource
from adminops.hmis.spec import current
from tests.hmis.conftest import contents
from tests.hmis.exports import SmallExport

Cells = dict[str, dict[str, dict[str, str]]]
WINDOW = st.dates(date(2024, 1, 1), date(2024, 1, 20))
TEXT = st.text(
    st.sampled_from("ab,;\"'\n\r|éß’💛\u00a0İ٣") | st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]),
    min_size=1,
    max_size=12,
)


def cells(path: Path) -> Cells:
    """The rows of a written export by file and key."""
    with zipfile.ZipFile(path) as archive:
        return {
            file.name: {
                row[file.key]: row
                for row in csv.DictReader(io.StringIO(archive.read(file.file).decode("utf-8"), newline=""))
            }
            for file in current().files
        }


def open_references(found: Cells, whole: Cells) -> list[tuple[str, str, str]]:
    """References of `found` that lead to nothing in it, though the whole export has what they lead to."""
    return [
        (file.name, key, column.name)
        for file in current().files
        for column in file.columns
        if column.ref and column.name != "ExportID"
        for key, row in found[file.name].items()
        if row[column.name] in whole[column.ref[0]] and row[column.name] not in found[column.ref[0]]
    ]


@st.composite
def stores(draw: st.DrawFn) -> SmallExport:
    """Some projects and clients with stays, and rows of every kind about these."""
    export = SmallExport()
    for number in range(2, draw(st.integers(2, 4))):
        export.add("Organization", OrganizationID=f"O{number}", OrganizationName=draw(TEXT))
        export.add("Project", ProjectID=f"P{number}", OrganizationID=f"O{number}", UserID=f"U{number}")
        export.add("User", UserID=f"U{number}")
    projects = [row["ProjectID"] for row in export.rows["Project"]]
    project, day, some_day = st.sampled_from(projects), WINDOW.map(str), WINDOW.map(str) | st.just("")
    for number in range(draw(st.integers(0, 3))):
        export.add("Affiliation", AffiliationID=f"A{number}", ProjectID=draw(project), ResProjectID=draw(project))
        dates = {"StartDate": draw(day), "EndDate": draw(some_day)}
        export.add("Funder", FunderID=f"F{number}", ProjectID=draw(project), **dates)
    people = [f"C{number}" for number in range(1, draw(st.integers(2, 5)))]
    for person in people:
        ssn = draw(st.sampled_from(["", "219450817", "xxxxx8123"]))
        export.add_client(person, FirstName=draw(TEXT), LastName=draw(TEXT), SSN=ssn, UserID="U1")
    for number in range(draw(st.integers(0, 6))):
        stay = {"EnrollmentID": f"S{number}", "PersonalID": draw(st.sampled_from(people))}
        export.add_stay(f"S{number}", stay["PersonalID"], ProjectID=draw(project), EntryDate=draw(day))
        if draw(st.booleans()):
            export.add("Exit", ExitID=f"X{number}", ExitDate=draw(day), **stay)
        about = {**stay, "PersonalID": draw(st.sampled_from([stay["PersonalID"]] * 3 + people))}  # now and then another
        income = draw(st.sampled_from(["-12.50", "0.00", "1250.50", ""]))
        export.add("IncomeBenefits", IncomeBenefitsID=f"I{number}", TotalMonthlyIncome=income, **about)
        export.add("Services", ServicesID=f"V{number}", DateProvided=draw(some_day), **about)
        export.add("Assessment", AssessmentID=f"A{number}", AssessmentDate=draw(some_day), **stay)
        question = {"AssessmentQuestionID": f"Q{number}", "AssessmentID": f"A{number}"}
        export.add("AssessmentQuestions", **question, AssessmentAnswer=draw(TEXT), **stay)
    return export


@st.composite
def choices(draw: st.DrawFn) -> dict[str, Any]:
    """What to select."""
    days = sorted((draw(WINDOW), draw(WINDOW)))
    return {
        "project_ids": draw(st.none() | st.sets(st.sampled_from(["P1", "P2", "P3"]), min_size=1)),
        "start": draw(st.none() | st.just(days[0])),
        "end": draw(st.none() | st.just(days[1])),
    }


def selected_stays(whole: Cells, chosen: dict[str, Any]) -> set[str]:
    """The stays that belong to a selection, found without the database."""
    exits = {row["EnrollmentID"]: row["ExitDate"] for row in whole["Exit"].values()}
    start, end = (str(chosen[name] or "") for name in ("start", "end"))
    return {
        key
        for key, stay in whole["Enrollment"].items()
        if (chosen["project_ids"] is None or stay["ProjectID"] in chosen["project_ids"])
        and (not end or stay["EntryDate"] <= end)
        and (not start or exits.get(key, start) >= start)
    }


def same_rows(copy: HmisSource, original: HmisSource, found: Cells) -> None:
    """The rows of `copy` are those of `original` that an export has."""
    all_of = contents(original)
    for name, rows in contents(copy).items():
        assert rows == {key: all_of[name][key] for key in found[name]}, name


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(export=stores(), chosen=choices())
def test_a_selection_is_exact_closed_and_comes_in_again_as_the_same_rows(
    session: Session, tmp_path: Path, export: SmallExport, chosen: dict[str, Any]
):
    nested = session.begin_nested()
    try:
        one, other = sources.add_source("One"), sources.add_source("Other")
        import_export(export.zip(tmp_path / "in.zip"), source=one, by_id=None)
        write_export(tmp_path / "whole.zip", source=one)
        whole = cells(tmp_path / "whole.zip")
        chosen["project_ids"] = chosen["project_ids"] and (chosen["project_ids"] & set(whole["Project"]) or {"P1"})
        write_export(tmp_path / "part.zip", source=one, **chosen)
        found = cells(tmp_path / "part.zip")
        assert set(found["Enrollment"]) == selected_stays(whole, chosen)
        assert open_references(found, whole) == []
        if any(chosen.values()):
            about = {row["PersonalID"] for name in found for row in found[name].values() if row.get("EnrollmentID")}
            assert set(found["Client"]) == about
        end = str(chosen["end"] or "9999")
        provided = {key for key, row in whole["Services"].items() if row["DateProvided"] <= end}
        assert set(found["Services"]) == {key for key in provided if "S" + key[1:] in found["Enrollment"]}
        result = import_export(tmp_path / "part.zip", source=other, by_id=None)
        assert (result.total("rejected"), result.not_read) == (0, [])
        same_rows(other, one, found)
    finally:
        nested.rollback()
        session.expire_all()


def test_an_export_of_a_project_of_invented_people_is_closed_and_comes_back(session: Session, tmp_path: Path):
    one, other = sources.add_source("One"), sources.add_source("Other")
    write_demo(tmp_path / "demo.zip", clients=120, seed=3, today=date(2026, 3, 17))
    import_export(tmp_path / "demo.zip", source=one, by_id=None)
    write_export(tmp_path / "whole.zip", source=one)
    whole = cells(tmp_path / "whole.zip")
    projects = sorted(whole["Project"])[::3]
    chosen = {"project_ids": projects, "start": date(2025, 1, 1), "end": date(2025, 12, 31)}
    write_export(tmp_path / "part.zip", source=one, **chosen)
    found = cells(tmp_path / "part.zip")
    assert set(found["Enrollment"]) == selected_stays(whole, chosen)
    assert len(found["Enrollment"]) > 10
    assert open_references(found, whole) == []
    assert import_export(tmp_path / "part.zip", source=other, by_id=None).total("rejected") == 0
    same_rows(other, one, found)


def test_what_came_hashed_leaves_as_the_same_hashes(session: Session, tmp_path: Path):
    plain, hashed = sources.add_source("Plain"), sources.add_source("Hashed", names_hashed=True)
    export = SmallExport().add_client().add_client("C2", FirstName='O\'Brien, "Jo"', LastName="Núñez", SSN="xxxxx8123")
    import_export(export.zip(tmp_path / "in.zip"), source=plain, by_id=None)
    write_export(tmp_path / "once.zip", source=plain, hashed=True)
    import_export(tmp_path / "once.zip", source=hashed, by_id=None)
    for again in (True, False):
        write_export(tmp_path / "twice.zip", source=hashed, hashed=again)
        once, twice = cells(tmp_path / "once.zip"), cells(tmp_path / "twice.zip")
        for key, row in once["Client"].items():
            assert {**row, "ExportID": ""} == {**twice["Client"][key], "ExportID": ""}
        assert [row["HashStatus"] for row in twice["Export"].values()] == ["4"]


def test_an_export_is_for_its_owner_alone_and_leaves_nothing_behind_when_it_fails(
    session: Session, source: HmisSource, tmp_path: Path
):
    import_export(SmallExport().add_client().zip(tmp_path / "in.zip"), source=source, by_id=None)
    write_export(tmp_path / "out.zip", source=source)
    assert (tmp_path / "out.zip").stat().st_mode & 0o777 == 0o600

    def stop(_progress: object) -> None:
        raise RuntimeError

    before = (tmp_path / "out.zip").read_bytes()
    try:
        write_export(tmp_path / "out.zip", source=source, tell=stop)
    except RuntimeError:
        assert sorted(path.name for path in tmp_path.iterdir()) == ["in.zip", "out.zip"]
        assert (tmp_path / "out.zip").read_bytes() == before
    else:
        raise AssertionError("it was told of nothing")


def test_progress_is_told_in_rows_and_ends(session: Session, source: HmisSource, tmp_path: Path):
    told = []
    import_export(SmallExport().add_client().zip(tmp_path / "in.zip"), source=source, by_id=None)
    write_export(tmp_path / "out.zip", source=source, tell=told.append)
    shares = [progress.percent for progress in told]
    assert shares == sorted(shares)
    assert (told[0].step, told[-1].step, shares[-1]) == ("writing", "done", 100)
