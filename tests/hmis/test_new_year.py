"""A new year is data: an invented FY2028 is read, and older exports are led to it, without a line of code for it."""

import ast
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from adminops.app import AdminOps
from adminops.db import transaction
from adminops.hmis import codes, sources
from adminops.hmis.intake import ImportResult, import_export
from adminops.hmis.intake.layout import _place_of
from adminops.hmis.models import RetiredValues
from adminops.hmis.spec import ColumnSpec, Conversion, FileSpec, conversion_from, current, spec_of, specs, specs_in
from adminops.hmis.spec.spec import FOLDER
from tests.hmis.exports import SmallExport

NEW = 2028
CHANGES = {
    "columns_added": [
        {"file": "Client", "column": "PreferredName"},
        {"file": "Export", "column": "ExportLanguage"},
    ],
    "columns_removed": [
        {"file": "Client", "column": "AdditionalRaceEthnicity"},
        {"file": "Enrollment", "column": "MentalHealthConsultation"},
    ],
    "columns_renamed": [{"file": "Client", "from": "HispanicLatinao", "to": "LatinaoOrigin"}],
}
TABLES = (
    "ALTER TABLE hmis_client RENAME COLUMN hispanic_latinao TO latinao_origin",
    "ALTER TABLE hmis_client ADD COLUMN preferred_name VARCHAR(64)",
    "ALTER TABLE hmis_export ADD COLUMN export_language VARCHAR(2)",
)
"""What the migration of that year would do."""


