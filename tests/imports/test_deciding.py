"""Held imports and applied ones: looked at, approved, cancelled, undone; on the pages and on the command line."""

import io
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from adminops import clock
from adminops.app import AdminOps
from adminops.audit.models import AuditEntry
from adminops.db import db, transaction
from adminops.hmis.models import Enrollment, HmisImport, HmisSource, ImportBefore
from adminops.identity.permissions import Role
from adminops.imports import jobs, uploads
from adminops.imports.operations.deciding import HELD_FOR
from tests.browsing import Desk, Visitor
from tests.imports.conftest import Command, home_of, make_tight_source, people, run_jobs, states
from tests.make import make_admin, make_user


def _send(visitor: Visitor, path: Path) -> None:
    sent: dict[str, Any] = {"source": "Night feed", "export": (io.BytesIO(path.read_bytes()), path.name)}
    visitor.post("/imports/new", sent, content_type="multipart/form-data")
    run_jobs(visitor.app)


def _at_work(desk: Desk, tmp_path: Path) -> Visitor:
    """An administrator with an import applied and a second one held."""
    with desk.work():
        make_tight_source()
        admin = make_admin()
    visitor = desk.signed_in(admin)
    _send(visitor, people(6, "2024-05-01").zip(tmp_path / "first.zip"))
    _send(visitor, people(3, "2024-05-02").zip(tmp_path / "second.zip"))
    return visitor


def _stays(app: AdminOps) -> int:
    with app.app_context(), transaction(writes=False):
        return db.session.scalar(select(func.count(Enrollment.id)).where(Enrollment.removed_at.is_(None))) or 0


def test_a_held_import_shows_its_brakes_and_what_it_would_change(desk: Desk, tmp_path: Path) -> None:
    page = _at_work(desk, tmp_path).get("/imports/2")
    assert page.says("Held: nothing was changed.")
    assert page.says("Enrollment.csv: 3 of 6 known rows would be removed (50 %; the brake is 10 %).")
    assert page.says("Harbor ShelterP1 – – 3")
    assert page.says("Enrollment.csvS5 Removed – Client C5")
    assert page.link("Client C5").startswith("/clients/")
    assert page.link("Approve") == "/imports/2/approve"
    assert _stays(desk.app) == 6
    assert uploads.upload_of(home_of(desk.app), 2).exists()


def test_the_log_says_that_an_import_waits_for_approval(desk: Desk, tmp_path: Path) -> None:
    visitor = _at_work(desk, tmp_path)
    assert visitor.get("/imports").says("1 import waits for approval. It was too odd to be taken unseen: import 2.")
    visitor.post("/imports/2/cancel")
    assert not visitor.get("/imports").says("for approval")


def test_an_approved_import_is_taken_and_its_upload_forgotten(desk: Desk, tmp_path: Path) -> None:
    visitor = _at_work(desk, tmp_path)
    assert visitor.get("/imports/2/approve").says("Take this import?")
    visitor.post("/imports/2/approve")
    run_jobs(desk.app)
    assert states(desk.app) == ["applied", "applied"]
    assert _stays(desk.app) == 3
    assert not uploads.folder_of(home_of(desk.app), 2).exists()
    visitor.post("/imports/2/approve", status=422)


def test_a_cancelled_import_changes_nothing_and_its_upload_is_forgotten(desk: Desk, tmp_path: Path) -> None:
    visitor = _at_work(desk, tmp_path)
    visitor.post("/imports/2/cancel")
    page = visitor.get("/imports/2")
    assert page.says("It was held and then cancelled.")
    assert page.says("Enrollment.csv: 3 of 6 known rows would be removed")
    assert _stays(desk.app) == 6
    assert not uploads.folder_of(home_of(desk.app), 2).exists()
    page = visitor.post("/imports/2/cancel", status=422)
    assert page.says("Only an import that is held can be cancelled.")


def test_after_another_import_approval_shows_the_difference_anew(desk: Desk, tmp_path: Path) -> None:
    visitor = _at_work(desk, tmp_path)
    _send(visitor, people(7, "2024-05-02").zip(tmp_path / "third.zip"))
    visitor.post("/imports/2/approve")
    run_jobs(desk.app)
    assert states(desk.app) == ["applied", "held", "applied"]
    page = visitor.get("/imports/2")
    assert page.says("Enrollment.csv: 4 of 7 known rows would be removed")
    assert page.says("The store has changed since it was held.")
    visitor.post("/imports/2/approve")
    run_jobs(desk.app)
    assert _stays(desk.app) == 3


