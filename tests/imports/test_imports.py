"""Importing through the pages and on the command line: a result for each file, every refusal with its reason."""

import csv
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask.cli import ScriptInfo
from sqlalchemy import func, select

import wsgi
from adminops.app import AdminOps
from adminops.audit.models import AuditEntry
from adminops.db import db, transaction
from adminops.demo import write_export
from adminops.errors import Invalid
from adminops.hmis import sources
from adminops.hmis.models import Client, HmisImport, ImportStatus
from adminops.identity.permissions import Role
from adminops.imports import jobs, operations, uploads
from tests.browsing import Desk
from tests.make import make_admin, make_user


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """A small valid export as a zip."""
    target = tmp_path / "export.zip"
    write_export(target, clients=40, seed=5, today=date(2026, 11, 1))
    return target


def _upload(path: Path, source: str = "Test HMIS") -> dict[str, Any]:
    return {"source": source, "export": (io.BytesIO(path.read_bytes()), path.name)}


def _run(app: AdminOps) -> None:
    with app.app_context():
        jobs.run_waiting()


def _clients(desk: Desk) -> int:
    with desk.look() as session:
        return session.scalar(select(func.count(Client.id))) or 0


def test_an_administrator_uploads_an_export_and_sees_what_happened(desk: Desk, export: Path) -> None:
    with desk.work():
        admin = make_admin()
    visitor = desk.signed_in(admin)
    waiting = visitor.post("/imports/new", _upload(export), follow=True, content_type="multipart/form-data")
    assert waiting.says("Waiting for its turn")
    asked_again = {"HX-Request": "true"}
    assert "HX-Refresh" not in visitor.get("/imports/1", headers=asked_again).response.headers
    _run(desk.app)
    done = visitor.get("/imports/1", headers=asked_again)
    assert done.response.headers["HX-Refresh"] == "true", "what stands around the panel tells of it, too"
    assert done.says("Applied.")
    assert done.says("Client.csv 40 40")
    assert visitor.get("/imports").says("export.zip")
    assert _clients(desk) == 40


def test_the_same_export_twice_changes_nothing_and_says_so(desk: Desk, export: Path) -> None:
    with desk.work():
        admin = make_admin()
    visitor = desk.signed_in(admin)
    for _ in range(2):
        visitor.post("/imports/new", _upload(export), content_type="multipart/form-data")
        _run(desk.app)
    assert visitor.get("/imports/2").says("Unchanged.")


def test_the_upload_is_gone_when_the_import_is_done(desk: Desk, export: Path) -> None:
    with desk.work():
        admin = make_admin()
    desk.signed_in(admin).post("/imports/new", _upload(export), content_type="multipart/form-data")
    home = desk.app.extensions["settings"].home
    assert uploads.upload_of(home, 1).exists()
    _run(desk.app)
    assert not uploads.folder_of(home, 1).exists()


def test_what_is_no_zip_is_refused_at_the_field_and_leaves_nothing(desk: Desk, tmp_path: Path) -> None:
    with desk.work():
        admin = make_admin()
    visitor = desk.signed_in(admin)
    file = tmp_path / "photo.zip"
    file.write_bytes(b"\x89PNG and more")
    page = visitor.post("/imports/new", _upload(file), status=422, content_type="multipart/form-data")
    assert page.says("That is no HMIS export.")
    empty = visitor.post("/imports/new", {"source": ""}, status=422, content_type="multipart/form-data")
    assert empty.says("Choose the export.")
    with desk.look() as session:
        assert session.scalar(select(func.count(HmisImport.id))) == 0


