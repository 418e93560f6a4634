"""An export in the merged form: the rows as they will be once the vendor has made the merges."""

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminops import clock
from adminops.db import db
from adminops.errors import DomainError, Invalid
from adminops.hmis import dividing
from adminops.hmis.export import write_export
from adminops.hmis.intake import import_export
from adminops.hmis.merging import merge_clients, undo_merge
from adminops.hmis.models import FILE_MODELS, Client, Enrollment, HmisSource
from tests.hmis.exports import SmallExport
from tests.make_dedupe import make_client, make_source

RECORDS = 4
Rows = dict[str, list[dict[str, str]]]


@pytest.fixture
def clients(source: HmisSource, tmp_path: Path) -> list[Client]:
    export = SmallExport()
    for key in range(RECORDS):
        export.add_client(f"C{key}", FirstName=f"Ana{key}", SSN=f"21945{1000 + key}").add_stay(f"S{key}", f"C{key}")
    import_export(export.zip(tmp_path / "in.zip"), source=source, by_id=None)
    return list(db.session.scalars(select(Client).order_by(Client.id)))


def written(source: HmisSource, folder: Path, *, merged: bool = True) -> Rows:
    """Write an export and return its rows, without what depends on the moment."""
    target = folder / "out.zip"
    write_export(target, source=source, merged=merged)
    with zipfile.ZipFile(target) as archive:
        return {name: list(_rows(archive.read(f"{name}.csv").decode())) for name in FILE_MODELS if name != "Export"}


def _rows(text: str) -> Iterator[dict[str, str]]:
    for row in csv.DictReader(io.StringIO(text)):
        row.pop("ExportID", None)
        yield row


def test_every_row_of_a_retired_record_bears_the_kept_one(
    clients: list[Client], source: HmisSource, tmp_path: Path
) -> None:
    before = written(source, tmp_path, merged=False)
    merge = merge_clients(clients[0], clients[1], {"name": "source"}, by_id=None)
    merge_clients(clients[2], clients[0], {"ssn": "source"}, by_id=None)
    after = written(source, tmp_path)
    kept = {"C0": "C1", "C1": "C1", "C2": "C1", "C3": "C3"}
    for name, rows in after.items():
        if name != "Client" and rows and "PersonalID" in rows[0]:
            assert [row["PersonalID"] for row in rows] == [kept[row["PersonalID"]] for row in before[name]], name
    people = {row["PersonalID"]: row for row in after["Client"]}
    assert (people["C1"]["FirstName"], people["C1"]["SSN"], people["C1"]["DateDeleted"]) == ("Ana0", "219451002", "")
    assert people["C0"]["FirstName"] == "Ana0", "the retired record stays as it came, but for the day it was retired"
    assert all(people[key]["DateDeleted"] for key in ("C0", "C2"))
    assert people["C3"] == next(row for row in before["Client"] if row["PersonalID"] == "C3")
    assert written(source, tmp_path, merged=False) == before, "nothing was rewritten"
    undo_merge(merge, by_id=None)
    assert {row["PersonalID"] for row in written(source, tmp_path)["Enrollment"]} == {"C0", "C1", "C3"}


def test_a_record_is_retired_also_by_way_of_another_source(
    clients: list[Client], source: HmisSource, tmp_path: Path
) -> None:
    x = make_client(make_source("Other HMIS"), "X")
    clients[0].dob = None
    merge_clients(x, clients[0], {"name": "destination"}, by_id=None)
    merge_clients(x, clients[1], {"name": "source"}, by_id=None)
    after = written(source, tmp_path)
    people = {row["PersonalID"]: row for row in after["Client"]}
    assert "C0" not in {row["PersonalID"] for row in after["Enrollment"]}
    assert people["C0"]["DateDeleted"], "its rows go to C1"
    assert (people["C1"]["FirstName"], people["C1"]["DateDeleted"]) == ("Ana0", "")


def test_a_record_is_deleted_from_the_day_it_first_read_under_another(
    clients: list[Client], source: HmisSource, tmp_path: Path
) -> None:
    began = clock.now() - timedelta(days=9)
    for day, (one, other) in enumerate(((0, 1), (2, 0), (3, 2))):
        with clock.frozen_at(began + timedelta(days=day)):
            merge_clients(clients[one], clients[other], {}, by_id=None)
    people = {row["PersonalID"]: row["DateDeleted"] for row in written(source, tmp_path)["Client"]}
    local = [(began + timedelta(days=day)).astimezone(ZoneInfo(source.time_zone)) for day in range(3)]
    days = [f"{moment:%Y-%m-%d %H:%M:%S}" for moment in local]
    assert people == {"C0": days[0], "C1": "", "C2": days[1], "C3": days[2]}, "not from a later merge into it"


def test_a_stay_that_was_moved_bears_its_own_record(clients: list[Client], source: HmisSource, tmp_path: Path) -> None:
    merge = merge_clients(clients[0], clients[1], {}, by_id=None)
    stay = db.session.scalars(select(Enrollment).where(Enrollment.enrollment_id == "S1")).one()
    stay.date_created = (clock.now() + timedelta(days=1)).replace(tzinfo=None)
    db.session.flush()
    with clock.frozen_at(clock.now() + timedelta(days=2)):
        parting = dividing.part(merge)
        undo_merge(merge, by_id=None)
        dividing.divide(parting, {stay.id: "folded"}, by_id=None)
    people = {row["EnrollmentID"]: row["PersonalID"] for row in written(source, tmp_path)["Enrollment"]}
    assert people == {"S0": "C0", "S1": "C0", "S2": "C2", "S3": "C3"}
    assert stay.personal_id == "C1"


def test_the_merged_form_of_a_part_of_a_source_is_refused(
    clients: list[Client], source: HmisSource, tmp_path: Path
) -> None:
    assert clients
    with pytest.raises(Invalid, match="whole source"):
        write_export(tmp_path / "out.zip", source=source, start=clock.today(), merged=True)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pairs=st.lists(st.tuples(st.integers(0, RECORDS - 1), st.integers(0, RECORDS - 1)), max_size=4))
def test_merging_and_undoing_leaves_the_merged_form_as_it_was(
    session: Session, clients: list[Client], source: HmisSource, tmp_path: Path, pairs: list[tuple[int, int]]
) -> None:
    nested = session.begin_nested()
    try:
        before, merges = written(source, tmp_path), []
        for one, other in pairs:
            try:
                merges.append(merge_clients(clients[one], clients[other], {"name": "source"}, by_id=None))
            except DomainError:
                continue
        persons = {client.personal_id: client.person_id or client.id for client in clients}
        names = {client.id: client.personal_id for client in clients}
        people = {row["EnrollmentID"]: row["PersonalID"] for row in written(source, tmp_path)["Enrollment"]}
        assert people == {f"S{at}": names[persons[f"C{at}"]] for at in range(RECORDS)}
        for merge in merges[::2] + merges[1::2]:
            undo_merge(merge, by_id=None)
        assert written(source, tmp_path) == before
    finally:
        nested.rollback()
        session.expire_all()
