"""New keys: nothing is lost, nothing looks changed, a killed rotation goes on, and old backups still open."""

import base64
import hashlib
import hmac
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask.cli import ScriptInfo
from sqlalchemy import LargeBinary, select

import wsgi
from accounts.lists.models import ListPurpose
from accounts.lists.operations import upload_list
from adminops import clock
from adminops.app import AdminOps
from adminops.audit.models import AuditEntry
from adminops.crypto import CannotDecrypt, KeyRing, RingFile
from adminops.db import Model, db, transaction
from adminops.errors import Conflict, Invalid, NotFound
from adminops.guard.models import PiiIncident
from adminops.guard.operations import cell, hold
from adminops.hmis import resealing, sealing, sources
from adminops.hmis.intake import import_export
from adminops.hmis.intake.undoing import undo_import
from adminops.hmis.models import Client, HmisImport, Unreadable
from adminops.hmis.resealing import INDEXED, SEALED
from adminops.hmis.search import find_by_ssn
from adminops.identity.factors.operations import begin_app
from adminops.identity.models import SYSTEM
from adminops.refs import Ref
from adminops.system import checks, rotation
from adminops.system.backups import restore_backup, write_backup
from tests.hmis.exports import SmallExport, whole_export
from tests.make import make_user
from tests.make_accounts import make_provider
from tests.make_tickets import make_kind
from tests.tickets.webhooks.hooks import make_hook
from tickets.drafts import save_draft
from tickets.importing.jobs import judged_of
from tickets.importing.operations import keep_trial, map_columns, upload
from tickets.mail.operations import receive

ROOT = Path(__file__).parents[2]


def tell(*_: object) -> None:
    """Nobody looks on."""


@pytest.fixture(autouse=True)
def own_ring(app: AdminOps) -> Iterator[None]:
    """A ring that never rotated, in the place of the one that the app shares with other tests."""
    path = app.extensions["settings"].home / "keys" / "fields.json"
    shared = path.read_bytes()
    path.unlink()
    with sealing.using(RingFile(path)):
        yield
    for kept in path.parent.glob("fields*"):
        kept.unlink()
    path.write_bytes(shared)
    path.chmod(0o600)


def export() -> SmallExport:
    """Three SSNs (one of them partial), and one more that stands where a birth date should."""
    made = whole_export().add_client("C3", SSN="412568801", DOB="412-56-8801")
    return made.change("Exit", 0, ExitDate="219-45-0817")


@pytest.fixture
def filled(app: AdminOps, tmp_path: Path) -> AdminOps:
    with app.app_context(), transaction():
        import_export(export().zip(tmp_path / "in.zip"), source=sources.add_source("North"), by_id=None)
        hold(Ref.to("ticket_message", 1), {"body": "held"}, [], agency_id=None, author_id=None, by=SYSTEM)
    return app


def again(app: AdminOps, tmp_path: Path) -> str:
    """What a second import of the same export comes to."""
    with app.app_context(), transaction():
        result = import_export(export().zip(tmp_path / "in.zip"), source=sources.source_named("North"), by_id=None)
    return result.status


def opened(app: AdminOps) -> list[str]:
    """Everything that is sealed, in clear."""
    with app.app_context(), transaction(writes=False) as session:
        ssns = [
            sealing.open_ssn(client.source_id, client.personal_id, client.ssn_sealed)
            for client in session.scalars(select(Client).order_by(Client.personal_id))
        ]
        asides = [
            sealing.open_aside(kept.source_id, kept.file, kept.hud_key, kept.column, kept.raw_sealed)
            for kept in session.scalars(select(Unreadable).order_by(Unreadable.id))
        ]
        held = [
            sealing.open_cell(incident.sealed or b"", bound_to=cell(incident.id))
            for incident in session.scalars(select(PiiIncident).order_by(PiiIncident.id))
        ]
    return ssns + asides + held


def everything_in(app: AdminOps) -> str:
    """All that a copy of the database holds; bytes as hexadecimals."""
    with app.app_context(), transaction(writes=False) as session:
        rows = [row for table in Model.metadata.sorted_tables for row in session.execute(select(table))]
    return "\n".join(value.hex() if isinstance(value, bytes) else str(value) for row in rows for value in row)


