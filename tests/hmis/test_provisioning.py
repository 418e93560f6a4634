"""Setting up programs by HUD's rules, and what imports and exports make of them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from adminops import clock
from adminops.db import db
from adminops.errors import Conflict, DomainError, Invalid, NotFound
from adminops.hmis import projects
from adminops.hmis.codes import ProjectType
from adminops.hmis.export import write_export
from adminops.hmis.intake import ImportResult, check_export
from adminops.hmis.models import Funder, HmisSource, HudUser, Inventory, Organization, Project, ProjectCoC
from adminops.hmis.provisioning import SetUpProject, link_organization, set_up_project, unusual_funding
from adminops.hmis.setup_rules import NewCEParticipation, NewFunder, NewInventory, NewLocation, NewProject
from tests.hmis.conftest import is_active, on_sqlite, row
from tests.hmis.exports import SmallExport, whole_export

Take = Callable[..., ImportResult]
START = date(2024, 7, 1)

SHELTER = NewProject(organization_id="O1", name="Night Harbor", operating_start=START, project_type=1, housing_type=1)
RAPID = NewProject(
    organization_id="O1", name="Fast Home", operating_start=START, project_type=13, rrh_sub_type=2, housing_type=3
)
PLACE = NewLocation(coc_code="FL-510", geocode="120390", geography_type=1, state="FL", zip="32202")
GRANT = NewFunder(funder=8, grant_id="E-24-1", start=START)
BEDS = NewInventory(
    coc_code="FL-510", household_type=1, beds=12, units=4, start=START, availability=1, es_bed_type=1, vet_beds=2
)


@pytest.fixture
def known(take: Take, source: HmisSource) -> HmisSource:
    """A source with an organization, a project and what belongs to it."""
    take(whole_export())
    return source


def set_up(source: HmisSource, new: NewProject = SHELTER, **over: Any) -> SetUpProject:
    values = {"locations": [PLACE], "funders": [GRANT], "by_id": 7, **over}
    return set_up_project(source, new, **values)


def test_a_program_is_set_up_with_all_its_rows(known: HmisSource):
    with clock.frozen_at(datetime(2024, 6, 3, 13, 30, 5, 999, tzinfo=UTC)):
        made = set_up(
            known,
            inventories=[BEDS],
            funders=[GRANT, NewFunder(funder=46, grant_id="C-1", start=START, other_funder="City")],
            ce_participation=NewCEParticipation(start=START, access_point=0, receives_referrals=1),
        )
    page = projects.project_page(known.id, made.project.project_id)
    assert page.is_local
    assert (page.project.project_name, page.type_label) == ("Night Harbor", "Emergency Shelter – Night-by-Night")
    assert [each.coc_code for each in page.locations] == ["FL-510"]
    assert [(each.funder, each.other_funder) for each in page.funders] == [(8, None), (46, "City")]
    (beds,) = page.inventory
    assert (beds.bed_inventory, beds.vet_bed_inventory, beds.other_bed_inventory) == (12, 2, 10)
    assert [each.hmis_participation_type for each in page.hmis_participation] == [1]
    assert [each.receives_referrals for each in page.ce_participation] == [1]
    assert str(page.project.date_created) == "2024-06-03 09:30:05", "the wall clock of the source"
    assert page.project.user_id == page.funders[0].user_id == "AO-7"
    assert row("User", "AO-7").user_last_name == "User AO-7"


def test_every_row_made_here_has_a_key_of_its_own(known: HmisSource):
    made = [set_up(known, replace(SHELTER, name=f"Harbor {number}"), inventories=[BEDS]) for number in range(3)]
    assert [each.project.project_id for each in made] == ["AO-1", "AO-2", "AO-3"]
    assert [each.funders[0].funder_id for each in made] == ["AO-1", "AO-2", "AO-3"]


def test_a_key_that_the_source_has_already_is_not_given(known: HmisSource, take: Take):
    take(whole_export().add("Project", ProjectID="AO-1", ProjectName="Odd"))
    assert set_up(known).project.project_id == "AO-2"


def test_the_vendors_key_is_taken_when_it_is_known(known: HmisSource):
    assert set_up(known, project_id="4711").project.project_id == "4711"
    with pytest.raises(Conflict, match="ProjectID"):
        set_up(known, replace(SHELTER, name="Other"), project_id="4711")
    with pytest.raises(Invalid):
        set_up(known, replace(SHELTER, name="Other"), project_id="4" * 40)


def test_a_program_set_up_here_comes_out_in_an_export_without_faults(known: HmisSource, tmp_path: Path):
    made = set_up(known, inventories=[BEDS])
    write_export(tmp_path / "out.zip", source=known, project_ids=[made.project.project_id])
    result = check_export(tmp_path / "out.zip")
    assert [problem.as_dict() for problem in result.problems] == []
    counts = {name: counts.read for name, counts in result.files.items() if counts.read}
    assert counts == {
        "Export.csv": 1,
        "Organization.csv": 1,
        "User.csv": 2,
        "Project.csv": 1,
        "Funder.csv": 1,
        "ProjectCoC.csv": 1,
        "Inventory.csv": 1,
        "HMISParticipation.csv": 1,
    }


def later(export: SmallExport) -> SmallExport:
    return export.change("Export", ExportDate="2024-08-01 06:00:00", ExportEndDate="2024-07-31")


def test_an_import_leaves_a_program_alone_that_the_vendor_does_not_have(known: HmisSource, take: Take):
    made = set_up(known, inventories=[BEDS])
    take(later(whole_export()))
    assert is_active("Project", made.project.project_id)
    assert is_active("Funder", made.funders[0].funder_id)
    assert is_active("Inventory", made.inventory[0].inventory_id)


def test_once_the_vendors_export_carries_the_program_it_is_the_vendors(known: HmisSource, take: Take):
    made = set_up(known, inventories=[BEDS], project_id="P7")
    export = later(whole_export()).add("Project", ProjectID="P7", ProjectName="Night Harbor NbN", ProjectType="1")
    export.add("Funder", FunderID="F7", ProjectID="P7", GrantID="E-24-1", StartDate="2024-07-01")
    result = take(export)
    assert result.files["Project.csv"].updated == 1
    page = projects.project_page(known.id, "P7")
    assert (page.project.project_name, page.is_local) == ("Night Harbor NbN", False)
    assert [each.funder_id for each in page.funders] == ["F7"]
    assert not is_active("Inventory", made.inventory[0].inventory_id)


def test_an_organization_is_linked_by_id_by_name_or_made(known: HmisSource):
    assert link_organization(known, name="", organization_id="O1", by_id=7).organization_id == "O1"
    assert link_organization(known, name="harbor  HOUSE.", by_id=7).organization_id == "O1"
    made = link_organization(known, name="Second Step", is_victim_service_provider=True, by_id=7)
    assert (made.organization_id, made.victim_service_provider, made.import_id) == ("AO-1", 1, None)
    assert link_organization(known, name="Second Step", by_id=7) is made
    with pytest.raises(NotFound):
        link_organization(known, name="x", organization_id="O9", by_id=7)
    with pytest.raises(Invalid):
        link_organization(known, name=" - ", by_id=7)


def test_a_second_user_row_is_not_made_for_the_same_person(known: HmisSource):
    for name in ("One", "Two"):
        set_up(known, replace(SHELTER, name=name))
    assert db.session.scalar(select(func.count(HudUser.id)).where(HudUser.user_id == "AO-7")) == 1


WRONG: list[tuple[str, NewProject, dict[str, Any]]] = [
    ("name is missing", replace(SHELTER, name=" "), {}),
    ("longer than 200", replace(SHELTER, name="x" * 201), {}),
    ("end is before the start", replace(SHELTER, operating_end=date(2024, 6, 1)), {}),
    ("needs a project type", replace(SHELTER, project_type=None), {}),
    ("no code of HUD's list 2.02.6", replace(SHELTER, project_type=5), {}),
    ("needs a housing type", replace(SHELTER, housing_type=None), {}),
    ("needs a subtype", replace(RAPID, rrh_sub_type=None), {}),
    ("Only rapid re-housing", replace(SHELTER, rrh_sub_type=1), {}),
    ("affiliated", replace(SHELTER, project_type=6, housing_type=None), {}),
    ("affiliated", replace(RAPID, rrh_sub_type=1), {}),
    ("at least one Continuum", SHELTER, {"locations": []}),
    ("named twice", SHELTER, {"locations": [PLACE, PLACE]}),
    ("no Continuum of Care", SHELTER, {"locations": [replace(PLACE, coc_code="ZZ-999")]}),
    ("six digits", SHELTER, {"locations": [replace(PLACE, geocode="12")]}),
    ("five digits", SHELTER, {"locations": [replace(PLACE, zip="1234")]}),
    ("two letters", SHELTER, {"locations": [replace(PLACE, state="Florida")]}),
    ("longer than 100", SHELTER, {"locations": [replace(PLACE, address1="x" * 101)]}),
    ("at least one funding source", SHELTER, {"funders": []}),
    ("named twice", SHELTER, {"funders": [GRANT, GRANT]}),
    ("no code of HUD's list 2.06.1", SHELTER, {"funders": [replace(GRANT, funder=47)]}),
    ("grant identifier is missing", SHELTER, {"funders": [replace(GRANT, grant_id="")]}),
    ("end is before the start", SHELTER, {"funders": [replace(GRANT, end=date(2024, 1, 1))]}),
    (
        "ends before the project begins",
        SHELTER,
        {"funders": [replace(GRANT, start=date(2023, 1, 1), end=date(2023, 12, 31))]},
    ),
    ("other funding source is missing", SHELTER, {"funders": [replace(GRANT, funder=46)]}),
    ("Only a local or other", SHELTER, {"funders": [replace(GRANT, other_funder="City")]}),
    ("has no beds", replace(SHELTER, project_type=4, housing_type=None), {"inventories": [BEDS]}),
    ("has no beds", replace(RAPID, rrh_sub_type=1, residential_affiliation=0), {"inventories": [BEDS]}),
    ("does not name", SHELTER, {"inventories": [replace(BEDS, coc_code="FL-600")]}),
    ("More beds are dedicated", SHELTER, {"inventories": [replace(BEDS, beds=1)]}),
    ("fewer than none", SHELTER, {"inventories": [replace(BEDS, units=-1)]}),
    ("needs the availability", SHELTER, {"inventories": [replace(BEDS, availability=None)]}),
    ("Only an emergency shelter has a bed type", RAPID, {"inventories": [replace(BEDS, availability=None)]}),
    ("no code of HUD's list 2.08.1", SHELTER, {"hmis_participation": 9}),
    (
        "says which assessments",
        SHELTER,
        {"ce_participation": NewCEParticipation(start=START, access_point=1, receives_referrals=1)},
    ),
    (
        "Only an access point",
        SHELTER,
        {"ce_participation": NewCEParticipation(start=START, access_point=0, receives_referrals=1, direct_services=1)},
    ),
]


@on_sqlite
@pytest.mark.parametrize(("said", "new", "over"), WRONG, ids=[each[0] for each in WRONG])
def test_what_breaks_a_rule_of_hud_is_refused_with_a_sentence_and_nothing_is_made(
    known: HmisSource, said: str, new: NewProject, over: dict[str, Any]
):
    with pytest.raises(Invalid, match=said) as refused:
        set_up(known, new, **over)
    assert refused.value.field
    assert db.session.scalar(select(func.count(Project.id))) == 1
    assert db.session.scalar(select(func.count(Funder.id))) == 1


def test_unknown_organizations_and_taken_names_are_refused(known: HmisSource):
    with pytest.raises(NotFound):
        set_up(known, replace(SHELTER, organization_id="O9"))
    set_up(known)
    with pytest.raises(Conflict, match="of this name"):
        set_up(known, replace(SHELTER, name="NIGHT  harbor"))


def test_a_victim_service_provider_does_not_take_part_in_the_hmis(known: HmisSource):
    organization = link_organization(known, name="Safe Door", is_victim_service_provider=True, by_id=7)
    new = replace(SHELTER, organization_id=organization.organization_id)
    with pytest.raises(DomainError, match="comparable database"):
        set_up(known, new)
    assert set_up(known, new, hmis_participation=2).hmis_participation
    assert set_up(known, replace(new, name="Third"), hmis_participation=None).hmis_participation is None


@on_sqlite
@pytest.mark.parametrize("project_type", [each for each in ProjectType if not each.has_beds])
def test_programs_without_beds_need_no_housing_type(known: HmisSource, project_type: ProjectType):
    new = replace(SHELTER, project_type=project_type.value, housing_type=None, residential_affiliation=0)
    assert set_up(known, new).inventory == ()
    assert db.session.scalar(select(func.count(Inventory.id)).where(Inventory.project_id == "AO-1")) == 0


def test_a_coc_that_the_source_uses_is_accepted_besides_huds_list(known: HmisSource, take: Take):
    take(whole_export().change("ProjectCoC", 0, CoCCode="XX-501"))
    made = set_up(known, locations=[replace(PLACE, coc_code="XX-501")])
    assert made.locations[0].coc_code == "XX-501"
    assert db.session.scalar(select(func.count(ProjectCoC.id))) == 2
    assert db.session.scalar(select(func.count(Organization.id))) == 1


def test_unusual_funding_is_remarked_on_but_not_refused():
    assert unusual_funding(13, 3) is None
    assert unusual_funding(0, 46) is None
    assert unusual_funding(None, 3) is None
    assert unusual_funding(0, 3) == (
        "HUD: CoC – Rapid Re-Housing does not usually fund projects of type Emergency Shelter – Entry Exit."
    )
