"""Looks into drop folders side by side and in trouble: nothing is taken twice, and nothing keeps the rest waiting."""

import json
import sqlite3
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from adminops import clock
from adminops.app import AdminOps
from adminops.db import transaction
from adminops.hmis import sources
from adminops.hmis.intake import drops
from adminops.hmis.intake.claims import alone
from adminops.hmis.models import HmisImport, ImportStatus
from adminops.identity.models import SYSTEM
from adminops.imports import dropping, jobs, operations, uploads
from tests.imports.conftest import Command, home_of, make_tight_source, people, run_jobs, states

LATER = timedelta(minutes=1)


@pytest.fixture
def folder(app: AdminOps) -> Path:
    """The drop folder of a watched source, new and empty."""
    with app.app_context(), transaction():
        source = make_tight_source("Day feed", is_watched=True)
        source.drop_folder = f"day-feed-{clock.now():%H%M%S%f}"
        found = home_of(app) / "drop" / source.drop_folder
    found.mkdir(parents=True)
    return found


def look(app: AdminOps, *, later: timedelta = timedelta(0)) -> list[int]:
    with app.app_context(), clock.frozen_at(clock.now() + later):
        return jobs.watch()


def look_twice(app: AdminOps) -> list[int]:
    return look(app) + look(app, later=LATER)


def moved(folder: Path, place: str) -> list[str]:
    return sorted(path.name for path in (folder / place).glob("*") if ".report." not in path.name)