def keys_used(app: AdminOps) -> set[int]:
    with app.app_context(), transaction(writes=False):
        return {key for column in SEALED for key in resealing.count_by_key(column)}


def found(app: AdminOps, ssn: str) -> list[str]:
    with app.app_context(), transaction(writes=False):
        return [client.personal_id for client in find_by_ssn(ssn, scope=None)]


def ring_of(app: AdminOps) -> KeyRing:
    return KeyRing.read(app.extensions["settings"].home / "keys" / "fields.json")


def rotate(app: AdminOps) -> rotation.Rotated:
    with app.app_context():
        return rotation.rotate_keys(by=SYSTEM, tell=tell)


def rotate_index(app: AdminOps) -> rotation.Rotated:
    with app.app_context():
        return rotation.rotate_index(by=SYSTEM, tell=tell)


def doctor(app: AdminOps) -> checks.Finding:
    with app.app_context(), transaction(writes=False):
        (finding,) = checks._keys(app.extensions["settings"], is_readable=True)
    return finding


CLEAR = ["219450817", "xxxxx8123", "412568801", "412-56-8801", "219-45-0817", '{"body": "held"}']


def test_every_sealed_value_is_under_the_new_key_and_opens(filled: AdminOps, tmp_path: Path) -> None:
    assert (opened(filled), keys_used(filled)) == (CLEAR, {1})
    done = rotate(filled)
    assert (done.key, done.is_new, done.is_whole) == (2, True, True)
    assert done.written == {
        "hmis_client.ssn_sealed": 3,
        "hmis_unreadable.raw_sealed": 2,
        "pii_incident.sealed": 1,
        "request_draft.sealed": 0,
        "incoming_mail.sealed": 0,
        "ticket_import.sealed": 0,
        "ticket_import.strangers": 0,
        "webhook.secret_sealed": 0,
        "authenticator_app.sealed": 0,
        "identity_provider.secret_sealed": 0,
        "vendor_list.sealed": 0,
    }
    assert (opened(filled), keys_used(filled)) == (CLEAR, {2})
    assert found(filled, "219-45-0817") == ["C1"]
    assert again(filled, tmp_path) == "unchanged"
    assert sorted(ring_of(filled).keys) == [1, 2]
    assert doctor(filled).says == "The key ring (2 keys) opens what is sealed (6 values)."


def test_a_rotation_that_was_interrupted_goes_on_and_makes_no_further_key(filled: AdminOps) -> None:
    with filled.app_context():
        sealing.ring_file().change(lambda ring: ring.with_new_key(), reason="key-2")
        with transaction():
            assert resealing.reseal_some(SEALED[0], after=0, limit=1).written == 1
    assert keys_used(filled) == {1, 2}
    assert doctor(filled).state == "warn"
    done = rotate(filled)
    assert (done.key, done.is_new, done.values) == (2, False, 5)
    assert (opened(filled), keys_used(filled)) == (CLEAR, {2})


def test_the_index_gets_a_new_key_and_no_row_looks_changed(filled: AdminOps, tmp_path: Path) -> None:
    done = rotate_index(filled)
    assert (done.key, done.is_new, done.is_whole, done.values) == (2, True, True, 3)
    assert found(filled, "219450817") == ["C1"]
    with filled.app_context(), transaction(writes=False) as session:
        indexes = set(session.scalars(select(Client.ssn_index).where(Client.ssn_index.is_not(None))))
    ring = ring_of(filled)
    assert indexes == {ring.blind_index(ssn, purpose=sealing.SSN_PURPOSE) for ssn in ("219450817", "412568801")}
    assert again(filled, tmp_path) == "unchanged"


def test_clients_are_found_while_the_index_is_being_written_anew(filled: AdminOps) -> None:
    with filled.app_context():
        sealing.ring_file().change(lambda ring: ring.with_new_index_key(), reason="index-2")
        with transaction():
            assert resealing.reindex_some(after=0, limit=1).written == 1
    assert found(filled, "219450817") == ["C1"]
    assert found(filled, "412568801") == ["C3"]
    done = rotate_index(filled)
    assert (done.key, done.is_new, done.values) == (2, False, 2)