def test_the_csv_files_of_a_folder_are_an_export_too(desk: Desk, export: Path) -> None:
    with desk.work():
        admin = make_admin()
    visitor = desk.signed_in(admin)
    with zipfile.ZipFile(export) as archive:
        files = [(io.BytesIO(archive.read(name)), name) for name in archive.namelist()]
    sent = {"source": "Test HMIS", "export": files}
    visitor.post("/imports/new", sent, content_type="multipart/form-data")
    _run(desk.app)
    assert visitor.get("/imports/1").says("24 CSV files into Test HMIS")
    assert _clients(desk) == 40
    mixed = {"source": "Test HMIS", "export": [(io.BytesIO(b"x"), "../../Client.csv"), (io.BytesIO(b"x"), "a.txt")]}
    visitor.post("/imports/new", mixed, status=422, content_type="multipart/form-data")


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (["a/Client.csv", "b/client.csv"], "There are two files named client.csv: choose the files of one export."),
        ([f"{'n' * 300}.csv", "Client.csv"], "That is no HMIS export."),
        (["Cli\x00ent.csv", "Exit.csv"], "That is no HMIS export."),
    ],
)
def test_files_that_can_not_be_kept_side_by_side_are_refused_at_the_field(
    desk: Desk, names: list[str], says: str
) -> None:
    with desk.work():
        sent = [uploads.Upload(name, io.BytesIO(b"x")) for name in names]
        source, home = sources.add_source("Test HMIS"), desk.app.extensions["settings"].home
        with pytest.raises(Invalid, match=says) as refused:
            operations.upload_export(sent, source=source, home=home, limit=1 << 20, by=make_admin())
    assert refused.value.field == "export"


def test_a_zip_of_a_name_that_no_database_takes_is_kept_under_another(desk: Desk, export: Path) -> None:
    with desk.work():
        sent = [uploads.Upload(f"a\x00b\udce4{'n' * 300}.zip", io.BytesIO(export.read_bytes()))]
        source, home = sources.add_source("Test HMIS"), desk.app.extensions["settings"].home
        operations.upload_export(sent, source=source, home=home, limit=1 << 20, by=make_admin())
    with desk.look() as session:
        assert session.get_one(HmisImport, 1).file_name == f"a?b?{'n' * 196}"


def test_a_source_that_an_upload_adds_is_on_the_audit_trail(desk: Desk, export: Path) -> None:
    with desk.work():
        admin = make_admin()
    for _ in range(2):
        desk.signed_in(admin).post("/imports/new", _upload(export), content_type="multipart/form-data")
    with desk.look() as session:
        facts = session.scalars(select(AuditEntry.fact).where(AuditEntry.about_kind == "source"))
        assert list(facts) == ["SourceChanged"]


