"""The command line: what scripts may trust – exit codes, sentences instead of traces, JSON for machines."""

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from alembic import command
from click.testing import CliRunner, Result

import wsgi
from adminops.app import AdminOps
from adminops.cli import command_line
from adminops.db import db
from migrations.run import configuration
from tests.services.private import free_port
from tests.services.web_client import fetch

ROOT = Path(__file__).resolve().parents[1]
# A suite that was started in the background ignores Ctrl+C, and so would whatever it starts.
PROGRAM = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from wsgi import cli
sys.exit(cli())
"""
Run = Callable[..., Result]
Start = Callable[..., "subprocess.Popen[str]"]
Serve = Callable[..., tuple["subprocess.Popen[str]", str]]
Tables = Callable[[Path], None]


@pytest.fixture
def run(app: AdminOps) -> Run:
    """A function that runs a command on the test's app."""
    program = command_line(wsgi.FEATURES, lambda: app)

    def ran(*words: str) -> Result:
        result = CliRunner().invoke(program, list(words), prog_name="adminops")
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    return ran


def _environment(home: Path, **over: str) -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("ADMINOPS_")}
    return {**plain, "ADMINOPS_HOME": str(home), "PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": "error", **over}


def _call(home: Path, *words: str, **over: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *words],
        cwd=ROOT,
        env=_environment(home, **over),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """A function that starts a command as a process of its own, on a database with tables."""
    with ExitStack() as running:

        def started(*words: str, **over: str) -> "subprocess.Popen[str]":
            process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM, *words],
                cwd=ROOT,
                env=_environment(tmp_path, **over),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            running.callback(_end, process)
            return process

        yield started


def _end(process: "subprocess.Popen[str]") -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    process.communicate()


@pytest.fixture
def tables(sqlite_template: Path) -> Callable[[Path], None]:
    """A function that puts a database with all tables, and nothing in them, into a folder."""

    def put(home: Path) -> None:
        home.mkdir(exist_ok=True)
        shutil.copyfile(sqlite_template, home / "adminops.sqlite")

    return put


# ---- help and wrong use ---------------------------------------------------------------------------------------------


def _commands() -> list[list[str]]:
    found: list[list[str]] = []

    def walk(command: object, words: list[str]) -> None:
        found.append(words)
        for name, inner in getattr(command, "commands", {}).items():
            walk(inner, [*words, name])

    walk(wsgi.cli, [])
    return found


@pytest.mark.parametrize("words", _commands(), ids=" ".join)
def test_every_command_explains_itself_without_an_app(words: list[str]) -> None:
    def no_app() -> AdminOps:
        raise AssertionError("--help needs no app")

    result = CliRunner().invoke(command_line(wsgi.FEATURES, no_app), [*words, "--help"], prog_name="adminops")
    assert result.exit_code == 0, result.output
    assert result.output.startswith("Usage: adminops")
    assert len(result.output.split("\n\n")[1].split()) > 2, "a sentence about what it does"


@pytest.mark.parametrize(
    "words", [["make-coffee"], ["job", "--no-such-option"], ["serve", "--port", "99999"], ["backup"]]
)
def test_wrong_use_ends_with_2(sqlite_app: AdminOps, words: list[str]) -> None:
    result = CliRunner().invoke(command_line(wsgi.FEATURES, lambda: sqlite_app), words)
    assert result.exit_code == 2
    assert "Usage:" in result.output


@pytest.mark.parametrize(
    ("over", "says"),
    [
        ({"ADMINOPS_TIME_ZONE": "Mars/Olympus"}, "ADMINOPS_TIME_ZONE should be an IANA time zone"),
        ({"ADMINOPS_NO_SUCH_THING": "1"}, "ADMINOPS_NO_SUCH_THING is not a setting of AdminOps"),
        ({"ADMINOPS_HOME": "/proc/nowhere"}, "ADMINOPS_HOME can't be used"),
    ],
)
def test_a_wrong_setting_is_a_sentence_and_ends_with_2(tmp_path: Path, over: dict[str, str], says: str) -> None:
    done = _call(tmp_path, "doctor", **over)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"adminops: {says}")
    assert done.stderr.count("\n") == 1