def test_after_a_theft_hashes_of_rows_are_forgotten_and_come_back_with_the_next_import(
    filled: AdminOps, tmp_path: Path
) -> None:
    with filled.app_context():
        before = ring_of(filled).row_key
        done = rotation.rotate_rows(by=SYSTEM)
    assert ring_of(filled).row_key != before
    assert done.values == 4, "three clients with an SSN, and the exit with a text that was kept aside"
    assert again(filled, tmp_path) == "applied"
    assert again(filled, tmp_path) == "unchanged"
    assert opened(filled) == CLEAR


def test_a_removed_client_whose_hash_was_forgotten_is_restored_and_not_added(filled: AdminOps, tmp_path: Path) -> None:
    def take(day: int, **over: str) -> Any:
        made = export().change("Client", 0, **over).change("Export", ExportDate=f"2024-05-{day:02} 06:00:00")
        with filled.app_context(), transaction():
            source = sources.source_named("North")
            return import_export(made.zip(tmp_path / "in.zip"), source=source, by_id=None).files["Client.csv"]

    assert take(1, DateDeleted="2024-04-30 10:00:00").removed == 1
    with filled.app_context():
        rotation.rotate_rows(by=SYSTEM)
    counts = take(2)
    assert (counts.added, counts.restored, counts.updated) == (0, 1, 2)


def test_a_value_that_does_not_open_is_counted_and_stops_nothing(filled: AdminOps) -> None:
    with filled.app_context(), transaction() as session:
        client = session.scalars(select(Client).where(Client.personal_id == "C1")).one()
        client.ssn_sealed = (client.ssn_sealed or b"")[:-1] + b"\x00\x01"
    done = rotate(filled)
    assert (done.closed, done.left, done.is_whole, done.values) == (1, 0, False, 5)
    done = rotate(filled)
    assert (done.key, done.closed, done.values) == (3, 1, 5), "what does not open keeps nobody from having a new key"
    assert doctor(filled).state == "fail"


def test_the_doctor_names_values_whose_key_is_not_in_the_ring(filled: AdminOps) -> None:
    rotate(filled)
    path = filled.extensions["settings"].home / "keys" / "fields.json"
    path.write_text(path.with_name("fields.before-key-2.json").read_text())
    finding = doctor(filled)
    assert finding.state == "fail"
    assert "3 values of hmis_client.ssn_sealed are sealed under key 2, which is not in the ring" in finding.says


def test_the_doctor_sees_that_clients_are_not_found_by_their_ssn(filled: AdminOps) -> None:
    path = filled.extensions["settings"].home / "keys" / "fields.json"
    ring = replace(ring_of(filled), index_keys=KeyRing.generate().index_keys)
    path.write_text(ring.to_json())
    finding = doctor(filled)
    assert (finding.state, "keys rotate --index" in finding.advice) == ("warn", True)
    rotate_index(filled)
    assert doctor(filled).state == "ok"


def test_who_rotated_is_on_the_audit_trail(filled: AdminOps) -> None:
    rotate(filled)
    with filled.app_context(), transaction(writes=False) as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.fact == "KeysRotated")).one()
    assert (entry.about_id, entry.detail["values"]) == ("key 2", 6)


# --- forgetting ---


def forget(app: AdminOps, kind: Any, number: int, *, days: int = 9) -> None:
    later = clock.now() + timedelta(days=days)
    with app.app_context(), clock.frozen_at(later):
        rotation.forget_key(kind, number, by=SYSTEM)


def test_a_key_is_forgotten_only_when_nothing_is_under_it(filled: AdminOps) -> None:
    with filled.app_context():
        sealing.ring_file().change(lambda ring: ring.with_new_key().with_new_index_key(), reason="2")
    for kind in ("key", "index"):
        with pytest.raises(Conflict, match="still under"):
            forget(filled, kind, 1)
        with pytest.raises(Invalid, match="in use"):
            forget(filled, kind, 2)
        with pytest.raises(NotFound):
            forget(filled, kind, 3)
    rotate(filled)
    rotate_index(filled)
    for kind in ("key", "index"):
        with pytest.raises(Conflict, match="less than 8 days ago"):
            forget(filled, kind, 1, days=0)
        forget(filled, kind, 1)
    ring = ring_of(filled)
    assert (list(ring.keys), list(ring.index_keys)) == ([2], [2])
    assert opened(filled) == CLEAR
    assert found(filled, "219450817") == ["C1"]