def test_an_export_that_can_not_be_read_keeps_no_other_waiting(
    app: AdminOps, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = uploads.keep_copy

    def refuse_the_first(path: Path, kept: Path) -> None:
        if path.name == "a.zip":
            raise PermissionError
        copied(path, kept)

    monkeypatch.setattr(uploads, "keep_copy", refuse_the_first)
    for name in ("a.zip", "b.zip"):
        people().zip(folder / name)
    look_twice(app)
    assert (states(app), moved(folder, "done")) == (["applied"], ["1-b.zip"])
    assert (folder / "a.zip").exists()


def test_an_export_that_can_not_be_moved_keeps_no_other_waiting(
    app: AdminOps, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filed = dropping.file_away

    def refuse_the_first(record: HmisImport, *words: object) -> None:
        if record.id == 1:
            raise PermissionError
        filed(record, *words)  # type: ignore[arg-type]

    for name in ("a.zip", "b.zip"):
        people().zip(folder / name)
    with monkeypatch.context() as patched:
        patched.setattr(dropping, "file_away", refuse_the_first)
        assert look_twice(app) == [2]
    assert look(app) == [1]
    assert (states(app), moved(folder, "done")) == (["applied", "unchanged"], ["1-a.zip", "2-b.zip"])


def test_a_name_is_cut_by_its_bytes_and_not_inside_a_letter(app: AdminOps, folder: Path) -> None:
    people().zip(folder / f"x{'𝔑' * 60}.zip")
    look_twice(app)
    assert moved(folder, "done") == [f"1-{'𝔑' * 19}.zip"]


def test_what_ends_after_a_source_is_no_longer_watched_is_filed_too(app: AdminOps, folder: Path) -> None:
    people().zip(folder / "first.zip")
    look_twice(app)
    people(2, "2024-05-02").zip(folder / "second.zip")
    look_twice(app)
    with app.app_context(), transaction() as session:
        sources.change_source(sources.get_source(1), name="Day feed", is_watched=False)
        operations.cancel_import(session.get_one(HmisImport, 2), home=home_of(app), by=SYSTEM)
    assert look(app) == [2]
    assert (moved(folder, "held"), moved(folder, "refused")) == ([], ["2-second.zip"])


def test_two_processes_do_not_look_into_one_folder_at_once(app: AdminOps, folder: Path) -> None:
    people().zip(folder / "night.zip")
    look(app)
    with alone(home_of(app) / "imports" / "drop-1.lock", otherwise="Busy."):
        assert look(app, later=LATER) == []
    assert states(app) == []
    assert look(app, later=LATER) == [1]
    assert states(app) == ["applied"]


def test_an_export_is_copied_while_others_can_write(
    app: AdminOps, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied, wrote = uploads.keep_copy, []

    def write_meanwhile(path: Path, kept: Path) -> None:
        with transaction():
            wrote.append(sources.add_source("Another").id)
        copied(path, kept)

    monkeypatch.setattr(uploads, "keep_copy", write_meanwhile)
    people().zip(folder / "night.zip")
    assert look_twice(app) == [1]
    assert wrote == [2]


def test_a_copy_that_a_killed_process_left_is_removed(app: AdminOps, folder: Path) -> None:
    left = uploads.taking_of(home_of(app), 1)
    uploads.keep_copy(people().zip(folder / "night.zip"), left)
    look(app)
    assert not left.exists()


def test_a_copy_that_was_left_goes_though_its_source_is_watched_no_more(app: AdminOps, folder: Path) -> None:
    left = uploads.taking_of(home_of(app), 1)
    uploads.keep_copy(people().zip(folder / "night.zip"), left)
    with app.app_context(), transaction():
        sources.change_source(sources.get_source(1), name="Day feed", is_watched=False)
    with alone(home_of(app) / "imports" / "drop-1.lock", otherwise="Busy."):
        look(app)
    assert left.exists(), "whoever looks into the folder may be copying"
    look(app)
    assert not left.exists()


def test_the_job_takes_and_files_but_leaves_it_to_another_to_run_what_waits(app: AdminOps, folder: Path) -> None:
    def look_as_the_job() -> list[str]:
        with app.app_context(), clock.frozen_at(clock.now() + LATER):
            jobs.look_into_drop_folders()
        return states(app)

    people().zip(folder / "night.zip")
    look(app)
    assert look_as_the_job() == ["queued"]
    run_jobs(app)
    assert moved(folder, "done") == []
    assert look_as_the_job() == ["applied"]
    assert moved(folder, "done") == ["1-night.zip"]


def test_a_look_runs_what_waits_and_tells_what_it_filed(app: AdminOps, folder: Path) -> None:
    people().zip(folder / "first.zip")
    look_twice(app)
    people(2, "2024-05-02").zip(folder / "second.zip")
    assert look_twice(app) == [2]
    with app.app_context(), transaction() as session:
        operations.approve_import(session.get_one(HmisImport, 2), home=home_of(app), by=SYSTEM)
    assert look(app) == [2], "nothing new was dropped, and yet it was run and filed"
    assert states(app) == ["applied", "applied"]


def test_drop_folders_are_private(app: AdminOps, folder: Path) -> None:
    (folder / "held").mkdir(mode=0o777)
    (folder / "held").chmod(0o777)
    people().zip(folder / "night.zip")
    look_twice(app)
    made = [
        path for path in folder.rglob("*") if path.is_dir() or ".report." in path.name or path.name == ".looks.json"
    ]
    assert len(made) == 6
    assert [path.name for path in made if path.stat().st_mode & 0o007] == []
    with app.app_context(), transaction() as session:
        session.get_one(HmisImport, 1).source.drop_folder = new = f"{folder.name}-2"
    look(app)
    assert not (folder.parent / new).stat().st_mode & 0o007


def test_the_doctor_names_what_nobody_takes_and_nothing_else(
    app: AdminOps, folder: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def doctor(*, later: timedelta) -> list[str]:
        with clock.frozen_at(clock.now() + later):
            told = json.loads(command("doctor", "--json").stdout)
        return [finding["says"] for finding in told if finding["about"] == "drop folder"]

    folder.chmod(0o770)
    for name in ("a.zip", "b\n.zip"):
        people().zip(folder / name)
    (folder / "readme.txt").write_text("x")
    (folder / "empty").mkdir()
    hour = timedelta(minutes=61)
    assert doctor(later=timedelta(0)) == []
    assert doctor(later=hour) == [f"In {folder} lies for over an hour what was not taken: a.zip, b?.zip."]
    with app.app_context(), transaction() as session:
        session.add(HmisImport(source_id=1, file_name="a.zip", dropped="a.zip", queued_at=clock.now()))
    assert doctor(later=hour) == [f"In {folder} lies for over an hour what was not taken: b?.zip."]
    folder.chmod(0o775)
    assert f"Other users can look into {folder}." in doctor(later=hour)

    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(drops, "_export_at", refuse)
    assert "a.zip" not in "".join(doctor(later=hour)), "it is being taken"
    assert "b?.zip, empty, readme.txt" in "".join(doctor(later=hour)), "nobody can tell what can't be read"


# --- the command ---


@pytest.mark.parametrize(
    ("ended", "code"),
    [
        (("failed", "refused", "held", "applied"), 1),
        (("refused", "held", "applied"), 4),
        (("held", "applied"), 3),
        (("cancelled", "applied"), 0),
    ],
)
def test_the_exit_code_is_that_of_the_worst(
    app: AdminOps, folder: Path, command: Command, ended: tuple[str, ...], code: int
) -> None:
    now = clock.now()
    with app.app_context(), transaction() as session:
        for status in ended:
            values = {"source_id": 1, "file_name": "x.zip", "dropped": "x.zip", "queued_at": now}
            session.add(HmisImport(status=ImportStatus(status), **values))
    assert command("hmis", "watch", "--once").exit_code == code


def test_watching_goes_on_when_the_database_does_not_answer_and_says_nothing_about_nothing(
    app: AdminOps, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []

    def away() -> list[int]:
        looks.append(1)
        if len(looks) == 2:
            raise OperationalError("", {}, sqlite3.OperationalError("gone"))
        return []

    def enough(_seconds: float) -> None:
        if len(looks) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(jobs, "watch", away)
    monkeypatch.setattr(time, "sleep", enough)
    ended = command("hmis", "watch", "--json")
    assert (len(looks), ended.stdout) == (3, "")
    assert "The database can't be used" in ended.stderr
    assert json.loads(command("hmis", "watch", "--once", "--json").stdout) == []
