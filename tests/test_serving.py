"""Several web workers under gunicorn on PostgreSQL: each with its own connections, all with the same keys."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from adminops.app import AdminOps
from tests.browsing import Desk
from tests.make import PASSWORD, give_password, make_user
from tests.scheduling import wait_until
from tests.services.private import free_port
from tests.services.web_client import fetch

ROOT = Path(__file__).resolve().parents[1]


@contextmanager
def _gunicorn(app: AdminOps, *options: str) -> Iterator[str]:
    """Run gunicorn with two workers of four threads on the app's database; the block gets its address."""
    settings, port = app.extensions["settings"], free_port()
    command = [sys.executable, "-m", "gunicorn", "wsgi:build_app()", "-k", "gthread", "-w", "2", "--threads", "4"]
    plain = {name: value for name, value in os.environ.items() if not name.startswith("ADMINOPS_")}
    process = subprocess.Popen(
        [*command, "-b", f"127.0.0.1:{port}", "--no-control-socket", *options],
        cwd=ROOT,
        env={**plain, "ADMINOPS_HOME": str(settings.home), "ADMINOPS_DATABASE_URL": settings.database},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        wait_until(lambda: process.poll() is not None or _answers(port))
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        printed, _ = process.communicate(timeout=60)
        assert "Traceback" not in printed, printed
        assert process.returncode == 0, printed


def _answers(port: int) -> bool:
    try:
        return fetch(f"http://127.0.0.1:{port}/healthz")[0] == 200
    except OSError:
        return False


@pytest.mark.parametrize("options", [(), ("--preload",)], ids=["each its own app", "one app, forked"])
def test_two_workers_share_sessions_and_no_connection(app_on_postgresql: AdminOps, options: tuple[str, ...]) -> None:
    desk = Desk(app_on_postgresql)
    with desk.work():
        person = give_password(make_user())
    visitor = desk.visitor()
    visitor.post("/sign-in", {"username": person.username, "password": PASSWORD})
    cookie = visitor.client.get_cookie("adminops")
    assert cookie is not None

    with _gunicorn(app_on_postgresql, *options) as address:
        with ThreadPoolExecutor(8) as browsers:
            pages = [f"{address}/me/sessions"] * 60
            answers = list(browsers.map(lambda page: fetch(page, cookie=f"adminops={cookie.value}"), pages))
    assert {status for status, _, _ in answers} == {200}
    assert all(b"Where you are signed in" in body for _, _, body in answers)


def test_a_wrong_setting_stops_the_server_with_its_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gunicorn", "wsgi:build_app()", "--preload", "--check-config", "--no-control-socket"],
        cwd=ROOT,
        env={**os.environ, "ADMINOPS_HOME": str(tmp_path), "ADMINOPS_MAIL_TRANSPORT": "pigeon"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "ADMINOPS_MAIL_TRANSPORT should be one of mailbox, console, smtp." in done.stderr + done.stdout
