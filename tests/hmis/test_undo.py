"""An import taken back: the store is what it was, to the last cell, and the layers above it stay."""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text

from adminops import clock
from adminops.db import db
from adminops.errors import InvalidState
from adminops.hmis import sources
from adminops.hmis.intake import ImportResult
from adminops.hmis.intake.bulk import EMPTIED
from adminops.hmis.intake.history import ASIDE, ASIDE_KEYS
from adminops.hmis.intake.undoing import UNDO_FOR, forget_images, undo_import, why_not_undoable
from adminops.hmis.merging import merge_clients, undo_merge
from adminops.hmis.models import (
    FILE_MODELS,
    Client,
    HmisImport,
    HmisSource,
    ImportBefore,
    ImportStatus,
    Organization,
    Unreadable,
)
from adminops.hmis.provisioning import set_up_project
from adminops.hmis.repairs import recalculate
from adminops.hmis.resealing import FORGOTTEN, forget_row_hashes
from adminops.hmis.setup_rules import NewFunder, NewLocation, NewProject
from adminops.hmis.spec import specs
from tests.hmis.conftest import contents, is_active, row
from tests.hmis.exports import SmallExport, whole_export

Take = Callable[..., ImportResult]
LOG = {"hmis_import", "hmis_import_problem", "hmis_import_before"}
NEVER_FILLED = f"({EMPTIED})"


KEYS = {ASIDE[name]: ", ".join(f'"{key}"' for key in keys) for name, keys in ASIDE_KEYS.items()}
"""Of tables whose rows are known by these; their ids are nobody's."""


