"""The doctor: each thing that can be wrong is found, and comes with what to do."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command

import wsgi
from adminops import clock
from adminops.app import AdminOps, create_app
from adminops.crypto import KeyRing
from adminops.db import Model, db, transaction
from adminops.feature import Finding
from adminops.files import EXPORTS, keep_upload, path_of
from adminops.hmis import sealing
from adminops.hmis.models import Client, HmisSource
from adminops.identity.models import SYSTEM
from adminops.outbox.messages import enqueue_mail
from adminops.outbox.models import MessageState
from adminops.scheduler import JobRun, RunState
from adminops.scheduler.leader import sign
from adminops.system import checks
from adminops.system.checks import State, examine, worst
from migrations.run import configuration
from tests.files import samples
from tests.make import make_user
from tests.outbox.rude_server import rude_server
from tests.services.mail import MailCatcher
from tests.services.private import free_port

Examine = Callable[..., dict[str, Finding]]


@pytest.fixture
def look(app: AdminOps, tmp_path: Path) -> Examine:
    """A function that examines the app, with other settings, and returns the findings by what they are about."""
    with app.app_context(), db.engine.begin() as connection:
        command.stamp(configuration(connection), "head")

    def looked(**over: Any) -> dict[str, Finding]:
        chosen = replace(app.extensions["settings"], **over) if over else app.extensions["settings"]
        used = create_app(chosen, wsgi.FEATURES) if over else app
        with used.app_context():
            with transaction(writes=False):
                found = {finding.about: finding for finding in examine(used, patience=1)}
            if over:
                db.engine.dispose()
        return found

    return looked


@pytest.fixture
def home(app: AdminOps, tmp_path: Path) -> Path:
    """A folder for files and keys of this test alone."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    return home


def _state(look: Examine, about: str, **over: Any) -> State:
    return look(**over)[about].state


def test_a_house_in_order_has_nothing_broken(look: Examine) -> None:
    findings = look()
    broken = {about: finding.says for about, finding in findings.items() if finding.state == "fail"}
    assert set(findings) == {
        *("database", "schema", "home", "disk", "keys", "mail", "directory"),
        *("outbox", "scheduler", "files", "jobs", "imports"),
    }
    assert broken == {}


def test_what_is_not_well_says_what_to_do(look: Examine) -> None:
    assert all(finding.advice for finding in look().values() if finding.state != "ok")


def test_a_database_that_does_not_answer(look: Examine, home: Path) -> None:
    findings = look(database_url=f"postgresql+psycopg://nobody:secret-word@127.0.0.1:{free_port()}/x", home=home)
    assert findings["database"].state == "fail"
    assert "ADMINOPS_DATABASE_URL" in findings["database"].advice
    assert "outbox" not in findings
    assert "secret-word" not in str(findings)


def test_a_database_without_tables(look: Examine, home: Path) -> None:
    schema = look(database_url="", home=home)["schema"]
    assert (schema.state, schema.says) == ("fail", "There are no tables yet.")
    assert schema.advice == "Run: adminops db upgrade"


def test_tables_of_another_version(look: Examine, home: Path, app: AdminOps) -> None:
    app = create_app(replace(app.extensions["settings"], database_url="", home=home), wsgi.FEATURES)
    with app.app_context():
        Model.metadata.create_all(db.engine)
        with db.engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32))")
            connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('of another time')")
        db.engine.dispose()
    schema = look(database_url="", home=home)["schema"]
    assert (schema.state, schema.says) == ("fail", "The tables are not those of this version.")


def test_a_home_that_others_can_look_into(look: Examine, home: Path) -> None:
    assert _state(look, "home", home=home) == "ok"
    home.chmod(0o755)
    assert _state(look, "home", home=home) == "warn"


def test_a_home_that_is_gone(look: Examine, home: Path) -> None:
    settings = home / "inner"

    def vanish(app: AdminOps) -> dict[str, Finding]:
        shutil.rmtree(settings)
        with app.app_context(), transaction(writes=False):
            return {finding.about: finding for finding in checks._home(app.extensions["settings"])}

    from adminops.settings import Settings

    assert vanish(create_app(Settings(environment="test", home=settings), wsgi.FEATURES))["home"].state == "fail"


def test_keys_that_others_can_read(look: Examine, home: Path) -> None:
    assert _state(look, "keys", home=home) == "ok"
    (home / "keys" / "fields.json").chmod(0o644)
    assert _state(look, "keys", home=home) == "fail"


def test_keys_that_are_damaged(look: Examine, home: Path, app: AdminOps) -> None:
    app = create_app(replace(app.extensions["settings"], home=home), wsgi.FEATURES)
    (home / "keys" / "fields.json").write_text("{}")
    with app.app_context(), transaction(writes=False):
        (finding,) = checks._keys(app.extensions["settings"], is_readable=True)
    assert finding.state == "fail"
    assert "Restore" in finding.advice
    with app.app_context():
        db.engine.dispose()


