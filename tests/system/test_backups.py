"""Backups: what was there comes back, whole or not at all, and without the keys nobody reads an SSN."""

import hashlib
import io
import json
import os
import sqlite3
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import select

import wsgi
from adminops.app import AdminOps, create_app
from adminops.audit.models import AuditEntry
from adminops.db import Model, db, transaction
from adminops.errors import Conflict, DomainError, Unavailable
from adminops.files import DOCUMENTS, StoredFile, keep_upload, path_of
from adminops.identity.models import SYSTEM, Agency
from adminops.settings import Settings
from adminops.system import backups, copies
from adminops.system.backups import BadBackup, restore_backup, write_backup
from migrations.run import configuration
from tests.files import samples
from tests.make import make_agency
from tests.services.postgres import postgres_database
from tests.services.requirements import require_or_skip

Install = Callable[..., AdminOps]
on_sqlite = pytest.mark.parametrize("install", ["sqlite"], indirect=True)
"""For what does not depend on the database: pg_dump and pg_restore take seconds."""


@pytest.fixture(params=["sqlite", "postgresql"])
def install(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Install]:
    """A function that makes another installation with tables of its own: `install("there")`."""
    if request.param == "postgresql" and copies.find_program("pg_dump") is None:
        require_or_skip("postgres", "pg_dump is not installed here")
    with ExitStack() as places:

        def installed(name: str, *, tables: bool = True) -> AdminOps:
            prepared = _prepare if tables else None
            url = places.enter_context(postgres_database(prepared)) if request.param == "postgresql" else ""
            app = _app(tmp_path / name, url)
            places.callback(_close, app)
            if tables and not url:
                _make_tables(app)
            return app

        yield installed


def _app(home: Path, url: str) -> AdminOps:
    return create_app(Settings(environment="test", home=home, database_url=url), wsgi.FEATURES)


def _prepare(url: str) -> None:
    """Fill the template that PostgreSQL's databases of these tests are copied from."""
    with tempfile.TemporaryDirectory() as home:
        app = _app(Path(home), url)
        _make_tables(app)
        _close(app)


def _make_tables(app: AdminOps) -> None:
    with app.app_context():
        Model.metadata.create_all(db.engine)
        with db.engine.begin() as connection:
            command.stamp(configuration(connection), "head")


def _close(app: AdminOps) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def here(install: Install) -> AdminOps:
    """An installation with two agencies and a kept file."""
    app = install("here")
    with app.app_context(), transaction():
        make_agency(name="Harbor House")
        make_agency(name="Zoë’s Place")
        keep_upload(io.BytesIO(samples.PDF), "form.pdf", allowed=DOCUMENTS, limit=1 << 20, by=SYSTEM)
    return app


def _agencies(app: AdminOps) -> list[str]:
    with app.app_context(), transaction(writes=False) as session:
        return list(session.scalars(select(Agency.name).order_by(Agency.name)))


def _facts(app: AdminOps) -> list[str]:
    with app.app_context(), transaction(writes=False) as session:
        return list(session.scalars(select(AuditEntry.fact).order_by(AuditEntry.id)))


def _write(app: AdminOps, target: Path, **how: Any) -> backups.Manifest:
    with app.app_context():
        return write_backup(target, **how)


def _restore(app: AdminOps, source: Path, **how: Any) -> backups.Manifest:
    with app.app_context():
        return restore_backup(source, **how)


def test_a_backup_brings_everything_back_elsewhere(here: AdminOps, install: Install, tmp_path: Path) -> None:
    written = _write(here, tmp_path / "backup.zip")
    assert (written.rows["agency"], written.files, written.with_keys) == (2, 1, False)
    there = install("there", tables=False)
    assert _restore(there, tmp_path / "backup.zip") == written
    assert _agencies(there) == ["Harbor House", "Zoë’s Place"]
    with there.app_context(), transaction(writes=False) as session:
        stored = session.scalars(select(StoredFile)).one()
        assert path_of(stored).read_bytes() == samples.PDF
        assert path_of(stored).stat().st_mode & 0o777 == 0o600
    assert _facts(here) == ["BackupWritten"]
    assert _facts(there) == ["BackupRestored"]
    with there.app_context(), transaction():  # the sequences go on after the restored rows
        assert make_agency(name="Third").id == 3


