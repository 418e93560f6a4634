"""A delivering process is killed at every step it takes: no mail is lost, and the window for a second copy is known."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

from adminops.app import AdminOps
from adminops.db import db
from tests.services.mail import MailCatcher

ROOT = Path(__file__).resolve().parents[2]


def test_f6_mail_is_never_lost_and_doubled_only_between_hand_over_and_record(
    app: AdminOps, mail_server: MailCatcher
) -> None:
    settings = app.extensions["settings"]
    with app.app_context():
        db.engine.dispose()
    command = ["-m", "tests.outbox.crashing", str(settings.home), settings.database, str(mail_server.port)]
    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    ends = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert len(ends) > 8  # look, claim, write, hand over, record: each of them more than one step
    assert {end["state"] for end in ends} == {"sent"}
    came = Counter(mail.recipients[0] for mail in mail_server.mails)
    assert set(came) == {f"step{end['step']}@example.org" for end in ends}
    # Between "the server has it" and "we wrote that down" there is one step after the hand-over and one before the
    # commit: a process killed there makes a second copy, under the same name.
    twice = [recipient for recipient, count in came.items() if count > 1]
    assert len(twice) == 2
    assert max(came.values()) == 2
    for recipient in twice:
        names = {mail.message["Message-ID"] for mail in mail_server.mails if mail.recipients == [recipient]}
        assert len(names) == 1