def test_a_zip_that_is_no_export_is_refused_with_its_reason(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "holiday.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("beach.txt", "sand")
    with desk.work():
        admin = make_admin()
    visitor = desk.signed_in(admin)
    visitor.post("/imports/new", _upload(file), content_type="multipart/form-data")
    _run(desk.app)
    assert visitor.get("/imports/1").says("Refused: nothing was changed.")


def test_problems_are_listed_by_rule_and_handed_out_as_csv(desk: Desk, export: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.zip"
    with zipfile.ZipFile(export) as old, zipfile.ZipFile(broken, "w") as new:
        for name in old.namelist():
            text = old.read(name).decode()
            new.writestr(name, text + "too,few\r\n" if name == "Client.csv" else text)
    with desk.work():
        admin = make_admin()
    visitor = desk.signed_in(admin)
    visitor.post("/imports/new", _upload(broken), content_type="multipart/form-data")
    _run(desk.app)
    assert visitor.get("/imports/1").says("Client.csv, line 42")
    rows = list(csv.DictReader(io.StringIO(visitor.get("/imports/1/problems.csv").html)))
    assert any(row["file"] == "Client.csv" and row["line"] == "42" and row["severity"] == "error" for row in rows)
    assert _clients(desk) == 40


def test_an_import_that_fails_says_so_and_the_next_one_runs(desk: Desk, export: Path) -> None:
    with desk.work():
        admin = make_admin()
    visitor = desk.signed_in(admin)
    for _ in range(2):
        visitor.post("/imports/new", _upload(export), content_type="multipart/form-data")
    uploads.upload_of(desk.app.extensions["settings"].home, 1).unlink()
    _run(desk.app)
    with desk.look() as session:
        states = [record.status for record in session.scalars(select(HmisImport).order_by(HmisImport.id))]
    assert states[0] in (ImportStatus.REFUSED, ImportStatus.FAILED)
    assert states[1] is ImportStatus.APPLIED


def test_only_those_who_may_import_see_imports(desk: Desk) -> None:
    with desk.work():
        agent = make_user(Role.HELP_DESK)
    visitor = desk.signed_in(agent)
    for url in ("/imports", "/imports/new", "/imports/1", "/imports/1/problems.csv"):
        visitor.get(url, status=403)


def test_an_unknown_import_is_a_404_page(desk: Desk) -> None:
    with desk.work():
        admin = make_admin()
    desk.signed_in(admin).get("/imports/77", status=404)
    desk.signed_in(admin).get("/imports/77/problems.csv", status=404)


def test_pages_cost_few_statements(desk: Desk, export: Path, counted: Callable[[], int]) -> None:
    with desk.work():
        admin = make_admin()
    visitor = desk.signed_in(admin)
    visitor.post("/imports/new", _upload(export), content_type="multipart/form-data")
    _run(desk.app)
    for url in ("/imports", "/imports/1"):
        counted()
        visitor.get(url)
        assert counted() <= 12, url


def _command(app: AdminOps, *words: str) -> Result:
    return CliRunner().invoke(wsgi.cli, list(words), obj=ScriptInfo(create_app=lambda: app))


def test_the_command_line_imports_and_answers_for_machines(app: AdminOps, export: Path) -> None:
    dry = _command(app, "hmis", "import", str(export), "--source", "Night feed", "--dry-run", "--json")
    assert (dry.exit_code, json.loads(dry.stdout)["files"]["Client.csv"]["added"]) == (0, 40)
    with app.app_context(), transaction(writes=False):
        assert db.session.scalar(select(func.count(Client.id))) == 0
    first = json.loads(_command(app, "hmis", "import", str(export), "--source", "Night feed", "--json").stdout)
    again = json.loads(_command(app, "hmis", "import", str(export), "--source", "Night feed", "--json").stdout)
    assert (first["status"], again["status"]) == ("applied", "unchanged")
    assert set(first["files"]["Client.csv"]) == {
        "read", "added", "updated", "unchanged", "removed", "restored", "rejected",
    }  # fmt: skip
    listed = json.loads(_command(app, "hmis", "imports", "--json").stdout)
    assert [row["status"] for row in listed] == ["unchanged", "applied"]


def test_the_command_line_refuses_with_a_reason_and_its_own_exit_code(app: AdminOps, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no export")
    refused = _command(app, "hmis", "import", str(tmp_path), "--source", "Night feed", "--json")
    assert (refused.exit_code, json.loads(refused.stdout)["status"]) == (4, "refused")
    assert _command(app, "hmis", "import", str(tmp_path / "nothing"), "--source", "x").exit_code == 2


def test_checking_needs_no_database(app: AdminOps, export: Path, tmp_path: Path) -> None:
    problems = tmp_path / "problems.csv"
    checked = _command(app, "hmis", "check", str(export), "--json", "--problems", str(problems))
    assert (checked.exit_code, json.loads(checked.stdout)["status"]) == (0, "applied")
    assert problems.read_text().startswith("severity,rule,file")


def test_a_trial_has_the_same_limit_as_an_import(app: AdminOps, export: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(export, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("notes.txt", b"x" * (1 << 20))
    limited = replace(app.extensions["settings"], unpacked_limit_mb=1)
    monkeypatch.setitem(app.extensions, "settings", limited)
    monkeypatch.setenv("ADMINOPS_UNPACKED_LIMIT_MB", "1")
    for words in (["check"], ["import", "--source", "Night feed", "--dry-run"], ["import", "--source", "Night feed"]):
        tried = _command(app, "hmis", *words, str(export), "--json")
        assert (tried.exit_code, "over the limit" in json.loads(tried.stdout)["sentence"]) == (4, True), words


def test_the_command_line_writes_an_export(app: AdminOps, export: Path, tmp_path: Path) -> None:
    _command(app, "hmis", "import", str(export), "--source", "Night feed")
    target = tmp_path / "out.zip"
    written = _command(app, "hmis", "export", str(target), "--source", "Night feed", "--json")
    assert json.loads(written.stdout)["rows"]["Client.csv"] == 40
    assert _command(app, "hmis", "export", str(target), "--source", "Unheard of").exit_code == 1
