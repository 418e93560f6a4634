"""The private PostgreSQL is a real, private, short-lived one."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.services import postgres
from tests.services.private import PREFIX, ServiceFailed


def _ask(url: str, question: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        cursor = connection.execute(question)
        return cursor.fetchall() if cursor.description else []


def _make_table(url: str) -> None:
    _ask(url, "CREATE TABLE made_once (id int PRIMARY KEY)")


def test_each_database_is_a_fresh_copy_of_the_prepared_template() -> None:
    runs: list[str] = []

    def prepare(url: str) -> None:
        runs.append(url)
        _make_table(url)

    with postgres.postgres_database(prepare) as first:
        _ask(first, "INSERT INTO made_once VALUES (1)")
        with postgres.postgres_database(prepare) as second:
            assert first != second
            assert _ask(second, "SELECT count(*) FROM made_once") == [(0,)]
    assert len(runs) == 1


def test_a_failed_preparation_does_not_block_the_next_one() -> None:
    tries = []

    def works_the_second_time(url: str) -> None:
        tries.append(url)
        _make_table(url)
        if len(tries) == 1:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), postgres.postgres_database(works_the_second_time):
        pass
    with postgres.postgres_database(works_the_second_time) as url:
        assert _ask(url, "SELECT count(*) FROM made_once") == [(0,)]


def _make_linked_tables(url: str) -> None:
    _ask(url, "CREATE TABLE parent (id serial PRIMARY KEY)")
    _ask(url, "CREATE TABLE child (id serial PRIMARY KEY, parent_id int NOT NULL REFERENCES parent (id))")
    _ask(url, "CREATE TABLE alembic_version (version_num text)")


def test_emptied_database_has_no_rows_starts_counting_anew_and_checks_links_again() -> None:
    with postgres.postgres_database(_make_linked_tables) as url, postgres.emptying(url) as empty:
        for _ in range(2):
            _ask(url, "INSERT INTO alembic_version VALUES ('a1')")
            assert _ask(url, "INSERT INTO parent DEFAULT VALUES RETURNING id") == [(1,)]
            assert _ask(url, "INSERT INTO child (parent_id) VALUES (1) RETURNING id") == [(1,)]
            empty()
            assert _ask(url, "SELECT id FROM parent UNION ALL SELECT id FROM child") == []
        assert _ask(url, "SELECT count(*) FROM alembic_version") == [(2,)]
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            _ask(url, "INSERT INTO child (parent_id) VALUES (7)")


def test_a_database_is_dropped_after_its_block_even_with_open_connections() -> None:
    with postgres.postgres_database() as url:
        left_open = psycopg.connect(url.replace("+psycopg", ""))
        name = left_open.info.dbname
    left_open.close()
    known = _ask(postgres.administration_url(), "SELECT datname FROM pg_database")
    assert (name,) not in known


def test_text_sorts_and_folds_as_unicode() -> None:
    with postgres.postgres_database() as url:
        assert _ask(url, "SELECT lower('ÄÉÑ'), current_setting('server_encoding')") == [("äéñ", "UTF8")]


def test_only_this_machine_and_only_the_password_get_in() -> None:
    url = postgres.administration_url()
    assert _ask(url, "SHOW listen_addresses") == [("127.0.0.1",)]
    wrong = url.replace("+psycopg", "").replace("adminops:", "adminops:wrong")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)


def test_the_server_does_not_run_as_root() -> None:
    folder = Path(str(_ask(postgres.administration_url(), "SHOW data_directory")[0][0]))
    assert folder.stat().st_uid != 0
    assert folder.stat().st_mode & 0o077 == 0


def test_a_killed_test_run_takes_its_server_along_and_the_next_one_cleans_up() -> None:
    postgres.administration_url()  # skips where there is no PostgreSQL
    program = "from tests.services import postgres; s = postgres.launch(); print(s.folder, s.process.pid, flush=True); "
    program += "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    killed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert killed.returncode == -9, killed.stderr
    folder, pid = killed.stdout.split()
    assert Path(folder).exists()

    server = postgres.launch()
    try:
        assert not Path(folder).exists()
        assert not Path(f"/proc/{pid}/cmdline").exists() or not Path(f"/proc/{pid}/cmdline").read_bytes()
        assert f"{PREFIX}postgres-{os.getpid()}-" in server.folder.name
    finally:
        server.stop()
    assert not server.folder.exists()
    assert server.process.poll() is not None


def test_without_postgresql_the_reason_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ADMINOPS_PG_BIN", str(tmp_path))
    with pytest.raises(ServiceFailed, match="no PostgreSQL on this machine"):
        postgres.launch()
