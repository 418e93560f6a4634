"""Scanning what imports have changed alone: the same pairs as a full scan finds, and nothing else is touched."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminops import clock
from adminops.db import db
from adminops.errors import NotFound
from adminops.facts import ExportImported, ImportUndone, publish
from adminops.hmis.models import Client, HmisImport, HmisSource, Organization
from adminops.identity.models import SYSTEM
from dedupe.changes import changed_by, imports_from, neighbourhood
from dedupe.models import Pair, PairState, Scan, StoredModel
from dedupe.scanning import begin_scan, finish_scan, look_for, scan_store, scan_to_go_on_from, waiting_scan
from tests.make_dedupe import make_client, make_project, make_source, make_stay

ANN = {"first_name": "Oleander", "last_name": "Quickfoot", "dob": date(1966, 7, 8)}


def make_import(source: HmisSource) -> int:
    """Let an import end now."""
    made = HmisImport(source_id=source.id, file_name="export.zip", queued_at=clock.now(), finished_at=clock.now())
    db.session.add(made)
    db.session.flush()
    return made.id


def scan_changes() -> Scan:
    scan = begin_scan(is_full=False, by=SYSTEM)
    return finish_scan(scan, look_for(scan))


def found() -> dict[tuple[int, int], float]:
    pairs = db.session.scalars(select(Pair).where(Pair.state == PairState.OPEN))
    return {(pair.low_client_id, pair.high_client_id): pair.probability for pair in pairs}


@pytest.fixture
def store(source: HmisSource) -> list[Client]:
    """Some records that a full scan has gone through; two are one person."""
    made = [make_client(source, ssn="219450817"), make_client(source, ssn="219450817", first_name="Mary")]
    made += [make_client(source, ssn="219450303", **ANN), make_client(source, first_name="Thuy", last_name="Nguyen")]
    scan_store()
    return made


@pytest.mark.parametrize(
    "new",
    [
        {"ssn": "219450303"},
        {"ssn": "xxxxx0303", "first_name": "Oleander", "last_name": "Quickfeet"},
        {"first_name": "Quickfoot", "last_name": "Oleander", "dob": ANN["dob"]},
        {**ANN, "last_name": "Smithers"},
        {**ANN, "dob": date(1966, 8, 7)},
        {**ANN, "first_name": "Olea"},
    ],
)
def test_what_an_import_brought_is_found_as_a_full_scan_finds_it(
    store: list[Client], source: HmisSource, new: dict[str, Any]
) -> None:
    before = found()
    client = make_client(source, import_id=make_import(source), **{"first_name": "Ole", "dob": None, **new})
    scan = scan_changes()
    assert (scan.is_full, scan.counts["changed"], scan.counts["pairs"]) == (False, 1, scan.counts["new"])
    now = found()
    assert {(store[2].id, client.id)} <= now.keys() - before.keys()
    assert {key: now[key] for key in before} == before
    full = scan_store()
    assert (full.is_full, full.counts["new"], full.counts["gone"]) == (True, 0, 0)
    assert found() == pytest.approx(now, abs=0.03)  # of so few records a store learns no names


def test_pairs_of_changed_and_removed_records_alone_are_taken_back(store: list[Client], source: HmisSource) -> None:
    twin = make_client(source, ssn="219450303", **ANN)
    scan_store()
    assert len(found()) == 2
    store[1].first_name, store[1].last_name, store[1].ssn_sealed = "Bartholomew", "Zimmermann", None
    scan_changes()
    assert len(found()) == 2
    store[1].import_id, twin.removed_at = make_import(source), clock.now()
    assert (scan_changes().counts["gone"], found()) == (2, {})


KATHERINE = {"first_name": "Katherine", "last_name": "Smyth", "ssn": "219450817", "dob": date(1985, 5, 17)}
CATHERINE = {"first_name": "Catherine", "last_name": "Smith", "ssn": "219450871", "dob": date(1985, 5, 18)}


def test_a_pair_that_was_found_by_sound_stays_when_an_import_writes_one_of_the_two(source: HmisSource) -> None:
    make_client(source, first_name="Thuy", last_name="Nguyen")
    one = make_client(source, **KATHERINE)
    other = make_client(source, **CATHERINE)
    scan_store()
    before = found()
    assert before.keys() == {(one.id, other.id)}
    one.import_id = make_import(source)
    assert (scan_changes().counts["gone"], found()) == (0, pytest.approx(before, abs=0.001))


def test_a_pair_that_was_put_back_is_found_again_by_its_records(source: HmisSource) -> None:
    one, other = make_client(source, **KATHERINE), make_client(source, **CATHERINE)
    scan_store()
    one.first_name, kept, one.import_id = "Bartholomew", one.first_name, make_import(source)
    one.dob = date(1950, 12, 24)
    db.session.flush()
    assert neighbourhood({one.id}) == {one.id, other.id}
    assert scan_changes().counts["gone"] == 1
    one.first_name, one.dob, one.import_id = kept, KATHERINE["dob"], make_import(source)
    assert scan_changes().counts["new"] == 1


def test_who_stays_where_no_victim_services_are_any_longer_is_found_again(
    store: list[Client], source: HmisSource, session: Session
) -> None:
    project = make_project(source)
    for client in store[:2]:
        make_stay(client, project)
    place = session.scalars(select(Organization).where(Organization.organization_id == project.organization_id)).one()
    before = found()
    place.victim_service_provider, place.import_id = 1, make_import(source)
    assert (scan_changes().counts["gone"], found()) == (1, {})
    place.victim_service_provider, place.import_id = 0, make_import(source)
    with clock.frozen_at(clock.now() + timedelta(hours=2)):
        number = make_import(source)
    assert changed_by([number]) == set()
    assert (scan_changes().counts["new"], found().keys()) == (1, before.keys())
    project.organization_id, project.import_id = "another one", number
    assert changed_by([number]) == {client.id for client in store[:2]}


def test_a_stay_that_an_import_brought_changes_its_client_and_brings_the_household(source: HmisSource) -> None:
    mother, child = make_client(source), make_client(source, first_name="Ana", dob=date(2015, 4, 9))
    project, number = make_project(source), make_import(source)
    for client in (mother, child):
        make_stay(client, project, household_id="H1")
    stay = make_stay(make_client(source, first_name="Thuy", last_name="Nguyen"), project, household_id="H2")
    stay.import_id = number
    db.session.flush()
    (changed,) = changed_by([number])
    assert db.session.get_one(Client, changed).first_name == "Thuy"
    assert neighbourhood({child.id}) == {mother.id, child.id}


def test_households_are_read_where_both_have_one(source: HmisSource) -> None:
    one, other = make_client(source, **ANN), make_client(source, **ANN)
    child, others_child = (make_client(source, first_name="Ana", dob=date(2015, 4, 9)) for _ in range(2))
    project = make_project(source)
    for client in (other, others_child):
        make_stay(client, project, household_id="H1")
    assert neighbourhood({one.id}) == {one.id, other.id}
    for client in (one, child):
        make_stay(client, project, household_id="H2")
    assert neighbourhood({one.id}) == {one.id, other.id, child.id, others_child.id}


def test_the_whole_store_is_scanned_when_nothing_can_be_gone_on_from(store: list[Client]) -> None:
    assert scan_to_go_on_from() is not None
    with clock.frozen_at(clock.now() + timedelta(days=8)):
        assert scan_to_go_on_from() is None
        assert scan_changes().is_full
    db.session.scalars(select(StoredModel).order_by(StoredModel.id.desc()).limit(1)).one().version = 1
    assert scan_to_go_on_from() is None


def test_imports_that_a_scan_passed_over_are_looked_at_by_the_next(store: list[Client], source: HmisSource) -> None:
    def brought(hours: int, **values: Any) -> int:
        with clock.frozen_at(clock.now() + timedelta(hours=hours)):
            number = make_import(source)
        make_client(source, import_id=number, **values)
        return number

    brought(2, ssn="219450303", **ANN)
    later = brought(4, first_name="Zed", last_name="Quux", ssn="219450404")
    with clock.frozen_at(clock.now() + timedelta(hours=5)):
        before, scan = found(), begin_scan(is_full=False, by=SYSTEM)
        finish_scan(scan, look_for(scan, later))
        assert (scan.counts["changed"], scan.counts["passed_over"], found()) == (1, 1, before)
    with clock.frozen_at(clock.now() + timedelta(hours=6)):
        whole = scan_changes()
        assert (whole.counts["changed"], whole.counts["new"], whole.counts["passed_over"]) == (2, 1, 0)
        assert scan_to_go_on_from() is whole


def test_a_scan_that_begins_before_the_last_one_is_gone_on_from(store: list[Client], source: HmisSource) -> None:
    scan = begin_scan(is_full=False, by=SYSTEM)
    finish_scan(scan, look_for(scan, clock.now() - timedelta(days=3)))
    assert scan_to_go_on_from() is scan


def test_an_import_asks_for_its_changes_and_an_undone_one_for_the_whole_store(session: Session) -> None:
    publish(ExportImported(import_id=1, outcome="applied"), by=SYSTEM)
    waiting = waiting_scan()
    assert waiting is not None
    assert not waiting.is_full
    publish(ImportUndone(import_id=1), by=SYSTEM)
    assert (waiting_scan(), waiting.is_full) == (waiting, True)


def test_imports_are_counted_from_one_that_has_ended(source: HmisSource) -> None:
    first, second = make_import(source), make_import(make_source())
    assert imports_from(first) == [first, second]
    with pytest.raises(NotFound, match="no import"):
        imports_from(second + 1)
