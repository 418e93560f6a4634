"""The desk with 20,000 and with 200,000 tickets of five messages each: list, search and ticket page, on SQLite.

The processor's time of this process is measured, so a busy machine does not show; the larger desk is visited in turn
with the smaller one, and their ratio is the growth.
"""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import sqlalchemy as sa

import wsgi
from adminops import clock
from adminops.app import create_app
from adminops.db import db, transaction
from adminops.identity.models import User
from adminops.identity.permissions import Role
from adminops.settings import Settings
from migrations.run import upgrade_database
from tests.bench.figures import Cost, Figure, side_by_side
from tests.browsing import Desk, Visitor
from tests.make import make_agency, make_user
from tickets.fulltext import index_tickets
from tickets.goals.keeping import policies_there
from tickets.goals.queries import calendar_in_force
from tickets.insights.books import write_books
from tickets.models import Happening, Priority, Ticket, TicketEvent, TicketMessage, TicketState, Voice, WaitingOn
from tickets.policies import REOPEN_WITHIN

SMALL, LARGE = 20_000, 200_000
MESSAGES = 5
TIMES = 60
CHUNK = 2_000
STATES = [TicketState.CLOSED] * 70 + [TicketState.RESOLVED] * 13
STATES += [TicketState.NEW] * 4 + [TicketState.OPEN] * 8 + [TicketState.WAITING] * 5
RARE_IN = 800
"""The rare word stands in one of so many tickets."""

PAGES = {
    "list": "/tickets",
    "list, filtered": "/tickets?q=priority:>=normal+-is:unassigned+created:<3w",
    "list, of one agency": "/tickets?view=all&agency=3",
    "search, rare word": "/tickets?view=all&q=quokka",
    "search, common word": "/tickets?view=all&q=common",
    "search, two words and filters": "/tickets?q=common+rows+is:waiting",
    "search, no hit": "/tickets?view=all&q=unheardof",
}
INSIGHTS = {
    "insights": "/insights",
    "insights, by agency": "/insights?by=agency",
    "insights, by priority": "/insights?by=priority",
    "insights, a quarter by agency": "/insights?by=agency&period=last-quarter",
    "insights, a year by agency": "/insights?by=agency&period=12m",
}
INSIGHTS_BAR = 40
FLAT = ("list", "list, of one agency", "ticket")


def run(sizes: tuple[int, int] = (SMALL, LARGE)) -> Iterator[Figure]:
    """Measure a small and a large desk side by side."""
    with ExitStack() as stack:
        visitors = []
        for size in sizes:
            home = stack.enter_context(tempfile.TemporaryDirectory(prefix="adminops-bench-"))
            visitors.append(_filled(Path(home), size))
        for name, url in {**PAGES, "ticket": f"/tickets/{sizes[0] // 2}"}.items():
            yield from _page(name, url, *visitors)
        for name, url in INSIGHTS.items():
            yield from _page(name, url, *visitors, statements=12, cpu=INSIGHTS_BAR)


def _filled(home: Path, size: int) -> Visitor:
    app = create_app(Settings(home=home, environment="test", log_level="error"), wsgi.FEATURES)
    with app.app_context():
        upgrade_database()
        with transaction():
            helper = fill(size)
        db.session.execute(sa.text("ANALYZE"))
        db.session.remove()
        while _wrote_books():
            pass
    return Desk(app).signed_in(helper)


def _wrote_books() -> int:
    with transaction():
        return write_books()


def fill(size: int) -> User:
    """Fill the open database with `size` tickets of five messages; return a member of the team.

    Nothing waits for a job: clocks are counted by the newest calendar, and what was resolved long ago is closed.
    """
    chance = Random(size)
    policy = policies_there()[0].version
    counted = {"policy_version_id": policy.id, "calendar_version_id": calendar_in_force(policy).id}
    helpers = [make_user(Role.HELP_DESK, name=f"Helper {n}") for n in range(8)]
    agencies = [make_agency(name=f"Agency {n}") for n in range(25)]
    people = [make_user(agency=agencies[n % 25]) for n in range(400)]
    vocabulary = [f"{a}{b}{c}" for a in ("re", "or", "ta", "mi", "so") for b in ("lo", "na", "ku") for c in _ENDINGS]
    for first in range(1, size + 1, CHUNK):
        ids = range(first, min(first + CHUNK, size + 1))
        tickets = [_ticket(id_, size, chance, helpers, people) | counted for id_ in ids]
        db.session.execute(sa.insert(Ticket), tickets)
        db.session.execute(sa.insert(TicketEvent), [event for ticket in tickets for event in _events(ticket)])
        db.session.execute(
            sa.insert(TicketMessage), [row for id_ in ids for row in _messages(id_, chance, vocabulary, helpers)]
        )
        index_tickets(ids)
    if db.engine.dialect.name == "postgresql":  # the numbers were given, not drawn: the next ticket gets the next one
        db.session.execute(sa.text("SELECT setval(pg_get_serial_sequence('ticket', 'id'), :last)"), {"last": size})
    return helpers[0]


