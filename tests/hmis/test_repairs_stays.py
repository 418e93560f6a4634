"""Repairs of stays: nights put together, stays without any contact, CoC codes and move-in dates."""

from pathlib import Path

import pytest

from adminops.hmis.models import HmisSource
from tests.hmis.exports import SmallExport
from tests.hmis.repairing import Take, household, made, switch, take_back, written


def nights(*days: tuple[str, str, str], client: str = "C1", **values: str) -> SmallExport:
    """An export with a client's stays in a shelter: (EnrollmentID, EntryDate, ExitDate or blank) for each."""
    return with_nights(SmallExport().add_client(client), *days, client=client, **values)


def with_nights(export: SmallExport, *days: tuple[str, str, str], client: str, **values: str) -> SmallExport:
    for key, entry, exit_ in days:
        export.add_stay(key, client, EntryDate=entry, **values)
        if exit_:
            export.add("Exit", ExitID=f"X-{key}", EnrollmentID=key, PersonalID=client, ExitDate=exit_)
    return export


THREE = (
    ("N1", "2024-02-01", "2024-02-02"),
    ("N2", "2024-02-02", "2024-02-03"),
    ("N3", "2024-02-03", "2024-02-04"),
)


def test_nights_that_follow_one_another_become_one_stay(take: Take, source: HmisSource, tmp_path: Path):
    export = nights(*THREE).add("Services", ServicesID="SV1", EnrollmentID="N2", DateProvided="2024-02-02")
    take(export.add("IncomeBenefits", IncomeBenefitsID="IB1", EnrollmentID="N3"))
    switch(source, "combine-nights")
    assert made(source) == {
        ("Enrollment", "N2", "*"): "N1",
        ("Enrollment", "N3", "*"): "N1",
        ("Exit", "X-N1", "*"): "",
        ("Exit", "X-N2", "*"): "",
        ("Exit", "X-N3", "EnrollmentID"): "N1",
        ("Services", "SV1", "EnrollmentID"): "N1",
        ("IncomeBenefits", "IB1", "EnrollmentID"): "N1",
    }
    rows = written(source, tmp_path)
    assert [row["EntryDate"] for row in rows["Enrollment"].values()] == ["2024-02-01"]
    assert [(row["EnrollmentID"], row["ExitDate"]) for row in rows["Exit"].values()] == [("N1", "2024-02-04")]
    assert rows["Services"]["SV1"]["EnrollmentID"] == rows["IncomeBenefits"]["IB1"]["EnrollmentID"] == "N1"


@pytest.mark.parametrize(
    "export",
    [
        pytest.param(nights(THREE[0], THREE[2]), id="a gap"),
        pytest.param(nights(THREE[0], ("N2", "2024-02-02", "2024-02-09")), id="a week"),
        pytest.param(nights(THREE[0], ("N2", "2024-02-02", "")), id="still there"),
        pytest.param(nights(THREE[0], ("N2", "2024-02-02", "2024-02-02")), id="the same day"),
        pytest.param(nights(*THREE).change("Project", 0, ProjectType="2"), id="no shelter"),
        pytest.param(
            with_nights(nights(THREE[0]).add_client("C2"), THREE[1], client="C2"),
            id="another client",
        ),
    ],
)
def test_other_stays_are_not_put_together(take: Take, source: HmisSource, export: SmallExport):
    take(export)
    switch(source, "combine-nights")
    assert made(source) == {}


def test_nights_are_put_together_while_the_household_is_the_same(take: Take, source: HmisSource):
    export = SmallExport().add_client("C1").add_client("C2")
    for number, (key, entry, exit_) in enumerate(THREE):
        with_nights(export, (f"A{key}", entry, exit_), client="C1", HouseholdID=f"H{number}")
        if number < 2:
            with_nights(export, (f"B{key}", entry, exit_), client="C2", HouseholdID=f"H{number}", RelationshipToHoH="3")
    take(export)
    switch(source, "combine-nights")
    left_out = {
        key: value for (file, key, column), value in made(source).items() if (file, column) == ("Enrollment", "*")
    }
    assert left_out == {"AN2": "AN1", "BN2": "BN1"}


def test_a_night_that_was_taken_back_is_a_stay_of_its_own(take: Take, source: HmisSource):
    more = (("N4", "2024-02-04", "2024-02-05"), ("N5", "2024-02-05", "2024-02-06"))
    take(nights(*THREE, *more))
    switch(source, "combine-nights")
    take_back(source, "combine-nights", "Enrollment", "N3")
    left_out = {
        key: value for (file, key, column), value in made(source).items() if (file, column) == ("Enrollment", "*")
    }
    assert left_out == {"N2": "N1", "N5": "N4"}


def night_shelter() -> SmallExport:
    export = nights(*THREE, ("N9", "2024-03-01", "")).change("Project", 0, ProjectType="1")
    export.add("IncomeBenefits", IncomeBenefitsID="IB9", EnrollmentID="N9")
    return export.add("Services", ServicesID="SV1", EnrollmentID="N2", DateProvided="2024-02-02")


