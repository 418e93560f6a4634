"""The agencies and programs as data: complete, keyed, and set up by HUD's rules but for named faults."""

import json
from collections import Counter, defaultdict
from datetime import date
from itertools import pairwise

import pytest

from adminops.demo import AGENCIES, PROJECTS, WORKERS, iter_files
from adminops.demo.chance import Chance
from adminops.demo.journeys import Window, plan_visits
from adminops.demo.people import KINDS
from tests.demo.spec_rules import FOLDER

TODAY = date(2026, 3, 17)
GROUPS = json.loads((FOLDER / "report_groups.json").read_text(encoding="utf-8"))
# HUD's manuals allow a few more types than the project's own list of typical ones.
ALSO_ALLOWED = {(8, 11), (25, 4), (22, 12), (52, 10), (50, 9), (43, 13), (54, 13), (55, 14), (15, 3), (17, 12)}
ANY_TYPE = {46, 50, 52, 43}


@pytest.fixture(scope="module")
def setup() -> dict[str, list[dict[str, str]]]:
    """The project descriptor files of a world without clients."""
    return {name: list(rows) for name, rows in iter_files(clients=0, today=TODAY)}


def test_there_are_twelve_agencies_and_sixty_programs_with_keys_of_their_own():
    assert (len(AGENCIES), len({agency.key for agency in AGENCIES})) == (12, 12)
    assert (len(PROJECTS), len({project.key for project in PROJECTS})) == (60, 60)
    assert len({project.id for project in PROJECTS}) == 60
    assert len({(project.agency, project.name) for project in PROJECTS}) == 60


@pytest.mark.parametrize("kind", [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14])
def test_there_is_a_program_of_every_project_type(kind):
    assert any(project.type == kind and project.takes_clients for project in PROJECTS)


def test_rapid_rehousing_comes_in_both_subtypes_and_nothing_else_has_one():
    assert {project.rrh_subtype for project in PROJECTS if project.type == 13} == {1, 2}
    assert {project.rrh_subtype for project in PROJECTS if project.type != 13} == {None}


def test_every_agency_has_programs_and_people_who_type():
    assert {project.agency for project in PROJECTS} == {agency.key for agency in AGENCIES}
    assert {worker.agency for worker in WORKERS} == {agency.key for agency in AGENCIES}


def test_programs_have_money_that_their_type_may_have():
    typical = {int(code): types for code, types in GROUPS["typical_project_types_by_funder"]["map"].items()}
    for project in PROJECTS:
        assert project.grants, project.key
        for funder in project.funders - ANY_TYPE:
            allowed = project.type in typical.get(funder, []) or (funder, project.type) in ALSO_ALLOWED
            assert allowed, f"{project.key}: {funder}"
    retired = set(GROUPS["funder_groups"]["retired_in_fy2026"])
    assert not retired & {funder for project in PROJECTS for funder in project.funders}


def test_some_grants_end_soon_and_one_has_ended(setup):
    ends = [date.fromisoformat(row["EndDate"]) for row in setup["Funder"] if row["EndDate"]]
    days = [(end - TODAY).days for end in ends]
    assert sum(0 < day <= 60 for day in days) >= 5
    newest: dict[str, int] = defaultdict(lambda: -9999)
    for row in setup["Funder"]:
        left = (date.fromisoformat(row["EndDate"]) - TODAY).days if row["EndDate"] else 9999
        newest[row["ProjectID"]] = max(newest[row["ProjectID"]], left)
    running = {row["ProjectID"] for row in setup["Project"] if not row["OperatingEndDate"]}
    assert sum(newest[project] < 0 for project in running) == 1


def test_a_grant_ends_after_it_starts_and_its_terms_follow_one_another(setup):
    terms: defaultdict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for row in setup["Funder"]:
        assert row["EndDate"] == "" or row["StartDate"] < row["EndDate"]
        terms[row["ProjectID"], row["FunderID"][:-1]].append((row["StartDate"], row["EndDate"] or "9999"))
    for found in terms.values():
        ordered = sorted(found)
        assert all(one[1] < other[0] for one, other in pairwise(ordered))


def test_housing_has_beds_a_housing_type_and_a_place_and_other_programs_have_no_beds():
    for project in PROJECTS:
        residential = project.type in GROUPS["project_type_groups"]["residential_with_beds"]
        assert bool(project.housing) == residential, project.key
        assert bool(project.beds) == (residential and project.rrh_subtype != 1), project.key


def test_dedicated_beds_add_up_but_for_one_deliberate_fault(setup):
    dedicated = [column for column in setup["Inventory"][0] if column.endswith("BedInventory") and len(column) > 12]
    assert len(dedicated) == 7
    wrong = [row for row in setup["Inventory"] if sum(int(row[name]) for name in dedicated) != int(row["BedInventory"])]
    assert len(wrong) == 1


def test_every_program_lies_in_the_continuum_and_takes_part_from_its_first_day(setup):
    opened = {row["ProjectID"]: row["OperatingStartDate"] for row in setup["Project"]}
    assert Counter(row["ProjectID"] for row in setup["ProjectCoC"]) == Counter(opened.keys())
    for row in setup["HMISParticipation"]:
        assert row["HMISParticipationStatusStartDate"] == opened[row["ProjectID"]]
    assert {row["HMISParticipationType"] for row in setup["HMISParticipation"]} == {"0", "1", "2"}


def test_services_only_programs_are_affiliated_with_housing(setup):
    kind = {row["ProjectID"]: row for row in setup["Project"]}
    assert len(setup["Affiliation"]) >= 3
    for row in setup["Affiliation"]:
        assert kind[row["ProjectID"]]["ProjectType"] in ("6", "13")
        assert kind[row["ProjectID"]]["ResidentialAffiliation"] == "1"
        assert kind[row["ResProjectID"]]["HousingType"]


@pytest.mark.parametrize("kind", KINDS.values)
def test_every_kind_of_household_finds_an_open_program(kind):
    window = Window(date(2021, 3, 18), TODAY)
    for number in range(40):
        visits = plan_visits(Chance("doors", kind, number), kind, window)
        assert visits
        assert all(visit.project.opening(TODAY) <= visit.entry <= TODAY for visit in visits)
        assert all(visit.project.takes_clients for visit in visits)
