"""What is done while an import is open: it neither waits for the import nor keeps one from beginning."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text

from adminops import clock
from adminops.app import AdminOps
from adminops.db import db, transaction
from adminops.errors import Conflict, InvalidState
from adminops.hmis import sources
from adminops.hmis.intake import import_export, undoing
from adminops.hmis.merging import merge_clients
from adminops.hmis.models import Client, HmisImport, ImportStatus, Organization
from adminops.hmis.projects import get_project
from adminops.hmis.provisioning import set_up_project
from adminops.hmis.repairs import RULES
from adminops.hmis.setup_rules import NewFunder, NewLocation, NewProject
from adminops.identity.models import SYSTEM, User
from adminops.imports import exporting, operations, uploads
from adminops.repairs.operations import switch_rule
from tests.imports.conftest import home_of, people
from tests.make import make_admin

pytestmark = pytest.mark.parametrize("app", ["postgresql"], indirect=True)  # SQLite has one writer: all wait for it


@pytest.fixture
def taken(app: AdminOps, tmp_path: Path) -> AdminOps:
    """A source with an import that was applied, and an administrator."""
    with app.app_context(), transaction():
        make_admin()
        export = people().zip(tmp_path / "first.zip")
        import_export(export, source=sources.add_source("Night feed"), by_id=None)
    return app


@contextmanager
def an_open_import(app: AdminOps, tmp_path: Path) -> Iterator[None]:
    """Inside the block an import has written its rows and is not stored yet."""
    with app.app_context(), transaction():
        export = people(7, "2024-05-02").zip(tmp_path / "second.zip")
        assert import_export(export, source=sources.get_source(1), by_id=None).status == "applied"
        yield


def elsewhere(app: AdminOps, work: Callable[[], Any]) -> Any:
    """Do `work` in a transaction of another thread, which waits for nobody's lock for long."""

    def run() -> Any:
        with app.app_context(), transaction() as session:
            session.execute(text("SET LOCAL lock_timeout = '2s'"))
            return work()

    with ThreadPoolExecutor(1) as threads:
        return threads.submit(run).result()


def administrator() -> User:
    return db.session.get_one(User, 1)


def test_an_export_is_ordered_and_an_upload_kept_while_an_import_is_open(taken: AdminOps, tmp_path: Path) -> None:
    def order() -> int:
        return exporting.order_export(sources.get_source(1), by=administrator()).id

    def upload() -> str:
        with people().zip(tmp_path / "third.zip").open("rb") as stream:
            sent = [uploads.Upload("third.zip", stream)]
            by, home = administrator(), home_of(taken)
            return operations.upload_export(
                sent, source=sources.get_source(1), home=home, limit=1 << 20, by=by
            ).status.value

    with an_open_import(taken, tmp_path):
        assert elsewhere(taken, order) == 1
        assert elsewhere(taken, upload) == "queued"


def test_an_import_begins_while_an_upload_is_still_being_copied(taken: AdminOps, tmp_path: Path) -> None:
    with taken.app_context(), transaction():
        operations.begin_import(tmp_path / "third.zip", source=sources.get_source(1), by=SYSTEM)
        export = people(7, "2024-05-02").zip(tmp_path / "second.zip")
        work = elsewhere(taken, lambda: import_export(export, source=sources.get_source(1), by_id=None))
    assert work.status == "applied"


def test_an_undo_is_refused_when_a_record_was_merged_after_it_had_looked_for_merges(
    taken: AdminOps, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = undoing._keep_organizations_in_use

    def merge() -> None:
        one, other = db.session.scalars(select(Client).order_by(Client.id).limit(2))
        merge_clients(one, other, {}, by_id=None)

    def merge_meanwhile(*words: Any) -> None:
        elsewhere(taken, merge)
        keep(*words)

    monkeypatch.setattr(undoing, "_keep_organizations_in_use", merge_meanwhile)
    with taken.app_context(), pytest.raises(InvalidState, match="1 merge involves client records"), transaction():
        operations.undo_import(db.session.get_one(HmisImport, 1), by=SYSTEM)
    with taken.app_context(), transaction(writes=False) as session:
        assert session.get_one(HmisImport, 1).status is ImportStatus.APPLIED
        assert session.scalar(select(func.count(Client.id)).where(Client.removed_at.is_(None))) == 6


def set_up() -> str:
    new = NewProject(organization_id="O1", name="Night Haven", operating_start=clock.today(), project_type=7)
    place = NewLocation(coc_code="FL-510", geocode="120390", geography_type=1)
    paid = NewFunder(funder=46, grant_id="N/A", start=clock.today(), other_funder="City")
    source = sources.get_source(1)
    return set_up_project(source, new, locations=[place], funders=[paid], by_id=None).project.project_id


def organizations() -> list[tuple[str, int | None]]:
    return [
        (each.organization_id, each.import_id)
        for each in db.session.scalars(select(Organization).order_by(Organization.id))
    ]


def test_an_undo_waits_for_a_program_that_is_being_set_up_and_keeps_its_organization(taken: AdminOps) -> None:
    def undo() -> None:
        with taken.app_context(), transaction() as session:
            operations.undo_import(session.get_one(HmisImport, 1), by=SYSTEM)

    here = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    waits = text(f"{here} AND wait_event_type = 'Lock'")
    with ThreadPoolExecutor(1) as threads:
        with taken.app_context(), transaction() as session:
            key = set_up()
            undone = threads.submit(undo)
            while not (undone.done() or session.scalar(waits)):
                pass
        undone.result()
    with taken.app_context(), transaction(writes=False):
        assert organizations() == [("O1", None)]
        assert get_project(1, key).removed_at is None


def test_no_program_is_set_up_in_an_organization_that_an_undo_is_about_to_take_away(
    taken: AdminOps, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep, refused = undoing._keep_organizations_in_use, []

    def set_up_meanwhile(*words: Any) -> None:
        keep(*words)
        with pytest.raises(Conflict, match="is being undone: wait until that is done") as conflict:
            elsewhere(taken, set_up)
        refused.append(conflict)

    monkeypatch.setattr(undoing, "_keep_organizations_in_use", set_up_meanwhile)
    with taken.app_context(), transaction() as session:
        operations.undo_import(session.get_one(HmisImport, 1), by=SYSTEM)
    assert refused
    with taken.app_context(), transaction(writes=False):
        assert organizations() == []


def test_a_program_is_set_up_while_an_import_that_wrote_its_organization_is_open(
    taken: AdminOps, tmp_path: Path
) -> None:
    with taken.app_context(), transaction():
        renamed = people(6, "2024-05-02").change("Organization", OrganizationName="Harbor Homes")
        renaming = import_export(renamed.zip(tmp_path / "second.zip"), source=sources.get_source(1), by_id=None)
        assert renaming.files["Organization.csv"].updated == 1
        assert elsewhere(taken, set_up)


def test_undoing_repairing_and_importing_are_refused_while_an_import_is_open(taken: AdminOps, tmp_path: Path) -> None:
    def undo() -> None:
        operations.undo_import(db.session.get_one(HmisImport, 1), by=SYSTEM)

    def repair() -> None:
        switch_rule(sources.get_source(1), RULES[0], on=True, by=SYSTEM)

    def take() -> None:
        import_export(tmp_path / "second.zip", source=sources.get_source(1), by_id=None)

    with an_open_import(taken, tmp_path):
        for work in (undo, repair, take):
            with pytest.raises(Conflict, match="is running: wait until it is done"):
                elsewhere(taken, work)
    with taken.app_context(), transaction(writes=False) as session:
        assert session.get_one(HmisImport, 1).status is ImportStatus.APPLIED
