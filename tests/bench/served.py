"""The desk with 200,000 tickets behind gunicorn, on SQLite and on PostgreSQL: what people wait at 20 requests a second.

Production as docs/operations.md runs it: two workers, the jobs in a process of their own, mails to a mail server.
People sign in at the page; what they ask for is drawn by a seed, and the times of it too, so that requests meet.
"""

import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from random import Random
from typing import NamedTuple

import sqlalchemy as sa

import wsgi
from adminops.app import AdminOps, create_app
from adminops.db import db, transaction
from adminops.identity.models import User
from adminops.outbox.models import OutboxMessage
from adminops.settings import Settings
from migrations.run import upgrade_database
from tests.bench.desk import LARGE, MESSAGES, fill
from tests.bench.driving import ROOT, Run, Served, complain, drive, gunicorn, hidden, numbers, one_by_one, shot
from tests.bench.figures import Figure
from tests.bench.load import Shot
from tests.make import PASSWORD, give_password
from tests.services import postgres
from tests.services.mail import mail_catcher
from tests.services.private import end
from tickets.models import Ticket

SIZE = numbers("BENCH_TICKETS", LARGE)
SECONDS = numbers("BENCH_SECONDS", 120.0)
"""How long each database is under load."""
RATE = numbers("BENCH_RATE", 20.0)
ALONE = 30
"""Requests of a kind that are sent one by one, for the processor's time that it takes."""
AGENTS, ASKERS = 4, 8
WORKERS = ("-k", "gthread", "-w", "2", "--threads", "4")
IN_PRODUCTION = {
    "ADMINOPS_ENVIRONMENT": "production",
    "ADMINOPS_BASE_URL": "https://desk.example.org",
    "ADMINOPS_TRUSTED_PROXIES": "1",
    "ADMINOPS_SCHEDULER": "no",
    "ADMINOPS_MAIL_TRANSPORT": "smtp",
    "ADMINOPS_SMTP_SECURITY": "none",
    "ADMINOPS_LOG_LEVEL": "warning",
}
PROXIED = {"Host": "desk.example.org", "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
"""What the reverse proxy before it sends along."""

LIST, TICKET, CREATE = "list, filtered", "ticket page", "create"
COMMON, RARE = "search, common words", "search, rare word"
BARS = {LIST: 60, TICKET: 60, CREATE: 80, COMMON: 120, RARE: 120}
SHARES = {LIST: 35, TICKET: 35, CREATE: 14, COMMON: 8, RARE: 8}
"""How many of a hundred requests are of a kind."""
ROW = "<tr data-row"
_numbers = count(1)


class People(NamedTuple):
    """Who is signed in: the numbers of the visitors, and what their forms need."""

    agents: Sequence[int]
    askers: Sequence[int]
    tokens: dict[int, str]


def run() -> Iterator[Figure]:
    """Fill and measure SQLite, then PostgreSQL."""
    with tempfile.TemporaryDirectory(prefix="adminops-bench-") as home:
        filled(Path(home), SIZE)
        yield from measured("SQLite", Path(home))
    server = postgres.launch()
    try:
        with tempfile.TemporaryDirectory(prefix="adminops-bench-") as home:
            filled(Path(home), SIZE, server.url())
            yield from measured("PostgreSQL", Path(home), server.url(), server.process.pid)
    finally:
        server.stop()


def measured(name: str, home: Path, url: str = "", database: int | None = None) -> Iterator[Figure]:
    """Serve the desk in `home`, send the load and return what it took; `database` is the process of its server."""
    app, chance = desk(home, url), Random(1)
    before = _held(app)
    with serving(name, home, url) as (server, jobs):
        server.beside += [database] if database else []
        people = signed_in(server, app)
        wishes = {kind: _asker(kind, people, chance, before.tickets) for kind in BARS}
        for kind, wish in wishes.items():
            complain(kind, one_by_one(server, [wish() for _ in range(ALONE)]))
            alone = one_by_one(server, [wish() for _ in range(ALONE)])
            complain(kind, alone)
            yield Figure(f"{name}: {kind}, CPU of server and database", alone.cpu, "ms")
        at_work = jobs.cpu()
        under_load = drive(server, _planned(wishes, chance))
        complain(name, under_load)
        yield from _figures(name, under_load)
        yield Figure(f"{name}: jobs and mails beside, CPU a second", (jobs.cpu() - at_work) * 1000 / SECONDS, "ms")
        yield Figure(f"{name}: memory of the workers", server.memory(), "MB")
    after = _held(app)
    created = len(under_load.taken[CREATE]) + 2 * ALONE
    yield Figure(f"{name}: tickets asked for and not made", abs(created - (after.tickets - before.tickets)), "", 0)
    yield Figure(f"{name}: mails written", after.mails - before.mails, "")


def _figures(name: str, under_load: Run) -> Iterator[Figure]:
    for kind, bar in BARS.items():
        number = len(under_load.taken.get(kind, ()))
        yield Figure(f"{name}: {kind}, half of {number}", under_load.p50(kind), "ms")
        yield Figure(f"{name}: {kind}, 95th percentile", under_load.p95(kind), "ms", bar)
    yield Figure(f"{name}: CPU of server and database a request", under_load.cpu, "ms")
    yield Figure(f"{name}: requests a second", under_load.rate, "")


# The desk


def desk(home: Path, url: str = "") -> AdminOps:
    """Return the app on the desk in `home`, for what the bench itself does with it."""
    settings = Settings(home=home, environment="test", log_level="error", database_url=url)
    return create_app(settings, wsgi.FEATURES)


def filled(home: Path, size: int, url: str = "") -> None:
    """Make the tables and fill them with `size` tickets."""
    with desk(home, url).app_context():
        upgrade_database()
        with transaction():
            fill(size)
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("VACUUM ANALYZE" if url else "ANALYZE"))
        db.engine.dispose()