def test_a_key_is_not_forgotten_while_an_undo_would_bring_values_under_it_back(
    filled: AdminOps, tmp_path: Path
) -> None:
    with filled.app_context(), clock.frozen_at(clock.now() - timedelta(days=10)):
        sealing.ring_file().change(lambda ring: ring.with_new_key().with_new_index_key(), reason="2")
    with filled.app_context(), transaction():
        changed = export().change("Client", 0, SSN="219450818").change("Exit", 0, ExitDate="219-45-0818")
        import_export(changed.zip(tmp_path / "in.zip"), source=sources.source_named("North"), by_id=None, approve=True)
    rotate(filled)
    rotate_index(filled)
    with pytest.raises(Conflict, match="Still under key 1: 2 of the values that the undo"):
        forget(filled, "key", 1, days=0)
    with pytest.raises(Conflict, match="Still under index key 1: 1 of the values that the undo"):
        forget(filled, "index", 1, days=0)
    with filled.app_context(), transaction() as session:
        undo_import(session.get_one(HmisImport, 2), by_id=None)
    assert opened(filled) == CLEAR
    rotate(filled)
    rotate_index(filled)
    for kind in ("key", "index"):
        forget(filled, kind, 1, days=0)
    assert opened(filled) == CLEAR
    assert found(filled, "219450817") == ["C1"]


def test_the_doctor_names_rings_that_should_have_been_removed(filled: AdminOps) -> None:
    rotate(filled)
    settings = filled.extensions["settings"]
    assert list(checks._old_rings(settings)) == []
    with clock.frozen_at(clock.now() + timedelta(days=9)):
        (finding,) = checks._old_rings(settings)
    assert (finding.state, "fields.before-key-2.json" in finding.says) == ("warn", True)


# --- while AdminOps works, and when it is killed ---

ROTATING = """
import sys
import wsgi
from adminops.app import create_app
from adminops.hmis import resealing
from adminops.identity.models import SYSTEM
from adminops.system import rotation
from tests.conftest import settings_for
from pathlib import Path

app = create_app(settings_for(Path(sys.argv[1]), database_url=sys.argv[2]), wsgi.FEATURES)
resealing.reseal_some.__kwdefaults__["limit"] = 5

def stop_at_a_step(title, done, total):
    if total:
        print(done, flush=True)
        sys.stdin.readline()

with app.app_context():
    rotation.rotate_keys(by=SYSTEM, tell=stop_at_a_step)
"""


def test_a_rotation_that_is_killed_leaves_every_value_to_be_opened(app: AdminOps, tmp_path: Path) -> None:
    many = SmallExport()
    for number in range(60):
        many.add_client(f"C{number:02}", SSN=f"2194508{number:02}")
    clear = [f"2194508{number:02}" for number in range(60)]
    with app.app_context(), transaction():
        import_export(many.zip(tmp_path / "in.zip"), source=sources.add_source("North"), by_id=None)
    settings = app.extensions["settings"]
    command = [sys.executable, "-c", ROTATING, str(settings.home), settings.database_url]
    for steps in (1, 4):
        with subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        ) as running:
            assert running.stdin is not None
            assert running.stdout is not None
            assert running.stdout.readline() == "5\n"
            for _ in range(1, steps):
                running.stdin.write("on\n")
                running.stdout.readline()
            os.kill(running.pid, signal.SIGKILL)
        assert opened(app) == clear, "this process still had the ring before the new key"
        assert keys_used(app) == {1, 2}
    done = rotate(app)
    assert (done.key, done.is_new, done.is_whole) == (2, False, True)
    assert (opened(app), keys_used(app)) == (clear, {2})


