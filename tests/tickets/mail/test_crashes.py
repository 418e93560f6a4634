"""The intake is killed at random moments: no mail is lost, none is there twice, and none starts a loop.

The full size, 2,000 mails and 30 kills, is `./dev bench mail`.
"""

import json
import subprocess
import sys
from pathlib import Path

from adminops.app import AdminOps
from adminops.db import db

ROOT = Path(__file__).resolve().parents[3]


def test_no_mail_is_lost_or_doubled_wherever_the_intake_dies(app: AdminOps, tmp_path: Path) -> None:
    settings = app.extensions["settings"]
    with app.app_context():
        db.engine.dispose()
    home = tmp_path / "home"
    home.mkdir()
    command = [sys.executable, "-m", "tests.tickets.mail.intake", str(home), settings.database, "36", "3", "120"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    ended = json.loads(done.stdout.splitlines()[-1])
    assert ended["kills"] == 3, "each was at work when it was killed"
    assert (ended["lost"], ended["doubled"], ended["loops"], ended["last"]) == (0, 0, 0, 0), ended
    assert set(ended["states"]) <= {"filed", "held", "ignored"}
    assert ended["owed"] > 5
    assert (ended["files_lost"], ended["files_doubled"]) == (0, 0), ended
    assert ended["files"] > 1, "files came with some of them"