class _Held(NamedTuple):
    tickets: int
    mails: int


def _held(app: AdminOps) -> _Held:
    with app.app_context(), transaction(writes=False) as session:
        last = [session.scalar(sa.select(sa.func.max(model.id))) or 0 for model in (Ticket, OutboxMessage)]
        db.engine.dispose()
        return _Held(*last)


@contextmanager
def serving(name: str, home: Path, url: str = "") -> Iterator[tuple[Served, Served]]:
    """Run web server and jobs as in production, with a mail server; the block gets both."""
    with mail_catcher() as catcher:
        environment = {**IN_PRODUCTION, "ADMINOPS_HOME": str(home), "ADMINOPS_SMTP_PORT": str(catcher.port)}
        environment |= {"ADMINOPS_DATABASE_URL": url} if url else {}
        worker = subprocess.Popen(
            [str(Path(sys.executable).with_name("adminops")), "run-jobs"],
            cwd=ROOT,
            env={"PATH": "/usr/bin:/bin", **environment},
            stdout=subprocess.DEVNULL,
        )
        try:
            with gunicorn(
                name, "wsgi:build_app()", environment=environment, headers=PROXIED, ready="/healthz", options=WORKERS
            ) as server:
                yield server, Served("jobs", 0, worker.pid, {})
        finally:
            end(worker, signal.SIGTERM)


def signed_in(server: Served, app: AdminOps) -> People:
    """Sign agents and people who ask in, at the page for that."""
    with app.app_context(), transaction() as session:
        helpers = session.scalars(sa.select(User).where(User.name.like("Helper %")).order_by(User.id).limit(AGENTS))
        others = session.scalars(sa.select(User).where(User.name.like("Person %")).order_by(User.id).limit(ASKERS))
        names = [give_password(person).username for person in [*helpers, *others]]
        db.engine.dispose()
    fields = ("username", "password")
    visitors = [server.sign_in("/sign-in", "csrf_token", fields, (name, PASSWORD)) for name in names]
    tokens = {visitor: hidden(server.page(visitor, "/help/new/something_else"), "csrf_token") for visitor in visitors}
    return People(visitors[:AGENTS], visitors[AGENTS:], tokens)


