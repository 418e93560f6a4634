"""Our desk beside django-helpdesk: the same 20,000 tickets and 100,000 messages on SQLite, in one run, in turn.

Two workers each and four connections that send one request after the other. Lists are compared as what a browser loads
when a filter changes: there the rows as JSON, here the results as the page swaps them in.
"""

import base64
import json
import os
import secrets
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from random import Random

import sqlalchemy as sa

from adminops.db import db, transaction
from adminops.identity.models import Agency, User
from tests.bench.desk import SMALL
from tests.bench.driving import ROOT, Served, complain, drive, gunicorn, hidden, numbers, shot
from tests.bench.figures import Figure
from tests.bench.load import Shot
from tests.bench.served import IN_PRODUCTION, PROXIED, ROW, WORKERS, desk, filled, new_ticket, signed_in, ticket_page
from tickets.models import Priority, Ticket, TicketMessage, TicketState, Voice

SECONDS = numbers("BENCH_SECONDS", 10.0)
CONNECTIONS = 4
PYTHON = ROOT / ".venv" / "peer" / "bin" / "python"
MODULE = "tests.bench.peer_site"
LIST, TICKET, COMMON, RARE, CREATE = "list", "ticket page", "search, common word", "search, rare word", "create"
TIMES = {LIST: 20, TICKET: 8, COMMON: 20, RARE: 20, CREATE: 3}
"""How many times theirs our requests a second shall be."""
WORDS = ("den", "sil", "kar", "pol", "ter")
"""They stand in the subjects of a tenth of all tickets each."""
SHOTS = 400
_STATUS = {TicketState.NEW: 1, TicketState.OPEN: 1, TicketState.WAITING: 1, TicketState.RESOLVED: 3}
_CLOSED = 4
_PRIORITY = {Priority.URGENT: 1, Priority.HIGH: 2, Priority.NORMAL: 3, Priority.LOW: 4}
_numbers = count(1)

Ask = Callable[[str, Random], Shot]


def run() -> Iterator[Figure]:
    """Fill both, serve both and send each kind of request to the one and to the other."""
    password = secrets.token_urlsafe(16)
    with tempfile.TemporaryDirectory(prefix="adminops-bench-") as ours, tempfile.TemporaryDirectory() as theirs:
        filled(Path(ours), SMALL)
        peer = {"PEER_HOME": theirs, "PEER_PASSWORD": password}
        told = Path(theirs, "tickets.jsonl")
        _write(Path(ours), told)
        subprocess.run([PYTHON, "-m", MODULE, told], cwd=ROOT, env={**os.environ, **peer}, check=True)
        with _ours(Path(ours)) as (mine, ask_mine), _theirs(peer, password) as (other, ask_theirs):
            for kind, times in TIMES.items():
                yield from _compared(kind, times, (mine, ask_mine), (other, ask_theirs))


def _compared(kind: str, times: int, *sides: tuple[Served, Ask]) -> Iterator[Figure]:
    rates = []
    for server, ask in sides:
        chance = Random(1)
        runs = [drive(server, [ask(kind, chance) for _ in range(SHOTS * 20 if kind == CREATE else SHOTS)],
                      connections=CONNECTIONS, seconds=seconds) for seconds in (SECONDS / 5, SECONDS)]  # fmt: skip
        for each in runs:
            complain(f"{server.name}, {kind}", each)
        rates.append(runs[-1].rate)
        yield Figure(f"{kind}, {server.name}, requests a second", runs[-1].rate, "")
        yield Figure(f"{kind}, {server.name}, half", runs[-1].p50(kind), "ms")
        yield Figure(f"{kind}, {server.name}, CPU of the server", runs[-1].cpu, "ms")
    yield Figure(f"{kind}, times theirs (at least {times})", rates[0] / rates[1], "x")
    yield Figure(f"{kind}, theirs for {times} of ours", times * rates[1] / rates[0], "", 1)


# Ours