def test_night_by_night_stays_without_a_service_are_left_out_with_all_they_have(take, source, tmp_path):
    take(night_shelter())
    switch(source, "nights-without-service")
    rows = written(source, tmp_path)
    assert (set(rows["Enrollment"]), set(rows["Exit"]), set(rows["IncomeBenefits"])) == ({"N2"}, {"X-N2"}, set())


def test_a_stay_put_together_has_the_services_of_its_nights(take: Take, source: HmisSource, tmp_path: Path):
    take(night_shelter())
    switch(source, "nights-without-service", "combine-nights")
    rows = written(source, tmp_path)
    assert (set(rows["Enrollment"]), set(rows["Exit"])) == ({"N1"}, {"X-N3"})


def test_nights_without_any_service_go_out_as_one(take: Take, source: HmisSource, tmp_path: Path):
    export = night_shelter().change("Services", 0, EnrollmentID="N9")
    take(export)
    switch(source, "nights-without-service", "combine-nights")
    rows = written(source, tmp_path)
    assert (set(rows["Enrollment"]), set(rows["Exit"])) == ({"N9"}, set())
    take_back(source, "nights-without-service", "Enrollment", "N1")
    rows = written(source, tmp_path)
    assert (set(rows["Enrollment"]), set(rows["Exit"])) == ({"N1", "N9"}, {"X-N3"})


def test_nothing_is_left_out_when_the_source_has_no_services_at_all(take: Take, source: HmisSource):
    take(night_shelter().drop("Services"))
    switch(source, "nights-without-service")
    assert made(source) == {}


def test_outreach_stays_without_a_contact_are_left_out(take: Take, source: HmisSource):
    export = nights(THREE[0], THREE[1]).change("Project", 0, ProjectType="4")
    take(export.add("CurrentLivingSituation", CurrentLivingSitID="L1", EnrollmentID="N1"))
    switch(source, "outreach-without-contact")
    assert made(source) == {("Enrollment", "N2", "*"): "", ("Exit", "X-N2", "*"): ""}


COC = "EnrollmentCoC"


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("fl-510", "FL-510"),
        ("FL510", "FL-510"),
        ("fl 510", "FL-510"),
        ("FL_510", "FL-510"),
        (" FL – 510 ", "FL-510"),
        ("XX-999", ""),
        ("510", ""),
        ("FL-510", None),
        ("", None),
        ("not a CoC at all", None),
    ],
)
def test_coc_codes_are_written_as_hud_does(take: Take, source: HmisSource, sent: str, read: str | None):
    take(household(("S1", "1990-01-01", "1"), EnrollmentCoC=sent))
    switch(source, "tidy-coc")
    assert made(source) == ({} if read is None else {("Enrollment", "S1", COC): read})


def test_a_code_of_the_sources_own_projects_is_kept(take: Take, source: HmisSource):
    export = household(("S1", "1990-01-01", "1"), EnrollmentCoC="ZZ-901")
    take(export.add("ProjectCoC", ProjectCoCID="PC1", CoCCode="ZZ-901"))
    switch(source, "tidy-coc")
    assert made(source) == {}


def test_stays_take_the_only_coc_of_their_project(take: Take, source: HmisSource):
    export = household(("S1", "1990-01-01", "1"), ("S2", "1990-01-01", "2"), ("S3", "1990-01-01", "2"))
    export.change("Enrollment", 0, EnrollmentCoC="GA-500").change("Enrollment", 1, EnrollmentCoC="FL-510")
    export.change("Enrollment", 2, EnrollmentCoC="").add("ProjectCoC", ProjectCoCID="PC1", CoCCode="FL-510")
    take(export)
    switch(source, "project-coc")
    assert made(source) == {("Enrollment", "S1", COC): "FL-510", ("Enrollment", "S3", COC): "FL-510"}
    take(export.add("ProjectCoC", ProjectCoCID="PC2", CoCCode="FL-511"))
    assert made(source) == {}


def test_members_are_in_the_coc_of_their_head(take: Take, source: HmisSource):
    export = household(("S1", "1990-01-01", "1"), ("S2", "1990-01-01", "2"), ("S3", "1990-01-01", "2"))
    export.change("Enrollment", 0, EnrollmentCoC="fl510").change("Enrollment", 1, EnrollmentCoC="GA-500")
    export.change("Enrollment", 2, EnrollmentCoC="")
    take(export)
    switch(source, "head-coc", "tidy-coc")
    assert made(source) == {("Enrollment", key, COC): "FL-510" for key in ("S1", "S2", "S3")}


@pytest.mark.parametrize(
    ("moved_in", "is_blanked"),
    [("2024-01-31", True), ("2024-02-01", False), ("2024-03-10", False), ("2024-03-11", True), ("", False)],
)
def test_a_move_in_date_outside_the_stay_is_blanked(take: Take, source: HmisSource, moved_in: str, is_blanked: bool):
    export = household(("S1", "1990-01-01", "1"), MoveInDate=moved_in)
    take(export.add("Exit", ExitID="X1", EnrollmentID="S1", PersonalID="C-S1", ExitDate="2024-03-10"))
    switch(source, "move-in-outside")
    assert made(source) == ({("Enrollment", "S1", "MoveInDate"): ""} if is_blanked else {})
