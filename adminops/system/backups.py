"""Backups: one zip with the database as it was at one moment, the kept files, and (only when asked for) the keys.

Without the keys a lost backup gives nobody an SSN; keep a copy of `home/keys` somewhere else. A backup is read again
before it is called good, and a restore checks it once more before anything is changed.
"""

import hashlib
import json
import os
import secrets
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from sqlalchemy import inspect, select, table

from adminops import clock
from adminops.crypto import replace_ring
from adminops.db import Model, db, transaction
from adminops.errors import Conflict, DomainError, Invalid, Unavailable
from adminops.facts import BackupRestored, BackupWritten, publish
from adminops.files.storage import INCOMING
from adminops.identity.models import SYSTEM
from adminops.settings import current_settings
from adminops.system import copies

FORMAT = 1
MANIFEST, DATABASE = "manifest.json", "database"
PIECE = 1 << 20
RUNNING_ONLY = frozenset({"alembic_version", "job_run", "job_order", "lease"})
"""Tables that hold something as soon as AdminOps has run, and nothing that could be lost."""


class BadBackup(DomainError):
    """The file is no backup, or not one that can be restored here."""


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself. `rows` counts each table, `sha256` is that of the database in it."""

    backup_id: str
    written_at: str
    dialect: str
    revision: str
    rows: dict[str, int]
    sha256: str
    files: int
    with_keys: bool
    format: int = field(default=FORMAT)


def write_backup(target: Path, *, with_keys: bool = False, replace: bool = False) -> Manifest:
    """Write a backup to `target`, readable by its owner alone, while AdminOps may go on working.

    All or nothing: the file appears when it is complete and was read again. Publishes `BackupWritten` in a
    transaction of its own. Raises `Conflict` when `target` is there already, `Unavailable` when it can't be written.
    """
    if target.exists() and not replace:
        raise Conflict(f"{target} is there already. Choose another name, or say --force.")
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".adminops-backup-") as folder:
            manifest = _write(Path(folder), target, with_keys)
    except OSError as failed:
        raise Unavailable(f"The backup can't be written ({failed.strerror or type(failed).__name__}).") from None
    with transaction():
        publish(BackupWritten(backup_id=manifest.backup_id, with_keys=with_keys), by=SYSTEM)
    return manifest


def _write(folder: Path, target: Path, with_keys: bool) -> Manifest:
    copy = folder / DATABASE
    state = copies.copy_database(copy)
    kept = list(_kept_files())
    manifest = Manifest(
        backup_id=secrets.token_hex(6),
        written_at=clock.now().isoformat(timespec="seconds"),
        dialect=state.dialect,
        revision=state.revision,
        rows=state.rows,
        sha256=_digest(copy.open("rb")),
        files=len(kept),
        with_keys=with_keys,
    )
    packed = folder / "backup.zip"
    packed.touch(mode=0o600)
    # A file that is dated before 1980 (a copied home, a clock that was wrong) must not stop a backup.
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as archive:
        archive.writestr(MANIFEST, json.dumps(asdict(manifest), indent=2))
        archive.write(copy, DATABASE)
        for path in kept:
            _add(archive, path, f"files/{path.name}")
        for path in sorted((current_settings().home / "keys").glob("*.*")) if with_keys else ():
            _add(archive, path, f"keys/{path.name}")
    _read_again(packed, manifest)
    with packed.open("rb") as written:
        os.fsync(written.fileno())
    packed.replace(target)
    return manifest


def _add(archive: zipfile.ZipFile, path: Path, name: str) -> None:
    try:
        archive.write(path, name)
    except FileNotFoundError:  # its row was deleted since the database was copied
        return


def _kept_files() -> Iterator[Path]:
    files = current_settings().home / "files"
    for place in sorted(files.glob("??")):
        if place.name != INCOMING:
            yield from sorted(path for path in place.iterdir() if path.is_file())


def _read_again(packed: Path, manifest: Manifest) -> None:
    with zipfile.ZipFile(packed) as archive:
        damaged = archive.testzip()
        if damaged is not None or _digest(archive.open(DATABASE)) != manifest.sha256:
            raise Unavailable("The backup could not be read again after it was written. Is the disk in order?")


def _digest(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    with file:
        while piece := file.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()


def restore_backup(source: Path, *, force: bool = False) -> Manifest:
    """Replace the database by that of the backup `source`, and put back the kept files (and keys, if it has any).

    Everything is checked before anything is changed. Publishes `BackupRestored` when the restored tables are those of
    this version. Raises `BadBackup` for a file that is damaged or from elsewhere, `Conflict` for a database that is
    not empty or keys that are not those of the backup (both only without `force`), `Unavailable` when the database
    refuses.
    """
    with _opened(source) as archive:
        manifest = read_manifest(archive)
        _check_fits(manifest)
        if not force and (filled := filled_tables()):
            raise Conflict(
                f"The database is not empty ({', '.join(filled[:3])}…). Write a backup of it, then say --force."
            )
        _check_keys(archive, force)
        with tempfile.TemporaryDirectory(dir=current_settings().home, prefix=".restore-") as folder:
            copy = Path(folder) / DATABASE
            _unpack(archive, DATABASE, copy)
            if _digest(copy.open("rb")) != manifest.sha256:
                raise BadBackup("The database in this backup is damaged: its sum is not the one written down.")
            copies.replace_database(copy)
        _put_back(archive)
    _check_restored(manifest)
    return manifest


@contextmanager
def _opened(source: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(source) as archive:
            yield archive
    except (zipfile.BadZipFile, EOFError):
        raise BadBackup(f"{source} is no backup, or it is damaged.") from None
    except OSError as failed:
        raise BadBackup(f"{source} can't be read ({failed.strerror or type(failed).__name__}).") from None


def read_manifest(archive: zipfile.ZipFile) -> Manifest:
    """Return what a backup says of itself. Raises `BadBackup`."""
    try:
        said: dict[str, Any] = json.loads(archive.read(MANIFEST))
        manifest = Manifest(**said)
    except (KeyError, ValueError, TypeError):
        raise BadBackup("This file is no backup of AdminOps.") from None
    if manifest.format != FORMAT:
        raise BadBackup("This backup was written by another version of AdminOps and can't be read by this one.")
    return manifest


def _check_fits(manifest: Manifest) -> None:
    here = db.engine.dialect.name
    if manifest.dialect != here:
        raise BadBackup(f"This backup is of a {manifest.dialect} database, and ADMINOPS_DATABASE_URL names {here}.")
    if manifest.revision and not copies.knows_revision(manifest.revision):
        raise BadBackup("This backup was written by a newer version of AdminOps. Install that one first.")


def filled_tables() -> list[str]:
    """Return the names of the tables that hold something a restore would throw away."""
    present = set(inspect(db.engine).get_table_names())
    names = sorted((present & set(Model.metadata.tables)) - RUNNING_ONLY)
    with db.engine.connect() as connection:
        return [name for name in names if connection.execute(select(1).select_from(table(name)).limit(1)).first()]


def _check_keys(archive: zipfile.ZipFile, force: bool) -> None:
    for name, path in _keys_in(archive):
        if path.exists() and path.read_bytes() != archive.read(name) and not force:
            raise Conflict(f"{path} is not the one in the backup. Put it aside, or say --force to replace it.")


def _keys_in(archive: zipfile.ZipFile) -> list[tuple[str, Path]]:
    keys = current_settings().home / "keys"
    names = [name for name in archive.namelist() if name.startswith("keys/")]
    return [(name, keys / Path(name).name) for name in names if Path(name).name not in ("", "..")]


def _unpack(archive: zipfile.ZipFile, name: str, goal: Path) -> None:
    goal.unlink(missing_ok=True)
    goal.touch(mode=0o600)
    try:
        with archive.open(name) as packed, goal.open("wb") as file:
            shutil.copyfileobj(packed, file, PIECE)
    except (KeyError, zipfile.BadZipFile, EOFError):
        raise BadBackup("This backup is damaged: a part of it can't be read.") from None


def _put_back(archive: zipfile.ZipFile) -> None:
    files = current_settings().home / "files"
    for name in archive.namelist():
        kept = Path(name).name
        if name.startswith("files/") and kept.isalnum():
            (files / kept[:2]).mkdir(mode=0o700, parents=True, exist_ok=True)
            _unpack(archive, name, files / kept[:2] / kept)
    for name, path in _keys_in(archive):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        content = archive.read(name)
        if not path.exists() or path.read_bytes() != content:
            replace_ring(path, content, reason=f"restore-{clock.now():%Y%m%dT%H%M%S}")  # other backups may need it


def _check_restored(manifest: Manifest) -> None:
    from migrations.run import is_current

    state = copies.state_of_database()
    if {name: count for name, count in state.rows.items() if count} != {n: c for n, c in manifest.rows.items() if c}:
        raise Invalid("The restored tables don't hold as many rows as the backup says. Don't work with them.")
    with db.engine.connect() as connection:
        fits = is_current(connection)
    if fits:
        with transaction():
            publish(BackupRestored(backup_id=manifest.backup_id), by=SYSTEM)
