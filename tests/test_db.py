"""The database layer: one transaction, what follows a commit, times with a zone, forks."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta, timezone
from threading import Timer

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DataError, IntegrityError, OperationalError, StatementError
from sqlalchemy.orm import Session

from adminops.app import AdminOps
from adminops.db import after_commit, db, hold_writer, is_busy, savepoint, transaction, writes_stored
from adminops.identity.models import Agency, AgencyState
from tests.make import make_agency


class Undo(Exception):
    """Makes a block fail."""


def _names(app: AdminOps) -> list[str]:
    with app.app_context(), transaction(writes=False) as session:
        return list(session.scalars(select(Agency.name).order_by(Agency.name)))


def test_a_transaction_is_stored_as_a_whole_or_not_at_all(app: AdminOps) -> None:
    with app.app_context():
        with transaction():
            make_agency(name="Kept")
        with suppress(Undo), transaction():
            make_agency(name="Lost")
            raise Undo
    assert _names(app) == ["Kept"]


def test_a_transaction_inside_another_is_refused(app: AdminOps) -> None:
    with app.app_context(), transaction(), pytest.raises(RuntimeError, match="open already"), transaction():
        pass


def test_a_savepoint_undoes_its_part_alone(app: AdminOps) -> None:
    with app.app_context(), transaction():
        make_agency(name="Kept")
        with suppress(Undo), savepoint():
            make_agency(name="Lost")
            raise Undo
    assert _names(app) == ["Kept"]


def test_what_follows_a_commit_runs_after_it_and_in_order(app: AdminOps) -> None:
    heard: list[str] = []
    with app.app_context():
        with transaction():
            after_commit(lambda: heard.append("first"))
            after_commit(lambda: heard.append("second"))
            assert heard == []
        assert heard == ["first", "second"]
        with transaction():
            pass
    assert heard == ["first", "second"]


def test_what_follows_a_commit_may_open_a_transaction(app: AdminOps) -> None:
    def store() -> None:
        with transaction():
            make_agency(name="Afterwards")

    with app.app_context(), transaction():
        after_commit(store)
    assert _names(app) == ["Afterwards"]


def test_nothing_follows_what_was_undone(app: AdminOps) -> None:
    heard: list[str] = []
    with app.app_context():
        with suppress(Undo), transaction():
            after_commit(lambda: heard.append("transaction"))
            raise Undo
        with transaction():
            after_commit(lambda: heard.append("kept"))
            with suppress(Undo), savepoint():
                after_commit(lambda: heard.append("savepoint"))
                raise Undo
    after_commit(lambda: heard.append("outside"))
    assert heard == ["kept"]


def test_times_come_back_aware_and_the_same(app: AdminOps) -> None:
    there = datetime(2026, 3, 8, 2, 30, 15, 123456, tzinfo=timezone(timedelta(hours=-5)))
    with app.app_context():
        with transaction():
            made = make_agency(created_at=there)
        with transaction(writes=False) as session:
            found = session.get_one(Agency, made.id, populate_existing=True).created_at
    assert found == there
    assert found.tzinfo is UTC


def test_a_time_without_a_zone_is_refused(app: AdminOps) -> None:
    with app.app_context(), pytest.raises(StatementError, match="without a zone"), transaction():
        make_agency(created_at=datetime(2026, 3, 8))  # noqa: DTZ001 - on purpose


def test_the_text_of_a_database_error_holds_no_values(app: AdminOps) -> None:
    with app.app_context(), pytest.raises((IntegrityError, DataError)) as failed, transaction() as session:
        session.execute(
            text("INSERT INTO agency (id, name, state, phone) VALUES (1, :name, 'active', NULL)"),
            {"name": "078-05-1120"},
        )
    assert "078-05-1120" not in str(failed.value).replace(str(failed.value.orig), "")


def test_a_writer_on_sqlite_has_its_lock_before_it_reads_and_a_reader_needs_none(sqlite_app: AdminOps) -> None:
    path = sqlite_app.extensions["settings"].home / "adminops.sqlite"
    connected = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
    with sqlite_app.app_context(), closing(connected) as other:
        with transaction() as session:
            session.scalar(select(Agency.id))
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("BEGIN IMMEDIATE")
            assert other.execute("SELECT count(*) FROM agency").fetchone() == (0,)
        with transaction(writes=False) as session:
            session.scalar(select(Agency.id))
            other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError) as failed, transaction(patience=timedelta(milliseconds=20)) as session:
            session.scalar(select(Agency.id))
        assert is_busy(failed.value)
        freed = Timer(0.05, other.execute, ["ROLLBACK"])
        freed.start()
        with transaction() as session:
            assert session.scalar(text("PRAGMA busy_timeout")) == 15_000
        freed.join()


CHANGES: dict[str, Callable[[Session], object]] = {
    "an object is flushed": lambda session: make_agency(),
    "a change is executed": lambda session: session.execute(update(Agency).values(created_at=Agency.created_at)),
    "it is SQL": lambda session: session.execute(text(" UPDATE agency SET created_at = created_at")),
    "it is SQL that begins with a read": lambda session: session.execute(
        text("WITH gone AS (SELECT 1) DELETE FROM agency WHERE id IN (SELECT 0 FROM gone)")
    ),
    "rows are locked": lambda session: session.execute(select(Agency.id).with_for_update()),
    "it is said so": lambda session: hold_writer(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_who_reads_first_takes_the_writer_with_the_first_change(
    sqlite_app: AdminOps, change: Callable[[Session], object]
) -> None:
    path = sqlite_app.extensions["settings"].home / "adminops.sqlite"
    with sqlite_app.app_context(), closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as other:
        with transaction():
            ours, changed = make_agency(), make_agency()
        with transaction(reads_first=True) as session:
            session.get_one(Agency, ours.id, populate_existing=True)
            other.execute("UPDATE agency SET phone = 'Meanwhile'")
            changed.state = AgencyState.CLOSED
            change(session)
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("UPDATE agency SET phone = 'Too late'")
            assert changed.state is AgencyState.CLOSED
            assert "phone" not in ours.__dict__, "what was read before is read anew"
        with transaction(reads_first=True) as session:
            session.get_one(Agency, ours.id, populate_existing=True)
            change(session)
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("UPDATE agency SET phone = 'Too late'")
            assert "phone" in ours.__dict__, "nobody has stored anything meanwhile"


def _lose(before: Callable[[], object]) -> None:
    with suppress(Undo), savepoint():
        before()
        make_agency(name="Lost")
        raise Undo


def test_a_savepoint_from_before_the_writer_undoes_its_part_alone(sqlite_app: AdminOps) -> None:
    path = sqlite_app.extensions["settings"].home / "adminops.sqlite"
    with (
        sqlite_app.app_context(),
        closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as other,
        transaction(reads_first=True) as session,
        savepoint(),
    ):
        with savepoint():
            session.scalar(select(Agency.id))
        _lose(lambda: other.execute("DELETE FROM agency"))  # nothing is changed here yet, so others may
        with savepoint():
            make_agency(name="Kept")
        _lose(lambda: None)
    assert _names(sqlite_app) == ["Kept"]


def test_who_reads_first_and_changes_nothing_has_stored_nothing(app: AdminOps) -> None:
    with app.app_context():
        before = writes_stored()
        with transaction(reads_first=True) as session:
            session.scalar(select(Agency.id))
        assert writes_stored() == before
        with transaction(reads_first=True):
            make_agency()
        assert writes_stored() == before + 1


def test_foreign_keys_are_checked(app: AdminOps) -> None:
    from adminops.identity.models import AgencyOrganization

    with app.app_context(), pytest.raises(IntegrityError), transaction() as session:
        session.add(AgencyOrganization(agency_id=4711, source_id=4711, organization_id="1"))


def test_a_forked_worker_takes_no_connection_along(app: AdminOps) -> None:
    """Otherwise parent and child would talk over each other on one line to PostgreSQL."""
    with app.app_context():
        with transaction(writes=False) as session:
            session.scalar(select(1))
        db.session.remove()
        idle = db.engine.pool.checkedin()  # type: ignore[attr-defined]
        assert idle >= 1
        child = os.fork()
        if child == 0:
            os._exit(db.engine.pool.checkedin())  # type: ignore[attr-defined]
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert db.engine.pool.checkedin() == idle  # type: ignore[attr-defined]
