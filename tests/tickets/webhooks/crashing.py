"""A process that is killed while it calls a webhook, at every step there is: run by `test_crashes.py`.

`python -m tests.tickets.webhooks.crashing HOME DATABASE_URL ADDRESS` files one ticket after the other. For the n-th a
child makes the calls and kills itself (SIGKILL) at the n-th of its steps: before and after each commit, and right after
the call was answered. Then the rest of the world comes by an hour later. One line of JSON for each tells how it went;
the last child got through all its steps.
"""

import json
import os
import sys
from datetime import timedelta
from pathlib import Path

from sqlalchemy import event, select
from sqlalchemy.orm import Session

import wsgi
from adminops import clock
from adminops.app import AdminOps, create_app
from adminops.db import db, transaction
from tests.conftest import settings_for
from tests.make_tickets import make_ticket
from tests.outbox.crashing import Fuse
from tests.tickets.webhooks.hooks import make_hook
from tests.tickets.webhooks.receiver import BESIDE
from tickets.webhooks import delivery
from tickets.webhooks.calling import Answer, call
from tickets.webhooks.models import WebhookCall


def call_and_die(app: AdminOps, steps: int) -> bool:
    """Make the calls in a child that dies at step `steps`; return whether it got through."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    child = os.fork()
    if child == 0:
        fuse = Fuse(steps)
        event.listen(Session, "before_commit", fuse.step)
        event.listen(Session, "after_commit", fuse.step)

        def called(*args: object, **named: object) -> Answer:
            answer = call(*args, **named)  # type: ignore[arg-type]
            fuse.step()
            return answer

        delivery.call = called  # type: ignore[attr-defined]
        with app.app_context():
            delivery.call_due(reach=BESIDE)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def main(home: str, url: str, address: str) -> None:
    """Go through all steps."""
    app = create_app(settings_for(Path(home), database_url=url), wsgi.FEATURES)
    with app.app_context(), transaction():
        make_hook(at=address, events=["ticket.filed"])
    got_through, steps = False, 0
    while not got_through:
        steps += 1
        with app.app_context(), transaction():
            ticket = make_ticket().id
        got_through = call_and_die(app, steps)
        with app.app_context(), clock.frozen_at(clock.now() + timedelta(hours=1)):
            delivery.call_due(reach=BESIDE)
        with app.app_context(), transaction(writes=False) as session:
            made = session.scalars(select(WebhookCall).order_by(WebhookCall.id.desc())).first()
            assert made is not None
            assert made.told["ticket_id"] == ticket
            print(json.dumps({"ticket": ticket, "call": made.id, "state": made.state}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
