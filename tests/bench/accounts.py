"""Accounts: 400 changes while the worker and the directory are killed at random, 10,000 at night, and signing in.

The directory is a private OpenLDAP, the database SQLite. The worker is a process of its own that carries what the
outbox holds; its clock runs faster, so that claims of the dead and pauses between tries are over within a second.
"""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from statistics import median, quantiles
from time import perf_counter, process_time, sleep
from urllib.parse import urlencode

import sqlalchemy as sa

import wsgi
from accounts import couriers, jobs, operations
from accounts.agreements.models import AgreementSignature, AgreementText
from accounts.desired import desired_of
from accounts.directory import Entry, directory
from accounts.models import Account, AccountState, DisabledReason
from accounts.reconciling.operations import note_entries
from adminops import clock
from adminops.app import AdminOps, create_app
from adminops.db import db, transaction
from adminops.identity.models import SYSTEM, RoleGrant, User
from adminops.identity.operations import grant_role, revoke_role
from adminops.identity.permissions import Role
from adminops.outbox.delivery import carry_due
from adminops.outbox.models import MessageState, OutboxMessage
from adminops.settings import Settings
from migrations.run import upgrade_database
from tests.accounts.directory.places import server_of
from tests.bench.driving import ROOT, Served, gunicorn, hidden, numbers
from tests.bench.figures import Figure
from tests.bench.load import Jar
from tests.bench.served import IN_PRODUCTION, PROXIED, WORKERS, desk, filled
from tests.make import PASSWORD, give_password, make_agency
from tests.make_accounts import make_account
from tests.scheduling import wait_until
from tests.services.directory import Slapd, running

CHANGES = numbers("BENCH_CHANGES", 400)
LARGE = 10_000
FASTER = 100
"""How much faster the worker's clock runs."""
SIGN_INS = 60
NOW = MessageState.PENDING, MessageState.SENDING
_names = count(1)


def run() -> Iterator[Figure]:
    """Measure all three."""
    yield from _killed()
    yield from _at_night()
    yield from _signing_in()


_directory = contextmanager(running)


# While others are killed


def _killed() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="adminops-bench-") as home, _directory() as slapd:
        environment = _environment(home, slapd)
        app = create_app(Settings.from_environment(environment), wsgi.FEATURES)
        with app.app_context():
            upgrade_database()
            with _worker(environment) as worker:
                killed = _change(Random(7), worker, slapd)
                began = perf_counter()
                wait_until(lambda: _held(NOW) == 0, seconds=180)
            yield Figure(f"{CHANGES} changes, worker and directory killed", killed, "times")
            yield Figure("until all was told", perf_counter() - began, "s", 60)
            yield Figure("false dead letters", _held([MessageState.DEAD]), "", 0)
            yield Figure("accounts that differ or are lost", _differing(), "", 0)
            yield Figure("entries that nobody asked for", len(directory().scan()) - _accounts(), "", 0)
            db.engine.dispose()


def _environment(home: str, slapd: Slapd) -> dict[str, str]:
    server = server_of(slapd)
    return {
        "ADMINOPS_ENVIRONMENT": "test",
        "ADMINOPS_HOME": home,
        "ADMINOPS_LOG_LEVEL": "error",
        "ADMINOPS_DIRECTORY_URL": server.url,
        "ADMINOPS_DIRECTORY_USER": server.user,
        "ADMINOPS_DIRECTORY_PASSWORD": server.password,
        "ADMINOPS_DIRECTORY_CA_FILE": server.ca_file,
        "ADMINOPS_DIRECTORY_PEOPLE": slapd.people,
        "ADMINOPS_DIRECTORY_GROUPS": slapd.groups,
        "ADMINOPS_DIRECTORY_ARCHIVE": slapd.archive,
    }


@contextmanager
def _worker(environment: dict[str, str]) -> Iterator[Callable[[], None]]:
    """Run the worker; the block gets what kills it and begins another one."""
    since = clock.now().isoformat()

    def begin() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.bench.accounts", since]
        return subprocess.Popen(command, cwd=ROOT, env={"PATH": "/usr/bin:/bin", **environment})

    running_now = [begin()]

    def again() -> None:
        running_now[0].kill()
        running_now[0].wait()
        running_now[0] = begin()

    try:
        yield again
    finally:
        running_now[0].send_signal(signal.SIGKILL)
        running_now[0].wait()