def test_a_database_without_tables_is_a_sentence_and_ends_with_1(tmp_path: Path) -> None:
    done = _call(tmp_path, "demo", "--clients", "10")
    assert done.returncode == 1
    assert done.stderr == "adminops: The database has no tables yet, or older ones. Run: adminops db upgrade\n"


@pytest.mark.parametrize("words", ["serve", "run-jobs"])
def test_nothing_runs_on_the_tables_of_another_version(tmp_path: Path, tables: Tables, words: str) -> None:
    tables(tmp_path)
    with closing(sqlite3.connect(tmp_path / "adminops.sqlite")) as database:
        database.execute("UPDATE alembic_version SET version_num = '0000'")
        database.commit()
    done = _call(tmp_path, words)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("adminops: The database is not of this version.")


def test_a_database_that_is_away_is_a_sentence_and_ends_with_1(tmp_path: Path) -> None:
    url = f"postgresql+psycopg://desk:secret-word@127.0.0.1:{free_port()}/adminops"
    done = _call(tmp_path, "demo", "--clients", "10", ADMINOPS_DATABASE_URL=url)
    assert done.returncode == 1
    assert done.stderr.startswith("adminops: The database does not answer.")
    assert "secret-word" not in done.stderr


def test_a_damaged_key_ring_is_a_sentence_and_ends_with_1(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "fields.json").write_text("{}")
    done = _call(tmp_path, "doctor")
    assert done.returncode == 1
    assert "restore it from its backup" in done.stderr
    assert done.stderr.count("\n") == 1


# ---- jobs -----------------------------------------------------------------------------------------------------------


def test_a_job_runs_once_and_tells_how_it_went(run: Run) -> None:
    result = run("job", "tidy-up")
    assert result.exit_code == 0
    assert result.output.startswith("tidy-up: done")
    told = json.loads(run("job", "tidy-up", "--json").output)
    assert (told["job"], told["state"], told["cause"]) == ("tidy-up", "done", "")


def test_an_unknown_job_ends_with_2_and_the_names(run: Run) -> None:
    result = run("job", "make-coffee")
    assert result.exit_code == 2
    assert "There is no job named make-coffee. There are: " in result.output
    assert "tidy-up" in result.output


def test_without_a_name_the_jobs_are_listed(run: Run) -> None:
    assert "deliver-outbox" in run("job").output
    assert json.loads(run("job", "--json").output)["tidy-up"]


def test_a_failing_job_ends_with_1_and_no_words_of_the_error(sqlite_app: AdminOps) -> None:
    from tests.scheduling import job, with_job

    def fail() -> None:
        raise ValueError("078-05-1120")

    failing = with_job(sqlite_app, job(fail))
    result = CliRunner().invoke(command_line(wsgi.FEATURES, lambda: failing), ["job", "test-job"])
    assert result.exit_code == 1
    assert "failed (ValueError)" in result.output
    assert "078-05" not in result.output


def test_the_worker_leads_and_stops_cleanly_when_told(tmp_path: Path, tables: Tables, start: Start) -> None:
    tables(tmp_path)
    worker = start("run-jobs")
    assert worker.stdout is not None
    assert worker.stderr is not None
    assert worker.stdout.readline() == "Running jobs. Stop with Ctrl-C.\n"
    assert '"leads"' in worker.stderr.readline()
    worker.send_signal(signal.SIGTERM)
    printed, logged = worker.communicate(timeout=60)
    assert (worker.returncode, printed) == (0, "Stopped.\n")
    assert "Traceback" not in logged
    with closing(sqlite3.connect(tmp_path / "adminops.sqlite")) as database:
        assert database.execute("SELECT count(*) FROM lease").fetchone() == (0,)  # the lead was given back


# ---- serving --------------------------------------------------------------------------------------------------------


