"""A process that is killed while it delivers, at every point there is: run by `test_crashes.py`.

`python -m tests.outbox.crashing HOME DATABASE_URL PORT` asks for one mail after the other. For the n-th a child
delivers and kills itself (SIGKILL) at the n-th of its steps: before and after each commit, and right after the mail
server took the mail. Then the rest of the world comes by an hour later. One line of JSON for each tells how it went;
the last child got through all its steps.
"""

import json
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.orm import Session

import wsgi
from adminops import clock
from adminops.app import AdminOps, create_app
from adminops.db import db, transaction
from adminops.outbox.delivery import deliver_due
from adminops.outbox.letters import Letter
from adminops.outbox.messages import enqueue_mail
from adminops.outbox.models import OutboxMessage
from adminops.outbox.transports import MailServer
from adminops.settings import Settings
from tests.make import make_user
from tests.outbox.post import FEATURE, QUICK


class Fuse:
    """Burns down by one at each step and kills the process at its end."""

    def __init__(self, length: int) -> None:
        self.left = length

    def step(self, *_: object) -> None:
        """Take one step."""
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


class LitMailServer(MailServer):
    """The mail server, with a step after each letter that it took."""

    fuse: Fuse

    def send(self, letter: Letter) -> None:
        """Send for real, then take a step."""
        super().send(letter)
        self.fuse.step()


def deliver_and_die(app: AdminOps, steps: int) -> bool:
    """Deliver in a child that dies at step `steps`; return whether it got through."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    child = os.fork()
    if child == 0:
        fuse = Fuse(steps)
        event.listen(Session, "before_commit", fuse.step)
        event.listen(Session, "after_commit", fuse.step)
        server = LitMailServer(app.extensions["settings"])
        server.fuse = fuse
        with app.app_context():
            deliver_due(server)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def main(home: str, url: str, port: str) -> None:
    """Go through all steps."""
    settings = Settings(environment="test", home=Path(home), database_url=url, smtp_port=int(port), **QUICK)
    app = create_app(settings, (*wsgi.FEATURES, FEATURE))
    got_through, steps = False, 0
    while not got_through:
        steps += 1
        with app.app_context(), transaction():
            number = enqueue_mail("post.note", to=make_user(email=f"step{steps}@example.org"), number=steps).id
        got_through = deliver_and_die(app, steps)
        with app.app_context(), clock.frozen_at(clock.now() + timedelta(hours=1)):
            deliver_due()
        with app.app_context(), transaction(writes=False) as session:
            state = session.get_one(OutboxMessage, number).state
        print(json.dumps({"step": steps, "got_through": got_through, "state": state}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