@contextmanager
def _ours(home: Path) -> Iterator[tuple[Served, Ask]]:
    environment = {**IN_PRODUCTION, "ADMINOPS_HOME": str(home)}
    with gunicorn(
        "ours", "wsgi:build_app()", environment=environment, headers=PROXIED, ready="/healthz", options=WORKERS
    ) as server:
        people = signed_in(server, desk(home))

        def ask(kind: str, chance: Random) -> Shot:
            agent = chance.choice(people.agents)
            if kind == TICKET:
                return {**ticket_page(agent, chance.randint(1, SMALL)), "kind": kind}
            if kind == CREATE:
                return {**new_ticket(people, chance, agent, f"person{chance.randint(40, 300)}"), "kind": kind}
            query = {LIST: "", COMMON: f"?view=all&q={chance.choice(WORDS)}"}
            words = query.get(kind, f"?view=all&q={chance.randint(1_000, SMALL)}")
            return {
                **shot(kind, agent, f"/tickets{words}", (ROW, 1 if kind == RARE else 25)),
                "headers": {"HX-Request": "true"},
            }

        yield server, ask


# Theirs


@contextmanager
def _theirs(environment: dict[str, str], password: str) -> Iterator[tuple[Served, Ask]]:
    with gunicorn(
        "theirs",
        f"{MODULE}:application",
        python=PYTHON,
        environment=environment,
        headers={"Host": "127.0.0.1"},
        ready="/login/",
        options=("-w", "2"),
    ) as server:
        agent = server.sign_in("/login/", "csrfmiddlewaretoken", ("username", "password"), ("agent", password))
        token = hidden(server.page(agent, "/tickets/submit/"), "csrfmiddlewaretoken")

        def ask(kind: str, chance: Random) -> Shot:
            if kind == TICKET:
                number = chance.randint(1, SMALL)
                return shot(kind, agent, f"/tickets/{number}/", (f" {number}", 1))
            if kind == CREATE:
                return shot(kind, agent, "/tickets/submit/", ("/tickets/", 1), form=_new_ticket(token, chance))
            words = {LIST: "", COMMON: chance.choice(WORDS)}.get(kind, str(chance.randint(1_000, SMALL)))
            wanted = {
                "filtering": {"status__in": [1, 2]} if kind == LIST else {},
                "sorting": "created",
                "search_string": words,
                "sortreverse": True,
            }
            asked = base64.b64encode(json.dumps(wanted).encode()).decode()
            rows = ('"submitter"', 1 if kind == RARE else 25)
            return shot(kind, agent, f"/datatables_ticket_list/{asked}?draw=1&start=0&length=25", rows)

        yield server, ask


def _new_ticket(token: str, chance: Random) -> dict[str, str]:
    return {
        "csrfmiddlewaretoken": token,
        "queue": "1",
        "title": f"Report stops half-way {next(_numbers)}",
        "body": "It ends in the middle of the page. " + " ".join(chance.choices(WORDS, k=40)),
        "priority": "3",
        "submitter_email": f"person{chance.randint(40, 300)}@example.org",
        "assigned_to": "",
    }


def _write(home: Path, file: Path) -> None:
    """Write our tickets down for the other desk."""
    with desk(home).app_context(), transaction(writes=False) as session, file.open("w") as lines:
        queues = [list(row) for row in session.execute(sa.select(Agency.id, Agency.name))]
        helpers = session.scalars(sa.select(User.id).where(User.name.like("Helper %"))).all()
        lines.write(json.dumps({"queues": queues, "helpers": list(helpers)}) + "\n")
        names = {id_: name for id_, name in session.execute(sa.select(User.id, User.username))}  # noqa: C416 - rows are no pairs
        messages: dict[int, list[TicketMessage]] = {}
        for message in session.scalars(sa.select(TicketMessage).order_by(TicketMessage.id)):
            messages.setdefault(message.ticket_id, []).append(message)
        for ticket in session.scalars(sa.select(Ticket).order_by(Ticket.id)):
            lines.write(json.dumps(_line(ticket, messages[ticket.id], names)) + "\n")
        db.engine.dispose()


def _line(ticket: Ticket, messages: list[TicketMessage], names: dict[int, str]) -> dict[str, object]:
    return {
        "id": ticket.id,
        "subject": ticket.subject,
        "queue": ticket.agency_id,
        "filed_at": ticket.filed_at.isoformat(),
        "requester": f"{names[ticket.requester_id]}@example.org",
        "assignee": ticket.assignee_id,
        "status": _STATUS.get(ticket.state, _CLOSED),
        "priority": _PRIORITY[ticket.priority],
        "messages": [
            {
                "at": message.written_at.isoformat(),
                "body": message.body,
                "public": message.voice is not Voice.NOTE,
                "author": message.author_id,
            }
            for message in messages
        ],
    }
