"""Exports through the pages and on the command line: chosen, waited for, taken, and gone after an hour."""

import csv
import io
import json
import sqlite3
import threading
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask.cli import ScriptInfo
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

import wsgi
from adminops import clock
from adminops.app import AdminOps
from adminops.audit.models import AuditEntry
from adminops.hmis import sources
from adminops.hmis.intake import import_export
from adminops.hmis.intake.claims import alone
from adminops.hmis.models import Client, ExportOrder, OrderStatus
from adminops.identity.permissions import Role
from adminops.imports import exporting, jobs
from tests.browsing import Desk, Visitor
from tests.hmis.exports import SmallExport, whole_export
from tests.imports.conftest import Command, people
from tests.make import make_admin, make_user


def two_projects() -> SmallExport:
    export = whole_export().add("Project", ProjectID="P2", ProjectName="Second Step")
    return export.add_client("C9").add_stay("S9", "C9", ProjectID="P2", EntryDate="2023-02-01")


@pytest.fixture
def visitor(desk: Desk, tmp_path: Path) -> Visitor:
    """An administrator, where one source has records."""
    with desk.work():
        import_export(two_projects().zip(tmp_path / "in.zip"), source=sources.add_source("North HMIS"), by_id=None)
    with desk.work():
        admin = make_admin()
    return desk.signed_in(admin)


def write(desk: Desk) -> None:
    with desk.app.app_context():
        jobs.write_exports()