def _change(chance: Random, worker: Callable[[], None], slapd: Slapd) -> int:
    """Change accounts one after the other, and kill in between; return how often."""
    killed = 0
    with transaction():
        agency = make_agency()
    for number in range(CHANGES):
        with transaction():
            _one_change(chance, agency.id)
        sleep(chance.random() / 10)
        if number % 20 == 11:  # a worker takes seconds to begin
            worker()
            killed += 1
        if number % 25 == 17:
            slapd.kill()
            sleep(chance.random())
            slapd.restart()
            killed += 1
    return killed


def _one_change(chance: Random, agency_id: int) -> None:
    accounts = db.session.scalars(sa.select(Account).where(Account.state != AccountState.PROVISIONING)).all()
    if len(accounts) < 20 or chance.random() < 0.2:
        name = f"bench{next(_names)}"
        values = {"username": name, "name": name.title(), "email": f"{name}@example.org", "role": Role.HELP_DESK}
        operations.create_account(**values, agency=None, by=SYSTEM)  # type: ignore[arg-type]
        return
    account = chance.choice(accounts)
    user, kind = account.user, chance.random()
    if account.state is AccountState.DISABLED:
        operations.reactivate_account(account, by=SYSTEM)
    elif kind < 0.3:
        operations.disable_account(account, DisabledReason.LEFT, by=SYSTEM)
    elif kind < 0.5 and Role.TRAINER not in user.roles:
        grant_role(user, Role.TRAINER, agency=None, by=SYSTEM)
    elif kind < 0.6 and (held := next((g for g in user.grants if g.role is Role.TRAINER), None)):
        revoke_role(held, by=SYSTEM)
    else:
        title = f"Title {chance.randrange(1000)} {agency_id}"
        operations.change_account(account, name=user.name, email=user.email, title=title, by=SYSTEM)


def _held(states: Sequence[MessageState]) -> int:
    about = (OutboxMessage.way == couriers.DIRECTORY.way, OutboxMessage.state.in_(states))
    with transaction(writes=False) as session:
        return session.scalar(sa.select(sa.func.count()).select_from(OutboxMessage).where(*about)) or 0


def _accounts() -> int:
    with transaction(writes=False) as session:
        return session.scalar(sa.select(sa.func.count()).select_from(Account)) or 0


def _differing() -> int:
    there = {entry.key: entry for entry in directory().scan()}
    with transaction(writes=False) as session:
        wanted = [desired_of(account) for account in session.scalars(sa.select(Account))]
    same = ("username", "name", "email", "title", "enabled", "groups", "archived")
    return sum(
        (entry := there.get(each.key)) is None or any(getattr(entry, name) != getattr(each, name) for name in same)
        for each in wanted
    )


def work(since: str) -> None:
    """Carry what the outbox holds, again and again, by a clock that runs faster since then."""
    began = datetime.fromisoformat(since)
    app: AdminOps = create_app(Settings.from_environment(os.environ), wsgi.FEATURES)
    with app.app_context():
        while True:
            with clock.frozen_at(began + (clock.now() - began) * FASTER):
                carry_due(couriers.DIRECTORY, limit=20)
            sleep(0.02)


# At night


def _at_night() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="adminops-bench-") as home:
        app = create_app(Settings(home=Path(home), environment="test", log_level="error"), wsgi.FEATURES)
        with app.app_context():
            upgrade_database()
            with transaction():
                entries = _many()
            nights: list[tuple[str, int, Callable[[], object]]] = [
                ("reconciling", 15, lambda: _reconciled(entries)),
                ("nightly policies", 30, jobs.hold_what_lapses),
            ]
            for name, bar, act in nights:
                began, busy = perf_counter(), process_time()
                with transaction():
                    act()
                yield Figure(f"{LARGE:,} accounts, {name}", perf_counter() - began, "s", bar)
                yield Figure(f"{LARGE:,} accounts, {name}, CPU", process_time() - busy, "s")
            db.engine.dispose()


def _reconciled(entries: Sequence[Entry]) -> None:
    found = note_entries(entries, by=SYSTEM).found
    if found != LARGE // 100:
        raise RuntimeError(f"{found} differences were found, and {LARGE // 100} are there.")


