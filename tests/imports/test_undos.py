"""Large imports are undone by the jobs: asked for on a page, told about there, never for ever."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from adminops.app import AdminOps
from adminops.audit.models import AuditEntry
from adminops.db import transaction
from adminops.errors import InvalidState
from adminops.hmis import sources
from adminops.hmis.intake import import_export, undoing
from adminops.hmis.intake.claims import claimed
from adminops.hmis.intake.progress import read_progress
from adminops.hmis.models import HmisImport
from adminops.identity.models import SYSTEM
from adminops.imports import operations, undos, uploads
from adminops.imports.operations import deciding
from tests.browsing import Desk, Visitor
from tests.hmis.test_undo import dump
from tests.imports.conftest import home_of, make_tight_source, people, run_jobs, states
from tests.make import make_admin

Store = dict[str, list[tuple[object, ...]]]


@pytest.fixture
def before(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The store as it was before its last import, which is taken for a large one."""
    monkeypatch.setattr(deciding, "WAITED_FOR", 10)
    with desk.work():
        import_export(people().zip(tmp_path / "1.zip"), source=make_tight_source(), by_id=None, approve=True)
    with desk.look():
        before = dump()
    changed = people(7, "2024-05-02").change("Client", 0, LastName="Vega")
    with desk.work():
        import_export(changed.zip(tmp_path / "2.zip"), source=sources.get_source(1), by_id=None, approve=True)
    return before


@pytest.fixture
def visitor(desk: Desk, before: Store) -> Visitor:
    """An administrator who has asked for the undo of the last import."""
    with desk.work():
        admin = make_admin()
    visitor = desk.signed_in(admin)
    asked = visitor.post("/imports/2/undo", follow=True)
    assert asked.says("The import will be undone.")
    assert asked.says("Waiting for its turn")
    return visitor


def test_a_large_import_is_undone_by_the_jobs_and_its_page_says_so(visitor: Visitor, desk: Desk, before: Store) -> None:
    assert states(desk.app) == ["applied", "applied"]
    assert not visitor.get("/imports/2").says("Undo import")
    assert visitor.post("/imports/2/undo", status=422).says("It is being undone already.")
    run_jobs(desk.app)
    assert states(desk.app) == ["applied", "undone"]
    assert visitor.get("/imports/2").says("Undone: the store is as it was before it.")
    with desk.look() as session:
        assert dump() == before
        told = select(AuditEntry.fact).where(AuditEntry.fact.like("ImportUndo%")).order_by(AuditEntry.id)
        facts = list(session.scalars(told))
        assert session.get_one(HmisImport, 2).undone_by_id is not None
    assert facts == ["ImportUndoAsked", "ImportUndone"]
    assert not uploads.undo_progress_of(home_of(desk.app), 2).exists()


def test_the_page_tells_how_far_the_undo_is(visitor: Visitor, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    told, restore = [], undoing._restore
    path = uploads.undo_progress_of(home_of(desk.app), 2)

    def looked_at(connection: object, name: str, images: object) -> None:
        told.append(read_progress(path))
        restore(connection, name, images)  # type: ignore[arg-type]

    monkeypatch.setattr(undoing, "_restore", looked_at)
    run_jobs(desk.app)
    assert [progress.step for progress in told if progress] == ["undoing"] * len(told)
    assert told


def test_an_undo_goes_before_the_imports_that_wait(visitor: Visitor, desk: Desk, tmp_path: Path) -> None:
    with desk.work(), people(6, "2024-05-03").zip(tmp_path / "3.zip").open("rb") as stream:
        sent = [uploads.Upload("3.zip", stream)]
        source, home = sources.get_source(1), home_of(desk.app)
        operations.upload_export(sent, source=source, home=home, limit=1 << 20, by=make_admin())
    run_jobs(desk.app)
    assert states(desk.app)[1] == "undone"
    assert states(desk.app)[2] in ("applied", "unchanged")


def test_an_undo_that_can_not_be_done_any_more_says_why_on_its_page(
    visitor: Visitor, desk: Desk, tmp_path: Path
) -> None:
    more = people(8, "2024-05-03").zip(tmp_path / "3.zip")
    with desk.work():
        import_export(more, source=sources.get_source(1), by_id=None, approve=True)
    run_jobs(desk.app)
    page = visitor.get("/imports/2")
    assert page.says("It was not undone.")
    assert page.says("Import 3 was applied after it: undo that first.")
    assert states(desk.app) == ["applied", "applied", "applied"]
    run_jobs(desk.app)
    visitor.post("/imports/3/undo")
    visitor.post("/imports/2/undo", status=422)
    run_jobs(desk.app)
    visitor.post("/imports/2/undo")
    run_jobs(desk.app)
    assert states(desk.app) == ["applied", "undone", "undone"]
    assert not visitor.get("/imports/2").says("It was not undone.")


def test_an_undo_waits_while_an_import_of_its_source_runs(visitor: Visitor, desk: Desk) -> None:
    with claimed(home_of(desk.app), 1):
        run_jobs(desk.app)
    assert states(desk.app) == ["applied", "applied"]
    run_jobs(desk.app)
    assert states(desk.app) == ["applied", "undone"]


@pytest.mark.parametrize("trouble", [RuntimeError("broken"), OperationalError("", {}, Exception("full"))])
def test_an_undo_that_fails_is_given_up_and_changes_nothing(
    visitor: Visitor, desk: Desk, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    def fail(*_: object) -> None:
        raise trouble

    monkeypatch.setattr(undoing, "_restore_source", fail)
    for _ in range(undos.MOST_STARTS + 1):
        run_jobs(desk.app)
    assert states(desk.app) == ["applied", "applied"]
    assert visitor.get("/imports/2").says("AdminOps failed while it undid this import. Nothing was changed.")
    with desk.look() as session:
        record = session.get_one(HmisImport, 2)
        assert (record.undo_asked_at, record.starts <= undos.MOST_STARTS) == (None, True)


def test_a_small_import_is_undone_while_the_page_waits(
    desk: Desk, before: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    with desk.work():
        admin = make_admin()
    desk.signed_in(admin).post("/imports/2/undo")
    assert states(desk.app) == ["applied", "undone"]


def test_an_import_that_read_little_and_removed_much_is_a_large_one(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deciding, "WAITED_FOR", 30)
    with desk.work():
        import_export(people(40).zip(tmp_path / "1.zip"), source=make_tight_source(), by_id=None, approve=True)
    few = people(2, "2024-05-02").zip(tmp_path / "2.zip")
    with desk.work() as session:
        import_export(few, source=sources.get_source(1), by_id=None, approve=True)
        record = session.get_one(HmisImport, 2)
        assert sum(counts["read"] for counts in record.counts.values()) < 10
        assert sum(counts["removed"] for counts in record.counts.values()) > 30
        admin = make_admin()
    assert desk.signed_in(admin).post("/imports/2/undo", follow=True).says("The import will be undone.")
    assert states(desk.app) == ["applied", "applied"]


def test_only_what_can_be_undone_is_asked_for(app: AdminOps, desk: Desk, before: Store) -> None:
    with app.app_context(), transaction() as session, pytest.raises(InvalidState, match="undo that first"):
        operations.ask_for_undo(session.get_one(HmisImport, 1), by=SYSTEM)


def test_the_page_of_an_undo_costs_few_statements(visitor: Visitor, counted: Callable[[], int]) -> None:
    counted()
    visitor.get("/imports/2")
    assert counted() <= 12