def invented() -> dict[str, Any]:
    """The specification of the invented year, made of the newest real one."""
    year: dict[str, Any] = json.loads((FOLDER / f"fy{current().year}.json").read_text(encoding="utf-8"))
    year |= {"csv_version": f"{NEW} v1.0", "effective": "2027-10-01"}
    files = {file["name"]: file["columns"] for file in year["files"]}
    for change in CHANGES["columns_removed"]:
        files[change["file"]][:] = [each for each in files[change["file"]] if each["name"] != change["column"]]
    for column in files["Client"]:
        if column["name"] == "HispanicLatinao":
            column["name"] = "LatinaoOrigin"
    added = {"name": "PreferredName", "type": "string", "max": 64, "null": True}
    files["Client"].insert(5, added)
    files["Export"].append({**added, "name": "ExportLanguage", "max": 2})
    del year["lists"]["4.21"]["codes"]["9"]
    year["lists"]["4.21"]["codes"]["3"] = "Something new"
    return year


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with our specifications, the invented one and its conversion."""
    made = tmp_path_factory.mktemp("spec")
    for path in FOLDER.glob("*.json"):
        shutil.copy(path, made)
    (made / f"fy{NEW}_.json").write_text("{}")  # a draft beside it is no year
    (made / f"fy{NEW}.json").write_text(json.dumps(invented()))
    (made / f"fy{current().year}_to_fy{NEW}.json").write_text(json.dumps(CHANGES))
    return made


class Undone(Exception):
    """The tables of that year go again."""


@pytest.fixture
def later(app: AdminOps, folder: Path) -> Iterator[Session]:
    """An open transaction in that year: its specification holds, and its migration was run."""
    with specs_in(folder), app.app_context():
        try:
            with transaction() as session:
                for statement in TABLES:
                    session.execute(text(statement))
                yield session
                raise Undone
        except Undone:
            pass


def clients(session: Session) -> list[tuple[object, ...]]:
    reading = text("SELECT personal_id, preferred_name, latinao_origin, sex FROM hmis_client ORDER BY personal_id")
    return [tuple(row) for row in session.execute(reading)]


def held(session: Session) -> dict[str, dict[str, str]]:
    return {each.hud_key: json.loads(each.held) for each in session.scalars(select(RetiredValues))}


def take(export: SmallExport, tmp_path: Path) -> ImportResult:
    source = sources.find_source("North") or sources.add_source("North")
    return import_export(export.zip(tmp_path / "in.zip"), source=source, by_id=None)


def test_an_export_of_the_new_year_is_taken_as_it_is(later: Session, tmp_path: Path):
    export = SmallExport().change("Export", 0, CSVVersion=f"{NEW} v1.0", ExportLanguage="en")
    export.add_client(PreferredName="Mari", LatinaoOrigin="1", Sex="3").add_client(
        "C2", Sex="9", LatinaoOrigin=""
    ).add_stay()
    export.change("Client", 1, DateCreated="2027-11-05 10:00:00")
    export.add_client("C3", Sex="9", LatinaoOrigin="")
    result = take(export, tmp_path)
    assert (result.status, result.total("rejected"), result.not_read) == ("applied", 0, [])
    assert clients(later) == [("C1", "Mari", 1, 3), ("C2", None, None, 9), ("C3", None, None, 9)]
    assert later.execute(text("SELECT export_language FROM hmis_export")).scalar_one() == "en"
    noted = [(problem.rule, problem.line) for problem in result.problems if problem.column == "Sex"]
    assert noted == [("retired-code", 3)], "the other was entered while the code was on the list"
    assert take(export, tmp_path).status == "unchanged"


@pytest.mark.parametrize("declared", ["2026 v1.0", ""])
def test_an_export_of_the_year_before_is_led_to_it(later: Session, tmp_path: Path, declared: str):
    export = SmallExport(spec_of(2026)).change("Export", 0, CSVVersion=declared)
    export.add_client(HispanicLatinao="1", AdditionalRaceEthnicity="Taíno").add_stay(MentalHealthConsultation="2")
    result = take(export, tmp_path)
    assert (result.status, result.problems.by_rule["converted"]) == ("applied", 1)
    assert clients(later) == [("C1", None, 1, 0)]
    assert held(later) == {
        "C1": {"AdditionalRaceEthnicity": "Taíno"},
        "S1": {"MentalHealthConsultation": "2"},
    }


def test_an_export_of_an_older_year_is_led_through_the_years_between(later: Session, tmp_path: Path):
    export = SmallExport(spec_of(2024)).change("Export", 0, CSVVersion="2024 v1.4")
    removed = conversion_from(2024).removed  # type: ignore[union-attr]
    blank = dict.fromkeys(removed["Client"], "")
    export.add(
        "Client",
        **{**blank, "PersonalID": "C1", "HispanicLatinaeo": "1", "Woman": "1", "AdditionalRaceEthnicity": "Taíno"},
    )
    export.add_stay(SexualOrientation="2")
    result = take(export, tmp_path)
    assert (result.status, result.problems.by_rule["converted"]) == ("applied", 1)
    assert clients(later) == [("C1", None, 1, None)]
    assert held(later) == {
        "C1": {"AdditionalRaceEthnicity": "Taíno", "Woman": "1"},
        "S1": {"SexualOrientation": "2"},
    }


def test_a_column_of_the_new_year_that_a_vendor_sends_early_is_read(later: Session, tmp_path: Path):
    export = SmallExport(spec_of(2026)).add_client(HispanicLatinao="1")
    head, line = export.csv("Client").splitlines()
    export.raw["Client.csv"] = f"{head},preferredname\r\n{line},Mari\r\n".encode()
    assert take(export, tmp_path).problems.by_rule["converted"] == 1
    assert clients(later) == [("C1", "Mari", 1, 0)]


def test_a_name_that_meant_something_else_in_the_older_year_is_not_read_for_the_new_one():
    columns = {name: ColumnSpec(name, "string") for name in ("Key", "A", "B")}
    old = FileSpec("F", "F.csv", "client", "", "Key", (columns["Key"], columns["A"]))
    conversion = Conversion(1, 2, {("F", "B"): "A"}, {}, {"F": frozenset({"A"})})
    places = {"key": 0, "a": 1}
    found = {name: _place_of(column, old, places, conversion, 9) for name, column in columns.items()}
    assert found == {"Key": 0, "A": 9, "B": 1}


def test_conversions_in_a_row_agree_with_the_first_and_the_last_specification(folder: Path):
    with specs_in(folder):
        for older in specs()[:-1]:
            conversion = conversion_from(older.year)
            assert conversion is not None
            for file in current().files:
                old_columns = set(older.by_name[file.name].by_name)
                read = {conversion.old_name(file.name, column.name) for column in file.columns} - {None}
                assert read <= old_columns
                assert old_columns - read == set(conversion.removed.get(file.name, ()))


def test_a_column_that_was_renamed_and_then_removed_keeps_its_first_name():
    first = Conversion(1, 2, {("F", "b"): "a", ("F", "d"): "c"}, {"F": ("x",)}, {"F": frozenset({"new"})})
    second = Conversion(2, 3, {("F", "e"): "d", ("F", "newer"): "new"}, {"F": ("b",)}, {})
    both = first.then(second)
    assert both.renamed == {("F", "e"): "c"}
    assert both.removed == {"F": ("x", "a")}
    assert both.added == {"F": frozenset({"newer"})}


def test_codes_that_the_new_year_drops_keep_their_words(folder: Path):
    assert codes.retired_on("4.21", 9) is None
    with specs_in(folder):
        assert str(codes.retired_on("4.21", 9)) == "2027-10-01"
        assert str(codes.retired_on("2.06.1", 47)) == "2025-10-01"
        assert codes.label("4.21", 9) == "Client prefers not to answer"
    assert current().year != NEW


def test_no_code_names_a_year():
    for path in sorted((FOLDER.parents[1] / "hmis").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        numbers = [
            node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, int)
        ]
        assert not [number for number in numbers if 2020 <= number <= 2040], path.name
