"""What is done while an import is open: it neither waits for the import nor keeps one from beginning."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from adminops.app import AdminOps
from adminops.db import db, transaction
from adminops.errors import Conflict
from adminops.hmis import sources
from adminops.hmis.intake import import_export
from adminops.hmis.models import HmisImport, ImportStatus
from adminops.hmis.repairs import RULES
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
