"""Copying a whole database and putting a copy in its place: with SQLite's own backup, with pg_dump and pg_restore."""

import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, func, inspect, select, table, text

from adminops.db import db
from adminops.errors import Unavailable

WAIT_FOR_LOCK = 30.0
"""Seconds."""


@dataclass(frozen=True)
class DatabaseState:
    """What a database holds: its dialect, the revision of its tables, the number of rows of each."""

    dialect: str
    revision: str
    rows: dict[str, int]


def state_of_database() -> DatabaseState:
    """Return what the app's database holds."""
    with db.engine.connect() as connection:
        return _state(connection)


def _state(connection: Connection) -> DatabaseState:
    names = sorted(set(inspect(connection).get_table_names()) - {"alembic_version"})
    rows = {name: connection.scalar(select(func.count()).select_from(table(name))) or 0 for name in names}
    heads = MigrationContext.configure(connection).get_current_heads()
    return DatabaseState(connection.dialect.name, ",".join(sorted(heads)), rows)


def _scripts() -> ScriptDirectory:
    from migrations.run import configuration

    with db.engine.connect() as connection:
        return ScriptDirectory.from_config(configuration(connection))


def knows_revision(revision: str) -> bool:
    """Say whether this version of AdminOps has the migrations up to `revision`."""
    known = {script.revision for script in _scripts().walk_revisions()}
    return set(revision.split(",")) <= known


def copy_database(target: Path) -> DatabaseState:
    """Copy the app's database, as it is at one moment, to the new file `target`; writers may go on meanwhile.

    Raises `Unavailable` when the copy is not in order, or pg_dump is missing or fails.
    """
    target.touch(mode=0o600)
    if db.engine.dialect.name == "sqlite":
        return _copy_sqlite(target)
    with db.engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        snapshot = connection.scalar(text("SELECT pg_export_snapshot()"))
        state = _state(connection)
        options = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={target}"]
        _run("pg_dump", options)
    return state


def _copy_sqlite(target: Path) -> DatabaseState:
    with closing(_open_sqlite(_sqlite_path())) as source, closing(_open_sqlite(target)) as copy:
        source.backup(copy)  # all pages in one step: in several it would begin anew with each write of somebody else
        copy.execute("PRAGMA journal_mode=DELETE")
        _check_sqlite(copy)
        names = [name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = {
            name: copy.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608 - names of our own tables
            for name in sorted(names)
            if name != "alembic_version" and not name.startswith("sqlite_")
        }
        has_revision = "alembic_version" in names
        found = copy.execute("SELECT version_num FROM alembic_version").fetchall() if has_revision else []
    return DatabaseState("sqlite", ",".join(sorted(revision for (revision,) in found)), rows)


def replace_database(copy: Path) -> None:
    """Put `copy` in the place of the app's database: all of it, or nothing when it fails. Raises `Unavailable`."""
    db.session.remove()
    db.engine.dispose()
    if db.engine.dialect.name != "sqlite":
        _run("pg_restore", ["--clean", "--if-exists", "--no-owner", "--no-privileges", "--exit-on-error",
                            "--single-transaction", f"--dbname={_address()}", str(copy)])  # fmt: skip
        return
    with closing(_open_sqlite(copy)) as source, closing(_open_sqlite(_sqlite_path())) as target:
        _check_sqlite(source)
        deadline = time.monotonic() + WAIT_FOR_LOCK

        def lose_patience(status: int, _left: int, _all: int) -> None:
            if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and time.monotonic() > deadline:
                raise sqlite3.OperationalError("somebody is writing to it")

        try:
            target.execute("PRAGMA journal_mode=WAL")
            source.backup(target, progress=lose_patience)  # by itself it would wait for ever
        except sqlite3.Error as busy:
            raise Unavailable(f"The database can't be replaced: {busy}. Stop AdminOps first.") from None


def _check_sqlite(connection: sqlite3.Connection) -> None:
    try:
        is_in_order = connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    except sqlite3.DatabaseError:
        is_in_order = False
    if not is_in_order:
        raise Unavailable("The copy of the database is not in order (integrity check).")


def _open_sqlite(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=WAIT_FOR_LOCK, isolation_level=None)


def _sqlite_path() -> Path:
    return Path(db.engine.url.database or "")


def _address() -> str:
    """Return the database's address for PostgreSQL's own programs, without the password."""
    url = db.engine.url
    plain = URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query)
    return plain.render_as_string(hide_password=False)


def find_program(name: str, environment: Mapping[str, str] = os.environ) -> str | None:
    """Return the newest of PostgreSQL's programs of that name: ADMINOPS_PG_BIN, Debian's folders, the PATH."""
    if named := environment.get("ADMINOPS_PG_BIN"):
        return shutil.which(name, path=named)
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True)
    places = [*map(str, debian), environment.get("PATH", os.defpath)]
    return next((found for place in places if (found := shutil.which(name, path=place))), None)


def _run(name: str, options: list[str]) -> None:
    program = find_program(name)
    if program is None:
        raise Unavailable(f"{name} is not installed here (Debian: postgresql-client).")
    command = [program, *options] if name == "pg_restore" else [program, *options, f"--dbname={_address()}"]
    environment = {**os.environ, "PGPASSWORD": db.engine.url.password or "", "PGCONNECT_TIMEOUT": "10"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
        raise Unavailable(f"{name} failed: {last[0].removeprefix(f'{name}: ')}")
