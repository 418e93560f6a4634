"""From the store to the engine: who takes part, and with which stays."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy.orm import Session

from adminops import clock
from adminops.db import db
from adminops.hmis.models import Enrollment, HmisSource, Repair
from adminops.identity.models import AgencyOrganization
from dedupe.gathering import records_to_match, stays_to_warn_of
from dedupe.matching.columns import Columns
from dedupe.matching.warn import Stay
from tests.make import make_agency
from tests.make_dedupe import make_client, make_exit, make_project, make_source, make_stay


@pytest.fixture
def source(session: Session) -> HmisSource:
    """A source without rows."""
    return make_source()


def the_record() -> Columns:
    """The one record that takes part."""
    columns = records_to_match().columns
    assert len(columns) == 1
    return columns


def the_stays() -> list[Stay]:
    """The stays of the one record that takes part."""
    (client_id,) = the_record().ids
    return stays_to_warn_of([int(client_id)]).get(int(client_id), [])


def taking_part(client_ids: list[int] | None = None) -> list[int]:
    return [int(id_) for id_ in records_to_match(client_ids).columns.ids]


def test_a_record_brings_what_the_engine_compares(source: HmisSource) -> None:
    client = make_client(source, ssn="219450817", middle_name="Ann", name_suffix="Jr", white=1, asian=0)
    stay = make_stay(client, make_project(source))
    record = the_record()
    assert (record.ids, record.first, record.middle, record.last, record.suffix) == (
        [client.id],
        ["Maria"],
        ["Ann"],
        ["Lopez"],
        ["Jr"],
    )
    assert (record.ssn, record.dob, record.races.tolist()) == (["219450817"], ["1985-05-17"], [1 << 6])
    assert (record.sex.tolist(), record.veteran.tolist(), record.dob_quality.tolist()) == ([0], [0], [1])
    assert record.households.record.tolist() == record.projects.record.tolist() == [0]
    assert the_stays() == [Stay(f"{source.id}|{stay.project_id}", date(2026, 1, 12), None)]


def test_who_entered_together_is_one_household_and_the_same_number_elsewhere_another(source: HmisSource) -> None:
    here, there = make_project(source), make_project(source)
    for project in (here, here, there):
        make_stay(make_client(source), project, household_id="H1")
    columns = records_to_match().columns
    households = zip(columns.households.record.tolist(), columns.households.group.tolist(), strict=True)
    (_, first), (_, second), (_, third) = sorted(households)
    assert first == second != third
    assert len(set(columns.projects.group.tolist())) == 2


def test_a_stay_whose_exit_was_removed_is_a_stay_again(source: HmisSource) -> None:
    stay = make_stay(make_client(source), make_project(source))
    make_exit(stay, date(2026, 2, 1), removed_at=clock.now())
    assert [found.exit for found in the_stays()] == [None]


def test_a_second_exit_of_one_stay_is_not_a_second_stay(source: HmisSource) -> None:
    stay = make_stay(make_client(source), make_project(source))
    for day in (1, 3):
        make_exit(stay, date(2026, 2, day))
    assert [found.exit for found in the_stays()] == [date(2026, 2, 1)]


def test_rows_that_left_the_source_take_no_part(source: HmisSource) -> None:
    make_client(source, removed_at=clock.now())
    kept = make_client(source)
    make_stay(kept, make_project(source), removed_at=clock.now())
    assert the_stays() == []
    assert len(the_record().households.record) == 0


def test_clients_of_victim_services_alone_are_left_out(source: HmisSource) -> None:
    protected, open_ = make_project(source, victim_services=True), make_project(source)
    make_stay(make_client(source), protected)
    both, elsewhere, nowhere = (make_client(source) for _ in range(3))
    make_stay(both, protected)
    make_stay(both, open_)
    make_stay(elsewhere, open_)
    gathered = records_to_match()
    assert (gathered.columns.ids, gathered.victim_services) == ([both.id, elsewhere.id, nowhere.id], 1)


def test_stays_with_victim_services_are_no_evidence(source: HmisSource) -> None:
    client, open_ = make_client(source), make_project(source)
    make_stay(client, make_project(source, victim_services=True))
    make_stay(client, open_)
    assert [found.project for found in the_stays()] == [f"{source.id}|{open_.project_id}"]
    record = the_record()
    assert len(record.households.record) == len(record.projects.record) == 1


def test_an_agency_that_says_it_is_a_victim_service_provider_is_believed(source: HmisSource) -> None:
    project = make_project(source)
    make_stay(make_client(source), project)
    agency = make_agency(is_victim_service_provider=True)
    agency.organizations.append(AgencyOrganization(source_id=source.id, organization_id=project.organization_id or ""))
    gathered = records_to_match()
    assert (len(gathered), gathered.victim_services) == (0, 1)


def test_a_project_that_was_removed_still_protects_its_clients(source: HmisSource) -> None:
    project = make_project(source, victim_services=True, removed_at=clock.now())
    make_stay(make_client(source), project)
    assert taking_part() == []


def test_the_same_ids_in_two_sources_are_two_clients(source: HmisSource) -> None:
    other = make_source()
    ours, theirs = make_client(source, "C1"), make_client(other, "C1")
    make_stay(theirs, make_project(other, victim_services=True))
    assert taking_part([ours.id, theirs.id]) == [ours.id]


def test_a_source_of_hashes_takes_no_part(source: HmisSource) -> None:
    hashed = make_source(names_hashed=True)
    make_client(hashed)
    kept = make_client(source)
    gathered = records_to_match()
    assert (gathered.columns.ids, gathered.hashed) == ([kept.id], 1)
    assert records_to_match([kept.id]).hashed == 0


def _repair(source_id: int, **values: Any) -> None:
    """Let a value be read otherwise, and the source know that such values are."""
    db.session.add(Repair(source_id=source_id, rule="one", made_at=clock.now(), **values))
    cells = {"Enrollment.*": 1, "Enrollment.HouseholdID": 1, "Exit.EnrollmentID": 1}
    db.session.get_one(HmisSource, source_id).repair_counts = {"one": cells}
    db.session.flush()


def _leave_out(stay: Enrollment) -> None:
    """Let a stay be read as deleted."""
    _repair(stay.source_id, file="Enrollment", row_id=stay.id, hud_key=stay.enrollment_id, column="*", value="")


def test_a_stay_left_out_by_a_repair_is_no_evidence_and_still_protects(source: HmisSource) -> None:
    sheltered, client = make_client(source), make_client(source)
    _leave_out(make_stay(sheltered, make_project(source, victim_services=True)))
    make_stay(client, make_project(source), household_id="H1")
    _leave_out(make_stay(client, make_project(source), household_id="H2"))
    gathered = records_to_match()
    assert (gathered.columns.ids, gathered.victim_services) == ([client.id], 1)
    assert (len(the_stays()), len(gathered.columns.households.record)) == (1, 1)


def test_repaired_households_and_moved_exits_are_what_is_matched(source: HmisSource) -> None:
    client, project = make_client(source), make_project(source)
    make_stay(make_client(source), project, household_id="H9")
    stay = make_stay(client, project, household_id="H1")
    last = make_stay(client, make_project(source))
    left = make_exit(last, date(2026, 3, 4))
    _leave_out(last)
    for file, row, key, column, value in (
        ("Enrollment", stay, stay.enrollment_id, "HouseholdID", "H9"),
        ("Exit", left, left.exit_id, "EnrollmentID", stay.enrollment_id),
    ):
        _repair(source.id, file=file, row_id=row.id, hud_key=key, column=column, value=value)
    assert len(set(records_to_match().columns.households.group.tolist())) == 1
    assert [each.exit for each in stays_to_warn_of([client.id])[client.id]] == [date(2026, 3, 4)]