def test_an_import_is_undone_on_its_page_and_the_one_before_it_after_it(desk: Desk, tmp_path: Path) -> None:
    visitor = _at_work(desk, tmp_path)
    visitor.post("/imports/2/approve")
    run_jobs(desk.app)
    assert visitor.get("/imports/1").says("It can’t be undone: Import 2 was applied after it: undo that first.")
    refused = visitor.post("/imports/1/undo", status=422)
    assert refused.says("Import 2 was applied after it: undo that first.")
    assert visitor.get("/imports/2/undo").says("Merges and programs set up here stay.")
    visitor.post("/imports/2/undo")
    assert visitor.get("/imports/2").says("Undone: the store is as it was before it.")
    assert _stays(desk.app) == 6
    visitor.post("/imports/1/undo")
    assert _stays(desk.app) == 0


def test_each_decision_is_on_the_audit_trail(desk: Desk, tmp_path: Path) -> None:
    visitor = _at_work(desk, tmp_path)
    visitor.post("/imports/2/cancel")
    _send(visitor, people(3, "2024-05-03").zip(tmp_path / "third.zip"))
    visitor.post("/imports/3/approve")
    run_jobs(desk.app)
    visitor.post("/imports/3/undo")
    with desk.look() as session:
        facts = set(session.scalars(select(AuditEntry.fact).where(AuditEntry.about_kind == "import")))
    assert {"ImportCancelled", "ImportApproved", "ImportUndone"} <= facts


def test_those_who_may_not_import_decide_nothing(desk: Desk, tmp_path: Path) -> None:
    _at_work(desk, tmp_path)
    with desk.work():
        helper = make_user(Role.HELP_DESK)
    agent = desk.signed_in(helper)
    for decision in ("approve", "cancel", "undo"):
        agent.get(f"/imports/2/{decision}", status=403)
        agent.post(f"/imports/2/{decision}", status=403)


def test_a_decision_about_an_unknown_import_is_a_404(desk: Desk) -> None:
    with desk.work():
        admin = make_admin()
    visitor = desk.signed_in(admin)
    for decision in ("approve", "cancel", "undo"):
        visitor.post(f"/imports/77/{decision}", status=404)


def test_what_is_held_for_too_long_is_cancelled_and_images_are_forgotten(desk: Desk, tmp_path: Path) -> None:
    _at_work(desk, tmp_path)
    with clock.frozen_at(clock.now() + HELD_FOR + timedelta(days=1)), desk.work() as session:
        jobs.forget_what_is_old()
        assert session.scalar(select(func.count()).select_from(ImportBefore)) == 0
    assert states(desk.app) == ["applied", "cancelled"]
    assert not uploads.folder_of(home_of(desk.app), 2).exists()


def test_pages_of_a_held_import_cost_few_statements(desk: Desk, tmp_path: Path, counted: Callable[[], int]) -> None:
    visitor = _at_work(desk, tmp_path)
    for url in ("/imports/2", "/imports/1", "/imports/2/approve", "/imports/sources", "/imports/sources/1"):
        counted()
        visitor.get(url)
        assert counted() <= 12, url


def _exit_of(command: Command, path: Path, *words: str) -> tuple[int, dict[str, Any]]:
    done = command("hmis", "import", str(path), "--source", "Night feed", "--json", *words)
    return done.exit_code, json.loads(done.stdout)


def test_the_command_line_holds_approves_and_undoes(app: AdminOps, command: Command, tmp_path: Path) -> None:
    with app.app_context(), transaction():
        make_tight_source()
    first = people(6, "2024-05-01").zip(tmp_path / "first.zip")
    second = people(3, "2024-05-02").folder(tmp_path / "second")
    assert _exit_of(command, first)[0] == 0
    code, dry = _exit_of(command, second, "--dry-run")
    assert (code, dry["status"], dry["brakes"][0]["file"]) == (3, "held", "Client.csv")
    code, held = _exit_of(command, second)
    assert (code, held["status"]) == (3, "held")
    assert uploads.upload_of(home_of(app), held["import_id"]).is_dir()
    approved = _exit_of(command, second, "--approve")[1]
    assert approved["status"] == "applied"
    assert states(app) == ["applied", "cancelled", "applied"]
    listed = json.loads(command("hmis", "imports", "--json").stdout)[1]["sentence"]
    assert listed == f"It was held. The same export was then taken as import {approved['import_id']}."
    assert not uploads.folder_of(home_of(app), held["import_id"]).exists()
    assert command("hmis", "undo", str(held["import_id"])).exit_code == 1
    undone = command("hmis", "undo", str(approved["import_id"]), "--json")
    expected = {"status": "undone", "import_id": approved["import_id"], "source": "Night feed"}
    assert json.loads(undone.stdout) == expected
    assert _stays(app) == 6
    assert command("hmis", "undo", "77").exit_code == 1
    assert command("hmis", "undo", "second").exit_code == command("hmis", "undo", "9" * 30).exit_code == 2


