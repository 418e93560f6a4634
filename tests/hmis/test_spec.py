"""The specification as data, and our tables as its mirror."""

import pytest
from sqlalchemy import BigInteger, Date, DateTime, Integer, String

from adminops.db import Model
from adminops.hmis import codes
from adminops.hmis.models import FILE_MODELS
from adminops.hmis.models.columns import Cents
from adminops.hmis.spec import conversion_from, current, declared_year, snake_case, spec_of, specs

BESIDE_HUD = {"id", "source_id", "import_id", "row_hash", "removed_at"}
BESIDE_HUD_OF_CLIENT = {"ssn_sealed", "ssn_index", "ssn_last4_index", "person_id", "first_key", "last_key"}
TYPES = {"string": String, "int": Integer, "date": Date, "datetime": DateTime, "money": Cents}


def hud_columns(name: str) -> list[str]:
    """The HUD columns of a table, in the order in which it has them."""
    table = Model.metadata.tables[current().by_name[name].table]
    beside = BESIDE_HUD | (BESIDE_HUD_OF_CLIENT if name == "Client" else set())
    return [column.name for column in table.columns if column.name not in beside]


def test_every_file_of_the_specification_has_a_table_and_the_other_way_round():
    assert list(FILE_MODELS) == [file.name for file in current().files]
    for file in current().files:
        assert FILE_MODELS[file.name].__tablename__ == file.table


@pytest.mark.parametrize("file", current().files, ids=lambda file: file.name)
def test_the_columns_of_a_table_are_those_of_its_file_in_the_same_order(file):
    expected = [column.attribute for column in file.columns if column.name != "SSN"]
    assert hud_columns(file.name) == expected


@pytest.mark.parametrize("file", current().files, ids=lambda file: file.name)
def test_types_and_lengths_of_a_table_are_those_of_its_file(file):
    table = Model.metadata.tables[file.table]
    for column in file.columns:
        if column.name == "SSN":
            continue
        ours = table.columns[column.attribute]
        assert isinstance(ours.type, TYPES[column.type]), column.name
        if column.type == "string":
            assert ours.type.length == column.stored_length, column.name


@pytest.mark.parametrize("file", current().files, ids=lambda file: file.name)
def test_only_the_key_of_a_row_must_be_there_because_source_data_may_be_faulty(file):
    table = Model.metadata.tables[file.table]
    must = {name for name in hud_columns(file.name) if not table.columns[name].nullable}
    assert must == {file.key_column.attribute}


@pytest.mark.parametrize("file", current().files, ids=lambda file: file.name)
def test_a_row_is_identified_by_its_source_and_hud_key(file):
    table = Model.metadata.tables[file.table]
    unique = [{c.name for c in rule.columns} for rule in table.constraints if type(rule).__name__ == "UniqueConstraint"]
    assert {"source_id", file.key_column.attribute} in unique


def test_ssn_has_no_column_in_clear():
    columns = Model.metadata.tables["hmis_client"].columns
    assert "ssn" not in columns
    assert {name for name in columns.keys() if "ssn" in name} == {  # noqa: SIM118
        "ssn_sealed",
        "ssn_index",
        "ssn_last4_index",
        "ssn_data_quality",
    }


def test_the_specification_has_all_files_and_columns_that_hud_counts():
    assert len(current().files) == 24
    assert sum(len(file.columns) for file in current().files) == 519
    assert isinstance(Cents.impl(), BigInteger)


def test_names_of_columns_are_turned_into_python_names():
    assert snake_case("HOHLeaseholder") == "hoh_leaseholder"
    assert snake_case("RelationshipToHoH") == "relationship_to_hoh"
    assert snake_case("ProjectCoCID") == "project_coc_id"
    assert snake_case("HealthAndDVID") == "health_and_dv_id"
    assert snake_case("HH5Plus") == "hh5_plus"


def test_versions_are_recognised_by_the_year_they_name():
    assert declared_year("2026 v1.0") == 2026
    assert declared_year("FY2024") == 2024
    assert declared_year("1.4") is None
    assert spec_of(2019) is None


def test_every_older_specification_has_a_conversion_whose_data_agrees_with_both():
    for older in specs()[:-1]:
        conversion = conversion_from(older.year)
        assert conversion is not None
        for file in current().files:
            old_columns = set(older.by_name[file.name].by_name)
            read = {conversion.old_name(file.name, column.name) for column in file.columns} - {None}
            assert read <= old_columns
            assert old_columns - read == set(conversion.removed.get(file.name, ()))


def test_every_enum_has_exactly_the_codes_of_its_list():
    enums = codes.HudCode.__subclasses__()
    assert len(enums) >= 20
    for enum in enums:
        assert sorted(str(int(member)) for member in enum) == sorted(current().lists[enum.list_id].codes), enum


def test_labels_are_huds_words_and_retired_codes_keep_theirs():
    assert codes.ProjectType.RAPID_REHOUSING.label == "PH – Rapid Re-Housing"
    assert codes.ProjectType.RAPID_REHOUSING.short == "PH - RRH"
    assert codes.label("1.8", 99) == "Data not collected"
    assert codes.label("2.06.1", 47) == "HUD: ESG - CV"
    assert codes.retired_on("2.06.1", 47)
    assert codes.retired_on("2.06.1", 2) is None
    assert codes.label("1.8", 77) == "Unknown code 77"
    assert codes.label("1.8", None) == ""
    assert codes.label_of("Client", "VeteranStatus", 1) == "Yes"
    assert codes.label_of("Client", "YearSeparated", 1998) == "1998"


def test_options_of_a_list_can_be_narrowed_to_a_use():
    destinations = dict(codes.options("3.12.1", "destination"))
    assert codes.DECEASED in destinations
    assert codes.DECEASED not in dict(codes.options("3.12.1", "prior"))