@on_sqlite
def test_a_file_of_before_1980_stops_no_backup(here: AdminOps, tmp_path: Path) -> None:
    with here.app_context(), transaction(writes=False) as session:
        os.utime(path_of(session.scalars(select(StoredFile)).one()), (0, 0))
    assert _write(here, tmp_path / "backup.zip").files == 1


@on_sqlite
def test_a_backup_is_for_its_owner_alone_and_holds_no_keys(here: AdminOps, tmp_path: Path) -> None:
    _write(here, tmp_path / "backup.zip")
    assert (tmp_path / "backup.zip").stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(tmp_path / "backup.zip") as archive:
        names = archive.namelist()
        assert not [name for name in names if "key" in name]
        ring = json.loads((tmp_path / "here" / "keys" / "fields.json").read_text())
        everything = b"".join(archive.read(name) for name in names)
    assert not [key for key in (*ring["keys"].values(), ring["index_keys"]["1"]) if key.encode() in everything]


@on_sqlite
def test_a_backup_with_keys_opens_elsewhere_what_is_sealed_here(
    here: AdminOps, install: Install, tmp_path: Path
) -> None:
    _write(here, tmp_path / "backup.zip", with_keys=True)
    there = install("there", tables=False)
    ours, theirs = (tmp_path / place / "keys" / "fields.json" for place in ("here", "there"))
    assert theirs.read_bytes() != ours.read_bytes()
    with pytest.raises(Conflict, match=r"fields\.json is not the one in the backup"):
        _restore(there, tmp_path / "backup.zip")
    _restore(there, tmp_path / "backup.zip", force=True)
    assert theirs.read_bytes() == ours.read_bytes()
    assert theirs.stat().st_mode & 0o777 == 0o600


@on_sqlite
def test_a_backup_never_overwrites_by_itself(here: AdminOps, tmp_path: Path) -> None:
    target = tmp_path / "backup.zip"
    target.write_text("precious")
    with pytest.raises(Conflict):
        _write(here, target)
    assert target.read_text() == "precious"
    _write(here, target, replace=True)
    assert zipfile.is_zipfile(target)


@on_sqlite
def test_a_backup_that_can_not_be_written_is_a_sentence(here: AdminOps, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="can't be written"):
        _write(here, tmp_path / "nowhere" / "backup.zip")


def test_g4_backup_written_while_others_write_is_of_one_moment_and_restores(
    here: AdminOps, install: Install, tmp_path: Path
) -> None:
    """Each writer's transaction adds two agencies: a backup holds an even number."""
    stop, began = threading.Event(), threading.Event()

    def add() -> None:
        while not stop.is_set():
            with here.app_context(), transaction():
                make_agency()
                make_agency()
            began.set()

    writer = threading.Thread(target=add)
    writer.start()
    try:
        assert began.wait(timeout=30)
        written = _write(here, tmp_path / "backup.zip")
    finally:
        stop.set()
        writer.join()
    assert written.rows["agency"] % 2 == 0
    there = install("there", tables=False)
    _restore(there, tmp_path / "backup.zip")
    assert len(_agencies(there)) == written.rows["agency"]


def test_a_filled_database_is_replaced_only_by_force(here: AdminOps, install: Install, tmp_path: Path) -> None:
    _write(here, tmp_path / "backup.zip")
    there = install("there")
    with there.app_context(), transaction():
        make_agency(name="Theirs")
    with pytest.raises(Conflict, match="not empty"):
        _restore(there, tmp_path / "backup.zip")
    assert _agencies(there) == ["Theirs"]
    _restore(there, tmp_path / "backup.zip", force=True)
    assert _agencies(there) == ["Harbor House", "Zoë’s Place"]


@on_sqlite
def test_an_empty_database_with_tables_takes_a_backup(here: AdminOps, install: Install, tmp_path: Path) -> None:
    _write(here, tmp_path / "backup.zip")
    there = install("there")
    _restore(there, tmp_path / "backup.zip")
    assert len(_agencies(there)) == 2


@contextmanager
def _changed(source: Path, **parts: bytes | None) -> Iterator[Path]:
    """Give the block a copy of a backup in which some parts are others, or missing (None)."""
    target = source.with_name("changed.zip")
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = parts.get(name.partition(".")[0], old.read(name))
            if content is not None:
                new.writestr(name, content)
    yield target
    target.unlink()


