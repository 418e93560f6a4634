"""The guard with a store behind it, on six hundred labelled messages and on what the store makes of single ones."""

from datetime import date

import pytest
from sqlalchemy.orm import Session

from adminops import clock
from adminops.db import db
from adminops.errors import Invalid
from adminops.guard.looking import check, look_at
from adminops.hmis.models import HmisSource, Project, ProjectCoC
from adminops.hmis.persons import found_person
from adminops.identity.models import SYSTEM, Agency, AgencyOrganization, User
from adminops.identity.permissions import Role
from adminops.pii import PiiKind
from tests.make import make_agency, make_user
from tests.make_dedupe import make_client, make_project, make_source, make_stay
from tests.pii_samples import CLIENTS, MARKED, STAFF, STAFF_PHONES, STAFF_STREETS, judge, samples
from tests.pii_spellings import spellings


@pytest.fixture
def source(session: Session) -> HmisSource:
    return make_source()


def agency_of(project: Project, **over: object) -> Agency:
    agency = make_agency(**over)
    db.session.add(
        AgencyOrganization(agency_id=agency.id, source_id=project.source_id, organization_id=project.organization_id)
    )
    db.session.flush()
    return agency


def served(source: HmisSource, project: Project, first: str, last: str, born: date, key: str | None = None) -> None:
    client = make_client(source, key, first_name=first, last_name=last, dob=born)
    found_person(client)
    make_stay(client, project)


@pytest.fixture
def world(source: HmisSource) -> tuple[Agency, User]:
    """An agency with the clients and the staff of the labelled messages, and one of its users."""
    project = make_project(source)
    agency = agency_of(project, phone=STAFF_PHONES[0])
    for first, last, born in CLIENTS:
        served(source, project, first, last, born)
    for phone in STAFF_PHONES[1:]:
        make_agency(phone=phone)
    for number, street in enumerate(STAFF_STREETS):
        place = {"source_id": source.id, "project_coc_id": f"K{number}", "project_id": project.project_id}
        db.session.add(ProjectCoC(**place, coc_code="FL-510", address1=street))
    for name in STAFF:
        make_user(agency=agency, name=name)
    return agency, make_user(agency=agency)


@pytest.mark.parametrize("held_out", [False, True])
def test_six_hundred_labelled_messages_are_judged_within_the_bars(world: tuple[Agency, User], held_out: bool) -> None:
    agency, person = world
    chosen = [sample for sample in samples() if sample.held_out is held_out]
    assert len(chosen) == (150 if held_out else 450)
    tallies, precision, problems = judge(chosen, lambda text: look_at(text, agency_id=agency.id, by=person))
    said = "\n".join(problems)
    assert set(tallies) == set(MARKED)
    for slot, tally in tallies.items():
        assert tally.there >= 4
        assert tally.recall >= 0.99, f"{slot}: {tally.recall:.3f}\n{said}"
    assert precision >= 0.95, f"{precision:.3f}\n{said}"


def test_spellings_that_nobody_had_thought_of_are_judged_within_the_bars_too(world: tuple[Agency, User]) -> None:
    agency, person = world
    chosen = spellings()
    assert len(chosen) == 121
    tallies, precision, problems = judge(chosen, lambda text: look_at(text, agency_id=agency.id, by=person))
    said = "\n".join(problems)
    for slot in ("ssn", "last4", "phone", "dob", "store_dob", "store"):
        assert tallies[slot].there >= 8
        assert tallies[slot].recall >= 0.99, f"{slot}: {tallies[slot].recall:.3f}\n{said}"
    assert precision >= 0.95, f"{precision:.3f}\n{said}"


def found(text: str, agency: Agency | None, by: User) -> list[tuple[PiiKind, str, str]]:
    findings = look_at(text, agency_id=agency.id if agency else None, by=by)
    return [(finding.kind, text[finding.start : finding.end], finding.reference) for finding in findings]


def test_a_client_of_the_agency_is_found_by_name_in_any_order_and_case_with_the_ids_to_write_instead(
    source: HmisSource,
) -> None:
    project = make_project(source)
    agency = agency_of(project)
    person = make_user(agency=agency)
    for key in ("48213", "51907"):
        served(source, project, "Zoë", "Quintavera", date(1984, 3, 17), key)
    for text in ("Zoë Quintavera", "QUINTAVERA, ZOE", "zoe quintavera", "Zoe\nQuintavera", "Zoe Quintavera's"):
        assert [kind for kind, _, _ in found(f"Please look at {text}.", agency, person)] == [PiiKind.NAME]
    assert found("Is Zoe Quintavera in twice?", agency, person) == [
        (PiiKind.NAME, "Zoe Quintavera", "client 48213 or 51907")
    ]
    assert found("Quintavera is a street, and Zoe a program.", agency, person) == []


