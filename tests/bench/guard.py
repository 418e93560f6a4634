"""Looking at a message of 2,000 characters with 100,000 clients in the store, on both databases.

The store is that of the look-ups' bench. The messages are labelled ones strung together, with names of clients of the
store among them, so that both the detectors and the look-up have work to do.
"""

import os
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from sqlalchemy import select

from adminops.db import db
from adminops.guard.looking import look_at
from adminops.hmis.models import Client
from adminops.identity.models import Agency, AgencyOrganization, User
from adminops.settings import Settings
from tests.bench import lookup
from tests.bench.figures import Figure
from tests.pii_samples import samples
from tests.services import postgres

LENGTH, MESSAGES, NAMED, BAR, CPU_BAR = 2_000, 40, 3, 10, 8
CLIENTS = int(os.environ.get("ADMINOPS_BENCH_CLIENTS", "100000"))


def run() -> Iterator[Figure]:
    """Measure on SQLite, then on PostgreSQL."""
    lookup.CLIENTS = CLIENTS
    with tempfile.TemporaryDirectory(prefix="adminops-bench-") as folder:
        yield from measured("SQLite", Settings(home=Path(folder), environment="test", log_level="error"))
    server = postgres.launch()
    try:
        with tempfile.TemporaryDirectory(prefix="adminops-bench-") as folder:
            home = Path(folder)
            settings = Settings(home=home, environment="test", log_level="error", database_url=server.url())
            yield from measured("PostgreSQL", settings)
    finally:
        server.stop()


def measured(database: str, settings: Settings) -> Iterator[Figure]:
    """Fill a store and look at messages about its largest agency, and about none."""
    with lookup.store(settings):
        agency, person, helper = _people()
        messages = _messages()
        for whose, agency_id, by in (("of the largest agency", agency.id, person), ("of the team", None, helper)):
            times = [_best(text, agency_id, by) for text in messages]
            yield Figure(f"{database}, guard, a message {whose}, median", median(wall for wall, _ in times), "ms", BAR)
            yield Figure(f"{database}, guard, a message {whose}, slowest", max(wall for wall, _ in times), "ms", BAR)
            yield Figure(
                f"{database}, guard, a message {whose}, CPU of the app", median(cpu for _, cpu in times), "ms", CPU_BAR
            )


def _people() -> tuple[Agency, User, User]:
    source_id = db.session.scalar(select(Client.source_id).limit(1)) or 0
    agency = Agency(name="The largest")
    agency.organizations.append(AgencyOrganization(source_id=source_id, organization_id="O0"))
    db.session.add(agency)
    db.session.flush()
    people = [
        User(username=f"bench{number}", name=f"Bench Person {number}", email="", agency_id=agency.id)
        for number in range(200)
    ]
    helper = User(username="bench-team", name="Bench Helper", email="")
    db.session.add_all([*people, helper])
    db.session.flush()
    return agency, people[0], helper


def _messages() -> list[str]:
    draw = random.Random(3)
    names = list(db.session.execute(select(Client.first_name, Client.last_name).where(Client.id <= 400)))
    texts = [sample.text for sample in samples()]
    made = []
    for _ in range(MESSAGES):
        named = [f"I asked {' '.join(draw.choice(names))}." for _ in range(NAMED)]
        words = " ".join([*named, *draw.choices(texts, k=60)])
        made.append(words[:LENGTH])
    return made


def _best(text: str, agency_id: int | None, by: User) -> tuple[float, float]:
    times = [lookup.timed(lambda: look_at(text, agency_id=agency_id, by=by)) for _ in range(lookup.TIMES)]
    return min(wall for wall, _ in times) * 1000, min(cpu for _, cpu in times) * 1000
