"""Finding clients and showing persons: by name in any spelling, whole, masked, and inside the viewer's scope."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from adminops.errors import Conflict, Invalid, NotFound
from adminops.hmis import merging, projects, sources
from adminops.hmis.asking import understand
from adminops.hmis.clients import client_page, find_by_ssn, find_clients, reveal_ssn
from adminops.hmis.intake import import_export
from adminops.hmis.models import Client, HmisSource
from adminops.hmis.names import name_key
from adminops.hmis.scope import Scope
from tests.hmis.conftest import row
from tests.hmis.exports import SmallExport

PEOPLE = {
    "C1": ("María José", "de la Cruz", "219450817"),
    "C2": ("Marie", "O'Brien", "219450818"),
    "C3": ("Ana", "Núñez", ""),
    "C4": ("Cruz", "Maldonado", "xxxxx8123"),
    "C5": ("Łukasz", "Øster", "000000000"),
}


def world() -> SmallExport:
    """Five clients; P1 of O1 and P2 of O2; C1 and C2 were in P1, C3 and C4 in P2, C5 nowhere."""
    export = SmallExport().add("Organization", OrganizationID="O2", OrganizationName="Second Step")
    export.add("Project", ProjectID="P2", OrganizationID="O2", ProjectName="Rapid", ProjectType="13")
    for key, (first, last, ssn) in PEOPLE.items():
        export.add_client(key, FirstName=first, LastName=last, SSN=ssn)
    export.add_stay("S1", "C1", HouseholdID="H1").add_stay("S2", "C2", HouseholdID="H1", RelationshipToHoH="3")
    export.add_stay("S3", "C3", ProjectID="P2", EntryDate="2023-05-01", HouseholdID="H1")
    export.add_stay("S4", "C4", ProjectID="P2", MoveInDate="2024-02-20")
    export.add("Exit", ExitID="X1", EnrollmentID="S1", ExitDate="2024-03-10", Destination="410")
    for number in range(3):
        export.add("Services", ServicesID=f"B{number}", EnrollmentID="S1", DateProvided=f"2024-02-0{number + 1}")
    return export.add("Services", ServicesID="A", EnrollmentID="S1", RecordType="300", TypeProvided="1")


@pytest.fixture
def people(source: HmisSource, tmp_path: Path) -> dict[str, Client]:
    import_export(world().zip(tmp_path / "world.zip"), source=source, by_id=None)
    return {key: row("Client", key) for key in PEOPLE}


def found(text: str, **options) -> list[str]:
    return [each.personal_id for each in find_clients(understand(text), **{"scope": None, **options}).rows]


SEARCHES: dict[str, list[str]] = {
    "C3": ["C3"],
    "nunez": ["C3"],
    "NÚÑ": ["C3"],
    "o'br": ["C2"],
    "obrien": ["C2"],
    "de la cruz": ["C1"],
    "De La Cruz, Maria": ["C1"],
    "maria jose de la cruz": ["C1"],
    "maria": ["C2", "C1"],  # Marie is short for Maria; María José only begins so
    "mari": ["C2", "C1"],
    "cruz": ["C4"],
    "maldonado cruz": ["C4"],
    "lukasz": ["C5"],
    "oster": ["C5"],
    "brien": [],
    "nobody": [],
    "m": [],
    "": [],
    ", ana": [],
    "%": [],
    "'; drop table": [],
}


def test_clients_are_found_by_key_and_by_the_beginning_of_a_name(people):
    assert {text: found(text) for text in SEARCHES} == SEARCHES


def test_found_clients_come_in_pages(people, source: HmisSource, tmp_path: Path):
    more = world()
    for number in range(7):
        more.add_client(f"M{number}", FirstName="Maria", LastName=f"Zuniga{number // 2}")
    import_export(more.zip(tmp_path / "more.zip"), source=source, by_id=None)
    first = find_clients(understand("zuniga"), scope=None, limit=3)
    second = find_clients(understand("zuniga"), scope=None, limit=3, after=first.after)
    third = find_clients(understand("zuniga"), scope=None, limit=3, after=second.after)
    keys = [each.personal_id for page in (first, second, third) for each in page.rows]
    assert keys == [f"M{number}" for number in range(7)]
    assert third.after is None


def test_agency_staff_find_only_clients_with_a_stay_in_their_projects(people, source: HmisSource):
    scope = Scope(frozenset({(source.id, "P1")}))
    assert found("mari", scope=scope) == ["C2", "C1"]
    assert found("nunez", scope=scope) == []
    assert found("C3", scope=scope) == []
    assert found("mari", scope=Scope(frozenset())) == []


def test_a_removed_client_is_not_found(people, source: HmisSource, tmp_path: Path):
    gone = world().change("Client", 2, DateDeleted="2024-03-02 10:00:00")
    import_export(gone.zip(tmp_path / "gone.zip"), source=source, by_id=None)
    assert found("nunez") == []
    with pytest.raises(NotFound):
        client_page(people["C3"].id, scope=None)


def test_clients_are_found_by_a_whole_ssn_only(people):
    assert [each.personal_id for each in find_by_ssn("219-45-0817", scope=None)] == ["C1"]
    assert find_by_ssn("8123", scope=None) == ()
    assert find_by_ssn("000000000", scope=None) == ()
    assert find_by_ssn("219450817", scope=Scope(frozenset())) == ()


def test_the_page_shows_who_it_is_masked_and_in_words(people, source: HmisSource):
    page = client_page(people["C1"].id, scope=None)
    assert page.identity.name == "María José de la Cruz"
    assert page.identity.masked_ssn == "•••-••-0817"
    assert (page.identity.sex, page.identity.name_quality) == ("Female", "Full name reported")
    assert page.records[0].source_name == source.name
    assert [origin.merge_id for origin in page.origins] == [None]
    assert "219450817" not in repr(page)


def test_the_page_shows_stays_with_project_exit_household_and_services(people):
    (stay,) = client_page(people["C1"].id, scope=None).stays
    assert (stay.project_name, stay.organization_name) == ("Harbor Shelter", "Harbor House")
    assert stay.project_type_label == "Emergency Shelter – Entry Exit"
    assert (str(stay.entry_date), str(stay.exit_date)) == ("2024-02-01", "2024-03-10")
    assert stay.destination == "Rental by client, no ongoing housing subsidy"
    assert (stay.household_size, stay.relationship) == (2, "Self (Head of Household)")
    assert (stay.bed_nights, stay.services) == (3, 1)


def test_a_stay_with_two_exits_is_one_stay(people, source: HmisSource, tmp_path: Path):
    twice = world().add("Exit", ExitID="X2", EnrollmentID="S1", ExitDate="2024-03-12")
    import_export(twice.zip(tmp_path / "twice.zip"), source=source, by_id=None)
    assert len(client_page(people["C1"].id, scope=None).stays) == 1


def test_a_stay_in_an_unknown_project_is_still_shown(people, source: HmisSource, tmp_path: Path):
    odd = world().add_stay("S9", "C5", ProjectID="P99")
    import_export(odd.zip(tmp_path / "odd.zip"), source=source, by_id=None)
    assert client_page(people["C5"].id, scope=None).stays[0].project_name == "Project P99"


def test_the_page_of_a_client_outside_the_scope_does_not_exist(people, source: HmisSource):
    scope = Scope(frozenset({(source.id, "P1")}))
    assert client_page(people["C1"].id, scope=scope).client is people["C1"]
    for outside in ("C3", "C5"):
        with pytest.raises(NotFound):
            client_page(people[outside].id, scope=scope)
        with pytest.raises(NotFound):
            reveal_ssn(people[outside].id, scope=scope)
    with pytest.raises(NotFound):
        client_page(999_999, scope=None)


def test_a_scoped_viewer_sees_the_own_stays_and_how_many_there_are_besides(people, source: HmisSource):
    merging.merge_clients(people["C3"], people["C1"], {}, by_id=None)
    scope = Scope(frozenset({(source.id, "P1")}))
    page = client_page(people["C1"].id, scope=scope)
    assert [stay.enrollment_id for stay in page.stays] == ["S1"]
    assert page.hidden_stays == 1
    assert client_page(people["C3"].id, scope=scope).kept == page.kept


def test_the_page_of_a_merged_person_is_the_same_from_every_record(people):
    merging.merge_clients(people["C3"], people["C1"], {"name": "source"}, by_id=None)
    page, other = (client_page(people[key].id, scope=None) for key in ("C1", "C3"))
    assert page.identity == other.identity
    assert page.identity.name == "Ana Núñez"
    assert page.identity.taken_from["name"] == people["C3"].id
    assert page.identity.taken_from["ssn"] == people["C1"].id
    assert [stay.enrollment_id for stay in page.stays] == ["S1", "S3"]
    assert [(each.personal_id, each.is_kept) for each in page.records] == [("C1", True), ("C3", False)]
    assert {each.personal_id: each.is_folded for each in find_clients(understand("nunez"), scope=None).rows} == {
        "C3": True
    }


def test_a_unit_that_is_blank_is_read_from_the_other_record(people):
    merging.merge_clients(people["C1"], people["C3"], {}, by_id=None)
    identity = client_page(people["C3"].id, scope=None).identity
    assert identity.name == "Ana Núñez"
    assert identity.masked_ssn == "•••-••-0817"


def test_an_ssn_is_revealed_as_it_is(people):
    assert reveal_ssn(people["C1"].id, scope=None) == (people["C1"], "219-45-0817")
    assert reveal_ssn(people["C4"].id, scope=None) == (people["C4"], "xxx-xx-8123")
    assert reveal_ssn(people["C3"].id, scope=None) == (people["C3"], "")


def test_the_ssn_that_is_revealed_is_the_one_that_the_page_shows_masked(people):
    merging.merge_clients(people["C1"], people["C3"], {}, by_id=None)
    merging.merge_clients(people["C2"], people["C3"], {"ssn": "source"}, by_id=None)
    for key in ("C1", "C2", "C3"):
        assert client_page(people[key].id, scope=None).identity.masked_ssn == "•••-••-0818"
        assert reveal_ssn(people[key].id, scope=None) == (people["C2"], "219-45-0818")


def test_the_page_takes_few_statements_however_many_records(people, counted: Callable[[], int]):
    merging.merge_clients(people["C3"], people["C1"], {"name": "source"}, by_id=None)
    merging.merge_clients(people["C2"], people["C1"], {}, by_id=None)
    counted()
    page = client_page(people["C1"].id, scope=None)
    assert len(page.stays) == 3
    assert counted() <= 8


def test_programs_are_listed_and_shown_with_what_belongs_to_them(people, source: HmisSource):
    listed = projects.list_projects()
    assert [(each.project_id, each.organization_name) for each in listed] == [
        ("P1", "Harbor House"),
        ("P2", "Second Step"),
    ]
    assert [each.project_id for each in projects.list_projects(text="rapi")] == ["P2"]
    assert [each.project_id for each in projects.list_projects(scope={(source.id, "P1")})] == ["P1"]
    assert projects.list_projects(organizations=[(source.id, "O9")]) == []
    page = projects.project_page(source.id, "P1")
    assert (page.type_label, page.open_stays) == ("Emergency Shelter – Entry Exit", 1)
    assert page.organization is not None
    assert page.organization.organization_name == "Harbor House"
    with pytest.raises(NotFound):
        projects.project_page(source.id, "P9")


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("María-José", "mariajose"),
        ("O'Brien ", "obrien"),
        ("Straße", "strasse"),
        ("Łukasz", "lukasz"),
        ("Ægir", "aegir"),
        ("李", "李"),
        ("--", ""),
        (None, ""),
        ("İpek", "ipek"),
        ("x" * 300, "x" * 200),
    ],
)
def test_names_become_keys_without_accents_case_and_punctuation(name: str | None, key: str):
    assert name_key(name) == key


def test_sources_have_names_of_their_own(session: Session):
    made = sources.add_source("North")
    assert sources.source_named(" North ") is made
    assert sources.all_sources() == [made]
    assert sources.get_source(made.id) is made
    with pytest.raises(Conflict):
        sources.add_source("North ")
    for wrong in (" ", "n" * 201, "a\0b", "a\udcffb"):
        with pytest.raises(Invalid):
            sources.add_source(wrong)
        assert sources.find_source(wrong) is None
    with pytest.raises(NotFound):
        sources.source_named("South")
    with pytest.raises(NotFound):
        sources.get_source(99)
    sources.change_source(made, name=made.name, known_ids=["FL-600", "FL-600"])
    assert made.known_ids == ["FL-600"]