def rows(content: bytes, file: str) -> list[dict[str, str]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return list(csv.DictReader(io.StringIO(archive.read(file).decode(), newline="")))


def ordered(visitor: Visitor, desk: Desk, **chosen: Any) -> bytes:
    """Order an export, have it written, and take it."""
    page = visitor.post("/imports/export?source=1", chosen, follow=True)
    assert page.says("Waiting for its turn")
    write(desk)
    number = page.heading.removeprefix("Export ")
    ready = visitor.get(f"/imports/export/{number}")
    assert ready.says("It is ready")
    return visitor.post(f"/imports/export/{number}/file", status=200).body


def test_an_export_is_ordered_waited_for_taken_and_imports_again(visitor: Visitor, desk: Desk, tmp_path: Path) -> None:
    content = ordered(visitor, desk)
    (tmp_path / "out.zip").write_bytes(content)
    with desk.work():
        result = import_export(tmp_path / "out.zip", source=sources.add_source("Copy"), by_id=None)
    assert (result.status, len(result.problems)) == ("applied", 0)
    assert result.files["Client.csv"].added == 3
    with desk.look() as session:
        facts = list(
            session.scalars(select(AuditEntry.fact).where(AuditEntry.fact.like("Export%")).order_by(AuditEntry.id))
        )
    assert facts == ["ExportOrdered", "ExportWritten", "ExportFetched"]


def test_projects_a_period_and_hashes_can_be_chosen(visitor: Visitor, desk: Desk) -> None:
    page = visitor.get("/imports/export?source=1")
    assert page.says("Second Step · P2")
    content = ordered(visitor, desk, project_ids=["P2"], start="2023-01-01", end="2023-12-31", hashed="y")
    assert [row["PersonalID"] for row in rows(content, "Client.csv")] == ["C9"]
    assert len(rows(content, "Client.csv")[0]["LastName"]) == 64
    header = rows(content, "Export.csv")[0]
    assert (header["ExportStartDate"], header["ExportEndDate"], header["HashStatus"]) == (
        "2023-01-01",
        "2023-12-31",
        "4",
    )
    assert visitor.get("/imports/export/1").says("Names and SSNs Hashed")


def test_a_wrong_choice_is_said_at_its_field(visitor: Visitor) -> None:
    late = visitor.post("/imports/export?source=1", {"start": "2024-02-01", "end": "2024-01-01"}, status=422)
    assert late.says("The period ends before it begins.")
    visitor.post("/imports/export?source=1", {"project_ids": ["P77"]}, status=422)
    visitor.post("/imports/export?source=1", {"start": "soon"}, status=422)
    visitor.get("/imports/export?source=77", status=404)
    assert visitor.get("/imports/export?source=").says("Of which HMIS?")


def test_among_several_sources_one_is_chosen_first(visitor: Visitor, desk: Desk) -> None:
    with desk.work():
        sources.add_source("South HMIS")
    page = visitor.get("/imports/export")
    assert page.link("South HMIS").endswith("/imports/export?source=2")


def test_where_there_is_no_source_there_is_nothing_to_export(desk: Desk) -> None:
    with desk.work():
        admin = make_admin()
    assert desk.signed_in(admin).get("/imports/export").says("There is nothing to export yet")


def test_an_export_lies_there_for_its_owner_alone_and_for_an_hour(visitor: Visitor, desk: Desk) -> None:
    ordered(visitor, desk)
    home = desk.app.extensions["settings"].home
    path = exporting.file_of(home, 1)
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    (home / "exports" / "99").mkdir()
    write(desk)
    assert path.exists()
    assert not (home / "exports" / "99").exists(), "no order knows it"
    with clock.frozen_at(clock.now() + exporting.KEPT + timedelta(minutes=1)):
        write(desk)
    assert not path.parent.exists()
    assert visitor.get("/imports/export/1").says("It was removed again.")
    visitor.post("/imports/export/1/file", status=409)
    assert visitor.get("/imports/export?source=1").says("removed again")


def test_nobody_sees_or_takes_the_export_of_somebody_else(visitor: Visitor, desk: Desk) -> None:
    ordered(visitor, desk)
    with desk.work():
        other, agent = make_admin(), make_user(Role.HELP_DESK)
    for person, status in ((other, 404), (agent, 403)):
        stranger = desk.signed_in(person)
        stranger.get("/imports/export/1", status=status)
        stranger.post("/imports/export/1/file", status=status)
    desk.signed_in(agent).get("/imports/export", status=403)


def test_an_export_that_fails_says_so_and_the_next_one_is_written(visitor: Visitor, desk: Desk) -> None:
    visitor.post("/imports/export?source=1", {"project_ids": ["P2"]})
    visitor.post("/imports/export?source=1", {})
    with desk.work() as session:
        session.get_one(ExportOrder, 1).project_ids = ["P77"]
    write(desk)
    assert visitor.get("/imports/export/1").says("North HMIS has no project P77.")
    assert visitor.get("/imports/export/2").says("It is ready")


def test_an_export_that_kills_its_process_is_given_up(visitor: Visitor, desk: Desk) -> None:
    visitor.post("/imports/export?source=1", {})
    with desk.work() as session:
        session.get_one(ExportOrder, 1).starts = exporting.MOST_STARTS
    write(desk)
    with desk.look() as session:
        assert session.get_one(ExportOrder, 1).status is OrderStatus.FAILED
    assert visitor.get("/imports/export/1").says("It was not written.")


def order_of(desk: Desk) -> ExportOrder:
    with desk.look() as session:
        return session.get_one(ExportOrder, 1)


@pytest.mark.parametrize(("code", "starts"), [(sqlite3.SQLITE_BUSY, [0, 0, 0, 0]), (sqlite3.SQLITE_FULL, [1, 2, 3, 3])])
def test_trouble_with_the_database_leaves_an_order_waiting(
    visitor: Visitor, desk: Desk, monkeypatch: pytest.MonkeyPatch, code: int, starts: list[int]
) -> None:
    def fail(*_: object, **__: object) -> None:
        trouble = sqlite3.OperationalError("trouble")
        trouble.sqlite_errorcode = code
        raise OperationalError("", {}, trouble)

    visitor.post("/imports/export?source=1", {})
    with monkeypatch.context() as patched:
        patched.setattr(exporting, "write_export", fail)
        for number, counted in enumerate(starts):
            write(desk)
            is_waiting = order_of(desk).status is OrderStatus.WAITING
            assert (order_of(desk).starts, is_waiting) == (counted, number < 3 or counted == 0)
    write(desk)
    assert order_of(desk).status is (OrderStatus.READY if code == sqlite3.SQLITE_BUSY else OrderStatus.FAILED)


def test_an_order_is_written_by_one_process_and_once(
    visitor: Visitor, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.post("/imports/export?source=1", {})
    home = desk.app.extensions["settings"].home
    with alone(exporting.folder_of(home, 1) / "claim", otherwise="Busy."):
        write(desk)
    assert (order_of(desk).status, order_of(desk).starts) == (OrderStatus.WAITING, 0)
    write(desk)
    with desk.app.app_context():
        assert not exporting._begin(1), "it was written meanwhile"
    assert (order_of(desk).status, order_of(desk).starts) == (OrderStatus.READY, 1)


def test_an_export_that_is_begun_while_old_ones_are_removed_stays(
    visitor: Visitor, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = desk.app.extensions["settings"].home
    looked = Path.glob

    def order_meanwhile(self: Path, pattern: str) -> list[Path]:
        found = list(looked(self, pattern))
        (home / "exports" / "77").mkdir(parents=True)
        return found

    monkeypatch.setattr(Path, "glob", order_meanwhile)
    with desk.app.app_context():
        exporting._forget_old(home)
    assert (home / "exports" / "77").exists()
    (home / "exports" / "77").rmdir()


def test_a_source_of_which_nothing_was_taken_is_in_the_log_alone(
    visitor: Visitor, desk: Desk, tmp_path: Path, command: Command
) -> None:
    wrong, right = people(1).change("Export", ExportEndDate=""), people(1)
    for export, is_taken in ((wrong, False), (right, True)):
        done = command("hmis", "import", str(export.zip(tmp_path / "export.zip")), "--source", "Nroth HMIS")
        assert done.exit_code == (0 if is_taken else 4)
        for page in ("/imports/sources", "/imports/new", "/imports/export?source="):
            assert (b"Nroth HMIS" in visitor.get(page).body) is is_taken, page
        visitor.get("/imports/sources/2", status=200 if is_taken else 404)
        assert visitor.get("/imports").says("Nroth HMIS")
    assert command("hmis", "export", str(tmp_path / "out.zip"), "--source", "Nroth HMIS").exit_code == 0


def test_no_file_stays_whose_writing_could_not_be_written_down(
    visitor: Visitor, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("no audit")

    monkeypatch.setattr(exporting, "publish", fail)
    with desk.app.app_context(), pytest.raises(RuntimeError):
        exporting.write_store(tmp_path / "out.zip", source_id=1, by=exporting.SYSTEM)
    assert not (tmp_path / "out.zip").exists()


def test_pages_cost_few_statements(visitor: Visitor, desk: Desk, counted: Callable[[], int]) -> None:
    ordered(visitor, desk)
    for url in ("/imports/export?source=1", "/imports/export/1"):
        counted()
        visitor.get(url)
        assert counted() <= 12, url


# --- the command line ---


def command(app: AdminOps, *words: str) -> Result:
    return CliRunner().invoke(wsgi.cli, ["hmis", "export", *words], obj=ScriptInfo(create_app=lambda: app))


def test_the_command_line_writes_what_is_chosen(visitor: Visitor, app: AdminOps, tmp_path: Path) -> None:
    target = tmp_path / "out.zip"
    chosen = ("--project", "P2", "--start", "2023-01-01", "--end", "2023-12-31", "--hashed", "--json")
    written = json.loads(command(app, str(target), "--source", "North HMIS", *chosen).stdout)
    assert (written["rows"]["Client.csv"], written["rows"]["Project.csv"]) == (1, 1)
    assert target.stat().st_mode & 0o777 == 0o600
    assert len(rows(target.read_bytes(), "Client.csv")[0]["FirstName"]) == 64


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("--source", "Unheard of"), 1, "Unheard of"),
        (("--source", "North HMIS", "--project", "P77"), 1, "no project P77"),
        (("--source", "North HMIS", "--start", "2024-02-01", "--end", "2024-01-01"), 1, "ends before it begins"),
        (("--source", "North HMIS", "--start", "01/02/2024"), 2, "does not match"),
    ],
)
def test_a_wrong_command_ends_with_a_sentence_and_leaves_no_file(
    visitor: Visitor, app: AdminOps, tmp_path: Path, words: tuple[str, ...], code: int, says: str
) -> None:
    ended = command(app, str(tmp_path / "out.zip"), *words)
    assert (ended.exit_code, says in ended.output) == (code, True)
    assert not (tmp_path / "out.zip").exists()


def test_an_export_is_of_one_moment_and_nobody_waits_for_it(visitor: Visitor, desk: Desk, tmp_path: Path) -> None:
    """An import that is stored while an export is being written is in it wholly or not at all."""
    imported = []

    def import_meanwhile(_progress: object) -> None:
        if not imported:
            imported.append(1)
            more = two_projects().change("Export", 0, ExportDate="2024-04-02 06:00:00").add_client("C10")
            more.zip(tmp_path / "more.zip")
            done = CliRunner().invoke(
                wsgi.cli,
                ["hmis", "import", str(tmp_path / "more.zip"), "--source", "North HMIS", "--json"],
                obj=ScriptInfo(create_app=lambda: desk.app),
            )
            assert done.exit_code == 0, done.output

    def in_another_thread(progress: object) -> None:
        thread = threading.Thread(target=import_meanwhile, args=(progress,))
        thread.start()
        thread.join()

    with desk.app.app_context():
        exporting.write_store(tmp_path / "out.zip", source_id=1, tell=in_another_thread, by=exporting.SYSTEM)
    assert imported
    assert [row["PersonalID"] for row in rows((tmp_path / "out.zip").read_bytes(), "Client.csv")] == ["C1", "C2", "C9"]
    with desk.look() as session:
        assert len(session.scalars(select(Client)).all()) == 4