def test_keys_that_do_not_open_what_is_stored(look: Examine, app: AdminOps, home: Path) -> None:
    ring = KeyRing.load(app.extensions["settings"].home / "keys" / "fields.json")
    with app.app_context(), transaction() as session, sealing.using(ring):
        source = HmisSource(name="Coast", created_at=clock.now())
        session.add(source)
        session.flush()
        sealed = sealing.seal_ssn(source.id, "P1", "219091234")
        session.add(_client(source.id, "P1", sealed))
    assert look()["keys"].says == "The key ring (one key) opens what is sealed (1 value)."
    assert _state(look, "keys", home=home, database_url=app.extensions["settings"].database) == "fail"


def _client(source_id: int, personal_id: str, ssn: sealing.SealedSsn) -> Client:
    columns = {column.name: "" for column in Client.__table__.columns if not column.nullable and column.default is None}
    given = {name: value for name, value in columns.items() if name not in ("id", "source_id", "personal_id")}
    client = Client(source_id=source_id, personal_id=personal_id, ssn_sealed=ssn.sealed, ssn_index=ssn.number_index)
    for name in given:
        column = Client.__table__.columns[name]
        setattr(client, name, _some(column.type.python_type))
    return client


def _some(kind: type) -> Any:
    from datetime import date, datetime

    if kind is datetime:
        return clock.now()
    if kind is date:
        return clock.today()
    return b"" if kind is bytes else kind() if kind in (str, bool, int, dict, list) else next(iter(kind))  # type: ignore[call-overload]


def test_a_mail_server_that_lets_us_in(look: Examine, mail_server: MailCatcher) -> None:
    assert _state(look, "mail", mail_transport="smtp", smtp_port=mail_server.port, smtp_security="none") == "ok"
    assert mail_server.mails == []


def test_a_mail_server_that_is_away_or_silent(look: Examine) -> None:
    away = look(mail_transport="smtp", smtp_port=free_port(), smtp_security="none")["mail"]
    assert (away.state, "ADMINOPS_SMTP_" in away.advice) == ("fail", True)
    with rude_server("GREETING", silent=True) as silent:
        assert _state(look, "mail", mail_transport="smtp", smtp_port=silent.port, smtp_security="none") == "fail"


def test_a_full_disk(look: Examine, monkeypatch: pytest.MonkeyPatch) -> None:
    for free, state in ((100, "fail"), (10**9, "warn"), (10**12, "ok")):
        usage = type("Usage", (), {"free": free})
        monkeypatch.setattr(checks.shutil, "disk_usage", lambda _path, usage=usage: usage)
        assert _state(look, "disk") == state


def test_mails_that_were_given_up_or_wait_for_nobody(look: Examine, app: AdminOps) -> None:
    assert _state(look, "outbox") == "ok"
    with app.app_context(), transaction():
        message = enqueue_mail("tickets.replied", to=make_user(), message_id=1)
        message.next_try_at = clock.now() - timedelta(hours=1)
    assert "Start a worker" in look()["outbox"].advice
    with app.app_context(), transaction() as session:
        session.merge(message).state = MessageState.DEAD
    assert look()["outbox"].says == "One mail was given up."


def test_jobs_that_nobody_runs_that_are_late_or_fail(look: Examine, app: AdminOps) -> None:
    assert _state(look, "scheduler") == "warn"
    long_ago = clock.now() - timedelta(days=7)
    with app.app_context(), transaction() as session:
        sign("desk1:1:x", timedelta(minutes=1))
        session.add(JobRun(job="tidy-up", slot=1, state=RunState.DONE, started_at=long_ago, ended_at=long_ago))
    assert _state(look, "scheduler") == "ok"
    assert look()["jobs"].says == "Late: tidy-up."
    with app.app_context(), transaction() as session:
        session.add(JobRun(job="tidy-up", slot=2, state=RunState.DONE, ended_at=clock.now()))
        session.add(JobRun(job="sweep-files", slot=2, state=RunState.FAILED, cause="OSError", ended_at=clock.now()))
    assert look()["jobs"].says == "Failed in their last run: sweep-files."


def test_kept_files_that_are_not_there(look: Examine, app: AdminOps) -> None:
    import io

    with app.app_context(), transaction():
        stored = keep_upload(io.BytesIO(samples.zipped(a=b"x")), "a.zip", allowed=EXPORTS, limit=1 << 20, by=SYSTEM)
    assert _state(look, "files") == "ok"
    with app.app_context():
        path_of(stored).unlink()
    assert _state(look, "files") == "fail"


def test_the_worst_finding_counts() -> None:
    ok, warn, fail = (Finding("x", state, "") for state in ("ok", "warn", "fail"))
    assert worst([]) == worst([ok]) == "ok"
    assert worst([ok, warn]) == "warn"
    assert worst([warn, fail, ok]) == "fail"
