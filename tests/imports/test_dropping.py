"""Drop folders: taken once they have stopped growing, filed with a report, never twice and never overwritten."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from adminops import clock
from adminops.app import AdminOps
from adminops.db import db, transaction
from adminops.hmis import sources
from adminops.hmis.intake.drops import entries_of
from adminops.hmis.models import HmisImport, ImportProblem
from adminops.identity.models import SYSTEM
from adminops.imports import dropping, jobs, operations, uploads
from tests.browsing import Desk
from tests.imports.conftest import Command, home_of, make_tight_source, people, run_jobs, states
from tests.make import make_admin

LATER = timedelta(minutes=1)


@pytest.fixture
def folder(app: AdminOps) -> Path:
    """The drop folder of a watched source."""
    with app.app_context(), transaction():
        make_tight_source(is_watched=True)
    found = home_of(app) / "drop" / "night-feed"
    for old in sorted(found.rglob("*"), reverse=True):
        old.rmdir() if old.is_dir() else old.unlink()
    found.mkdir(parents=True, exist_ok=True)
    return found


def _look(app: AdminOps, *, later: timedelta = timedelta(0)) -> None:
    with app.app_context(), clock.frozen_at(clock.now() + later):
        jobs.watch()


def _look_twice(app: AdminOps) -> None:
    _look(app)
    _look(app, later=LATER)


def _names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_an_export_is_taken_once_it_has_stopped_growing(app: AdminOps, folder: Path, tmp_path: Path) -> None:
    whole = people().zip(tmp_path / "night.zip").read_bytes()
    (folder / "night.zip").write_bytes(whole[: len(whole) // 2])
    _look_twice(app)
    assert states(app) == ["refused"]
    (folder / "night.zip").write_bytes(whole[: len(whole) // 2])
    _look(app)
    (folder / "night.zip").write_bytes(whole)
    _look(app, later=LATER)
    assert states(app) == ["refused"]
    _look(app, later=2 * LATER)
    assert states(app) == ["refused", "applied"]


def test_what_was_taken_lies_in_done_with_its_reports(app: AdminOps, folder: Path) -> None:
    people().zip(folder / "night.zip")
    _look_twice(app)
    assert _names(folder) == [
        ".looks.json", "done/1-night.zip", "done/1-night.zip.report.json", "done/1-night.zip.report.txt",
    ]  # fmt: skip
    report = json.loads((folder / "done" / "1-night.zip.report.json").read_text())
    assert (report["status"], report["files"]["Client.csv"]["added"]) == ("applied", 6)
    text = (folder / "done" / "1-night.zip.report.txt").read_text()
    assert text.startswith("Import 1 into Night feed: applied")
    assert "Lopez" not in text + json.dumps(report)


def test_a_folder_with_csv_files_is_an_export_and_other_files_are_let_be(app: AdminOps, folder: Path) -> None:
    people().folder(folder / "night")
    (folder / "readme.txt").write_text("x")
    (folder / "upload.zip.part").write_text("x")
    (folder / "empty").mkdir()
    _look_twice(app)
    assert states(app) == ["applied"]
    assert (folder / "done" / "1-night" / "Client.csv").exists()
    assert (folder / "readme.txt").exists()
    assert (folder / "upload.zip.part").exists()


def test_the_same_name_never_overwrites_what_came_before(app: AdminOps, folder: Path) -> None:
    for _ in range(2):
        people().zip(folder / "night.zip")
        _look_twice(app)
    assert states(app) == ["applied", "unchanged"]
    assert {"done/1-night.zip", "done/2-night.zip"} <= set(_names(folder))


def test_what_is_held_moves_on_with_the_decision(app: AdminOps, folder: Path) -> None:
    desk = Desk(app)
    with desk.work():
        admin = make_admin()
    visitor = desk.signed_in(admin)
    people(6, "2024-05-01").zip(folder / "first.zip")
    _look_twice(app)
    people(3, "2024-05-02").zip(folder / "second.zip")
    people(2, "2024-05-02").zip(folder / "third.zip")
    _look_twice(app)
    assert states(app) == ["applied", "held", "held"]
    assert {"held/2-second.zip", "held/3-third.zip"} <= set(_names(folder))
    visitor.post("/imports/3/cancel")
    visitor.post("/imports/2/approve")
    run_jobs(app)
    _look(app)
    assert [name for name in _names(folder) if name.startswith(("held", "refused"))] == [
        "refused/3-third.zip", "refused/3-third.zip.report.json", "refused/3-third.zip.report.txt",
    ]  # fmt: skip
    assert "done/2-second.zip" in _names(folder)


def test_what_is_no_export_is_refused_with_its_reason(app: AdminOps, folder: Path) -> None:
    (folder / "photo.zip").write_bytes(b"no zip at all")
    _look_twice(app)
    assert states(app) == ["refused"]
    assert "neither a zip file nor a folder" in (folder / "refused" / "1-photo.zip.report.txt").read_text()
    with app.app_context(), transaction(writes=False):
        assert [problem.file for problem in db.session.scalars(select(ImportProblem))] == ["photo.zip"]


def test_a_crash_between_taking_and_moving_takes_nothing_twice(
    app: AdminOps, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    people().zip(folder / "night.zip")
    _look(app)

    def killed(*_args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(dropping, "file_away", killed)
        with pytest.raises(KeyboardInterrupt):
            _look(app, later=LATER)
    assert (folder / "night.zip").exists()
    assert states(app) == ["applied"]
    _look(app, later=2 * LATER)
    assert states(app) == ["applied"]
    assert "done/1-night.zip" in _names(folder)


def test_what_grows_while_it_is_copied_waits_for_the_next_look(
    app: AdminOps, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    people().zip(folder / "night.zip")
    _look(app)
    copied = uploads.keep_copy

    def slow(path: Path, kept: Path) -> None:
        copied(path, kept)
        people(7).zip(path)

    with monkeypatch.context() as patched:
        patched.setattr(uploads, "keep_copy", slow)
        _look(app, later=LATER)
    assert states(app) == []
    _look(app, later=2 * LATER)
    _look(app, later=3 * LATER)
    assert states(app) == ["applied"]


def test_a_very_long_name_is_filed_too(app: AdminOps, folder: Path) -> None:
    people().zip(folder / f"{'n' * 240}.zip")
    _look_twice(app)
    assert states(app) == ["applied"]
    _look_twice(app)
    assert states(app) == ["applied"]


def test_a_crash_after_the_export_was_taken_in_runs_it_once(app: AdminOps, folder: Path) -> None:
    people().zip(folder / "night.zip")
    (entry,) = entries_of(folder)
    copy = uploads.taking_of(home_of(app), 1)
    uploads.keep_copy(entry.path, copy)
    with app.app_context(), transaction() as session:
        operations.take_in(entry, copy, source=sources.get_source(1), home=home_of(app), by=SYSTEM)
        session.flush()
    _look_twice(app)
    run_jobs(app)
    _look(app)
    assert states(app) == ["applied"]
    assert "done/1-night.zip" in _names(folder)


def test_a_folder_that_can_not_be_used_keeps_no_other_waiting(app: AdminOps, folder: Path) -> None:
    with app.app_context(), transaction():
        make_tight_source("A broken one", is_watched=True)
    (home_of(app) / "drop" / "a-broken-one").write_text("a file where a folder should be")
    people().zip(folder / "night.zip")
    _look_twice(app)
    assert states(app) == ["applied"]
    (home_of(app) / "drop" / "a-broken-one").unlink()


def test_a_source_that_is_not_watched_is_let_be(app: AdminOps, folder: Path) -> None:
    with app.app_context(), transaction():
        sources.change_source(sources.get_source(1), name="Night feed", is_watched=False)
    people().zip(folder / "night.zip")
    _look_twice(app)
    assert states(app) == []
    assert (folder / "night.zip").exists()


def test_the_command_looks_once_and_answers_for_machines(app: AdminOps, folder: Path, command: Command) -> None:
    people().zip(folder / "night.zip")
    first = command("hmis", "watch", "--once", "--json")
    assert (first.exit_code, json.loads(first.stdout)) == (0, [])
    with clock.frozen_at(clock.now() + LATER):
        second = command("hmis", "watch", "--once", "--json")
    (report,) = json.loads(second.stdout)
    assert (second.exit_code, report["status"], report["file"]) == (0, "applied", "night.zip")
    (folder / "photo.zip").write_bytes(b"no zip at all")
    command("hmis", "watch", "--once")
    with clock.frozen_at(clock.now() + LATER):
        assert command("hmis", "watch", "--once").exit_code == 4
    with app.app_context(), transaction(writes=False) as session:
        assert session.get_one(HmisImport, 2).way.value == "folder"