_ENDINGS = ("ri", "te", "mo", "va", "den", "sil", "kar", "pol", "rows", "ter")


def _ticket(id_: int, size: int, chance: Random, helpers: list[User], people: list[User]) -> dict[str, Any]:
    filed = clock.now() - timedelta(minutes=(size - id_) * 20 + chance.randrange(20))
    state, person = chance.choice(STATES), chance.choice(people)
    if state is TicketState.RESOLVED and filed < clock.now() - REOPEN_WITHIN:
        state = TicketState.CLOSED
    running = state in (TicketState.NEW, TicketState.OPEN)
    return {
        "id": id_,
        "subject": f"Something about {chance.choice(_ENDINGS)} {id_}",
        "request_type": chance.choice(("wrong_number", "data_correction", "something_else")),
        "answers": {},
        "state": state,
        "waiting_on": chance.choice(list(WaitingOn)) if state is TicketState.WAITING else None,
        "priority": chance.choice(list(Priority)),
        "requester_id": person.id,
        "filed_by_id": person.id,
        "agency_id": person.agency_id,
        "assignee_id": None if state is TicketState.NEW else chance.choice(helpers).id,
        "filed_at": filed,
        "updated_at": filed + timedelta(minutes=chance.randrange(4000)),
        "due_at": filed + timedelta(days=3) if running else None,
        "resolved_at": None if running or state is TicketState.WAITING else filed + timedelta(days=2),
        **_measures(Random(id_), resolved=not running and state is not TicketState.WAITING),
    }


def _measures(chance: Random, *, resolved: bool) -> dict[str, Any]:
    """Return how the clocks of a ticket did; by a chance of its own, so that the rest stays as it was."""
    return {
        "measured": True,
        "reply_took": chance.randrange(3_000),
        "reply_met": chance.random() < 0.8,
        "solution_took": chance.randrange(6_000) if resolved else None,
        "solution_met": chance.random() < 0.8 if resolved else None,
    }


def _events(ticket: dict[str, Any]) -> Iterator[dict[str, Any]]:
    about = {"ticket_id": ticket["id"], "priority": ticket["priority"]}
    filed = about | {"at": ticket["filed_at"], "happening": Happening.FILED, "state": TicketState.NEW}
    yield filed | {"waiting_on": None, "promised": 40 * 60}
    if ticket["state"] is not TicketState.NEW:
        moved = about | {"at": ticket["resolved_at"] or ticket["updated_at"], "happening": Happening.MOVED}
        yield moved | {"state": ticket["state"], "waiting_on": ticket["waiting_on"], "promised": 0}


def _messages(id_: int, chance: Random, vocabulary: list[str], helpers: list[User]) -> Iterator[dict[str, Any]]:
    for number in range(MESSAGES):
        words = [chance.choice(vocabulary) for _ in range(35)]
        if number == 1 and chance.random() < 1 / 5:
            words.append("common rows")
        if number == 3 and chance.random() < 1 / RARE_IN:
            words.append("quokka")
        yield {
            "ticket_id": id_,
            "author_id": chance.choice(helpers).id,
            "voice": (Voice.REQUESTER, Voice.TEAM, Voice.REQUESTER, Voice.NOTE, Voice.TEAM)[number],
            "body": " ".join(words),
        }


def _page(
    name: str, url: str, small: Visitor, large: Visitor, *, statements: int = 8, cpu: int = 12
) -> Iterator[Figure]:
    counted = large.app.extensions["statements"]
    large.get(url)
    counted["count"] = 0
    large.get(url)
    yield Figure(f"{name}, SQL statements", counted["count"], "", statements)
    costs = side_by_side(lambda: large.client.get(url), lambda: small.client.get(url), times=TIMES)
    yield Figure(f"{name}, CPU of the server", costs[0].cpu, "ms", cpu)
    yield Figure(f"{name}, growth", _growth(costs), "x", 1.3 if name in FLAT else None)


def _growth(costs: tuple[Cost, Cost]) -> float:
    return costs[0].cpu / costs[1].cpu