# What people ask for


def _asker(kind: str, people: People, chance: Random, tickets: int) -> Callable[[], Shot]:
    """Return what draws a request of that kind."""
    draw = {LIST: _a_list, TICKET: _a_ticket, CREATE: _a_new_one, COMMON: _common_words, RARE: _a_rare_word}[kind]
    return lambda: draw(people, chance, tickets)


def _a_list(people: People, chance: Random, _tickets: int) -> Shot:
    query = chance.choice(
        [
            "q=priority:%3E=normal+-is:unassigned+created:%3C3w",
            f"view=all&agency={chance.randint(1, 25)}",
            f"agency={chance.randint(1, 25)}&priority=high",
            "view=waiting&order=priority",
            f"q=is:open+assignee:%22Helper+{chance.randrange(8)}%22",
            "view=all&type=data_correction&status=closed",
        ]
    )
    return shot(LIST, chance.choice(people.agents), f"/tickets?{query}", (ROW, 1))


def _a_ticket(people: People, chance: Random, tickets: int) -> Shot:
    number = chance.randint(1, tickets)
    return ticket_page(chance.choice(people.agents), number if number <= SIZE else 1)


def ticket_page(visitor: int, number: int) -> Shot:
    """Return the request for the page of a ticket that the bench has filled in."""
    return shot(TICKET, visitor, f"/tickets/{number}", (f" {number}</h1>", 1), ('<li class="message ', MESSAGES))


def _a_new_one(people: People, chance: Random, _tickets: int) -> Shot:
    if chance.random() < 1 / 3:
        return new_ticket(people, chance, chance.choice(people.agents), f"person{chance.randint(40, 300)}")
    return new_ticket(people, chance, chance.choice(people.askers))


def new_ticket(people: People, chance: Random, visitor: int, person: str = "") -> Shot:
    """Return the form of a new request; `person` is on whose behalf an agent sends it."""
    number = next(_numbers)
    form = {
        "csrf_token": people.tokens[visitor],
        "nonce": f"bench-{chance.getrandbits(48):x}",
        "subject": f"Report stops half-way {number}",
        "body": "It ends in the middle of the page. " + " ".join(chance.choices(_WORDS, k=40)),
    }
    if person:
        form |= {"on_behalf_of": person, "channel": "phone", "about_agency": ""}
    return shot(CREATE, visitor, "/help/new/something_else", ("/tickets/", 1), form=form)


def _common_words(people: People, chance: Random, _tickets: int) -> Shot:
    words = chance.choice(["common", "common+rows", "%22common+rows%22+is:waiting", "common+-is:open", "relori"])
    return shot(COMMON, chance.choice(people.agents), f"/tickets?view=all&q={words}", (ROW, 1))


def _a_rare_word(people: People, chance: Random, tickets: int) -> Shot:
    number = chance.randint(1, tickets)
    words, holds = chance.choice(
        [("quokka", (ROW, 1)), ("quokka+common", ("Clear filters", 1)), (str(number), (f"/tickets/{number}", 1))]
    )
    return shot(RARE, chance.choice(people.agents), f"/tickets?view=all&q={words}", holds)


_WORDS = (
    "the",
    "report",
    "of",
    "services",
    "shows",
    "no",
    "rows",
    "after",
    "page",
    "when",
    "a",
    "program",
    "is",
    "set",
)


def _planned(wishes: dict[str, Callable[[], Shot]], chance: Random) -> list[Shot]:
    """Return the load: requests of all kinds by their shares, with exponential gaps between them."""
    shots, at = [], chance.expovariate(RATE)
    while at < SECONDS:
        kind = chance.choices(list(SHARES), list(SHARES.values()))[0]
        shots.append({**wishes[kind](), "at": at})
        at += chance.expovariate(RATE)
    return shots