def _refused(app: AdminOps, source: Path) -> str:
    with pytest.raises(BadBackup) as refusal:
        _restore(app, source, force=True)
    return refusal.value.sentence


@on_sqlite
def test_a_damaged_or_foreign_file_changes_nothing(here: AdminOps, tmp_path: Path) -> None:
    good = tmp_path / "backup.zip"
    manifest = json.loads(json.dumps(_write(here, good).__dict__))
    text = tmp_path / "note.zip"
    text.write_text("no zip")
    assert "no backup, or it is damaged" in _refused(here, text)
    text.write_bytes(samples.zipped(a=b"x"))
    assert "no backup of AdminOps" in _refused(here, text)
    assert "can't be read" in _refused(here, tmp_path)
    for wrong, says in (
        (b"{}", "no backup of AdminOps"),
        (b"[1]", "no backup of AdminOps"),
        (b"\xff", "no backup of AdminOps"),
        (json.dumps({**manifest, "format": 99}).encode(), "another version"),
        (json.dumps({**manifest, "dialect": "oracle"}).encode(), "of a oracle database"),
        (json.dumps({**manifest, "revision": "9999_from_the_future"}).encode(), "newer version"),
        (json.dumps({**manifest, "sha256": "0" * 64}).encode(), "is damaged"),
    ):
        with _changed(good, manifest=wrong) as bad:
            assert says in _refused(here, bad)
    for content in (b"SQLite format 3\x00 and no more", None):
        with _changed(good, database=content) as bad:
            assert "damaged" in _refused(here, bad)
    assert _agencies(here) == ["Harbor House", "Zoë’s Place"]


def test_a_backup_that_is_whole_but_holds_nonsense_changes_nothing(here: AdminOps, tmp_path: Path) -> None:
    """Its sum is right, so the database itself has to say no."""
    good = tmp_path / "backup.zip"
    manifest = _write(here, good)
    nonsense = b"SQLite format 3\x00" + bytes(5000)
    said = replace(manifest, sha256=hashlib.sha256(nonsense).hexdigest())
    with (
        _changed(good, manifest=json.dumps(said.__dict__).encode(), database=nonsense) as bad,
        pytest.raises(DomainError),
    ):
        _restore(here, bad, force=True)
    assert _agencies(here) == ["Harbor House", "Zoë’s Place"]


@on_sqlite
def test_names_that_lead_out_of_the_folder_are_left_alone(here: AdminOps, install: Install, tmp_path: Path) -> None:
    _write(here, tmp_path / "backup.zip")
    with zipfile.ZipFile(tmp_path / "backup.zip", "a") as archive:
        archive.writestr("files/../../../evil", b"x")
        archive.writestr("files/..", b"x")
        archive.writestr("../keys/evil", b"x")
    there = install("there", tables=False)
    _restore(there, tmp_path / "backup.zip")
    assert not list(tmp_path.rglob("..*evil"))
    assert [path.name for path in tmp_path.rglob("evil")] in ([], ["evil"])
    assert all(path.parent.parent == tmp_path / "there" / "files" for path in tmp_path.rglob("evil"))


def test_a_busy_sqlite_database_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copies, "WAIT_FOR_LOCK", 0.05)
    app = _app(tmp_path / "here", "")
    with app.app_context():
        Model.metadata.create_all(db.engine)
    _write(app, tmp_path / "backup.zip")
    with closing(sqlite3.connect(tmp_path / "here" / "adminops.sqlite", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="Stop AdminOps first"):
            _restore(app, tmp_path / "backup.zip", force=True)
        writer.execute("ROLLBACK")
    _close(app)


def test_programs_of_postgresql_are_found_where_they_lie(tmp_path: Path) -> None:
    (tmp_path / "pg_dump").touch(mode=0o755)
    assert copies.find_program("pg_dump", {"ADMINOPS_PG_BIN": str(tmp_path)}) == str(tmp_path / "pg_dump")
    assert copies.find_program("pg_nothing", {"PATH": str(tmp_path)}) is None


def test_the_password_of_the_database_is_on_no_command_line(tmp_path: Path) -> None:
    app = _app(tmp_path / "here", "postgresql+psycopg://desk:secret-word@db.example.org/adminops?sslmode=require")
    with app.app_context():
        assert copies._address() == "postgresql://desk@db.example.org/adminops?sslmode=require"
