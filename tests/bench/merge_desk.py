"""The merge desk with 50,000 open pairs, on both databases: the list, the page of a pair, and a decision.

ADMINOPS_BENCH_PAIRS says another number. The rows are written by statements of their own.
"""

import os
import re
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from statistics import quantiles
from time import perf_counter, process_time

from sqlalchemy import insert, select, text

import wsgi
from adminops import clock
from adminops.app import AdminOps, create_app
from adminops.db import db, transaction
from adminops.hmis.models import Client, Enrollment, Project
from adminops.hmis.sources import add_source
from adminops.settings import Settings
from dedupe.models import Evidence, Pair, PairState
from migrations.run import upgrade_database
from tests.bench.figures import Figure
from tests.browsing import Desk, Visitor
from tests.make import make_admin
from tests.services import postgres

PAIRS = int(os.environ.get("ADMINOPS_BENCH_PAIRS", "50000"))
TIMES = 60
PORTION = 5_000


def run() -> Iterator[Figure]:
    """Measure on SQLite, then on PostgreSQL."""
    with tempfile.TemporaryDirectory(prefix="adminops-bench-") as folder:
        yield from _measured("SQLite", Settings(home=Path(folder), environment="test", log_level="error"))
    server = postgres.launch()
    try:
        with tempfile.TemporaryDirectory(prefix="adminops-bench-") as folder:
            settings = Settings(home=Path(folder), environment="test", log_level="error", database_url=server.url())
            yield from _measured("PostgreSQL", settings)
    finally:
        server.stop()


def _measured(database: str, settings: Settings) -> Iterator[Figure]:
    app = create_app(settings, wsgi.FEATURES)
    with app.app_context():
        upgrade_database()
        with transaction():
            _fill(add_source("bench").id)
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))
            if connection.dialect.name == "postgresql":
                connection.execute(text("VACUUM"))  # as its own helper does within a minute of so many rows
        db.session.remove()
    desk = Desk(app)
    with desk.work():
        reviewer = make_admin()
    visitor = desk.signed_in(reviewer)
    size = f"{database}, {PAIRS:,} pairs"
    with desk.look() as session:
        chosen = select(Pair.id).where(Pair.state == PairState.OPEN).order_by(Pair.turn, Pair.id).limit(2 * TIMES)
        ids = list(session.scalars(chosen))
    yield from _pages(f"{size}: list", app, visitor, ["/duplicates/queue"] * TIMES)
    yield from _pages(f"{size}: list, same SSN", app, visitor, ["/duplicates/queue?evidence=number"] * TIMES)
    yield from _pages(f"{size}: pair", app, visitor, [f"/duplicates/pairs/{id_}" for id_ in ids[:TIMES]])
    yield from _decisions(size, visitor, ids[TIMES])
    with app.app_context():
        db.engine.dispose()


def _pages(name: str, app: AdminOps, visitor: Visitor, urls: list[str]) -> Iterator[Figure]:
    visitor.get(urls[0])
    statements = app.extensions["statements"]
    statements["count"] = 0
    times, began = [], process_time()
    for url in urls:
        at = perf_counter()
        visitor.client.get(url)
        times.append(1000 * (perf_counter() - at))
    spent = 1000 * (process_time() - began) / len(urls)
    yield Figure(f"{name}, 95th percentile", quantiles(times, n=20)[-1], "ms", 80)
    yield Figure(f"{name}, process time", spent, "ms", None)
    yield Figure(f"{name}, SQL statements", statements["count"] / len(urls), "", 12)


def _decisions(size: str, visitor: Visitor, pair_id: int) -> Iterator[Figure]:
    """Keep pairs apart one after the other, each from the page of the one before."""
    url, times = f"/duplicates/pairs/{pair_id}", []
    page = visitor.get(url).html
    for _ in range(TIMES):
        (seen,) = re.findall(r'name="seen" value="(\w+)"', page)
        at = perf_counter()
        goal = visitor.post(url, {"act": "apart", "keep": "", "seen": seen}, status=302).goal
        page = visitor.client.get(goal).text
        times.append(1000 * (perf_counter() - at))
        url = goal
    yield Figure(f"{size}: a decision and the next pair, 95th percentile", quantiles(times, n=20)[-1], "ms", 150)


def _fill(source_id: int) -> None:
    """Write two records a pair, with a stay each in one of 200 projects."""
    today = clock.today()
    projects = [{"source_id": source_id, "project_id": f"P{at}", "project_type": 1} for at in range(200)]
    db.session.execute(insert(Project), projects)
    for begin in range(0, 2 * PAIRS, PORTION):
        clients, stays, pairs = [], [], []
        for at in range(begin, begin + PORTION):
            known = {"source_id": source_id, "personal_id": f"C{at}"}
            name = {"first_name": f"Robin{at // 2}", "last_name": "Lopez", "name_data_quality": 1}
            born = {"dob": date(1980, 1, 1) + timedelta(days=at // 2 % 9000), "dob_data_quality": 1}
            clients.append({"id": at + 1, **known, **name, **born, "ssn_sealed": None})
            stay = {"enrollment_id": f"E{at}", "project_id": f"P{at % 200}", "household_id": f"H{at}"}
            stays.append({**known, **stay, "entry_date": today - timedelta(days=at % 700)})
            if at % 2:
                score = 50 + at // 2 % 50
                reasons = [{"field": "Last name", "says": "same", "points": score, "strength": "full", "bits": 9.0}]
                said = {"score": score, "probability": score / 100, "turn": -10 * score, "reasons": reasons}
                kind = list(Evidence)[at // 2 % len(Evidence)]
                pairs.append({"low_client_id": at, "high_client_id": at + 1, **said, "warnings": [], "evidence": kind})
        for model, rows in ((Client, clients), (Enrollment, stays), (Pair, pairs)):
            db.session.execute(insert(model), rows)