def test_clients_of_another_agency_are_not_told(source: HmisSource) -> None:
    here, there = make_project(source), make_project(source)
    agency = agency_of(here)
    agency_of(there)
    served(source, there, "Zoe", "Quintavera", date(1984, 3, 17))
    assert found("Zoe Quintavera, 3/17/1984", agency, make_user(agency=agency)) == []


def test_a_matter_of_the_team_is_looked_at_with_all_clients_but_not_with_all_their_birth_dates(
    source: HmisSource,
) -> None:
    served(source, make_project(source), "Zoe", "Quintavera", date(1984, 3, 17))
    helper = make_user(Role.HELP_DESK)
    assert [kind for kind, _, _ in found("Zoe Quintavera, 3/17/1984", None, helper)] == [PiiKind.NAME]


def test_the_guard_tells_nobody_who_is_with_a_victim_service_provider(source: HmisSource) -> None:
    project = make_project(source, victim_services=True)
    agency = agency_of(project)
    served(source, project, "Zoe", "Quintavera", date(1984, 3, 17), "7")
    text = "Zoe Quintavera, 3/17/1984"
    assert found(text, agency, make_user(Role.HELP_DESK)) == []
    assert found(text, None, make_user(Role.HELP_DESK)) == []
    assert len(found(text, agency, make_user(agency=agency))) == 2
    assert len(found(text, agency, SYSTEM)) == 2


def test_who_may_not_look_clients_up_is_stopped_without_their_ids(source: HmisSource) -> None:
    project = make_project(source)
    agency = agency_of(project)
    served(source, project, "Zoe", "Quintavera", date(1984, 3, 17))
    assert found("Zoe Quintavera", agency, make_user(Role.TRAINER)) == [(PiiKind.NAME, "Zoe Quintavera", "")]


def test_a_record_that_left_its_source_is_nobody(source: HmisSource) -> None:
    project = make_project(source)
    agency = agency_of(project)
    client = make_client(source, first_name="Zoe", last_name="Quintavera", removed_at=clock.now())
    found_person(client)
    make_stay(client, project)
    assert found("Zoe Quintavera", agency, make_user(agency=agency)) == []


def test_what_is_the_agencys_own_may_be_written_and_anothers_may_not(source: HmisSource) -> None:
    project = make_project(source)
    agency = agency_of(project, phone="(904) 555-0111")
    db.session.add(
        ProjectCoC(source_id=source.id, project_coc_id="1", project_id=project.project_id, address1="4 Alder Road")
    )
    person = make_user(agency=agency, name="Ben Turnwell")
    served(source, project, "Ben", "Turnwell", date(1984, 3, 17))
    assert found("Ben Turnwell, 904.555.0111, 4 Alder Road. Mr. Turnwell signed.", agency, person) == []
    assert len(found("Mr. Halloran, 904.555.0133, 5 Alder Road", agency, person)) == 3


def test_a_birth_date_of_a_client_is_found_without_its_word_but_not_where_a_word_says_what_it_is(
    source: HmisSource,
) -> None:
    project = make_project(source)
    agency = agency_of(project)
    person = make_user(agency=agency)
    served(source, project, "Zoe", "Quintavera", date(1984, 3, 17))
    for written in ("3/17/1984", "03-17-84", "1984-03-17", "March 17th, 1984", "17 Mar 1984"):
        assert found(f"It must be {written}, I think.", agency, person)[0][:2] == (PiiKind.BIRTH_DATE, written)
    assert found("The report of 3/17/1984 and the exit on 3/17/1984.", agency, person) == []
    assert found("It must be 3/18/1984 or 17/17/1984.", agency, person) == []


def test_a_name_in_a_text_without_end_is_still_found(source: HmisSource) -> None:
    project = make_project(source)
    agency = agency_of(project)
    served(source, project, "Zoe", "Quintavera", date(1984, 3, 17))
    text = "Zoe Quintavera " + "Lorem Ipsum Dolor Amet Consect " * 700
    assert found(text, agency, make_user(agency=agency))[0][1] == "Zoe Quintavera"


def test_the_refusal_names_what_and_where_and_never_whom(source: HmisSource) -> None:
    project = make_project(source)
    agency = agency_of(project)
    served(source, project, "Zoe", "Quintavera", date(1984, 3, 17))
    with pytest.raises(Invalid) as refusal:
        check("Hello,\nZoe Quintavera", field="body", agency_id=agency.id, by=make_user(agency=agency))
    assert refusal.value.field == "body"
    assert "a client's name (line 2)" in refusal.value.sentence
    assert "Quintavera" not in refusal.value.sentence