@pytest.mark.parametrize("app", ["postgresql"], indirect=True)  # SQLite has one writer: a step waits and sees all rows
def test_rows_that_an_import_is_writing_are_passed_over_and_done_afterwards(
    filled: AdminOps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "PAUSE", 0.0)
    passes = []
    with filled.app_context(), db.engine.connect() as other:
        chosen = select(Client.id).where(Client.personal_id == "C1").with_for_update()
        other.execute(chosen)

        def let_go(*_: object) -> None:
            passes.append(1)
            if len(passes) > 3:
                other.rollback()

        done = rotation.rotate_keys(by=SYSTEM, tell=let_go)
    assert done.is_whole
    assert keys_used(filled) == {2}
    assert opened(filled) == CLEAR


# --- a copy of the database ---


def test_g5_values_that_were_swapped_between_rows_open_in_neither(filled: AdminOps) -> None:
    with filled.app_context(), transaction() as session:
        one, other = session.scalars(select(Client).where(Client.personal_id.in_(("C1", "C3"))).order_by(Client.id))
        one.ssn_sealed, other.ssn_sealed = other.ssn_sealed, one.ssn_sealed
    with filled.app_context(), transaction(writes=False) as session:
        for client in session.scalars(select(Client).where(Client.personal_id.in_(("C1", "C3")))):
            with pytest.raises(CannotDecrypt):
                sealing.open_ssn(client.source_id, client.personal_id, client.ssn_sealed)


def test_g6_copy_of_the_database_alone_holds_no_ssn_no_key_and_nothing_to_search_by(filled: AdminOps) -> None:
    copy = everything_in(filled)
    assert "Harbor House" in copy, "the net has no hole: what is in the database is found"
    keys = re.findall(r'"([A-Za-z0-9+/]{43}=)"', ring_of(filled).to_json())
    assert len(keys) > 2
    for key in keys:
        assert (key in copy, base64.b64decode(key).hex() in copy) == (False, False)
    for ssn in ("219450817", "412568801"):
        hidden = [ssn, f"{ssn[:3]}-{ssn[3:5]}-{ssn[5:]}"]
        hidden += [hashlib.new(name, ssn.encode()).hexdigest() for name in ("md5", "sha1", "sha256")]
        hidden.append(hmac.digest(b"", ssn.encode(), "sha256").hex())
        assert [each for each in hidden if each in copy] == []
    with sealing.using(KeyRing.generate()):
        assert (found(filled, "219450817"), found(filled, "412568801")) == ([], [])
    assert (found(filled, "219450817"), found(filled, "412568801")) == (["C1"], ["C3"])


# --- backups ---


def test_g3_backup_from_before_a_rotation_opens_after_it(filled: AdminOps, tmp_path: Path) -> None:
    with filled.app_context():
        write_backup(tmp_path / "before.zip")
    rotate(filled)
    rotate_index(filled)
    with filled.app_context():
        restore_backup(tmp_path / "before.zip", force=True)
    assert (opened(filled), keys_used(filled)) == (CLEAR, {1})
    assert found(filled, "219450817") == ["C1"]
    assert again(filled, tmp_path) == "unchanged"
    assert rotate(filled).is_new is False
    assert (opened(filled), keys_used(filled)) == (CLEAR, {2})


def test_a_restore_with_keys_keeps_the_ring_that_newer_backups_need(filled: AdminOps, tmp_path: Path) -> None:
    with filled.app_context():
        write_backup(tmp_path / "before.zip", with_keys=True)
    rotate(filled)
    newer = ring_of(filled)
    with filled.app_context():
        restore_backup(tmp_path / "before.zip", force=True)
    assert opened(filled) == CLEAR
    home = filled.extensions["settings"].home
    (kept,) = (home / "keys").glob("fields.before-restore-*.json")
    assert KeyRing.read(kept) == newer


# --- the list of what is sealed ---


def binary_columns() -> dict[tuple[str, str], int | None]:
    return {
        (table.name, column.name): column.type.length
        for table in Model.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }


def test_rotation_knows_every_column_of_sealed_values() -> None:
    known = {(column.model.__tablename__, column.name) for column in SEALED}
    # A hash has a fixed length, a sealed value has none: whatever is binary and of any length is sealed.
    sealed = {place for place, length in binary_columns().items() if length is None}
    named = {
        (table.name, column.name)
        for table in Model.metadata.tables.values()
        for column in table.columns
        if "sealed" in column.name
    }
    assert sealed | named == known