def _many() -> list[Entry]:
    """Make accounts, and return how the directory shows them: one in a hundred by another name."""
    agencies = [make_agency() for _ in range(60)]
    now = clock.now()
    for number in range(1, LARGE + 1):
        agency = agencies[number % 60]
        name, seen = f"night{number}", now - timedelta(days=number % 90)
        user = User(username=name, name=f"Person {number}", email=f"{name}@example.org", agency_id=agency.id)
        user.may_sign_in, user.last_sign_in_at = True, seen
        user.grants = [RoleGrant(role=Role.END_USER, agency_id=agency.id)]
        account = Account(user=user, agency_id=agency.id, state=AccountState.ACTIVE, kept_in="directory")
        account.applied_version, account.directory_id = 1, str(number)
        account.activated_at = now - timedelta(days=399)
        db.session.add(account)
    db.session.flush()
    _sign(db.session.scalars(sa.select(Account.id)).all())
    same = ("key", "username", "name", "email", "title", "enabled", "groups", "archived")
    wanted = [desired_of(account) for account in db.session.scalars(sa.select(Account).order_by(Account.id))]
    told = [{name: getattr(each, name) for name in same} for each in wanted]
    for number, values in enumerate(told):
        values["title"] = "Another" if number % 100 == 0 else values["title"]
    return [Entry(id=str(number), **values) for number, values in enumerate(told, 1)]


def _sign(accounts: Sequence[int]) -> None:
    """Have all signed the user agreement once: for one in thirty it runs out within days."""
    text, now = AgreementText(version=1, body="Be careful.", valid_days=365, for_everybody=False), clock.now()
    db.session.add(text)
    db.session.flush()
    signed = {"text_id": text.id, "typed_name": "Somebody", "signed_at": now - timedelta(days=300)}
    days = [{"account_id": id_, "expires_on": (now + timedelta(days=5 + id_ % 300)).date()} for id_ in accounts]
    db.session.execute(sa.insert(AgreementSignature), [signed | each for each in days])


# Signing in


def _signing_in() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="adminops-bench-") as home:
        filled(Path(home), 100)
        with desk(Path(home)).app_context(), transaction():
            people = [give_password(make_account().user).username for _ in range(SIGN_INS)]
            db.engine.dispose()
        environment = {**IN_PRODUCTION, "ADMINOPS_HOME": home}
        with gunicorn(
            "ours", "wsgi:build_app()", environment=environment, headers=PROXIED, ready="/healthz", options=WORKERS
        ) as server:
            wrong, unknown = [], []
            for number, name in enumerate(people):  # in turn: a busy neighbour then slows both
                wrong.append(_took(server, name, "not the password at all", 422))
                unknown.append(_took(server, f"nobody{number}", "not the password at all", 422))
            right = [_took(server, name, PASSWORD, 302) for name in people]
    for kind, taken in (("right", right), ("wrong password", wrong), ("unknown name", unknown)):
        yield Figure(f"sign-in, {kind}, half", median(taken), "ms")
        yield Figure(f"sign-in, {kind}, 95th percentile", quantiles(taken, n=20)[-1], "ms", 250)
    alike = max(median(wrong), median(unknown)) / min(median(wrong), median(unknown))
    yield Figure("sign-in, unknown names and wrong passwords alike", alike, "x", 1.1)


def _took(server: Served, name: str, password: str, status: int) -> float:
    """Return how many milliseconds the answer to a try took; each comes from another network."""
    line, jar, number = server.line(), Jar(), next(_names)
    headers = {**server.headers, "X-Forwarded-For": f"198.51.{number // 250}.{number % 250}"}
    form = line.ask("GET", "/sign-in", headers)
    jar.take(form)
    fields = {"csrf_token": hidden(form.body.decode(), "csrf_token"), "username": name, "password": password}
    began = perf_counter()
    answer = line.ask("POST", "/sign-in", {**headers, "Cookie": str(jar)}, urlencode(fields).encode())
    took = (perf_counter() - began) * 1000
    line.close()
    if answer.status != status:
        raise RuntimeError(f"Signing in answered {answer.status}, not {status}.")
    return took


if __name__ == "__main__":
    work(*sys.argv[1:])
