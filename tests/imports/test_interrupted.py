"""Imports whose process was killed: found at the next start, said, and resumed or discarded; never taken twice."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select

from adminops.app import AdminOps
from adminops.db import db, transaction
from adminops.errors import Conflict
from adminops.hmis.intake.claims import claimed, is_claimed
from adminops.hmis.models import Client, HmisImport, ImportStatus, ImportWay
from adminops.identity.models import SYSTEM
from adminops.imports import jobs, operations, uploads
from tests.browsing import Desk
from tests.imports.conftest import Command, home_of, people, run_jobs, states
from tests.make import make_admin

KILLED_IN_THE_MIDST = """
import os, signal, sys
import wsgi
from adminops.hmis.intake import applying
from adminops.settings import Settings

whole = applying.Intake.run
def run(self):
    whole(self)
    os.kill(os.getpid(), signal.SIGKILL)
applying.Intake.run = run
sys.argv = ["adminops", *sys.argv[1:]]
wsgi.cli()
"""


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


def test_a_command_that_fails_does_not_stay_running(
    app: AdminOps, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(operations, "finish_here", broken)
    command("hmis", "import", str(people().zip(tmp_path / "night.zip")), "--source", "Night feed")
    assert states(app) == ["failed"]


def test_a_command_killed_for_real_changes_nothing_and_the_next_one_says_so(
    sqlite_app: AdminOps, tmp_path: Path
) -> None:
    home = home_of(sqlite_app)
    night = people().zip(tmp_path / "night.zip")
    environment = {**os.environ, "ADMINOPS_ENVIRONMENT": "test", "ADMINOPS_HOME": str(home)}
    words = [sys.executable, "-c", KILLED_IN_THE_MIDST, "hmis", "import", str(night), "--source", "Night feed"]
    killed = subprocess.run(words, env=environment, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()[-2000:]
    assert states(sqlite_app) == ["running"]
    assert _clients(sqlite_app) == 0
    again = subprocess.run(
        [sys.executable, "-c", "import wsgi; wsgi.cli()", "hmis", "import", str(night), "--source", "Night feed"],
        env=environment, capture_output=True, check=False,
    )  # fmt: skip
    assert again.returncode == 0, again.stderr.decode()[-2000:]
    assert b"import was interrupted" in again.stdout + again.stderr
    assert states(sqlite_app) == ["failed", "applied"]
    assert _clients(sqlite_app) == 6


def test_the_doctor_says_what_was_interrupted_and_what_waits(app: AdminOps, command: Command, tmp_path: Path) -> None:
    _begun(app, people().zip(tmp_path / "night.zip"), kept=False)
    assert "Import 1 was interrupted" in command("doctor").stdout
    run_jobs(app)
    assert "Import 1 was interrupted" in command("doctor").stdout
    with app.app_context(), transaction() as session:
        record = session.get_one(HmisImport, 1)
        record.status, record.interrupted_at = ImportStatus.HELD, None
    assert "1 import waits for approval" in command("doctor").stdout
