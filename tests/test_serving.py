"""Several web workers under gunicorn on PostgreSQL: each with its own connections, all with the same keys."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

import wsgi
from adminops.app import AdminOps, create_app
from adminops.db import db
from tests.browsing import Desk
from tests.make import PASSWORD, give_password, make_admin, make_user
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

    with _gunicorn(app_on_postgresql, *options) as address, ThreadPoolExecutor(8) as browsers:
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


def test_every_answer_bears_the_headers_and_may_not_be_kept(sqlite_desk: Desk) -> None:
    with sqlite_desk.work():
        admin = make_admin()
    stranger, visitor = sqlite_desk.visitor(), sqlite_desk.signed_in(admin)
    answers = {
        "a page": visitor.get("/system/jobs"),
        "a page for everybody": stranger.get("/sign-in"),
        "a redirect": stranger.get("/", status=302),
        "a refusal": visitor.post("/sign-out", token=False, status=400),
        "nothing there": visitor.get("/nowhere", status=404),
        "no page": stranger.get("/healthz"),
    }
    for what, page in answers.items():
        headers = page.response.headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy, what
        assert "unsafe" not in policy, what
        assert "frame-ancestors 'none'" in policy, what
        assert headers["X-Content-Type-Options"] == "nosniff", what
        assert headers["X-Frame-Options"] == "DENY", what
        assert headers["Referrer-Policy"] == "same-origin", what
        assert headers["Cache-Control"] == "private, no-store", what
        assert "Server" not in headers, what


def test_cookies_of_production_travel_over_https_alone(sqlite_app: AdminOps) -> None:
    over = {"environment": "production", "base_url": "https://desk.example.org", "mail_transport": "smtp"}
    settings = replace(sqlite_app.extensions["settings"], **over)
    app = create_app(settings, wsgi.FEATURES)
    answer = app.test_client().get("/sign-in", base_url="https://desk.example.org")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-adminops=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    with app.app_context():
        db.engine.dispose()


def test_headers_of_a_proxy_are_believed_only_when_there_is_one(sqlite_app: AdminOps) -> None:
    spoofed = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
    for proxies, secure in ((0, False), (1, True)):
        app = create_app(replace(sqlite_app.extensions["settings"], trusted_proxies=proxies), wsgi.FEATURES)
        answer = app.test_client().get("/healthz", headers=spoofed)
        assert ("Strict-Transport-Security" in answer.headers) is secure
        with app.app_context():
            db.engine.dispose()
