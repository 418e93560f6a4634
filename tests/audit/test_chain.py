"""The chain over the audit trail: whatever somebody does to it past the app is found, and named."""

import csv
import json
import stat
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result
from flask.cli import ScriptInfo
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

import wsgi
from adminops import clock
from adminops.app import AdminOps
from adminops.audit import chain, jobs
from adminops.audit.chain import add_links, anchor, check
from adminops.audit.marks import content_of, is_marked, mark_of_entry
from adminops.audit.models import AuditEntry, AuditLink
from adminops.crypto import KeyRing, RingFile
from adminops.db import db, transaction
from adminops.hmis import sealing
from adminops.identity.models import User
from adminops.identity.operations import add_agency
from adminops.identity.permissions import Role
from adminops.outbox.models import OutboxMessage
from tests.browsing import Desk
from tests.make import make_admin, make_user
from tests.together import at_once

KEY = b"k" * 32
PUT_IN = (
    "INSERT INTO audit_entry (at, fact, about_kind, about_id, sentence, detail)"
    " VALUES ('2024-01-01 00:00:00', 'AgencyAdded', 'agency', '1', 'added agency 1', '{{}}')"
)


def past_the_app(*statements: str) -> None:
    """Do what somebody could who has the database to himself."""
    on_server = db.session.connection().dialect.name == "postgresql"
    db.session.flush()
    if on_server:
        db.session.execute(text("SET LOCAL session_replication_role = replica"))
    else:
        for (name,) in db.session.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            db.session.execute(text(f"DROP TRIGGER {name}"))
    for statement in statements:
        db.session.execute(text(statement))
    if on_server:
        db.session.execute(text("SET LOCAL session_replication_role = DEFAULT"))
    db.session.expire_all()


@pytest.fixture
def admin(session: Session) -> User:
    """Somebody who did five things, all of which have their links."""
    admin = make_admin()
    for number in range(5):
        add_agency(name=f"House {number}", by=admin)
    session.flush()
    while add_links():
        pass
    return admin


def test_two_that_add_links_at_the_same_moment_add_each_once(desk: Desk) -> None:
    with desk.work():
        admin = make_admin()
        for number in range(3):
            add_agency(name=f"House {number}", by=admin)

    def add() -> None:
        add_links(looked_back=None)
        time.sleep(0.5)  # what was added is not stored yet when the other one begins

    at_once(desk, add, add)
    with desk.look() as session:
        linked = session.scalars(select(AuditLink.number).order_by(AuditLink.number)).all()
        assert list(linked) == list(range(1, len(entries()) + 1))


def entries() -> list[int]:
    return list(db.session.scalars(select(AuditEntry.id).order_by(AuditEntry.id)))


def linked() -> int:
    return db.session.scalar(select(func.count()).select_from(AuditLink)) or 0


def test_every_entry_gets_a_link_and_a_trail_that_nobody_touched_is_in_order(admin: User, tmp_path: Path) -> None:
    assert linked() == len(entries()) >= 5
    add_agency(name="Late House", by=admin)
    db.session.flush()
    verdict = check(tmp_path)
    assert (verdict.broken, verdict.links, verdict.waiting) == (None, linked(), 1)
    assert not add_links()
    assert (check(tmp_path).links, check(tmp_path).waiting) == (linked(), 0)