@pytest.fixture
def serve(tmp_path: Path, tables: Tables, start: Start) -> Serve:
    """A function that starts a server; it returns that and its address."""

    def started(**over: str) -> tuple["subprocess.Popen[str]", str]:
        tables(tmp_path)
        server = start("serve", "--port", "0", **over)
        assert server.stdout is not None
        line = server.stdout.readline()
        assert line.startswith("AdminOps is at http://127.0.0.1:"), line
        return server, line.split()[3]

    return started


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_the_server_answers_and_stops_cleanly(serve: Serve, how: signal.Signals) -> None:
    server, address = serve()
    status, headers, body = fetch(f"{address}/healthz")
    assert (status, body) == (200, b"ok\n")
    assert "Server" not in headers
    server.send_signal(how)
    _, logged = server.communicate(timeout=60)
    assert server.returncode == 0
    assert "Traceback" not in logged


def test_a_taken_port_is_a_sentence_and_ends_with_1(tmp_path: Path, serve: Serve) -> None:
    _, address = serve(ADMINOPS_SCHEDULER="no")
    done = _call(tmp_path, "serve", "--port", address.rpartition(":")[2])
    assert done.returncode == 1
    assert done.stderr.startswith("adminops: Can't listen on 127.0.0.1:")
    assert done.stderr.count("\n") == 1


def test_an_address_that_is_none_is_a_sentence(tmp_path: Path, tables: Tables) -> None:
    tables(tmp_path)
    done = _call(tmp_path, "serve", "--host", "999.1.1.1", "--port", "0")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)


def test_the_server_answers_while_a_large_upload_comes_in(serve: Serve) -> None:
    """The limit of an upload is answered with the page that says so, and not by a broken line."""
    _, address = serve(ADMINOPS_UPLOAD_LIMIT_MB="1", ADMINOPS_SCHEDULER="no")
    status, _, body = fetch(f"{address}/sign-in", data=b"a" * (3 << 20))
    assert status == 413
    assert b"That file is too large" in body


# ---- doctor, backup, docs -------------------------------------------------------------------------------------------


def test_the_doctor_ends_with_1_when_something_is_broken(tmp_path: Path) -> None:
    done = _call(tmp_path, "doctor")
    assert done.returncode == 1
    assert "FAIL  schema     There are no tables yet." in done.stdout
    assert "→ Run: adminops db upgrade" in done.stdout
    assert "\x1b" not in done.stdout  # no colours where no terminal is
    told = json.loads(_call(tmp_path, "doctor", "--json").stdout)
    assert {"about": "database", "state": "ok"}.items() <= told[0].items()


def test_a_warning_is_not_broken(run: Run, app: AdminOps) -> None:
    with app.app_context(), db.engine.begin() as connection:
        command.stamp(configuration(connection), "head")
    result = run("doctor", "--json")
    assert {finding["about"]: finding["state"] for finding in json.loads(result.output)}["scheduler"] == "warn"
    assert result.exit_code == 0, result.output


def test_a_backup_comes_back_through_the_commands(tmp_path: Path, tables: Tables) -> None:
    here, there, file = tmp_path / "here", tmp_path / "there", str(tmp_path / "backup.zip")
    tables(here)
    written = _call(here, "backup", file)
    assert written.returncode == 0, written.stderr
    assert "The keys are not in it." in written.stdout
    assert _call(here, "backup", file).returncode == 1
    restored = _call(there, "restore", file, "--json")
    assert restored.returncode == 0, restored.stderr
    assert json.loads(restored.stdout)["with_keys"] is False


def test_the_pages_of_docs_are_written_and_checked(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "docs").mkdir()
    monkeypatch.chdir(tmp_path)
    assert run("docs", "--check").exit_code == 1
    assert run("docs").output.count("written: ") == 3
    assert (tmp_path / "docs" / "settings.md").read_text().startswith("# Settings")
    assert run("docs").output == "All up to date.\n"
    assert run("docs", "--check").exit_code == 0


def test_a_database_is_made_by_upgrade_and_is_at_its_head(tmp_path: Path) -> None:
    assert _call(tmp_path, "db", "upgrade").stdout == "The database is up to date.\n"
    assert _call(tmp_path, "db", "upgrade").returncode == 0
    findings = json.loads(_call(tmp_path, "doctor", "--json").stdout)
    assert {finding["about"]: finding["state"] for finding in findings}["schema"] == "ok"
