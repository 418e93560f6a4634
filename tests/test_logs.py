"""Logs: a canary is pushed through whatever can go wrong, and must turn up in no log, no audit row, no message."""

import json
import logging
import socket
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
import structlog
from flask import Flask
from sqlalchemy import text
from werkzeug.routing import Rule

import wsgi
from adminops.app import AdminOps, create_app
from adminops.db import db, transaction
from adminops.feature import Feature
from adminops.identity.models import User
from adminops.identity.permissions import Role
from adminops.logs import ALLOWED, LibraryHandler, place_of, set_up_logging
from adminops.outbox.delivery import deliver_due
from adminops.scheduler import run_in_slot, run_job
from adminops.web.access import PUBLIC, access
from tests.browsing import Desk, Visitor
from tests.make import give_password, make_admin, make_user
from tests.scheduling import job
from tests.services.web import serving

SSN, PASSWORD, TOKEN = "078-05-1120", "canary copper orchard", "tok_4nFz9QxLw2"
CANARIES = (SSN, SSN.replace("-", ""), PASSWORD, TOKEN)
KEPT = ("audit_entry", "outbox_message", "job_run", "job_order", "lease", "user_session", "sign_in_throttle")
"""Tables that anybody of the team may look at, or that name people: no word of what was typed belongs there."""


def _fail() -> str:
    raise RuntimeError(f"{SSN} {PASSWORD} {TOKEN}")


def _fail_in_the_database() -> str:
    db.session.execute(text("INSERT INTO agency (id, name) VALUES (1, :name)"), {"name": SSN})
    return ""


def _trouble(app: Flask) -> None:
    app.add_url_rule("/trouble", "trouble", access(PUBLIC)(_fail), methods=["GET", "POST"])
    app.add_url_rule("/trouble/database", "trouble_database", access(PUBLIC)(_fail_in_the_database), methods=["POST"])


TROUBLE = Feature(name="trouble", title="Trouble", init_app=_trouble)


@pytest.fixture
def desk(app: AdminOps) -> Iterator[Desk]:
    """An app as people run it, which answers an error with a page, logs everything and has two routes that fail."""
    settings = replace(app.extensions["settings"], environment="development", log_level="debug")
    running = create_app(settings, (*wsgi.FEATURES, TROUBLE))
    yield Desk(running)
    with running.app_context():
        db.engine.dispose()
    set_up_logging("error")


def _assert_clean(desk: Desk, logged: str) -> None:
    assert [canary for canary in CANARIES if canary in logged] == []
    for line in logged.splitlines():
        assert set(json.loads(line)) <= ALLOWED, line
    with desk.look() as session:
        for table in KEPT:
            for row in session.execute(text(f"SELECT * FROM {table}")):
                assert [canary for canary in CANARIES if canary in str(row)] == [], table