@pytest.mark.parametrize(
    ("what", "statements", "says"),
    [
        (
            "edited",
            ["UPDATE audit_entry SET sentence = 'did nothing' WHERE id = {third}"],
            "Entry {third} or its place",
        ),
        (
            "re-dated",
            ["UPDATE audit_entry SET at = '2020-01-01 00:00:00+00:00' WHERE id = {third}"],
            "Entry {third} or",
        ),
        ("deleted", ["DELETE FROM audit_entry WHERE id = {third}"], "Entry {third} is gone."),
        (
            "deleted with its link",
            ["DELETE FROM audit_entry WHERE id = {third}", "DELETE FROM audit_link WHERE entry_id = {third}"],
            "Link 3 is gone.",
        ),
        (
            "reordered",
            [
                "UPDATE audit_link SET entry_id = -1 WHERE entry_id = {third}",
                "UPDATE audit_link SET entry_id = {third} WHERE entry_id = {fourth}",
                "UPDATE audit_link SET entry_id = {fourth} WHERE entry_id = -1",
            ],
            "Entry {fourth} or its place",
        ),
        (
            "put in",
            [PUT_IN],
            "is not marked as what it says.",
        ),
        (
            "tail cut",
            ["DELETE FROM audit_link WHERE entry_id >= {fourth}", "DELETE FROM audit_entry WHERE id >= {fourth}"],
            "The end of the trail is gone: an anchor has link",
        ),
    ],
)
def test_g2_what_is_done_to_the_trail_past_the_app_is_found(
    admin: User, tmp_path: Path, what: str, statements: list[str], says: str
) -> None:
    assert admin
    assert anchor(tmp_path)
    assert check(tmp_path).broken is None, what
    ids = entries()
    named = {"third": ids[2], "fourth": ids[3]}
    past_the_app(*(statement.format(**named) for statement in statements))
    assert not add_links(looked_back=None)
    broken = check(tmp_path).broken
    assert broken is not None
    assert says.format(**named) in broken.sentence


def test_a_trail_that_was_written_anew_under_the_same_key_does_not_fit_its_anchor(admin: User, tmp_path: Path) -> None:
    assert admin
    anchor(tmp_path)
    past_the_app("DELETE FROM audit_link", f"DELETE FROM audit_entry WHERE id = {entries()[0]}")
    add_links()
    add_agency(name="Late House", by=admin)
    db.session.flush()
    add_links()
    broken = check(tmp_path).broken
    assert broken is not None
    assert broken.sentence == "The chain was written anew: an anchor has another link."


def test_the_database_refuses_to_change_or_delete_what_is_in_the_trail(admin: User) -> None:
    assert admin
    for statement in (
        "UPDATE audit_entry SET sentence = 'x'",
        "DELETE FROM audit_entry",
        "UPDATE audit_link SET number = number + 100",
        "DELETE FROM audit_link",
    ):
        with pytest.raises(DBAPIError, match="only ever added to"), db.session.begin_nested():
            db.session.execute(text(statement))


def test_entries_of_before_there_were_marks_are_taken_in_as_the_first_and_never_later(
    admin: User, tmp_path: Path
) -> None:
    past_the_app("DELETE FROM audit_link", "UPDATE audit_entry SET mark = NULL")
    assert check(tmp_path).broken is None
    add_agency(name="New House", by=admin)
    db.session.flush()
    add_links()
    assert linked() == len(entries())
    assert check(tmp_path).broken is None
    add_agency(name="Late House", by=admin)
    past_the_app(f"UPDATE audit_entry SET mark = NULL WHERE id = {max(entries())}")
    add_links()
    assert linked() == len(entries()) - 1
    assert check(tmp_path).broken is not None


