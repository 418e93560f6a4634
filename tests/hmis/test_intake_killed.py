"""An import is killed at 50 moments (and at 15 on PostgreSQL): the store is as before or as after, never between."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from adminops.app import AdminOps
from adminops.db import db

ROOT = Path(__file__).resolve().parents[2]
RUNS = [*(("sqlite", seed, 17) for seed in range(3)), ("postgresql", 5, 15)]
"""Database, seed, kills."""


@pytest.mark.parametrize(("app", "seed", "kills"), RUNS, indirect=["app"])
def test_an_import_that_is_killed_leaves_the_store_as_before_or_as_after(app: AdminOps, seed: int, kills: int):
    settings = app.extensions["settings"]
    with app.app_context():
        db.engine.dispose()
    command = ["-m", "tests.hmis.killing", str(settings.home), settings.database_url, str(seed), str(kills)]
    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    ends = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(ends) == kills
    assert [end for end in ends if end["state"] == "between" or not end["next"]] == []
    assert sum(end["killed"] for end in ends) >= kills - 2, "the last may have ended before it was killed"
    assert any(end["state"] == "old" for end in ends)
