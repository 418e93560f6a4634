"""2,000 mixed mails with an intake that is killed 30 times, on both databases: what is lost, doubled, or loops."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from adminops.app import create_app
from adminops.db import db
from adminops.settings import Settings
from migrations.run import upgrade_database
from tests.bench.figures import Figure
from tests.services import postgres

MAILS = os.environ.get("BENCH_MAILS", "2000")
KILLS, STEPS = "30", "1500"


def run() -> Iterator[Figure]:
    """Run on SQLite, then on PostgreSQL."""
    with tempfile.TemporaryDirectory(prefix="adminops-bench-") as folder:
        yield from measured("SQLite", Path(folder), "")
    server = postgres.launch()
    try:
        with tempfile.TemporaryDirectory(prefix="adminops-bench-") as folder:
            yield from measured("PostgreSQL", Path(folder), server.url())
    finally:
        server.stop()


def measured(database: str, home: Path, url: str) -> Iterator[Figure]:
    """Take everything in and compare."""
    import wsgi

    settings = Settings(environment="test", home=home, database_url=url, scheduler=False, log_level="error")
    app = create_app(settings, wsgi.FEATURES)
    with app.app_context():
        upgrade_database()
        db.engine.dispose()
    command = [
        sys.executable,
        "-m",
        "tests.tickets.mail.intake",
        str(home),
        settings.database,
        MAILS,
        KILLS,
        STEPS,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    ended = json.loads(done.stdout.splitlines()[-1])
    yield Figure(f"{database}, mails that came, with second copies", ended["mails"], "mails")
    yield Figure(f"{database}, kills that hit the intake at work", ended["kills"], "kills")
    for what in ("lost", "doubled", "loops"):
        yield Figure(f"{database}, {what}", ended[what], "mails", 0)
    unsettled = sum(number for state, number in ended["states"].items() if state in ("waiting", "failed"))
    yield Figure(f"{database}, could not be read", unsettled, "mails", 0)