def test_an_entry_that_comes_up_behind_later_ones_gets_its_link_at_the_end(
    admin: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert admin
    second = entries()[1]
    past_the_app(
        f"CREATE TEMPORARY TABLE later AS SELECT * FROM audit_entry WHERE id = {second}",
        "DELETE FROM audit_link",
        f"DELETE FROM audit_entry WHERE id = {second}",
    )
    monkeypatch.setattr(chain, "AT_ONCE", 2)
    while add_links():
        pass
    past_the_app("INSERT INTO audit_entry SELECT * FROM later")
    add_links(looked_back=2)
    assert check(tmp_path).waiting == 1
    add_links(looked_back=None)
    assert db.session.scalar(select(AuditLink.entry_id).order_by(AuditLink.number.desc()).limit(1)) == second
    assert check(tmp_path) == chain.Verdict(len(entries()), 0, 0, None)


def test_a_trail_under_another_key_is_told_from_one_that_was_changed(admin: User, tmp_path: Path) -> None:
    assert admin
    with sealing.using(KeyRing.generate()):
        broken = check(tmp_path).broken
    assert broken is not None
    assert "under a key that the key ring does not have" in broken.sentence
    with sealing.using(replace(KeyRing.generate(), audit_key=b"")):
        add_agency(name="New House", by=admin)
        assert not add_links()
        assert check(tmp_path).broken is not None
    assert db.session.scalar(select(AuditEntry.mark).order_by(AuditEntry.id.desc()).limit(1)) is None


def test_a_ring_of_before_gets_a_key_for_the_trail_and_keeps_the_others(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "fields.json"
    ring = KeyRing.load(path)
    held = json.loads(path.read_text())
    del held["audit_key"]
    path.write_text(json.dumps(held))
    first, again = RingFile(path).ring(), RingFile(path).ring()
    assert len(first.audit_key) == 32
    assert first == again == replace(ring, audit_key=first.audit_key)
    assert path.with_name("fields.before-audit.json").exists()


def test_a_mark_is_over_all_that_an_entry_says() -> None:
    said = {
        "id": 1,
        "at": datetime(2026, 1, 2, tzinfo=UTC),
        "actor_id": 2,
        "fact": "AgencyAdded",
        "about_kind": "agency",
        "about_id": "3",
        "agency_id": 4,
        "request_kind": None,
        "request_id": None,
        "sentence": "added agency 3",
        "detail": {"b": [1, 2.5], "a": None},
        "mark": None,
    }
    mark = mark_of_entry(KEY, SimpleNamespace(**said))
    assert mark != mark_of_entry(KEY, SimpleNamespace(**said))
    assert is_marked(KEY, SimpleNamespace(**{**said, "mark": mark}))
    assert not is_marked(b"o" * 32, SimpleNamespace(**{**said, "mark": mark}))
    for name in set(said) - {"id", "mark"}:
        other = said["at"] + timedelta(seconds=1) if name == "at" else "9"  # type: ignore[operator]
        assert not is_marked(KEY, SimpleNamespace(**{**said, "mark": mark, name: other})), name
    swapped = {**said, "detail": {"a": None, "b": [1, 2.5]}}
    assert content_of(SimpleNamespace(**said)) == content_of(SimpleNamespace(**swapped))


@pytest.fixture
def command(app: AdminOps) -> Callable[..., Result]:
    """Run `adminops audit …`."""

    def run(*words: str) -> Result:
        return CliRunner().invoke(wsgi.cli, ["audit", *words], obj=ScriptInfo(create_app=lambda: app))

    return run


def test_the_nightly_check_anchors_what_is_in_order_and_else_tells_who_answers_for_it(
    app: AdminOps, command: Callable[..., Result], tmp_path: Path
) -> None:
    with app.app_context():
        with transaction():
            admin = make_admin()
            heard = {make_user(role).id for role in (Role.SECURITY_OFFICER, Role.MANAGER)}
            add_agency(name="=House", by=admin)
        jobs.check_and_anchor()
        anchors = list(jobs.anchors_folder().glob("*.json"))
        assert [stat.S_IMODE(each.stat().st_mode) for each in anchors] == [0o600]
        jobs.check_and_anchor()
    assert command("verify").exit_code == 0
    told = json.loads(command("verify", "--json").output)
    assert (told["broken"], told["anchors"]) == (None, 1)
    file = tmp_path / "trail.csv"
    assert command("export", str(file)).exit_code == 0
    rows = list(csv.DictReader(file.read_text().splitlines()))
    assert "added agency" in " ".join(row["Sentence"] for row in rows)
    assert {row["Link"] for row in rows} == {str(number) for number in range(1, told["links"] + 1)}
    assert command("export", str(file)).exit_code == 1
    tomorrow = f"{clock.now() + timedelta(days=1):%Y-%m-%d}"
    command("export", str(tmp_path / "none.csv"), "--since", tomorrow)
    assert len((tmp_path / "none.csv").read_text().splitlines()) == 1
    with app.app_context():
        with transaction():
            past_the_app("UPDATE audit_entry SET sentence = 'did nothing' WHERE fact = 'AgencyAdded'")
        jobs.check_and_anchor()
        jobs.check_and_anchor()
        with transaction(writes=False):
            told = db.session.scalars(select(OutboxMessage.recipient_id).where(OutboxMessage.kind == "audit.broken"))
            assert sorted(told) == sorted(heard)
        for each in anchors:
            each.unlink()
    said = command("verify")
    assert said.exit_code == 1
    assert "broken at link" in said.output