def dump() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the store but its log, and but what undone imports left of client records."""
    db.session.flush()
    found = {}
    connection = db.session.connection()
    tables = [table for table in db.metadatas[None].tables if table.startswith("hmis_") and table not in LOG]
    for table in sorted(tables):
        model = db.metadatas[None].tables[table]
        columns = [column.name for column in model.columns]
        named = ", ".join(f'"{column}"' for column in columns if column != "id" or table not in KEYS)
        chosen = f"SELECT {named} FROM {table}"
        if table == "hmis_client":
            chosen += f" WHERE NOT {NEVER_FILLED}"
        elif table == "hmis_person":
            chosen += f" WHERE id NOT IN (SELECT id FROM hmis_client WHERE {NEVER_FILLED})"
        order = KEYS.get(table) or ", ".join(column.name for column in model.primary_key)
        rows = connection.execute(text(f"{chosen} ORDER BY {order}"))
        found[table] = [tuple(bytes(cell) if isinstance(cell, memoryview) else cell for cell in row) for row in rows]
    return found


def last_import(source: HmisSource) -> HmisImport:
    db.session.expire_all()
    return db.session.scalars(
        select(HmisImport).where(HmisImport.source_id == source.id).order_by(HmisImport.id.desc()).limit(1)
    ).one()


def next_one(export: SmallExport, day: str = "2024-05-01") -> SmallExport:
    for rows in export.rows.values():
        for each in rows:
            each["ExportID"] = f"E{day}"
    return export.change("Export", ExportDate=f"{day} 06:00:00")


def test_undoing_a_first_import_leaves_an_empty_store(take: Take, source: HmisSource):
    before = dump()
    take(whole_export())
    undo_import(last_import(source), by_id=None)
    assert dump() == before
    assert last_import(source).status is ImportStatus.UNDONE


def test_undoing_brings_back_what_was_changed_removed_and_added(take: Take, source: HmisSource):
    take(whole_export())
    before = dump()
    export = whole_export().change("Client", 0, LastName="Vega", SSN="219450818", DOB="1980-02-30")
    export.drop("Services").drop("Enrollment", 1).add_client("C3").change("Project", ProjectName="Harbor House")
    assert take(next_one(export)).status == "applied"
    assert dump() != before
    undo_import(last_import(source), by_id=None)
    assert dump() == before
    assert is_active("Services", "SV1")


def test_an_undone_client_record_is_empty_and_counts_as_added_when_it_comes_again(take: Take, source: HmisSource):
    take(whole_export())
    take(next_one(whole_export().add_client("C3", FirstName="Imani")))
    undo_import(last_import(source), by_id=None)
    left = row("Client", "C3")
    assert isinstance(left, Client)
    assert (left.first_name, left.ssn_sealed, left.ssn_index, left.dob, left.last_key) == (None, None, None, None, "")
    number = left.id
    again = take(next_one(whole_export().add_client("C3", FirstName="Imani"), "2024-06-01"))
    assert (again.files["Client.csv"].added, again.files["Client.csv"].restored) == (1, 0)
    assert row("Client", "C3").id == number
    assert is_active("Client", "C3")
    undo_import(last_import(source), by_id=None)
    assert not is_active("Client", "C3")


def test_a_removed_client_that_was_made_here_is_restored_and_not_added(take: Take, source: HmisSource):
    take(whole_export())
    made_here = row("Client", "C2")
    made_here.import_id, made_here.row_hash, made_here.removed_at = None, None, clock.now()
    db.session.flush()
    counts = take(next_one(whole_export())).files["Client.csv"]
    assert (counts.added, counts.restored) == (0, 1)


def test_undoing_brings_no_forgotten_hash_back(take: Take, source: HmisSource):
    take(whole_export())
    take(next_one(whole_export().change("Client", 0, FirstName="Ana").change("User", UserFirstName="Dan")))
    forget_row_hashes()
    undo_import(last_import(source), by_id=None)
    assert is_active("Client", "C1")
    for file, key in (("Client", "C1"), ("Client", "C2"), ("User", "U1")):
        assert bytes(row(file, key).row_hash or b"") == FORGOTTEN
    counts = take(next_one(whole_export(), "2024-06-01")).files
    assert (counts["Client.csv"].updated, counts["User.csv"].updated) == (2, 1)


def test_values_that_were_kept_aside_of_another_source_since_stay(take: Take, source: HmisSource):
    def broken(day: str) -> SmallExport:
        return next_one(whole_export().change("Client", 0, DOB="31.31.1985"), day)

    take(broken("2024-04-01"))
    before = kept_aside()
    take(next_one(whole_export()))
    assert not kept_aside()
    other = sources.add_source("Other HMIS")
    take(broken("2024-04-01"), source=other)
    of_other = kept_aside()
    undo_import(last_import(source), by_id=None)
    assert sorted(kept_aside()) == sorted(before + of_other)


def kept_aside() -> list[tuple[Any, ...]]:
    rows = db.session.scalars(select(Unreadable).order_by(Unreadable.source_id))
    return [(each.source_id, each.hud_key, each.column, bytes(each.raw_sealed)) for each in rows]


def _random_export(dice: random.Random, day: int) -> SmallExport:
    is_old = dice.random() < 0.3
    export = SmallExport(specs()[0] if is_old else None)
    if is_old:
        export.change("Export", CSVVersion="2024 v1.7")
    export.change("Project", ProjectName=dice.choice(["Harbor Shelter", "Harbor House"]))
    for number in range(dice.randint(0, 5)):
        key = str(dice.randint(1, 7))
        if any(each["PersonalID"] == f"C{key}" for each in export.rows["Client"]):
            continue
        name = {"FirstName": dice.choice(["Ana", "Maria", "x" * 80]), "LastName": "Lopez", "DOB": "1985-05-17"}
        export.add("Client", PersonalID=f"C{key}", SSN=f"21945081{number}", **name)
        if dice.random() < 0.7:
            export.add_stay(f"S{key}", f"C{key}", EntryDate=dice.choice(["2024-02-01", "2024-02-02", "never"]))
            export.add("HealthAndDV", HealthAndDVID=f"HD{key}", EnrollmentID=f"S{key}", PersonalID=f"C{key}")
        if dice.random() < 0.5:
            where = {"EnrollmentID": f"S{key}", "PersonalID": f"C{key}"}
            deleted = dice.choice(["", "", "2024-03-02 10:00:00"])
            export.add("Services", ServicesID=f"SV{key}", DateProvided="2024-02-02", DateDeleted=deleted, **where)
    if is_old and export.rows["Client"]:
        export.change("Client", 0, Woman=dice.choice(["0", "1"]))
    made = f"2024-0{4 + day // 28}-{1 + day % 28:02}"
    return next_one(export, dice.choice([made, made, "2024-04-01"]))


@pytest.mark.parametrize("seed", range(6))
def test_any_sequence_of_imports_and_undos_ends_where_it_was(take: Take, source: HmisSource, seed: int):
    dice = random.Random(seed)
    stack: list[tuple[str, int, dict[str, Any]]] = []
    undone = 0
    for step in range(14):
        if dice.random() < 0.4 and any(status == "applied" for status, _, _ in stack):
            while (top := stack.pop())[0] != "applied":
                pass
            undo_import(db.session.get_one(HmisImport, top[1]), by_id=None)
            assert dump() == top[2], f"step {step}"
            undone += 1
        else:
            before = dump()
            result = take(_random_export(dice, step))
            assert result.status in ("applied", "unchanged")
            stack.append((result.status, result.import_id or 0, before))
        assert _rows_of_nobody() == []
    assert undone


def _rows_of_nobody() -> list[str]:
    """Return the tables with a row whose source or import does not exist: no foreign key looks after that."""
    return [
        table.__tablename__
        for table in FILE_MODELS.values()
        if db.session.scalar(
            select(table.id)
            .where(
                table.source_id.not_in(select(HmisSource.id))
                | (table.import_id.is_not(None) & table.import_id.not_in(select(HmisImport.id)))
            )
            .limit(1)
        )
    ]


def test_imports_are_undone_backwards_and_only_once(take: Take, source: HmisSource):
    take(whole_export())
    first = last_import(source)
    take(next_one(whole_export().add_client("C3")))
    second = last_import(source)
    with pytest.raises(InvalidState, match=f"Import {second.id} was applied after it: undo that first"):
        undo_import(first, by_id=None)
    undo_import(second, by_id=None)
    with pytest.raises(InvalidState, match="Only an import that was applied"):
        undo_import(second, by_id=None)
    undo_import(first, by_id=None)
    assert contents(source)["Client"] == {}


def test_imports_that_changed_nothing_go_with_the_one_before_them(take: Take, source: HmisSource):
    before = dump()
    take(whole_export())
    first = last_import(source)
    assert take(next_one(whole_export())).status == "unchanged"
    assert len(undo_import(first, by_id=None)) == 2
    assert dump() == before
    assert source.newest_export is None
    assert source.known_ids == []


def test_what_the_source_was_told_since_stays(take: Take, source: HmisSource):
    take(whole_export())
    source.known_ids = [*source.known_ids, "FL-511"]
    db.session.flush()
    undo_import(last_import(source), by_id=None)
    assert source.known_ids == ["FL-511"]


def test_a_merge_of_an_added_record_must_be_undone_first(take: Take, source: HmisSource):
    take(whole_export())
    take(next_one(whole_export().add_client("C3")))
    third, first = row("Client", "C3"), row("Client", "C1")
    assert isinstance(third, Client)
    assert isinstance(first, Client)
    merge = merge_clients(third, first, {}, by_id=None)
    reason = why_not_undoable(last_import(source))
    assert reason == "1 merge involves client records that this import brought: undo it first."
    undo_merge(merge, by_id=None)
    undo_import(last_import(source), by_id=None)
    assert not is_active("Client", "C3")


def test_a_merge_of_older_records_stays_in_force(take: Take, source: HmisSource):
    take(whole_export())
    take(next_one(whole_export().change("Client", 0, FirstName="Marie").change("Client", 1, FirstName="Joe")))
    one, two = row("Client", "C1"), row("Client", "C2")
    assert isinstance(one, Client)
    assert isinstance(two, Client)
    merge_clients(two, one, {}, by_id=None)
    undo_import(last_import(source), by_id=None)
    one, two = row("Client", "C1"), row("Client", "C2")
    assert (one.first_name, two.first_name) == ("Maria", "José")
    assert one.person_id == two.person_id == one.id


def test_programs_set_up_since_stay_and_so_does_their_organization(take: Take, source: HmisSource):
    take(whole_export())
    today = clock.today()
    new = NewProject(organization_id="O1", name="Night Haven", operating_start=today, project_type=7)
    place = NewLocation(coc_code="FL-510", geocode="120390", geography_type=1)
    paid = NewFunder(funder=46, grant_id="N/A", start=today, other_funder="City")
    made = set_up_project(source, new, locations=[place], funders=[paid], by_id=None)
    undo_import(last_import(source), by_id=None)
    assert is_active("Project", made.project.project_id)
    kept = row("Organization", "O1")
    assert isinstance(kept, Organization)
    assert (kept.organization_name, kept.import_id, kept.removed_at) == ("Harbor House", None, None)
    assert take(whole_export()).status == "applied"


def test_nothing_is_kept_of_a_first_import_nor_of_one_that_changes_nothing(take: Take):
    take(whole_export())
    take(whole_export())
    kept = db.session.scalar(select(func.count()).where(ImportBefore.file != "HmisSource"))
    assert kept == 0


def test_after_a_week_an_import_can_not_be_undone_and_its_images_are_forgotten(take: Take, source: HmisSource):
    take(whole_export())
    take(next_one(whole_export().change("Client", 0, LastName="Vega")))
    record = last_import(source)
    record.finished_at = clock.now() - UNDO_FOR - timedelta(minutes=1)
    db.session.flush()
    assert "more than 7 days ago" in (why_not_undoable(record) or "")
    assert forget_images(until=clock.now() - UNDO_FOR) == 2
    assert db.session.scalar(select(func.count()).select_from(ImportBefore)) == 1


def test_images_hold_no_ssn_in_clear(take: Take):
    take(whole_export())
    take(next_one(whole_export().change("Client", 0, LastName="Vega")))
    images = db.session.scalars(select(ImportBefore).where(ImportBefore.file == "Client")).all()
    assert images
    assert all("219450817" not in str(image.before) for image in images)


def test_repairs_and_confirmed_merges_go_back_with_the_import(take: Take, source: HmisSource):
    take(whole_export())
    merge_clients(row("Client", "C2"), row("Client", "C1"), {}, by_id=None)  # type: ignore[arg-type]
    source.repairs = ["blank-households"]
    recalculate(db.session.connection(), source.id, at=clock.now())
    before = dump()
    export = whole_export().drop("Client", 1).change("Enrollment", 0, HouseholdID="")
    for each in export.rows["Enrollment"]:
        each["PersonalID"] = "C1"
    take(next_one(export))
    changed = dump()
    assert changed["hmis_merge"] != before["hmis_merge"]
    assert changed["hmis_repair"] != before["hmis_repair"]
    undo_import(last_import(source), by_id=None)
    assert dump() == before
