"""A process that calls is killed at every step it takes: nothing is lost, and a second call bears the same number."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

from adminops.app import AdminOps
from adminops.db import db
from tests.tickets.webhooks.receiver import SECRET, receiving

ROOT = Path(__file__).resolve().parents[3]


def test_no_call_is_lost_wherever_the_process_dies(app: AdminOps) -> None:
    settings = app.extensions["settings"]
    with app.app_context():
        db.engine.dispose()
    with receiving() as receiver:
        command = ["-m", "tests.tickets.webhooks.crashing", str(settings.home), settings.database, receiver.address]
        done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
    ends = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert len(ends) > 6  # look, claim, call, record: each of them more than one step
    assert {end["state"] for end in ends} == {"done"}
    came = Counter(heard.told["delivery"] for heard in receiver.heard)
    assert set(came) == {end["call"] for end in ends}
    # Between "it was answered" and "we wrote that down" there is one step after the answer and one before the commit:
    # a process killed there calls a second time, with the same body.
    twice = [number for number, count in came.items() if count > 1]
    assert (len(twice), max(came.values())) == (2, 2)
    for number in twice:
        assert len({heard.body for heard in receiver.heard if heard.told["delivery"] == number}) == 1
    assert all(heard.is_signed_with(SECRET) for heard in receiver.heard)