def test_a_failing_page_logs_where_and_what_kind_and_nothing_else(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    page = desk.visitor().get(f"/trouble?ssn={SSN}&token={TOKEN}", status=500)
    desk.visitor().post("/trouble", {"password": PASSWORD}, status=500)
    desk.visitor().post("/trouble/database", {"ssn": SSN}, status=500)
    logged = capsys.readouterr().err
    _assert_clean(desk, logged)
    first, _, third = [json.loads(line) for line in logged.splitlines()]
    assert (first["cause"], first["status"], first["endpoint"]) == ("RuntimeError", 500, "trouble")
    assert first["place"].rpartition(":")[0].endswith("test_logs.py")
    assert first["reference"] in page.words
    assert SSN not in page.words
    assert third["cause"] == "IntegrityError"


def test_signing_in_leaves_no_trace_of_what_was_typed(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    with desk.work():
        person = give_password(make_user(), PASSWORD)
    visitor = desk.visitor()
    visitor.post("/sign-in", {"username": TOKEN, "password": PASSWORD}, status=422)
    visitor.post("/sign-in", {"username": person.username, "password": f"{PASSWORD} not"}, status=422)
    visitor.post("/sign-in", {"username": person.username, "password": PASSWORD})
    visitor.post("/sign-out", token=False, status=400)
    visitor.post("/sign-out")
    _assert_clean(desk, capsys.readouterr().err)


def _url(rule: Rule) -> str:
    parts = rule.rule.split("/")
    return "/".join("1" if part.startswith("<int:") else TOKEN if part.startswith("<") else part for part in parts)


def _visit_everything(desk: Desk, visitor: Visitor) -> int:
    typed = {"ssn": SSN, "password": PASSWORD, "token": TOKEN, "name": SSN, "title": SSN, "text": SSN, "body": SSN}
    typed |= {"q": SSN, "reason": TOKEN, "username": TOKEN, "email": f"{TOKEN}@example.org", "note": SSN, "next": TOKEN}
    visited = 0
    for rule in desk.app.url_map.iter_rules():
        if rule.endpoint in ("signin.sign_out", "trouble", "trouble_database"):
            continue
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            data = {**typed, "csrf_token": visitor.form_token()} if method == "POST" else None
            address = f"{_url(rule)}?{'&'.join(f'{name}={value}' for name, value in typed.items())}"
            answer = visitor.client.open(address, method=method, data=data)
            assert answer.status_code < 500, f"{method} {rule.rule} answered {answer.status_code}"
            answer.close()
            visited += 1
    return visited


@pytest.mark.parametrize("role", [Role.SYSTEM_ADMIN, Role.MANAGER, Role.AGENCY_LEAD, Role.END_USER, None])
def test_g1_canary_typed_into_every_route_is_in_no_log_no_mail_and_no_record(
    desk: Desk, capsys: pytest.CaptureFixture[str], role: Role | None
) -> None:
    visitor = desk.visitor()
    if role is not None:
        with desk.work():
            person: User = make_user(role)
        visitor = desk.signed_in(person)
    assert _visit_everything(desk, visitor) > 60
    with desk.app.app_context():
        deliver_due()
    _assert_clean(desk, capsys.readouterr().err)
    with desk.look() as session:
        mails = [str(row) for row in session.execute(text("SELECT * FROM mailbox_mail"))]
        assert [mail for mail in mails if SSN in mail or PASSWORD in mail] == []


def test_jobs_that_fail_log_no_words(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        _fail()

    run_in_slot(desk.app, job(fail), 7)
    run_job(desk.app, job(fail, own_transactions=True))
    logged = capsys.readouterr().err
    _assert_clean(desk, logged)
    assert [json.loads(line)["cause"] for line in logged.splitlines()] == ["RuntimeError", "RuntimeError"]


def test_mails_that_fail_log_no_words(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    from adminops.outbox.delivery import deliver_due
    from adminops.outbox.messages import enqueue_mail

    def fail(*, to_id: int) -> None:
        _fail()

    desk.app.extensions["mails"].functions["test.fail"] = fail
    with desk.work():
        enqueue_mail("test.fail", to=make_user())
    with desk.app.app_context():
        assert deliver_due().put_off == 1
    _assert_clean(desk, capsys.readouterr().err)


def test_what_libraries_log_is_kept_without_its_values(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    library = logging.getLogger("some.library")
    library.error("could not store %s for %s", SSN, TOKEN)
    library.warning("could not read '%s'" % SSN)  # noqa: UP031 - as careless libraries do
    library.warning(f"row {SSN}")
    library.warning(RuntimeError(TOKEN))
    library.info("quiet %s", SSN)
    try:
        _fail()
    except RuntimeError:
        library.exception("failed on %s", SSN)
    logged = capsys.readouterr().err
    _assert_clean(desk, logged)
    first, *_, last = [json.loads(line) for line in logged.splitlines()]
    assert (first["event"], first["logger"], first["level"]) == ("could not store %s for %s", "some.library", "error")
    assert (last["cause"], last["event"]) == ("RuntimeError", "failed on %s")
    assert last["place"].rpartition(":")[0].endswith("test_logs.py")
    assert "quiet" not in logged


def test_a_server_that_is_fed_nonsense_logs_none_of_it(desk: Desk, capfd: pytest.CaptureFixture[str]) -> None:
    set_up_logging("debug")
    with serving(desk.app) as address:
        port = urlsplit(address).port or 0
        for nonsense in (
            f"GET /{SSN} HTTP/9.9\r\n\r\n",
            f"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: {TOKEN}\r\n\r\n",
            f"{TOKEN}\r\n\r\n",
            f"GET /?{SSN} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: {TOKEN}\r\n\r\n",
            f"GET /%ff{SSN}?%zz={TOKEN} HTTP/1.0\r\n\r\n",
        ):
            with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
                line.sendall(nonsense.encode())
                assert line.recv(4096)
    _assert_clean(desk, capfd.readouterr().err)


def test_the_house_keeps_only_what_it_names(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    structlog.get_logger("test").info("something", user_id=7, ssn=SSN, password=PASSWORD, count=3)
    (entry,) = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert entry == {"event": "something", "level": "info", "timestamp": entry["timestamp"], "user_id": 7, "count": 3}


def test_logging_is_set_up_once(desk: Desk) -> None:
    set_up_logging("info")
    set_up_logging("info")
    assert sum(isinstance(handler, LibraryHandler) for handler in logging.getLogger().handlers) == 1


def test_an_error_without_a_trace_has_no_place() -> None:
    assert place_of(None) == ""


def test_the_canary_would_be_found(desk: Desk) -> None:
    """The net has no hole: what it looks for is found where it is put."""
    with desk.app.app_context(), transaction():
        db.session.execute(text("UPDATE lease SET holder = 'x'"))
        admin = make_admin()
        db.session.execute(
            text("INSERT INTO job_order (job, asked_at, asked_by_id) VALUES (:job, CURRENT_TIMESTAMP, :by)"),
            {"job": TOKEN, "by": admin.id},
        )
    with pytest.raises(AssertionError, match="job_order"):
        _assert_clean(desk, "")
    with pytest.raises(AssertionError):
        _assert_clean(desk, f'{{"event": "{SSN}"}}')