def test_rotation_knows_every_column_of_indexes() -> None:
    assert {place for place in binary_columns() if place[1].endswith("_index")} == set(INDEXED)


def import_tried() -> None:
    """Keep a file of another desk, and the address of somebody in it who has no account."""
    record = upload(b"Number,Subject,Created,From\n1,A,2025-01-02,ann@x.example\n", name="old.csv", by=SYSTEM)
    columns = {"number": "Number", "subject": "Subject", "created": "Created", "requester": "From"}
    map_columns(record, {"source": "Old desk", "ticket": columns}, by=SYSTEM)
    keep_trial(record, judged_of(record), set(), by=SYSTEM)


def test_what_a_value_is_bound_to_is_what_rotation_takes_it_for(filled: AdminOps) -> None:
    with filled.app_context(), transaction():
        save_draft(make_kind(), {"body": ["Half a sentence"]}, by=make_user())
        receive(b"Message-ID: <one@mail.example.org>\r\n\r\nIt is back.", by=SYSTEM)
        import_tried()
        upload_list(b"User,Last Login\nann,11/2/2026\n", name="u", purpose=ListPurpose.LOGINS, source="x", by=SYSTEM)
        make_hook()
        begin_app(by=make_user())
        make_provider("https://login.example.org")
        for column in SEALED:
            proofs = resealing.prove([column], sealing.key_ring())
            assert [(proof.opened, proof.is_found) for proof in proofs] == [(True, True)], column.title


# --- the command line ---


@pytest.fixture
def run(filled: AdminOps) -> Callable[..., Result]:
    def command(*words: str) -> Result:
        return CliRunner().invoke(wsgi.cli, ["keys", *words], obj=ScriptInfo(create_app=lambda: filled))

    return command


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_keys_on_the_command_line(run: Callable[..., Result]) -> None:
    listed = json.loads(run("list", "--json").stdout)
    assert [(key["kind"], key["number"], key["is_current"], key["values"]) for key in listed] == [
        ("key", 1, True, 6),
        ("index", 1, True, None),
    ]
    done = json.loads(run("rotate", "--json").stdout)
    assert (done["key"], done["is_new"], done["is_whole"]) == (2, True, True)
    assert "Copy home/keys" in run("rotate", "--index").output
    assert "4 values written" in run("rotate", "--rows").output
    assert run("rotate", "--rows", "--index").exit_code == 2
    assert "6 values" in run("list").output
    assert run("forget", "1", "--yes").exit_code == 1
    assert "Backups made under key 1 will not open any more" in run("forget", "1").output
    asked = run("forget", "1", "--index")
    assert (asked.exit_code, "under index key 1 will not find clients" in asked.output) == (1, True)
    assert "The ring has no index key 7." in run("forget", "7", "--index", "--yes").output


def test_no_key_stands_in_what_is_printed(run: Callable[..., Result], filled: AdminOps) -> None:
    told = "".join(run(*words).output for words in (["list"], ["list", "--json"], ["rotate", "--json"]))
    for text in json.loads(ring_of(filled).to_json())["keys"].values():
        assert text not in told


def test_a_process_that_runs_seals_under_the_new_key_and_opens_what_others_sealed(
    filled: AdminOps, tmp_path: Path
) -> None:
    """What a web server and a worker are to each other: one file of keys, two readings of it."""
    running = sealing.ring_file()
    with sealing.using(RingFile(running.path)):
        rotate(filled)
    running._looked_at += 60  # it has just looked
    assert running.ring().current == 1
    assert opened(filled) == CLEAR
    assert running.ring().current == 2
    with filled.app_context(), transaction():
        more = export().add_client("C4", SSN="412568802")
        import_export(more.zip(tmp_path / "more.zip"), source=sources.source_named("North"), by_id=None)
    assert keys_used(filled) == {2}
    with pytest.raises(CannotDecrypt), sealing.using(KeyRing.generate()):
        opened(filled)