def test_what_a_command_had_held_is_approved_on_its_page(desk: Desk, tmp_path: Path, command: Command) -> None:
    with desk.work():
        make_tight_source()
        admin = make_admin()
    visitor = desk.signed_in(admin)
    _exit_of(command, people(6, "2024-05-01").zip(tmp_path / "first.zip"))
    second = people(3, "2024-05-02").folder(tmp_path / "second")
    _exit_of(command, second)
    visitor.post("/imports/2/approve")
    run_jobs(desk.app)
    assert states(desk.app) == ["applied", "applied"]
    with desk.look() as session:
        record = session.get_one(HmisImport, 2)
        assert (record.approved_by_id, record.by_id, record.way.value) == (1, None, "command")


def test_the_brakes_of_a_source_are_its_own(desk: Desk, tmp_path: Path) -> None:
    visitor = _at_work(desk, tmp_path)
    visitor.post("/imports/2/cancel")
    page = visitor.get("/imports/sources/1/edit")
    assert page.says("A first import is judged by its errors alone.")
    filled = {
        "name": "Night feed", "vendor": "ClientTrack", "known_ids": "FL-510\nFL-511", "cocs": "fl-510",
        "time_zone": "America/Chicago", "errors_percent": "", "errors_least": "20", "changed_percent": "40",
        "changed_least": "100", "removed_percent": "", "removed_least": "50", "fewer_percent": "", "more_percent": "",
        "rows_least": "200",
    }  # fmt: skip
    visitor.post("/imports/sources/1/edit", filled)
    page = visitor.get("/imports/sources/1")
    assert page.says("FL-510, FL-511")
    assert page.says("Removed rows Off")
    with desk.look() as session:
        source = session.get_one(HmisSource, 1)
        assert (source.cocs, source.time_zone, source.brakes["removed_percent"]) == (
            ["FL-510"],
            "America/Chicago",
            None,
        )
    _send(visitor, people(3, "2024-05-03").zip(tmp_path / "third.zip"))
    assert states(desk.app)[-1] == "applied"


def test_a_source_is_added_and_wrong_values_are_said_at_the_field(desk: Desk) -> None:
    with desk.work():
        admin = make_admin()
    visitor = desk.signed_in(admin)
    assert visitor.get("/imports/sources").says("No source yet")
    usual = {
        "name": "Night feed", "time_zone": "America/New_York", "errors_least": "20", "changed_least": "100",
        "removed_least": "50", "rows_least": "200", "is_watched": "y",
    }  # fmt: skip
    for wrong, sentence in (
        ({"name": ""}, "Enter a name."),
        ({"cocs": "ZZ-999"}, "ZZ-999 is no Continuum of Care"),
        ({"time_zone": "Mars/Olympus"}, "Choose a time zone"),
        ({"errors_percent": "lots"}, "Enter a whole number."),
        ({"changed_least": "0"}, "Enter 1 or more."),
    ):
        assert visitor.post("/imports/sources/new", {**usual, **wrong}, status=422).says(sentence)
    visitor.post("/imports/sources/new", usual)
    assert visitor.get("/imports/sources").says("night-feed")
    assert visitor.post("/imports/sources/new", usual, status=422).says("There is a source called Night feed already.")
    visitor.get("/imports/sources/77", status=404)
    visitor.post("/imports/sources/new", {**usual, "name": "Night-Feed"})
    with desk.look() as session:
        folders = select(HmisSource.drop_folder).order_by(HmisSource.id)
        assert session.scalars(folders).all() == ["night-feed", "night-feed-2"]
