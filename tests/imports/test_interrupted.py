"""Imports whose process was killed: found at the next start, said, and resumed or discarded; never taken twice."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError

from adminops import clock
from adminops.app import AdminOps
from adminops.db import db, transaction
from adminops.errors import Conflict
from adminops.hmis.intake.claims import claimed, is_claimed
from adminops.hmis.models import Client, HmisImport, HmisSource, ImportStatus, ImportWay
from adminops.identity.models import SYSTEM
from adminops.imports import jobs, operations, uploads
from tests.browsing import Desk
from tests.hmis.test_undo import dump
from tests.imports.conftest import Command, home_of, people, run_jobs, states
from tests.make import make_admin

KILLED_AT = """
import os, signal, sys
import wsgi
from adminops.hmis.intake import bulk, undoing

left = int(sys.argv.pop(1))
def killing(work):
    def done(*words, **options):
        global left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return work(*words, **options)
    return done
for name in ("span", "insert_new", "update", "learn_sizes"):
    setattr(bulk.Bulk, name, killing(getattr(bulk.Bulk, name)))
undoing._restore = killing(undoing._restore)
undoing._restore_source = killing(undoing._restore_source)
wsgi.cli()
"""
"""`adminops …`, killed at the n-th step of its work on the store."""


def _killed_at(app: AdminOps, moment: int, *words: str) -> "subprocess.CompletedProcess[bytes]":
    settings = app.extensions["settings"]
    where = {"ADMINOPS_HOME": str(settings.home), "ADMINOPS_DATABASE_URL": settings.database}
    environment = {**os.environ, "ADMINOPS_ENVIRONMENT": "test", **where}
    command = [sys.executable, "-c", KILLED_AT, str(moment), *words]
    return subprocess.run(command, env=environment, capture_output=True, check=False)


def _begun(app: AdminOps, path: Path, *, kept: bool) -> None:
    """Leave an import behind as a process does that is killed while it runs."""
    with app.app_context(), transaction():
        source = operations.source_for("Night feed", by=SYSTEM)
        record = operations.begin_import(path, source=source, by=SYSTEM)
        if kept:
            record.way = ImportWay.PAGE
            uploads.keep_copy(path, uploads.folder_of(home_of(app), record.id))


def _clients(app: AdminOps) -> int:
    with app.app_context(), transaction(writes=False):
        return db.session.scalar(select(func.count(Client.id))) or 0


def test_a_killed_command_is_discarded_at_the_next_start_and_says_so(desk: Desk, tmp_path: Path) -> None:
    _begun(desk.app, people().zip(tmp_path / "night.zip"), kept=False)
    run_jobs(desk.app)
    assert states(desk.app) == ["failed"]
    with desk.work():
        admin = make_admin()
    page = desk.signed_in(admin).get("/imports/1")
    assert page.says("The command that took this export was stopped before it was done. Nothing was changed")
    assert page.says("Interrupted")
    assert _clients(desk.app) == 0


def test_a_killed_upload_is_resumed_at_the_next_start_and_says_so(desk: Desk, tmp_path: Path) -> None:
    _begun(desk.app, people().zip(tmp_path / "night.zip"), kept=True)
    run_jobs(desk.app)
    assert states(desk.app) == ["applied"]
    assert _clients(desk.app) == 6
    with desk.work():
        admin = make_admin()
    assert desk.signed_in(admin).get("/imports/1").says("and the import was begun again.")


def test_an_import_that_runs_is_not_taken_for_interrupted(app: AdminOps, tmp_path: Path) -> None:
    _begun(app, people().zip(tmp_path / "night.zip"), kept=False)
    with claimed(home_of(app), 1):
        assert is_claimed(home_of(app), 1)
        run_jobs(app)
        assert states(app) == ["running"]
    assert not is_claimed(home_of(app), 1)


def test_one_import_of_a_source_runs_at_a_time(app: AdminOps, command: Command, tmp_path: Path) -> None:
    night = people().zip(tmp_path / "night.zip")
    assert command("hmis", "import", str(night), "--source", "Night feed").exit_code == 0
    with claimed(home_of(app), 1), pytest.raises(Conflict), claimed(home_of(app), 1):
        pass
    with claimed(home_of(app), 1):
        with app.app_context(), db.engine.begin() as other:  # who imports writes: on SQLite nobody else can meanwhile
            other.execute(update(HmisSource).values(vendor="ClientTrack"))
            refused = command("hmis", "import", str(night), "--source", "Night feed")
        assert (refused.exit_code, states(app)) == (1, ["applied"])
        assert "Another import into this source is running" in refused.stderr
        assert command("hmis", "import", str(night), "--source", "Day feed").exit_code == 0


def test_an_upload_that_kills_its_process_again_and_again_is_given_up(app: AdminOps, tmp_path: Path) -> None:
    _begun(app, people().zip(tmp_path / "night.zip"), kept=True)
    with app.app_context(), transaction() as session:
        session.get_one(HmisImport, 1).starts = jobs.MOST_STARTS
    run_jobs(app)
    assert states(app) == ["failed"]


def _fails(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def run(*_words: object, **_options: object) -> None:
        trouble = sqlite3.OperationalError("trouble")
        trouble.sqlite_errorcode = code
        raise OperationalError("", {}, trouble)

    monkeypatch.setattr(operations, "run_import", run)


@pytest.mark.parametrize(("code", "starts"), [(sqlite3.SQLITE_BUSY, [0, 0, 0, 0]), (sqlite3.SQLITE_FULL, [1, 2, 3, 3])])
def test_a_start_counts_unless_somebody_elses_lock_ended_it(
    app: AdminOps, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, starts: list[int]
) -> None:
    _begun(app, people().zip(tmp_path / "night.zip"), kept=True)
    _fails(monkeypatch, code)
    counted = []
    for _ in starts:
        run_jobs(app)
        with app.app_context(), transaction(writes=False) as session:
            counted.append(session.get_one(HmisImport, 1).starts)
    assert counted == starts
    assert states(app) == ["queued" if code == sqlite3.SQLITE_BUSY else "failed"]


def test_the_end_of_one_import_leaves_the_exports_of_others_alone(app: AdminOps, tmp_path: Path) -> None:
    for name in ("first.zip", "second.zip"):
        _begun(app, people().zip(tmp_path / name), kept=True)
    with app.app_context(), transaction() as session:
        session.get_one(HmisImport, 1).status = ImportStatus.HELD
    kept = uploads.folder_of(home_of(app), 1)
    long_ago = (clock.now() - timedelta(days=3)).timestamp()
    os.utime(kept, (long_ago, long_ago))
    run_jobs(app)
    assert states(app) == ["held", "applied"]
    assert uploads.upload_of(home_of(app), 1).exists()


def test_a_command_that_fails_does_not_stay_running(
    app: AdminOps, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(operations, "finish_here", broken)
    command("hmis", "import", str(people().zip(tmp_path / "night.zip")), "--source", "Night feed")
    assert states(app) == ["failed"]


def _store(app: AdminOps) -> dict[str, list[tuple[object, ...]]]:
    with app.app_context(), transaction(writes=False):
        return dump()


@pytest.mark.parametrize("moment", [0, 5, 9, 12])
def test_a_command_killed_for_real_changes_nothing_and_the_next_one_says_so(
    app: AdminOps, tmp_path: Path, command: Command, moment: int
) -> None:
    command("hmis", "import", str(people().zip(tmp_path / "first.zip")), "--source", "Night feed")
    before = _store(app)
    second = str(people(8, "2024-05-02").change("Client", 0, LastName="Vega").zip(tmp_path / "second.zip"))
    killed = _killed_at(app, moment, "hmis", "import", second, "--source", "Night feed")
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()[-2000:]
    assert states(app) == ["applied", "running"]
    assert _store(app) == before
    again = command("hmis", "import", second, "--source", "Night feed", "--json")
    assert again.exit_code == 0, again.stderr
    assert json.loads(again.stdout)["status"] == "applied"
    listed = json.loads(command("hmis", "imports", "--json").stdout)
    assert [bool(each["interrupted_at"]) for each in listed] == [False, True, False]
    assert "was stopped before it was done" in listed[1]["sentence"]
    assert states(app) == ["applied", "failed", "applied"]
    assert _clients(app) == 8


@pytest.mark.parametrize("moment", [0, 1, 2])
def test_an_undo_killed_for_real_undoes_nothing_and_can_be_done_again(
    app: AdminOps, tmp_path: Path, command: Command, moment: int
) -> None:
    command("hmis", "import", str(people().zip(tmp_path / "first.zip")), "--source", "Night feed")
    before = _store(app)
    second = (
        people(6, "2024-05-02").change("Client", 0, LastName="Vega").change("Enrollment", 0, MoveInDate="2024-02-03")
    )
    command("hmis", "import", str(second.zip(tmp_path / "second.zip")), "--source", "Night feed")
    after = _store(app)
    killed = _killed_at(app, moment, "hmis", "undo", "2")
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()[-2000:]
    assert _store(app) == after
    assert command("hmis", "undo", "2").exit_code == 0
    assert _store(app) == before


def test_the_doctor_says_what_was_interrupted_and_what_waits(app: AdminOps, command: Command, tmp_path: Path) -> None:
    _begun(app, people().zip(tmp_path / "night.zip"), kept=False)
    assert "Import 1 was interrupted" in command("doctor").stdout
    run_jobs(app)
    assert "Import 1 was interrupted" in command("doctor").stdout
    with app.app_context(), transaction() as session:
        record = session.get_one(HmisImport, 1)
        record.status, record.interrupted_at = ImportStatus.HELD, None
    assert "1 import waits for approval" in command("doctor").stdout
