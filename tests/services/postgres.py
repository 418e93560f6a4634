"""A private PostgreSQL: started once per test run, one database per test process, gone at the end.

Under xdist the controller starts it and hands its address down in `ADMINOPS_TEST_POSTGRES_URL`; without xdist the
first test that wants it does. Each test process gets a database of its own, copied from a template that the first
process fills with the tables.
"""

import atexit
import contextlib
import functools
import hashlib
import os
import re
import secrets
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests.services.private import (
    ServiceFailed,
    end,
    free_port,
    give_away,
    private_folder,
    remove_folder,
    run,
    spawn,
    sweep,
    wait_until,
)
from tests.services.requirements import require_or_skip

ADDRESS = "ADMINOPS_TEST_POSTGRES_URL"
#: The name of the connection that stays open to empty a test process's database: others who count tell it apart.
EMPTYING = "emptying"
#: Speed over safety: these databases live as long as the test run.
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=60", "jit=off")

#: Starts every sequence anew that was asked for a number.
RESTART = "SELECT CASE WHEN pg_sequence_last_value(seqrelid) > 0 THEN setval(seqrelid, 1, false) END FROM pg_sequence"

Prepare = Callable[[str], None]
_server: "Postgres | None" = None
_failure = ""


@dataclass(frozen=True)
class Postgres:
    """A running server, its folder and the way in."""

    folder: Path
    port: int
    password: str
    process: subprocess.Popen[bytes]

    def url(self, database: str = "postgres") -> str:
        """Return the SQLAlchemy address of `database`."""
        return f"postgresql+psycopg://adminops:{self.password}@127.0.0.1:{self.port}/{database}"

    def stop(self) -> None:
        """Stop the server, breaking off open connections, and remove its files."""
        end(self.process, signal.SIGQUIT)  # nothing is worth a checkpoint here
        remove_folder(self.folder)


def find_programs() -> Path | None:
    """Return the folder with the newest `initdb` and `postgres`; `ADMINOPS_PG_BIN` comes first."""
    if named := os.environ.get("ADMINOPS_PG_BIN"):
        return Path(named) if (Path(named) / "initdb").exists() else None
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda f: float(f.parent.name), reverse=True)
    on_path = [Path(found).resolve().parent] if (found := shutil.which("initdb")) else []
    return next((folder for folder in [*debian, *on_path] if (folder / "initdb").exists()), None)


def launch() -> Postgres:
    """Start a new private server. Raises `ServiceFailed` when there is none or it doesn't start."""
    programs = find_programs()
    if programs is None:
        raise ServiceFailed("no PostgreSQL on this machine")
    sweep("postgres")
    folder, password = private_folder("postgres"), secrets.token_urlsafe(18)
    try:
        _create_cluster(programs, folder, password)
        return _start(programs, folder, password)
    except BaseException:
        remove_folder(folder)
        raise


def _create_cluster(programs: Path, folder: Path, password: str) -> None:
    secret = folder / "password"
    secret.touch(mode=0o600)
    secret.write_text(password)
    give_away(secret)
    options = ("--pgdata=data", "--username=adminops", f"--pwfile={secret}", "--auth=password", "--encoding=UTF8")
    run((programs / "initdb", *options, "--locale=C.UTF-8", "--no-sync", "--no-instructions"), folder)
    secret.unlink()


def _start(programs: Path, folder: Path, password: str) -> Postgres:
    port = free_port()
    settings = (*QUICK, "listen_addresses=127.0.0.1", f"unix_socket_directories={folder}", f"port={port}")
    options = [part for setting in settings for part in ("-c", setting)]
    process = spawn((programs / "postgres", "-D", folder / "data", *options), folder, stop=signal.SIGQUIT)
    server = Postgres(folder, port, password, process)
    try:
        wait_until(lambda: _accepts(server.url()), process, folder, seconds=60)
    except BaseException:
        end(process, signal.SIGQUIT)
        raise
    return server


def _accepts(url: str) -> bool:
    with contextlib.suppress(psycopg.OperationalError), _administration(url):
        return True
    return False


def start_if_controller(config: pytest.Config) -> None:
    """Start the server when this process hands out the tests to others. Call it in `pytest_configure`."""
    hands_out = bool(config.getoption("tx", default=None)) and not config.getoption("collectonly")
    if hands_out and not hasattr(config, "workerinput"):
        _ensure_server()


