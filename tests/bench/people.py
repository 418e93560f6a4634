"""Accounts in numbers: a list of 5,000 people with 100 bad rows, a list of their sign-ins, the policies of 10,000."""

import json
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random
from time import perf_counter, process_time
from typing import Any

from click.testing import CliRunner
from flask.cli import ScriptInfo
from sqlalchemy import insert

import wsgi
from accounts import jobs
from accounts.agreements.models import AgreementSignature, AgreementText
from accounts.ladders.models import AccountPolicy, PolicyScope, PolicyState
from accounts.ladders.values import OFFERED, PolicyKind
from accounts.lapses.preview import preview_of
from accounts.lists.models import ListPurpose, ListState, VendorList
from accounts.models import Account
from adminops import clock
from adminops.app import AdminOps, create_app
from adminops.db import db, transaction
from adminops.identity.models import Agency, RoleGrant, User
from adminops.settings import Settings
from migrations.run import upgrade_database
from tests.bench.figures import Figure
from tests.services import postgres

LISTED, BAD, MANY, AGENCIES = 5_000, 100, 10_000, 60


def run() -> Iterator[Figure]:
    """Measure on SQLite, then on PostgreSQL."""
    yield from _measured("SQLite", "")
    server = postgres.launch()
    try:
        yield from _measured("PostgreSQL", server.url())
    finally:
        server.stop()


def _measured(database: str, url: str) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="adminops-bench-") as folder:
        settings = Settings(environment="test", home=Path(folder), database_url=url, scheduler=False, log_level="error")
        app = create_app(settings, wsgi.FEATURES)
        with app.app_context():
            upgrade_database()
            with transaction() as session:
                session.add_all(Agency(name=f"Agency {number}", phone="") for number in range(AGENCIES))
        yield from _lists(app, database, Path(folder))
        yield from _policies(app, database)
        with app.app_context():
            db.engine.dispose()


def _lists(app: AdminOps, database: str, folder: Path) -> Iterator[Figure]:
    bad = set(Random(1).sample(range(LISTED), BAD))
    people = [
        f"Person {number},{'' if number in bad else f'p{number}@example.org'},Agency {number % AGENCIES},,p.{number}"
        for number in range(LISTED)
    ]
    told, took = _import(app, folder, "import-users", ["Name,Email,Organization,Role,User Name", *people])
    assert {row["line"] - 2 for row in told["refused"]} == bad, "the report names other rows than those that are bad"
    assert told["rows"] == {"made": LISTED - BAD, "refused": BAD}
    yield Figure(f"{database}: {LISTED:,} people added, {BAD} rows bad", took, "s", 60)
    now = clock.now()
    logins = [f"p.{number},Active,{now - timedelta(days=number % 90):%m/%d/%Y %H:%M}" for number in range(LISTED)]
    _, took = _import(app, folder, "import-logins", ["User Name,Status,Last Login", *logins])
    yield Figure(f"{database}: {LISTED:,} last sign-ins taken", took, "s", 60)


def _import(app: AdminOps, folder: Path, command: str, lines: list[str]) -> tuple[Any, float]:
    path = folder / f"{command}.csv"
    path.write_text("\n".join(lines) + "\n")
    begun = perf_counter()
    words = ["accounts", command, str(path), "--source", "vendor", "--json"]
    done = CliRunner().invoke(wsgi.cli, words, obj=ScriptInfo(create_app=lambda: app))
    assert done.exit_code == 0, done.output
    return json.loads(done.output), perf_counter() - begun


def _policies(app: AdminOps, database: str) -> Iterator[Figure]:
    with app.app_context(), transaction():
        _fill()
    for name in ("at first", "a day later"):
        begun = process_time(), perf_counter()
        with app.app_context(), transaction():
            jobs.hold_what_lapses()
        yield Figure(f"{database}: policies of {MANY:,} accounts, {name}", perf_counter() - begun[1], "s", 30)
        yield Figure(f"{database}: of that, this process", process_time() - begun[0], "s")
    begun_at = perf_counter()
    with app.app_context(), transaction(writes=False):
        preview_of(PolicyKind.INACTIVITY)
    yield Figure(f"{database}: what a policy would come to", perf_counter() - begun_at, "s")


def _fill() -> None:
    """Put people on record who signed in within 90 days, with signatures that run out within 300."""
    session, now, chance = db.session, clock.now(), Random(1)
    numbers = range(100_001, 100_001 + MANY)
    people = [
        {"id": number, "username": f"q{number}", "name": f"Q {number}", "email": f"q{number}@example.org"}
        | {"may_sign_in": True, "last_sign_in_at": now - timedelta(days=chance.randrange(90))}
        for number in numbers
    ]
    session.execute(insert(User), people)
    agencies = {number: number % AGENCIES + 1 for number in numbers}
    session.execute(
        insert(RoleGrant),
        [{"user_id": number, "role": "end_user", "agency_id": agencies[number]} for number in numbers],
    )
    begun: dict[str, Any] = {"kept_in": "local", "state": "active", "created_at": now - timedelta(days=400)}
    begun["activated_at"] = now - timedelta(days=399)
    accounts = [
        {
            "id": number,
            "key": f"k{number}",
            "user_id": number,
            "agency_id": agencies[number],
            "kept_in": "local",
            **begun,
        }
        for number in numbers
    ]
    session.execute(insert(Account), accounts)
    text = AgreementText(version=1, body="I keep what I learn to myself.", valid_days=365, for_everybody=False)
    seen = VendorList(purpose=ListPurpose.LOGINS, source="other", file_name="x", size=1, digest="0" * 64, columns=[])
    seen.state, seen.newest_at = ListState.DONE, now
    policy = AccountPolicy(kind=PolicyKind.INACTIVITY, scope=PolicyScope.EVERYBODY, version=1, why="Agreed.")
    policy.steps, policy.state = OFFERED[PolicyKind.INACTIVITY].as_dict(), PolicyState.ACTIVE
    policy.proposed_by_id = numbers[0]
    session.add_all((text, seen, policy))
    session.flush()
    signed = {"text_id": text.id, "typed_name": "Q", "signed_at": now - timedelta(days=65)}
    ends = [(now + timedelta(days=chance.randrange(5, 300))).date() for _ in numbers]
    rows = [{"account_id": number, "expires_on": end, **signed} for number, end in zip(numbers, ends, strict=True)]
    session.execute(insert(AgreementSignature), rows)