def stop(config: pytest.Config) -> None:
    """Stop the server if this process started it. Call it in `pytest_unconfigure`."""
    global _server
    if _server is not None:
        _server.stop()
        os.environ.pop(ADDRESS, None)
        _server = None


def _ensure_server() -> None:
    global _failure, _server
    if _failure or os.environ.get(ADDRESS):
        return
    try:
        _server = launch()
    except ServiceFailed as failed:
        _failure = str(failed)
    else:
        os.environ[ADDRESS] = _server.url()
        atexit.register(_stop_at_exit, os.getpid())


def _stop_at_exit(owner: int) -> None:
    if _server is not None and os.getpid() == owner:  # a forked child must not stop it
        _server.stop()


def administration_url() -> str:
    """Return the address of the server's own database, or end the test when there is no server here."""
    _ensure_server()
    if _failure:
        require_or_skip("postgres", _failure)
    return os.environ[ADDRESS]


@functools.cache
def postgres_url_for_worker(prepare: Prepare) -> str:
    """Return the address of this test process's own database, with the tables that `prepare(url)` makes.

    `prepare` runs once per test run, on a template; it must close its connections. Skips (or fails in CI) where
    there is no PostgreSQL.
    """
    name = f"worker_{os.getpid()}"
    _create(administration_url(), name, template=_template(prepare))
    return _at(administration_url(), name)


@contextlib.contextmanager
def postgres_database(prepare: Prepare | None = None) -> Iterator[str]:
    """Give the block the address of a database of its own: empty, or with the tables of `prepare`."""
    name = f"extra_{os.getpid()}_{secrets.token_hex(4)}"
    _create(administration_url(), name, template=_template(prepare) if prepare else "template0")
    try:
        yield _at(administration_url(), name)
    finally:
        with _administration(administration_url()) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextlib.contextmanager
def emptying(url: str) -> Iterator[Callable[[], None]]:
    """Give the block a function that empties every table of a database and starts every sequence anew.

    It has a line of its own, on which no foreign key is checked, so that the server plans once how to look which
    tables are filled: a third of the work of looking into one after the other.
    """
    address = url.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(address, application_name=EMPTYING) as connection:
        connection.execute("SET session_replication_role = replica")
        look = _look_at_all_tables(connection)
        connection.commit()

        def empty() -> None:
            with connection.transaction():
                filled = connection.execute(look, prepare=True).fetchall()
                emptied = [sql.SQL("DELETE FROM {}").format(sql.Identifier(name)) for (name,) in filled]
                connection.execute(sql.SQL("; ").join([*emptied, sql.SQL(RESTART)]))

        yield empty


def _look_at_all_tables(connection: psycopg.Connection) -> sql.Composed:
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
    look = sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})")
    looks = [look.format(name, sql.Identifier(name)) for (name,) in connection.execute(tables)]
    return sql.SQL(" UNION ALL ").join(looks)


def _template(prepare: Prepare) -> str:
    """Make the template of `prepare` unless another process did; the others wait for it."""
    url = administration_url()
    name = "template_" + hashlib.sha256(f"{prepare.__module__}.{prepare.__qualname__}".encode()).hexdigest()[:16]
    with _administration(url) as connection:
        connection.execute("SELECT pg_advisory_lock(1)")
        if connection.execute("SELECT FROM pg_database WHERE datname = %s", (name,)).fetchone() is None:
            connection.execute("DROP DATABASE IF EXISTS unfinished WITH (FORCE)")
            _create(url, "unfinished")
            prepare(_at(url, "unfinished"))
            connection.execute(sql.SQL("ALTER DATABASE unfinished RENAME TO {}").format(sql.Identifier(name)))
    return name


def _create(url: str, name: str, template: str = "template0") -> None:
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
    with _administration(url) as connection:
        connection.execute("SELECT pg_advisory_lock(2)")  # a template can be copied by one at a time
        connection.execute(statement)


def _at(url: str, database: str) -> str:
    return re.sub(r"/[^/]*$", f"/{database}", url)


def _administration(url: str) -> psycopg.Connection:
    return psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://"), autocommit=True, connect_timeout=5)
